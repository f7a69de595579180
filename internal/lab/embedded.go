package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"
)

// The embedded balancer's timeouts and retries: HAProxy's defaults, and the laboratory's
// configuration of it ("timeout connect 5s", "timeout server 50s", no "option redispatch").
const (
	connectTimeout = 5 * time.Second
	serverTimeout  = 50 * time.Second
	connectRetries = 3
)

// An embedded is the embedded balancer: HTTP in front, a backend behind, health checks and a Runtime
// API beside. It balances each request by itself, also over one kept-alive connection, as HAProxy
// does in HTTP mode. What it does when things fail was measured on HAProxy 2.6.12:
//
//	what fails                                          first request of the      later request of the
//	                                                    user's connection         user's connection
//	no server is left                                   503 at once               503 at once
//	the node takes no connection                        503 after 3 retries, 3 s  the same
//	the node's connection breaks before the response,   502                       closed without response
//	or `shutdown sessions server`
//	the response takes longer than 50 s                 504                       504
//
// Rejected: httputil.ReverseProxy. It drives an http.RoundTripper, so what happens between two
// attempts is not its own, and it clones each request; the balancer shares the machine with the load.
type embedded struct {
	backend *backend
	sticky  sticky
	front   *httpService
	runtime *runtimeAPI
	address string // of the front

	turnaround time.Duration // between two attempts to connect: half a check interval, so 1 s as HAProxy's
	stopChecks context.CancelFunc
	checks     sync.WaitGroup
}

// startEmbedded starts the balancer that c describes in front of nodes, and returns when each server
// has had its first health check. c is valid.
func startEmbedded(ctx context.Context, c Config, nodes []runningNode) (balancer, error) {
	front, err := listen(c.Listen)
	if err != nil {
		return nil, &KeyError{Key: "listen", Err: err}
	}
	cli, err := listen("")
	if err != nil {
		return nil, errors.Join(err, front.Close())
	}
	sticky, _ := parseSticky(c.Sticky, true)
	interval := c.CheckInterval
	if interval == 0 {
		interval = DefaultCheckInterval
	}
	b := newBackend(c.Algorithm, nodes, time.Now())
	b.cookieName = sticky.name
	life, cancel := context.WithCancel(context.Background())
	e := &embedded{backend: b, sticky: sticky, address: front.Addr().String(), turnaround: interval / 2, stopChecks: cancel}
	e.front = serve(front, &http.Server{Handler: e, ConnContext: newUser, ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			b.connection(1)
		case http.StateClosed, http.StateHijacked:
			b.connection(-1)
		}
	}})
	e.runtime = serveRuntime(cli, b)
	b.checkAll(ctx, interval, httpProbe)
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, e.close())
	}
	for i, s := range b.servers {
		// HAProxy spreads the checks of a backend's servers over the interval.
		first := interval + interval*time.Duration(i)/time.Duration(len(b.servers))
		e.checks.Go(func() { b.watch(life, s, interval, first, httpProbe) })
	}
	return e, nil
}

func (e *embedded) url() string        { return "http://" + e.address }
func (e *embedded) runtimeAPI() string { return "tcp://" + e.runtime.address }

func (e *embedded) addresses() []Address {
	return []Address{{"balancer", e.url()}, {"Runtime API", e.runtimeAPI()}}
}

// close stops it all: checks first, then the ways to the nodes, so that nothing waits for them.
func (e *embedded) close() error {
	e.stopChecks()
	for _, s := range e.backend.servers {
		s.hop.close()
	}
	err := errors.Join(e.front.close(), e.runtime.close())
	e.checks.Wait()
	return err
}

// A user is what the balancer knows of one client connection.
type user struct {
	addr      netip.Addr
	forwarded string // addr, as nodes are told of it
	requests  int
}

type userKey struct{}

func newUser(ctx context.Context, conn net.Conn) context.Context {
	u := new(user)
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		u.addr = tcp.AddrPort().Addr().Unmap()
		u.forwarded = u.addr.String()
	}
	return context.WithValue(ctx, userKey{}, u)
}

