package compare

import (
	"fmt"
	"math"

	"stickbench/internal/format"
	"stickbench/internal/stats"
)

// size is what of a change's test tells how much more data would decide, on the metric's scale.
type size struct {
	value, half float64 // the change, and how far its interval reaches at most
	spread      float64 // standard deviation of one run, of whatever comes
	low, high   float64 // the margin
	ms          int64   // the length of a run
	wait        float64 // how many times as long a run should be for its dependence
	single      bool    // one run a side, or hardly more
	share       bool
	few         string
}

// of takes the test's estimate.
func (s *size) of(d *stats.Estimate, test string, before, after measured) {
	ci := d.Interval()
	s.value, s.half = d.Value, max(d.Value-ci.Low, ci.High-d.Value)
	s.single = test == TestBatches
	s.share = before[0].n > 0
	s.spread = math.Sqrt((d.Below + d.Above) / 2 / (1/float64(len(before)) + 1/float64(len(after))))
}

// needed says what would tell, and why it is not told yet, by a test at a level.
func (s *size) needed(beyond bool, level float64) (reason string, n *Needed) {
	reason = "no change beyond the margin is shown, but the interval does not rule it out"
	target := min(s.value-s.low, s.high-s.value)
	if beyond {
		reason, target = "a change of that size may be noise", math.Abs(s.value)
	}
	switch {
	case s.wait > 0:
		reason = "its level moves too slowly for a run of that length"
		n = &Needed{Seconds: s.wait * float64(s.ms) / 1000}
	case math.IsInf(s.half, 0) || math.IsInf(s.spread, 0):
		if s.few != "" {
			return s.few, nil
		}
		return "too little was measured to tell it from noise: take longer runs, or more", nil
	case s.single && s.share:
		n = &Needed{Seconds: float64(s.ms) / 1000 * math.Pow(s.half/target, 2)}
	default:
		n = &Needed{Runs: stats.RunsToTell(target, s.spread, level)}
	}
	said := n.text()
	switch {
	case said == "":
		return reason + ", and no number of runs would tell soon", nil
	case n.Runs > 0 && s.single:
		return fmt.Sprintf("cannot tell from one run a side: --repeat %d would", n.Runs), n
	}
	return reason + ": " + said, n
}

// mostSeconds bounds what is recommended.
const mostSeconds = 7 * 24 * 3600

// text says how much would tell, "" if that is out of reach.
func (n *Needed) text() string {
	switch {
	case n.Runs > 0:
		return fmt.Sprintf("%d runs a side would tell", n.Runs)
	case n.Seconds > 0 && n.Seconds < mostSeconds:
		return fmt.Sprintf("runs of %s would tell", format.Span(int64(math.Ceil(n.Seconds))*1000))
	}
	return ""
}
