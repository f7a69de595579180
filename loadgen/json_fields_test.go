package loadgen

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// theirs is what gjson finds, numbers as they were sent.
func theirs(body, path string) (string, bool) {
	r := gjson.Get(body, path)
	return literal(r), r.Exists() && r.Type != gjson.Null
}

func checkJSONFields(t *testing.T, body string, names []string) (known bool) {
	t.Helper()
	m := jsonFields{names: names}
	for _, name := range names {
		value, ok := m.find(body, name)
		if !ok {
			continue
		}
		known = true
		got, found := scalar(value)
		if want, there := theirs(body, name); got != want || found != there {
			t.Errorf("%s of %q: %q, %v; gjson has %q, %v", name, body, got, found, want, there)
		}
	}
	return known
}

func TestJSONFields(t *testing.T) {
	names := []string{"a", "b", "long_name-1"}
	for body, known := range map[string]bool{
		`{"a":1,"b":"x","long_name-1":true}`:       true,
		"\n{ \"b\" : \"x\" ,\t\"a\" : -1.50e3 }\n": true,
		`{}`:  true,
		`{ }`: true,
		`{"c":{"a":1,"x":"}"},"a":[1,{"b":2},"]"],"b":null}`: true,
		`{"a":1,"a":2}`: true,
		`{"a":"line\n\u0041 \"quoted\" \\","b":"\\"}`:                 true,
		`{"a":false,"b":{"x":[{}]}}`:                                  true,
		`{"a":"","b":0,"long_name-1":123456789012345678901234567890}`: true,
		`{"a":"<html>{[,]}</html>"}`:                                  true,
		`{"\u0061":1,"b":2}`:                                          false, // gjson knows better
		`[{"a":1}]`:                                                   false,
		``:                                                            false,
		`<html>`:                                                      false,
		`{"a":`:                                                       false,
		`{"a" 1}`:                                                     false,
		`{"x":1 "a":2}`:                                               false,
		`{,"a":2}`:                                                    false,
		`{"x":"cut shor`:                                              false,
		string(benchResponse[len(benchResponse)-120:]): true,
	} {
		if got := checkJSONFields(t, body, names); got != known {
			t.Errorf("%q: known %v", body, got)
		}
	}
	m := jsonFields{names: names}
	if _, known := m.find(`{"c":1}`, "c"); known {
		t.Error("a name that nobody asked for was looked for")
	}
	for path, plain := range map[string]bool{"tag": true, "a-1_B": true, "": false, "a.b": false, "#": false, "@this": false, "a*": false, "é": false} {
		if plainName(path) != plain {
			t.Errorf("%q: plain %v", path, !plain)
		}
	}
}

func FuzzJSONFields(f *testing.F) {
	f.Add(`{"a":1,"b":"x"}`)
	f.Add(`{"c":{"a":"\""},"a":[1,2],"b":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		if gjson.Valid(body) {
			checkJSONFields(t, body, []string{"a", "b", "c"})
			return
		}
		m := jsonFields{names: []string{"a", "b"}}
		m.find(body, "b")
	})
}

// BenchmarkExtract is what the laboratory's three session words cost.
func BenchmarkExtract(b *testing.B) {
	body := string(benchResponse[len(benchResponse)-120:])
	names := []string{"tag", "sessionViews", "id"}
	b.Run("pass", func(b *testing.B) {
		m := jsonFields{names: names}
		b.ReportAllocs()
		for b.Loop() {
			m.state = unread
			for _, name := range names {
				if v, ok := m.find(body, name); !ok || v == "" {
					b.Fatal(name)
				}
			}
		}
	})
	b.Run("gjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, name := range names {
				if v, ok := theirs(body, name); !ok || v == "" {
					b.Fatal(name)
				}
			}
		}
	})
}

func TestJSONValues(t *testing.T) {
	body := `{"id":2733382000000000049,"small":7,"list":[2733382000000000049,1.5,{"n":-9007199254740993}],"huge":1e300,"beyond":27333820000000000490000,"text":"a","no":null,"yes":true}`
	for path, want := range map[string]any{
		"id": 2733382000000000049, "small": 7.0, "list": []any{2733382000000000049, 1.5, map[string]any{"n": -9007199254740993}},
		"huge": 1e300, "beyond": 2.733382e22, "text": "a", "no": nil, "none": nil, "yes": true, "list.2.n": -9007199254740993,
	} {
		if got := jsonValue(body, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %T %v, want %v", path, got, got, want)
		}
	}
}

// A response of brackets hung its user, beyond every timeout and stop.
func TestJSONNesting(t *testing.T) {
	for _, deep := range []struct{ open, inner, close string }{{"[", "", "]"}, {`{"a":`, "1", "}"}} {
		for depth, known := range map[int]bool{9_000: true, 200_000: false} {
			body := strings.Repeat(deep.open, depth) + deep.inner + strings.Repeat(deep.close, depth)
			for _, path := range []string{"@this", "0", "a", "a.a", "#.a", "a.b"} {
				began := time.Now()
				v := jsonValue(body, path)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%d × %s, %s: %v", depth, deep.open, path, took)
				}
				if path == "@this" && (v != nil) != known {
					t.Errorf("%d × %s: known %v", depth, deep.open, v != nil)
				}
			}
		}
	}
}
