package probe

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// marker is how a session is known by its responses.
type marker struct {
	// counter is a number that grows by one with each request of a session and begins anew with a new
	// one, and initial what it begins with. It proves that a session goes on.
	counter, initial string
	// id is a text of the session's own. Another one proves that the session was lost; the same one does
	// not prove that it was kept, since some applications take up any id.
	id string
	// suspected: no experiment showed the counter to count or the id to stay; by their names they should.
	suspected bool
}

// known reports whether the marker can prove anything.
func (m *marker) known() bool { return m.counter != "" || m.id != "" }

// life is what became of a session between two of its exchanges.
type life int

const (
	lifeUnknown life = iota
	lifeContinued
	lifeLost
)

const (
	leastIncrements = 3 // of a counter show that it counts; one of them where it begins anew else, by its name
	shortestID      = 8 // characters of an id that no two sessions have by chance
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// pairs are the consecutive exchanges of each session.
func (v *view) pairs() (all [][2]*Exchange) {
	last := map[int]*Exchange{}
	for _, e := range v.of(PhaseSessions) {
		if e.failed() {
			continue
		}
		if before := last[e.Session]; before != nil {
			all = append(all, [2]*Exchange{before, e})
		}
		last[e.Session] = e
	}
	return all
}

// marker finds how sessions are known.
func (v *view) marker() (m marker) {
	pairs := v.pairs()
	if len(pairs) == 0 {
		return m
	}
	free := slices.DeleteFunc(v.decisions(), (*Exchange).failed)
	for _, from := range sortedKeys(v.valuesOf(pairs[0][1])) {
		initial, steady, distinct := v.among(free, from)
		increments, resets, same := 0, 0, 0
		for _, p := range pairs {
			a, b := v.valuesOf(p[0])[from], v.valuesOf(p[1])[from]
			switch {
			case next(a, b):
				increments++
			case b == initial:
				resets++
			}
			if a == b && a != "" {
				same++
			}
		}
		certain := increments >= leastIncrements || increments > 0 && increments+resets == len(pairs) && counterNames().MatchString(from)
		switch {
		case steady && certain && !strings.HasPrefix(from, "cookie:"):
			if m.counter == "" || counterNames().MatchString(from) && !counterNames().MatchString(m.counter) {
				m.counter, m.initial = from, initial
			}
		case distinct && same > 0 && len(v.valuesOf(pairs[0][0])[from]) >= shortestID && idRank(from) < idRank(m.id):
			m.id = from
		}
	}
	if !m.known() {
		return v.suspect(pairs, free)
	}
	return m
}

// idRank orders the places that a session's id may be read from.
func idRank(from string) int {
	switch {
	case from == "":
		return 3
	case strings.HasPrefix(from, "cookie:"):
		return 2 // the client gives it back itself
	case idNames().MatchString(from):
		return 0
	}
	return 1
}

// among looks at a value of the decisions: whether it is the same everywhere, or nowhere.
func (v *view) among(free []*Exchange, from string) (initial string, steady, distinct bool) {
	seen := map[string]bool{}
	n := 0
	for _, e := range free {
		if value, ok := v.valuesOf(e)[from]; ok {
			seen[value], initial = true, value
			n++
		}
	}
	return initial, n > 0 && len(seen) == 1, n >= leastNodeDecisions && len(seen) == n
}

// next reports whether b is the whole number after a.
func next(a, b string) bool {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	return err1 == nil && err2 == nil && y == x+1
}

// suspect finds a counter that never counts and an id that is never the same: what an application shows
// that begins a new session with each request.
func (v *view) suspect(pairs [][2]*Exchange, free []*Exchange) (m marker) {
	for _, from := range sortedKeys(v.valuesOf(pairs[0][1])) {
		if strings.HasPrefix(from, "cookie:") {
			continue
		}
		initial, steady, distinct := v.among(free, from)
		for _, p := range pairs {
			a, b := v.valuesOf(p[0])[from], v.valuesOf(p[1])[from]
			steady, distinct = steady && a == initial && b == initial, distinct && a != b
		}
		if _, err := strconv.Atoi(initial); err == nil && steady && counterNames().MatchString(from) {
			m.counter, m.initial = from, initial
		}
		if distinct && idNames().MatchString(from) {
			m.id = from
		}
	}
	m.suspected = true
	if m.counter == "" || m.id == "" {
		return marker{}
	}
	return m
}

// between is what became of a session from one exchange to the next.
func (v *view) between(m *marker, a, b *Exchange) life {
	before, after := v.valuesOf(a), v.valuesOf(b)
	switch {
	case m.counter != "" && after[m.counter] != "":
		if next(before[m.counter], after[m.counter]) {
			return lifeContinued
		}
		return lifeLost
	case m.id != "" && after[m.id] != "" && after[m.id] != before[m.id]:
		return lifeLost
	}
	return lifeUnknown
}

// carries reports whether the cookie alone takes the application's session along.
func (v *view) carries(name string) bool {
	m := v.marker()
	if m.suspected {
		return false
	}
	for _, e := range v.of(PhaseCookie, PhaseFresh) {
		if e.Trial != name || e.Home < 1 || e.Home > len(v.exchanges) || e.failed() {
			continue
		}
		now, home := v.valuesOf(e), v.valuesOf(v.exchanges[e.Home-1])
		counted := m.counter != "" && now[m.counter] != "" && now[m.counter] != m.initial
		same := m.id != "" && !strings.HasPrefix(m.id, "cookie:") && now[m.id] != "" && now[m.id] == home[m.id]
		if counted || same {
			return true
		}
	}
	return false
}

// stay is what became of the sessions.
type stay struct {
	sessions        int
	n, kept         int     // pairs of requests whose nodes are known, those that stayed
	settled, steady int     // pairs with the same cookies, those that stayed
	byChance        float64 // how many of these stay by chance: the share of the first's node, for each
	continued, lost int
	movedLost       int // lost with a move
	movedContinued  int
	marker          marker
}

// stray is the share of requests that leave their node in spite of what makes sessions stick: nodes fail,
// and tables run full.
const stray = 0.02

// sticks reports whether requests with the same cookies come to the same node more often than by chance,
// and moves whether they leave it more often than stray. Other cookies may well lead elsewhere.
func (s stay) sticks() bool { return s.chance() < sure }
func (s stay) moves() bool  { return binomialTail(s.settled-s.steady, s.settled, stray) < sure }

func (s stay) chance() float64 {
	return binomialTail(s.steady, s.settled, s.byChance/float64(max(1, s.settled)))
}

// undecided reports whether more requests of sessions are wanted.
func (s stay) undecided() bool { return !s.sticks() && !s.moves() }

// same counts a pair with the same cookies, by its nodes.
func (s *stay) same(v *view, a, b string) {
	s.settled++
	s.byChance += v.shares[a]
	if a == b {
		s.steady++
	}
}

// stays judges the sessions of a browser.
func (v *view) stays() (s stay) {
	s.marker = v.marker()
	seen := map[int]bool{}
	for _, p := range v.pairs() {
		seen[p[0].Session] = true
		a, b := v.node(p[0]), v.node(p[1])
		if a != "" && b != "" {
			s.n++
			if a == b {
				s.kept++
			}
			if slices.Equal(p[0].Cookies, p[1].Cookies) {
				s.same(v, a, b)
			}
		}
		moved := a != "" && b != "" && a != b
		switch v.between(&s.marker, p[0], p[1]) {
		case lifeContinued:
			s.continued++
			if moved {
				s.movedContinued++
			}
		case lifeLost:
			s.lost++
			if moved {
				s.movedLost++
			}
		}
	}
	for _, e := range v.of(PhaseAgain) {
		if a, b := v.nodeAt(e.Home), v.node(e); a != "" && b != "" && !e.failed() {
			s.same(v, a, b)
		}
	}
	s.sessions = len(seen)
	return s
}

// store is where sessions live.
type store string

const (
	storeShared  store = "shared"
	storeLocal   store = "local"   // in the node that made them; they are there again on the way back
	storeLost    store = "lost"    // a move ends a session, also on the node that made it
	storeUnknown store = "unknown" // nothing shows it
)

// store judges the moves: the one that was made on purpose, or else those that happened.
func (v *view) store() store {
	m := v.marker()
	if m.suspected || !m.known() {
		return storeUnknown
	}
	steps := v.of(PhaseMove)
	if len(steps) == 4 && m.counter != "" && v.node(steps[0]) == v.node(steps[3]) && v.node(steps[1]) != v.node(steps[0]) && v.node(steps[1]) != "" {
		switch {
		case v.between(&m, steps[0], steps[1]) == lifeContinued:
			return storeShared
		case v.between(&m, steps[0], steps[3]) == lifeContinued:
			return storeLocal
		}
		return storeLost
	}
	switch s := v.stays(); {
	case s.movedLost > 0 && s.movedContinued == 0:
		return storeLocal
	case s.movedContinued >= leastIncrements && s.movedLost == 0:
		return storeShared
	}
	return storeUnknown
}
