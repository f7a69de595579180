package assert

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net/textproto"
	"testing"
	"time"
)

// exchange is a Lookup of fixed values.
type exchange struct {
	header, cookie, variable map[string]string
	json                     map[string]any
}

func (e exchange) Header(name string) string   { return e.header[textproto.CanonicalMIMEHeaderKey(name)] }
func (e exchange) Cookie(name string) string   { return e.cookie[name] }
func (e exchange) JSON(path string) any        { return e.json[path] }
func (e exchange) Variable(name string) string { return e.variable[name] }
func (e exchange) List(name string) []string {
	return map[string][]string{"ids": {"a", "b", "c"}}[name]
}
func (e exchange) Headers() string { return "HTTP/1.1 200 OK\r\nX-Backend-Ip: 10.0.0.1\r\n" }
func (e exchange) Sent() (head, body string) {
	return "GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n", ""
}
func (e exchange) Reason() string { return "OK" }
func (e exchange) URL() string    { return "http://127.0.0.1/x" }
func (e exchange) Failed() bool   { return false }
func (e exchange) Random() *rand.Rand {
	return rand.New(rand.NewPCG(1, 2))
}
func (e exchange) Line(file string) (string, error) { return "third line of " + file, nil }

const sessionID = "0123456789abcdef"

// responded is the laboratory's response: the eighth of a session that stays on s1.
func responded(change ...func(*Response)) *Response {
	r := &Response{
		Status:      200,
		Elapsed:     154200 * time.Microsecond,
		Bytes:       372,
		Body:        []byte(`{"hello":"world!","tag":"s1","sessionViews":8}`),
		Observation: Observation{Node: "s1", Session: sessionID, Counter: 8, HasCounter: true},
		Previous:    Observation{Node: "s1", Session: sessionID, Counter: 7, HasCounter: true},
		Lookup: exchange{
			header:   map[string]string{"Content-Type": "application/json", "X-Backend-Ip": "10.0.0.1"},
			cookie:   map[string]string{"SERVERID": "s1", "NODESESSID": "s%3A" + sessionID + ".signature"},
			variable: map[string]string{"color": "red", "amount": "12"},
			json:     map[string]any{"tag": "s1", "sessionViews": 8.0, "ok": true, "list": []any{1.0, "a"}, "user": map[string]any{"name": "Ann"}},
		},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func with(change func(e *exchange)) func(*Response) {
	return func(r *Response) {
		e := r.Lookup.(exchange)
		e.header, e.cookie, e.variable, e.json = maps.Clone(e.header), maps.Clone(e.cookie), maps.Clone(e.variable), maps.Clone(e.json)
		change(&e)
		r.Lookup = e
	}
}

var scope = Scope{Variables: []string{"color", "amount", "date"}, Lists: []string{"ids"}, Line: func(file string) error {
	if file != "names.txt" {
		return errors.New("no such file")
	}
	return nil
}}

func compile(t testing.TB, source string) *Condition {
	t.Helper()
	c, err := scope.Compile(source)
	if err != nil {
		t.Fatalf("Compile(%s): %v", source, err)
	}
	return c
}
