package loadgen

import (
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/redact"
)

// script is a group's steps made ready, shared by its users and never written to.
type script struct {
	group *Group
	code  []instruction
	data  []*dealer
	names []string // of the JSON fields that extractors look for in bodies
	// readsBodies says that something may look at the body of the last response, whichever that was.
	readsBodies bool
	// What users of the group share, and how many of each a user has for itself.
	barriers                          []*Together
	paces                             []*Pace
	registers, lists, orders, tallies int
}

// request is a request made ready: what does not depend on variables is worked out beforehand.
type request struct {
	*Request
	body    *Template // nil for none
	timeout time.Duration
	// fixed is where it goes, nil if that depends on variables.
	fixed *target
	// shown is what stands behind scheme and host of a URL with values from responses, as the plan words it:
	// the values may be session ids and tokens. It is "" for a URL without.
	shown string
	// head and tail enclose the Cookie field of a request without variables; nil if it has some.
	head, tail []byte
	// cookie is the plan's own Cookie field, put before the jar's; nil for none.
	cookie *Template
	// closing says with each request that its connection ends with it.
	closing bool
	// keepsBody says that something may look at the body of its response.
	keepsBody bool
	// judges says that an assertion is about the status, so that the default rule does not apply.
	judges bool
}

// requests are all that the script may send.
func (s *script) requests() (all []*request) {
	for i := range s.code {
		if r := s.code[i].request; r != nil {
			all = append(all, r)
		}
		all = append(all, s.code[i].variants...)
	}
	return all
}

// name notes what the extractors look for, each name once.
func (s *script) name(xs ...*Extractor) {
	for _, x := range xs {
		if n := x.jsonFieldName(); n != "" && !slices.Contains(s.names, n) {
			s.names = append(s.names, n)
		}
	}
}

// prepare makes req with that body ready; keepsBody says that what does not belong to it may look at its response's
// body.
func prepare(p *Plan, g *Group, req *Request, body *Template, keepsBody bool) (*request, error) {
	r := &request{Request: req, body: body, timeout: req.Timeout, closing: g.Connections == PerRequest, keepsBody: keepsBody || req.readsBody()}
	if r.timeout == 0 {
		r.timeout = p.Timeout
	}
	for _, c := range req.Assert {
		r.judges = r.judges || c.Uses("status")
	}
	for _, f := range req.Header {
		if textproto.CanonicalMIMEHeaderKey(f.Name) == "Cookie" {
			r.cookie = f.Value
		}
	}
	if req.URL.secretive() {
		r.shown = redact.URL(templatePath(Absolute(p.Target, req.URL.String())))
	}
	path, known := req.URL.Known()
	if !known {
		return r, nil
	}
	t, err := parseTarget(Absolute(p.Target, path))
	if err != nil {
		return nil, err
	}
	r.show(t)
	r.fixed = t
	constant := !slices.ContainsFunc(req.Header, func(f Field) bool { return !f.Value.constant() })
	if constant && (body == nil || body.constant()) {
		w := requestEncoder{plan: p, request: r, method: req.Method, target: t}
		r.head, _ = w.head(nil, nil)
		r.closing = w.closes
		r.tail, _ = w.tail(nil, nil)
	}
	return r, nil
}

// show keeps the values in the URL of t from being shown.
func (r *request) show(t *target) {
	if r.shown != "" {
		t.shown = t.base() + r.shown
	}
}

// templatePath is what of a URL with variables stands behind its host; all of it if its host is in a variable.
func templatePath(url string) string {
	url, _, _ = strings.Cut(url, "#")
	if _, rest, found := strings.Cut(url, "://"); found {
		_, path, _ := strings.Cut(rest, "/")
		return "/" + path
	}
	return "/" + url
}

// requestEncoder writes a request as HTTP/1.1 (RFC 9112 §3). Its methods append to a buffer and stop at
// the first value that there is not, and say so.
type requestEncoder struct {
	plan    *Plan
	request *request
	method  string
	target  *target
	// bare leaves out the body and the fields that describe it: a redirect made a GET of the request, or led to
	// another origin.
	bare bool
	// foreign leaves out what is only for the request's own origin: a redirect led to another one.
	foreign bool
	// closes says that the head which was written ends the connection.
	closes bool
	// cookies and rest are where in the request as encoded the Cookie field begins, and what comes behind it.
	cookies, rest int
}

