package assert

import (
	"strings"
	"sync"
	"testing"
)

// holding are conditions that hold for the laboratory's response, at least one for every word, operator
// and kind of closure. TestClosuresAgree judges them by expr's machine as well.
var holding = []string{
	`status == 200`, `status != 404`, `200 <= status && status < 400`, `200 <= status < 300`, `status in [200, 304]`,
	`status in 200..299`, `status not in 300..399`, `status % 100 == 0`, `-status < 0`, `+status == 200`, `status + 1 > 200`,
	`status * 2 - 200 == status`, `status / 100 == 2`, `status ** 2 == 40000`, `status == 200.0`, `status() == 200`,
	`elapsed < 250`, `elapsed > 154`, `elapsed == 154.2`, `elapsed / 2 < 100.5`, `elapsed + 1 > 155`, `elapsed - status < 0`, `elapsed * 2.0 > 300`,
	`int(elapsed) == 154`, `float(status) == 200`, `float("1.5") == 1.5`, `int(color == "red" ? "12" : "x") == 12`, `-elapsed < 0.0`,
	`elapsed in [154.2, 1.0]`, `(status == 200 ? elapsed : 1.0) > 2`, `(status == 200 ? 1 : 2) == 1`, `(status == 200 ? node : "") == "s1"`,
	`bytes > 300`, `bytes == 372`, `len(body) == 46`, `body contains "hello"`, `body startsWith "{"`, `body endsWith "}"`,
	`body matches "\"tag\":\"s[12]\""`, `lower(body) contains "world"`, `not (body contains "error")`, `body not contains "error"`, `body | lower() | len() > 3`,
	`header("Content-Type") == "application/json"`, `header("content-type") startsWith "application/"`, `header("X-None") == ""`,
	`cookie("SERVERID") == node`, `cookie("SERVERID") in ["s1", "s2"]`, `cookie("none") == ""`, `header("X-" + "Backend-Ip") == "10.0.0.1"`,
	`json("tag") == node`, `json("tag") == "s1"`, `"s1" == json("tag")`, `json("sessionViews") == 8`, `json("sessionViews") >= 8`, `7 < json("sessionViews")`,
	`json("sessionViews") == counter`, `json("none") == nil`, `json("tag") != nil`, `json("ok") == true`, `json("ok") and true`, `not json("ok") == false`,
	`json("tag") contains "s"`, `json("tag") matches "^s\\d$"`, `json("none") contains "x" or true`, `not (json("none") contains "x")`, `json("tag") in ["s1"]`,
	`json("user").name == "Ann"`, `json("list")[0] == 1`, `len(json("list")) == 2`, `any(json("list"), # == "a")`, `json("user")?.name == "Ann"`,
	`node == "s1"`, `node in ["s1", "s2"]`, `node not in ["s3"]`, `node < "s2"`, `node + "!" == "s1!"`, `upper(node) == "S1"`, `trim(" " + node) == "s1"`,
	`counter == 8`, `counter == previous.counter + 1`, `previous.counter < counter < 9`, `previous.node == node`, `previous["node"] == "s1"`,
	`session == previous.session`, `session != ""`, `len(session) > 8`, `increments()`, `increments`, `increments() == true`, `increments() != false`,
	`color == "red"`, `int(amount) == 12`, `date == ""`, `color in ["red", "green"] or status == 1`, `let c = counter; c * c == 64`,
	`true`, `!false`, `status == 1 ? false : true`, `status == 200 and (node == "s1" || false)`, `1 < 2`, `if status == 200 { true } else { false }`,
	`body[0:1] == "{"`, `{"a": node}.a == "s1"`, `status == 0xc8`, `not (status == 1 and true)`, `float(status) + 0.5 > 200`, `header(node + "x") == ""`,
	`all(["s", "1"], node contains #)`, `header(color + "x") == ""`, `status == 200 // a comment`, `[1, 2] == [1, 2]`, `first(["s1"]) == node`,
}

func TestHolds(t *testing.T) {
	for _, source := range holding {
		c := compile(t, source)
		if f := c.Check(responded()); f != nil {
			t.Errorf("%s: %s", source, f.Message)
		}
		if ok, err := c.Holds(responded()); !ok || err != nil {
			t.Errorf("Holds(%s) = %v, %v", source, ok, err)
		}
		if c.Source() != source {
			t.Errorf("Source() = %s", c.Source())
		}
	}
}

