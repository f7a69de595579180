package lab

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// The names that the embedded balancer's parts have in the Runtime API, with HAProxy's numbers: its
// own command-line interface would be proxy 1.
const (
	frontendName = "http"
	backendName  = Backend
	frontendID   = 2
	backendID    = 3
)

// A backend is the embedded balancer's live state: its servers, and which of them gets a request. One
// lock guards it all, as the decisions of a round robin are one sequence anyway.
type backend struct {
	algorithmName string
	cookieName    string // "" without stickiness
	started       time.Time

	mu        sync.Mutex
	servers   []*server
	algorithm algorithm
	placed    []weighted // what the algorithm was last reset with
	turns     uint64
	n         proxyCounters
	changed   time.Time // when it last went up or down
	downSince time.Time // zero: it is up
	downtime  time.Duration
}

// weighted is a server with the weight that the algorithm knows of.
type weighted struct {
	server *server
	weight int
}

// newBackend puts nodes behind the algorithm of that name.
func newBackend(algorithmName string, nodes []runningNode, now time.Time) *backend {
	if algorithmName == "" {
		algorithmName = "roundrobin"
	}
	b := &backend{algorithmName: algorithmName, algorithm: newAlgorithm(algorithmName), started: now, changed: now}
	for i, n := range nodes {
		weight := n.weight()
		b.servers = append(b.servers, &server{
			tag: n.Tag, addr: n.Addr, id: i + 1, hop: newHop(n.Addr),
			weight: weight, initial: weight, health: rise, changed: now,
		})
	}
	b.settle(now)
	return b
}

// settle tells the algorithm of what has changed. It is called under the lock after each change.
func (b *backend) settle(now time.Time) {
	var eligible []*server
	var placed []weighted
	for _, s := range b.servers {
		if s.eligible() {
			eligible = append(eligible, s)
			placed = append(placed, weighted{s, s.weight})
		}
	}
	if slices.Equal(placed, b.placed) && b.placed != nil {
		return
	}
	if b.placed = placed; b.placed == nil {
		b.placed = []weighted{}
	}
	b.algorithm.reset(eligible)
	switch up := len(eligible) > 0; {
	case !up && b.downSince.IsZero():
		b.n.chkdown++
		b.changed, b.downSince = now, now
	case up && !b.downSince.IsZero():
		b.downtime += now.Sub(b.downSince)
		b.changed, b.downSince = now, time.Time{}
	}
}

// change runs f on the server of that name under the lock, and reports whether there is one.
func (b *backend) change(tag string, f func(s *server, now time.Time)) bool {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.named(tag)
	if s == nil {
		return false
	}
	f(s, now)
	b.settle(now)
	return true
}

func (b *backend) named(tag string) *server {
	for _, s := range b.servers {
		if s.tag == tag {
			return s
		}
	}
	return nil
}

// assign gives a request to the server that its cookie names, if that one keeps its users, or else
// to one that the algorithm picks; nil if there is none. sticky tells which it was. The one who asks
// owes a release.
func (b *backend) assign(wanted string, client netip.Addr) (s *server, sticky bool) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n.requests++
	b.n.rate.add(now)
	if wanted != "" {
		if s = b.named(wanted); s != nil && s.up() {
			b.occupy(s, now)
			return s, true
		}
	}
	if s = b.algorithm.pick(client); s == nil {
		b.n.noServer++
		return nil, false
	}
	s.n.lbtot++
	b.occupy(s, now)
	return s, false
}

func (b *backend) occupy(s *server, now time.Time) {
	s.n.stot++
	s.n.last = now
	s.n.rate.add(now)
	s.served++
	s.n.scurMax = max(s.n.scurMax, s.served)
	b.n.scur++
	b.n.scurMax = max(b.n.scurMax, b.n.scur)
	b.turns++
	s.turn = b.turns
}

// retried counts another attempt to connect to s.
func (b *backend) retried(s *server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.n.stot++
	s.n.wretr++
}

// An outcome is what became of a request that had a server.
type outcome struct {
	status            int  // sent to the user; 0: the connection was closed instead
	fromNode          bool // the node responded; otherwise the balancer did
	noConnection      bool
	gone              bool // the user did not wait for it
	reused            bool
	bin, bout         int64
	connect, response time.Duration // response: from the connection to the response
	total             time.Duration
}

// release ends what assign began.
func (b *backend) release(s *server, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.served--
	b.n.scur--
	b.turns++
	s.turn = b.turns
	s.n.bin += o.bin
	s.n.bout += o.bout
	b.n.bin += o.bin
	b.n.bout += o.bout
	switch {
	case o.noConnection:
		s.n.econ++
	case o.reused:
		s.n.reuse++
	default:
		s.n.connect++
	}
	if o.gone {
		s.n.cliAbrt++
	}
	if o.status != 0 {
		b.n.responses.add(o.status)
	}
	if !o.fromNode {
		if !o.noConnection && o.status != 0 {
			s.n.eresp++
		}
		return
	}
	s.n.requests++
	s.n.responses.add(o.status)
	s.n.ctime.add(o.connect)
	s.n.rtime.add(o.response)
	s.n.ttime.add(o.total)
}

// refused counts a 503 to a user for whom there was no server.
func (b *backend) refused() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n.responses.add(503)
}

// connection counts a user's connection that begins (by 1) or ends (by −1).
func (b *backend) connection(by int64) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n.connsNow += by
	if by > 0 {
		b.n.conns++
		b.n.connRate.add(now)
		b.n.connsMax = max(b.n.connsMax, b.n.connsNow)
	}
}

// clear sets the counters to zero, or only the maxima.
func (b *backend) clear(all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.n.connsNow
	scur := b.n.scur
	for _, s := range b.servers {
		if all {
			s.n = serverCounters{}
		}
		s.n.scurMax = s.served
		s.n.rate.maximum, s.n.ctime.maximum, s.n.rtime.maximum, s.n.ttime.maximum = 0, 0, 0, 0
	}
	if all {
		b.n = proxyCounters{connsNow: now, scur: scur}
	}
	b.n.connsMax, b.n.scurMax, b.n.rate.maximum, b.n.connRate.maximum = now, scur, 0, 0
}
