package text

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// timelineOf is the results of samples and events.
func timelineOf(samples []*loadgen.Sample, events ...report.Event) *report.Results {
	b := fold.NewBuilder()
	b.Begin(time.UnixMicro(sampletest.Epoch))
	for _, e := range events {
		b.Event(e)
	}
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(report.Run{})
}

// The chart's columns are those of the points, or of several each, and letters stand where events are.
func TestChart(t *testing.T) {
	var samples []*loadgen.Sample
	for i := range 120 {
		node := "s1"
		if i >= 60 {
			node = "s2"
		}
		samples = append(samples, &loadgen.Sample{
			Start: sampletest.Epoch + int64(i)*1_000_000 + 500_000, Elapsed: time.Millisecond, Fine: true, Label: "GET /", User: 1, Life: 1,
			Iteration: i + 1, Status: 200, Node: node, Session: node, Counter: int64(i), HasCounter: true,
		})
	}
	r := timelineOf(samples,
		report.Event{AtMS: 60_000, Name: "s1 maint", Text: "s1 maint", OK: true, Phase: true, Node: "s1", State: "maint"},
		report.Event{AtMS: 60_500, Name: "s1 drain", Text: "s1 drain", OK: true, Phase: true, Node: "s1", State: "drain"},
		report.Event{AtMS: 119_000, Name: "s1 ready", Text: "s1 ready", OK: true, Phase: true, Node: "s1", State: "ready"})
	p := &page{width: 60}
	writeTimeline(p, r)
	want := `
Timeline
requests/s  ██████████████████████████████  max 1
p95 ms      ██████████████████████████████  max 1.01
s1 share    ███████████████···············  50.0%
s2 share    ···············███████████████  50.0%
                           a             c
                           b
4 seconds per column, p95 of the worst second of each.
`
	if diff := cmp.Diff(want, p.text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := seconds(1_048_576_000); got != "1 048 576 seconds" { // it was "048 576 seconds"
		t.Error(got)
	}
	p = &page{width: 60}
	if writeTimeline(p, timelineOf(samples[:2])); p.text.Len() > 0 {
		t.Errorf("a short run without events has a chart:\n%s", p.text.String())
	}
}
