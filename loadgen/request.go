package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stickbench/assert"
	"stickbench/internal/redact"
	"stickbench/loadgen/internal/wire"
)

// request sends r, follows its redirects, judges the response and records the sample, and reports whether the
// user goes on: not after the second stop, which cuts what is in flight, nor when a trace has seen enough.
//
//	encode ─▶ exchange ─▶ cookies ─▶ redirect? ─▶ observe ─▶ status ─▶ extract ─▶ assert ─▶ record
//	  ▲                               │ yes
//	  └───────────────────────────────┘
func (u *user) request(r *request, now time.Time) bool {
	if u.script.group.Cookies == NoCookies {
		u.forgetSession()
	}
	s := u.blank(u.label(r.Label, r.LabelText), now)
	if u.arrived {
		s.Arrival, s.Late, u.arrived = true, max(0, now.Sub(u.arrival.due).Truncate(time.Microsecond)), false
		if s.Late > LateArrival {
			u.account.Arrivals.Late++
		}
	}
	u.account.Started++
	err := u.fetch(r, s, now)
	switch {
	case err == nil:
		u.at(r.Label, r.timeout, func() { u.judge(r, s, now.Add(r.timeout)) })
	case KindOf(err) == KindRedirect: // the last response is whole
		u.at(r.Label, r.timeout, func() { u.judge(r, s, now.Add(r.timeout)) })
		s.Kind, s.Failure = KindRedirect, err.Error()
	case u.hard.Err() != nil && KindOf(err) != KindVariable: // what cannot be sent was not in flight
		u.account.Cut++
		u.traced(r, KindClosed, err.Error())
		return false
	default:
		u.fail(r, s, err, now)
	}
	if s.Failed() {
		u.account.Failed++
	} else {
		u.account.OK++
	}
	u.record(s)
	return u.traced(r, s.Kind, s.Failure) && (s.Kind == OK || u.backOff(s))
}

// fail notes why a sample begun at start has no response. What came of it, as bytes, is already there;
// conditions see nothing of it.
func (u *user) fail(r *request, s *Sample, err error, start time.Time) {
	u.noResponse()
	s.Kind, s.Failure = KindOther, err.Error()
	var w *wire.Error
	if errors.As(err, &w) {
		s.Kind, s.Failure = w.Kind, w.Within(r.limit(w.Kind))
	}
	if s.Elapsed == 0 {
		s.Elapsed = time.Since(start)
	}
	s.Status, s.Reason, s.DataType = 0, "", ""
}

// limit is the time that has passed after a failure of that kind.
func (r *request) limit(kind Kind) time.Duration {
	if kind == KindConnTime && r.ConnectTimeout > 0 {
		return min(r.timeout, r.ConnectTimeout)
	}
	return r.timeout
}

// fetch gets the response, redirects followed. Its error is a *wire.Error.
func (u *user) fetch(r *request, s *Sample, start time.Time) error {
	deadline := start.Add(r.timeout)
	w := requestEncoder{plan: u.runner.plan, request: r, method: r.Method, target: r.fixed}
	if err := u.aim(&w, r); err != nil {
		u.account.Unsent++
		u.noResponse()
		return err
	}
	u.home = w.target.origin
	for hop := 0; ; hop++ {
		s.URL = w.target.shown
		u.asked.Raw = nil // its buffer is written anew
		raw, err := u.encode(&w, r)
		if hop == 0 {
			u.noResponse() // only now: the request may have values of the last response
		}
		if err != nil {
			if hop == 0 {
				u.account.Unsent++
			}
			return err
		}
		a := &u.response
		if err := u.exchange(&w, s, raw, start, deadline); err != nil {
			return err
		}
		if u.challenged(&w, a) {
			u.observe(a.Status) // the session went on here too
			if err := u.exchange(&w, s, raw, start, deadline); err != nil {
				return err
			}
		}
		if hop == 0 {
			s.Latency = a.FirstByte.Sub(start)
		}
		if r.Redirects == 0 || !redirects(a.Status) {
			return nil
		}
		if hop == r.Redirects {
			return failure(KindRedirect, fmt.Errorf("more than %d redirects", r.Redirects))
		}
		if !u.follow(&w, a) {
			return nil
		}
		u.at(r.Label, r.timeout, func() { u.observe(a.Status) }) // the session went on here too
		u.account.Redirects++
		s.Hops++
	}
}

