package fold

import (
	"math"
	"slices"

	"stickbench/report"
)

// pause is a time in which a run was paused, in milliseconds since its start.
type pause struct{ from, to int64 }

// pausesOf are the pauses that events tell of, in their order. One that has not ended lasts for ever.
func pausesOf(events []report.Event) (all []pause) {
	for i := range events {
		switch e := &events[i]; {
		case e.Paused == nil || !e.OK:
		case *e.Paused:
			all = append(all, pause{e.AtMS, math.MaxInt64})
		case len(all) > 0:
			last := &all[len(all)-1]
			last.to = min(last.to, max(last.from, e.AtMS, e.LatestMS))
		}
	}
	return all
}

// paused is for how long, in milliseconds, a run was paused between two moments of it.
func paused(all []pause, from, to int64) (sum int64) {
	for _, p := range all {
		sum += max(0, min(p.to, to)-max(p.from, from))
	}
	return sum
}

// steeredBy is what events say of a run whose last sample ended so long after its start.
func steeredBy(events []report.Event, lasted int64) *report.Steered {
	s := &report.Steered{By: []string{}}
	for i := range events {
		e := &events[i]
		if e.By == "" || e.Note || !e.OK {
			continue
		}
		s.Times++
		if !slices.Contains(s.By, e.By) {
			s.By = append(s.By, e.By)
		}
		lasted = max(lasted, e.AtMS)
	}
	if s.Times == 0 {
		return nil
	}
	s.PausedMS = paused(pausesOf(events), 0, lasted)
	return s
}
