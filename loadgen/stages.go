package loadgen

import (
	"iter"
	"time"
)

// UserStage is a part of a group's time: the number of users goes linearly from that of the stage before to To,
// within For.
//
//	users ▲
//	   50 │      ╱▔▔▔▔▔▔▔▔╲            {50, 1m}, {50, 5m}, {0, 30s}
//	      │    ╱            ╲
//	      └──┴────────────────┴──▶ t   user 0 comes first and leaves last
//
// A user that is told to leave ends its iteration first. One that comes again is a new visitor.
type UserStage struct {
	To  int
	For time.Duration
}

// Span is a time within a group, from its start, in which a user is at work.
type Span struct{ From, To time.Duration }

// StagesEnd is when the last stage ends, from the start of the group.
func (g *Group) StagesEnd() (sum time.Duration) {
	for _, s := range g.Stages {
		sum += s.For
	}
	return sum
}

// bound is when the group ends at the latest, from its start; 0 for never.
func (g *Group) bound() time.Duration {
	if g.Stages != nil && (g.Duration == 0 || g.StagesEnd() < g.Duration) {
		return g.StagesEnd()
	}
	return g.end()
}

// Spans are the times in which user i, from 0, of a closed group is at work: those at which the stages have more than i
// users, or, without stages, from its turn in the ramp-up to Longest.
func (g *Group) Spans(i int) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		if g.Stages == nil {
			yield(Span{g.StartOffset(i) - g.StartDelay, Longest})
			return
		}
		var at, came time.Duration
		here, level := false, 0
		for _, s := range g.Stages {
			switch {
			case !here && s.To > i:
				came, here = at+fraction(s.For, i-level, s.To-level), true
			case here && s.To <= i:
				here = false
				if left := at + fraction(s.For, level-i, level-s.To); left > came && !yield(Span{came, left}) {
					return
				}
			}
			at, level = at+s.For, s.To
		}
		if here && at > came {
			yield(Span{came, at})
		}
	}
}

// fraction is n ÷ of of d.
func fraction(d time.Duration, n, of int) time.Duration {
	return time.Duration(float64(d) * float64(n) / float64(of))
}
