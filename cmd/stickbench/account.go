package main

import (
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
	if a.Arrivals == (loadgen.ArrivalAccount{}) {
		return nil
	}
	return &report.Arrivals{Planned: a.Arrivals.Planned, Started: a.Arrivals.Started, Late: a.Arrivals.Late, Dropped: a.Arrivals.Dropped}
}

// generatorOf is what the run was like for this machine.
func generatorOf(a *loadgen.Account) *report.Generator {
	g := &a.Generator
	return &report.Generator{
		WallMS: milliseconds(g.Wall), CPUMS: milliseconds(g.CPU), Processors: g.Processors, Load: g.Load(),
		GCPauses: g.Pauses, GCPausedMS: milliseconds(g.Paused), WorstPauseMS: milliseconds(g.WorstPause),
		Wakes: g.Wakes, LateWakes: g.LateWakes, WorstWakeMS: milliseconds(g.WorstWake),
		Stalls: a.Stalls, StalledMS: milliseconds(a.Stalled),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
