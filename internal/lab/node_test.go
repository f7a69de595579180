package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// newTestApp is an application without a network.
func newTestApp(t *testing.T, tag string, delay time.Duration) *app {
	return newApp(t.Context(), tag, "127.0.0.1", delay, 1)
}

// ask sends one request to a handler; the cookie is NODESESSID's value, or "".
func ask(h http.Handler, method, path, cookie, body string) *http.Response {
	request, _ := http.NewRequest(method, "http://lab"+path, strings.NewReader(body))
	if cookie != "" {
		request.Header.Set("Cookie", "a=b; "+cookie)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, request)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(strings.NewReader(w.body.String()))}
}

// A recorder is a response in memory.
type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func text(r *http.Response) string {
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

// sessionOf is the pair of the NODESESSID that a response sets, "" if none.
func sessionOf(r *http.Response) string {
	pair, _, _ := strings.Cut(r.Header.Get("Set-Cookie"), ";")
	return pair
}

var helloText = regexp.MustCompile(`^\{"hello":"world!","ip":"127\.0\.0\.1","host":"[^"]+","tag":"s1","sessionViews":(\d+),"id":"([\w-]{32})"\}$`)

func TestNodeCountsViews(t *testing.T) {
	a := newTestApp(t, "s1", 0)
	first := ask(a, "GET", "/", "", "")
	cookie := sessionOf(first)
	if set := first.Header.Get("Set-Cookie"); !regexp.MustCompile(`^NODESESSID=s%3A[\w-]{32}\.[\w%]+; Path=/; HttpOnly$`).MatchString(set) {
		t.Errorf("cookie %q", set)
	}
	if first.Header.Get("X-Backend-Ip") != "127.0.0.1" || first.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("headers %v", first.Header)
	}
	parts := helloText.FindStringSubmatch(text(first))
	if parts == nil || parts[1] != "1" || !strings.Contains(cookie, "s%3A"+parts[2]+".") {
		t.Fatalf("%q with %s", parts, cookie)
	}
	for i, method := range []string{"GET", "HEAD", "GET"} { // HEAD counts
		next := ask(a, method, "/", cookie, "")
		again := helloText.FindStringSubmatch(text(next))
		if again == nil || again[1] != fmt.Sprint(i+2) || again[2] != parts[2] || sessionOf(next) != "" {
			t.Errorf("%s: %q, cookie %q", method, again, sessionOf(next))
		}
	}
}

func TestNodeKnowsOnlyItsOwnSessions(t *testing.T) {
	s1, s2 := newTestApp(t, "s1", 0), newTestApp(t, "s1", 0)
	cookie := sessionOf(ask(s1, "GET", "/", "", ""))
	for _, foreign := range []string{cookie, "NODESESSID=s1", cookie[:len(cookie)-2]} {
		response := ask(s2, "GET", "/", foreign, "")
		if parts := helloText.FindStringSubmatch(text(response)); parts == nil || parts[1] != "1" || sessionOf(response) == "" {
			t.Errorf("%s: %q", foreign, parts)
		}
	}
}

func TestNodeBeginsASessionOnEveryPath(t *testing.T) {
	a := newTestApp(t, "s1", 0)
	missing := ask(a, "GET", "/<x>", "", "")
	if missing.StatusCode != 404 || sessionOf(missing) == "" || !strings.Contains(text(missing), "<pre>Cannot GET /&lt;x&gt;</pre>") {
		t.Errorf("%d, cookie %q", missing.StatusCode, sessionOf(missing))
	}
	set := ask(a, "POST", "/delay", "", `{"delay":0}`)
	response := ask(a, "GET", "/", sessionOf(set), "")
	if parts := helloText.FindStringSubmatch(text(response)); set.StatusCode != 200 || parts == nil || parts[1] != "1" || sessionOf(response) != "" {
		t.Errorf("after POST /delay: %q", parts)
	}
	if other := ask(a, "POST", "/", "", ""); other.StatusCode != 404 {
		t.Errorf("POST /: %d", other.StatusCode)
	}
}

