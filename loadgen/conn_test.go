package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// TestEndings is what becomes of a request whose connection ends or stalls.
func TestEndings(t *testing.T) {
	for _, tt := range []struct {
		name    string
		end     func(net.Conn)
		kind    Kind
		message string
	}{
		{"closed", func(c net.Conn) {}, KindClosed, "connection closed before a response"},
		{"reset", shoot, KindReset, "connection reset before a response"},
		{"stalled", stall, KindTimeout, "no response within 300ms"},
		{"reset in the head", after("HTTP/1.1 200 OK\r\nX:", shoot), KindReset, "connection reset within the response"},
		{"stalled in the head", after("HTTP/1.1 200 OK\r\nX:", stall), KindTimeout, "response not complete within 300ms"},
		{"reset in the body", after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", shoot), KindReset, "connection reset within the response"},
		{"reset in a body to the end", after("HTTP/1.1 200 OK\r\n\r\nhe", shoot), KindReset, "connection reset within the response"},
		{"stalled in the body", after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", stall), KindTimeout, "response not complete within 300ms"},
		{"stalled after 100", after("HTTP/1.1 100 Continue\r\n\r\n", stall), KindTimeout, "no response within 300ms"},
		{"speaks for ever", trickle, KindTimeout, "response not complete within 300ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, before := range []int{0, 2} { // requests answered well on the same connection
				c := connected(t, served(t, func(c net.Conn) {
					for range before {
						taken(c)
						io.WriteString(c, okay)
					}
					taken(c)
					tt.end(c)
				}))
				var a response
				for range before {
					if err := c.do([]byte(plainGet), false, soon(), &a); err != nil || !c.reusable() {
						t.Fatal(err)
					}
				}
				limit := 10 * time.Second
				if tt.kind == KindTimeout {
					limit = 300 * time.Millisecond
				}
				err := c.do([]byte(plainGet), false, time.Now().Add(limit), &a)
				if kindOf(err) != tt.kind || err.(*wireError).within(limit) != tt.message || c.reusable() || errors.Is(err, errUnsent) {
					t.Errorf("after %d: %q %v, reusable %v; want %q %s", before, kindOf(err), err, c.reusable(), tt.kind, tt.message)
				}
			}
		})
	}
}

// stall waits until the other side gives up.
func stall(c net.Conn) { io.Copy(io.Discard, c) }

func after(response string, then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, response)
		// What was written must be read before a RST takes it away.
		time.Sleep(5 * time.Millisecond)
		then(c)
	}
}

// trickle never ends a body, and never lets a read wait for long.
func trickle(c net.Conn) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	for err == nil {
		_, err = io.WriteString(c, "x")
	}
}

// TestMeanwhile is what a connection does that was spoken to, or ended, between two requests: an
// unsolicited response once taken for the next one shifts all that follow, and nobody notices.
func TestMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(c net.Conn, said func())
		kind Kind
	}{
		{"closed", func(c net.Conn, said func()) { c.Close(); said() }, KindClosed},
		{"reset", func(c net.Conn, said func()) { shoot(c); c.Close(); said() }, KindReset},
		{"spoken to", func(c net.Conn, said func()) { io.WriteString(c, okay); said(); stall(c) }, KindMalformed},
		{"silent", func(c net.Conn, said func()) { said(); taken(c); io.WriteString(c, okay); stall(c) }, OK},
	} {
		for _, ask := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				gate, said := make(chan struct{}), make(chan struct{})
				c := connected(t, served(t, func(c net.Conn) {
					taken(c)
					io.WriteString(c, okay)
					<-gate
					tt.do(c, func() { close(said) })
				}))
				var a response
				if err := c.do([]byte(plainGet), false, soon(), &a); err != nil || c.stale() {
					t.Fatal(err, "stale at once")
				}
				close(gate)
				<-said
				time.Sleep(5 * time.Millisecond) // for the system to bring it here
				if ask && c.stale() != (tt.kind != OK) {
					t.Errorf("stale %v", c.stale())
				}
				err := c.do([]byte(plainGet), false, soon(), &a)
				if tt.kind == OK {
					if err != nil || string(a.body) != "ok" {
						t.Errorf("%v, body %q", err, a.body)
					}
					return
				}
				if !errors.Is(err, errUnsent) || a.sent != 0 || a.received != 0 || c.reusable() || !ask && kindOf(err) != tt.kind {
					t.Errorf("%q %v, sent %d, received %d", kindOf(err), err, a.sent, a.received)
				}
			})
		}
	}
}

