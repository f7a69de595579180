package live

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"stickbench/report/html"
)

// Web serves a run's page: as it is, again every second while the run lasts, and its report in the end. Of what is
// sent again, only the sections that changed are.
//
//	GET /         the page
//	GET /events   server-sent events: {"sections": {id: HTML}, "data": charts, "title": …}, and "end"
//	/steer        the run is steered, by the page itself alone
type Web struct {
	steer   http.Handler
	token   string // "" on a loopback address
	address net.Addr
	server  http.Server
	begun   chan struct{} // closed once there is a page, by
	begin   func()
	stop    func() // making pages; set by Begin

	mu      sync.Mutex
	make    func() (*html.Page, error)
	page    *html.Page
	last    bool          // page is the report
	next    chan struct{} // closed when another page takes its place
	viewers int
}

// NewWeb makes a Web that serves nothing yet. steer is where the run is steered.
func NewWeb(steer http.Handler) *Web {
	w := &Web{steer: steer, begun: make(chan struct{}), next: make(chan struct{})}
	w.begin = sync.OnceFunc(func() { close(w.begun) })
	return w
}

// Listen begins to serve at the address. On one that is not loopback, a page is served only to those who have the token
// that is part of its URL.
func (w *Web) Listen(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	w.address = listener.Addr()
	if host, _, _ := net.SplitHostPort(address); !Loopback(host) {
		w.token = rand.Text()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.allowed(w.serve))
	mux.HandleFunc("GET /events", w.allowed(w.events))
	mux.HandleFunc("/steer", w.allowed(w.steered))
	w.server = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go w.server.Serve(listener)
	return nil
}

// URL is where the page is.
func (w *Web) URL() string {
	u := url.URL{Scheme: "http", Host: w.address.String(), Path: "/"}
	if w.token != "" {
		u.RawQuery = url.Values{"token": {w.token}}.Encode()
	}
	return u.String()
}

// Begin makes pages from now on, every second if somebody looks at them; less often where that would take more than a
// twentieth of a processor, but at least every 10 s.
func (w *Web) Begin(page func() (*html.Page, error)) {
	w.mu.Lock()
	w.make = page
	w.mu.Unlock()
	w.begin()
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		pause := time.Second
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			began := time.Now()
			w.mu.Lock()
			if w.viewers > 0 {
				w.renew()
			}
			w.mu.Unlock()
			pause = min(10*time.Second, max(time.Second, 20*time.Since(began))) - min(time.Second, time.Since(began))
		}
	})
	w.stop = sync.OnceFunc(func() { close(done); wait.Wait() })
}

// renew makes a page, unless it is the last one already; mu is held.
func (w *Web) renew() {
	if w.last {
		return
	}
	if page, err := w.make(); err == nil {
		w.show(page)
	}
}

// show lets a page take the place of the one before; mu is held.
func (w *Web) show(page *html.Page) {
	w.page = page
	close(w.next)
	w.next = make(chan struct{})
}

// Finish shows the report from now on.
func (w *Web) Finish(report *html.Page) {
	w.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = true
	w.show(report)
	w.begin()
}

// Stop makes no more pages; the last one stays. It may be called without Begin, and again.
func (w *Web) Stop() {
	if w.stop != nil {
		w.stop()
	}
}

// Close ends the service; it may be called without Listen.
func (w *Web) Close() error {
	w.Stop()
	return w.server.Close()
}

// allowed lets in who has the token; without one, requests to a loopback host (see Server.serve).
func (w *Web) allowed(serve http.HandlerFunc) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		given := r.URL.Query().Get("token")
		if w.token == "" && !Loopback(host) || subtle.ConstantTimeCompare([]byte(given), []byte(w.token)) == 0 && w.token != "" {
			http.Error(out, "the page's address has a token: see where the run was started", http.StatusForbidden)
			return
		}
		out.Header().Set("Cache-Control", "no-store")
		serve(out, r)
	}
}

// steered lets the page steer the run: who brings the header that a form, or a script of another origin, cannot send
// without being asked for it, and comes from nowhere else. (A name that was made to mean this address is not let in.)
func (w *Web) steered(out http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	from, err := url.Parse(origin)
	foreign := origin != "" && (err != nil || from.Host == "" || from.Host != r.Host)
	if foreign || r.Header.Get("X-Stickbench") == "" {
		http.Error(out, "the run is steered by its own page alone, or by stickbench ctl", http.StatusForbidden)
		return
	}
	w.steer.ServeHTTP(out, r)
}

func (w *Web) serve(out http.ResponseWriter, r *http.Request) {
	select {
	case <-w.begun:
	case <-r.Context().Done():
		return
	}
	w.mu.Lock()
	w.renew()
	page := w.page
	w.mu.Unlock()
	if page == nil {
		http.Error(out, "the page could not be made", http.StatusInternalServerError)
		return
	}
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Write(out) // its error is the reader's, who has gone
}

// events sends what changed since the last page that was sent, until the report was.
func (w *Web) events(out http.ResponseWriter, r *http.Request) {
	flush := http.NewResponseController(out)
	out.Header().Set("Content-Type", "text/event-stream")
	w.watch(1)
	defer w.watch(-1)
	var sent *html.Page
	for {
		w.mu.Lock()
		page, next, last := w.page, w.next, w.last
		w.mu.Unlock()
		if page != nil && page != sent {
			message, err := json.Marshal(page.Since(sent))
			if err != nil {
				return
			}
			fmt.Fprintf(out, "data: %s\n\n", message)
			sent = page
		}
		if last {
			fmt.Fprint(out, "event: end\ndata:\n\n")
		}
		if flush.Flush() != nil || last {
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}

func (w *Web) watch(more int) {
	w.mu.Lock()
	w.viewers += more
	w.mu.Unlock()
}
