package loadgen

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// Kept connections hide a node that came back, and new ones cost a handshake: the plan says which it is.
func TestConnectionPolicies(t *testing.T) {
	for policy, want := range map[ConnectionPolicy]int64{KeepConnections: 1, PerIteration: 5, PerRequest: 5 * 3} {
		var closing atomic.Int64
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			if r.Close {
				closing.Add(1)
			}
		})
		mux.Handle("/from", http.RedirectHandler("/to", http.StatusFound))
		srv := httptest.NewServer(mux)
		_, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
			Name: "g", Users: 1, Iterations: 5, Connections: policy, Steps: []Step{get(t, "/"), get(t, "/from")},
		}}})
		srv.Close()
		if account.OK != 10 || account.Connections != want {
			t.Errorf("policy %d: %+v, want %d connections", policy, account, want)
		}
		if said := closing.Load() == 10; said != (policy == PerRequest) {
			t.Errorf("policy %d: %d requests said that they close", policy, closing.Load())
		}
	}
}

// Servers may end a kept connection right behind a response without a word, and some go on reading for a while
// then, as Apache does. A request that crosses that end on its way fails, as it may have been read; all others go on
// a new connection; none reaches the server twice, and none waits for its timeout.
func TestServersThatEndConnections(t *testing.T) {
	const requests = 300
	for name, end := range map[string]func(net.Conn, func()){
		"closes": func(net.Conn, func()) {},
		"ends and reads on": func(c net.Conn, took func()) {
			c.(*net.TCPConn).CloseWrite()
			c.SetReadDeadline(time.Now().Add(time.Second))
			if taken(c) {
				took()
			}
		},
		"ends with a reset": func(c net.Conn, _ func()) { shoot(c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int64
			o := served(t, func(c net.Conn) {
				for range 3 {
					if !taken(c) {
						return
					}
					reached.Add(1)
					io.WriteString(c, okay)
				}
				end(c, func() { reached.Add(1) })
			})
			began := time.Now()
			samples, a := runPlan(t, one("http://"+o, requests, Session{}, get(t, "/")))
			for _, s := range samples {
				switch s.Kind {
				case OK, KindClosed, KindReset:
				default:
					t.Errorf("%s: %s", s.Kind, s.Failure)
				}
			}
			if n := reached.Load(); n < a.OK || n > a.Started || time.Since(began) > 8*time.Second {
				t.Errorf("%d requests reached the server of %d, %d of them well, in %v", n, a.Started, a.OK, time.Since(began))
			}
		})
	}
}