// TestRightBehind is what comes right behind a response: the request that follows at once is not checked, and
// must find out all the same that it reached nobody, as it may then go on a new connection.
func TestRightBehind(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(c net.Conn)
		size   int // of the next request's body
		kind   Kind
		unsent bool
	}{
		{"closed", func(c net.Conn) {}, 0, KindClosed, true},
		{"closed before a large request", func(c net.Conn) {}, 8 << 20, KindClosed, true},
		{"reset", shoot, 0, KindReset, true},
		{"ended, but still reading", func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); stall(c) }, 0, KindClosed, false},
		{"closed when asked", func(c net.Conn) { taken(c) }, 0, KindClosed, false},
		{"reset when asked", func(c net.Conn) { taken(c); shoot(c) }, 0, KindReset, false},
		{"two responses", func(c net.Conn) { io.WriteString(c, okay); taken(c); io.WriteString(c, okay); stall(c) }, 0, KindMalformed, false},
		{"silent", func(c net.Conn) { taken(c); io.WriteString(c, okay); stall(c) }, 0, OK, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !canSkipCheck {
				t.Skip("every request checks on this system")
			}
			c := connected(t, served(t, func(c net.Conn) {
				taken(c)
				io.WriteString(c, okay)
				time.Sleep(5 * time.Millisecond) // a RST must not take the response away
				tt.do(c)
			}))
			var a response
			if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
			respondedJustNow(c)
			raw := append([]byte(plainGet), make([]byte, tt.size)...)
			began := time.Now()
			err := c.do(raw, false, soon(), &a)
			switch {
			case tt.name == "ended, but still reading" && errors.Is(err, errUnsent): // it checked before the peer had acknowledged
			case kindOf(err) != tt.kind || errors.Is(err, errUnsent) != tt.unsent || tt.unsent && a.sent != 0:
				t.Errorf("%q %v, sent %d", kindOf(err), err, a.sent)
			}
			if c.peerTraits.closesIdle.Load() != (tt.kind != OK) {
				t.Errorf("closesIdle %v after %v", c.peerTraits.closesIdle.Load(), err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("found out after %v", took)
			}
		})
	}
}

// What a server sends behind a response without being asked ends the connection, and is no failure unless it may
// be another response.
func TestSurplus(t *testing.T) {
	for _, tt := range []struct {
		name, response string
		head           bool
		kind           Kind
	}{
		{"another response", okay + okay, false, KindMalformed},
		{"the beginning of one", okay + "HT", false, KindMalformed},
		{"an empty line", okay + "\r\n", false, OK},
		{"a body to HEAD", okay, true, OK},
		{"a body of 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", false, OK},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", false, OK},
		{"an interim response before", "HTTP/1.1 103 Early Hints\r\n\r\n" + okay, false, OK},
	} {
		c := connected(t, served(t, func(c net.Conn) {
			taken(c)
			io.WriteString(c, okay)
			taken(c)
			io.WriteString(c, tt.response)
			stall(c)
		}))
		var a response
		if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
			t.Fatal(err)
		}
		respondedJustNow(c)
		err := c.do([]byte(plainGet), tt.head, soon(), &a)
		kept := tt.name == "an interim response before"
		if canSkipCheck && (kindOf(err) != tt.kind || c.reusable() != kept) {
			t.Errorf("%s: %q %v, kept %v", tt.name, kindOf(err), err, c.reusable())
		}
	}
}

// A request whose goroutine is held up between the decision to skip the check and the request must check after all.
func TestHeldUpBeforeTheRequest(t *testing.T) {
	c := connected(t, served(t, func(c net.Conn) {
		taken(c)
		io.WriteString(c, okay)
		c.(*net.TCPConn).CloseWrite()
		stall(c)
	}))
	var a response
	if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	c.socket.until(soon())
	respondedJustNow(c)
	before := c.idleCheck(len(plainGet))
	time.Sleep(recheckAfter + 2*time.Millisecond)
	if _, err := c.send([]byte(plainGet), before, &a); err != errGone {
		t.Errorf("%v, want %v", err, errGone)
	}
}

// TestIdleCheck is when a connection is checked before a request.
func TestIdleCheck(t *testing.T) {
	o := served(t, func(c net.Conn) {
		for taken(c) {
			io.WriteString(c, okay)
		}
	})
	var a response
	c := connected(t, o)
	if c.idleCheck(100) != checkNeedless {
		t.Error("a new connection is checked")
	}
	if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		ago        time.Duration
		size       int
		closesIdle bool
		want       idleCheck
	}{
		{"at once", 0, 100, false, checkSkipped},
		{"after a while", assumedFor, 100, false, checkDone},
		{"large", 0, assumedSize + 1, false, checkDone},
		{"closesIdle", 0, 100, true, checkDone},
	} {
		if tt.want == checkSkipped && !canSkipCheck {
			continue
		}
		c.peerTraits.closesIdle.Store(tt.closesIdle)
		got := checkDone
		for range 100 { // as the moment may pass on a busy machine
			if c.at = clock().Add(-tt.ago); c.idleCheck(tt.size) == checkSkipped {
				got = checkSkipped
			}
		}
		if got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestFirstWord: on a new connection a response may come before the request, as from a server that is
// full and closes at once. No request before it can be meant.
func TestFirstWord(t *testing.T) {
	said := make(chan struct{})
	c := connected(t, served(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 503 Full\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		close(said)
		stall(c)
	}))
	<-said
	time.Sleep(5 * time.Millisecond)
	var a response
	if err := c.do([]byte(plainGet), false, soon(), &a); err != nil || a.status != 503 {
		t.Errorf("status %d, %v", a.status, err)
	}
}

