package loadgen

import (
	"errors"
	"net"
	"os"
	"time"
)

// socket is a network connection whose deadline costs next to nothing to move.
//
// Setting a deadline takes the runtime's timers 90 ns or more, once per request, and the deadline of a
// request is almost always later than that of the one before. So a later one is only noted, and the
// connection's own is moved when it passes, which is when reads and writes find out that it was not the
// last word.
type socket struct {
	net.Conn
	deadline time.Time // what counts
	armed    time.Time // what the connection has: never later than deadline
	polling  bool      // reads return errIdle instead of waiting
	exchange *exchange // nil where the system has none
}

func newSocket(c net.Conn) *socket { return &socket{Conn: c, exchange: newExchange(c)} }

// until sets the deadline of all reads and writes that follow.
func (s *socket) until(deadline time.Time) {
	s.deadline = deadline
	if s.armed.IsZero() || deadline.Before(s.armed) {
		s.arm()
	}
}

// recheck makes a read that waits try once more within recheckAfter and well before the deadline: what came
// before it waited does not wake it.
func (s *socket) recheck(now time.Time) {
	at := now.Add(min(recheckAfter, s.deadline.Sub(now)/2))
	if !s.armed.After(now) || s.armed.After(at) {
		s.armed = at
		s.Conn.SetDeadline(at)
	}
}

const recheckAfter = 10 * time.Millisecond

func (s *socket) arm() {
	s.armed = s.deadline
	s.Conn.SetDeadline(s.deadline) // fails only on a closed connection, as what follows will
}

// early reports whether err is the deadline of the connection but not the one that counts, and moves it.
func (s *socket) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(s.deadline) {
		return false
	}
	s.arm()
	return true
}

func (s *socket) Read(b []byte) (int, error) {
	if s.polling {
		return s.poll(b)
	}
	for {
		n, err := s.Conn.Read(b)
		if n > 0 || err == nil || !s.early(err) {
			return n, err
		}
	}
}

// poll reads what is there. No deadline counts for it, as it does not wait; the one of the request before
// may have passed since.
func (s *socket) poll(b []byte) (int, error) {
	n, err := s.exchange.poll(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.Conn.SetDeadline(time.Time{})
		n, err = s.exchange.poll(b)
		s.arm()
	}
	return n, err
}

func (s *socket) Write(b []byte) (int, error) {
	for sent := 0; ; {
		n, err := s.Conn.Write(b[sent:])
		if sent += n; err == nil || !s.early(err) {
			return sent, err
		}
	}
}

// SetWriteDeadline is called by crypto/tls alone, to give the alert that closes the connection five
// seconds. The second stop does not wait so long for a peer that takes nothing any more.
func (s *socket) SetWriteDeadline(t time.Time) error {
	if soon := time.Now().Add(100 * time.Millisecond); t.After(soon) {
		t = soon
	}
	return s.Conn.SetWriteDeadline(t)
}

// idle is the error of a read that polls and finds nothing. crypto/tls goes on after an error that
// calls itself temporary.
type idle struct{}

func (idle) Error() string   { return "nothing to read" }
func (idle) Timeout() bool   { return true }
func (idle) Temporary() bool { return true }

var errIdle net.Error = idle{}
