package lab

import (
	"net/http"
	"slices"
	"time"
)

// A NodeExchange is one request as a node received it, which is what the balancer made of a user's, and
// the node's answer to it. Health checks are among them.
type NodeExchange struct {
	Node    string // its tag
	Arrived time.Time
	Method  string
	URI     string // path and query as received
	Header  http.Header
	// Status is the answer's, 0 if the node died before it gave one.
	Status    int
	SetCookie []string // the answer's lines
	Body      []byte   // of the answer, its first 4 KiB
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
