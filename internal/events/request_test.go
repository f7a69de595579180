package events

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stickbench/plans"
)

func TestSend(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/gone", http.StatusSeeOther)
		case "/gone":
			http.Error(w, "not\n  here", http.StatusGone)
		case "/long":
			io.WriteString(w, strings.Repeat("x", 1<<20))
		default:
			http.SetCookie(w, &http.Cookie{Name: "NODESESSID", Value: "1"})
			_, err := r.Cookie("NODESESSID")
			fmt.Fprintf(w, "%s %s %s %q known %v", r.Method, r.Host, r.Header.Get("X-A"), body, err == nil)
		}
	}))
	defer server.Close()
	d, err := New(Target{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Host": {"lb.example"}, "x-a": {"b"}}
	for _, tc := range []struct {
		request plans.EventRequest
		want    string // the beginning of the response or of the error
		fails   bool
	}{
		{plans.EventRequest{Method: "PUT", URL: server.URL, Header: header, Body: "hi"}, `200 OK PUT lb.example b "hi" known false`, false},
		{plans.EventRequest{Method: "GET", URL: server.URL}, `200 OK GET ` + server.Listener.Addr().String() + ` "" known false`, false},
		{plans.EventRequest{Method: "GET", URL: server.URL}, `200 OK GET ` + server.Listener.Addr().String() + ` "" known true`, false},
		{plans.EventRequest{Method: "POST", URL: server.URL + "/moved"}, "303 See Other", false}, // not followed
		{plans.EventRequest{Method: "GET", URL: server.URL + "/gone"}, "GET " + server.URL + "/gone: 410 Gone not here", true},
		{plans.EventRequest{Method: "GET", URL: server.URL + "/long"}, "200 OK xxx", false},
	} {
		got, err := d.send(t.Context(), tc.request)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tc.want) || tc.fails != (err != nil) || len(got) > 2*maxResponse {
			t.Errorf("%+v: %q, error %v; want %q", tc.request, got, err, tc.want)
		}
	}
}

// A node with a delay responds behind what it has accepted before: at least twice its delay and 5 s.
func TestDelayTimeout(t *testing.T) {
	d, err := New(Target{Delays: map[string]time.Duration{"s1": 10 * time.Second}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.noteDelay("s2", 2500*time.Millisecond, true)
	for node, want := range map[string]time.Duration{"s1": 20*time.Second + delayMargin, "s2": 5*time.Second + delayMargin, "s3": delayMargin} {
		if got := d.delayTimeout(node, 0); got != want {
			t.Errorf("%s: %s, want %s", node, got, want)
		}
	}
}
