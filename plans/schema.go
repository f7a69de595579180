package plans

import (
	"encoding/json"
	"strings"
)

// schema is a part of a JSON Schema (draft 2020-12).
type schema map[string]any

// Schema is the JSON Schema of plans, for editors: their keys with texts, the forms of their values, their words and
// their bounds. It is made of what the reader itself goes by. What follows from several keys together, only
// the reader knows.
func Schema() ([]byte, error) {
	w := &schemaWriter{defs: map[string]any{}}
	root := w.table(planShape)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "A plan of stickbench"
	root["$defs"] = w.defs
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// schemaWriter collects the tables, each once.
type schemaWriter struct{ defs map[string]any }

// ref is a reference to the table of that shape.
func (w *schemaWriter) ref(s *shape) schema {
	name := strings.ReplaceAll(strings.Trim(s.name, "[]"), " ", "_")
	if w.defs[name] == nil {
		w.defs[name] = true // it may lead back to itself
		w.defs[name] = w.table(s)
	}
	return schema{"$ref": "#/$defs/" + name}
}

func (w *schemaWriter) table(s *shape) schema {
	if len(s.keys) == 0 {
		return schema{"type": "object", "additionalProperties": w.anyOf(s.of)}
	}
	properties := map[string]any{}
	for _, k := range s.keys {
		p := w.anyOf(k.is)
		p["description"] = k.text
		properties[k.name] = p
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

// anyOf is the schema of a value of one of the forms.
func (w *schemaWriter) anyOf(forms []form) schema {
	var all []any
	setting := false // numbers, times and truths may come from variables: users = "${users}"
	for _, f := range forms {
		all = append(all, w.form(f))
		setting = setting || f.kind == booleanValue || f.kind == wholeValue || f.kind == numberValue || f.kind == durationValue || f.kind == variableValue
	}
	if setting {
		all = append(all, schema{"type": "string", "pattern": `\$\{`})
	}
	if len(all) == 1 {
		return all[0].(schema)
	}
	return schema{"anyOf": all}
}

// durationPattern is what ParseDuration reads.
const durationPattern = `^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`

func (w *schemaWriter) form(f form) schema {
	switch f.kind {
	case textValue:
		if f.words != nil {
			return schema{"enum": f.words}
		}
		return schema{"type": "string"}
	case booleanValue:
		return schema{"type": "boolean"}
	case wholeValue:
		return schema{"type": "integer", "minimum": f.least, "maximum": f.most}
	case numberValue:
		return schema{"type": "number"}
	case durationValue:
		return schema{"type": "string", "pattern": durationPattern}
	case variableValue:
		return schema{"type": "string", "pattern": `^\$\{.*\}$`}
	case listValue:
		return schema{"type": "array", "items": w.anyOf(f.of)}
	case tableValue:
		return w.ref(f.shape)
	case tablesValue:
		return schema{"type": "array", "items": w.ref(f.shape)}
	}
	return schema{}
}
