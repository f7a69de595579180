package loadgen

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"
)

// countedResponse is benchResponse without its Set-Cookie line and with a counter of seven digits.
type countedResponse []byte

func newCountedResponse() countedResponse {
	b := bytes.Replace(benchResponse, []byte(`"sessionViews":12`), []byte(`"sessionViews":1000000`), 1)
	b = bytes.Replace(b, []byte("content-length: 120"), []byte("content-length: 125"), 1)
	return bytes.Replace(b, []byte("set-cookie: SERVERID=s1; path=/\r\n"), nil, 1)
}

// next is the response with its counter one up.
func (a countedResponse) next() []byte {
	const name = `"sessionViews":`
	i := bytes.Index(a, []byte(name)) + len(name) + 6
	for ; a[i] == '9'; i-- {
		a[i] = '0'
	}
	a[i]++
	return a
}

// labServer answers as the laboratory's nodes do behind HAProxy, with a counter that goes up by one with
// every request of a connection, and allocates nothing for it.
func labServer(t testing.TB) string {
	return served(t, func(c net.Conn) {
		c.SetDeadline(time.Time{})
		later := newCountedResponse()
		first := bytes.Replace(later.next(), []byte("\r\n\r\n"), []byte("\r\nset-cookie: SERVERID=s1; path=/\r\n\r\n"), 1)
		buf := make([]byte, 4096)
		for response := first; ; response = later.next() {
			if n, err := c.Read(buf); err != nil || !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
				return
			}
			if _, err := c.Write(response); err != nil {
				return
			}
		}
	})
}

// labPlan is the laboratory's plan in full: a sticky session, three extractions and three assertions.
func labPlan(t testing.TB, o string, users int) *Plan {
	return &Plan{
		Target: "http://" + o, Timeout: time.Minute, UserAgent: "stickbench/1", Session: sessionWords(t),
		Groups: []Group{{Name: "Thread Group", Users: users, Iterations: 1 << 30, Steps: []Step{
			get(t, "/", "status == 200", `node in ["s1", "s2"]`, "increments()"),
		}}},
	}
}

// readyUser is a user of plan in the midst of its life, and what ends it.
func readyUser(t testing.TB, plan *Plan) *user {
	t.Helper()
	r, err := New(plan, Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	r.start = time.Now()
	u := r.groups[0].users[0]
	u.graceful, u.hard = context.Background(), context.Background()
	u.begin()
	u.forget()
	t.Cleanup(u.end)
	for range 10 {
		iterateOnce(t, u)
	}
	return u
}

func iterateOnce(t testing.TB, u *user) {
	if !u.iterate() || u.sample.Kind != OK {
		t.Fatalf("%s: %s", u.sample.Kind, u.sample.Failure)
	}
}

// What a request allocates, the collector pays for again with pauses that look like the target's.
func TestNoAllocationPerRequest(t *testing.T) {
	u := readyUser(t, labPlan(t, labServer(t), 1))
	drain := u.runner.recorder.drain
	for range 2 { // both buffers of the shard reach their size
		for range 1000 {
			iterateOnce(t, u)
		}
		drain()
	}
	if n := testing.AllocsPerRun(900, func() { iterateOnce(t, u) }); n != 0 {
		t.Errorf("%v allocations per request", n)
	}
}

// BenchmarkRequest is a whole iteration of one request, recording included, over loopback with the
// server's part.
func BenchmarkRequest(b *testing.B) {
	u := readyUser(b, labPlan(b, labServer(b), 1))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		iterateOnce(b, u)
		if i%1000 == 0 {
			u.runner.recorder.drain()
		}
	}
}
