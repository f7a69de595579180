package plans

import (
	"strings"
	"testing"
)

// Everything but plan.toml is shown to others: the report's page has the plan without what must stay secret.
func TestRedacted(t *testing.T) {
	const source = `name = "shop"
[target]
url = "https://ada:SECRET1@shop.example"
headers = { Authorization = "Bearer SECRET2", X-Trace = "on" }
[[group]]
[[group.step]]
request = "POST /login?api_key=SECRET3&page=2"
form = { user = "SECRET4", pin = 123456, codes = ["SECRET5", "${user}"], empty = "", more = '''
SECRET6''' }
[[group.step]]
request = "POST /api"
json = { password = "SECRET7", note = "kept" }
[[group.step]]
request = "POST /raw"
body = "user=ada&password=SECRET8&x=1"
[group.step.headers]
X-Api-Key = "SECRET9"
`
	got := Redacted([]byte(source))
	for _, gone := range []string{"SECRET", "123456"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s in\n%s", gone, got)
		}
	}
	for _, kept := range []string{`name = "shop"`, `url = "https://shop.example"`, `X-Trace = "on"`, "page=2", `note = "kept"`, "${user}", "x=1", `empty = ""`} {
		if !strings.Contains(got, kept) {
			t.Errorf("no %s in\n%s", kept, got)
		}
	}
	if _, err := Read("p", []byte(got), Override{}); err != nil {
		t.Errorf("no plan any more: %v\n%s", err, got)
	}
}

func FuzzRedacted(f *testing.F) {
	f.Add("form = { a = 1, b = [ 'x' ] }\n[[x.form]]\ny = 2")
	f.Add("[form.form]\nform.form = '''")
	f.Fuzz(func(t *testing.T, source string) { Redacted([]byte(source)) })
}
