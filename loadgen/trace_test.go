package loadgen

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// tracePlan runs p and returns what Trace was told, each user's up to most.
func tracePlan(t *testing.T, p *Plan, hard context.Context, most int) []*Exchange {
	t.Helper()
	if p.Timeout == 0 {
		p.Timeout = 10 * time.Second
	}
	r, err := New(p, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []*Exchange
	users := map[int]int{}
	r.Trace = func(x *Exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, x)
		users[x.User]++
		return users[x.User] < most
	}
	if _, err := r.Run(context.Background(), hard); err != nil {
		t.Fatal(err)
	}
	return all
}

// shownExchange is what an exchange was, in a line.
func shownExchange(x *Exchange) string {
	path := x.URL[max(0, strings.LastIndexByte(x.URL, '/')):]
	return fmt.Sprintf("%d.%d hop %d: %s %s cookie %q sent %v: %v %d %s set %q held %q node %q counter %d %s %s",
		x.User, x.Iteration, x.Hop, x.Method, path, x.Cookie, x.Sent, x.Responded, x.Status, x.Reason,
		x.SetCookie, x.Held, x.Node, x.Counter, x.Kind, x.Failure)
}

func TestTrace(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Node", "s1")
		http.SetCookie(w, &http.Cookie{Name: "in", Value: "1"})
		http.Redirect(w, r, "/home", http.StatusFound)
	})
	mux.HandleFunc("/home", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Node", "s2")
		io.WriteString(w, `{"n": 7}`)
	})
	mux.HandleFunc("/dies", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	own := get(t, "/home", "status == 201")
	own.Request.Header = []Field{{"Cookie", template(t, "own=2")}}
	steps := []Step{get(t, "/login"), own, get(t, "/dies"), get(t, "/x/${nothing}"), get(t, "http://127.0.0.1:1/${user}")}
	p := &Plan{Target: srv.URL, Session: Session{Node: extractor(t, "header:X-Node"), Counter: extractor(t, "json:n")},
		Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: steps}}}
	all := tracePlan(t, p, context.Background(), 100)
	want := []string{
		`1.1 hop 0: GET /login cookie "" sent true: true 302 Found set ["in=1"] held "in=1" node "s1" counter 0  `,
		`1.1 hop 1: GET /home cookie "in=1" sent true: true 200 OK set [] held "in=1" node "s2" counter 7  `,
		`1.1 hop 0: GET /home cookie "own=2; in=1" sent true: true 200 OK set [] held "in=1" node "s2" counter 7 assertion status == 201`,
		`1.1 hop 0: GET /dies cookie "in=1" sent true: false 0  set [] held "" node "" counter 0 closed `,
		`1.1 hop 0: GET  cookie "" sent false: false 0  set [] held "" node "" counter 0 variable ${nothing}`,
		`1.1 hop 0: GET /1 cookie "in=1" sent false: false 0  set [] held "" node "" counter 0 connect_refused `,
	}
	if len(all) != len(want) {
		t.Fatalf("%d exchanges, want %d", len(all), len(want))
	}
	for i, x := range all {
		if got := shownExchange(x); !strings.HasPrefix(got, want[i]) {
			t.Errorf("%d: %s\n  want %s", i, got, want[i])
		}
		if x.End.Before(x.Start) || i > 0 && x.Start.Before(all[i-1].Start) {
			t.Errorf("%d: from %v to %v", i, x.Start, x.End)
		}
	}
	if all[0].Request != all[1].Request || all[2].Request != own.Request {
		t.Error("exchanges are not told apart by the plan's requests")
	}
}

// A user whose trace has seen enough ends, and the others go on.
func TestTraceEndsUsers(t *testing.T) {
	app := &application{}
	srv := httptest.NewServer(app)
	defer srv.Close()
	p := &Plan{Target: srv.URL, Groups: []Group{{Name: "g", Users: 3, Iterations: 50, Steps: []Step{get(t, "/"), get(t, "/")}}}}
	if all := tracePlan(t, p, context.Background(), 3); len(all) != 9 || app.seen.Load() != 9 {
		t.Errorf("%d exchanges, the server saw %d; want 3 of each of 3 users", len(all), app.seen.Load())
	}
}

// What the second stop cuts is in no sample, but was sent.
func TestTraceOfACutRequest(t *testing.T) {
	hard, cut := context.WithCancel(context.Background())
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cut()
		<-r.Context().Done()
	}))
	defer srv.Close()
	all := tracePlan(t, &Plan{Target: srv.URL, Groups: []Group{{Name: "g", Users: 1, Iterations: 5, Steps: []Step{get(t, "/")}}}}, hard, 100)
	if len(all) != 1 || !all[0].Sent || all[0].Responded || all[0].Kind != KindClosed || all[0].Failure != "cut by the end of the run" {
		t.Errorf("%d exchanges: %+v", len(all), all)
	}
}

// Without Trace a request pays nothing for it.
func TestNoTraceCostsNothing(t *testing.T) {
	u := &user{runner: &Runner{}}
	w, start := &requestEncoder{}, time.Now()
	n := testing.AllocsPerRun(100, func() {
		u.traceHop(w, nil, start, true)
		u.traced(nil, OK, "")
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
