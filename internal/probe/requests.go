package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// After so many failures in a row the target is left alone: sooner where nobody responds or nobody is let in
// than where a node responds with errors, to which several sessions may stick.
const (
	stopWhenRow    = 6
	stopWhenErrors = 16
)

// more reports whether another request may be made.
func (p *prober) more() bool {
	switch {
	case p.stopped != "":
	case errors.Is(p.Err(), context.DeadlineExceeded):
		p.stopped = fmt.Sprintf("the time was up, %v (--duration)", p.Duration)
	case p.Err() != nil:
		p.stopped = "it was interrupted"
	case len(p.record.Exchanges) >= p.Requests:
		p.stopped = fmt.Sprintf("the %d requests were used up (--requests)", p.Requests)
	}
	return p.stopped == ""
}

// ask describes a request.
type ask struct {
	phase   Phase
	method  string   // "" is GET
	path    string   // "" is the URL's own
	session *session // whose jar takes the response's cookies
	cookies []Pair   // sent instead of the session's, where not nil
	conn    **conn   // to be kept; nil for a connection of its own
	source  string
	trial   string
	home    int
}

// request makes one request; nil where none may be made any more.
func (p *prober) request(a ask) *Exchange {
	if !p.more() {
		return nil
	}
	p.pace()
	e := p.describe(a)
	k, err := p.connection(a)
	if err != nil {
		e.StartUS = p.client.now()
		e.EndUS, e.Error = e.StartUS, errorText(p, err)
	} else {
		p.client.do(p, k, e)
		if a.conn == nil {
			k.Close()
		}
	}
	return p.keep(e)
}

// describe is the exchange before it is made.
func (p *prober) describe(a ask) *Exchange {
	e := &Exchange{
		N: len(p.record.Exchanges) + 1, Phase: a.phase, Method: a.method, Path: a.path,
		Source: a.source, Trial: a.trial, Home: a.home, Cookies: a.cookies,
	}
	if e.Method == "" {
		e.Method = http.MethodGet
	}
	if e.Path == "" {
		e.Path = p.client.url.RequestURI()
	}
	if a.session != nil {
		e.Session = a.session.number
		if a.cookies == nil {
			e.Cookies = a.session.jar.cookies(e.Path)
		}
	}
	return e
}

// connection is the one that the request is to go by.
func (p *prober) connection(a ask) (*conn, error) {
	if a.conn == nil {
		return p.client.dial(p, a.source)
	}
	if k := *a.conn; k != nil {
		if !k.broken {
			return k, nil
		}
		k.Close()
		*a.conn = nil
	}
	k, err := p.client.dial(p, a.source)
	if err == nil {
		*a.conn = k
	}
	return k, err
}

// pace waits before a burst as long as the rate wants.
func (p *prober) pace() {
	p.burst++
	if p.burst <= burstLength && !p.slow {
		return
	}
	p.burst = 1
	wait := burstPause
	if !p.local {
		due := time.Duration(len(p.record.Exchanges)) * time.Second / courtesy
		wait = max(wait, due-time.Since(p.client.start))
	}
	if p.slow {
		wait = max(wait, time.Second/courtesy)
	}
	select {
	case <-time.After(wait):
	case <-p.Done():
	}
}

// newBurst lets the next request begin one.
func (p *prober) newBurst() { p.burst = burstLength }

// keep records the exchange and looks whether the target asks for less.
func (p *prober) keep(e *Exchange) *Exchange {
	p.record.Exchanges = append(p.record.Exchanges, *e)
	if s := p.sessionOf(e); s != nil && e.Phase != PhaseMove {
		s.jar.take(e, p.host, p.client.url.Scheme == "https", time.Now())
		s.last = e.N
	}
	if p.Seen != nil {
		p.Seen(e)
	}
	p.heed(e)
	return e
}

func (p *prober) sessionOf(e *Exchange) *session {
	if e.Session == 0 {
		return nil
	}
	return p.jars[e.Session-1]
}

// heed stops, or slows down, where the target asks for it.
func (p *prober) heed(e *Exchange) {
	if !e.failed() && e.Status != http.StatusForbidden {
		p.errors = 0
	} else {
		p.errors++
	}
	retryAfter := e.field("Retry-After")
	switch {
	case p.stopped != "" || p.Err() != nil:
	case e.Status == http.StatusTooManyRequests:
		p.stopped = "the target asks for less: status 429"
	case len(retryAfter) > 0 && e.Status >= 400:
		p.stopped = fmt.Sprintf("the target asks for less: status %d, Retry-After: %s", e.Status, retryAfter[0])
	case challenge(e):
		p.stopped = fmt.Sprintf("the target wants to know whether it talks to a browser (status %d)", e.Status)
	case p.errors >= stopWhenErrors, p.errors >= stopWhenRow && e.Status < 500:
		p.stopped = fmt.Sprintf("%d requests failed in a row, the last with %s", p.errors, failure(e))
	case e.Status == http.StatusServiceUnavailable:
		p.slow = true // nginx limits with 503
	}
}

// failure words what was wrong with e.
func failure(e *Exchange) string {
	if e.Error != "" {
		return e.Error
	}
	return fmt.Sprintf("status %d", e.Status)
}

// challenge reports whether a page asks whether a browser is there.
func challenge(e *Exchange) bool {
	if len(e.field("cf-mitigated")) > 0 {
		return true
	}
	return e.Status == http.StatusForbidden && (strings.Contains(e.Body, "challenge-platform") || strings.Contains(e.Body, "captcha"))
}
