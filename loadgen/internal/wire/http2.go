package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// http2 is a connection of one user that speaks HTTP/2 (RFC 9113), by net/http's client for a single
// connection: its Transport would send a request again that a GOAWAY or REFUSED_STREAM turned away, its
// ClientConn never does. It takes more than twice the time of conn per request, and some 20 KB more per
// user.
//
// Bytes are those of the frames on the connection, of TLS's plain text where there is TLS; frames that
// belong to no request, such as SETTINGS, count for the request during which they pass.
type http2 struct {
	stream *counted
	client *http.ClientConn
	scheme string
	spent  bool
	used   bool // a response came
	closed atomic.Bool
}

// counted is a connection that counts its bytes. foreign says that the first byte cannot be that of a frame (it is
// the high one of a length that is no more than 16 384): the server speaks something else.
type counted struct {
	net.Conn
	in, out atomic.Int64
	foreign atomic.Bool
	ended   atomic.Bool // a read has failed
	// broken is how the connection ended if that was more than an end: a reset, or what TLS said. The system tells
	// a reset once, to a read or to a write. io.EOF is an end that TLS told.
	broken  atomic.Pointer[error]
	writing sync.Mutex
}

// cause is how the connection broke; nil if it did not.
func (c *counted) cause() error {
	c.writing.Lock() // a write that has met it has noted it then
	defer c.writing.Unlock()
	if err := c.broken.Load(); err != nil && *err != io.EOF {
		return *err
	}
	return nil
}

func (c *counted) note(err error) {
	switch {
	case tlsFailure(err) != "", endOfTLS(c.Conn, err):
		c.broken.Store(&err)
	case errors.Is(err, syscall.ECONNRESET):
		err = syscall.ECONNRESET
		c.broken.CompareAndSwap(nil, &err)
	}
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.in.Add(int64(n)) == int64(n) && b[0] != 0 {
		c.foreign.Store(true)
	}
	if err != nil {
		c.note(err)
		c.ended.Store(true)
	}
	return n, err
}

// Write leaves it to Read to tell that the peer ended the connection: net/http closes it after a write that failed,
// and what the peer had said before would be lost.
func (c *counted) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	if err == nil {
		return n, nil
	}
	c.note(err)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return len(b), nil
	}
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
// plan's word without (prior knowledge, RFC 9113 §3.3). Its error is an *Error.
func newHTTP2(c net.Conn, o Origin) (*http2, error) {
	h := &http2{stream: &counted{Conn: c}, scheme: "http"}
	if o.Secure {
		h.scheme = "https"
	}
	var err error
	h.client, err = http2Transport.NewClientConn(context.WithValue(context.Background(), streamKey{}, h.stream), "http", o.Address())
	if err != nil {
		c.Close() // whatever net/http did with it, nobody else knows of it
		return nil, &Error{KindConnect, errors.New("no HTTP/2 connection to " + o.Address())}
	}
	return h, nil
}

// alpnHTTP2 is the name of HTTP/2 in TLS handshakes (RFC 9113 §3.2).
const alpnHTTP2 = "h2"

func (h *http2) reusable() bool { return !h.spent && h.client.Err() == nil }

func (h *http2) close() error {
	if h.closed.Swap(true) {
		return nil
	}
	return errors.Join(h.client.Close(), h.stream.Close())
}

// do is conn.do: the request, written as HTTP/1.1, is sent as HTTP/2.
func (h *http2) do(q *Request, a *Response) error {
	a.reset(q)
	if !h.reusable() {
		return explain(h.gone(), nil, false)
	}
	req, err := h.request(q.Raw)
	if err != nil {
		return err
	}
	in, out := h.stream.in.Load(), h.stream.out.Load()
	ctx, cancel := context.WithDeadline(context.Background(), q.Deadline)
	defer cancel()
	res, err := h.client.RoundTrip(req.WithContext(ctx))
	if err == nil {
		a.FirstByte = time.Now()
		if err = a.take(res); err == nil {
			err = a.readAll(res.Body)
		}
		if err == io.ErrUnexpectedEOF && (a.Status == http.StatusNoContent || a.Status == http.StatusNotModified) {
			err = nil // their Content-Length is of no body (RFC 9113 §8.1.1)
		}
		res.Body.Close()
	}
	a.End = time.Now()
	a.Received, a.Sent = h.stream.in.Load()-in, h.stream.out.Load()-out
	if err == nil {
		h.used = true
		return nil
	}
	if strings.Contains(err.Error(), "request header list larger") { // net/http compares
		return &Error{KindVariable, errors.New("the request's header is larger than the server takes (SETTINGS_MAX_HEADER_LIST_SIZE): nothing was sent")}
	}
	h.spent = true
	if h.closed.Load() {
		return &Error{KindClosed, errCut}
	}
	begun := !a.FirstByte.IsZero()
	if ctx.Err() != nil {
		return explain(ctx.Err(), nil, begun)
	}
	return explain(h.finding(err, a), nil, begun)
}

// gone is what became of a connection that ended before the request. One that was used has served its time; a new
// one says what it would have said a moment later, of the request.
func (h *http2) gone() error {
	cause := h.stream.cause()
	switch {
	case h.used:
		return errGone
	case h.stream.foreign.Load():
		return errNotHTTP2
	case cause != nil:
		return cause
	case h.client.Err() != nil && !h.stream.ended.Load(): // net/http closed it for what it read
		return errNotHTTP2
	}
	return errGone
}