// ServeHTTP takes one request to a server and its response back.
func (e *embedded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u := r.Context().Value(userKey{}).(*user)
	u.requests++
	wanted := e.sticky.fromUser(r.Header)
	r.Header["X-Forwarded-For"] = append(r.Header["X-Forwarded-For"], u.forwarded) // "option forwardfor"
	s, kept := e.backend.assign(wanted, u.addr)
	if s == nil {
		e.backend.refused()
		sayError(w, http.StatusServiceUnavailable)
		return
	}
	o := outcome{}
	start := time.Now()
	defer func() {
		o.total = time.Since(start)
		o.gone = r.Context().Err() != nil
		e.backend.release(s, o)
		if o.status == 0 {
			panic(http.ErrAbortHandler)
		}
	}()
	conn, err := e.connect(r.Context(), s)
	o.connect = time.Since(start)
	if err != nil {
		o.noConnection = true
		o.status = e.fail(w, http.StatusServiceUnavailable)
		return
	}
	o.reused = conn.reused
	res, err := conn.roundTrip(r, serverTimeout)
	o.response = time.Since(start) - o.connect
	o.bin, o.bout = conn.bin, conn.out
	if err != nil {
		s.hop.drop(conn)
		o.status = e.broken(w, u, err)
		return
	}
	o.fromNode, o.status = true, res.StatusCode
	e.sticky.toUser(res, s.tag, kept)
	whole, err := relay(w, r, res, conn.scratch[:])
	o.bout = conn.out
	if whole && !res.Close && conn.r.Buffered() == 0 {
		s.hop.put(conn)
	} else {
		s.hop.drop(conn)
	}
	if err != nil {
		o.status, o.fromNode = 0, false
	}
}

// connect gets a connection to s. As there is no redispatch, all attempts go to the same server.
func (e *embedded) connect(ctx context.Context, s *server) (*hopConn, error) {
	for retries := 0; ; retries++ {
		conn, err := s.hop.get(connectTimeout)
		if err == nil || retries == connectRetries || errors.Is(err, errHopClosed) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(e.turnaround):
		}
		e.backend.retried(s)
	}
}

// broken responds for a server that did not, and gives the status, 0 for none: on a connection that
// has had responses before, HAProxy leaves it to the user's browser to try again.
func (e *embedded) broken(w http.ResponseWriter, u *user, err error) int {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return e.fail(w, http.StatusGatewayTimeout)
	case u.requests > 1:
		return 0
	}
	return e.fail(w, http.StatusBadGateway)
}

func (e *embedded) fail(w http.ResponseWriter, status int) int {
	sayError(w, status)
	return status
}

// errorTexts are HAProxy's own (its "errorfiles").
var errorTexts = map[int]string{
	http.StatusBadGateway:         "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>\n",
	http.StatusServiceUnavailable: "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
	http.StatusGatewayTimeout:     "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n",
}

func sayError(w http.ResponseWriter, status int) {
	h := w.Header()
	text := errorTexts[status]
	h["Content-Length"] = []string{strconv.Itoa(len(text))}
	h["Cache-Control"] = []string{"no-cache"}
	h["Content-Type"] = []string{"text/html"}
	h["Date"] = nil
	w.WriteHeader(status)
	io.WriteString(w, text)
}

// relay sends the node's response on by way of scratch. whole reports whether all of it was read; the error is the node's,
// not that of a user who is gone.
func relay(w http.ResponseWriter, r *http.Request, res *http.Response, scratch []byte) (whole bool, err error) {
	h := w.Header()
	for key, values := range res.Header {
		if !hopByHop[key] {
			h[key] = values
		}
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // the server would guess one
	}
	w.WriteHeader(res.StatusCode)
	if r.Method == http.MethodHead {
		return true, nil
	}
	body := &lastError{Reader: res.Body}
	if _, err := io.CopyBuffer(onlyWriter{w}, body, scratch); err != nil {
		return false, body.err
	}
	return true, nil
}

// onlyWriter keeps io.Copy from the response's ReadFrom, which would read ahead for a content type
// and try to splice.
type onlyWriter struct{ io.Writer }

// lastError keeps a reader's error, to tell it from the writer's.
type lastError struct {
	io.Reader
	err error
}

func (l *lastError) Read(p []byte) (n int, err error) {
	if n, err = l.Reader.Read(p); err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}
