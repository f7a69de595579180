package loadgen

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Users who are connected before the run begin with requests, and not with handshakes. What the server ends until then
// is replaced, and no failure; who never begins leaves no connection.
func TestPreconnect(t *testing.T) {
	for name, ends := range map[string]bool{"kept": false, "ended by the server": true} {
		t.Run(name, func(t *testing.T) {
			var opened, open atomic.Int64
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				switch s {
				case http.StateNew:
					opened.Add(1)
					open.Add(1)
				case http.StateClosed:
					open.Add(-1)
				}
			}
			srv.Start()
			defer srv.Close()
			group := Group{Users: 3, Iterations: 2, Steps: []Step{get(t, "/")}}
			late := group
			late.StartDelay = time.Hour
			graceful, stop := context.WithCancel(t.Context())
			defer stop()
			sink := &firstSix{stop: stop}
			r, err := New(&Plan{Target: srv.URL, Timeout: 10 * time.Second, Preconnect: true, Groups: []Group{group, late}}, sink)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Preconnect(t.Context()); err != nil {
				t.Fatal(err)
			}
			within(t, "six connections", func() bool { return opened.Load() == 6 })
			if ends {
				srv.CloseClientConnections()
				within(t, "none", func() bool { return open.Load() == 0 })
			}
			if account, err := r.Run(graceful, t.Context()); err != nil || account.OK != 6 || account.Started != 6 {
				t.Errorf("%v, %+v", err, account)
			}
			if want := map[bool]int{true: 3}[ends]; sink.connects != want {
				t.Errorf("%d samples have a connect time, want %d", sink.connects, want)
			}
			within(t, "none at the end", func() bool { return open.Load() == 0 })
		})
	}
}

// firstSix ends the run with its sixth sample.
type firstSix struct {
	Sinks
	samples, connects int
	stop              func()
}

func (f *firstSix) Record(s *Sample) error {
	if s.Connect > 0 {
		f.connects++
	}
	if f.samples++; f.samples == 6 {
		f.stop()
	}
	return nil
}

// within waits until there are as many connections as there should be.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: ", what)
		}
	}
}

func TestPreconnectFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r, err := New(&Plan{Target: "http://" + l.Addr().String(), Timeout: time.Second, Preconnect: true, Groups: []Group{{Users: 2, Iterations: 1, Steps: []Step{get(t, "/")}}}}, Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Preconnect(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be connected to "+l.Addr().String()+" before the start") {
		t.Error(err)
	}
}
