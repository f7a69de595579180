// Package capture makes plans of requests that were made elsewhere: of curl commands and of the HAR files that
// browsers save.
//
//	curl '…' -H … ─▶ words ─▶ options ─┐
//	                                   ├▶ Request, Request … ─▶ values of earlier responses ─▶ plan, notes
//	archive.har ─▶ entries ─▶ kept ────┘                        become extractions (values.go)
package capture

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"stickbench/internal/draft"
)

// Request is a request that was made.
type Request struct {
	Method  string
	URL     *url.URL // absolute
	Headers []Header
	Body    *string // nil for none
	File    string  // whose content is the body; "" for none
	Parts   []part  // of the body, where it has several
	digest  string  // user and password, with a colon between them, that answer a challenge; "" for none
	// Redirects is how many are followed at most, FollowRedirects if it is not limited.
	Redirects int
	Timeout   time.Duration // 0 for the plan's own
	// Think is the pause before the request.
	Think time.Duration

	response *response // that came back, nil where nobody knows
}

// Header is a field of a request.
type Header struct{ Name, Value string }

// FollowRedirects are as many as browsers follow.
const FollowRedirects = -1

// response is what is known of a response.
type response struct {
	status  int
	headers []Header
	body    string
}

// Plan is what an import made.
type Plan struct {
	// TOML is the plan.
	TOML string
	// Notes are what the user should know: what was left out and why, a line each.
	Notes []string
}

// Options say what of the requests is kept.
type Options struct {
	// Name is the plan's, File what messages call the source.
	Name, File string
	// Cookies keeps the Cookie headers. Without them every user gets cookies of its own from its own jar; with
	// them all users share the session that was captured.
	Cookies bool
	// Static keeps images, styles, scripts, fonts and media of a HAR.
	Static bool
	// Hosts are the hosts of a HAR whose requests are kept; none means the host of its first page.
	Hosts []string
}

// importer writes one plan.
type importer struct {
	Options
	insecure bool
	http     string // "", "1.1" or "2"
	notes    []string
	refused  []error // what cannot be carried over
	requests []*Request
}

func (im *importer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(im.notes, text) {
		im.notes = append(im.notes, text)
	}
}

// own are the headers that the engine sets by itself, or that belong to another client's connection and cache.
var own = []string{"Host", "Content-Length", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade",
	"Upgrade-Insecure-Requests", "If-None-Match", "If-Modified-Since", "Cache-Control", "Pragma", "DNT", "Priority"}

// kept are the headers of a request that a plan needs.
func (im *importer) kept(r *Request) (all []Header) {
	for _, h := range r.Headers {
		is := func(name string) bool { return strings.EqualFold(h.Name, name) }
		switch {
		case strings.HasPrefix(h.Name, ":"), len(h.Name) > 4 && strings.EqualFold(h.Name[:4], "Sec-"):
		case slices.ContainsFunc(own, is):
		case is("Cookie") && !im.Cookies:
			im.note("cookies are left out, so that each user gets its own; --cookies keeps them, and all users share the session that was captured")
		case slices.ContainsFunc(all, func(other Header) bool { return strings.EqualFold(other.Name, h.Name) }):
			im.note("%s %s: a second %s header is left out", r.Method, r.URL.Path, h.Name)
		default:
			all = append(all, h)
		}
	}
	return all
}

// plan writes the plan.
func (im *importer) plan() *Plan {
	values := im.dynamic()
	var p draft.Table
	p.Comment("Imported from %s. One user makes the requests once: raise users, and set iterations or duration.", im.File)
	p.Set("name", im.Name)
	target := p.Table("target")
	base := im.requests[0].URL
	target.Set("url", origin(base))
	if im.http != "" {
		target.Set("http", im.http)
	}
	if im.insecure {
		target.Set("insecure", true)
	}
	headers := make([][]Header, len(im.requests))
	for i, r := range im.requests {
		headers[i] = im.kept(r)
	}
	common := shared(headers)
	if len(common) > 0 {
		target.Set("headers", inline(common, nil))
	}
	g := p.Append("group")
	g.Set("users", 1)
	g.Set("iterations", 1)
	for i, r := range im.requests {
		if r.Think > 0 {
			g.Append("step").Set("think", r.Think.String())
		}
		own := without(headers[i], common)
		if _, form := formOf(r); form {
			own = slices.DeleteFunc(own, func(h Header) bool { return strings.EqualFold(h.Name, "Content-Type") })
		}
		im.step(g.Append("step"), r, origin(base), own, values[i])
	}
	return &Plan{TOML: p.String(), Notes: im.notes}
}

