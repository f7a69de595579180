// Package schematest holds plans against the schema of plans, as an editor does. Only tests use it.
package schematest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Compile makes the schema of its text, which takes a while.
func Compile(text []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", document); err != nil {
		return nil, err
	}
	return c.Compile("plan.json")
}

// Validate returns what the schema has against a plan, which must be TOML at least.
func Validate(t testing.TB, s *jsonschema.Schema, plan string) error {
	t.Helper()
	var values map[string]any
	if err := toml.Unmarshal([]byte(plan), &values); err != nil {
		t.Fatalf("%v in\n%s", err, plan)
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(document)
}
