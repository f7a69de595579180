package loadgen

import (
	"crypto/tls"
	"io"
	"sync/atomic"
	"time"
)

// conn is one connection of one user. It speaks HTTP/1.1, one request at a time, and never sends one
// twice. One goroutine uses it; close alone may be called from another.
//
//	fresh ─── do: answered, and to be kept ──▶ kept ─── do: the same ──▶ kept
//	  │                                         │
//	  └─ do: anything else ──▶ spent ◀──────────┘ do: anything else; stale
type conn struct {
	socket *socket
	stream io.ReadWriter // the socket, or TLS over it
	tls    *tls.Conn     // nil without
	state  connState
	closed atomic.Bool

	buf  []byte // what was read and not yet taken is buf[r:w]
	r, w int
	in   int64     // bytes read since do began
	at   time.Time // when the last read returned
}

type connState byte

const (
	connFresh connState = iota
	connKept
	connSpent
)

// smallBuffer is what a connection begins with: 10 000 users have as many of them. Once an answer does
// not fit, it becomes bufferSize, which holds most answers in one read, and up to maxHead for heads that
// need it.
const (
	smallBuffer = 1 << 10
	bufferSize  = 4 << 10
)

func newConn(s *socket, secure *tls.Conn) *conn {
	c := &conn{socket: s, stream: s, buf: make([]byte, smallBuffer)}
	if secure != nil {
		c.stream, c.tls = secure, secure
	}
	return c
}

// do sends raw, a complete request, and reads its answer into a. head says that the method is HEAD, whose
// answers have no body whatever their fields say. The deadline bounds it all, now is the time at the call;
// close ends it at once.
//
// The error is a *wireError and the connection is spent after it. If it is errUnsent, nothing of raw reached
// the peer: the connection was not reusable any more, and sending raw on another one is not a second attempt.
//
// Where the peer ends the connection while raw is being sent, an answer that it gave before, such as 413,
// is read and returned as any other.
func (c *conn) do(raw []byte, head bool, now, deadline time.Time, a *answer) error {
	a.reset()
	c.in = 0
	if c.state == connSpent {
		return &wireError{KindClosed, errUnsent}
	}
	c.socket.until(deadline)
	writeErr, err := c.send(raw, now, a)
	if err == nil {
		err = c.receive(head, a)
	}
	if writeErr != nil || err != nil {
		c.state = connSpent
	}
	a.received = c.in - int64(c.w-c.r)
	if err == nil {
		a.end = c.at
		return nil
	}
	a.received, a.end = c.in, time.Now()
	return c.explain(err, writeErr, a)
}

// send writes raw. A write that fails is no failure yet, if there is an answer to read; err is what makes
// reading pointless.
func (c *conn) send(raw []byte, now time.Time, a *answer) (writeErr, err error) {
	c.r, c.w = 0, 0
	if x := c.socket.exchange; x != nil && c.tls == nil {
		if err := x.do(c.socket, raw, c.buf, c.silence(now)); err != nil {
			return nil, err
		}
		a.sent, writeErr = int64(x.sent), x.writeErr
		if x.n > 0 {
			c.arrived(x.n)
		}
		if x.sent < len(raw) && writeErr == nil {
			var n int
			n, writeErr = c.stream.Write(raw[x.sent:])
			a.sent += int64(n)
		}
		return writeErr, x.readErr
	}
	if c.state == connKept {
		if err := c.listen(); err != nil {
			return nil, err
		}
	}
	n, writeErr := c.stream.Write(raw)
	a.sent = int64(n)
	return writeErr, nil
}

// silence says how it is known that nothing came on a connection since its last answer.
type silence byte

const (
	silenceNone    silence = iota // it need not be: on a new connection the peer may speak first
	silenceAssumed                // the last answer has only just ended
	silenceSeen                   // by a look
)

// assumedFor is how long after an answer its connection is taken to be silent. A look is a system call, 8 %
// of the cost of a request, and finds next to nothing so early: what the peer says right behind its answer
// comes with it in one read, and that it ended the connection right behind it is found out afterwards
// (exchange.untaken).
const assumedFor = 50 * time.Microsecond