// exchange sends a request as encoded, begun at start, and takes the response. Its error is a *wire.Error.
func (u *user) exchange(w *requestEncoder, s *Sample, raw []byte, start, deadline time.Time) error {
	r, a := w.request, &u.response
	raw, err := u.signed(raw, w)
	if err != nil {
		return err
	}
	u.asked = wire.Request{Origin: w.target.origin, Raw: raw, Head: w.method == http.MethodHead, KeepBody: r.keepsBody, Close: w.closes, Deadline: deadline, Connecting: r.ConnectTimeout}
	u.give()
	connect, err := u.conns.Do(&u.asked, a)
	u.take()
	if a.Stray != "" {
		u.runner.warn(r.Label + ": the server sent " + a.Stray)
	}
	u.takeBody(r)
	s.Connect += connect
	s.Received += a.Received
	s.Sent += a.Sent
	if err != nil {
		s.Elapsed = time.Since(start)
		u.traceHop(w, raw, start, false)
		return err
	}
	s.Elapsed = a.End.Sub(start)
	u.keepCookies(w.target, a)
	u.view.Status = a.Status
	s.Status = a.Status
	u.target = w.target
	u.traceHop(w, raw, start, true)
	return nil
}

// noResponse forgets the last response, so that no condition or extractor takes it for that of another
// request or another visitor.
func (u *user) noResponse() {
	u.view = assert.Response{Lookup: u, Previous: u.last}
	u.response.Forget()
	u.body = nil
	u.unread()
}

// unread makes extractors read the response at hand anew.
func (u *user) unread() {
	u.fields.state = unread
	u.markup = markup{}
}

// takeBody takes over the body of the response, with its content codings undone.
func (u *user) takeBody(r *request) {
	a := &u.response
	u.body = a.Body
	u.unread()
	if len(a.Body) == 0 || a.Field("Content-Encoding") == "" {
		return
	}
	codings := ""
	for v := range a.Values("Content-Encoding") {
		codings += "," + string(v)
	}
	decoded, err := decode(u.decoded, a.Body, codings)
	if err != nil {
		u.runner.warn(r.Label + ": " + err.Error())
	}
	if u.body = decoded; cap(decoded) <= keptBody {
		u.decoded = decoded
	}
}

// keptBody is how much memory of a decoded body a user keeps for the next one.
const keptBody = 256 << 10

// aim works out the target where it depends on variables.
func (u *user) aim(w *requestEncoder, r *request) error {
	if w.target != nil {
		return nil
	}
	text, err := r.URL.append(nil, u)
	if err != nil {
		return err
	}
	t, err := u.runner.locate(string(text))
	if err != nil {
		// err would show the values, which may be credentials, and make a failure of its own of each
		return failure(KindVariable, fmt.Errorf("with its variables' values, %s is not an http or https URL", r.URL))
	}
	r.show(t)
	w.target = t
	return nil
}

func failure(kind Kind, err error) error { return &wire.Error{Kind: kind, Err: err} }

// encode writes the request to the user's buffer.
func (u *user) encode(w *requestEncoder, r *request) ([]byte, error) {
	raw, err := u.raw[:0], error(nil)
	ready := r.head != nil && w.target == r.fixed && w.method == r.Method
	if ready {
		raw = append(raw, r.head...)
		w.closes = r.closing
	} else if raw, err = w.head(raw, u); err != nil {
		return nil, err
	}
	w.cookies = len(raw)
	if raw, err = u.cookieField(raw, w, r); err != nil {
		return nil, err
	}
	w.rest = len(raw)
	if ready {
		raw = append(raw, r.tail...)
	} else if raw, err = w.tail(raw, u); err != nil {
		return nil, err
	}
	u.raw = raw
	return raw, nil
}

// cookieField is the plan's own cookies and then the jar's, but for those of the same names, in one field
// (RFC 6265bis §5.8).
func (u *user) cookieField(raw []byte, w *requestEncoder, r *request) (all []byte, err error) {
	given := u.jar.at(w.target)
	held, own := given.field, r.cookie != nil && (!w.foreign || r.travels("Cookie"))
	if held == "" && !own {
		return raw, nil
	}
	raw = append(raw, "Cookie: "...)
	if own {
		from := len(raw)
		if raw, err = r.cookie.append(raw, u); err != nil {
			return raw, err
		}
		oneLine(raw[from:])
		if held != "" {
			held = given.without(cookieNames(text(raw[from:])))
		}
		if held != "" {
			raw = append(raw, "; "...)
		}
	}
	raw = append(raw, held...)
	return append(raw, "\r\n"...), nil
}

