package lab

import (
	"net/netip"
	"strconv"
	"strings"
)

// An algorithm places the requests that nothing sticks: each is one decision. Its methods are called
// under the backend's lock.
type algorithm interface {
	// reset says which servers may be chosen from now on, all with a weight above 0. It is called
	// when that set, or a weight in it, has changed.
	reset(eligible []*server)
	// pick chooses a server for a client, or nil if there is none.
	pick(client netip.Addr) *server
}

// algorithms are the embedded balancer's, by HAProxy's words for them (configuration manual, section
// 4.2 "balance").
var algorithms = map[string]func() algorithm{
	"roundrobin": func() algorithm { return new(roundRobin) },
	"static-rr":  func() algorithm { return new(staticRoundRobin) },
	"leastconn":  func() algorithm { return new(leastConn) },
	"random":     func() algorithm { return newRandom(2) },
	"first":      func() algorithm { return new(first) },
	"source":     func() algorithm { return new(source) },
}

// maxDraws bounds the draws of random(DRAWS).
const maxDraws = 9999

// newAlgorithm makes the algorithm of that name: "" is roundrobin, and random takes the number of its
// draws in parentheses. It is nil if there is none of that name.
func newAlgorithm(name string) algorithm {
	if name == "" {
		name = "roundrobin"
	}
	if draws, ok := strings.CutPrefix(name, "random("); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(draws, ")")); err == nil && n >= 1 && n <= maxDraws && strings.HasSuffix(draws, ")") {
			return newRandom(n)
		}
		return nil
	}
	if make, ok := algorithms[name]; ok {
		return make()
	}
	return nil
}

// staticWeights reports whether the Runtime API may only switch weights on and off, because the
// algorithm works from a fixed map.
func staticWeights(a algorithm) bool {
	switch a.(type) {
	case *staticRoundRobin, *source:
		return true
	}
	return false
}

// first always takes the first server. (Only a server's maxconn, which the laboratory does not
// limit, would make it go on to the next.)
type first struct{ server *server }

func (f *first) reset(eligible []*server) {
	f.server = nil
	if len(eligible) > 0 {
		f.server = eligible[0]
	}
}

func (f *first) pick(netip.Addr) *server { return f.server }

// leastConn takes the server with the fewest requests in progress for its weight, and of several
// such the one whose load has not changed for longest. Idle servers are all alike, whatever their
// weight: one user at a time gets them in turn.
type leastConn struct{ eligible []*server }

func (l *leastConn) reset(eligible []*server) { l.eligible = eligible }

func (l *leastConn) pick(netip.Addr) (best *server) {
	var least int
	for _, s := range l.eligible {
		load := 0
		if s.served > 0 {
			load = (s.served + 1) * 256 * 16 / (s.weight * 16)
		}
		if best == nil || load < least || load == least && s.turn < best.turn {
			best, least = s, load
		}
	}
	return best
}

// weightMap spreads the servers over as many places as their weights sum up to: each place goes to
// the first server whose score, which grows by its weight at each place and falls by the sum at its
// own, has reached the sum, or else to the first server.
func weightMap(servers []*server) (places []*server) {
	sum := 0
	for _, s := range servers {
		sum += s.weight
	}
	scores := make([]int, len(servers))
	for range sum {
		best, bestRank := 0, -1
		for i, s := range servers {
			scores[i] += s.weight
			if rank := (scores[i] + sum) / sum; rank > bestRank {
				best, bestRank = i, rank
			}
		}
		scores[best] -= sum
		places = append(places, servers[best])
	}
	return places
}

// staticRoundRobin goes through a weightMap over and over.
type staticRoundRobin struct {
	places []*server
	next   int
}

func (r *staticRoundRobin) reset(eligible []*server) { r.places = weightMap(eligible) }

func (r *staticRoundRobin) pick(netip.Addr) *server {
	if len(r.places) == 0 {
		return nil
	}
	place := r.next % len(r.places)
	r.next = place + 1
	return r.places[place]
}

// source takes the place in a weightMap that the client's address comes to: the address as a number
// (the exclusive or of its 32-bit words for IPv6) modulo the number of places. All users of one load
// generator come to the same server.
type source struct{ places []*server }

func (s *source) reset(eligible []*server) { s.places = weightMap(eligible) }

func (s *source) pick(client netip.Addr) *server {
	if len(s.places) == 0 {
		return nil
	}
	var hash uint32
	for i, b := range client.AsSlice() {
		hash ^= uint32(b) << (24 - 8*(i%4))
	}
	return s.places[hash%uint32(len(s.places))]
}

// ExpectedShares are the parts, 0 to 1, that an algorithm gives to servers of these weights over many
// decisions, while all are up; law reports whether there is such a law at all. A decision is a request
// that the balancer was free to place. algorithm is a word as in Config.
//
//	roundrobin, static-rr   the weights
//	random                  the parts of HAProxy's ring, while the servers have no load; with load
//	                        the shares go towards the weights
//	first                   all to the first server with a weight
//	leastconn, source       no law: they follow the servers' speed, and the users' addresses
func ExpectedShares(algorithm string, weights []int) (shares []float64, law bool) {
	a := newAlgorithm(algorithm)
	var servers []*server
	total := 0
	for i, w := range weights {
		if w > 0 {
			servers = append(servers, &server{id: i + 1, weight: w})
			total += w
		}
	}
	shares = make([]float64, len(weights))
	if total == 0 || a == nil {
		return shares, false
	}
	switch a.(type) {
	case *roundRobin, *staticRoundRobin:
		for _, s := range servers {
			shares[s.id-1] = float64(s.weight) / float64(total)
		}
	case *random:
		for id, share := range ringShares(newRing(servers)) {
			shares[id-1] = share
		}
	case *first:
		shares[servers[0].id-1] = 1
	default:
		return shares, false
	}
	return shares, true
}

// Shares are the ExpectedShares of the laboratory as it was configured, by the nodes' tags.
func (l *Lab) Shares() (shares map[string]float64, law bool) {
	weights := make([]int, len(l.nodes))
	for i, n := range l.nodes {
		weights[i] = n.weight()
	}
	parts, law := ExpectedShares(l.config.Algorithm, weights)
	shares = make(map[string]float64, len(parts))
	for i, n := range l.nodes {
		shares[n.Tag] = parts[i]
	}
	return shares, law
}
