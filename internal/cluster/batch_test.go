package cluster

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

// recorded are samples as runs record them: whole microseconds, in order of completion, those that ended together in
// that of their users.
func recorded(seed uint64) []loadgen.Sample {
	var all []loadgen.Sample
	stream := sampletest.Stream{
		Seed: seed, Users: 40, Rounds: 30, Nodes: []string{"s1", "s2", "s3"}, Labels: []string{"GET /", "POST /b", "GET /c"},
		Sticky: true, Clear: seed%2 == 0, Marks: true, Fail: 0.02, Pace: 10 * time.Millisecond, Open: seed%3 == 0, Hops: 0.1,
	}
	stream.Each(func(sample *loadgen.Sample) {
		s := *sample
		for _, d := range []*time.Duration{&s.Elapsed, &s.Latency, &s.Connect, &s.Late} {
			*d = d.Truncate(time.Microsecond)
		}
		all = append(all, s)
	})
	slices.SortStableFunc(all, func(a, b loadgen.Sample) int {
		return cmp.Or(cmp.Compare(end(&a), end(&b)), cmp.Compare(a.User, b.User))
	})
	return all
}

// A batch is what went into it, and small.
func TestBatch(t *testing.T) {
	samples := recorded(1)
	e := newEncoder()
	for i := range samples {
		e.add(&samples[i])
	}
	wire := e.take(head{agent: "a1", epoch: 7, number: 3, first: 99, through: 12345})
	t.Logf("%.1f bytes a sample", float64(len(wire))/float64(len(samples)))
	if each := len(wire) / len(samples); each > 40 {
		t.Errorf("%d bytes for each sample", each)
	}
	b, err := parseBatch(wire)
	if err != nil {
		t.Fatal(err)
	}
	if want := (head{"a1", 7, 3, 99, len(samples), 12345}); b.head != want {
		t.Errorf("%+v, want %+v", b.head, want)
	}
	if diff := gocmp.Diff(samples, b.samples); diff != "" {
		t.Error(diff)
	}
	if b, err := parseBatch(e.take(head{agent: "a1", through: endOfTime})); err != nil || b.samples != nil || !b.last() {
		t.Errorf("an empty batch: %+v, %v", b, err)
	}
}

func FuzzBatch(f *testing.F) {
	e := newEncoder()
	for _, s := range recorded(2) {
		e.add(&s)
	}
	f.Add(e.take(head{agent: "a1"}))
	f.Fuzz(func(t *testing.T, wire []byte) {
		if b, err := parseBatch(wire); err == nil && len(b.samples) != b.count {
			t.Errorf("%d samples, %d claimed", len(b.samples), b.count)
		}
	})
}

// folded is the report of samples.
type folded struct{ *report.Builder }

func (f folded) Record(s *loadgen.Sample) error { f.Add(s); return nil }
func (folded) Flush() error                     { return nil }
func (folded) Close() error                     { return nil }

// The results of many agents are those of one machine, to the last digit, whatever becomes of the batches on their way:
// they come twice, late, and again after others.
func TestManyAgentsFoldAsOne(t *testing.T) {
	for _, agents := range []int{1, 2, 3, 8, 16} {
		t.Run(fmt.Sprint(agents), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(agents), 1))
			samples := recorded(uint64(agents))
			one, many := folded{report.NewBuilder()}, folded{report.NewBuilder()}
			for i := range samples {
				one.Record(&samples[i])
			}
			var sources []source
			merged := make([]uint64, agents)
			for a := range agents {
				var own []loadgen.Sample
				for _, s := range samples {
					if s.User%agents == a {
						own = append(own, s)
					}
				}
				sources = append(sources, received(t, disturbed(rng, batches(rng, own))))
			}
			if err := merge(sources, many, func(agent int, b *batch) { merged[agent] = b.first + uint64(b.count) }); err != nil {
				t.Fatal(err)
			}
			run := report.Run{Plan: "p"}
			if diff := gocmp.Diff(one.Freeze(run), many.Freeze(run)); diff != "" {
				t.Errorf("-one +many:\n%s", diff)
			}
			sum := uint64(0)
			for _, n := range merged {
				sum += n
			}
			if sum != uint64(len(samples)) {
				t.Errorf("%d samples were told to be merged, of %d", sum, len(samples))
			}
		})
	}
}

// batches are an agent's samples on the wire, in batches of any size, some of them empty.
func batches(rng *rand.Rand, samples []loadgen.Sample) (wire [][]byte) {
	e := newEncoder()
	h := head{agent: "a"}
	for i := range samples {
		e.add(&samples[i])
		if rng.IntN(40) == 0 {
			h.through = end(&samples[i])
			n := e.count
			wire = append(wire, e.take(h))
			h.number, h.first = h.number+1, h.first+uint64(n)
		}
		if rng.IntN(100) == 0 && e.count == 0 {
			wire = append(wire, e.take(h))
			h.number++
		}
	}
	h.through = endOfTime
	return append(wire, e.take(h))
}

// disturbed are batches as a network may deliver them: twice, late, and again.
func disturbed(rng *rand.Rand, wire [][]byte) [][]byte {
	var all [][]byte
	for i, b := range wire {
		all = append(all, b)
		for rng.IntN(3) == 0 {
			all = append(all, wire[rng.IntN(i+1)])
		}
	}
	for i := range all {
		j := min(len(all)-1, i+rng.IntN(5))
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// received gives what came, in order.
func received(t *testing.T, wire [][]byte) source {
	var box inbox
	var due []*batch
	return func() *batch {
		for len(due) == 0 {
			if len(wire) == 0 {
				return nil
			}
			b, err := parseBatch(wire[0])
			if err != nil {
				t.Fatal(err)
			}
			due, wire = box.take(b), wire[1:]
		}
		b := due[0]
		due = due[1:]
		return b
	}
}

func BenchmarkMerge(b *testing.B) {
	samples := recorded(3)
	e := newEncoder()
	for i := range samples {
		e.add(&samples[i])
	}
	wire := e.take(head{agent: "a", through: endOfTime})
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		given := false
		merge([]source{func() *batch {
			if given {
				return nil
			}
			given = true
			x, err := parseBatch(wire)
			if err != nil {
				b.Fatal(err)
			}
			return x
		}}, folded{report.NewBuilder()}, func(int, *batch) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(samples)), "ns/sample")
}

func BenchmarkEncode(b *testing.B) {
	samples := recorded(3)
	e := newEncoder()
	for b.Loop() {
		for i := range samples {
			e.add(&samples[i])
		}
		e.take(head{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(samples)), "ns/sample")
}