// request reads what the request encoder wrote.
func (h *http2) request(raw []byte) (*http.Request, error) {
	if !bytes.HasSuffix(raw, []byte("\r\n\r\n")) {
		// A response may come before the whole body is sent, and the next request be written into raw meanwhile.
		raw = bytes.Clone(raw)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, &Error{KindVariable, fmt.Errorf("the request cannot be sent in HTTP/2: %w", err)}
	}
	req.RequestURI, req.Close = "", false
	req.URL.Scheme, req.URL.Host = h.scheme, req.Host
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "") // or else it would be Go's
	}
	req.Header.Del("Connection") // RFC 9113 §8.2.2
	return req, nil
}

// take makes of res the head that http1 would have read. HTTP/2 has no reason phrases: the usual one stands
// for it, as reports show one.
func (a *Response) take(res *http.Response) error {
	h := &a.head
	h.Status, h.minor = res.StatusCode, 1
	if err := validStatus(h.Status); err != nil {
		return err
	}
	if !strings.HasPrefix(res.Status, fmt.Sprint(h.Status, " ")) { // net/http takes "+200", too
		return malformed("invalid status (want three digits): " + quoted([]byte(res.Status)))
	}
	if err := validFields(res.Header); err != nil {
		return err
	}
	h.raw = fmt.Appendf(h.raw[:0], "HTTP/2 %d ", res.StatusCode)
	from := len(h.raw)
	h.raw = append(h.raw, http.StatusText(res.StatusCode)...)
	h.phrase = span{uint16(from), uint16(len(h.raw))}
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			value = strings.Trim(value, " \t") // as http1 reads it
			n, v := len(h.raw)+2, len(h.raw)+2+len(name)+2
			if v+len(value) >= maxHead {
				return errTooLarge
			}
			h.raw = append(append(append(append(h.raw, "\r\n"...), name...), ": "...), value...)
			h.spans = append(h.spans, fieldSpan{
				name: span{uint16(n), uint16(n + len(name))}, value: span{uint16(v), uint16(v + len(value))},
			})
		}
	}
	return nil
}

// validFields refuses what makes a response in HTTP/2 malformed and net/http lets through: fields of the connection
// (RFC 9113 §8.2.2), and a Content-Length that cannot be that of the body (§8.1.1). Curl refuses the same.
func validFields(fields http.Header) error {
	for _, name := range []string{"Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"} {
		if _, there := fields[name]; there {
			return malformed("the header " + name + " is not allowed in HTTP/2")
		}
	}
	lengths := fields["Content-Length"]
	if len(lengths) > 1 {
		return malformed("more than one Content-Length")
	}
	for _, value := range lengths {
		if _, ok := decimal([]byte(value)); !ok {
			return malformed("invalid Content-Length " + quoted([]byte(value)))
		}
	}
	return nil
}

// readAll reads the whole body, and keeps as much of it as conn does.
func (a *Response) readAll(body io.Reader) error {
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

// finding tells what net/http's err means for the response a: what the server did is an error of the connection
// or a reset, what net/http itself found wrong is malformed or too large. net/http has types for few of its
// errors.
func (h *http2) finding(err error, a *Response) error {
	var reset streamError
	begun, broken := !a.FirstByte.IsZero(), h.stream.cause()
	switch text := err.Error(); {
	case errors.As(err, new(malformed)), err == errTooLarge: // take's
		return err
	case strings.Contains(text, "client conn not usable"), strings.Contains(text, "could not be established"):
		return h.gone()
	case tlsFailure(broken) != "":
		return broken
	case h.stream.foreign.Load():
		return errNotHTTP2
	case isConnectionError(err) && broken != nil:
		return broken
	case errors.As(err, &reset) && reset.fromPeer() && reset.Code == refusedStream && !begun: // or it was processed
		return errRefused
	case errors.As(err, &reset) && reset.fromPeer():
		return peerReset(reset.Code)
	case strings.HasSuffix(text, "graceful shutdown GOAWAY") && !begun: // of a stream beyond the last one that it processes
		return errGoAway
	case strings.Contains(text, "GOAWAY") && begun:
		return cutShort("response cut short: the server ended the connection (GOAWAY)")
	case strings.Contains(text, "GOAWAY"):
		return errEnded
	case strings.Contains(text, "header list larger"), !begun && a.Received > someHead && strings.HasPrefix(text, "connection error"):
		return errTooLarge
	case isConnectionError(err) && begun && errors.Is(err, io.ErrUnexpectedEOF):
		return cutShort("body cut short")
	case isConnectionError(err):
		return err
	case strings.Contains(text, "too many 1xx"):
		return errInterim
	case errors.As(err, &reset):
		return malformed("the response is not HTTP/2: " + errorCodeName(reset.Code))
	}
	return errNotHTTP2
}

// someHead is how much of a head is on the wire when net/http gives it up for its size, which it does not tell from a
// broken one.
const someHead = 12 << 10

// isConnectionError reports whether err is of the connection under HTTP/2, not of what came over it.
func isConnectionError(err error) bool {
	return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, new(*net.OpError)) || errors.As(err, new(syscall.Errno))
}

// peerReset is the code of a RST_STREAM that came from the server.
type peerReset uint32

func (r peerReset) Error() string { return "the server reset the stream: " + errorCodeName(uint32(r)) }

const refusedStream = 7 // RFC 9113 §7

// streamError has the fields of net/http's own, which fills in any such struct (errors.As).
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return errorCodeName(e.Code) }

// fromPeer reports whether the server sent it; otherwise it is what net/http found wrong.
func (e streamError) fromPeer() bool {
	return e.Cause != nil && e.Cause.Error() == "received from peer"
}

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
