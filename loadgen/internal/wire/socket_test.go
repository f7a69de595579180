package wire

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a connection without sockets to a server that runs script, for tests on the clock of synctest.
func piped(t *testing.T, script func(net.Conn)) *http1 {
	here, there := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer there.Close()
		script(there)
	}()
	t.Cleanup(func() { here.Close(); <-done })
	return newHTTP1(newSocket(here), nil)
}

// TestDeadlineMoves: a deadline that is only noted must neither end a later request nor let one wait
// longer than it may.
func TestDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pause = 7 * time.Second // of the server
		c := piped(t, func(c net.Conn) {
			for taken(c) {
				time.Sleep(pause)
				io.WriteString(c, okay)
			}
		})
		var a Response
		for i := range 20 {
			if err := do(c, []byte(plainGet), false, time.Now().Add(10*time.Second), &a); err != nil {
				t.Fatalf("request %d: %v", i, err)
			}
			if i == 9 {
				time.Sleep(time.Minute) // the user thinks while the deadline passes
			}
		}
		began := time.Now()
		err := do(c, []byte(plainGet), false, began.Add(time.Second), &a)
		if took := time.Since(began); kindOf(err) != KindTimeout || took != time.Second {
			t.Errorf("%v after %v, of one second", err, took)
		}
	})
}

// The alert that ends TLS may wait for a peer that takes nothing as long as closing has, not as long as the request had.
func TestClosingDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		c := &timed{Conn: here}
		c.SetDeadline(time.Now().Add(time.Hour))
		c.SetWriteDeadline(time.Now().Add(5 * time.Second))
		began := time.Now()
		if _, err := c.Write([]byte("alert")); err == nil || time.Since(began) != 100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestDeadlineOfExchange: the deadline of a real socket passes before and during a request that has more
// time.
func TestDeadlineOfExchange(t *testing.T) {
	c := connected(t, served(t, func(c net.Conn) {
		for taken(c) {
			time.Sleep(20 * time.Millisecond)
			io.WriteString(c, okay)
		}
	}))
	var a Response
	for _, left := range []time.Duration{time.Hour, -time.Second, 10 * time.Millisecond, -time.Second} {
		c.socket.Conn.SetDeadline(time.Now().Add(left))
		if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
			t.Errorf("%v left: %v", left, err)
		}
	}
}

// A check under TLS took the deadline away, once it had passed since the request before: a node that stalled
// then held its users for ever.
func TestDeadlineUnderTLS(t *testing.T) {
	const limit = 300 * time.Millisecond
	release := make(chan struct{})
	var asked atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			<-release
		}
		io.WriteString(w, "ok")
	}))
	defer s.Close()
	defer close(release)
	o := at(s.Listener.Addr())
	o.Secure = true
	n, err := NewDialer(Config{TLS: &tls.Config{InsecureSkipVerify: true}}).connect(context.Background(), nil, o, time.Now().Add(limit))
	if err != nil {
		t.Fatal(err)
	}
	c := n.(*http1)
	defer c.close()
	var a Response
	if err := do(c, []byte(plainGet), false, time.Now().Add(limit), &a); err != nil {
		t.Fatal(err)
	}
	time.Sleep(limit + 50*time.Millisecond) // the user thinks while the deadline passes
	ended := make(chan error, 1)
	go func() { ended <- do(c, []byte(plainGet), false, time.Now().Add(limit), &a) }()
	select {
	case err := <-ended:
		if kindOf(err) != KindTimeout {
			t.Errorf("%q %v", kindOf(err), err)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("still waiting, with a timeout of %v", limit)
	}
}

// TestTimes: the first byte is the final response's, not that of an interim one.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(c net.Conn) {
			taken(c)
			for _, s := range []string{"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "k"} {
				time.Sleep(time.Second)
				io.WriteString(c, s)
			}
		})
		began := time.Now()
		var a Response
		if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
			t.Fatal(err)
		}
		if first, end := a.FirstByte.Sub(began), a.End.Sub(began); first != 2*time.Second || end != 3*time.Second {
			t.Errorf("first byte after %v, end after %v", first, end)
		}
	})
}
