package probe

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

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

// homes are values of the cookie that stand for different nodes: those that sessions sent, since what they
// were given then may lead anywhere, as the hash of a new id does; or those of responses where no session kept
// it, or all are on one node. Values that a session still has go before others.
func (p *prober) homes(v *view, name string) []home {
	byNode := map[string]home{}
	for _, has := range []bool{false, true} {
		for _, s := range p.jars {
			if s.last == 0 || v.nodeAt(s.last) == "" {
				continue
			}
			value, sent := v.exchanges[s.last-1].sent(name)
			if sent && has == slices.ContainsFunc(s.jar, func(c setCookie) bool { return c.Name == name && c.Value == value }) {
				byNode[v.nodeAt(s.last)] = home{value, s.last}
			}
		}
	}
	if len(byNode) == 0 || len(byNode) == 1 && v.cookie(name).values != cookieUnique {
		for _, e := range v.decisions() {
			value, ok := e.issued(name)
			if _, known := byNode[v.node(e)]; ok && !known && v.node(e) != "" {
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
