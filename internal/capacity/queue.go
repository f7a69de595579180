package capacity

import "math"

// Kept is what a step of a rate saw of its requests. Of those that were Planned to begin in its time so many Ended in it.
// First and Last are how many were in flight on average in its first and its last quarter, InFlight in all of it.
type Kept struct {
	Planned, Ended, First, Last, InFlight float64
}

// Slack is what may be missing of the requests, as a part of them, before a target is behind.
const Slack = 0.005

// Behind reports whether the target did not keep up: fewer requests ended than were planned to begin, and those in flight
// became more, beyond their ups and downs (Poisson's, as far as a quarter has independent ones). One of the two alone is
// chance: fewer arrivals than the rate says, or more.
func (k *Kept) Behind() bool {
	grown := (k.Last - k.First) * 4 / 3 // the middles of the quarters are three quarters apart
	independent := math.Max(1, k.Planned/4/math.Max(k.InFlight, 1e-9))
	return k.Planned-k.Ended > Slack*k.Planned && grown > math.Max(Slack*k.Planned, 2*math.Sqrt(2*k.InFlight/independent))
}
