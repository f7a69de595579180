package plans

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"stickbench/internal/schematest"
)

// schemaOf is the schema as a validator has it.
func schemaOf(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	s, err := schematest.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema beside the catalogue's plans, which they name, is the one of this version, and it takes all of them.
func TestSchemaTakesPlans(t *testing.T) {
	s := schemaOf(t)
	for _, name := range catalogueNames() {
		source, _ := inCatalogue(name)
		if err := schematest.Validate(t, s, string(source)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(string(source), "#:schema plan.schema.json\n") {
			t.Errorf("%s does not name its schema", name)
		}
	}
	if err := schematest.Validate(t, s, everything); err != nil {
		t.Errorf("everything: %v", err)
	}
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	const file = "plan.schema.json"
	if *update {
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), string(text)); diff != "" {
		t.Errorf("%s; go test ./plans -run Schema -update writes it anew (-have +now):\n%s", file, diff)
	}
}

// What is wrong in one key is wrong for the schema, as it is for the reader.
func TestSchemaRefusesWhatTheReaderDoes(t *testing.T) {
	const sound = "name = \"p\"\n[target]\nurl = \"http://h\"\n[[group]]\nusers = 2\n[[group.step]]\nrequest = \"GET /\"\n"
	s := schemaOf(t)
	if err := schematest.Validate(t, s, sound); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"users = 2", "usres = 2"}, {"users = 2", `users = "two"`}, {"users = 2", "users = 0"}, {"users = 2", "users = 100001"},
		{"users = 2", "users = 2.5"}, {"users = 2", `cookies = "kept"`}, {"users = 2", `ramp_up = "5 s"`}, {"users = 2", "ramp_up = 5"},
		{"users = 2", `iterations = "for ever"`}, {"users = 2", `arrivals = [ { rate = "5/s", during = "1s" } ]`},
		{`request = "GET /"`, `requests = "GET /"`}, {`request = "GET /"`, `request = ["GET /"]`}, {`request = "GET /"`, "request = \"GET /\"\nassert = \"status == 200\""},
		{`request = "GET /"`, "request = \"GET /\"\nredirects = 1000"}, {`request = "GET /"`, "request = \"GET /\"\nextract = { a = { regx = \"x\" } }"},
		{`name = "p"`, "name = 1"}, {`name = "p"`, "seed = -1"}, {`url = "http://h"`, `http = "3"`}, {`url = "http://h"`, `headers = { A = 1 }`},
		{"[target]", "[taget]"}, {"[[group]]", "[group]"},
	} {
		plan := strings.Replace(sound, change[0], change[1], 1)
		if change[1] == "[group]" {
			plan = strings.Replace(plan, "[[group.step]]\nrequest = \"GET /\"\n", "", 1)
		}
		if _, err := Read("p", []byte(plan), Override{}); err == nil {
			t.Errorf("the reader takes\n%s", plan)
		}
		if schematest.Validate(t, s, plan) == nil {
			t.Errorf("the schema takes\n%s", plan)
		}
	}
}

// The reader asks the shapes for words and bounds: where it asks, they are.
func TestEveryKeyIsDescribed(t *testing.T) {
	seen := map[*shape]bool{}
	var visit func(s *shape)
	visit = func(s *shape) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		forms := [][]form{s.of}
		for _, k := range s.keys {
			forms = append(forms, k.is)
			if len(k.is) == 0 || !strings.HasSuffix(k.text, ".") {
				t.Errorf("%s of %s: %d forms, %q", k.name, s, len(k.is), k.text)
			}
		}
		for _, list := range forms {
			for _, f := range list {
				visit(f.shape)
				for _, of := range f.of {
					visit(of.shape)
				}
			}
		}
	}
	visit(planShape)
	if len(seen) < 30 {
		t.Errorf("%d shapes", len(seen))
	}
}
