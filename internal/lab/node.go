package lab

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"mime"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// maxDelayBody is the largest body of a POST /delay, as Express's body-parser limits it (100 kB).
const maxDelayBody = 100 << 10

// brokenDelay stands for a delay that is no integer. The application that this one follows stores
// whatever it is given, and each GET / fails from then on.
const brokenDelay = time.Duration(-1 << 62)

// An app is the session application of one node process: a counter of views per session, in memory.
//
//	GET /        200 {"hello":"world!","ip":…,"host":…,"tag":…,"sessionViews":N,"id":…}
//	HEAD /       the same without a body; it counts as a visit
//	POST /delay  {"delay": ms}: from now on GET / and HEAD / first sleep that long
//
// Every request without a session of this very process begins one, whatever its path, and gets its
// cookie. The sleep blocks the whole node, as Node's event loop is blocked by a synchronous sleep:
// all other requests, health checks and POST /delay included, wait in a queue behind it.
type app struct {
	tag      string
	ip       string
	prefix   []byte // the body of GET / up to the views
	sessions sessionStore
	delay    atomic.Int64 // time.Duration
	stopped  context.Context
	// loop is the event loop while the node has a delay: the request that holds it has the node to
	// itself, and the others wait for it in the order of their coming; a node of several workers has as many. queued
	// counts all of these; without any, and without delay, requests do not wait for each other. What waits in the loop
	// is since when it is free, by what was planned: a sleep that lasts too long does not make the node slower.
	loop   chan time.Time
	queued atomic.Int64
}

// newApp makes the application of a node with that tag and address; its sleeps end with stopped.
func newApp(stopped context.Context, tag, ip string, delay time.Duration, workers int) *app {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	a := &app{tag: tag, ip: ip, stopped: stopped, loop: make(chan time.Time, max(1, workers))}
	a.prefix = fmt.Appendf(nil, `{"hello":"world!","ip":%s,"host":%s,"tag":%s,"sessionViews":`,
		quoteJSON(ip), quoteJSON(host), quoteJSON(tag))
	a.delay.Store(int64(delay))
	for range cap(a.loop) {
		a.loop <- time.Time{}
	}
	return a
}

func quoteJSON(s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be quoted
	}
	return quoted
}

// servedKey is the context's key of a *bool: whether its connection has had a request. The requests of
// a connection come one after the other.
type servedKey struct{}

// isFirst reports whether r is its connection's first request, and notes that it has come.
func isFirst(r *http.Request) bool {
	served, ok := r.Context().Value(servedKey{}).(*bool)
	if !ok || *served {
		return false
	}
	*served = true
	return true
}

// ServeHTTP handles one request when its turn has come.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fresh := isFirst(r)
	if !a.blocks() {
		a.route(w, r)
		return
	}
	if fresh {
		// The turn in which a blocked node accepts the connection. This is why a health check, which
		// always connects anew, waits for the requests in front of it twice.
		a.endTurn(a.takeTurn())
	}
	end := a.takeTurn()
	defer func() { a.endTurn(end) }()
	if delay := time.Duration(a.delay.Load()); isView(r) && delay > 0 {
		end = end.Add(delay)
		if !a.sleep(time.Until(end)) {
			panic(http.ErrAbortHandler)
		}
	}
	a.route(w, r)
}

// isView reports whether r gets the session's views, after the delay.
func isView(r *http.Request) bool {
	return r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// blocks reports whether requests have to wait for each other now.
func (a *app) blocks() bool { return a.delay.Load() > 0 || a.queued.Load() > 0 }

// takeTurn waits for the event loop, and returns when the request's turn began: when it came, or the loop was free.
// The request of a node that is stopped meanwhile is cut.
func (a *app) takeTurn() time.Time {
	came := time.Now()
	a.queued.Add(1)
	select {
	case free := <-a.loop:
		if free.After(came) {
			return free
		}
		return came
	case <-a.stopped.Done():
		a.queued.Add(-1)
		panic(http.ErrAbortHandler)
	}
}

// endTurn gives the event loop, which is free from then on, to the next.
func (a *app) endTurn(end time.Time) {
	a.loop <- end
	a.queued.Add(-1)
}

// sleep blocks for d and reports whether the node still runs then.
func (a *app) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.stopped.Done():
		return false
	}
}

