package loadgen

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// conn is one connection of one user. It speaks HTTP/1.1, one request at a time, and never sends one
// twice. One goroutine uses it; close alone may be called from another.
//
//	fresh ─── do: responded, and to be kept ──▶ kept ─── do: the same ──▶ kept
//	  │                                         │
//	  └─ do: anything else ──▶ spent ◀──────────┘ do: anything else; stale
type conn struct {
	socket     *socket
	stream     io.ReadWriter // the socket, or TLS over it
	tls        *tls.Conn     // nil without
	peerTraits *peerTraits
	state      connState
	closed     atomic.Bool

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

// smallBuffer is what the connections of a run begin with: 10 000 users have as many of them. Once a response
// did not fit, it is bufferSize, which holds most responses in one read, and up to maxHead for heads that need
// it.
const (
	smallBuffer = 1 << 10
	bufferSize  = 4 << 10
)

// peerTraits are what the connections of a run have learned of their peers.
type peerTraits struct {
	// large says that a response did not fit smallBuffer.
	large atomic.Bool
	// closesIdle says that a connection that was kept failed: peers may end them at any time.
	closesIdle atomic.Bool
}

func newConn(s *socket, secure *tls.Conn, h *peerTraits) *conn {
	c := &conn{socket: s, stream: s, peerTraits: h}
	c.room()
	if secure != nil {
		c.stream, c.tls = secure, secure
	}
	return c
}

// do sends raw, a complete request, and reads its response into a. head says that the method is HEAD, whose
// responses have no body whatever their fields say. The deadline bounds it all; close ends it at once.
//
// The error is a *wireError and the connection is spent after it. If it is errUnsent, the peer had ended the
// connection before raw reached it and can answer none of it: the connection was not reusable any more, and
// sending raw on another one is not a second attempt.
//
// Where the peer ends the connection while raw is being sent, a response that it gave before, such as 413,
// is read and returned as any other.
func (c *conn) do(raw []byte, head bool, deadline time.Time, a *response) error {
	a.reset()
	c.in = 0
	if c.state == connSpent {
		return &wireError{KindClosed, errUnsent}
	}
	c.socket.until(deadline)
	before := c.idleCheck(len(raw))
	writeErr, err := c.send(raw, before, a)
	if err == nil {
		err = c.receive(head, a)
	}
	if err == nil && before == checkSkipped && c.moreFollows() {
		err = errSurplus
	}
	if writeErr != nil || err != nil {
		c.state = connSpent
	}
	a.received = c.in - int64(c.w-c.r)
	if err == nil {
		a.end = c.at
		return nil
	}
	a.received, a.end = c.in, clock()
	if before != checkNeedless && !errors.Is(err, os.ErrDeadlineExceeded) && !c.closed.Load() {
		c.peerTraits.closesIdle.Store(true)
	}
	return c.explain(err, writeErr, a)
}

// send writes raw. A write that fails is no failure yet, if there is a response to read; err is what makes
// reading pointless.
func (c *conn) send(raw []byte, before idleCheck, a *response) (writeErr, err error) {
	c.r, c.w = 0, 0
	if x := c.socket.exchange; x != nil && c.tls == nil {
		if err := x.do(c.socket, raw, c.buf, before); err != nil {
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

// idleCheck is how it is known that nothing came on a connection since its last response.
type idleCheck byte

const (
	checkNeedless idleCheck = iota // it need not be: on a new connection the peer may speak first
	checkSkipped                   // the last response has only just ended
	checkDone                      // by a check
)

const (
	// assumedFor is how long after a response its connection is taken to be idle, for requests of no more than
	// assumedSize. The check is a system call, 7 % of the cost of a request, and finds next to nothing so early.
	// What it would have found is found out afterwards: that the peer had ended the connection by
	// exchange.untaken and socket.recheck, that it had given a second response by errSurplus, where the one that
	// was asked for comes within recheckAfter; other stray bytes make the response malformed. Once a kept
	// connection failed so, every request of the run checks again.
	assumedFor  = 50 * time.Microsecond
	assumedSize = 16 << 10
)

// idleCheck is how a request of that size makes sure of it.
func (c *conn) idleCheck(size int) idleCheck {
	if c.state == connFresh {
		return checkNeedless
	}
	if !canSkipCheck || c.tls != nil || size > assumedSize || c.peerTraits.closesIdle.Load() {
		return checkDone
	}
	now := clock()
	if now.Sub(c.at) >= assumedFor {
		return checkDone
	}
	c.socket.recheck(now)
	return checkSkipped
}

// receive reads the final response; interim ones are passed over (RFC 9110 §15.2), all but 101.
func (c *conn) receive(toHead bool, a *response) error {
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
	if f.keep && c.r == c.w { // bytes left over belong to no request
		c.state = connKept
		if c.in > smallBuffer && len(c.buf) < bufferSize {
			c.peerTraits.large.Store(true)
			c.room()
		}
	}
	return nil
}

// moreFollows reports whether another response begins behind the one that was read, or may begin there.
func (c *conn) moreFollows() bool {
	const begin = "HTTP/1."
	rest := c.buf[c.r:c.w]
	n := min(len(rest), len(begin))
	return n > 0 && string(rest[:n]) == begin[:n]
}

// room makes an empty buffer.
func (c *conn) room() {
	size := smallBuffer
	if c.peerTraits.large.Load() {
		size = bufferSize
	}
	c.buf, c.r, c.w = make([]byte, size), 0, 0
}

func (c *conn) readHead(a *response) error {
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
	c.at = clock()
	if n > 0 {
		return n, nil
	}
	return 0, err
}

func (c *conn) arrived(n int) {
	c.w += n
	c.in += int64(n)
	c.at = clock()
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

// stale reports whether the peer closed the connection since the last response, or sent what nobody asked for.
// It does not wait, and costs a system call. do makes sure of it by itself.
func (c *conn) stale() bool {
	if c.state == connKept && c.listen() != nil {
		c.state = connSpent
	}
	return c.state == connSpent
}

// listen checks whether the connection is idle, as it must be between a response and the next request.
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
	case err == errIdle:
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
