package loadgen

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// jsonFields are those values of a body's JSON object that a group's extractors ask for by plain names, found
// in one pass. gjson begins anew for each path, which takes three times as long (BenchmarkExtract).
type jsonFields struct {
	names  []string // of the script
	values []string // as JSON, of the first field of each name; "" for none. They share the body's memory
	state  readState
}

type readState byte

const (
	unread    readState = iota
	readAll             // values are the body's
	otherBody           // the body is nothing for the pass: gjson may make something of it
)

// plainName reports whether a gjson path is the name of a field and nothing more.
func plainName(path string) bool {
	for _, c := range path {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return path != ""
}

// find is the value of the field called name as JSON, "" for none. It is not known if name is none of
// the script's or the body is not an object that can be read.
func (m *jsonFields) find(body, name string) (value string, known bool) {
	for i, n := range m.names {
		if n != name {
			continue
		}
		if m.state == unread {
			m.read(body)
		}
		return m.values[i], m.state == readAll
	}
	return "", false
}

func (m *jsonFields) read(body string) {
	if m.values == nil {
		m.values = make([]string, len(m.names))
	}
	clear(m.values)
	m.state = otherBody
	if m.scan(body) {
		m.state = readAll
	}
}

// scan goes through the fields until every name is found. It reports false for all that is not plain JSON.
func (m *jsonFields) scan(body string) bool {
	i := skipBlank(body, 0)
	if !has(body, i, '{') {
		return false
	}
	for left := len(m.names); left > 0; {
		key := skipBlank(body, i+1)
		if has(body, key, '}') && body[i] == '{' {
			return true
		}
		colon := skipBlank(body, skipText(body, key))
		if !has(body, key, '"') || !has(body, colon, ':') || strings.IndexByte(body[key:colon], '\\') >= 0 {
			return false
		}
		from := skipBlank(body, colon+1)
		to := skipValue(body, from)
		if to == from {
			return false
		}
		name := body[key+1 : strings.LastIndexByte(body[:colon], '"')]
		for k, n := range m.names {
			if n == name && m.values[k] == "" {
				m.values[k] = body[from:to]
				left--
			}
		}
		i = skipBlank(body, to)
		if has(body, i, '}') {
			return true
		}
		if !has(body, i, ',') {
			return false
		}
	}
	return true
}

func has(s string, i int, c byte) bool { return i < len(s) && s[i] == c }

func skipBlank(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skipText is behind the closing quote of the string that begins at i, or the end of s.
func skipText(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// skipValue is behind the value that begins at i; i if there is none.
func skipValue(s string, i int) int {
	if has(s, i, '"') {
		return skipText(s, i)
	}
	for depth := 0; i < len(s); {
		switch s[i] {
		case '"':
			i = skipText(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// scalar is a JSON value as text, as gjson has it, and whether there is one: null is none.
func scalar(value string) (string, bool) {
	switch {
	case value == "" || value == "null":
		return "", false
	case value[0] == '"' && strings.IndexByte(value, '\\') < 0:
		return value[1 : len(value)-1], true
	case wholeNumber(value):
		return value, true
	}
	r := gjson.Parse(value)
	return literal(r), r.Exists() && r.Type != gjson.Null
}

func wholeNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// jsonValue is the value at a gjson path of a body, as conditions see it; nil for lists and objects that are not
// JSON or nested more than 10 000 levels deep. gjson's own way to make Go values takes time that grows with the
// square of the depth, half a minute for 200 KB of brackets.
func jsonValue(body, path string) any {
	switch r := found(body, path); r.Type {
	case gjson.JSON:
		v, err := document(r.Raw)
		if err != nil {
			return nil
		}
		return withNumbers(v)
	case gjson.Number:
		return number(r.Raw, r.Num)
	default:
		return r.Value()
	}
}

// document is JSON with its numbers as they stand there.
func document(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return v, d.Decode(&v)
}

// found is what a gjson path finds. Modifiers such as @valid, @dig and @pretty go down level by level, each at the cost
// of all below it, and 8 MB of brackets are a stack that ends the process: to them such a text is none.
func found(text, path string) gjson.Result {
	if strings.Contains(path, "@") && len(text)*depth(text) > 1<<30 {
		return gjson.Result{}
	}
	return gjson.Get(text, path)
}

// depth is how many brackets are open at most, in strings as well: @fromstr makes JSON of these.
func depth(text string) (most int) {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

// literal is a value as text, a number as it was sent: 1.0 and 1e400 are no names of gjson's floats.
func literal(r gjson.Result) string {
	if r.Type == gjson.Number && r.Raw != "" {
		return r.Raw
	}
	return r.String()
}

// withNumbers has numbers in the place of their text.
func withNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return number(v.String(), f)
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withNumbers(v[k])
		}
	}
	return v
}

// number is a number as conditions have it: whole ones beyond 2^53, such as ids, of which a float64 knows only some,
// are int.
func number(text string, f float64) any {
	const exact = 1 << 53
	if f > -exact && f < exact {
		return f
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return f
}
