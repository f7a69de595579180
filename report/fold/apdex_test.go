package fold

import (
	"testing"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
)

// The score is (satisfied + tolerated/2) / samples: bounds belong to the better side, failures count as frustrated
// however fast they were, and a row that stands for many counts as many.
func TestApdex(t *testing.T) {
	b := NewBuilder()
	b.Apdex = report.Apdex{Satisfied: 10 * time.Millisecond, Tolerated: 40 * time.Millisecond}
	for _, s := range []*loadgen.Sample{
		{Label: "a", Elapsed: 10 * time.Millisecond},
		{Label: "a", Elapsed: 40 * time.Millisecond},
		{Label: "a", Elapsed: 41 * time.Millisecond},
		{Label: "a", Elapsed: time.Millisecond, Kind: loadgen.KindStatus},
		{Label: "many", Elapsed: 100 * time.Millisecond, Count: 10, Errors: 4},
	} {
		b.Add(s)
	}
	r := b.Freeze(report.Run{})
	for label, want := range map[string]float64{"a": 1.5 / 4, "many": 0.6, "": 7.5 / 14} {
		if got, err := r.LabelFigure("apdex", label); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", label, got, err, want)
		}
	}
	if r.Apdex != (report.ApdexTimes{SatisfiedMS: 10, ToleratedMS: 40}) || !r.Apdex.Chosen() {
		t.Errorf("times: %+v", r.Apdex)
	}
	if none := NewBuilder().Freeze(report.Run{}); none.Total.Apdex != nil || none.Apdex.Chosen() {
		t.Error("no samples have a score, or the usual times were chosen")
	}
}
