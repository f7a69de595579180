package loadgen

import (
	"bytes"
	"strings"
	"time"
)

// Exchange is one request of a user and its response as they went over the wire, for Runner.Trace. A sample
// has one for each redirect that it followed and one more, and a single one if nothing could be sent.
// Cookie, SetCookie and Held are credentials, in full.
type Exchange struct {
	User      int // the user's number in the run, from 1
	Iteration int // within the user, from 1
	Life      int // of the user's jar, from 1, as in Sample
	// Request is the plan's own, the very pointer, and Hop counts the exchanges of the sample from 0.
	Request *Request
	Hop     int
	// Start is before connecting, End the response's last byte, or when the failure was noticed.
	Start, End time.Time
	Method     string
	URL        string // without credentials; "" if a variable of it has no value
	Cookie     string // the Cookie field that was sent, "" for none
	// Sent says that something went out, Responded that a whole response came back.
	Sent, Responded bool
	Status          int
	Reason          string
	SetCookie       []string // the response's lines, in their order
	Held            string   // the Cookie field that the jar would now send to the same URL
	// Node and Counter are what this response says of itself, by the plan's extractors.
	Node       string
	Counter    int64
	HasCounter bool
	// Kind and Failure are the sample's, on its last exchange only; for a request that was cut by the
	// second stop they say so, though it is in no sample.
	Kind    Kind
	Failure string
}

// traceHop notes what just went over the wire, if anybody wants to see it.
func (u *user) traceHop(w *requestEncoder, raw []byte, start time.Time, responded bool) {
	if u.runner.Trace != nil {
		u.keepHop(w, raw, start, responded)
	}
}

// keepHop must not be inlined: an Exchange on the stack of every user, traced or not, is one page more for
// each.
//
//go:noinline
func (u *user) keepHop(w *requestEncoder, raw []byte, start time.Time, responded bool) {
	u.hops = append(u.hops, u.hop(w, raw, start, responded))
}

// hop is the exchange that the user's buffers hold.
func (u *user) hop(w *requestEncoder, raw []byte, start time.Time, responded bool) Exchange {
	hop := len(u.hops)
	if hop > 0 {
		start = u.hops[hop-1].End // a redirect is followed at once
	}
	a := &u.response
	x := Exchange{
		User: u.number, Iteration: u.sample.Iteration, Life: u.life, Hop: hop,
		Start: start, End: time.Now(), Method: w.method, URL: w.target.shown, Cookie: cookieSent(raw),
		Sent: a.Sent > 0, Responded: responded,
	}
	if !responded {
		return x
	}
	x.End, x.Status, x.Reason = a.End, a.Status, strings.Clone(phrase(a))
	for line := range a.SetCookies() {
		x.SetCookie = append(x.SetCookie, string(line))
	}
	x.Held = u.jar.at(w.target).field
	if node, ok := u.respondingNode(a.Status); ok {
		x.Node = strings.Clone(node)
	}
	if v, ok := u.seen(u.runner.plan.Session.Counter); ok {
		x.Counter, x.HasCounter = counterValue(v)
	}
	return x
}

// traced tells the sample's exchanges to who wants to see them, and reports whether the user goes on.
func (u *user) traced(r *request, kind Kind, failure string) (more bool) {
	if u.runner.Trace == nil {
		return true
	}
	if len(u.hops) == 0 {
		u.hops = append(u.hops, u.unsent(r))
	}
	last := &u.hops[len(u.hops)-1]
	last.Kind, last.Failure = kind, failure
	more = true
	for i := range u.hops {
		u.hops[i].Request = r.Request
		more = u.runner.Trace(&u.hops[i]) && more
	}
	u.hops = nil // who was told keeps them
	return more
}

// unsent stands for a request that came to nothing for want of a variable's value.
func (u *user) unsent(r *request) Exchange {
	start := time.UnixMicro(u.sample.Start)
	x := Exchange{User: u.number, Iteration: u.sample.Iteration, Life: u.life, Start: start, End: start, Method: r.Method}
	if r.fixed != nil {
		x.URL = r.fixed.shown
	}
	return x
}

// cookieSent is the value of the Cookie field that the engine put into raw.
func cookieSent(raw []byte) string {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	_, from, found := bytes.Cut(head, []byte("\r\nCookie: "))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(from, []byte("\r\n"))
	return string(value)
}
