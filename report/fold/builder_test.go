package fold

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/assert"
	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

func TestBuilderRows(t *testing.T) {
	s := sampletest.Stream{Seed: 7, Users: 2, Rounds: 10, Nodes: []string{"s10", "s2"}, Labels: []string{"POST /login", "GET /"}, Sticky: true, Marks: true}
	r := fold(s.Samples(), report.Run{})
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
	r := fold(samples, report.Run{})
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
	var before, after *report.Results
	for i, s := range samples {
		b.Add(s)
		if i == len(samples)/2 {
			before = b.Freeze(report.Run{Plan: "p"})
			after = fold(samples[:i+1], report.Run{Plan: "p"})
		}
		if i%7 == 0 {
			b.Freeze(report.Run{})
		}
	}
	if diff := cmp.Diff(after, before); diff != "" {
		t.Errorf("frozen results changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fold(samples, report.Run{}), b.Freeze(report.Run{})); diff != "" {
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
	if r := fold(samples, report.Run{}); r.Verdict != "none" {
		t.Errorf("without expectations: %s", r.Verdict)
	}
	r := fold(samples, report.Run{Expectations: []*assert.Expectation{compile("errors == 0"), compile("affinity == 1")}})
	if r.Verdict != "pass" || len(r.Expectations) != 2 || r.Expectations[0].Text != "errors == 0" {
		t.Errorf("%s: %+v", r.Verdict, r.Expectations)
	}
	r = fold(samples, report.Run{Expectations: []*assert.Expectation{compile("errors == 0"), compile("samples == 3")}})
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
	r := fold(samples, report.Run{})
	if len(r.Nodes) != maxNodes+1 {
		t.Fatalf("%d nodes", len(r.Nodes))
	}
	if last := r.Nodes[maxNodes]; last.Node != report.OtherNodes || last.Requests != 200 {
		t.Errorf("last row: %+v", last)
	}
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "More than 100 different nodes") {
		t.Errorf("no warning: %q", r.Warnings)
	}
}

// Labels may have a number in them that is another one each time, and so may nodes: a file of 300 000 labels took
// 816 MB. What has no row of its own is counted all the same, and rows add up.
func TestBuilderBoundsLabels(t *testing.T) {
	const labels, nodes = 6000, 5
	b := NewBuilder()
	for node := range nodes {
		for i := range labels {
			b.Add(&loadgen.Sample{Start: int64(i), Elapsed: time.Millisecond, Fine: true, Status: 200, Label: fmt.Sprintf("GET /%d", i), Node: fmt.Sprintf("s%d", node+1), User: 1})
		}
	}
	r := b.Freeze(report.Run{})
	if len(r.Labels) != maxLabelRows+1 || b.nodeRows != maxNodeRows {
		t.Fatalf("%d labels, %d rows of nodes", len(r.Labels), b.nodeRows)
	}
	if last := r.Labels[maxLabelRows]; last.Label != otherLabels || last.Samples != (labels-maxLabelRows)*nodes {
		t.Errorf("last row: %d samples of %s", last.Samples, last.Label)
	}
	for _, row := range r.Labels {
		sum := int64(0)
		for _, n := range row.Nodes {
			sum += n.Samples
		}
		if sum != row.Samples {
			t.Errorf("%s: %d samples, its nodes have %d", row.Label, row.Samples, sum)
		}
	}
	if r.Total.Samples != labels*nodes || len(r.Nodes) != nodes || r.Nodes[4].Requests != labels {
		t.Errorf("in all %d, nodes %+v", r.Total.Samples, r.Nodes)
	}
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "more than 5000 different labels") {
		t.Errorf("no warning: %q", r.Warnings)
	}
}

// The rows of a label's nodes, with the requests that named none, add up to the label; so they do over all.
func TestNodeRowsAddUp(t *testing.T) {
	for seed := range uint64(20) {
		r := fold(anyStream(seed).Samples(), report.Run{})
		for _, row := range append(r.Labels, r.Total) {
			sum, errors, received := int64(0), int64(0), 0.0
			parts := row.Nodes
			if row.Unnamed != nil {
				parts = append(slices.Clone(parts), *row.Unnamed)
			}
			for _, part := range parts {
				sum, errors, received = sum+part.Samples, errors+part.Errors, received+part.AvgBytes*float64(part.Samples)
			}
			if marks := row.Label == report.TotalLabel && slices.ContainsFunc(r.Labels, func(l report.Row) bool { return l.Mark }); marks || row.Mark || len(parts) == 0 {
				continue
			}
			if sum != row.Samples || errors != row.Errors || math.Abs(received-row.AvgBytes*float64(row.Samples)) > 1 {
				t.Errorf("seed %d, %q: nodes have %d samples and %d errors of %d and %d", seed, row.Label, sum, errors, row.Samples, row.Errors)
			}
		}
	}
}

