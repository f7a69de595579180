package fold

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"stickbench/assert"
	"stickbench/loadgen"
	"stickbench/report"
)

// TestWindows folds windows as counting all samples anew for each window gives them, in whatever order samples come that
// ended within a second of each other.
func TestWindows(t *testing.T) {
	e, err := assert.Known{}.CompileExpectation(`within("3s").samples > 0 and within("3s").max() > 0 and within("3s").errors >= 0 and within("10s").share("s1") > 0 and within("3s").max("GET /a") > 0`)
	if err != nil {
		t.Fatal(err)
	}
	start := time.UnixMilli(1_700_000_000_000)
	rng := rand.New(rand.NewPCG(1, 2))
	var samples []loadgen.Sample
	for i := range 2000 { // of 20 s, with a gap from 8 s to 12 s
		end := time.Duration(i) * 10 * time.Millisecond
		if end >= 8*time.Second && end < 12*time.Second {
			continue
		}
		s := loadgen.Sample{Elapsed: time.Duration(1+rng.IntN(100)) * time.Millisecond, Fine: true, Label: []string{"GET /a", "GET /b"}[rng.IntN(2)], Node: []string{"s1", "s2"}[rng.IntN(2)], Status: 200, User: 1, Iteration: i + 1}
		if rng.IntN(10) == 0 {
			s.Kind, s.Status = loadgen.KindStatus, 500
		}
		s.Start = start.Add(end - s.Elapsed).UnixMicro()
		samples = append(samples, s)
	}
	shuffled := slices.Clone(samples)
	for i := 75; i+50 <= len(shuffled); i += 50 { // half a second, over the edges of steps
		if i < 800 && i+50 > 800 {
			continue // nothing is late by the gap
		}
		rng.Shuffle(50, func(a, b int) { shuffled[i+a], shuffled[i+b] = shuffled[i+b], shuffled[i+a] })
	}
	for name, list := range map[string][]loadgen.Sample{"in order": samples, "late": shuffled} {
		b := NewBuilder()
		b.Expect([]*assert.Expectation{e})
		b.Begin(start)
		for i := range list {
			b.Add(&list[i])
		}
		got, windows := b.Freeze(report.Run{Expectations: []*assert.Expectation{e}}).InWindows, 0
		for _, w := range e.Windows() {
			for then := w.Length; then <= 19*time.Second; then += w.Step {
				windows++
				if have, want := got.At(w.Text, then), counted(samples, w, start, then); have != want && (have == have || want == want) { // NaN where there is none
					t.Errorf("%s, %s until %v: %v, want %v", name, w.Text, then, have, want)
				}
			}
		}
		if windows < 50 {
			t.Errorf("%d windows", windows)
		}
	}
}

// counted is a window's figure, of all samples that ended in it.
func counted(samples []loadgen.Sample, w assert.Window, start time.Time, then time.Duration) float64 {
	b := NewBuilder()
	for i := range samples {
		s := &samples[i]
		if end := time.UnixMicro(s.Start).Add(s.Elapsed).Sub(start); end >= then-w.Length && end < then {
			b.Add(s)
		}
	}
	r := b.Freeze(report.Run{})
	return w.Value(r)
}
