package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// client speaks HTTP/1.1 to one address. It has no pool and sends nothing twice: which connection a
// request goes by is part of an experiment. net/http's client would also lose the order of the response's
// fields, and take up TLS sessions again, by which some balancers know a client.
type client struct {
	url     *url.URL
	address string // IP:PORT, however often the name is resolved elsewhere
	tls     *tls.Config
	timeout time.Duration
	header  []Pair // of every request
	start   time.Time
	conns   atomic.Int64
}

// conn is one connection; one request at a time.
type conn struct {
	net.Conn
	number int
	source string
	reader *bufio.Reader
	broken bool // the next request needs another one
}

// maxBody bounds a body that is read to its end to keep the connection, in bytes.
const maxBody = 8 << 20

// dial connects from the source, an IP address of this machine, or "" for the system's choice.
func (c *client) dial(ctx context.Context, source string) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	d := net.Dialer{}
	if source != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
	}
	raw, err := d.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	if c.url.Scheme == "https" {
		secure := tls.Client(raw, c.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		raw = secure
	}
	return &conn{Conn: raw, number: int(c.conns.Add(1)), source: source, reader: bufio.NewReader(raw)}, nil
}

// do sends the request that e describes over k and fills in the response.
func (c *client) do(ctx context.Context, k *conn, e *Exchange) {
	e.Conn, e.Source, e.StartUS = k.number, k.source, c.now()
	defer func() { e.EndUS = c.now() }()
	k.SetDeadline(time.Now().Add(c.timeout))
	defer context.AfterFunc(ctx, func() { k.SetDeadline(time.Unix(1, 0)) })()
	if err := c.exchange(k, e); err != nil {
		e.Error, k.broken = errorText(ctx, err), true
	}
}

func (c *client) exchange(k *conn, e *Exchange) error {
	if _, err := io.WriteString(k, c.request(e)); err != nil {
		return err
	}
	for {
		head, err := readHead(k.reader)
		if err != nil {
			return err
		}
		if e.FirstByteUS == 0 {
			e.FirstByteUS = c.now()
		}
		res, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head), k.reader)), &http.Request{Method: e.Method})
		if err != nil {
			return err
		}
		if res.StatusCode/100 == 1 && res.StatusCode != http.StatusSwitchingProtocols {
			continue // an interim response
		}
		e.Proto, e.Status, e.Header = res.Proto, res.StatusCode, fields(head)
		complete, err := e.readBody(res.Body)
		k.broken = res.Close || !complete
		return err
	}
}

// readBody keeps the body's beginning; complete is false where the rest was left unread.
func (e *Exchange) readBody(body io.Reader) (complete bool, err error) {
	kept, err := io.ReadAll(io.LimitReader(body, bodyKept))
	e.Body = strings.ToValidUTF8(string(kept), "\uFFFD")
	if err != nil {
		return false, err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(body, maxBody))
	return n < maxBody, err
}

// request is the head of the request; none has a body.
func (c *client) request(e *Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", e.Method, e.Path, c.url.Host)
	for _, h := range c.header {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	if len(e.Cookies) > 0 {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookieField(e.Cookies))
	}
	b.WriteString("\r\n")
	return b.String()
}

func cookieField(cookies []Pair) string {
	parts := make([]string, len(cookies))
	for i, c := range cookies {
		parts[i] = c.Name + "=" + c.Value
	}
	return strings.Join(parts, "; ")
}

// now is microseconds since the start.
func (c *client) now() int64 { return time.Since(c.start).Microseconds() }

// maxHead bounds the head of a response, in bytes.
const maxHead = 256 << 10

// readHead reads a response's head, the empty line included.
func readHead(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for b.Len() < maxHead {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			return "", err
		}
		if b.Len() > len(line) && strings.TrimRight(line, "\r\n") == "" {
			return b.String(), nil
		}
	}
	return "", fmt.Errorf("the response's head is longer than %d bytes", maxHead)
}

// fields are those of a head, as they came.
func fields(head string) (all []Pair) {
	_, head, _ = strings.Cut(head, "\n") // the status line
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.ToValidUTF8(line, "\uFFFD"), ":"); ok {
			all = append(all, Pair{name, strings.TrimSpace(value)})
		}
	}
	return all
}

// errorText says in few words why there was no response.
func errorText(ctx context.Context, err error) string {
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return cut
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed without a whole response"
	}
	return strings.ToValidUTF8(err.Error(), "\uFFFD")
}

// http2 makes the requests one after the other over HTTP/2, on one connection where the server lets it.
// It is net/http's: nothing here depends on the bytes on the wire.
type http2 struct {
	client    *client
	transport *http.Transport
	number    int
}

func (c *client) http2() *http2 {
	h := &http2{client: c}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	config := c.tls.Clone()
	config.NextProtos = nil
	h.transport = &http.Transport{
		TLSClientConfig: config,
		Protocols:       &protocols,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			h.number = int(c.conns.Add(1))
			return (&net.Dialer{}).DialContext(ctx, network, c.address)
		},
	}
	return h
}

func (h *http2) do(ctx context.Context, e *Exchange) {
	c := h.client
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	e.StartUS = c.now()
	defer func() { e.EndUS, e.Conn = c.now(), h.number }()
	req, err := http.NewRequestWithContext(ctx, e.Method, c.url.Scheme+"://"+c.url.Host+e.Path, nil)
	if err != nil {
		e.Error = errorText(ctx, err)
		return
	}
	for _, f := range c.header {
		req.Header.Add(f.Name, f.Value)
	}
	if len(e.Cookies) > 0 {
		req.Header.Set("Cookie", cookieField(e.Cookies))
	}
	res, err := h.transport.RoundTrip(req)
	if err != nil {
		e.Error = errorText(ctx, err)
		return
	}
	defer res.Body.Close()
	e.Proto, e.Status, e.FirstByteUS = res.Proto, res.StatusCode, c.now()
	for name, values := range res.Header {
		for _, value := range values {
			e.Header = append(e.Header, Pair{name, strings.ToValidUTF8(value, "\uFFFD")})
		}
	}
	slices.SortStableFunc(e.Header, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	if _, err := e.readBody(res.Body); err != nil {
		e.Error = errorText(ctx, err)
	}
}
