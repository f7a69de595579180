package probe

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// How many requests the experiments make. Chances are below sure: 2 nodes need 10 hits in a row, 3 need 7.
const (
	orderRequests   = 40
	connRequests    = 24
	sessionCount    = 6
	sessionRequests = 6
	mostTrials      = 16 // of one cookie
	leastTrials     = 4  // of one that does not pin, so that some come home and show whose session it is
	mostCookies     = 5  // on trial
	freshTrials     = 14
	forgedValues    = 6 // each several times
	forgedTimes     = 4
	withoutTrials   = 10
	sourceCount     = 16
	sourceAgain     = 12 // requests from an address that came before
	pathTimes       = 3
	inventedPaths   = 4
	inventedQueries = 4
	meanwhileCount  = 20
)

// experiments are all of them; each is left out where it can show nothing.
func (p *prober) experiments() {
	p.order()
	p.connections()
	v := p.view()
	if p.SlowPath != "" {
		p.held()
	}
	if !v.told() {
		p.sources()
		if v = p.view(); len(v.nodes()) < 2 {
			p.paths()
			p.queries()
		}
	}
	p.sessions(v.told())
	v = p.view()
	if v.told() {
		p.cookies(v)
	}
	p.move(p.view())
	p.behaviour()
}

// view is what there is yet.
func (p *prober) view() *view { return newView(p.record) }

// order makes decisions on one connection, in bursts.
func (p *prober) order() {
	var k *conn
	p.newBurst()
	for range orderRequests {
		p.request(ask{phase: PhaseOrder, conn: &k})
	}
	if k != nil {
		k.Close()
	}
}

// connections makes decisions on new connections.
func (p *prober) connections() {
	p.newBurst()
	for range connRequests {
		p.request(ask{phase: PhaseConnections})
	}
}

// sources makes decisions from other addresses: first each once, in an order without a pattern, so that a
// table that is filled in turn shows as one; then some again.
func (p *prober) sources() {
	sources := p.Sources
	if len(sources) == 0 {
		if sources = p.inventSources(); sources == nil {
			return
		}
	}
	p.newBurst()
	for _, source := range sources {
		if e := p.request(ask{phase: PhaseSource, source: source}); e == nil || e.Status == 0 {
			return
		}
	}
	for i := range sourceAgain {
		p.request(ask{phase: PhaseSource, source: sources[i*5%len(sources)]})
	}
}

// inventSources are addresses of the loopback network, whose third byte differs: nginx's ip_hash leaves the
// fourth out. nil for targets elsewhere.
func (p *prober) inventSources() (all []string) {
	target, err := netip.ParseAddrPort(p.record.Address)
	if err != nil || !target.Addr().Is4() || !target.Addr().IsLoopback() {
		return nil
	}
	for range sourceCount {
		all = append(all, fmt.Sprintf("127.%d.%d.%d", 1+p.random.IntN(254), 1+p.random.IntN(254), 2+p.random.IntN(250)))
	}
	return all
}

// paths makes decisions for other paths, each several times.
func (p *prober) paths() {
	paths := slices.Clone(p.Paths)
	if len(paths) == 0 {
		base := p.client.url.EscapedPath()
		base = base[:strings.LastIndexByte(base, '/')+1]
		for range inventedPaths {
			paths = append(paths, base+"stickbench-"+p.letters(6))
		}
	}
	p.mixed(PhasePath, append(paths, p.client.url.EscapedPath()))
}

// queries makes decisions for other queries of the URL's path.
func (p *prober) queries() {
	var paths []string
	for range inventedQueries {
		u := *p.client.url
		q := u.Query()
		q.Set("stickbench", p.letters(6))
		u.RawQuery = q.Encode()
		paths = append(paths, u.RequestURI())
	}
	p.mixed(PhaseQuery, paths)
}

// mixed makes decisions for each of the paths several times, in random order.
func (p *prober) mixed(phase Phase, paths []string) {
	p.newBurst()
	for _, i := range p.deal(len(paths), pathTimes) {
		p.request(ask{phase: phase, path: paths[i]})
	}
}

// deal is each of n things so many times, in random order.
func (p *prober) deal(n, times int) []int {
	cards := make([]int, 0, n*times)
	for range times {
		for i := range n {
			cards = append(cards, i)
		}
	}
	p.random.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	return cards
}

func (p *prober) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + p.random.IntN(26))
	}
	return string(b)
}

// sessions lets virtual clients make requests with their cookies, in random order. Each request has a
// connection of its own, so that no connection holds a session.
func (p *prober) sessions(told bool) {
	n, times := sessionCount, sessionRequests
	if !told {
		n, times = 3, 4
	}
	for range n {
		p.jars = append(p.jars, &session{number: len(p.jars) + 1})
	}
	p.newBurst()
	for _, i := range p.deal(n, times) {
		p.request(ask{phase: PhaseSessions, session: p.jars[i]})
	}
	for v := p.view(); told && p.neighbours(v) && len(p.jars) < 2*sessionCount && p.more(); p.look(v) {
		s := &session{number: len(p.jars) + 1}
		p.jars = append(p.jars, s)
		for range 2 {
			p.request(ask{phase: PhaseSessions, session: s})
		}
	}
}

// neighbours reports whether all sessions are on one node, so that none can stand for another one.
func (p *prober) neighbours(v *view) bool {
	first := v.nodeAt(p.jars[0].last)
	return !slices.ContainsFunc(p.jars, func(s *session) bool { return v.nodeAt(s.last) != first })
}

