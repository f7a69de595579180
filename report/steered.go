package report

import (
	"math"
	"slices"
)

// Steered is what was done to a run by hand, while it lasted.
type Steered struct {
	Times    int      `json:"times"`               // what was done, notes apart
	By       []string `json:"by"`                  // who did it, by what (Event.By), by first appearance
	PausedMS int64    `json:"paused_ms,omitempty"` // for how long the run was paused, in all
}

// pause is a time in which a run was paused, in milliseconds since its start.
type pause struct{ from, to int64 }

// pausesOf are the pauses that events tell of, in their order. One that has not ended lasts for ever.
func pausesOf(events []Event) (all []pause) {
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
func steeredBy(events []Event, lasted int64) *Steered {
	s := &Steered{By: []string{}}
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

// throughput is that of a row of the run, per second, without the time for which the run was paused.
func (r *Results) throughput(row *Row) float64 {
	if r.Steered == nil || r.Steered.PausedMS >= r.DurationMS {
		return row.Throughput
	}
	return row.Throughput * float64(r.DurationMS) / float64(r.DurationMS-r.Steered.PausedMS)
}