// cookieNames are the names in a Cookie field.
func cookieNames(field string) (names []string) {
	for _, pair := range strings.Split(field, ";") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, trimBlank(name))
	}
	return names
}

func (u *user) keepCookies(t *target, a *wire.Response) {
	if u.script.group.Cookies == NoCookies {
		return
	}
	for line := range a.SetCookies() {
		if err := u.jar.set(t, string(line)); err != nil {
			u.runner.warn(err.Error())
		}
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow turns w to where the response sends it, and reports whether there is such a place: a redirect that leads
// nowhere is a response like any other (RFC 9110 §15.4). As browsers do, 303 becomes a GET, 301 and 302 make a GET
// of a POST, 307 and 308 repeat method and body. To another origin go no credentials of the plan and no body.
func (u *user) follow(w *requestEncoder, a *wire.Response) bool {
	location := strings.Clone(a.Field("Location")) // the next response overwrites the buffer, and the URL lives on
	if location == "" {
		u.runner.warn(fmt.Sprintf("%s: %d without a Location: it was taken as it is", w.request.Label, a.Status))
		return false
	}
	t, err := w.target.follow(location)
	if err != nil {
		u.runner.warn(fmt.Sprintf("%s: %d was not followed and taken as it is: %v", w.request.Label, a.Status, err))
		return false
	}
	t.shown = redact.AllValues(t.shown) // a response made them: authorization codes, signatures
	w.target, w.foreign = t, t.origin != u.home
	switch {
	case w.method == http.MethodHead:
	case a.Status == http.StatusSeeOther,
		w.method == http.MethodPost && (a.Status == http.StatusMovedPermanently || a.Status == http.StatusFound):
		w.method, w.bare = http.MethodGet, true
	}
	if w.foreign {
		u.leaveBehind(w)
	}
	return true
}

// leaveBehind leaves out the body, and tells what does not go along to another origin.
func (u *user) leaveBehind(w *requestEncoder) {
	names := w.request.stays()
	if w.request.body != nil && !w.bare && !w.request.travels("Content-Type") {
		w.bare = true
		names = append(names, "the body")
	}
	if len(names) > 0 {
		u.runner.warn(fmt.Sprintf("%s: a redirect led to %s, where %s did not go along: redirect_headers says what does",
			w.request.Label, w.target.base(), strings.Join(names, ", ")))
	}
}

// judge judges a complete response: the session first, then the status, the extractions and the
// assertions. The first thing wrong is the sample's failure; variables are set all the same.
func (u *user) judge(r *request, s *Sample, deadline time.Time) {
	a := &u.response
	v := &u.view
	v.Status, v.Elapsed, v.Bytes, v.Body = a.Status, s.Elapsed, s.Received, u.body
	s.Reason, s.DataType = phrase(a), dataType(a.Field("Content-Type"))
	if a.Dropped > 0 && r.keepsBody {
		u.runner.warn(fmt.Sprintf("%s: the response's body is larger than %d MB, extractions and assertions saw only its beginning", r.Label, wire.MaxBody>>20))
	}
	u.observe(a.Status)
	s.Node, s.Counter, s.HasCounter = v.Node, v.Counter, v.HasCounter
	if v.Session != "" {
		s.Session = u.digest
	}
	if !r.judges && (a.Status < 200 || a.Status > 399) {
		s.Kind, s.Failure = KindStatus, strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, s.Reason))
	}
	for i := range r.Extract {
		if u.tooLate(r, s, deadline) {
			return
		}
		if err := u.extract(&r.Extract[i]); err != nil && s.Kind == OK {
			s.Kind, s.Failure = KindExtraction, err.Error()
		}
	}
	if s.Kind != OK {
		return
	}
	for _, c := range r.Assert {
		if u.tooLate(r, s, deadline) {
			return
		}
		if f := c.Check(v); f != nil {
			s.Kind, s.Failure = KindAssertion, f.Message
			return
		}
	}
}

// tooLate reports whether what is left to be judged of a large response is left out, as the request's time is over or
// the run is cut.
func (u *user) tooLate(r *request, s *Sample, deadline time.Time) bool {
	if len(u.body) < largeBody || u.hard.Err() == nil && time.Now().Before(deadline) {
		return false
	}
	if s.Kind == OK {
		s.Kind, s.Failure = KindTimeout, fmt.Sprintf("the response came, extractions and assertions did not end within %v", r.timeout)
	}
	return true
}