// The values that messages show are part of what users read every day, so they are written out.
func TestFailures(t *testing.T) {
	moved := func(r *Response) { r.Node, r.Counter, r.Session = "s2", 1, "fedcba9876543210" }
	silent := func(r *Response) { r.Observation = Observation{} }
	for _, test := range []struct {
		source, want string
		change       func(*Response)
	}{
		{`status == 200`, `status == 200: status 503`, func(r *Response) { r.Status = 503 }},
		{`node in ["s1", "s2"]`, `node in ["s1", "s2"]: node "s3"`, func(r *Response) { r.Node = "s3" }},
		{`elapsed < 100`, `elapsed < 100: elapsed 154.2 ms`, nil},
		{`bytes < 10`, `bytes < 10: bytes 372`, nil},
		{`body contains "x" and true`, `body contains "x" and true: body of 46 bytes`, nil},
		{`header("X-Backend-IP") == ""`, `header("X-Backend-IP") == "": header("X-Backend-IP") "10.0.0.1"`, nil},
		{`header("X-None") != ""`, `header("X-None") != "": header("X-None") ""`, nil},
		{`json("sessionViews") == 1`, `json("sessionViews") == 1: json("sessionViews") 8`, nil},
		{`json("tag") == nil`, `json("tag") == nil: json("tag") "s1"`, nil},
		{`json("none") == 1`, `json("none") == 1: json("none") null`, nil},
		{`json("list") == 1`, `json("list") == 1: json("list") a list of 2`, nil},
		{`json("user") == 1`, `json("user") == 1: json("user") an object of 1`, nil},
		{`json("ok") == false`, `json("ok") == false: json("ok") true`, nil},
		{`counter > 8`, `counter > 8: counter 8`, nil},
		{`counter > 7`, `counter > 7: the response has no counter`, silent},
		{`not (status == 200 || counter == 1)`, `not (status == 200 || counter == 1): status 200, counter (none)`, silent},
		{`previous.counter == 8`, `previous.counter == 8: previous.counter 7`, nil},
		{`previous.counter == 8`, `previous.counter == 8: this is the first response of the session`, func(r *Response) { r.Previous = Observation{} }},
		{`previous.counter == 8`, `previous.counter == 8: the response before it has no counter`, func(r *Response) { r.Previous.HasCounter = false }},
		{`previous.node == "s2"`, `previous.node == "s2": previous.node "s1"`, nil},
		{`node == previous.node && status == 200`, `node == previous.node && status == 200: node "s2", previous.node "s1"`, moved},
		{`color == "blue"`, `color == "blue": color "red"`, nil},
		{`status == 200 && color == "blue"`, `status == 200 && color == "blue": color "red"`, nil},
		{`status == 404 || color == "blue" or status > 500`, `status == 404 || color == "blue" or status > 500: status 200, color "red"`, nil},
		{`false`, `false: never holds`, nil},
		{"status\n  == 404", `status == 404: status 200`, nil},
		{`header(color) != ""`, `header(color) != "": color "red", header("red") ""`, nil},
		{`any(["s2", "s3"], # == node)`, `any(["s2", "s3"], # == node): node "s1"`, nil},
		{`int(color) == 1`, `int(color) == 1: not a whole number`, nil},
		{`float(color) == 1`, `float(color) == 1: not a number`, nil},
		{`status % (status - 200) == 0`, `status % (status - 200) == 0: division by zero`, nil},
		{`json("tag") > 1`, `json("tag") > 1: json("tag") is not a number`, nil},
		{`json("list") contains "x"`, `json("list") contains "x": json("list") is not a string`, nil},
		{`json("list")[7] == 1`, `json("list")[7] == 1: no element of that number`, nil},
		{`json("none").name == 1`, `json("none").name == 1: no element of that name`, nil},
		{`not json("tag")`, `not json("tag"): a value is of another kind than it must be`, nil},
		{`header(json("list")) == ""`, `header(json("list")) == "": header is asked for by a name that is not a string`, nil},
		{`node == "s1"`, `node == "s1": node "a\x00b\n` + strings.Repeat("x", 56) + `…"`, func(r *Response) { r.Node = "a\x00b\n" + strings.Repeat("x", 80) }},
		{`color == ""`, `color == "": color "` + strings.Repeat("é", 60) + `…"`, with(func(e *exchange) { e.variable["color"] = strings.Repeat("é", 61) })},
		{`elapsed < 1`, `elapsed < 1: elapsed 1.001 ms`, func(r *Response) { r.Elapsed = 1001000 }},
	} {
		r := responded()
		if test.change != nil {
			test.change(r)
		}
		f := compile(t, test.source).Check(r)
		if f == nil {
			t.Errorf("%s holds", test.source)
		} else if f.Message != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.source, f.Message, test.want)
		}
	}
}

