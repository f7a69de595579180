package probe

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// How many requests the experiments make. Chances are below sure: 2 nodes need 14 hits in a row, 3 need 9.
const (
	orderRequests   = 40
	connRequests    = 24
	sessionCount    = 6
	sessionRequests = 6
	sessionReserve  = 40 // requests that sessions leave for trials of their cookies
	mostTrials      = 18 // of one cookie
	leastTrials     = 4  // of one that does not pin, so that some come home and show whose session it is
	mostCookies     = 5  // on trial
	freshTrials     = 20
	forgedValues    = 8 // each several times
	forgedTimes     = 4
	withoutTrials   = 14
	sourceCount     = 20
	sourceAgain     = 12 // requests from an address that came before
	inventedPaths   = 16
	inventedQueries = 14
	pathsAgain      = 5 // of those, each twice
	meanwhileCount  = 30
	redirectTimes   = 4
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

// paths makes decisions for other paths.
func (p *prober) paths() {
	paths := slices.Clone(p.Paths)
	if len(paths) == 0 {
		base := p.client.url.EscapedPath()
		base = base[:strings.LastIndexByte(base, '/')+1]
		for range inventedPaths {
			paths = append(paths, base+"stickbench-"+p.letters(6))
		}
	}
	p.elsewhere(PhasePath, paths)
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
	p.elsewhere(PhaseQuery, paths)
}

// elsewhere makes a decision for one path after the other until the phase came to several nodes, and then
// for the last of them and the URL again, in random order.
func (p *prober) elsewhere(phase Phase, paths []string) {
	p.newBurst()
	for i, path := range paths {
		if p.request(ask{phase: phase, path: path}) == nil {
			return
		}
		if v := p.view(); len(v.nodesOf(append(v.of(phase), v.decisions()...))) < 2 {
			continue
		}
		again := append(paths[max(0, i+1-pathsAgain):i+1], p.client.url.RequestURI())
		for _, k := range p.deal(len(again), 2) {
			p.request(ask{phase: phase, path: again[k]})
		}
		return
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
		p.begin()
	}
	p.newBurst()
	for _, i := range p.deal(n, times) {
		p.request(ask{phase: PhaseSessions, session: p.jars[i]})
	}
	for v := p.view(); told && len(p.record.Exchanges) < p.Requests-sessionReserve && p.more(); p.look(v) {
		switch {
		case p.neighbours(v) && len(p.jars) < 2*sessionCount:
			s := p.begin()
			for range 2 {
				p.request(ask{phase: PhaseSessions, session: s})
			}
		case v.stays().undecided():
			s := p.jars[p.random.IntN(len(p.jars))]
			p.request(ask{phase: PhaseAgain, cookies: append([]Pair{}, v.exchanges[s.last-1].Cookies...), home: s.last})
		default:
			return
		}
	}
}

// begin adds a session.
func (p *prober) begin() *session {
	s := &session{number: len(p.jars) + 1}
	p.jars = append(p.jars, s)
	return s
}

// neighbours reports whether all sessions are on one node, so that none can stand for another one.
func (p *prober) neighbours(v *view) bool {
	first := v.nodeAt(p.jars[0].last)
	return !slices.ContainsFunc(p.jars, func(s *session) bool { return v.nodeAt(s.last) != first })
}
