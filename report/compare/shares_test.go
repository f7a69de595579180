package compare

import (
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestSharesBeforeAndAfter(t *testing.T) {
	one, two := map[string]float64{"s1": 4, "s2": 4}, map[string]float64{"s1": 2, "s2": 1}
	for _, c := range []struct {
		name          string
		before, after sampletest.Process
		was, is       map[string]float64
		verdict, says string
	}{
		{"weights changed", sessions(1000, 1, 1), sessions(900, 2, 1), one, two, ShareExpected,
			"weights 1:1 → 2:1 (s1:s2): decisions of s1 50.0% → 66.7%, as expected"},
		{"weights changed in vain", sessions(1000, 1, 1), sessions(1000, 1, 1), one, two, ShareUnexpected,
			"weights 1:1 → 2:1 (s1:s2): decisions of s1 50.0% → 50.0%, not as expected"},
		{"unknown, changed", sessions(1000, 1, 1), sessions(900, 2, 1), nil, nil, ShareChanged,
			"decisions of s1 50.0% → 66.7%, changed"},
		{"unknown, the same", sessions(2000, 1, 1), sessions(2000, 1, 1), nil, nil, Same,
			"decisions of s1 50.0% → 50.0%, same"},
		{"few", sessions(30, 1, 1), sessions(30, 1, 1), nil, nil, report.TooFew,
			"decisions of s1 50.0% → 50.0%, too few (30 → 30 decisions, 103 a side tell 1:1 from 2:1)"},
		{"few, but in turns", sessions(30, 1, 1), sessions(30, 1, 1), one, one, ShareExpected,
			"weights 1:1 as before (s1:s2): decisions of s1 50.0% → 50.0%, as expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.before.Told, c.after.Told = c.was, c.is
			x, y := series(c.before, 1), series(c.after, 2)
			s := compareShares(newSide([]*Series{x}, WarmUp{}), newSide([]*Series{y}, WarmUp{}))
			if s.Verdict != c.verdict || s.Explanation != c.says {
				t.Errorf("%s: %s\nwant %s: %s", s.Verdict, s.Explanation, c.verdict, c.says)
			}
		})
	}
}

// sessions is a run of so many sessions of two requests each.
func sessions(n, s1, s2 int) sampletest.Process {
	return sampletest.Process{Samples: 2 * n, Scale: 1, Sessions: 2, Weights: [2]int{s1, s2}}
}

func TestWeightWords(t *testing.T) {
	for _, c := range []struct {
		weights map[string]float64
		want    string
	}{
		{nil, ""},
		{map[string]float64{"a": 100, "b": 50, "c": 0}, "2:1:0"},
		{map[string]float64{"a": 3, "b": 5, "c": 7}, "3:5:7"},
		{map[string]float64{"a": 0, "b": 0, "c": 0}, "0:0:0"},
		// Divided in the order of a map, these came out in one way or another.
		{map[string]float64{"a": 2, "b": 0.3, "c": 0.1}, "2:0.3:0.1"},
	} {
		if got := weightWords(c.weights, []string{"a", "b", "c"}); got != c.want {
			t.Errorf("%v: %q, want %q", c.weights, got, c.want)
		}
	}
}
