package wire

import (
	"cmp"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// http1 is a connection that speaks HTTP/1.1.
type http1 struct {
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
	fresh connState = iota
	kept
	spent
)

// A connection begins with smallBuffer: 10 000 users have as many of them. Once a response did not fit it has
// bufferSize, which holds most responses in one read, and up to maxHead for heads that need it.
const (
	smallBuffer = 1 << 10
	bufferSize  = 4 << 10
)

func newHTTP1(s *socket, secure *tls.Conn) *http1 {
	c := &http1{socket: s, stream: s, buf: make([]byte, smallBuffer)}
	if secure != nil {
		c.stream, c.tls = secure, secure
	}
	return c
}

// do is conn.do. Where the peer ends the connection while the request is being sent, a response that it gave
// before, such as 413, is read and returned as any other.
func (c *http1) do(q *Request, a *Response) error {
	a.reset(q)
	if c.state == spent {
		return &Error{KindClosed, errUnsent}
	}
	c.in, c.r, c.w = 0, 0, 0
	c.socket.SetDeadline(q.Deadline) // fails only on a closed connection, as what follows will
	writeErr, err := c.send(q.Raw, a)
	if err == nil {
		err = c.receive(q.Head, a)
	}
	if writeErr != nil || err != nil {
		c.state = spent
	}
	a.Received = c.in - int64(c.w-c.r)
	if err == nil {
		a.End = c.at
		return nil
	}
	a.Received, a.End = c.in, time.Now()
	return c.explain(err, writeErr, a)
}

// send makes sure that nothing came before the request, and writes it. An unsolicited response once taken for the
// next one would shift all that follow. A write that fails is no failure yet, as there may be a response to read;
// err is what makes reading pointless.
//
//	the idle check sees   on a kept connection                on a new connection
//	nothing               the request is sent                 the request is sent
//	the end, or a reset   unsent: it goes on another one      closed, or reset
//	bytes                 unsent, and told as StrayIdle       the response, and told as StrayEarly
//
// What comes between the check and the request is not seen: an end that crosses the request on its way is a
// failure, as the server may have read the request.
func (c *http1) send(raw []byte, a *Response) (writeErr, err error) {
	x := c.exchange(raw)
	c.arrived(x.n)
	switch {
	case x.before && x.n > 0 && c.state == kept:
		a.Stray = StrayIdle
		return nil, errStray
	case x.before && x.n > 0:
		a.Stray = StrayEarly
	case c.state == kept && (x.before || x.sent == 0 && x.writeErr != nil):
		return nil, gone(cmp.Or(x.readErr, x.writeErr))
	}
	a.Sent, writeErr = int64(x.sent), x.writeErr
	if x.readErr == nil && writeErr == nil && x.sent < len(raw) {
		var n int
		n, writeErr = c.stream.Write(raw[x.sent:])
		a.Sent += int64(n)
	}
	return writeErr, x.readErr
}

// exchange checks, writes and reads as far as the socket does all that in one go; under TLS, where the peer may
// speak at any time without sending any bytes of HTTP (session tickets, key updates: RFC 8446 §4.6), it only
// checks, through the TLS connection.
func (c *http1) exchange(raw []byte) (x exchanged) {
	if c.tls == nil {
		return c.socket.exchange(raw, c.buf)
	}
	c.socket.polling = true
	x.n, x.readErr = c.stream.Read(c.buf)
	c.socket.polling = false
	if x.n > 0 {
		x.readErr = nil
	}
	if x.before = x.readErr != errIdle; !x.before {
		x.readErr = nil
	}
	return x
}

// exchanged is what an exchange did. before says that it found something before the request, which was then not
// sent: bytes, the end or an error.
type exchanged struct {
	before            bool
	n, sent           int // bytes read and written
	readErr, writeErr error
}

// mostInterim is how many interim responses (1xx) may come before the final one.
const mostInterim = 100

// receive reads the final response; interim ones are passed over (RFC 9110 §15.2), all but 101.
func (c *http1) receive(toHead bool, a *Response) error {
	for n := 0; ; n++ {
		if err := c.readHead(a); err != nil {
			return err
		}
		if a.Status >= 200 || a.Status == 101 {
			break
		}
		if n == mostInterim {
			return errInterim
		}
	}
	f, err := a.framing(toHead)
	if err != nil {
		return err
	}
	if err := c.readBody(f, a); err != nil {
		return err
	}
	c.state = spent
	switch left := c.buf[c.r:c.w]; { // what is left answers nothing that was asked
	case beginsResponse(left):
		a.Stray = StraySecond
	case len(left) > 0:
		a.Stray = StrayBytes
	case f.keep:
		c.state = kept
		if c.in > smallBuffer && len(c.buf) < bufferSize {
			c.buf = make([]byte, bufferSize)
			c.r, c.w = 0, 0
		}
	}
	return nil
}

// beginsResponse reports whether a response begins there, or may begin.
func beginsResponse(b []byte) bool {
	const begin = "HTTP/1."
	n := min(len(b), len(begin))
	return n > 0 && string(b[:n]) == begin[:n]
}

func (c *http1) readHead(a *Response) error {
	a.head.reset()
	a.FirstByte = time.Time{}
	for {
		if c.r < c.w {
			if a.FirstByte.IsZero() {
				a.FirstByte = c.at
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
func (c *http1) fill() error {
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
func (c *http1) read(b []byte) (int, error) {
	n, err := c.stream.Read(b)
	c.in += int64(n)
	c.at = time.Now()
	if n > 0 {
		return n, nil
	}
	return 0, err
}

func (c *http1) arrived(n int) {
	c.w += n
	c.in += int64(n)
	c.at = time.Now()
}

// spare is the buffer as memory for bytes that nobody wants.
func (c *http1) spare() []byte {
	if len(c.buf) < bufferSize {
		c.buf = make([]byte, bufferSize)
	}
	c.r, c.w = 0, 0
	return c.buf
}

func (c *http1) reusable() bool { return c.state == kept }

func (c *http1) close() error {
	if c.closed.Swap(true) {
		return nil
	}
	if c.tls != nil {
		return c.tls.Close()
	}
	return c.socket.Close()
}

// idle is the error of a read that polls and finds nothing. crypto/tls goes on after an error that
// calls itself temporary.
type idle struct{}

func (idle) Error() string   { return "nothing to read" }
func (idle) Timeout() bool   { return true }
func (idle) Temporary() bool { return true }

var errIdle net.Error = idle{}
