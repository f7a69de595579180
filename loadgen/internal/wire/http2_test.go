package wire

import (
	"io"
	"net"
	"testing"
	"time"
)

// brokenStream takes nothing, and reports whether it was closed.
type brokenStream struct {
	net.Conn
	shut bool
}

func (*brokenStream) Read([]byte) (int, error)         { return 0, io.EOF }
func (*brokenStream) Write([]byte) (int, error)        { return 0, io.ErrClosedPipe }
func (b *brokenStream) Close() error                   { b.shut = true; return nil }
func (*brokenStream) SetDeadline(time.Time) error      { return nil }
func (*brokenStream) SetReadDeadline(time.Time) error  { return nil }
func (*brokenStream) SetWriteDeadline(time.Time) error { return nil }
func (*brokenStream) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*brokenStream) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

// A stream on which HTTP/2 cannot begin belongs to nobody: left open, each such connection cost a file
// until the run had none left.
func TestHTTP2ClosesAStreamItCannotUse(t *testing.T) {
	b := &brokenStream{}
	if _, err := newHTTP2(b, Origin{Host: "h", Port: "1"}); kindOf(err) != KindConnect || !b.shut {
		t.Errorf("%v, closed %v", err, b.shut)
	}
}
