package plans

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"stickbench/loadgen"
)

// body reads the one of body, json and form that a request has, with the Content-Type that goes with it
// unless the plan names one.
func (s scope) body(t table, req *loadgen.Request) {
	var kinds []string
	for _, key := range t.inOrder() {
		if slices.Contains([]string{"body", "json", "form", "multipart"}, key) {
			kinds = append(kinds, key)
		}
	}
	if len(kinds) > 1 {
		t.key(t.at(kinds[1]), "a request has only one of body, json, form and multipart: this one has %s", strings.Join(kinds, " and "))
	}
	switch v := t.values["body"].(type) {
	case []any:
		s.bodies(t, req, v)
	case map[string]any:
		req.Body = s.fileBody(t)
	default:
		if text, ok := t.text("body"); ok {
			req.Body = s.template(t.at("body"), text)
		}
	}
	if t.has("pick") && req.Bodies == nil {
		t.key(t.at("pick"), "picks one of several bodies: write body = [ …, … ]")
	}
	if t.has("multipart") {
		s.multipart(t, req)
	}
	if v, ok := t.values["json"]; ok {
		req.Body = s.json(t.at("json"), v)
		contentType(req, "application/json")
	}
	if form, ok := t.table("form", formShape); ok {
		req.Body = s.parameters(form, url.QueryEscape)
		if req.Body == nil {
			req.Body = loadgen.Literal("")
		}
		contentType(req, "application/x-www-form-urlencoded")
	}
}

func contentType(req *loadgen.Request, value string) {
	const name = "Content-Type"
	if !slices.ContainsFunc(req.Header, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, name) }) {
		req.Header = append(req.Header, loadgen.Field{Name: name, Value: loadgen.Literal(value)})
	}
}

// json is a TOML value as JSON, its keys in the plan's order; nil after a problem.
func (s scope) json(path string, v any) *loadgen.Template {
	if text, ok := v.(string); ok && strings.ContainsAny(text, "{[") && json.Valid([]byte(text)) {
		s.value(path, `JSON as text belongs in body, with headers = { Content-Type = "application/json" }; json takes a table, such as { delay = 250 }`)
		return nil
	}
	d := document{scope: s}
	d.write(path, v)
	return loadgen.Concat(d.pieces...)
}

// document is a JSON document being written.
type document struct {
	scope
	pieces []*loadgen.Template
}

func (d *document) literal(s string) { d.pieces = append(d.pieces, loadgen.Literal(s)) }

func (d *document) write(path string, v any) {
	switch v := v.(type) {
	case string:
		d.text(path, v)
	case map[string]any:
		d.object(path, v)
	case []map[string]any:
		d.array(path, len(v), func(i int) any { return v[i] })
	case []any:
		d.array(path, len(v), func(i int) any { return v[i] })
	case time.Time:
		d.literal(`"` + v.Format(timeLayout(v)) + `"`)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			d.value(path, "JSON has no %v", v)
			return
		}
		d.literal(plain(v))
	default:
		d.literal(plain(v))
	}
}

func (d *document) text(path, s string) {
	t := d.template(path, s)
	if t == nil {
		return
	}
	d.literal(`"`)
	d.pieces = append(d.pieces, t.Escaped(jsonEscape, jsonEscape))
	d.literal(`"`)
}

func (d *document) object(path string, values map[string]any) {
	d.literal("{")
	for i, key := range inOrder(d.positions, path, values) {
		if i > 0 {
			d.literal(",")
		}
		d.literal(`"` + jsonEscape(key) + `":`)
		d.write(childPath(path, key), values[key])
	}
	d.literal("}")
}

func (d *document) array(path string, n int, at func(i int) any) {
	d.literal("[")
	for i := range n {
		if i > 0 {
			d.literal(",")
		}
		d.write(elementPath(path, i), at(i))
	}
	d.literal("]")
}

// jsonEscape is what stands between the quotes of a JSON string.
func jsonEscape(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded, and a Builder never fails
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// timeLayout is how TOML writes the sort of date or time that t is: the decoder tells them by their
// location.
func timeLayout(t time.Time) string {
	switch t.Location().String() {
	case "datetime-local":
		return "2006-01-02T15:04:05.999999999"
	case "date-local":
		return time.DateOnly
	case "time-local":
		return "15:04:05.999999999"
	}
	return time.RFC3339Nano
}
