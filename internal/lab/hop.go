package lab

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A hop is the way from the balancer to one node: its connections, kept alive between requests.
//
// Rejected: http.Transport. When a kept-alive connection fails it sends idempotent requests again by
// itself, which hides exactly the node deaths that the laboratory is there to show, and it costs two
// goroutines per connection.
type hop struct {
	addr string

	mu     sync.Mutex
	idle   []*hopConn // the one used last is the last
	active map[*hopConn]struct{}
	closed bool
}

// A hopConn is one connection to a node. It is used by one request at a time.
type hopConn struct {
	net.Conn
	hop      *hop
	r        *bufio.Reader
	w        *bufio.Writer
	bin, out int64 // bytes written and read
	reused   bool
	scratch  [4096]byte // for copying bodies
}

var errHopClosed = errors.New("the balancer is closed")

func newHop(addr string) *hop {
	return &hop{addr: addr, active: make(map[*hopConn]struct{})}
}

// get gives a connection that was alive a moment ago, or a new one.
func (h *hop) get(timeout time.Duration) (*hopConn, error) {
	for {
		c := h.takeIdle()
		if c == nil {
			break
		}
		if alive(c.Conn) {
			c.reused = true
			return c, nil
		}
		h.drop(c)
	}
	conn, err := net.DialTimeout("tcp", h.addr, timeout)
	if err != nil {
		return nil, err
	}
	c := &hopConn{Conn: conn, hop: h}
	c.r, c.w = bufio.NewReader(countingReader{c}), bufio.NewWriter(countingWriter{c})
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		conn.Close()
		return nil, errHopClosed
	}
	h.active[c] = struct{}{}
	return c, nil
}

func (h *hop) takeIdle() *hopConn {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.idle) == 0 {
		return nil
	}
	c := h.idle[len(h.idle)-1]
	h.idle = h.idle[:len(h.idle)-1]
	h.active[c] = struct{}{}
	return c
}

// put gives back a connection whose request has had its whole response.
func (h *hop) put(c *hopConn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ours := h.active[c]; !ours || h.closed {
		c.Close()
	} else {
		h.idle = append(h.idle, c)
	}
	delete(h.active, c)
}

// drop closes a connection that cannot be used again.
func (h *hop) drop(c *hopConn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.active, c)
	c.Close()
}

// shutdown cuts all requests in progress, as `shutdown sessions server` does.
func (h *hop) shutdown() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.active {
		c.Close()
	}
}

// idling is the number of idle connections.
func (h *hop) idling() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.idle)
}

// close cuts everything and refuses what comes after.
func (h *hop) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, c := range slices.Concat(h.idle, slices.Collect(maps.Keys(h.active))) {
		c.Close()
	}
	h.idle = nil
}

// roundTrip sends r and reads the response up to its body, within timeout. It sends once, whatever
// happens.
func (c *hopConn) roundTrip(r *http.Request, timeout time.Duration) (*http.Response, error) {
	c.bin, c.out = 0, 0
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	// A node may respond without reading all of the request, and close: what it says is of more use
	// than the error in writing.
	writeErr := c.writeRequest(r)
	for {
		res, err := http.ReadResponse(c.r, r)
		if err != nil {
			return nil, errors.Join(err, writeErr)
		}
		if res.StatusCode >= 200 {
			res.Close = res.Close || writeErr != nil
			return res, nil
		}
	}
}

// hopByHop are the headers that are for one connection only (RFC 9110, section 7.6.1). The balancer
// carries no protocol upgrades.
var hopByHop = map[string]bool{"Connection": true, "Keep-Alive": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true}

func (c *hopConn) writeRequest(r *http.Request) error {
	w := c.w
	w.WriteString(r.Method)
	w.WriteByte(' ')
	w.WriteString(r.RequestURI)
	w.WriteString(" HTTP/1.1\r\nHost: ")
	w.WriteString(r.Host)
	w.WriteString("\r\n")
	for key, values := range r.Header {
		if hopByHop[key] || key == "Expect" || key == "Content-Length" {
			continue
		}
		for _, value := range values {
			w.WriteString(key)
			w.WriteString(": ")
			w.WriteString(value)
			w.WriteString("\r\n")
		}
	}
	if err := c.writeBody(r); err != nil {
		return err
	}
	return w.Flush()
}

func (c *hopConn) writeBody(r *http.Request) error {
	switch {
	case r.ContentLength < 0:
		c.w.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		chunks := chunkedWriter{c.w}
		if _, err := io.Copy(chunks, r.Body); err != nil {
			return err
		}
		_, err := c.w.WriteString("0\r\n\r\n")
		return err
	case r.ContentLength > 0 || r.Header.Get("Content-Length") != "":
		c.w.WriteString("Content-Length: ")
		c.w.WriteString(strconv.FormatInt(r.ContentLength, 10))
		c.w.WriteString("\r\n\r\n")
		_, err := io.Copy(c.w, r.Body)
		return err
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

// A chunkedWriter writes each write as a chunk (RFC 9112, section 7.1).
type chunkedWriter struct{ w *bufio.Writer }

func (c chunkedWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.w.WriteString(strconv.FormatInt(int64(len(p)), 16))
	c.w.WriteString("\r\n")
	n, err := c.w.Write(p)
	c.w.WriteString("\r\n")
	return n, err
}

type countingReader struct{ c *hopConn }

func (r countingReader) Read(p []byte) (int, error) {
	n, err := r.c.Conn.Read(p)
	r.c.out += int64(n)
	return n, err
}

type countingWriter struct{ c *hopConn }

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.c.Conn.Write(p)
	w.c.bin += int64(n)
	return n, err
}
