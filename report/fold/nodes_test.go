package fold

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestNodes(t *testing.T) {
	s := sampletest.Stream{Seed: 10, Users: 6, Rounds: 100, Nodes: []string{"s1", "s1", "s2"}, Labels: []string{"GET /"}, Sticky: true}
	type figures struct {
		Node                string
		Requests, Decisions int64
		Share               float64
		Expected            *float64
	}
	list := func(r *report.Results) (all []figures) {
		for _, n := range r.Nodes {
			all = append(all, figures{n.Node, n.Requests, n.Decisions, n.Share, n.ExpectedShare})
		}
		return all
	}
	sticky := fold(s.Samples(), report.Run{Weights: map[string]float64{"s1": 2, "s2": 1, "s3": 1}})
	want := []figures{
		{"s1", 400, 4, 400. / 600, float(0.5)},
		{"s2", 200, 2, 200. / 600, float(0.25)},
		{"s3", 0, 0, 0, float(0.25)},
	}
	if diff := cmp.Diff(want, list(sticky)); diff != "" {
		t.Errorf("sticky (-want +got):\n%s", diff)
	}
	if d := sticky.Distribution; d.N != 6 || d.Verdict != report.TooFew || d.Needed != 103 || d.OK != nil || len(d.Nodes) != 3 {
		t.Errorf("sticky: %+v", d)
	}

	s.Sticky = false
	free := fold(s.Samples(), report.Run{})
	want = []figures{{"s1", 400, 400, 400. / 600, nil}, {"s2", 200, 200, 200. / 600, nil}}
	if diff := cmp.Diff(want, list(free)); diff != "" {
		t.Errorf("nothing sticks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&report.Distribution{Unit: "decisions", N: 600, Verdict: report.NotJudged, Explanation: report.WeightsUnknown}, free.Distribution); diff != "" {
		t.Errorf("nothing sticks (-want +got):\n%s", diff)
	}

	s.Sticky, s.Clear = true, true
	cleared := fold(s.Samples(), report.Run{})
	if diff := cmp.Diff(want, list(cleared)); diff != "" {
		t.Errorf("cleared jars: every request is the first of its session (-want +got):\n%s", diff)
	}
	if r := fold(nil, report.Run{}); r.Distribution != nil || len(r.Nodes) != 0 {
		t.Errorf("of nothing: %+v, %+v", r.Distribution, r.Nodes)
	}
}

func TestCompareNodes(t *testing.T) {
	want := []string{"", "10.0.0.2:80", "10.0.0.10:80", "s1", "s01", "s2", "s2a", "s10", "s10-b", "t", "zzz", report.OtherNodes}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, report.CompareNodes)
	want[3], want[4] = "s01", "s1" // equal by value: by text
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
