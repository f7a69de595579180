package loadgen

import (
	"slices"
	"testing"
)

func TestAllMatches(t *testing.T) {
	page := fakeResponse{body: `<html><body><form><input name="csrf" value="t1"><input name="x" value="a@b"></form>
<ul><li class="i"><a href="/1">One</a></li><li class="i"><a href="/2"> Two </a></li></ul></body></html>`}
	document := fakeResponse{body: `<?xml version="1.0"?><s:list xmlns:s="urn:s"><s:item id="1">a</s:item><s:item id="2">b</s:item></s:list>`}
	object := fakeResponse{body: `{"items":[{"id":1,"tags":["x"]},{"id":22,"tags":[]}],"n":12345678,"s":"t","none":null}`}
	for _, tt := range []struct {
		in, x string
		from  fakeResponse
		want  []string
	}{
		{"text of elements", "css:li.i a", page, []string{"One", "Two"}},
		{"attributes", "css:li a@href", page, []string{"/1", "/2"}},
		{"attribute of a name", "css:input[name=csrf]@value", page, []string{"t1"}},
		{"an @ in a selector", `css:input[value="a@b"]`, page, []string{""}},
		{"no element", "css:li b", page, nil},
		{"nodes of HTML", "xpath://li/a/@href", page, []string{"/1", "/2"}},
		{"number", "xpath:count(//li)", page, []string{"2"}},
		{"text", "xpath:string(//li[2]/a)", page, []string{" Two "}},
		{"truth", "xpath:count(//li) = 2", page, []string{"true"}},
		{"nodes of XML", "xpath://s:item[@id='2']", document, []string{"b"}},
		{"boundaries", "boundary:href=\"…\"", page, []string{"/1", "/2"}},
		{"to the end", "boundary:</ul>…", page, []string{"</body></html>"}},
		{"from the beginning", "boundary:…<body>", page, []string{"<html>"}},
		{"regex", `regex:href="(.*?)"`, page, []string{"/1", "/2"}},
		{"gjson", "json:items.#.id", object, []string{"1", "22"}},
		{"gjson, one", "json:s", object, []string{"t"}},
		{"gjson, none", "json:none", object, nil},
		{"JSONPath", "json:$..id", object, []string{"1", "22"}},
		{"JSONPath, filtered", "json:$.items[?@.id > 5].id", object, []string{"22"}},
		{"JSONPath, number", "json:$.n", object, []string{"12345678"}},
		{"JSONPath, object", "json:$.items[0]", object, []string{`{"id":1,"tags":["x"]}`}},
		{"JSONPath, none", "json:$.none", object, nil},
		{"JSONPath, no JSON", "json:$.a", page, nil},
	} {
		x, err := ParseExtractor(tt.x)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := x.kind.all(x, tt.from, tt.from.body); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q finds %q, want %q", tt.in, tt.x, got, tt.want)
		}
		first, ok := x.find(tt.from)
		if ok != (len(tt.want) > 0) || ok && len(tt.want) == 1 && first != tt.want[0] {
			t.Errorf("%s: %q finds first %q, %v", tt.in, tt.x, first, ok)
		}
	}
}
