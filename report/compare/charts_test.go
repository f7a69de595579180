package compare

import (
	"math"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

// Charts hold as much of a long run as of a short one, and what they draw is what was recorded.
func TestComparedCharts(t *testing.T) {
	short, long := sampletest.Process{Samples: 200, Scale: 1}, sampletest.Process{Samples: 60_000, Scale: 1, Errors: 0.01}
	c := &comparer{before: newSide(runsOf(short, 1, 1), WarmUp{Fixed: true}), after: newSide(runsOf(long, 2, 1), WarmUp{Fixed: true})}
	charts := c.charts()
	if n := len(charts.After); n > mostSteps || n < leastSteps || len(charts.Before) >= n {
		t.Errorf("%d and %d steps", len(charts.Before), n)
	}
	var requests float64
	for _, p := range charts.After {
		if !math.IsNaN(p.Throughput) {
			requests += p.Throughput * float64(charts.StepMS) / 1000
		}
	}
	sampletest.Roughly(t, "requests of a run, in 60 000", requests/60_000, 1, 0.01)
	last := charts.Percentiles[len(charts.Percentiles)-1]
	if last.Share != 1 || len(charts.Percentiles) != len(report.TailShares(200)) {
		t.Errorf("%d percentiles, the last at %v", len(charts.Percentiles), last.Share)
	}
	sampletest.Roughly(t, "p50", charts.Percentiles[5].BeforeMS, c.before.runs[0].Results.Total.P50MS, 0.001)
}
