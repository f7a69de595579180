package loadgen

import "fmt"

// Segment is what one of several machines does of a plan. Users keep the numbers that they have in the whole, so that
// all that depends on them is the same on one machine and on twenty:
//
//	users of a group      0 ───────── 249 │ 250 ──────── 499 │ 500 …      a range for each part, by its weight;
//	                                                                        even ones where they wait for arrivals
//	arrivals of a group   0    n    2n …  │ 1   n+1   2n+1 … │ 2 …        k belongs to part k mod n
//
// Only users who wait for each other (Together) do so within their part, and a pace that users share is divided among
// the parts by weight. The zero Segment is the whole plan.
type Segment struct {
	Index int // from 0
	// Weights are what the parts can do, in proportion, each at least 1; one for each part.
	Weights []int
}

// of is the number of parts.
func (s Segment) of() int { return max(1, len(s.Weights)) }

// Users are those of the group that the part has, by their index from 0: from the first to before the second.
func (s Segment) Users(g *Group) (from, to int) {
	if len(s.Weights) == 0 {
		return 0, g.Users
	}
	before, own, all := s.Index, 1, len(s.Weights)
	if g.Arrivals == nil {
		before, own, all = sum(s.Weights[:s.Index]), s.Weights[s.Index], sum(s.Weights)
	}
	return share(g.Users, before, all), share(g.Users, before+own, all)
}

func sum(numbers []int) (n int) {
	for _, m := range numbers {
		n += m
	}
	return n
}

// share is users × n ÷ of, rounded up: the first parts have the users of small groups.
func share(users, n, of int) int { return int((int64(users)*int64(n) + int64(of) - 1) / int64(of)) }

// among is the part's fraction of the whole, as what to multiply gaps with.
func (s Segment) among() float64 {
	if len(s.Weights) == 0 {
		return 1
	}
	return float64(sum(s.Weights)) / float64(s.Weights[s.Index])
}

// has reports whether arrival k, from 0, is the part's.
func (s Segment) has(k int) bool { return k%s.of() == s.Index }

// arrivals are the part's of the first n.
func (s Segment) arrivals(n int64) int64 { return (n + int64(s.of()-1-s.Index)) / int64(s.of()) }

// Check reports why a plan cannot be done in so many parts.
func (s Segment) Check(plan *Plan) error {
	for i := range plan.Groups {
		g := &plan.Groups[i]
		if g.Arrivals != nil && g.Users < s.of() {
			return fmt.Errorf("group %q has %d users for its arrivals, and each of %d machines needs one: give it more users, or use fewer machines", g.Name, g.Users, s.of())
		}
	}
	return nil
}

// Shared is a variable that a setup group left for everybody.
type Shared struct {
	User int      `json:"user"` // who set it; of several the one with the least number counts
	Text string   `json:"text,omitempty"`
	List []string `json:"list"` // of a variable of many values
}

// phased reports whether the plan has groups of several phases.
func (p *Plan) phased() bool {
	for i := range p.Groups {
		if p.Groups[i].Phase != Main {
			return true
		}
	}
	return false
}