func TestIncrements(t *testing.T) {
	known := func(node, id string, counter int64) Observation {
		return Observation{Node: node, Session: id, Counter: counter, HasCounter: true}
	}
	for _, test := range []struct {
		previous, now Observation
		want          string // "" holds
	}{
		{known("s1", "a", 7), known("s1", "a", 8), ""},
		{known("s1", "a", 7), known("s2", "a", 8), ""}, // the node moved, the session came along
		{known("s1", "", 7), known("s1", "a", 8), ""},
		{known("s1", "a", 7), known("s1", "", 8), ""},
		{Observation{}, known("s1", "a", 5), ""},
		{Observation{}, Observation{Node: "s1"}, "the response has no counter"},
		{known("s1", "a", 7), Observation{}, "the response has no counter"},
		{known("s1", "a", 7), known("s2", "b", 1), "counter 1 after 7: s1 → s2, new session"},
		{known("s1", "a", 7), known("s1", "b", 1), "counter 1 after 7: still s1, new session"},
		{known("s1", "a", 7), known("s1", "a", 7), "counter 7 after 7: still s1, same session"},
		{known("s1", "a", 7), known("s1", "b", 8), "counter 8 after 7: still s1, new session"},
		{known("s1", "a", 7), known("", "b", 1), "counter 1 after 7: s1 → unknown node, new session"},
		{known("", "a", 7), known("s1", "a", 9), "counter 9 after 7: on s1, same session"},
		{known("s1", "", 7), known("s2", "b", 1), "counter 1 after 7: s1 → s2"},
		{known("", "", 7), known("", "", 1), "counter 1 after 7"},
		{Observation{Node: "s1"}, known("s1", "a", 1), "counter 1 after a response without one: still s1"},
		{known("s1", "a", 7), known("s\n2", "b", 1), `counter 1 after 7: s1 → s\n2, new session`},
	} {
		message := ""
		if f := compile(t, "increments()").Check(&Response{Observation: test.now, Previous: test.previous}); f != nil {
			message = strings.TrimPrefix(f.Message, "increments(): ")
		}
		if message != test.want {
			t.Errorf("%+v after %+v\n got %s\nwant %s", test.now, test.previous, message, test.want)
		}
	}
	for source, want := range map[string]string{
		"not increments()":                "not increments(): counter 8 after 7: still s1, same session",
		"status == 404 || !increments":    "status == 404 || !increments: status 200, increments() (counter 8 after 7: still s1, same session)",
		"status == 200 && !increments()":  "status == 200 && !increments(): counter 8 after 7: still s1, same session",
		"any([false], # == increments())": "any([false], # == increments()): counter 8 after 7: still s1, same session",
	} {
		if f := compile(t, source).Check(responded()); f == nil || f.Message != want {
			t.Errorf("%s: %v", source, f)
		}
	}
}

// A `when` before the first response sees the zero Response, whose Lookup is nil.
func TestBeforeTheFirstResponse(t *testing.T) {
	for _, source := range holding {
		c := compile(t, source)
		c.Check(&Response{})
		c.Holds(&Response{})
	}
	if ok, err := compile(t, `counter == 0`).Holds(&Response{}); ok || err == nil {
		t.Errorf("counter == 0 without a counter: %v, %v", ok, err)
	}
	if ok, err := compile(t, `status == 0 && header("X") + cookie("X") + color == "" && json("x") == nil`).Holds(&Response{}); !ok || err != nil {
		t.Errorf("zero Response: %v, %v", ok, err)
	}
}

func TestUses(t *testing.T) {
	c := compile(t, `status == 200 && previous.node == "s1" && header("X") == color && (increments() or len(body) > 1)`)
	for _, word := range []string{"status", "previous", "previous.node", "header", "color", "increments", "body"} {
		if !c.Uses(word) {
			t.Errorf("Uses(%s) is false", word)
		}
	}
	for _, word := range []string{"elapsed", "node", "previous.session", "s1", "X", ""} {
		if c.Uses(word) {
			t.Errorf("Uses(%s) is true", word)
		}
	}
}

func TestReserved(t *testing.T) {
	for _, name := range []string{"status", "previous", "increments", "json", "not", "in", "let", "nil", "$env"} {
		if !Reserved(name) {
			t.Errorf("%s is free", name)
		}
	}
	for _, name := range []string{"token", "csrf", "variable", "date", "count", "Status", ""} {
		if Reserved(name) {
			t.Errorf("%s is reserved", name)
		}
	}
}

