package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// probed probes a handler that alternates between two nodes unless it says otherwise.
func probed(t *testing.T, h http.HandlerFunc, o Options) (*Record, *Report) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	o.URL = server.URL + o.URL
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, Judge(r)
}

// alternating is a handler of two nodes in turn, which before can answer instead of.
func alternating(before func(n int64, w http.ResponseWriter) bool) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		at := n.Add(1)
		if before != nil && before(at, w) {
			return
		}
		w.Header().Set("X-Node", fmt.Sprint("s", at%2))
	}
}

// A target that asks for less is left alone at once, and what was seen until then is judged.
func TestStopsWhenAskedTo(t *testing.T) {
	const at = 30
	for _, test := range []struct {
		name, want string
		respond    func(w http.ResponseWriter)
		more       int // requests after the first such response
	}{
		{"too many requests", "status 429", func(w http.ResponseWriter) { w.WriteHeader(429) }, 0},
		{"a time to wait", "Retry-After: 5", func(w http.ResponseWriter) { w.Header().Set("Retry-After", "5"); w.WriteHeader(503) }, 0},
		{"a challenge", "talks to a browser", func(w http.ResponseWriter) { w.Header().Set("cf-mitigated", "challenge"); w.WriteHeader(403) }, 0},
		{"forbidden, again and again", "failed in a row, the last with status 403", func(w http.ResponseWriter) { w.WriteHeader(403) }, stopWhenRow - 1},
		{"closed connections", "failed in a row, the last with connection closed", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, stopWhenRow - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			record, r := probed(t, alternating(func(n int64, w http.ResponseWriter) bool {
				if n < at {
					return false
				}
				test.respond(w)
				return true
			}), Options{})
			if !strings.Contains(record.Stopped, test.want) || len(record.Exchanges) != at+test.more {
				t.Errorf("stopped %q after %d requests, want %q after %d", record.Stopped, len(record.Exchanges), test.want, at+test.more)
			}
			if len(r.Nodes) != 2 || r.Place.Verdict != "exact" {
				t.Errorf("%d nodes, placement %+v", len(r.Nodes), r.Place)
			}
		})
	}
}

// Neither bound is passed, and what was not found out is not guessed.
func TestBounds(t *testing.T) {
	var served atomic.Int64
	count := func(n int64, w http.ResponseWriter) bool { served.Add(1); return false }
	for _, requests := range []int{1, 2, 7, 41, 70, 101} {
		served.Store(0)
		record, r := probed(t, alternating(count), Options{Requests: requests})
		if n := served.Load(); n > int64(requests) || record.Stopped == "" {
			t.Errorf("%d requests made, at most %d wanted; stopped %q", n, requests, record.Stopped)
		}
		if requests < 40 && r.Sticky.By != "unknown" {
			t.Errorf("%d requests: sticky by %s", requests, r.Sticky.By)
		}
	}
	begin := time.Now()
	record, _ := probed(t, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) > 110 { // then it hangs
			<-r.Context().Done()
		}
	}, Options{Duration: time.Second})
	if !strings.Contains(record.Stopped, "the time was up") || time.Since(begin) > 30*time.Second {
		t.Errorf("stopped %q after %v", record.Stopped, time.Since(begin))
	}
}

// A node that is named by nothing is not guessed.
func TestNothingTellsNodesApart(t *testing.T) {
	_, r := probed(t, func(http.ResponseWriter, *http.Request) {}, Options{})
	if r.Node.From != "" || r.Sticky.By != "unknown" || r.Place.Algorithm != "unknown" || r.Failed() {
		t.Errorf("%+v %+v %+v", r.Node, r.Sticky, r.Place)
	}
}

func TestRedirects(t *testing.T) {
	login := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/shop", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, "https://example.org/", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round/", http.StatusFound)
		case "/round/":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/self":
			w.Header().Set("X-Node", "s1")
			http.Redirect(w, r, "/self", http.StatusFound)
		}
	}
	record, r := probed(t, login, Options{URL: "/"})
	if !strings.HasSuffix(record.URL, "/shop") || !strings.Contains(fmt.Sprint(r.Findings), "the URL redirects") {
		t.Errorf("probed %s: %v", record.URL, r.Findings)
	}
	if record, _ := probed(t, login, Options{URL: "/self", Requests: 20}); len(record.Exchanges) != 20 || record.Given != "" {
		t.Errorf("%d requests, given %q", len(record.Exchanges), record.Given)
	}
	server := httptest.NewServer(http.HandlerFunc(login))
	defer server.Close()
	for path, want := range map[string]string{"/elsewhere": "redirects to https://example.org/: probe that URL", "/round": "but redirects"} {
		if _, err := Run(t.Context(), Options{URL: server.URL + path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestUnreachableAndInvalid(t *testing.T) {
	if u, err := ParseURL("http://MÜNCHEN.test:80/a b?é=ü#x"); err != nil || u.String() != "http://xn--mnchen-3ya.test/a%20b?%C3%A9=%C3%BC" {
		t.Errorf("%v, %v: balancers refuse bytes beyond ASCII", u, err)
	}
	server := httptest.NewServer(nil)
	server.Close()
	if _, err := Run(t.Context(), Options{URL: server.URL}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("nobody listens: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Run(ended, Options{URL: server.URL}); err == nil {
		t.Error("ended before it began, and yet no error")
	}
	for _, o := range []Options{
		{URL: "localhost:80"}, {URL: "ftp://h/"}, {URL: "http://"}, {URL: "http://u:p@h/"}, {URL: "http://[::1/"},
		{URL: "http://127.0.0.1:1/", Sources: []string{"here"}}, {URL: "http://127.0.0.1:1/", Paths: []string{"x"}},
	} {
		if _, err := Run(t.Context(), o); err == nil || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "invalid") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The JSON has all keys of the contract, also where nothing was found out.
func TestJSONContract(t *testing.T) {
	text, err := json.Marshal(Judge(&Record{URL: "http://h/"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		`"schema":"stickbench.probe/1"`, `"url":"http://h/"`, `"requests":0`, `"node":{"from":"","candidates":[]}`, `"nodes":[]`,
		`"sticky":{"by":"unknown"}`, `"placement":{"algorithm":"unknown","alternatives":[],"verdict":`, `"sessions":{"affinity":null,"continuity":null,"lost":0`,
		`"findings":[{"about":`, `"what":`, `"evidence":`, `"severity":`,
	} {
		if !strings.Contains(string(text), key) {
			t.Errorf("no %s in %s", key, text)
		}
	}
}

// A run without a plan learns from the first responses where they name their node.
func TestDetect(t *testing.T) {
	for _, test := range []struct {
		name string
		h    http.HandlerFunc
		want string
		most int64
	}{
		{"two nodes in turn", alternating(nil), "header:x-node", 1 + detectRequests},
		{"one node", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Backend", "s1") }, "header:x-backend", 1 + 2*detectRequests},
		{"no name", func(http.ResponseWriter, *http.Request) {}, "", 1 + 2*detectRequests},
	} {
		var n atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			test.h(w, r)
		}))
		field, err := Detect(t.Context(), Options{URL: server.URL})
		server.Close()
		if err != nil || field.From != test.want || n.Load() > test.most {
			t.Errorf("%s: %+v, %v after %d requests, want %q", test.name, field, err, n.Load(), test.want)
		}
		if _, err := Detect(t.Context(), Options{URL: server.URL}); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s, gone: %v", test.name, err)
		}
	}
}
