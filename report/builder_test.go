package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/assert"
	"stickbench/internal/sampletest"
	"stickbench/loadgen"
)

func TestBuilderRows(t *testing.T) {
	s := sampletest.Stream{Seed: 7, Users: 2, Rounds: 10, Nodes: []string{"s10", "s2"}, Labels: []string{"POST /login", "GET /"}, Sticky: true, Marks: true}
	r := fold(s.Samples(), Run{})
	var got []string
	for _, row := range r.Labels {
		got = append(got, fmt.Sprintf("%s %d mark=%v", row.Label, row.Samples, row.Mark))
		for _, node := range row.Nodes {
			got = append(got, fmt.Sprintf("%s %d", node.Label, node.Samples))
		}
	}
	want := []string{
		"POST /login 20 mark=false", "s2 10", "s10 10",
		"s10 reached 20 mark=true",
		"GET / 20 mark=false", "s2 10", "s10 10",
		"s2 reached 20 mark=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels by first appearance, nodes by name (-want +got):\n%s", diff)
	}
	if r.Total.Label != "TOTAL" || r.Total.Samples != 80 {
		t.Errorf("total %q has %d samples, want 80: marks count there", r.Total.Label, r.Total.Samples)
	}
	if len(r.Total.Nodes) != 2 || r.Total.Nodes[0].Samples != 20 {
		t.Errorf("total per node: %+v", r.Total.Nodes)
	}
}

// A label named TOTAL has no row of its own in JMeter.
func TestBuilderLabelTotal(t *testing.T) {
	samples := sampletest.Responses(1, "s1:1:a s1:2:a s1:3:a")
	samples[1].Label = "TOTAL"
	r := fold(samples, Run{})
	if len(r.Labels) != 1 || r.Labels[0].Samples != 2 || r.Total.Samples != 3 {
		t.Errorf("rows %+v, total %+v", r.Labels, r.Total)
	}
	if len(r.Warnings) == 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), "labelled TOTAL") {
		t.Errorf("no warning: %q", r.Warnings)
	}
}

// A view freezes while the run goes on: what it got must not change, and nor may the run.
func TestBuilderFreezeWhileRunning(t *testing.T) {
	samples := sampletest.Stream{
		Seed: 8, Users: 3, Rounds: 40, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /", "GET /b"}, Marks: true, Fail: 0.2,
	}.Samples()
	b := NewBuilder()
	var before, after *Results
	for i, s := range samples {
		b.Add(s)
		if i == len(samples)/2 {
			before = b.Freeze(Run{Plan: "p"})
			after = fold(samples[:i+1], Run{Plan: "p"})
		}
		if i%7 == 0 {
			b.Freeze(Run{})
		}
	}
	if diff := cmp.Diff(after, before); diff != "" {
		t.Errorf("frozen results changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fold(samples, Run{}), b.Freeze(Run{})); diff != "" {
		t.Errorf("freezing disturbed the fold (-want +got):\n%s", diff)
	}
}

// Once labels, nodes, users and sorts of failure are known, a sample costs no memory: neither one that
// sticks, nor one of a new session on another node, nor a failure.
func TestBuilderAddAllocatesNothing(t *testing.T) {
	for _, s := range []sampletest.Stream{
		{Seed: 9, Users: 4, Rounds: 500, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true},
		{Seed: 9, Users: 4, Rounds: 500, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Marks: true, Clear: true, Fail: 0.3},
		{Seed: 9, Users: 4, Rounds: 500, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /", "GET /b"}, Clear: true, Open: true},
	} {
		samples := s.Samples()
		b := NewBuilder()
		for _, s := range samples {
			b.Add(s)
		}
		i := 0
		if n := testing.AllocsPerRun(1000, func() { b.Add(samples[i%len(samples)]); i++ }); n != 0 {
			t.Errorf("%+v: %g allocations per sample", s, n)
		}
	}
}

func TestBuilderExpectations(t *testing.T) {
	compile := func(source string) *assert.Expectation {
		e, err := assert.Known{Labels: []string{"GET /"}}.CompileExpectation(source)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	samples := sampletest.Responses(1, "s1:1:a s1:2:a")
	if r := fold(samples, Run{}); r.Verdict != "none" {
		t.Errorf("without expectations: %s", r.Verdict)
	}
	r := fold(samples, Run{Expectations: []*assert.Expectation{compile("errors == 0"), compile("affinity == 1")}})
	if r.Verdict != "pass" || len(r.Expectations) != 2 || r.Expectations[0].Text != "errors == 0" {
		t.Errorf("%s: %+v", r.Verdict, r.Expectations)
	}
	r = fold(samples, Run{Expectations: []*assert.Expectation{compile("errors == 0"), compile("samples == 3")}})
	if r.Verdict != "fail" || !r.Expectations[0].OK || r.Expectations[1].OK {
		t.Errorf("%s: %+v", r.Verdict, r.Expectations)
	}
}

func BenchmarkBuilderAdd(b *testing.B) {
	samples := sampletest.Stream{Seed: 9, Users: 100, Rounds: 100, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true}.Samples()
	fold := NewBuilder()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		fold.Add(samples[i%len(samples)])
		i++
	}
}

// What a plan reads for the node may be a session id by mistake: memory must not grow with it.
func TestBuilderBoundsNodes(t *testing.T) {
	var samples []*loadgen.Sample
	for i := range 300 {
		samples = append(samples, sampletest.Responses(i+1, fmt.Sprintf("node-%d:1:a", i))...)
	}
	r := fold(samples, Run{})
	if len(r.Nodes) != maxNodes+1 {
		t.Fatalf("%d nodes", len(r.Nodes))
	}
	if last := r.Nodes[maxNodes]; last.Node != otherNodes || last.Requests != 200 {
		t.Errorf("last row: %+v", last)
	}
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "More than 100 different nodes") {
		t.Errorf("no warning: %q", r.Warnings)
	}
}
