package loadgen

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// client speaks HTTP over one connection of one user: one request at a time, each sent once. See conn.do.
type client interface {
	do(raw []byte, head bool, deadline time.Time, a *response) error
	reusable() bool
	close() error
}

// http2Conn is a connection of one user that speaks HTTP/2 (RFC 9113), by net/http's client for a single
// connection: its Transport would send a request again that a GOAWAY or REFUSED_STREAM turned away, its
// ClientConn never does. It takes more than twice the time of conn per request, and some 20 KB more per
// user.
//
// Bytes are those of the frames on the connection, of TLS's plain text where there is TLS; frames that
// belong to no request, such as SETTINGS, count for the request during which they pass.
type http2Conn struct {
	stream *counted
	client *http.ClientConn
	scheme string
	spent  bool
	closed atomic.Bool
}

// counted is a connection that counts its bytes.
type counted struct {
	net.Conn
	in, out atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	return n, err
}

// streamKey is where newHTTP2 leaves the connection for http2Transport, which must not open one itself.
type streamKey struct{}

// http2Transport only makes client connections of streams that are there. TLS, where there is any, is part
// of the stream.
var http2Transport = &http.Transport{
	Protocols:              unencryptedHTTP2(),
	DisableCompression:     true,
	MaxResponseHeaderBytes: maxHead,
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return ctx.Value(streamKey{}).(net.Conn), nil
	},
}

func unencryptedHTTP2() *http.Protocols {
	p := &http.Protocols{}
	p.SetUnencryptedHTTP2(true)
	return p
}

// newHTTP2 begins HTTP/2 on a stream, whose server is known to speak it: by ALPN under TLS, and by the
// plan's word without (prior knowledge, RFC 9113 §3.3). Its error is a *wireError.
func newHTTP2(c net.Conn, o origin) (*http2Conn, error) {
	h := &http2Conn{stream: &counted{Conn: c}, scheme: "http"}
	if o.https {
		h.scheme = "https"
	}
	var err error
	h.client, err = http2Transport.NewClientConn(context.WithValue(context.Background(), streamKey{}, h.stream), "http", o.address())
	if err != nil {
		c.Close() // whatever net/http did with it, nobody else knows of it
		return nil, &wireError{KindConnect, errors.New("no HTTP/2 connection to " + o.address())}
	}
	return h, nil
}

// alpnHTTP2 is the name of HTTP/2 in TLS handshakes (RFC 9113 §3.2).
const alpnHTTP2 = "h2"

// agreed reports whether the server chose HTTP/2 in the TLS handshake.
func agreed(secure *tls.Conn, o origin) error {
	if secure.ConnectionState().NegotiatedProtocol == alpnHTTP2 {
		return nil
	}
	return &wireError{KindTLS, errors.New(o.host + ` does not speak HTTP/2: leave out http = "2"`)}
}

func (h *http2Conn) reusable() bool { return !h.spent && h.client.Err() == nil }

func (h *http2Conn) close() error {
	if h.closed.Swap(true) {
		return nil
	}
	return errors.Join(h.client.Close(), h.stream.Close())
}

// do is conn.do: raw, worded in HTTP/1.1, is sent as HTTP/2.
func (h *http2Conn) do(raw []byte, _ bool, deadline time.Time, a *response) error {
	a.reset()
	if !h.reusable() {
		return &wireError{KindClosed, errGone}
	}
	req, err := h.request(raw)
	if err != nil {
		return err
	}
	in, out := h.stream.in.Load(), h.stream.out.Load()
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	res, err := h.client.RoundTrip(req.WithContext(ctx))
	if err == nil {
		a.firstByte = time.Now()
		a.take(res)
		err = a.readAll(res.Body)
		res.Body.Close()
	}
	a.end = time.Now()
	a.received, a.sent = h.stream.in.Load()-in, h.stream.out.Load()-out
	if err != nil {
		h.spent = true
		return h.explain(err, ctx, a)
	}
	return nil
}

// request reads what a script worded.
func (h *http2Conn) request(raw []byte) (*http.Request, error) {
	if !bytes.HasSuffix(raw, []byte("\r\n\r\n")) {
		// A response may come before the whole body is sent, and the next request be worded into raw meanwhile.
		raw = bytes.Clone(raw)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, &wireError{KindMalformed, fmt.Errorf("the request cannot be put into HTTP/2: %w", err)}
	}
	req.RequestURI, req.Close = "", false
	req.URL.Scheme, req.URL.Host = h.scheme, req.Host
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "") // or else it would be Go's
	}
	req.Header.Del("Connection") // RFC 9113 §8.2.2
	return req, nil
}

// take makes of res the head that conn would have read. HTTP/2 has no reason phrases: the usual one stands
// for it, as reports show one.
func (a *response) take(res *http.Response) {
	h := &a.head
	h.status, h.minor = res.StatusCode, 1
	h.raw = fmt.Appendf(h.raw[:0], "HTTP/2 %d ", res.StatusCode)
	from := len(h.raw)
	h.raw = append(h.raw, http.StatusText(res.StatusCode)...)
	h.phrase = span{uint16(from), uint16(len(h.raw))}
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			n, v := len(h.raw)+2, len(h.raw)+2+len(name)+2
			if v+len(value) >= maxHead {
				return
			}
			h.raw = append(append(append(append(h.raw, "\r\n"...), name...), ": "...), value...)
			h.spans = append(h.spans, fieldSpan{
				name: span{uint16(n), uint16(n + len(name))}, value: span{uint16(v), uint16(v + len(value))},
			})
		}
	}
}

// readAll reads the whole body, and keeps as much of it as conn does.
func (a *response) readAll(body io.Reader) error {
	var spare []byte
	for {
		room := a.room()
		if len(room) == 0 {
			if spare == nil {
				spare = make([]byte, 32<<10)
			}
			room = spare
		}
		n, err := body.Read(room)
		a.grow(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// explain makes a *wireError of why a request has no response.
func (h *http2Conn) explain(err error, ctx context.Context, a *response) error {
	begun := !a.firstByte.IsZero()
	var reset streamError
	switch words := err.Error(); {
	case h.closed.Load():
		return &wireError{KindClosed, errCut}
	case ctx.Err() != nil:
		return &wireError{KindTimeout, lateness(nil, begun)}
	case errors.As(err, &reset):
		return &wireError{KindReset, errors.New("the server reset the stream: " + errorCodeName(reset.Code))}
	case strings.Contains(words, "GOAWAY"):
		return &wireError{KindClosed, errors.New("the server ended the connection (GOAWAY)")}
	case strings.Contains(words, "header list larger"):
		return &wireError{KindTooLarge, errTooLarge}
	case strings.Contains(words, "HTTP/1.1 header"), strings.Contains(words, "PROTOCOL_ERROR"):
		return &wireError{KindMalformed, errors.New("the response is not HTTP/2")}
	case begun:
		return &wireError{KindTruncated, cutShort("body cut short")}
	}
	return lost(err, nil, begun)
}

// streamError has the fields of net/http's own, which fills in any such struct (errors.As).
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return errorCodeName(e.Code) }

// errorCodeName is the name of an error code (RFC 9113 §7).
func errorCodeName(code uint32) string {
	names := []string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"}
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("code %d", code)
}
