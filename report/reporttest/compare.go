package reporttest

import (
	"slices"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/fold"
)

// setupBefore are facts of the run below.
var setupBefore = []compare.Fact{{Name: "plan", Value: "shop", Load: false}, {Name: "node s1", Value: "weight 1", Load: false}, {Name: "users", Value: "4", Load: true}}

// Comparison is one of two runs that differ in many ways: slower, other weights, more users.
func Comparison(t *testing.T) *compare.Comparison {
	t.Helper()
	x, y := TwoSides()
	c, err := compare.Compare([]*compare.Series{x}, []*compare.Series{y}, compare.Options{Margin: compare.DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TwoSides are its runs.
func TwoSides() (x, y *compare.Series) {
	before, after := sampletest.ShopBefore(), sampletest.ShopAfter()
	x, y = ProcessRun(before, 1), ProcessRun(after, 2)
	x.Name, y.Name = "results/shop-1", "results/shop-2"
	x.Setup.Facts = setupBefore
	y.Setup.Facts = []compare.Fact{setupBefore[0], {Name: "node s1", Value: "weight 2", Load: false}, {Name: "users", Value: "8", Load: true}}
	return x, y
}

// Series is a run of these samples.
func Series(name string, samples []*loadgen.Sample, run report.Run, setup compare.Setup) *compare.Series {
	results := fold.NewBuilder()
	b := compare.NewSeriesBuilder(results)
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(name, results.Freeze(run), setup)
}

// ProcessRuns are several runs of p.
func ProcessRuns(p sampletest.Process, runs int, seed uint64) []*compare.Series {
	list := make([]*compare.Series, runs)
	for i := range list {
		list[i] = ProcessRun(p, seed*1000+uint64(i))
	}
	return list
}

// ProcessRun is one run of p.
func ProcessRun(p sampletest.Process, seed uint64) *compare.Series {
	run := report.Run{Plan: p.Plan, Weights: p.Told, Algorithm: "roundrobin"}
	return Series("run", slices.Collect(p.All(seed)), run, compare.Setup{Weights: p.Told})
}