// A report that is handed to somebody must not hand them the session, too.
func TestFailuresHoldNoCredentials(t *testing.T) {
	secret := with(func(e *exchange) {
		e.header = map[string]string{"Set-Cookie": "NODESESSID=opaque-value", "Location": "/a;jsessionid=" + sessionID, "X-Echo": "s%3A" + sessionID, "X-Escaped": "%30123456789abcdef"}
		e.cookie["X"] = "opaque-value"
		e.variable["color"] = "id:" + sessionID
		e.variable["amount"] = sessionID[:12]
		e.json = map[string]any{"id": sessionID, "access_token": "opaque-value", "list": []any{sessionID}, "user": map[string]any{"id": sessionID}}
	})
	words := []string{
		`cookie("X")`, `cookie("NODESESSID")`, `cookie("none")`, `session`, `previous.session`, `header("Set-Cookie")`, `header("Location")`, `header("X-Echo")`,
		`header("X-Escaped")`, `color`, `amount`, `json("id")`, `json("access_token")`, `json("list")`, `json("user")`, `node`, `body`, `previous.node`,
	}
	shown := map[string]string{
		`cookie("X")`: `cookie("X") set, 12 characters`, `cookie("none")`: `cookie("none") not set`, `json("id")`: `json("id") (hidden)`, `color`: `color (hidden)`,
		`session`: `session (same as before)`, `previous.session`: `previous.session (same as now)`, `json("access_token")`: `json("access_token") set, 12 characters`,
	}
	for _, word := range words {
		// The last two stop expr's machine with an error that quotes the value.
		for _, source := range []string{word + ` == "?"`, `status == 1 or ` + word + ` == "?"`, `any(["?"], ` + word + ` == #)`, `not int(` + word + `)`, `int(string(` + word + `)) > (1 ?? 2)`} {
			c, err := scope.Compile(source)
			if err != nil {
				continue
			}
			r := responded(secret, func(r *Response) { r.Node, r.Previous.Node = "node "+sessionID, "x "+sessionID })
			f := c.Check(r)
			if f == nil {
				t.Errorf("%s holds", source)
				continue
			}
			for _, part := range []string{sessionID, sessionID[:12], sessionID[4:], "opaque"} {
				if strings.Contains(f.Message, part) {
					t.Errorf("%s shows a credential: %s", source, f.Message)
				}
			}
			if want := source + ": " + shown[word]; shown[word] != "" && source == word+` == "?"` && f.Message != want {
				t.Errorf("%s\n got %s\nwant %s", source, f.Message, want)
			}
		}
	}
	f := compile(t, `increments()`).Check(responded(func(r *Response) { r.Node, r.Counter = sessionID, 1 }))
	if strings.Contains(f.Message, sessionID) {
		t.Error(f.Message)
	}
}

func TestShownSessions(t *testing.T) {
	for want, change := range map[string]func(*Response){
		`session (none), previous.session (another than now)`:                func(r *Response) { r.Session = "" },
		`session (none before), previous.session (none)`:                     func(r *Response) { r.Previous.Session = "" },
		`session (another than before), previous.session (another than now)`: func(r *Response) { r.Session = "other" },
	} {
		if f := compile(t, `session + previous.session == "?"`).Check(responded(change)); !strings.HasSuffix(f.Message, ": "+want) {
			t.Errorf("got %s\nwant %s", f.Message, want)
		}
	}
}

// All users of a group judge by the same conditions.
func TestConditionsAreShared(t *testing.T) {
	for _, source := range holding {
		c := compile(t, source)
		var users sync.WaitGroup
		for range 4 {
			users.Go(func() {
				good, bad := responded(), responded(func(r *Response) { r.Observation = Observation{} })
				for range 20 {
					if f := c.Check(good); f != nil {
						t.Error(f.Message)
					}
					c.Check(bad)
				}
			})
		}
		users.Wait()
	}
}

func TestIsXML(t *testing.T) {
	for source, want := range map[string]bool{
		"<a/>": true, "<?xml version='1.0' encoding='ISO-8859-1'?>\n<!-- c --><a b='\xe9'><c>\xe9</c></a>\n": true,
		"": false, "text": false, "<a>": false, "<a></b>": false, "<a/><b/>": false, "<a/>x": false, "<!DOCTYPE html>": false, "<a>&b;</a>": false, "{}": false,
	} {
		if got, err := isXML(nil, []any{source}); got != want || err != nil {
			t.Errorf("%q: %v, %v", source, got, err)
		}
	}
}
