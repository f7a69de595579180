//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package plans

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"

	"stickbench/internal/schematest"
)

// others has the keys that neither everything nor tree has.
const others = `
[lab]
balancer = "haproxy"
algorithm = "leastconn"
sticky = "cookie SERVERID insert indirect nocache"
node = [{ tag = "s1", weight = 2, delay = "250ms", workers = 2 }, { tag = "s2", stopped = true }]
[vars]
who = { ask = "a name" }
[defaults]
resources = true
digest_auth = { user = "ada", password = "secret" }
[[data]]
file = "users.csv"
names = ["a", "b"]
skip_first = true
delimiter = ","
quoted = true
encoding = "latin1"
per = "all"
every = "iteration"
at_end = "stop"
order = "shuffle"
[[group]]
users = [{ to = 5, for = "1s" }, { to = 0, for = "1s" }]
preset_cookies = [{ name = "consent", value = "yes", domain = "shop.example", path = "/", secure = true }]
[[group.step]]
defaults = { timeout = "1s", connect_timeout = "1s" }
share = { times = 10, per = "user" }
  [[group.step.step]]
  request = "POST /${who}/${a}"
  body = { file = "order.json", variables = true }
  basic_auth = { user = "ada", password = "secret" }
  on_error = "stop"
  [group.step.step.extract]
  a1 = { header = "X-Id", optional = true }
  a2 = { cookie = "SID" }
  a3 = { css = "a.next", attribute = "href", match = 2 }
  a4 = { xpath = "//a/@href" }
  a5 = { boundary = ["<b>", "</b>"], from = "body" }
  a6 = { regex = "(a)(b)", template = "$1-$2", default = "" }
[[group.step]]
request = "POST /photos"
connect_timeout = "1s"
multipart = { photo = [{ file = "cat.png", type = "image/png", name = "rex.png" }, { file = "cat.png" }], title = "a cat" }
[[event]]
at = "1s"
node = "s1"
weight = 3
[[event]]
at = "1s"
node = "s1"
state = "drain"
[[event]]
at = "1s"
node = "s2"
stopped = false
[[event]]
at = "1s"
http = { url = "/delay", headers = { A = "1" }, json = { delay = 250 } }
`

// elsewhere has those of a target that others has a laboratory in place of.
const elsewhere = `
[target]
url = "https://shop.example"
ca = "a.crt"
cert = "a.crt"
key = "a.key"
nodes = { s1 = "http://127.0.0.1:4000" }
[[group]]
[[group.step]]
request = "GET /"
digest_auth = { user = "ada", password = "secret" }
`

// keyPlace is a key of a table of a plan, and the values that it has there.
type keyPlace struct {
	shape  *shape
	key    key
	values map[string]any
}

// visit calls f with each key of the values, as the shape has them, and all below.
func (s *shape) visit(values map[string]any, f func(keyPlace)) {
	for name, v := range values {
		forms := s.of
		if i := slices.IndexFunc(s.keys, func(k key) bool { return k.name == name }); i >= 0 {
			f(keyPlace{s, s.keys[i], values})
			forms = s.keys[i].is
		}
		for _, form := range forms {
			form.visit(v, f)
		}
	}
}

func (of form) visit(v any, f func(keyPlace)) {
	switch v := v.(type) {
	case map[string]any:
		if of.shape != nil {
			of.shape.visit(v, f)
		}
	case []map[string]any:
		for _, m := range v {
			of.visit(m, f)
		}
	case []any:
		for _, element := range v {
			of.visit(element, f)
			for _, below := range of.of {
				below.visit(element, f)
			}
		}
	}
}

// wrong are values that the key cannot have, whatever else the plan says.
func (k *key) wrong() (all []any) {
	kinds := map[valueKind]form{}
	for _, f := range k.is {
		kinds[f.kind] = f
	}
	if _, any := kinds[anyValue]; any {
		return nil
	}
	all = append(all, []any{[]any{1}})
	text, isText := kinds[textValue]
	_, variable := kinds[variableValue]
	if isText && text.words != nil && !variable {
		all = append(all, "zz")
	}
	if _, is := kinds[durationValue]; is && !isText {
		all = append(all, "5 s", 5)
	}
	if whole, is := kinds[wholeValue]; is {
		all = append(all, 2.5)
		if whole.least > math.MinInt64 {
			all = append(all, whole.least-1)
		}
		if whole.most < math.MaxInt64 {
			all = append(all, whole.most+1)
		}
	}
	return all
}

// The schema takes what the reader takes, and refuses what it refuses, key by key: each key of each table is in one of
// the plans, and has every wrong value in its place once.
func TestSchemaKeyByKey(t *testing.T) {
	s := schemaOf(t)
	folder := t.TempDir()
	for name, content := range map[string]string{"users.csv": "a,b\n1,2\n", "order.json": "{}", "cat.png": "x"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	certificates(t, folder)
	var set map[string]string
	takes := func(plan string) error {
		_, err := Read(filepath.Join(folder, "p.toml"), []byte(plan), Override{Set: set})
		return err
	}
	seen := map[string]bool{}
	for i, plan := range []string{everything, tree, others, elsewhere} {
		set = map[string]string{}
		if i == 2 {
			set["who"] = "ada"
		}
		var values map[string]any
		if _, err := toml.Decode(plan, &values); err != nil {
			t.Fatal(err)
		}
		write := func() string {
			var b bytes.Buffer
			if err := toml.NewEncoder(&b).Encode(values); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		if err := takes(write()); err != nil {
			t.Fatalf("plan %d: %v", i, err)
		}
		if err := schematest.Validate(t, s, write()); err != nil {
			t.Errorf("plan %d: %v", i, err)
		}
		planShape.visit(values, func(p keyPlace) {
			id := p.shape.String() + " " + p.key.name
			if seen[id] {
				return
			}
			seen[id] = true
			right := p.values[p.key.name]
			for _, wrong := range p.key.wrong() {
				p.values[p.key.name] = wrong
				changed := write()
				if takes(changed) == nil {
					t.Errorf("%s = %v: the reader takes it", id, wrong)
				}
				if schematest.Validate(t, s, changed) == nil {
					t.Errorf("%s = %v: the schema takes it", id, wrong)
				}
			}
			p.values[p.key.name] = right
			if unknown := p.shape.String() + " is closed"; !seen[unknown] {
				seen[unknown] = true
				p.values["zz"] = 1
				if takes(write()) == nil || schematest.Validate(t, s, write()) == nil {
					t.Errorf("%s takes an unknown key", p.shape)
				}
				delete(p.values, "zz")
			}
		})
	}
	for _, id := range everyKey(t) {
		if !seen[id] {
			t.Errorf("%s is in none of the plans", id)
		}
	}
}

// everyKey are the keys of all shapes.
func everyKey(t *testing.T) (all []string) {
	eachShape := func(*shape) {}
	known := map[*shape]bool{}
	var below func(forms []form)
	eachShape = func(s *shape) {
		if s == nil || known[s] {
			return
		}
		known[s] = true
		below(s.of)
		for _, k := range s.keys {
			all = append(all, s.String()+" "+k.name)
			below(k.is)
		}
	}
	below = func(forms []form) {
		for _, f := range forms {
			eachShape(f.shape)
			below(f.of)
		}
	}
	eachShape(planShape)
	return all
}