// silence is what is asked of the connection before a request that begins now.
func (c *conn) silence(now time.Time) silence {
	switch {
	case c.state == connFresh:
		return silenceNone
	case canAssumeSilence && now.Sub(c.at) < assumedFor:
		return silenceAssumed
	}
	return silenceSeen
}

// receive reads the final answer; interim ones are passed over (RFC 9110 §15.2), all but 101.
func (c *conn) receive(toHead bool, a *answer) error {
	for {
		if err := c.readHead(a); err != nil {
			return err
		}
		if a.status >= 200 || a.status == 101 {
			break
		}
	}
	f, err := a.framing(toHead)
	if err != nil {
		return err
	}
	if err := c.readBody(f, a); err != nil {
		return err
	}
	c.state = connSpent
	if f.keep && c.r == c.w { // bytes left over answer nothing that was asked
		c.state = connKept
		if len(c.buf) < bufferSize && c.in > int64(len(c.buf)) { // the next answer is likely to be as long
			c.buf, c.r, c.w = make([]byte, bufferSize), 0, 0
		}
	}
	return nil
}

func (c *conn) readHead(a *answer) error {
	a.head.reset()
	a.firstByte = time.Time{}
	for {
		if c.r < c.w {
			if a.firstByte.IsZero() {
				a.firstByte = c.at
			}
			size, err := a.scan(c.buf[c.r:c.w])
			c.r += size
			if size > 0 || err != nil {
				return err
			}
		}
		if err := c.fill(); err != nil {
			return err
		}
	}
}

// fill reads more behind what is in the buffer. The part that is not yet taken begins at r before and
// after, though r may move. errTooLarge says that it fills the buffer.
func (c *conn) fill() error {
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		if c.w >= maxHead {
			return errTooLarge
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.stream.Read(c.buf[c.w:])
	c.arrived(n)
	if n > 0 { // crypto/tls returns both, and the error again
		return nil
	}
	return err
}

// read reads into b, with nothing left in the buffer.
func (c *conn) read(b []byte) (int, error) {
	n, err := c.stream.Read(b)
	c.in += int64(n)
	c.at = now()
	if n > 0 {
		return n, nil
	}
	return 0, err
}

func (c *conn) arrived(n int) {
	c.w += n
	c.in += int64(n)
	c.at = now()
}

// spare is the buffer as memory for bytes that nobody wants.
func (c *conn) spare() []byte {
	if len(c.buf) < maxHead {
		c.buf = make([]byte, maxHead)
	}
	c.r, c.w = 0, 0
	return c.buf
}

// reusable says, after do, whether the next request may go on this connection: both sides agreed to keep
// it, and nothing is left unread.
func (c *conn) reusable() bool { return c.state == connKept }

// stale says whether the peer closed the connection since the last answer, or sent what nobody asked for.
// It does not wait, and costs a system call. do looks by itself before it sends.
func (c *conn) stale() bool {
	if c.state == connKept && c.listen() != nil {
		c.state = connSpent
	}
	return c.state == connSpent
}

// listen looks whether the connection is silent, as it must be between an answer and the next request.
// Under TLS the peer may speak at any time without sending any bytes of HTTP (session tickets, key
// updates: RFC 8446 §4.6), which is why this goes through the TLS connection.
func (c *conn) listen() error {
	if c.socket.exchange == nil {
		return nil
	}
	c.socket.polling = true
	n, err := c.stream.Read(c.buf)
	c.socket.polling = false
	switch {
	case err == errSilent:
		return nil
	case n > 0:
		return errStray
	}
	return gone(err)
}

// close ends the connection at once, and with it a do in another goroutine. It may be called again.
func (c *conn) close() error {
	if c.closed.Swap(true) {
		return nil
	}
	if c.tls != nil {
		return c.tls.Close()
	}
	return c.socket.Close()
}
