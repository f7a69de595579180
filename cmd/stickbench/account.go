package main

import (
	"maps"
	"slices"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
)

// modelOf is the plan's model of load, and the users of all its groups.
func modelOf(plan *loadgen.Plan) (model string, users int64) {
	open := 0
	for i := range plan.Groups {
		users += int64(plan.Groups[i].Users)
		if plan.Groups[i].Arrivals != nil {
			open++
		}
	}
	switch open {
	case 0:
		return report.ClosedModel, users
	case len(plan.Groups):
		return report.OpenModel, users
	}
	return report.MixedModel, users
}

// arrivalsOf is the account of arrivals; nil where there were none.
func arrivalsOf(a *loadgen.Account) *report.Arrivals {
	b := &a.Arrivals
	if b.Planned == 0 {
		return nil
	}
	made := &report.Arrivals{Planned: b.Planned, Started: b.Started, Late: b.Late, Dropped: b.Dropped}
	if b.Dropped > 0 {
		made.DroppedBy = &report.DroppedBy{Target: b.Dropped - b.ByUsers - b.ByGenerator, Users: b.ByUsers, Generator: b.ByGenerator}
	}
	for _, wait := range slices.Sorted(maps.Keys(b.Waits)) {
		made.DroppedWaits = append(made.DroppedWaits, report.Wait{LeastMS: float64(wait) / 1000, Count: b.Waits[wait]})
	}
	return made
}

// generatorOf is what the run was like for this machine.
func generatorOf(a *loadgen.Account) *report.Generator {
	g := &a.Generator
	return &report.Generator{
		WallMS: milliseconds(g.Wall), CPUMS: milliseconds(g.CPU), Processors: g.Processors, Load: g.Load(),
		GCPauses: g.Pauses, GCPausedMS: milliseconds(g.Paused), WorstPauseMS: milliseconds(g.WorstPause),
		Wakes: g.Wakes, LateWakes: g.LateWakes, WorstWakeMS: milliseconds(g.WorstWake),
		Freezes: g.Freezes, FrozenMS: milliseconds(g.Frozen),
		Stalls: a.Stalls, StalledMS: milliseconds(a.Stalled),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
