package plans

import (
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// FuzzRead reads anything without a panic; what is wrong is always said as *Problems. The scanner of
// positions finds every key that the TOML decoder finds, and every string with the decoder's value.
func FuzzRead(f *testing.F) {
	for _, name := range catalogueNames() {
		source, _ := inCatalogue(name)
		f.Add(string(source))
	}
	f.Add(everything)
	f.Add(runs)
	f.Add("a.'b c'.\"d\\\"e\" = [ { f = 1, g.h = '' }, \"\"\"\n\\u00e9\\\n  x\"\"\"\"\", [ ], ]\n[[x.y]]\n[x.y.z]\n[[x.y]]\nq = 1979-05-27 07:32:00\n")
	f.Add("a = {\n b = 1, # c\n}\n")
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Read("plan.toml", []byte(source), Override{})
		var problems *Problems
		switch {
		case err == nil:
			p.Explain(&strings.Builder{})
		case !errors.As(err, &problems):
			t.Fatalf("error of type %T: %v", err, err)
		case p != nil || len(problems.List) == 0 || problems.Error() == "":
			t.Fatalf("plan %v with problems %v", p, problems)
		}
		document := strings.TrimPrefix(source, "\ufeff")
		positions := scan(document)
		if positions.tooDeep >= 0 || len(document) > Largest {
			return
		}
		var values map[string]any
		if _, err := toml.Decode(document, &values); err == nil {
			compare(t, positions, "", values)
		}
	})
}

// compare checks that everything in v has its place.
func compare(t *testing.T, p *positions, path string, v any) {
	t.Helper()
	at, known := p.places[path]
	if path != "" && !known {
		t.Fatalf("%s has no place", path)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			compare(t, p, childPath(path, key), value)
		}
	case []map[string]any:
		for i, value := range v {
			compare(t, p, elementPath(path, i), value)
		}
	case []any:
		for i, value := range v {
			compare(t, p, elementPath(path, i), value)
		}
	case string:
		if got := strings.ReplaceAll(at.text.String(), "\r\n", "\n"); got != strings.ReplaceAll(v, "\r\n", "\n") {
			t.Fatalf("%s is %q, want %q", path, got, v)
		}
	}
}
