package draft

import (
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

func TestPlan(t *testing.T) {
	var p Table
	p.Comment("Made by hand.\n\nAnd\x00so on.")
	p.Set("name", "shop")
	p.Set("expect", Lines{Expression(`p95("GET /") < 250ms`), Expression("it's")})
	p.Table("target").Set("url", "http://127.0.0.1:8080")
	g := p.Append("group")
	g.Set("users", 2)
	s := g.Append("step")
	s.Set("request", "POST /")
	s.Set("headers", Inline{{"X-A", `"q"`}, {"weird key", "a\tb"}})
	s.Set("extract", Members{{"id", "json:id"}, {"a.b", Noted{"header:X", "odd\nname"}}})
	s.Append("step").Set("body", "two\nlines")
	p.Table("steps", "log in").Set("mark", "x")
	const want = `# Made by hand.
#
# And so on.
name = "shop"
expect = [
  'p95("GET /") < 250ms',
  '''it's''',
]

[target]
url = "http://127.0.0.1:8080"

[[group]]
users = 2

[[group.step]]
request = "POST /"
headers = { X-A = '"q"', "weird key" = "a\tb" }
extract.id = "json:id"
extract."a.b" = "header:X" # odd name

  [[group.step.step]]
  body = '''
two
lines'''

[steps."log in"]
mark = "x"
`
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Error(diff)
	}
}

// Whatever stands in a string is read back as it was.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", `"`, `\`, "'", "'''", `'"\`, "a\nb", "a\r\nb'", "\n", "\n\n", "\x00\x7f", "ü ${x}", "it's\n", "'''\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p Table
		p.Comment("%s", s)
		p.Set(s, List{s, Expression(s)})
		var got map[string][]string
		if _, err := toml.Decode(p.String(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, p.String())
		}
		valid := string([]rune(s)) // broken UTF-8 is U+FFFD
		if diff := cmp.Diff(map[string][]string{valid: {valid, valid}}, got); diff != "" {
			t.Errorf("%s\n%s", diff, p.String())
		}
	})
}
