package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
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
				var a Response
				for range before {
					if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || !c.reusable() {
						t.Fatal(err)
					}
				}
				limit := 10 * time.Second
				if tt.kind == KindTimeout {
					limit = 300 * time.Millisecond
				}
				err := do(c, []byte(plainGet), false, time.Now().Add(limit), &a)
				if kindOf(err) != tt.kind || err.(*Error).Within(limit) != tt.message || c.reusable() || errors.Is(err, errUnsent) {
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

// TestIdleCheck is what the idle check does with what came between two requests: an unsolicited response once taken
// for the next one shifts all that follow, and nobody notices. Each state of the table above http1.send is a case;
// that the server may go on reading after it ended its side plays no part.
func TestIdleCheck(t *testing.T) {
	for _, tt := range []struct {
		name  string
		do    func(c net.Conn)
		kind  Kind
		stray string
	}{
		{"closed", func(c net.Conn) { c.Close() }, KindClosed, ""},
		{"ended, and reading on", func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); stall(c) }, KindClosed, ""},
		{"reset", func(c net.Conn) { shoot(c); c.Close() }, KindReset, ""},
		{"spoken to", func(c net.Conn) { io.WriteString(c, okay); stall(c) }, KindMalformed, StrayIdle},
		{"spoken to and closed", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 408 Too Slow\r\n\r\n") }, KindMalformed, StrayIdle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gate, asked := make(chan struct{}), make(chan bool, 1)
			c := connected(t, served(t, func(c net.Conn) {
				taken(c)
				io.WriteString(c, okay)
				<-gate
				tt.do(c)
				asked <- taken(c)
			}))
			var a Response
			if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || !c.reusable() {
				t.Fatal(err)
			}
			close(gate)
			readable(t, c)
			err := do(c, []byte(plainGet), false, soon(), &a)
			if !errors.Is(err, errUnsent) || a.Sent != 0 || a.Stray != tt.stray || c.reusable() || kindOf(err) != tt.kind {
				t.Errorf("%q %v, sent %d, stray %q", kindOf(err), err, a.Sent, a.Stray)
			}
			c.close()
			if <-asked {
				t.Error("the request was sent")
			}
		})
	}
}

// TestSentOnce: what has reached the server, or may have, is not sent again.
func TestSentOnce(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(c net.Conn)
		kind Kind
	}{
		{"closed when asked", func(net.Conn) {}, KindClosed},
		{"reset when asked", shoot, KindReset},
	} {
		var requests atomic.Int64
		o := served(t, func(c net.Conn) {
			for i := range 2 {
				if !taken(c) {
					return
				}
				requests.Add(1)
				if i == 0 {
					io.WriteString(c, okay)
				}
			}
			tt.end(c)
		})
		conns := NewDialer(Config{}).Open(t.Context(), 1, false)
		defer conns.Close()
		for i := range 6 {
			var a Response
			_, err := conns.Do(&Request{Origin: o, Raw: []byte(plainGet), Deadline: soon()}, &a)
			if want := []Kind{OK, tt.kind}[i%2]; kindOf(err) != want {
				t.Errorf("%s: request %d: %q %v", tt.name, i, kindOf(err), err)
			}
		}
		if requests.Load() != 6 || conns.Opened() != 3 {
			t.Errorf("%s: the server took %d requests of 6, on %d connections", tt.name, requests.Load(), conns.Opened())
		}
	}
}

// What a server sends behind a response without being asked ends the connection and is told; the response is whole.
func TestStray(t *testing.T) {
	for _, tt := range []struct {
		name, response string
		head           bool
		stray          string
	}{
		{"another response", okay + okay, false, StraySecond},
		{"the beginning of one", okay + "HT", false, StraySecond},
		{"an empty line", okay + "\r\n", false, StrayBytes},
		{"a body to HEAD", okay, true, StrayBytes},
		{"a body of 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", false, StrayBytes},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", false, StrayBytes},
		{"an interim response before", "HTTP/1.1 103 Early Hints\r\n\r\n" + okay, false, ""},
	} {
		c := connected(t, served(t, func(c net.Conn) {
			taken(c)
			io.WriteString(c, tt.response)
			stall(c)
		}))
		var a Response
		if err := do(c, []byte(plainGet), tt.head, soon(), &a); err != nil {
			t.Fatal(err)
		}
		if a.Stray != tt.stray || c.reusable() != (tt.stray == "") {
			t.Errorf("%s: stray %q, kept %v", tt.name, a.Stray, c.reusable())
		}
	}
}

