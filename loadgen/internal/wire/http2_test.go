package wire

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	h2 "golang.org/x/net/http2"
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

// A server that wants a certificate says so after the client's handshake, while the request is being written, before
// it, or after it: the connection was told as closed or reset, as chance would have it.
func TestHTTP2CertificateWanted(t *testing.T) {
	cert, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	o := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"h2"}}, func(*tls.Conn) {})
	for range 30 {
		c, err := NewDialer(Config{HTTP2: true, TLS: &tls.Config{RootCAs: pool}}).connect(t.Context(), nil, o, soon())
		if err == nil {
			err = c.do(&Request{Raw: []byte(plainGet), Deadline: soon()}, &Response{})
			c.close()
		}
		if kindOf(err) != KindTLS || !strings.Contains(err.Error(), "certificate required") {
			t.Fatalf("%q %v", kindOf(err), err)
		}
	}
}

// The end that TLS told is the end, whether or not a write meets the reset behind it first, and a reset without it is
// a reset: each was told as the other, as chance would have it.
func TestHTTP2ResetUnderTLS(t *testing.T) {
	cert, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	for _, kind := range []Kind{KindClosed, KindReset} {
		o := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}, func(c *tls.Conn) {
			io.ReadFull(c, make([]byte, len(h2.ClientPreface)))
			f := h2.NewFramer(c, c)
			f.WriteSettings()
			for {
				if frame, err := f.ReadFrame(); err != nil || frame.Header().Type == h2.FrameHeaders {
					break
				}
			}
			shoot(c.NetConn())
			if kind == KindReset {
				c.NetConn().Close()
			}
		})
		for range 20 {
			c, err := NewDialer(Config{HTTP2: true, TLS: &tls.Config{RootCAs: pool}}).connect(t.Context(), nil, o, soon())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.do(&Request{Raw: []byte(plainGet), Deadline: soon()}, &Response{}); kindOf(err) != kind {
				t.Errorf("%q %v, want %q", kindOf(err), err, kind)
			}
			c.close()
		}
	}
}

// How a server ends a connection that it does not speak HTTP/2 on is the same whether it is noticed before the request,
// as net/http reads for itself, or within it: an HTTP/1.1 server was "closed" by chance.
func TestHTTP2EndedAtOnce(t *testing.T) {
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, tt := range map[string]struct {
		said  string
		reset bool
		kind  Kind
	}{
		"HTTP/1.1":                   {"HTTP/1.1 400 Bad Request\r\n\r\n", false, KindMalformed},
		"HTTP/1.1, then a reset":     {"HTTP/1.1 400 Bad Request\r\n\r\n", true, KindMalformed},
		"a frame that is broken":     {settings + "\x00\x00\x01\x04\x00\x00\x00\x00\x00\x00", false, KindMalformed},
		"nothing":                    {"", false, KindClosed},
		"nothing, and a reset":       {"", true, KindReset},
		"SETTINGS":                   {settings, false, KindClosed},
		"SETTINGS, and a reset":      {settings, true, KindReset},
		"SETTINGS, GOAWAY":           {settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", false, KindClosed},
		"SETTINGS, GOAWAY of faults": {settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", false, KindClosed},
	} {
		o := served(t, func(c net.Conn) {
			io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))) // or the reset is one of connecting
			c.Write([]byte(tt.said))
			if tt.reset {
				c.(*net.TCPConn).SetLinger(0)
				return
			}
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c)
		})
		for _, late := range []bool{false, true} {
			c, err := NewDialer(Config{HTTP2: true}).connect(t.Context(), nil, o, soon())
			if err == nil {
				for late && c.reusable() {
					time.Sleep(time.Millisecond)
				}
				err = c.do(&Request{Raw: []byte(plainGet), Deadline: soon()}, &Response{})
				c.close()
			}
			if kindOf(err) != tt.kind {
				t.Errorf("%s, late %v: %q %v, want %q", name, late, kindOf(err), err, tt.kind)
			}
		}
	}
}

// A request with more of a head than the server says it takes is not sent: it was told as a response of too large a head.
func TestHTTP2RequestHeadTooLarge(t *testing.T) {
	o := served(t, func(c net.Conn) {
		io.ReadFull(c, make([]byte, len(h2.ClientPreface)))
		f := h2.NewFramer(c, c)
		f.WriteSettings(h2.Setting{ID: h2.SettingMaxHeaderListSize, Val: 4})
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := frame.(*h2.HeadersFrame); ok {
				f.WriteHeaders(h2.HeadersFrameParam{StreamID: h.StreamID, BlockFragment: []byte{0x88}, EndHeaders: true, EndStream: true})
			}
		}
	})
	c, err := NewDialer(Config{HTTP2: true}).connect(t.Context(), nil, o, soon())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.do(&Request{Raw: []byte(plainGet), Deadline: soon()}, &Response{}) // after it the client knows
	var a Response
	if err := c.do(&Request{Raw: []byte(plainGet), Deadline: soon()}, &a); kindOf(err) != KindVariable || a.Sent != 0 {
		t.Errorf("%q %v, %d bytes sent", kindOf(err), err, a.Sent)
	}
}

// spoken is a connection on which the server says what it says, whatever it is asked.
type spoken struct {
	brokenStream
	data io.Reader
}

func (s *spoken) Read(b []byte) (int, error)  { return s.data.Read(b) }
func (s *spoken) Write(b []byte) (int, error) { return len(b), nil }
func (s *spoken) Close() error                { return nil } // from several goroutines

// FuzzHTTP2 reads any bytes as HTTP/2: it comes out as a response or as an Error that does not blame the network.
func FuzzHTTP2(f *testing.F) {
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for _, s := range []string{"", settings, settings + "\x00\x00\x01\x01\x05\x00\x00\x00\x01\x88", "HTTP/1.1 400 Bad\r\n\r\n",
		settings + "\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88\x00\x00\x02\x00\x01\x00\x00\x00\x01ok", settings + "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07",
		settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := newHTTP2(&spoken{data: bytes.NewReader(data)}, Origin{Host: "h", Port: "1"})
		if err != nil {
			return
		}
		defer h.close()
		var a Response
		err = h.do(&Request{Raw: []byte(plainGet), KeepBody: true, Deadline: soon()}, &a)
		switch kind := kindOf(err); kind {
		case OK:
			if a.Status < 100 || a.Status > 599 || len(a.Body) > len(data) {
				t.Errorf("status %d, %d bytes", a.Status, len(a.Body))
			}
		case KindClosed, KindReset, KindTruncated, KindMalformed, KindTooLarge:
			if kind == KindReset && !bytes.Contains(data, []byte{3}) { // no RST_STREAM is there
				t.Errorf("%v", err)
			}
		default:
			t.Errorf("%q %v", kind, err)
		}
	})
}
