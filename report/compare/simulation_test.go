package compare

import (
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/fold"
)

// series is one run.
func series(p sampletest.Process, seed uint64) *Series {
	results := fold.NewBuilder()
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

func find(changes []Change, metric string) *Change {
	for i := range changes {
		if changes[i].Metric == metric {
			return &changes[i]
		}
	}
	return nil
}

// shopComparison is one of two runs that differ in many ways.
func shopComparison(t *testing.T, conditions ...FailCondition) *Comparison {
	t.Helper()
	return compared(t, []*Series{series(sampletest.ShopBefore(), 1)}, []*Series{series(sampletest.ShopAfter(), 2)}, Options{Margin: DefaultMargin, Conditions: conditions})
}

// compared compares, and wants no error.
func compared(t *testing.T, before, after []*Series, o Options) *Comparison {
	t.Helper()
	c, err := Compare(before, after, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