// head is everything up to where the Cookie field stands.
func (w *requestEncoder) head(dst []byte, from values) (all []byte, err error) {
	dst = append(dst, w.method...)
	dst = append(dst, ' ')
	proxied := w.plan.Route.Proxy != nil && !w.target.origin.Secure
	if proxied { // the absolute form (RFC 9112 §3.2.2)
		dst = append(dst, w.target.base()...)
	}
	dst = append(dst, w.target.path...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	if !w.names("Host") {
		dst = field(dst, "Host", w.target.authority)
	}
	if !w.names("User-Agent") && w.plan.UserAgent != "" {
		dst = field(dst, "User-Agent", w.plan.UserAgent)
	}
	if w.target.basic != "" && w.request.Digest == nil && !w.names("Authorization") {
		dst = field(dst, "Authorization", w.target.basic)
	}
	if a := w.plan.Route.Authorization(); proxied && a != "" {
		dst = field(dst, "Proxy-Authorization", a)
	}
	if w.closes = w.request.closing; w.closes && !w.names("Connection") {
		dst = field(dst, "Connection", "close")
	}
	for _, f := range w.request.Header {
		if w.leftOut(f.Name) {
			continue
		}
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		begin := len(dst)
		if dst, err = f.Value.append(dst, from); err != nil {
			return dst, err
		}
		oneLine(dst[begin:])
		if strings.EqualFold(f.Name, "Connection") {
			w.closes = w.closes || hasToken(text(dst[begin:]), "close")
		}
		dst = append(dst, "\r\n"...)
	}
	return dst, nil
}

// hasToken reports whether a list of tokens has the one called want, in any case (RFC 9110 §5.6.1).
func hasToken(list, want string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return strings.EqualFold(trimBlank(s), want) })
}

// oneLine keeps a value that a response brought from ending its field (RFC 9110 §5.5).
func oneLine(value []byte) {
	for i, b := range value {
		if b == '\r' || b == '\n' || b == 0 {
			value[i] = ' '
		}
	}
}

func (w *requestEncoder) leftOut(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Cookie":
		return true // it stands with the jar's
	case "Content-Type", "Content-Encoding", "Content-Language":
		return w.bare
	}
	return w.foreign && !w.request.travels(name)
}

// travels reports whether a header goes along with a redirect to another origin: it may hold a credential unless it
// is one of a few that browsers themselves send, or the plan says so. What goes to the request's own origin alone
// has its name and its secrets there (Fetch Standard, "HTTP-redirect fetch", and what curl and browsers learned of it).
func (r *request) travels(name string) bool {
	for _, own := range r.RedirectHeaders {
		if own == "*" || strings.EqualFold(own, name) {
			return !strings.EqualFold(name, "Host")
		}
	}
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Pragma", "Range", "Upgrade-Insecure-Requests", "User-Agent":
		return true
	}
	return false
}

// stays are the names of what does not go along to another origin, "the body" among them.
func (r *request) stays() (names []string) {
	for _, f := range r.Header {
		if !r.travels(f.Name) && !strings.EqualFold(f.Name, "Host") {
			names = append(names, f.Name)
		}
	}
	return names
}

func (w *requestEncoder) names(name string) bool {
	return !w.leftOut(name) && slices.ContainsFunc(w.request.Header, func(f Field) bool {
		return textproto.CanonicalMIMEHeaderKey(f.Name) == name
	})
}

// tail is everything behind the Cookie field: the length, the empty line and the body.
func (w *requestEncoder) tail(dst []byte, from values) (all []byte, err error) {
	var body []byte
	if w.request.body != nil && !w.bare {
		if body, err = w.request.body.append(nil, from); err != nil {
			return dst, err
		}
	}
	if len(body) > 0 || slices.Contains([]string{"POST", "PUT", "PATCH"}, w.method) {
		dst = field(dst, "Content-Length", strconv.Itoa(len(body)))
	}
	dst = append(dst, "\r\n"...)
	return append(dst, body...), nil
}

func field(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
