package probe

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// The steps of a move.
const (
	moveHome = "home"
	moveAway = "away"
	moveBack = "back"
)

// move takes a session to another node, makes two requests there, and comes back with the cookies that it
// had at home.
func (p *prober) move(v *view) {
	s, elsewhere, source := p.removal(v)
	if s == nil {
		return
	}
	p.newBurst()
	at := s.jar.cookies(p.client.url.Path)
	first := p.request(ask{phase: PhaseMove, session: s, cookies: at, trial: moveHome})
	away := slices.Clone(s.jar)
	for range 2 {
		e := p.request(ask{phase: PhaseMove, session: s, cookies: elsewhere(away.cookies(p.client.url.Path)), source: source, trial: moveAway})
		if e == nil {
			return
		}
		away.take(e, p.host, p.client.url.Scheme == "https", time.Now())
	}
	p.request(ask{phase: PhaseMove, session: s, cookies: at, trial: moveBack, home: first.N})
}

// removal says how to take which session to another node: by the cookie that pins it, with the value of a
// session there, or by another source address. s is nil where there is no way.
func (p *prober) removal(v *view) (s *session, elsewhere func([]Pair) []Pair, source string) {
	if name := v.pin(); name != "" {
		homes, c := p.homes(v, name), v.cookie(name)
		if len(homes) < 2 || c.values == cookieUnique {
			return nil, nil, ""
		}
		for _, s := range p.jars {
			i := slices.IndexFunc(homes, func(h home) bool { return v.nodeAt(h.n) != v.nodeAt(s.last) })
			if i >= 0 && v.nodeAt(s.last) != "" {
				return s, func(cookies []Pair) []Pair { return c.swap(cookies, homes[i].value) }, ""
			}
		}
	}
	if len(p.jars) == 0 {
		return nil, nil, ""
	}
	for _, e := range v.of(PhaseSource) {
		if node, at := v.node(e), v.nodeAt(p.jars[0].last); node != "" && at != "" && node != at {
			return p.jars[0], func(cookies []Pair) []Pair { return cookies }, e.Source
		}
	}
	return nil, nil, ""
}

// behaviour is what clients do besides one GET after the other.
func (p *prober) behaviour() {
	if len(p.jars) == 0 {
		return
	}
	s := p.jars[len(p.jars)-1]
	before := s.last
	for range 2 {
		p.request(ask{phase: PhaseHead, method: http.MethodHead, session: s, home: before})
	}
	p.parallel(s, before)
	p.redirected()
	if p.client.url.Scheme == "https" {
		p.overHTTP2(s, before)
	}
}

// parallel makes requests of one session at the same time.
func (p *prober) parallel(s *session, before int) {
	const together = 4
	if !p.more() || len(p.record.Exchanges)+together > p.Requests {
		return
	}
	var all [together]*Exchange
	var running sync.WaitGroup
	for i := range all {
		e := p.describe(ask{phase: PhaseParallel, session: s, home: before})
		e.N += i
		all[i] = e
		running.Go(func() {
			k, err := p.client.dial(p, "")
			if err != nil {
				e.Error = errorText(p, err)
				return
			}
			defer k.Close()
			p.client.do(p, k, e)
		})
	}
	running.Wait()
	for _, e := range all {
		p.keep(e)
	}
}

// redirected begins sessions at the URL that was given and redirects, and goes on where it leads.
func (p *prober) redirected() {
	given, err := url.Parse(p.record.Given)
	if err != nil || p.record.Given == "" {
		return
	}
	for range redirectTimes {
		s := p.begin()
		e := p.request(ask{phase: PhaseRedirect, path: given.RequestURI(), session: s})
		if e == nil {
			return
		}
		p.request(ask{phase: PhaseRedirect, session: s, home: e.N})
	}
}

// overHTTP2 makes decisions and requests of a session on one connection of HTTP/2.
func (p *prober) overHTTP2(s *session, before int) {
	h := p.client.http2()
	defer h.transport.CloseIdleConnections()
	for i := range 9 {
		a := ask{phase: PhaseHTTP2}
		if i >= 6 {
			a.session, a.home = s, before
		}
		if !p.more() {
			return
		}
		p.pace()
		e := p.describe(a)
		h.do(p, e)
		if p.keep(e); e.Error != "" {
			return
		}
	}
}

// held makes decisions while a slow request keeps a node busy. They begin when the balancer has had the
// time to place that one.
func (p *prober) held() {
	const placed = 100 * time.Millisecond
	if !p.more() || len(p.record.Exchanges)+meanwhileCount >= p.Requests {
		return
	}
	slow := p.describe(ask{phase: PhaseHeld, path: p.SlowPath})
	k, err := p.client.dial(p, "")
	if err != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer k.Close()
		p.client.do(p, k, slow)
	}()
	select {
	case <-time.After(placed):
	case <-ended:
	}
	var while *conn
	for range meanwhileCount {
		select {
		case <-ended:
		default:
			p.request(ask{phase: PhaseMeanwhile, conn: &while})
		}
	}
	if while != nil {
		while.Close()
	}
	<-ended
	slow.N = len(p.record.Exchanges) + 1
	p.keep(slow)
}