func (a *app) route(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Powered-By"] = []string{"Express"}
	view := isView(r)
	id, views := a.session(w, r, view)
	switch {
	case view && time.Duration(a.delay.Load()) == brokenDelay:
		expressError(w, http.StatusInternalServerError, "TypeError: delay must be an integer")
	case view:
		a.hello(w, id, views)
	case r.URL.Path == "/delay" && r.Method == http.MethodPost:
		a.setDelay(w, r)
	default:
		expressError(w, http.StatusNotFound, "Cannot "+r.Method+" "+r.URL.Path)
	}
}

// session is the request's session: the one of its cookie, or a new one.
func (a *app) session(w http.ResponseWriter, r *http.Request, view bool) (sessionID, uint32) {
	var views uint32
	if view {
		views = 1
	}
	now := time.Now()
	if value, ok := cookieNamed(r.Header["Cookie"], sessionCookie); ok {
		if id, signed := parseCookieValue(value); signed {
			if total, known := a.sessions.visit(id, views, now); known {
				return id, total
			}
		}
	}
	id := newSessionID()
	a.sessions.add(id, views, now)
	w.Header()["Set-Cookie"] = []string{sessionCookie + "=" + cookieValue(id) + "; Path=/; HttpOnly"}
	return id, views
}

func (a *app) hello(w http.ResponseWriter, id sessionID, views uint32) {
	body := make([]byte, 0, len(a.prefix)+64)
	body = append(body, a.prefix...)
	body = strconv.AppendUint(body, uint64(views), 10)
	body = append(body, `,"id":"`...)
	body = append(body, id[:]...)
	body = append(body, `"}`...)
	h := w.Header()
	h["X-Backend-Ip"] = []string{a.ip}
	h["Etag"] = []string{etag(body)}
	respond(w, http.StatusOK, "application/json; charset=utf-8", body)
}

// etag is Express's weak entity tag: the length in hexadecimal and 27 characters of a SHA-1.
func etag(body []byte) string {
	sum := sha1.Sum(body)
	tag := make([]byte, 0, 40)
	tag = append(tag, `W/"`...)
	tag = strconv.AppendInt(tag, int64(len(body)), 16)
	tag = append(tag, '-')
	tag = base64.RawStdEncoding.AppendEncode(tag, sum[:])
	return string(append(tag, '"'))
}

func respond(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	w.Write(body)
}

// expressError sends the page of Express's default error handler.
func expressError(w http.ResponseWriter, status int, message string) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	respond(w, status, "text/html; charset=utf-8", fmt.Appendf(nil, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>%s</pre>
</body>
</html>
`, html.EscapeString(message)))
}

// setDelay is POST /delay.
func (a *app) setDelay(w http.ResponseWriter, r *http.Request) {
	delay, err := readDelay(w, r)
	var status httpStatus
	switch {
	case errors.As(err, &status):
		expressError(w, int(status), err.Error())
		return
	case err != nil:
		expressError(w, http.StatusInternalServerError, err.Error())
		return
	}
	a.delay.Store(int64(delay))
	message := "the delay is not an integer: GET / fails from now on"
	if delay != brokenDelay {
		message = fmt.Sprintf("the delay of %s is %d ms", a.tag, delay.Milliseconds())
	}
	respond(w, http.StatusOK, "application/json; charset=utf-8",
		fmt.Appendf(nil, `{"message":%s}`, quoteJSON(message)))
}

// An httpStatus is a client's error that has a status of its own.
type httpStatus int

func (s httpStatus) Error() string { return http.StatusText(int(s)) }

// readDelay reads {"delay": ms}. As the application that this one follows it looks only at bodies of
// type application/json, takes any value, and fails when there is none.
func readDelay(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	var body struct {
		Delay json.RawMessage `json:"delay"`
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType == "application/json" {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelayBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return 0, httpStatus(http.StatusRequestEntityTooLarge)
		}
		if err != nil || len(text) > 0 && json.Unmarshal(text, &body) != nil {
			return 0, httpStatus(http.StatusBadRequest)
		}
	}
	if body.Delay == nil {
		return 0, errors.New(`Error: the body must be {"delay": <milliseconds>} with Content-Type: application/json`)
	}
	var ms float64
	if json.Unmarshal(body.Delay, &ms) != nil || string(body.Delay) == "null" || ms != math.Trunc(ms) {
		return brokenDelay, nil
	}
	// A day is for ever here, and keeps the conversion from overflowing.
	const most = float64(24 * time.Hour / time.Millisecond)
	return time.Duration(max(0, min(ms, most))) * time.Millisecond, nil
}