// home is where a cookie's value comes from.
type home struct {
	value string
	n     int // the exchange whose node it stands for
}

// cookies tries each cookie: alone, never sent before, invented, and all but it.
func (p *prober) cookies(v *view) {
	for _, name := range v.cookieNames() {
		homes := p.homes(v, name)
		if len(homes) < 2 {
			continue
		}
		p.alone(v, name, homes)
		p.look(v)
		if !v.trials(PhaseCookie, name).all() {
			continue
		}
		c := v.cookie(name)
		if c.values == cookieUnique {
			p.fresh(v, c)
		}
		if p.look(v); !c.application || p.Deep {
			p.forged(v, c)
		}
		p.without(v, name)
		p.look(v)
	}
}

// look lets v see what came since, with the nodes told apart as before.
func (p *prober) look(v *view) {
	v.exchanges = v.exchanges[:0]
	for i := range p.record.Exchanges {
		v.exchanges = append(v.exchanges, &p.record.Exchanges[i])
	}
}

// homes are values of the cookie that stand for different nodes: those of sessions, or of responses where
// no session kept it.
func (p *prober) homes(v *view, name string) []home {
	byNode := map[string]home{}
	for _, s := range p.jars {
		if i := slices.IndexFunc(s.jar, func(c setCookie) bool { return c.Name == name }); i >= 0 && v.nodeAt(s.last) != "" {
			byNode[v.nodeAt(s.last)] = home{s.jar[i].Value, s.last}
		}
	}
	if len(byNode) == 0 {
		for _, e := range v.decisions() {
			if value, ok := e.issued(name); ok && v.node(e) != "" {
				byNode[v.node(e)] = home{value, e.N}
			}
		}
	}
	var all []home
	for _, node := range slices.Sorted(maps.Keys(byNode)) {
		all = append(all, byNode[node])
	}
	return all
}

// alone sends nothing but the cookie: is it sufficient? The homes come in random order, since requests
// with and without a cookie in turn would be on their nodes by round robin too.
func (p *prober) alone(v *view, name string, homes []home) {
	homes = homes[:min(len(homes), 3)]
	p.newBurst()
	for range mostTrials {
		h := homes[p.random.IntN(len(homes))]
		if p.request(ask{phase: PhaseCookie, cookies: []Pair{{name, h.value}}, trial: name, home: h.n}) == nil {
			return
		}
		p.look(v)
		t := v.trials(PhaseCookie, name)
		if t.hits < t.n && t.n >= leastTrials || t.all() && t.n >= leastDecided {
			return
		}
	}
}

// fresh sends values that were issued and never sent back: a table knows them, a hash sends them anywhere.
func (p *prober) fresh(v *view, c cookieFacts) {
	tried := 0
	p.newBurst()
	for _, e := range p.shuffled(v.decisions()) {
		value, ok := e.issued(c.name)
		if !ok || v.node(e) == "" {
			continue
		}
		if tried++; tried > freshTrials || p.request(ask{phase: PhaseFresh, cookies: []Pair{{c.name, value}}, trial: c.name, home: e.N}) == nil {
			return
		}
		p.look(v)
		if t := v.trials(PhaseFresh, c.name); t.hits < t.n-1 || t.all() && t.n >= leastDecided {
			return
		}
	}
}

func (p *prober) shuffled(some []*Exchange) []*Exchange {
	some = slices.Clone(some)
	p.random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some
}

// forged sends invented values of the cookie's shape, each several times: does each keep to a node?
func (p *prober) forged(v *view, c cookieFacts) {
	var values []string
	for range forgedValues {
		values = append(values, invent(p.random, c.example))
	}
	p.newBurst()
	for _, i := range p.deal(len(values), forgedTimes) {
		if p.request(ask{phase: PhaseForged, cookies: []Pair{{c.name, values[i]}}, trial: c.name}) == nil {
			return
		}
		if p.look(v); !v.forged(c.name).steady {
			return
		}
	}
}

// invent replaces letters and digits by others of their kind: hexadecimal digits where a value has no
// others.
func invent(random *rand.Rand, value string) string {
	hexadecimal := !strings.ContainsFunc(value, func(c rune) bool {
		return (c >= 'g' && c <= 'z' || c >= 'G' && c <= 'Z')
	})
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return '0' + rune(random.IntN(10))
		case c >= 'a' && c <= 'f' && hexadecimal:
			return 'a' + rune(random.IntN(6))
		case c >= 'a' && c <= 'z':
			return 'a' + rune(random.IntN(26))
		case c >= 'A' && c <= 'Z':
			return 'A' + rune(random.IntN(26))
		}
		return c
	}, value)
}

// without sends all of a session's cookies but one: is it necessary?
func (p *prober) without(v *view, name string) {
	p.newBurst()
	for range withoutTrials {
		s := p.jars[p.random.IntN(len(p.jars))]
		rest := slices.DeleteFunc(s.jar.cookies(p.client.url.Path), func(c Pair) bool { return c.Name == name })
		if len(rest) == 0 || len(rest) == len(s.jar) {
			return
		}
		p.request(ask{phase: PhaseWithout, cookies: rest, trial: name, home: s.last})
		p.look(v)
		if t := v.trials(PhaseWithout, name); t.n-t.hits >= 2 {
			return
		}
	}
}

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