// Interim responses without end would hold a user until its timeout, and say that the server was silent.
func TestEndlessInterim(t *testing.T) {
	c := connected(t, served(t, func(c net.Conn) {
		for taken(c); ; {
			if _, err := io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n"); err != nil {
				return
			}
		}
	}))
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); kindOf(err) != KindMalformed || err.Error() != errInterim.Error() {
		t.Errorf("%q %v", kindOf(err), err)
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
	readable(t, c)
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || a.Status != 503 || a.Stray != StrayEarly || a.Sent == 0 {
		t.Errorf("status %d, %v, stray %q", a.Status, err, a.Stray)
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
		var a Response
		err := do(c, raw, false, soon(), &a)
		switch {
		case a.Sent == 0 || a.Sent >= int64(len(raw)):
			t.Errorf("sent %d of %d", a.Sent, len(raw))
		case responded && (err != nil || a.Status != 413 || string(a.Body) != "no" || c.reusable()):
			t.Errorf("%v: status %d, body %q, reusable %v", err, a.Status, a.Body, c.reusable())
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
	var a Response
	for range 2 {
		if err := do(c, raw, false, soon(), &a); err != nil || a.Sent != int64(len(raw)) || !c.reusable() {
			t.Fatalf("%v, sent %d", err, a.Sent)
		}
	}
}

func TestRequestNotTaken(t *testing.T) {
	gate := make(chan struct{})
	defer close(gate)
	c := connected(t, served(t, func(c net.Conn) { <-gate }))
	var a Response
	err := do(c, make([]byte, 64<<20), false, time.Now().Add(50*time.Millisecond), &a)
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
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-asked
		c.close()
	}()
	began := time.Now()
	err := do(c, []byte(plainGet), false, soon(), &a)
	if !errors.Is(err, errCut) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if err := do(c, []byte(plainGet), false, soon(), &a); err == nil || c.close() != nil || c.reusable() {
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
	var a Response
	for _, tt := range []struct{ size, buffer int }{
		{100, smallBuffer}, {smallBuffer - 100, smallBuffer}, {smallBuffer, bufferSize}, {100, bufferSize}, {20 * bufferSize, bufferSize},
	} {
		size = tt.size
		if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || len(a.Body) != size || !c.reusable() {
			t.Fatalf("%d bytes: %v, body %d", size, err, len(a.Body))
		}
		if len(c.buf) != tt.buffer {
			t.Errorf("after %d bytes the buffer has %d, want %d", size, len(c.buf), tt.buffer)
		}
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
	var a Response
	raw, deadline := []byte(plainGet), soon()
	n := testing.AllocsPerRun(100, func() {
		deadline = deadline.Add(time.Millisecond)
		if err := do(c, raw, false, deadline, &a); err != nil {
			t.Fatal(err)
		}
		for v := range a.SetCookies() {
			if len(v) == 0 {
				t.Fatal("no cookie")
			}
		}
		if a.Field("x-backend-ip") != "10.0.0.1" || len(a.Body) != 5+0x2000 {
			t.Fatal("not the response")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per request", n)
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
	conns := NewDialer(Config{}).Open(t.Context(), 1, false)
	defer conns.Close()
	var a Response
	for range 6 {
		if _, err := conns.Do(&Request{Origin: shut, Raw: []byte(plainGet), Deadline: soon()}, &a); kindOf(err) != KindRefused {
			t.Errorf("%q %v", kindOf(err), err)
		}
		if _, err := conns.Do(&Request{Origin: o, Raw: []byte(plainGet), Deadline: soon()}, &a); err != nil {
			t.Error(err)
		}
	}
	if conns.Opened() != 1 {
		t.Errorf("%d connections were opened", conns.Opened())
	}
}