// step writes a request.
func (im *importer) step(s *draft.Table, r *Request, base string, headers []Header, v stepValues) {
	where := r.URL.RequestURI()
	if origin(r.URL) != base {
		where = origin(r.URL) + where
	}
	for _, line := range v.comments {
		s.Comment("%s", line)
	}
	s.Set("request", r.Method+" "+v.inURL(where))
	if v.inURL(where) != draft.Escape(where) {
		s.Set("name", r.Method+" "+r.URL.Path)
	}
	if len(headers) > 0 {
		s.Set("headers", inline(headers, v.inText))
	}
	if user, password, _ := strings.Cut(r.digest, ":"); user != "" {
		s.Set("digest_auth", draft.Inline{{Key: "user", Value: draft.Escape(user)}, {Key: "password", Value: draft.Escape(password)}})
	}
	if form, ok := formOf(r); ok {
		for i := range form {
			form[i].Value = v.inText(form[i].Value.(string))
		}
		s.Set("form", form)
	} else if r.Body != nil {
		s.Set("body", v.inText(*r.Body))
	} else if r.File != "" {
		s.Set("body", draft.Inline{{Key: "file", Value: draft.Escape(r.File)}})
	} else if r.Parts != nil {
		s.Set("multipart", multipart(r.Parts))
	}
	switch r.Redirects {
	case FollowRedirects:
	case 0:
		s.Set("redirects", false)
	default:
		s.Set("redirects", r.Redirects)
	}
	if r.Timeout > 0 {
		s.Set("timeout", r.Timeout.String())
	}
	if len(v.extract) > 0 {
		s.Set("extract", v.extract)
	}
}

// multipart are the parts as a plan has them: those of one name in a list.
func multipart(parts []part) (all draft.Inline) {
	for _, p := range parts {
		var v any = draft.Escape(p.value)
		if p.file != "" {
			file := draft.Inline{{Key: "file", Value: draft.Escape(p.file)}}
			if p.kind != "" {
				file = append(file, draft.Pair{Key: "type", Value: draft.Escape(p.kind)})
			}
			if p.sent != "" {
				file = append(file, draft.Pair{Key: "name", Value: draft.Escape(p.sent)})
			}
			v = file
		}
		i := slices.IndexFunc(all, func(o draft.Pair) bool { return o.Key == p.name })
		if i < 0 {
			all = append(all, draft.Pair{Key: p.name, Value: v})
			continue
		}
		list, many := all[i].Value.(draft.List)
		if !many {
			list = draft.List{all[i].Value}
		}
		all[i].Value = append(list, v)
	}
	return all
}

func inline(headers []Header, text func(string) string) draft.Inline {
	if text == nil {
		text = draft.Escape
	}
	var all draft.Inline
	for _, h := range headers {
		all = append(all, draft.Pair{Key: h.Name, Value: text(h.Value)})
	}
	return all
}

// shared are the headers that all of several requests have, with the same value, but for those of bodies.
func shared(lists [][]Header) (all []Header) {
	if len(lists) < 2 {
		return nil
	}
	for _, h := range lists[0] {
		everywhere := !strings.EqualFold(h.Name, "Content-Type")
		for _, other := range lists[1:] {
			everywhere = everywhere && slices.Contains(other, h)
		}
		if everywhere {
			all = append(all, h)
		}
	}
	return all
}

func without(headers, common []Header) []Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h Header) bool { return slices.Contains(common, h) })
}

// origin is scheme and host.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// absolute reads the URL of a request; one without a scheme has http, as curl and browsers' address bars have it.
func absolute(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(strings.ReplaceAll(s, " ", "%20"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("invalid URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("invalid URL %s: want http:// or https://", s)
	case u.Hostname() == "":
		return nil, fmt.Errorf("invalid URL %s: it has no host", s)
	}
	u.Fragment = ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// basic is the header of a user and a password.
func basic(credentials string) Header {
	return Header{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))}
}