// extract sets a variable, or takes its value away where nothing matches: a value left over from an
// earlier response would go on in silence.
func (u *user) extract(x *Extract) error {
	if x.plain() {
		if v, ok := x.From.find(u); ok {
			u.set(x.Name, same(u.variables[x.Name], v))
			return nil
		}
		return u.extractedNothing(x)
	}
	all := u.matches(x)
	switch n := len(all); {
	case n == 0:
		return u.extractedNothing(x)
	case x.Match == AllMatches:
		u.setMany(x.Name, all)
	case x.Match == RandomMatch:
		u.set(x.Name, strings.Clone(all[u.rng.IntN(n)]))
	case x.Match == LastMatch:
		u.set(x.Name, strings.Clone(all[n-1]))
	case x.Match > n:
		return u.extractedNothing(x)
	default:
		u.set(x.Name, strings.Clone(all[max(x.Match, 1)-1]))
	}
	return nil
}

// plain reports whether the first value found in the response is wanted as it is.
func (x *Extract) plain() bool {
	return x.Match >= 0 && x.Match <= 1 && x.Template == "" && x.In == Body
}

// matches are all values that there are, sharing the response's memory.
func (u *user) matches(x *Extract) []string {
	var in extractable
	text := ""
	switch x.In {
	case Body:
		in, text = u, u.bodyText()
	case Headers:
		text = u.Headers()
	case Sent:
		text, _ = u.Sent()
	case URL:
		text = u.URL()
	case Status:
		text = strconv.Itoa(u.view.Status)
	case Reason:
		text = u.Reason()
	case Variable:
		text = u.Variable(x.Variable)
	}
	switch {
	case x.Template != "":
		return x.From.expanded(text, x.Template)
	case x.From.kind.all == nil:
		if v, ok := x.From.find(u); ok {
			return []string{v}
		}
		return nil
	}
	return x.From.kind.all(x.From, in, text)
}

func (u *user) extractedNothing(x *Extract) error {
	switch {
	case x.Default != nil && x.Match == AllMatches:
		u.setMany(x.Name, []string{*x.Default})
	case x.Default != nil:
		u.set(x.Name, *x.Default)
	case !x.Optional:
		u.unset(x.Name)
		return fmt.Errorf("extract %s: nothing in the response matches %s", x.Name, x.From)
	}
	return nil
}

// phrase is the response's reason phrase.
func phrase(a *wire.Response) string {
	return same(http.StatusText(a.Status), a.Reason())
}

// dataType is JMeter's: "bin" for images, sound and film, "" where nothing is said.
func dataType(contentType string) string {
	switch {
	case contentType == "":
		return ""
	case strings.HasPrefix(contentType, "image/svg+xml"):
		return "text"
	case strings.HasPrefix(contentType, "image/"), strings.HasPrefix(contentType, "audio/"), strings.HasPrefix(contentType, "video/"):
		return "bin"
	}
	return "text"
}

// The parts of the last response that extractors and conditions ask for.

func (u *user) bodyText() string { return text(u.body) }

func (u *user) jsonField(name string) (value string, known bool) {
	return u.fields.find(u.bodyText(), name)
}

func (u *user) headerValue(name string) (string, bool) {
	v := u.response.Field(name)
	return v, v != ""
}

func (u *user) headerValues(name string) []string {
	var all []string
	for v := range u.response.Values(name) {
		all = append(all, text(v))
	}
	return all
}

func (u *user) cookieValue(name string) (string, bool) {
	if u.target == nil {
		return "", false
	}
	return u.jar.value(u.target, name)
}

// Header is for conditions (assert.Lookup).
func (u *user) Header(name string) string { return u.response.Field(name) }

// Cookie is for conditions (assert.Lookup).
func (u *user) Cookie(name string) string {
	v, _ := u.cookieValue(name)
	return v
}

// Headers is for conditions (assert.Lookup).
func (u *user) Headers() string { return u.response.Lines() }

// Sent is for conditions (assert.Lookup): "" before the first request, and while one is written.
func (u *user) Sent() (head, body string) {
	before, after, _ := bytes.Cut(u.asked.Raw, []byte("\r\n\r\n"))
	return text(before), text(after)
}

// Reason is for conditions (assert.Lookup).
func (u *user) Reason() string { return u.response.Reason() }

// URL is for conditions (assert.Lookup).
func (u *user) URL() string {
	if u.target == nil {
		return ""
	}
	return u.target.shown
}

// Failed is for conditions (assert.Lookup).
func (u *user) Failed() bool { return u.failed }

// JSON is for conditions (assert.Lookup).
func (u *user) JSON(path string) any { return jsonValue(u.bodyText(), path) }
