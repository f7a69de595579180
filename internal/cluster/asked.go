package cluster

import (
	"fmt"

	"stickbench/loadgen"
)

// Asked is what the plan asks for, in numbers, and what its agents did of it.
type Asked struct {
	// Users have come to their end, of those of all groups.
	Users, OfUsers int64
	// Iterations are those of closed groups that nothing but their number bounds; LeftOut were not to be done, since the
	// plan itself ended their users.
	Iterations, LeftOut, OfIterations int64
	// Arrivals began, or are accounted for as dropped, of those of open groups; OfArrivals is 0 where their number is left
	// to chance.
	Arrivals, OfArrivals int64
}

// Asked compares the agents' accounts with the plan. It is for after Run.
func (c *Coordinator) Asked() (a Asked) {
	chance := false
	for i, p := range c.Progress(c.start) {
		g := &c.plan.Groups[i]
		a.Users += int64(p.Ended)
		a.OfUsers += int64(g.Users)
		switch {
		case g.Arrivals != nil:
			a.OfArrivals += g.PlannedArrivals()
			chance = chance || g.Arrivals.Spread == loadgen.Poisson
		case g.Iterations > 0 && p.OfDuration == 0:
			a.Iterations += p.Iterations
			a.OfIterations += int64(g.Users) * int64(g.Iterations)
		}
	}
	for _, r := range c.Agents() {
		a.LeftOut += r.Account.LeftOut
		a.Arrivals += r.Account.Arrivals.Started + r.Account.Arrivals.Dropped
	}
	if chance {
		a.OfArrivals = 0
	}
	return a
}

// missing says what of it was not done.
func (a *Asked) missing() (all []string) {
	for _, n := range []struct {
		done, of int64
		what     string
	}{
		{a.Users, a.OfUsers, "users came to their end"},
		{a.Iterations + a.LeftOut, a.OfIterations, "iterations were done"},
		{a.Arrivals, a.OfArrivals, "arrivals are accounted for"},
	} {
		if n.of > 0 && n.done != n.of {
			all = append(all, fmt.Sprintf("%d of %d %s", n.done, n.of, n.what))
		}
	}
	return all
}
