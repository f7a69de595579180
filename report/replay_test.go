package report

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
		run := Run{Plan: "any", NodeSource: "json:tag", Weights: map[string]float64{"s1": 2, "s2": 1}}
		live, replayed := fold(samples, run), replay(t, samples).Freeze(run)
		if diff := cmp.Diff(live, replayed); diff != "" {
			t.Fatalf("seed %d (-live +replayed):\n%s", seed, diff)
		}
	}
}

// anyEvents are plausible events for a run of that length.
func anyEvents(random *rand.Rand, nodes []string, ms int64) (events []Event) {
	at := int64(0)
	for range random.IntN(12) {
		at += random.Int64N(1 + ms/6)
		node := nodes[random.IntN(len(nodes))]
		e := Event{AtMS: at, Text: "something", OK: random.IntN(8) > 0, Phase: random.IntN(2) == 0}
		switch random.IntN(4) {
		case 0:
			e.Name, e.Weights = "weights", map[string]int{"s1": 1 + random.IntN(3), "s2": random.IntN(3), "s3": 1}
		case 1:
			e.Name = fmt.Sprintf("phase %d", random.IntN(3))
		default:
			e.Node, e.State = node, []string{"ready", "up", "drain", "maint", "down"}[random.IntN(5)]
			e.Name = e.State + " " + node
			if random.IntN(3) == 0 {
				e.Observed, e.Phase, e.LatestMS = true, false, at+random.Int64N(1500)
			}
		}
		events = append(events, e)
	}
	return events
}

// A run is told of events after they happened, while samples go on coming; its recording has all events
// before the first sample. The results are the same, however late an event comes.
func TestReplayEqualsLiveWithEvents(t *testing.T) {
	late := 0
	for seed := range uint64(90) {
		s := anyStream(seed)
		s.Pace *= 10
		samples := s.Samples()
		random := rand.New(rand.NewPCG(seed, 3))
		start := time.UnixMicro(sampletest.Epoch - random.Int64N(5000))
		length := samples[len(samples)-1].StartMillis() - start.UnixMilli()
		told := anyEvents(random, s.Nodes, max(1, length))
		live := NewBuilder()
		if seed%3 > 0 {
			live.phases.most = 1 + random.IntN(100)
		}
		live.Begin(start)
		recorded := make([]Event, 0, len(told))
		delay := random.Int64N(1 + length/10)
		for _, sample := range samples {
			for len(recorded) < len(told) && told[len(recorded)].AtMS+delay <= sample.StartMillis()-start.UnixMilli() {
				recorded = append(recorded, live.Event(told[len(recorded)]))
			}
			live.Add(sample)
			if random.IntN(500) == 0 {
				live.Freeze(Run{})
			}
		}
		for _, e := range told[len(recorded):] {
			recorded = append(recorded, live.Event(e))
		}
		for _, e := range recorded {
			late += int(boolInt(e.FromMS != 0))
		}
		run := Run{Plan: "any", Algorithm: []string{"", "roundrobin", "random"}[seed%3], Weights: map[string]float64{"s1": 2, "s2": 1, "s3": 1}}
		replayed := NewBuilder()
		replayed.Begin(start)
		for _, e := range recorded {
			replayed.Event(e)
		}
		if diff := cmp.Diff(live.Freeze(run), replayInto(t, replayed, samples).Freeze(run)); diff != "" {
			t.Fatalf("seed %d (-live +replayed):\n%s", seed, diff)
		}
	}
	if late < 30 {
		t.Errorf("only %d events came late", late)
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
