package view

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"stickbench/report"
)

// The last step of a run ends with it: as a whole one it would look as if the target had broken down.
func TestLastStepIsNoFall(t *testing.T) {
	points := func() []report.Point {
		return []report.Point{{Requests: 100}, {AtMS: 1000, Requests: 100}, {AtMS: 2000, Requests: 60}}
	}
	for end, want := range map[int64]string{2600: "[100,100,100]", 2400: "[100,100,null]", 3000: "[100,100,60]", 2000: "[100,100,null]"} {
		charts := TimeCharts(&report.Results{Timeline: report.Timeline{StepMS: 1000, EndMS: end, Points: points()}})
		got, err := json.Marshal(charts[0].Series[0].Values)
		if err != nil || charts[0].ID != "rate" || string(got) != want {
			t.Errorf("of a run until %d: %s %s, want %s; %v", end, charts[0].ID, got, want, err)
		}
		if p95 := charts[1].Series[1].Values[2]; math.IsNaN(p95) != strings.HasSuffix(want, "null]") {
			t.Errorf("of a run until %d the last p95 is %g", end, p95)
		}
		if at := charts[0].At; at[3] != float64(max(end, 2001)) {
			t.Errorf("of a run until %d the edges are %v", end, at)
		}
	}
}

func TestValuesAsJSON(t *testing.T) {
	for want, v := range map[string]Values{
		`[1,null,0.25]`:                {1, math.NaN(), 0.25},
		`[]`:                           nil,
		`{"end":30,"n":4,"step":10}`:   {0, 10, 20, 30},
		`{"end":20.5,"n":4,"step":10}`: {0, 10, 20, 20.5},
		`[0,10,20,31]`:                 {0, 10, 20, 31},
		`[0,10,20,25,30]`:              {0, 10, 20, 25, 30},
		`[5,10]`:                       {5, 10},
	} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%v: %s, want %s; %v", v, got, want, err)
		}
	}
}

// What a chart shows more than the steps tell is left out: one node alone, one sort of status, no users, no arrivals.
func TestTimeChartsAreThoseThatTell(t *testing.T) {
	ids := func(r *report.Results) string {
		var list []string
		for _, c := range TimeCharts(r) {
			list = append(list, c.ID)
		}
		return strings.Join(list, " ")
	}
	node := func(name string) report.PointNode {
		return report.PointNode{Node: name, Requests: 1, Share: 0.5, P95MS: 3}
	}
	p := report.Point{Requests: 2, P50MS: 1, P95MS: 2, P99MS: 3}
	p.Statuses[2] = 2
	bare := &report.Results{Timeline: report.Timeline{StepMS: 1000, EndMS: 2000, Points: []report.Point{p, p}}}
	if got := ids(bare); got != "rate times" {
		t.Errorf("bare: %s", got)
	}
	p.Errors, p.Users, p.Arrivals, p.Planned, p.Statuses[5], p.Nodes = 1, 4, 1, 1, 1, []report.PointNode{node("s1"), node("s2")}
	full := &report.Results{Total: report.Row{Errors: 2}, Timeline: report.Timeline{StepMS: 1000, EndMS: 2000, Points: []report.Point{p, p}, Heat: &report.Heat{BoundsMS: []float64{1, 2}, Counts: [][]int64{{2, 2}}}}}
	if got := ids(full); got != "rate times nodetimes shares failures statuses activity arrivals heat" {
		t.Errorf("full: %s", got)
	}
	if got := ids(&report.Results{Timeline: report.Timeline{StepMS: 1000, EndMS: 500, Points: []report.Point{p}}}); got != "" {
		t.Errorf("a single step: %s", got)
	}
}