// Recordings of two generators, one behind the other, took as long as both together: the figures are those of
// the time from the first start to the last end, and a warning says what JMeter makes of them.
func TestJoinedRecordings(t *testing.T) {
	var samples []*loadgen.Sample
	for _, from := range []int64{10_000_000, 0} {
		for i := range int64(100) {
			samples = append(samples, &loadgen.Sample{Start: sampletest.Epoch + from + i*100_000, Elapsed: 100 * time.Millisecond, Label: "GET /", Status: 200})
		}
	}
	r := fold(samples, report.Run{})
	if got := r.Total.Throughput; got != 10 {
		t.Errorf("%v/s, want 10", got)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "not in the order of time") }) {
		t.Errorf("no warning: %q", r.Warnings)
	}
}

// A transaction that stands for what is in it is the only row; totals, nodes, latency and errors are of its requests all
// the same, JMeter's total of the rows that JMeter has.
func TestInnerSamplesHaveNoRow(t *testing.T) {
	b := NewBuilder()
	for _, s := range []loadgen.Sample{
		{Label: "GET /", Node: "s1", Elapsed: 1e6, Fine: true, User: 1, Life: 1},
		{Label: "GET /a", Node: "s1", Elapsed: 2e6, Fine: true, User: 1, Life: 1, Inner: true},
		{Label: "GET /b", Elapsed: 3e6, Fine: true, User: 1, Life: 1, Inner: true, Kind: loadgen.KindStatus},
		{Label: "all", Elapsed: 5e6, Fine: true, User: 1, Life: 1, Transaction: true, Kind: loadgen.KindTransaction},
		{Label: "m", User: 1, Mark: true},
	} {
		b.Add(&s)
	}
	r := b.Freeze(report.Run{})
	var labels []string
	for _, row := range r.Labels {
		labels = append(labels, row.Label)
	}
	if diff := cmp.Diff([]string{"GET /", "all", "m"}, labels); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if r.Total.Samples != 4 || r.Nodes[0].Requests != 2 || r.Latency.Requests != 3 || r.Total.Unnamed.Samples != 1 || r.Errors[0].Label != "GET /b" {
		t.Errorf("total %+v, nodes %+v, latency %+v, errors %+v", r.Total, r.Nodes, r.Latency, r.Errors)
	}
	if j := r.JMeterTotal; j == nil || j.Count != 3 || j.Max != 5 || j.Errors != 1 {
		t.Errorf("JMeter's total: %+v", j)
	}
}

// Of a phase, too, a transaction has a row.
func TestTransactionsInPhases(t *testing.T) {
	b := NewBuilder()
	b.Begin(time.Unix(0, 0))
	b.Event(report.Event{AtMS: 5, Name: "late", OK: true, Phase: true})
	for i := range int64(10) {
		b.Add(&loadgen.Sample{Start: i * 1000, Elapsed: 1e6, Fine: true, Label: "GET /", User: 1})
		b.Add(&loadgen.Sample{Start: i * 1000, Elapsed: 2e6, Fine: true, Label: "all", User: 1, Transaction: true})
	}
	late, err := b.Freeze(report.Run{}).During("late")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := late.LabelFigure("samples", "all"); n != 5 || err != nil {
		t.Errorf("%v samples, %v", n, err)
	}
	if n, _ := late.Figure("samples"); n != 5 {
		t.Errorf("%v samples in all", n)
	}
}

// A transaction has a row; the total and everything else are of its requests alone.
func TestTransactionsCountOnce(t *testing.T) {
	b := NewBuilder()
	for _, s := range []loadgen.Sample{
		{Start: 1e6, Elapsed: 2e6, Fine: true, Label: "GET /", Node: "s1", User: 1, Life: 1, Kind: loadgen.KindStatus, Received: 10},
		{Start: 1e6, Elapsed: 9e6, Fine: true, Label: "checkout", User: 1, Life: 1, Transaction: true, Kind: loadgen.KindTransaction, Received: 10},
	} {
		b.Add(&s)
	}
	r := b.Freeze(report.Run{})
	if len(r.Labels) != 2 || !r.Labels[1].Transaction || r.Labels[1].MaxMS != 9 || r.Labels[1].Errors != 1 {
		t.Errorf("rows %+v", r.Labels)
	}
	if r.Total.Samples != 1 || r.Total.Errors != 1 || r.Total.MaxMS != 2 || len(r.Errors) != 1 || r.Latency.Requests != 1 {
		t.Errorf("total %+v, errors %+v", r.Total, r.Errors)
	}
}
