package plans

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

func TestPositions(t *testing.T) {
	for _, tt := range []struct {
		name, source string
		want         []string // path key value, as line:column
	}{
		{"pairs", "a = 1\n b=2 # = 3\n\"c d\" = ''\n'e' = \"\\\"\"", []string{`"c d" 3:1 3:9`, `a 1:1 1:5`, `b 2:2 2:4`, `e 4:1 4:7`}},
		{"dotted", "a.b . 'c' = 1\na.d = 2", []string{`a 1:1 1:1`, `a.b 1:3 1:3`, `a.b.c 1:7 1:13`, `a.d 2:3 2:7`}},
		{"tables", "[a]\nb = 1\n[a.c]\n[ d . e ]\nf = 1", []string{`a 1:2 1:2`, `a.b 2:1 2:5`, `a.c 3:4 3:4`, `d 4:3 4:3`, `d.e 4:7 4:7`, `d.e.f 5:1 5:5`}},
		{"arrays of tables", "[[g]]\n[[g.s]]\nx = 1\n[[g.s]]\n[g.s.t]\ny = 1\n[[g]]\n[[g.s]]\nx = 2", []string{
			`g 1:3 1:3`, `g[0] 1:3 1:3`, `g[0].s 2:5 2:5`, `g[0].s[0] 2:5 2:5`, `g[0].s[0].x 3:1 3:5`, `g[0].s[1] 4:5 4:5`,
			`g[0].s[1].t 5:6 5:6`, `g[0].s[1].t.y 6:1 6:5`, `g[1] 7:3 7:3`, `g[1].s 8:5 8:5`, `g[1].s[0] 8:5 8:5`, `g[1].s[0].x 9:1 9:5`}},
		{"lists", "a = [ 1, # one, two\n  'x]', [ {b = 1}, ], ]\nc = 1", []string{
			`a 1:1 1:5`, `a[0] 1:7 1:7`, `a[1] 2:3 2:3`, `a[2] 2:9 2:9`, `a[2][0] 2:11 2:11`, `a[2][0].b 2:12 2:16`, `c 3:1 3:5`}},
		{"inline tables", "a = { b.c = '}', d = [ ], e = { } }\nf = 1", []string{
			`a 1:1 1:5`, `a.b 1:7 1:7`, `a.b.c 1:9 1:13`, `a.d 1:18 1:22`, `a.e 1:27 1:31`, `f 2:1 2:5`}},
		{"long strings", "a = '''\nb = 1 '''\nc = \"\"\"x \\\"\"\" \"\" \\\\\"\"\"\"\nd = ''", []string{`a 1:1 1:5`, `c 3:1 3:5`, `d 4:1 4:5`}},
		{"line ends", "a = 1\r\n# é\r\né = '''\r\n'''\r\nb = 1", []string{`"é" 3:1 3:5`, `a 1:1 1:5`, `b 5:1 5:5`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := scan(tt.source)
			var got []string
			for path, at := range p.places {
				line, column := p.lineColumn(at.key)
				valueLine, valueColumn := p.lineColumn(at.value)
				got = append(got, fmt.Sprintf("%s %d:%d %d:%d", path, line, column, valueLine, valueColumn))
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTextOffset(t *testing.T) {
	for _, tt := range []struct {
		source       string // of the string, | before the character meant
		line, column int
	}{
		{`'|abc'`, 1, 1},
		{`'ab|c'`, 1, 3},
		{`'é|c'`, 1, 2},
		{`'abc|'`, 1, 9},
		{`"\"\u00e9\U0001F600\t|c"`, 1, 5},
		{`"\\|c"`, 1, 2},
		{"'''\nab\n c|d'''", 2, 3},
		{"\"\"\"ab\\\n   \n  |cd\"\"\"", 1, 3},
		{"\"\"\"ab\\n|cd\"\"\"", 2, 1},
		{"\"\"\"ab|\"\"\"", 3, 1},
	} {
		want := strings.Index(tt.source, "|")
		source := strings.Replace(tt.source, "|", "", 1)
		text := scan("a=" + source).places["a"].text
		if got := text.offset(tt.line, tt.column) - len("a="); got != want {
			t.Errorf("%s: line %d column %d at %d, want %d", tt.source, tt.line, tt.column, got, want)
		}
		var decoded struct{ A string }
		if _, err := toml.Decode("a="+source, &decoded); err != nil {
			t.Fatal(err)
		}
		if got := text.String(); got != decoded.A {
			t.Errorf("%s: value %q, want %q", tt.source, got, decoded.A)
		}
	}
}