func TestNodeDelayValues(t *testing.T) {
	for _, test := range []struct {
		body   string
		status int // of POST /delay
		get    int // of the next GET /
		delay  time.Duration
	}{
		{`{"delay":250}`, 200, 200, 250 * time.Millisecond},
		{`{"delay":250.0}`, 200, 200, 250 * time.Millisecond},
		{`{"delay":0}`, 200, 200, 0},
		{`{"delay":-5}`, 200, 200, 0},
		{`{"delay":1e300}`, 200, 0, 24 * time.Hour},
		{`{"delay":"250"}`, 200, 500, brokenDelay},
		{`{"delay":2.5}`, 200, 500, brokenDelay},
		{`{"delay":null}`, 200, 500, brokenDelay},
		{`{"delay":[1]}`, 200, 500, brokenDelay},
		{`{"deley":250}`, 500, 200, 0},
		{``, 500, 200, 0},
		{`{"delay":`, 400, 200, 0},
		{`[1]`, 400, 200, 0},
		{`{"delay":1,"x":"` + strings.Repeat("x", maxDelayBody) + `"}`, 413, 200, 0},
	} {
		t.Run(test.body[:min(20, len(test.body))], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newTestApp(t, "s1", 0)
				if response := ask(a, "POST", "/delay", "", test.body); response.StatusCode != test.status {
					t.Errorf("POST: %d, %s", response.StatusCode, text(response))
				}
				if delay := time.Duration(a.delay.Load()); delay != test.delay {
					t.Errorf("delay %v, want %v", delay, test.delay)
				}
				if test.get == 0 {
					return
				}
				if response := ask(a, "GET", "/", "", ""); response.StatusCode != test.get {
					t.Errorf("GET: %d", response.StatusCode)
				}
			})
		})
	}
}

// The delay blocks the whole node: everything queues behind the sleepers, also what does not sleep.
func TestNodeDelayBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestApp(t, "s1", 250*time.Millisecond)
		start := time.Now()
		var queue sync.WaitGroup
		var responded [5]time.Duration
		for i, what := range []struct{ method, path, body string }{
			{"GET", "/", ""}, {"HEAD", "/", ""}, {"POST", "/delay", `{"delay":0}`}, {"GET", "/", ""}, {"GET", "/nothing", ""},
		} {
			queue.Go(func() {
				ask(a, what.method, what.path, "", what.body)
				responded[i] = time.Since(start)
			})
			synctest.Wait()
		}
		queue.Wait()
		const d = 250 * time.Millisecond
		if responded[0] != d || responded[1] != 2*d || responded[2] < d || responded[4] < d {
			t.Errorf("responded after %v", responded)
		}
		// The one behind POST /delay finds no delay any more.
		if responded[3] > 3*d {
			t.Errorf("GET behind POST /delay: response after %v", responded[3])
		}
	})
}

// A new connection's first request needs two turns of a blocked node, as in Node's event loop.
func TestNodeFirstRequestWaitsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const d = 250 * time.Millisecond
		a := newTestApp(t, "s1", d)
		start := time.Now()
		var queue sync.WaitGroup
		queue.Go(func() { ask(a, "GET", "/", "", "") })
		synctest.Wait()
		var checked time.Duration
		queue.Go(func() {
			w := &recorder{header: http.Header{}}
			request, _ := http.NewRequest("HEAD", "http://lab/", nil)
			a.ServeHTTP(w, request.WithContext(contextOfConnection(t)))
			checked = time.Since(start)
		})
		synctest.Wait()
		queue.Go(func() { ask(a, "GET", "/", "", "") })
		queue.Wait()
		if checked != 3*d {
			t.Errorf("the check had its response after %v, want %v: once before it, once for another user, and its own", checked, 3*d)
		}
	})
}

func TestNodeAnswersOverHTTP(t *testing.T) {
	n, err := newNodeServer(Node{Tag: "s1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	conn, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, method := range []string{"HEAD", "GET"} {
		io.WriteString(conn, method+" / HTTP/1.1\r\nHost: lab\r\n\r\n")
		response, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		body := text(response)
		if method == "GET" && (int64(len(body)) != response.ContentLength || !json.Valid([]byte(body))) {
			t.Errorf("body %q of %d bytes", body, response.ContentLength)
		}
		if method == "HEAD" && (body != "" || response.ContentLength < 100) {
			t.Errorf("HEAD: %q, Content-Length %d", body, response.ContentLength)
		}
	}
}

func contextOfConnection(t *testing.T) context.Context {
	return context.WithValue(t.Context(), servedKey{}, new(bool))
}
