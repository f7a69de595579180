package lab

import (
	"net/netip"
	"slices"
)

// roundRobin is HAProxy's dynamic weighted round robin (configuration manual, section 4.2, "balance
// roundrobin"), in HAProxy's own order. Decisions are numbered 0, 1, 2 …; W is the sum of the
// weights. A server of weight w that enters at decision e is due at e, e + W/w, e + 2W/w …:
//
//	decision      0  1  2  3  4  5  6  7  8  9 10 11
//	A (weight 3)  A     A     a  A     …                 due every 6/3 = 2
//	B (weight 2)     B        B                          due every 6/2 = 3
//	C (weight 1)           C                             due every 6
//	order         A  B  A  C  A  B  A  B  A  C  A  B
//
// At each decision goes the server that is due, the most overdue first; if none is due, the heaviest
// of those that have not entered yet; if all have entered, the next one due. With two servers, any W
// decisions have exactly the weights, and of the first n each server has its n·w/W to within one.
// With more and large weights HAProxy itself is off by one in some windows ([34 16 28 3 26 17]: 35 of
// the first 124), and by up to 1.4 in some prefixes; so is this.
//
// When weights or eligible servers change, the round begins anew. HAProxy goes on with the places it
// has given out where it can, so its order may be another one for the first decisions then.
type roundRobin struct {
	waiting []*server // not entered yet, the heaviest first
	entered []*place
	sum     int
	clock   int
}

// A place is a server that has entered the round.
type place struct {
	server *server
	due    int // in units of 1/weight of a decision
	last   int // the decision at which it last went
}

func (r *roundRobin) reset(eligible []*server) {
	*r = roundRobin{waiting: slices.Clone(eligible)}
	slices.SortStableFunc(r.waiting, func(a, b *server) int { return b.weight - a.weight })
	for _, s := range eligible {
		r.sum += s.weight
	}
}

func (r *roundRobin) pick(netip.Addr) *server {
	if r.sum == 0 {
		return nil
	}
	var p *place
	if len(r.entered) > 0 {
		p = slices.MinFunc(r.entered, before)
	}
	if (p == nil || p.decision() > r.clock) && len(r.waiting) > 0 {
		p = &place{server: r.waiting[0], due: r.clock * r.waiting[0].weight}
		r.waiting = r.waiting[1:]
		r.entered = append(r.entered, p)
	}
	p.due += r.sum
	p.last = r.clock
	if r.clock++; r.clock == r.sum {
		r.rewind()
	}
	return p.server
}

// rewind takes one round off all numbers, which keeps them small.
func (r *roundRobin) rewind() {
	r.clock -= r.sum
	for _, p := range r.entered {
		p.due -= r.sum * p.server.weight
		p.last -= r.sum
	}
}

// decision is the number of the decision at which p is due.
func (p *place) decision() int { return floorDiv(p.due, p.server.weight) }

// before orders places by their decision, then by what is left of their due time against their
// weight, then by who went first.
func before(a, b *place) int {
	if d := a.decision() - b.decision(); d != 0 {
		return d
	}
	if d := a.slack() - b.slack(); d != 0 {
		return d
	}
	return a.last - b.last
}

func (p *place) slack() int {
	return p.due - p.decision()*p.server.weight - p.server.weight
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
