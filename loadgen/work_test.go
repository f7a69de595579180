package loadgen

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestLongWork has a response that its extraction goes through for ever: neither the timeout nor the second stop ended
// such a run, and a page of 8 MB of brackets ended the process.
func TestLongWork(t *testing.T) {
	hard, cut := context.WithCancel(context.Background())
	deep := strings.Repeat("[", 40_000) + strings.Repeat("]", 40_000)
	response := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(deep), deep)
	address := served(t, func(c net.Conn) {
		for taken(c) {
			c.Write([]byte(response))
		}
	})
	// a condition that waits for its end, as an XPath over a hostile page would
	begun, release := make(chan bool, 1), make(chan bool)
	t.Cleanup(func() { close(release) })
	steps := []Step{get(t, "/"), get(t, "/")}
	steps[1].Request.Extract = []Extract{{Name: "x", From: &Extractor{source: "endless", kind: &extraction{first: func(*Extractor, extractable) (string, bool) {
		begun <- true
		<-release
		return "", false
	}}}}}
	go func() { <-begun; cut() }()
	m := &memory{}
	a, err := runWith(t, &Plan{Target: "http://" + address, Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: steps}}}, m, context.Background(), hard)
	if err != nil || a.OK != 1 || a.Cut != 1 || len(m.samples) != 1 || !strings.Contains(strings.Join(a.Warnings, "\n"), "left behind") {
		t.Errorf("%+v, %v, %d samples: the work is left behind, all else is there", a, err, len(m.samples))
	}
	u := &user{body: []byte(deep), hard: context.Background()}
	s := &Sample{}
	if !u.tooLate(&request{timeout: time.Second}, s, time.Now()) || s.Kind != KindTimeout {
		t.Errorf("%+v: nothing new is begun behind the timeout", s)
	}
	for _, path := range []string{"@valid", "@dig:x", "@pretty", `@flatten:{"deep":true}`} {
		if found(strings.Repeat("[", 8<<20), path).Exists() || !found(`{"x":[1]}`, path).Exists() {
			t.Errorf("%s: of what is nested without end nothing is found, of all else what there is", path)
		}
	}
}

// TestNumbersAsSent: as floats, node 1e400 was "+Inf", and an id of 20 digits another one.
func TestNumbersAsSent(t *testing.T) {
	for _, number := range []string{"1e400", "-0", "1.0", "12345678901234567890", "1E+2"} {
		for _, from := range []string{"json:a", "json:a|@this", "json:b.0", "json:$.a", "json:$.b[0]"} {
			body := fmt.Sprintf(`{"a":%s,"b":[%[1]s]}`, number)
			u := &user{body: []byte(body)}
			u.fields.names = []string{"a"}
			if got, ok := extractor(t, from).find(u); got != number || !ok {
				t.Errorf("%s of %s: %q", from, body, got)
			}
		}
	}
}
