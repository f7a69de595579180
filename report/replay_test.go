package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

// anyStream is a plausible run for a seed.
func anyStream(seed uint64) stream {
	random := rand.New(rand.NewPCG(seed, 1))
	s := stream{
		seed: seed, users: 1 + random.IntN(12), rounds: 1 + random.IntN(60),
		labels: []string{"GET /", "POST /login, then \"go\"", "GET /größe?a=1\nb", "TOTAL"}[:1+random.IntN(4)],
		sticky: random.IntN(3) > 0, clear: random.IntN(3) == 0, marks: random.IntN(2) == 0,
		pace: []time.Duration{20 * time.Microsecond, time.Millisecond, 300 * time.Millisecond}[random.IntN(3)],
	}
	if random.IntN(2) == 0 {
		s.fail = random.Float64() / 3
	}
	for i := range 1 + random.IntN(12) {
		s.nodes = append(s.nodes, fmt.Sprintf("s%d", i+1))
	}
	return s
}

// A recording gives the same results and the same report, to the last digit, as the run it was made of.
func TestReplayEqualsLive(t *testing.T) {
	for seed := range uint64(60) {
		samples := anyStream(seed).samples()
		run := Run{Plan: "any", NodeSource: "json:tag", Weights: map[string]float64{"s1": 2, "s2": 1}}
		live, replayed := fold(samples, run), replay(t, samples).Freeze(run)
		if diff := cmp.Diff(live, replayed); diff != "" {
			t.Fatalf("seed %d (-live +replayed):\n%s", seed, diff)
		}
		for _, width := range []int{80, 120} {
			var a, b bytes.Buffer
			if err := errors.Join(
				WriteText(&a, live, TextOptions{Width: width}), WriteText(&b, replayed, TextOptions{Width: width}),
			); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a.String(), b.String()); diff != "" {
				t.Fatalf("seed %d at %d (-live +replayed):\n%s", seed, width, diff)
			}
		}
	}
}

// replay writes the samples to a JTL and folds what is read from it.
func replay(t *testing.T, samples []*loadgen.Sample) *Builder {
	t.Helper()
	var file bytes.Buffer
	w := NewJTLWriter(&file)
	for _, s := range samples {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	b := NewBuilder()
	if _, err := ReadJTL(&file, func(s *loadgen.Sample) error { b.Add(s); return nil }); err != nil {
		t.Fatal(err)
	}
	return b
}
