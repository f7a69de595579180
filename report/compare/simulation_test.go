package compare

import (
	"stickbench/internal/sampletest"
	"stickbench/report"
	"testing"
)

// series is one run.
func series(p sampletest.Process, seed uint64) *Series {
	results := report.NewBuilder()
	b := NewSeriesBuilder(results)
	for s := range p.All(seed) {
		b.Add(s)
	}
	run := report.Run{Plan: p.Plan, Weights: p.Told, Algorithm: "roundrobin"}
	return b.Freeze("run", results.Freeze(run), Setup{Weights: p.Told})
}

// side are several runs.
func runsOf(p sampletest.Process, runs int, seed uint64) []*Series {
	list := make([]*Series, runs)
	for i := range list {
		list[i] = series(p, seed*1000+uint64(i))
	}
	return list
}

// changed counts the pairs whose p95 got the verdict, and those whose verdict on the whole is that
// something changed.
func changed(t *testing.T, before, after sampletest.Process, runs, pairs int) (worse, alarms int) {
	t.Helper()
	for i := range pairs {
		c, err := Compare(runsOf(before, runs, uint64(2*i)), runsOf(after, runs, uint64(2*i+1)), Options{Margin: DefaultMargin})
		if err != nil {
			t.Fatal(err)
		}
		if c.Verdict == Worse || c.Verdict == Better {
			alarms++
		}
		if ch := find(c.Total.Changes, "p95"); ch.Verdict == Worse {
			worse++
		}
	}
	return worse, alarms
}

func find(changes []Change, metric string) *Change {
	for i := range changes {
		if changes[i].Metric == metric {
			return &changes[i]
		}
	}
	return nil
}

// Two runs of the same plan are the same, or it cannot be told, in at least 95 of 100 pairs, however much
// each request depends on the one before it; so are two sides of runs that differ by themselves.
func TestSameRunsRaiseNoAlarm(t *testing.T) {
	for _, c := range []struct {
		name string
		sampletest.Process
		runs int
	}{
		{"independent", sampletest.Process{Samples: 1000}, 1},
		{"φ 0.9", sampletest.Process{Samples: 1000, Phi: 0.9}, 1},
		{"three runs that differ", sampletest.Process{Samples: 250, Phi: 0.9, Run: 0.03}, 3},
		{"five runs that differ", sampletest.Process{Samples: 250, Phi: 0.5, Run: 0.03}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.Scale, c.Errors = 1, 0.05
			if _, alarms := changed(t, c.Process, c.Process, c.runs, 100); alarms > 5 {
				t.Errorf("%d of 100 pairs of the same process raise an alarm", alarms)
			}
		})
	}
}

// A shift of 10 % is found where there is data enough.
func TestTenPercentAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		sampletest.Process
		runs int
	}{
		{"one run", sampletest.Process{Samples: 10_000}, 1},
		{"one run, φ 0.5", sampletest.Process{Samples: 16_000, Phi: 0.5}, 1},
		{"six runs", sampletest.Process{Samples: 2000, Phi: 0.5, Run: 0.01}, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.Scale = 1
			slower := c.Process
			slower.Scale = 1.1
			if worse, _ := changed(t, c.Process, slower, c.runs, 10); worse < 9 {
				t.Errorf("10 %% more was found in %d of 10 pairs", worse)
			}
		})
	}
}

// shopComparison is one of two runs that differ in many ways.
func shopComparison(t *testing.T) *Comparison {
	t.Helper()
	c, err := Compare([]*Series{series(sampletest.ShopBefore(), 1)}, []*Series{series(sampletest.ShopAfter(), 2)}, Options{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
