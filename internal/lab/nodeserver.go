package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A nodeServer is one node's place: its address, and the process that listens there unless it is
// stopped.
type nodeServer struct {
	Node
	addr    string
	observe func(NodeExchange)

	mu      sync.Mutex
	process *nodeProcess // nil: stopped
	release func() error // of the reserved address, while stopped
	closed  bool
}

// newNodeServer reserves the node's address, and starts the node unless it is to begin stopped.
func newNodeServer(n Node, observe func(NodeExchange)) (*nodeServer, error) {
	listener, err := listen(n.Listen)
	if err != nil {
		return nil, err
	}
	s := &nodeServer{Node: n, addr: listener.Addr().String(), observe: observe}
	if n.Stopped {
		return s, errors.Join(listener.Close(), s.keepAddress())
	}
	s.process = startNodeProcess(listener, n, observe)
	return s, nil
}

// keepAddress keeps a stopped node's address from being given to somebody else.
func (s *nodeServer) keepAddress() (err error) {
	s.release, err = reserve(s.addr)
	return err
}

func (s *nodeServer) giveBackAddress() error {
	if s.release == nil {
		return nil
	}
	release := s.release
	s.release = nil
	return release()
}

// start starts the node again, with no session and the delay it was configured with.
func (s *nodeServer) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return fmt.Errorf("node %s: it runs already", s.Tag)
	}
	if s.closed {
		return fmt.Errorf("node %s: the laboratory is closed", s.Tag)
	}
	if err := s.giveBackAddress(); err != nil {
		return fmt.Errorf("node %s: %w", s.Tag, err)
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("node %s: %w", s.Tag, err)
	}
	s.process = startNodeProcess(listener, s.Node, s.observe)
	return nil
}

// stop ends the node as kill -9 does: nothing that it was doing is finished.
func (s *nodeServer) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return fmt.Errorf("node %s: it is stopped already", s.Tag)
	}
	err := s.process.kill()
	s.process = nil
	return errors.Join(err, s.keepAddress())
}

// close stops the node if it runs, for good.
func (s *nodeServer) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.process == nil {
		return s.giveBackAddress()
	}
	err := s.process.kill()
	s.process = nil
	return err
}

// setDelay is what POST /delay does, at once and without a place in the node's queue.
func (s *nodeServer) setDelay(d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return fmt.Errorf("node %s: it is stopped", s.Tag)
	}
	s.process.app.delay.Store(int64(max(0, d)))
	return nil
}

// A nodeProcess is one life of a node, from its start to its end.
type nodeProcess struct {
	app    *app
	server *httpService
	cancel context.CancelFunc
}

func startNodeProcess(listener net.Listener, n Node, observe func(NodeExchange)) *nodeProcess {
	ctx, cancel := context.WithCancel(context.Background())
	ip, _, _ := net.SplitHostPort(listener.Addr().String())
	app := newApp(ctx, n.Tag, ip, n.Delay, n.Workers)
	return &nodeProcess{app: app, cancel: cancel, server: serve(listener, &http.Server{
		Handler: observed(n.Tag, app, observe),
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, servedKey{}, new(bool))
		},
	})}
}

func (p *nodeProcess) kill() error {
	p.cancel()
	return p.server.close()
}

// An httpService is an http.Server that can be ended so that none of its goroutines is left.
type httpService struct {
	server *http.Server
	conns  sync.WaitGroup
	ended  chan error
}

// serve starts server on listener.
func serve(listener net.Listener, server *http.Server) *httpService {
	s := &httpService{server: server, ended: make(chan error, 1)}
	server.ErrorLog = log.New(io.Discard, "", 0)
	told := server.ConnState
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if told != nil {
			told(c, state)
		}
		switch state {
		case http.StateNew:
			s.conns.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.conns.Done()
		}
	}
	go func() { s.ended <- server.Serve(listener) }()
	return s
}

// close closes the listener and all connections, and waits for their handlers.
func (s *httpService) close() error {
	err := s.server.Close()
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.conns.Wait()
	return err
}

// listen listens on address, or on a free port of 127.0.0.1 if address is "".
func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	return net.Listen("tcp", address)
}

// A NodeExchange is one request as a node received it, which is what the balancer made of a user's, and
// the node's response to it. Health checks are among them.
type NodeExchange struct {
	Node    string // its tag
	Arrived time.Time
	Method  string
	URI     string // path and query as received
	Header  http.Header
	// Status is the response's, 0 if the node died before it gave one.
	Status    int
	SetCookie []string // the response's lines
	Body      []byte   // of the response, its first 4 KiB
}

const maxObservedBody = 4 << 10

// observed is handler, with tell told of each exchange when it has ended; nil is not told.
func observed(tag string, handler http.Handler, tell func(NodeExchange)) http.Handler {
	if tell == nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &observer{ResponseWriter: w, seen: NodeExchange{
			Node: tag, Arrived: time.Now(), Method: r.Method, URI: r.RequestURI, Header: r.Header.Clone(),
		}}
		defer func() { tell(o.seen) }() // also when the node dies and the handler panics
		handler.ServeHTTP(o, r)
	})
}

// An observer is a ResponseWriter that keeps what goes through it.
type observer struct {
	http.ResponseWriter
	seen NodeExchange
}

func (o *observer) WriteHeader(status int) {
	o.seen.Status, o.seen.SetCookie = status, slices.Clone(o.Header()["Set-Cookie"])
	o.ResponseWriter.WriteHeader(status)
}

func (o *observer) Write(p []byte) (int, error) {
	room := maxObservedBody - len(o.seen.Body)
	o.seen.Body = append(o.seen.Body, p[:min(len(p), room)]...)
	return o.ResponseWriter.Write(p)
}
