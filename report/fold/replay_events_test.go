//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package fold

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

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
		recorded := make([]report.Event, 0, len(told))
		delay := random.Int64N(1 + length/10)
		for _, sample := range samples {
			for len(recorded) < len(told) && told[len(recorded)].AtMS+delay <= sample.StartMillis()-start.UnixMilli() {
				recorded = append(recorded, live.Event(told[len(recorded)]))
			}
			live.Add(sample)
			if random.IntN(500) == 0 {
				live.Freeze(report.Run{})
			}
		}
		for _, e := range told[len(recorded):] {
			recorded = append(recorded, live.Event(e))
		}
		for _, e := range recorded {
			late += int(boolInt(e.FromMS != 0))
		}
		run := report.Run{Plan: "any", Algorithm: []string{"", "roundrobin", "random"}[seed%3], Weights: map[string]float64{"s1": 2, "s2": 1, "s3": 1}}
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

// anyEvents are plausible events for a run of that length.
func anyEvents(random *rand.Rand, nodes []string, ms int64) (events []report.Event) {
	at := int64(0)
	for range random.IntN(12) {
		at += random.Int64N(1 + ms/6)
		node := nodes[random.IntN(len(nodes))]
		e := report.Event{AtMS: at, Text: "something", OK: random.IntN(8) > 0, Phase: random.IntN(2) == 0}
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