// TestResponseBeforeEndOfRequest: a server that answers 413 and closes without reading the rest makes the
// write fail. The response is there all the same, and says more than the failure.
func TestResponseBeforeEndOfRequest(t *testing.T) {
	raw := append([]byte("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 33554432\r\n\r\n"), make([]byte, 32<<20)...)
	for _, responded := range []bool{true, false} {
		c := connected(t, served(t, func(c net.Conn) {
			taken(c)
			if responded {
				io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
			}
		}))
		var a response
		err := c.do(raw, false, soon(), &a)
		switch {
		case a.sent == 0 || a.sent >= int64(len(raw)):
			t.Errorf("sent %d of %d", a.sent, len(raw))
		case responded && (err != nil || a.status != 413 || string(a.body) != "no" || c.reusable()):
			t.Errorf("%v: status %d, body %q, reusable %v", err, a.status, a.body, c.reusable())
		case !responded && kindOf(err) != KindReset && kindOf(err) != KindClosed:
			t.Errorf("%q %v", kindOf(err), err)
		}
	}
}

// TestLargeRequest goes beyond what one write takes.
func TestLargeRequest(t *testing.T) {
	raw := append([]byte("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8388608\r\n\r\n"), bytes.Repeat([]byte("x"), 8<<20)...)
	c := connected(t, served(t, func(c net.Conn) {
		for range 2 {
			io.CopyN(io.Discard, c, int64(len(raw)))
			io.WriteString(c, okay)
		}
		stall(c)
	}))
	var a response
	for range 2 {
		if err := c.do(raw, false, soon(), &a); err != nil || a.sent != int64(len(raw)) || !c.reusable() {
			t.Fatalf("%v, sent %d", err, a.sent)
		}
	}
}

func TestRequestNotTaken(t *testing.T) {
	gate := make(chan struct{})
	defer close(gate)
	c := connected(t, served(t, func(c net.Conn) { <-gate }))
	var a response
	err := c.do(make([]byte, 64<<20), false, time.Now().Add(50*time.Millisecond), &a)
	if kindOf(err) != KindTimeout || err.Error() != "request not taken in time" {
		t.Errorf("%q %v", kindOf(err), err)
	}
}

// TestClose ends a do from another goroutine.
func TestClose(t *testing.T) {
	asked := make(chan struct{})
	c := connected(t, served(t, func(c net.Conn) {
		taken(c)
		io.WriteString(c, okay)
		taken(c)
		close(asked)
		stall(c)
	}))
	var a response
	if err := c.do([]byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-asked
		c.close()
	}()
	began := time.Now()
	err := c.do([]byte(plainGet), false, soon(), &a)
	if !errors.Is(err, errCut) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if err := c.do([]byte(plainGet), false, soon(), &a); err == nil || c.close() != nil || !c.stale() {
		t.Errorf("%v after close", err)
	}
}

// TestBuffer: a connection has little memory until a response needs more, and then enough for the next one.
func TestBuffer(t *testing.T) {
	var size int
	c := connected(t, served(t, func(c net.Conn) {
		for taken(c) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size))
		}
	}))
	var a response
	for _, tt := range []struct{ size, buffer int }{
		{100, smallBuffer}, {smallBuffer - 100, smallBuffer}, {smallBuffer, bufferSize}, {100, bufferSize}, {20 * bufferSize, bufferSize},
	} {
		size = tt.size
		if err := c.do([]byte(plainGet), false, soon(), &a); err != nil || len(a.body) != size || !c.reusable() {
			t.Fatalf("%d bytes: %v, body %d", size, err, len(a.body))
		}
		if len(c.buf) != tt.buffer {
			t.Errorf("after %d bytes the buffer has %d, want %d", size, len(c.buf), tt.buffer)
		}
	}
	if next := newConn(newSocket(nil), nil, c.peerTraits); len(next.buf) != bufferSize {
		t.Errorf("the next connection begins with %d bytes", len(next.buf))
	}
}

// TestNothingAllocated: a request on a kept connection takes no memory.
func TestNothingAllocated(t *testing.T) {
	wire := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nSet-Cookie: a=1; Path=/\r\nX-Backend-Ip: 10.0.0.1\r\nContent-Type: application/json\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + "2000\r\n" + strings.Repeat("x", 0x2000) + "\r\n0\r\n\r\n")
	c := connected(t, served(t, func(c net.Conn) {
		b := make([]byte, 4096)
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			c.Write(wire)
		}
	}))
	var a response
	raw, deadline := []byte(plainGet), soon()
	n := testing.AllocsPerRun(100, func() {
		deadline = deadline.Add(time.Millisecond)
		if err := c.do(raw, false, deadline, &a); err != nil {
			t.Fatal(err)
		}
		for v := range a.setCookies() {
			if len(v) == 0 {
				t.Fatal("no cookie")
			}
		}
		if a.field("x-backend-ip") != "10.0.0.1" || len(a.body) != 5+0x2000 {
			t.Fatal("not the response")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per request", n)
	}
}
