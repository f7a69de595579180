package loadgen

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
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
// then, as Apache does. The next request must go on a new connection, in which no response gets lost; and never
// may it wait for its timeout.
func TestServersThatEndConnections(t *testing.T) {
	const requests = 300
	for name, end := range map[string]func(net.Conn){
		"closes": func(net.Conn) {},
		"ends and reads on": func(c net.Conn) {
			c.(*net.TCPConn).CloseWrite()
			c.SetReadDeadline(time.Now().Add(time.Second))
			stall(c)
		},
		"ends with a reset": shoot,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := served(t, func(c net.Conn) {
				for range 3 {
					if !taken(c) {
						return
					}
					io.WriteString(c, okay)
				}
				end(c)
			})
			began := time.Now()
			samples, a := runPlan(t, one("http://"+o.address(), requests, Session{}, get(t, "/")))
			for _, s := range samples {
				switch s.Kind {
				case OK, KindClosed, KindReset: // a request may cross the end of its connection on the way
				default:
					t.Errorf("%s: %s", s.Kind, s.Failure)
				}
			}
			if a.Failed > requests/10 || time.Since(began) > 8*time.Second {
				t.Errorf("%d failed of %d in %v", a.Failed, requests, time.Since(began))
			}
		})
	}
}

// TestEndedBeforeTheRequest is the certain case of it: the connection has ended, and the request skips the check.
func TestEndedBeforeTheRequest(t *testing.T) {
	var taking atomic.Int64
	o := served(t, func(c net.Conn) {
		if taken(c) {
			taking.Add(1)
			io.WriteString(c, okay)
		}
	})
	var w wire
	w.open(context.Background(), newDialer(&Plan{}))
	defer w.close()
	for i := range int64(5) {
		if k := w.find(o); k != nil {
			c := k.conn.(*conn)
			c.peerTraits.closesIdle.Store(false)
			respondedJustNow(c)
		}
		if _, err := w.exchange(o, []byte(plainGet), false, soon()); err != nil || string(w.response.body) != "ok" {
			t.Fatalf("request %d: %v", i, err)
		}
		if w.opened != i+1 || taking.Load() != i+1 {
			t.Errorf("%d connections, and the server took %d requests of %d", w.opened, taking.Load(), i+1)
		}
		time.Sleep(5 * time.Millisecond) // for the end to come here
	}
}

// The request that follows a redirect begins when the response has been read for its node, which may take long: a
// connection that ended meanwhile is checked, whatever the time of the response was.
func TestRedirectAfterSlowReading(t *testing.T) {
	large := strings.Repeat("<b>x</b>", 1<<17)
	o := served(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		if strings.HasPrefix(string(b[:n]), "GET /there ") {
			io.WriteString(c, okay)
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: %d\r\n\r\n%s", len(large), large)
		c.(*net.TCPConn).CloseWrite()
		stall(c)
	})
	plan := one("http://"+o.address(), 1, Session{Node: extractor(t, "regex:<i>(.*)</i>")}, get(t, "/here"))
	samples, a := runPlan(t, plan)
	onlyGood(t, samples)
	if a.Connections != 2 || a.Redirects != 1 {
		t.Errorf("%+v", a)
	}
}

// TestConnectAgain: a user whose first connection is refused gets the next one.
func TestConnectAgain(t *testing.T) {
	shut := refused(t)
	o := served(t, func(c net.Conn) {
		for taken(c) {
			io.WriteString(c, okay)
		}
	})
	var w wire
	w.open(context.Background(), newDialer(&Plan{}))
	defer w.close()
	for range 6 {
		if _, err := w.exchange(shut, []byte(plainGet), false, soon()); kindOf(err) != KindRefused {
			t.Errorf("%q %v", kindOf(err), err)
		}
		if _, err := w.exchange(o, []byte(plainGet), false, soon()); err != nil {
			t.Error(err)
		}
	}
	if w.opened != 1 {
		t.Errorf("%d connections were opened", w.opened)
	}
}
