package fold

import (
	"math"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestFigure(t *testing.T) {
	sticky := fold(sampletest.Stream{Seed: 11, Users: 2, Rounds: 50, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true}.Samples(), report.Run{})
	robin := fold(sampletest.Stream{Seed: 11, Users: 1, Rounds: 50, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}}.Samples(), report.Run{})
	foreign := fold(sampletest.Foreign(), report.Run{})
	nothing := fold(nil, report.Run{})
	undefined := math.NaN()
	for _, test := range []struct {
		name                            string
		sticky, robin, foreign, nothing float64
	}{
		{"samples", 100, 50, 2400, 0},
		{"errors", 0, 0, float64(foreign.Total.Errors), 0},
		{"error_rate", 0, 0, float64(foreign.Total.Errors) / 2400, undefined},
		{"throughput", sticky.Total.Throughput, robin.Total.Throughput, foreign.Total.Throughput, undefined},
		{"duration", float64(sticky.DurationMS), float64(robin.DurationMS), float64(foreign.DurationMS), undefined},
		{"nodes", 2, 2, undefined, undefined},
		{"affinity", 1, 0, undefined, undefined},
		{"continuity", 1, 0, undefined, undefined},
		{"moves", 0, 49, undefined, undefined},
		{"excused", 0, 0, undefined, undefined},
		{"unexcused", 0, 49, undefined, undefined},
		{"lost", 0, 49, undefined, undefined},
		{"lost_unexcused", 0, 49, undefined, undefined},
		{"lost_sessions", 0, 1, undefined, undefined},
		{"renewed", 0, 0, undefined, undefined},
		{"new_sessions", 0, 49, undefined, undefined},
		{"sessions", 2, 1, undefined, undefined},
		{"sticky_sessions", 2, 0, undefined, undefined},
		{"transitions", 98, 49, undefined, undefined},
		{"bogus", undefined, undefined, undefined, undefined},
	} {
		for i, r := range []*report.Results{sticky, robin, foreign, nothing} {
			want := []float64{test.sticky, test.robin, test.foreign, test.nothing}[i]
			got, ok := r.Figure(test.name)
			if ok == math.IsNaN(want) || ok && got != want {
				t.Errorf("%s of run %d is %v, %v; want %v", test.name, i, got, ok, want)
			}
		}
	}
}

func TestLabelFigure(t *testing.T) {
	r := fold(sampletest.Stream{Seed: 11, Users: 2, Rounds: 50, Nodes: []string{"s1"}, Labels: []string{"GET /", "GET /b"}}.Samples(), report.Run{})
	for name, want := range map[string]float64{
		"samples": 100, "errors": 0, "error_rate": 0, "throughput": r.Labels[1].Throughput, "avg": r.Labels[1].AverageMS,
		"min": r.Labels[1].MinMS, "max": r.Labels[1].MaxMS, "stddev": r.Labels[1].StdDevMS,
		"p50": r.Labels[1].P50MS, "p90": r.Labels[1].P90MS, "p95": r.Labels[1].P95MS, "p99": r.Labels[1].P99MS,
	} {
		if got, err := r.LabelFigure(name, "GET /b"); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	for _, label := range []string{"", "TOTAL"} {
		if got, err := r.LabelFigure("samples", label); err != nil || got != 200 {
			t.Errorf("samples(%q) = %v, %v", label, got, err)
		}
	}
	if _, err := r.LabelFigure("p95", "GET /c"); err == nil {
		t.Error("a label that nobody requested has figures")
	}
	if _, err := r.LabelFigure("p96", "GET /"); err == nil {
		t.Error("p96 is a figure")
	}
	if _, err := fold(nil, report.Run{}).LabelFigure("p95", ""); err == nil {
		t.Error("nothing has a p95")
	}
	if got, err := fold(nil, report.Run{}).LabelFigure("samples", ""); err != nil || got != 0 {
		t.Errorf("samples of nothing: %v, %v", got, err)
	}
}

func TestNodeFigure(t *testing.T) {
	r := fold(sampletest.Stream{Seed: 11, Users: 4, Rounds: 50, Nodes: []string{"s1", "s1", "s1", "s2"}, Labels: []string{"GET /"}, Sticky: true}.Samples(), report.Run{Nodes: []string{"s3"}})
	for _, test := range []struct {
		name, node string
		want       float64
	}{
		{"share", "s1", 0.75}, {"requests", "s1", 150}, {"decisions", "s1", 3}, {"decisions", "s2", 1},
		{"share", "s3", 0}, {"requests", "s3", 0}, // stopped for the whole run
		{"returned", "s1", 0},
	} {
		if got, err := r.NodeFigure(test.name, test.node); err != nil || got != test.want {
			t.Errorf("%s(%s) = %v, %v; want %v", test.name, test.node, got, err, test.want)
		}
	}
	if _, err := r.NodeFigure("weight", "s1"); err == nil {
		t.Error("weight is a figure")
	}
	if _, err := fold(sampletest.Foreign(), report.Run{}).NodeFigure("requests", "s1"); err == nil {
		t.Error("a recording without nodes says how many requests s1 had")
	}
}
