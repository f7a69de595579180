package loadgen

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a connection without sockets to a server that runs script, for tests on the clock of synctest.
func piped(t *testing.T, script func(net.Conn)) *conn {
	here, there := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer there.Close()
		script(there)
	}()
	t.Cleanup(func() { here.Close(); <-done })
	return newConn(newSocket(here), nil, &peerTraits{})
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
		var a response
		for i := range 20 {
			if err := c.do([]byte(plainGet), false, time.Now().Add(10*time.Second), &a); err != nil {
				t.Fatalf("request %d: %v", i, err)
			}
			if i == 9 {
				time.Sleep(time.Minute) // the user thinks while the deadline passes
			}
		}
		began := time.Now()
		err := c.do([]byte(plainGet), false, began.Add(time.Second), &a)
		if took := time.Since(began); kindOf(err) != KindTimeout || took != time.Second {
			t.Errorf("%v after %v, of one second", err, took)
		}
	})
}

// TestDeadlineOfWrites is the same for a server that takes no requests.
func TestDeadlineOfWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		s := newSocket(here)
		s.until(time.Now().Add(time.Second))
		s.until(time.Now().Add(time.Minute))
		began := time.Now()
		go func() {
			io.ReadFull(there, make([]byte, 3))
			time.Sleep(30 * time.Second)
			io.ReadFull(there, make([]byte, 3))
		}()
		n, err := s.Write([]byte("123456789"))
		if took := time.Since(began); n != 6 || !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Minute {
			t.Errorf("%d bytes, %v after %v", n, err, took)
		}
		there.Close()
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
	var a response
	for _, left := range []time.Duration{time.Hour, -time.Second, 10 * time.Millisecond, -time.Second} {
		if c.stale() {
			t.Errorf("stale before %v", left)
		}
		c.socket.Conn.SetDeadline(time.Now().Add(left))
		if left < 0 && c.stale() {
			t.Error("stale after its deadline")
		}
		if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
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
	o := at(s.Listener)
	o.https = true
	c, err := newDialer(&Plan{TLS: &tls.Config{InsecureSkipVerify: true}}).dial(context.Background(), o, time.Now().Add(limit))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var a response
	if err := c.do([]byte(plainGet), false, time.Now().Add(limit), &a); err != nil {
		t.Fatal(err)
	}
	time.Sleep(limit + 50*time.Millisecond) // the user thinks while the deadline passes
	ended := make(chan error, 1)
	go func() { ended <- c.do([]byte(plainGet), false, time.Now().Add(limit), &a) }()
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
		var a response
		if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
			t.Fatal(err)
		}
		if first, end := a.firstByte.Sub(began), a.end.Sub(began); first != 2*time.Second || end != 3*time.Second {
			t.Errorf("first byte after %v, end after %v", first, end)
		}
	})
}
