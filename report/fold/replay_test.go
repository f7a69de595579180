package fold

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/jtl"
)

// anyStream is a plausible run for a seed.
func anyStream(seed uint64) sampletest.Stream {
	random := rand.New(rand.NewPCG(seed, 1))
	s := sampletest.Stream{
		Seed: seed, Users: 1 + random.IntN(12), Rounds: 1 + random.IntN(60),
		Labels: []string{"GET /", "POST /login, then \"go\"", "GET /größe?a=1\nb", "TOTAL"}[:1+random.IntN(4)],
		Sticky: random.IntN(3) > 0, Clear: random.IntN(3) == 0, Marks: random.IntN(2) == 0,
		Pace: []time.Duration{20 * time.Microsecond, time.Millisecond, 300 * time.Millisecond}[random.IntN(3)],
	}
	if random.IntN(2) == 0 {
		s.Fail = random.Float64() / 3
	}
	for i := range 1 + random.IntN(12) {
		s.Nodes = append(s.Nodes, fmt.Sprintf("s%d", i+1))
	}
	s.Open = random.IntN(3) == 0
	if random.IntN(2) == 0 {
		s.Hops = random.Float64() / 2
	}
	return s
}

// A recording gives the same results, and by that the same report, to the last digit, as the run it was made of.
func TestReplayEqualsLive(t *testing.T) {
	for seed := range uint64(60) {
		samples := anyStream(seed).Samples()
		run := report.Run{Plan: "any", NodeSource: "json:tag", Weights: map[string]float64{"s1": 2, "s2": 1}}
		live, replayed := fold(samples, run), replay(t, samples).Freeze(run)
		if diff := cmp.Diff(live, replayed); diff != "" {
			t.Fatalf("seed %d (-live +replayed):\n%s", seed, diff)
		}
	}
}

// replay writes the samples to a JTL and folds what is read from it.
func replay(t *testing.T, samples []*loadgen.Sample) *Builder {
	t.Helper()
	return replayInto(t, NewBuilder(), samples)
}

func replayInto(t *testing.T, b *Builder, samples []*loadgen.Sample) *Builder {
	t.Helper()
	var file bytes.Buffer
	w := jtl.NewWriter(&file)
	if slices.ContainsFunc(samples, func(s *loadgen.Sample) bool { return s.Arrival }) {
		w.WithLate()
	}
	for _, s := range samples {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := new(jtl.Reading).Read(&file, func(s *loadgen.Sample) error { b.Add(s); return nil }); err != nil {
		t.Fatal(err)
	}
	return b
}
