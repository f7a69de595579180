package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// timed is a network connection whose deadline costs next to nothing to move.
//
// To set a deadline costs the runtime's timers 100 to 300 ns, and that of a request is almost always later than that of
// the one before. So a later one is only noted, and the connection's own is moved when it passes: then reads and writes
// find out that it was not the last word.
type timed struct {
	net.Conn
	deadline time.Time // what counts
	armed    time.Time // what Conn has: never later than deadline
	closing  atomic.Bool
	ended    bool // a read came to the connection's end
}

// SetDeadline sets the deadline of all reads and writes that follow.
func (c *timed) SetDeadline(t time.Time) error {
	c.deadline = t
	if c.armed.IsZero() || t.Before(c.armed) {
		return c.arm()
	}
	return nil
}

func (c *timed) arm() error {
	c.armed = c.deadline
	return c.Conn.SetDeadline(c.deadline)
}

// early reports whether err is Conn's deadline but not the one that counts, which Conn has from then on.
func (c *timed) early(err error) bool {
	return err != nil && errors.Is(err, os.ErrDeadlineExceeded) && !c.closing.Load() && time.Now().Before(c.deadline) && c.arm() == nil
}

func (c *timed) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if n > 0 || !c.early(err) {
			c.ended = err == io.EOF
			return n, err
		}
	}
}

func (c *timed) Write(b []byte) (int, error) {
	for sent := 0; ; {
		n, err := c.Conn.Write(b[sent:])
		if sent += n; !c.early(err) {
			return sent, err
		}
	}
}

// SetWriteDeadline is called by crypto/tls alone, to give the alert that closes the connection five seconds, from
// whatever goroutine closes it. The second stop does not wait so long for a peer that takes nothing any more.
func (c *timed) SetWriteDeadline(t time.Time) error {
	c.closing.Store(true)
	if soon := time.Now().Add(100 * time.Millisecond); t.After(soon) {
		t = soon
	}
	return c.Conn.SetWriteDeadline(t)
}
