package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
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
	got, err := b.samples()
	if diff := gocmp.Diff(samples, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	b, err = parseBatch(e.take(head{agent: "a1", through: endOfTime}))
	if err != nil || !b.last() {
		t.Fatalf("an empty batch: %+v, %v", b, err)
	}
	if got, err := b.samples(); err != nil || len(got) > 0 {
		t.Errorf("samples of an empty batch: %v, %v", got, err)
	}
}

// Every field of a sample is carried: those of transactions whose row stands for what is in them were not, once, and a run
// of many machines had rows that one of one machine has not.
func TestBatchCarriesEveryField(t *testing.T) {
	var samples [2]loadgen.Sample
	v := reflect.ValueOf(&samples[1]).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Bool:
			f.SetBool(true)
		default:
			f.SetInt(int64(i+1) * 1000)
		}
	}
	e := newEncoder()
	for range 2 { // a user's first, and one that is as the one before
		e.add(&samples[0])
		e.add(&samples[1])
	}
	b, err := parseBatch(e.take(head{agent: "a1"}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.samples()
	if diff := gocmp.Diff(slices.Concat(samples[:], samples[:]), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// What was damaged is told, and holds nothing up: what was whole is merged.
func TestDamagedBatch(t *testing.T) {
	samples := recorded(1)[:100]
	e := newEncoder()
	var wire [3][]byte
	for i := range wire {
		e.add(&samples[i])
		wire[i] = e.take(head{agent: "a1", number: uint64(i), first: uint64(i), through: end(&samples[i])})
	}
	for name, damage := range map[string]func([]byte) []byte{
		"short": func(b []byte) []byte { return b[:len(b)-5] }, "changed": func(b []byte) []byte { b[len(b)-9] ^= 0xff; return b },
	} {
		var sink counting
		sink.users = map[int]bool{}
		last, done := damage(slices.Clone(wire[1])), 0
		err := merge([]source{received(t, [][]byte{wire[0], last, wire[2]})}, &sink, func(int, *batch) { done++ })
		if !errors.Is(err, errBatch) || !strings.Contains(err.Error(), "agent a1") || sink.samples < 2 || done != 3 {
			t.Errorf("%s: %v, %d samples, %d batches", name, err, sink.samples, done)
		}
	}
}

// What a run did not do of its plan is told; what the plan itself ends is left out, and not missing.
func TestAsked(t *testing.T) {
	for want, a := range map[string]Asked{
		"": {Users: 2, OfUsers: 2, Iterations: 3, LeftOut: 1, OfIterations: 4, Arrivals: 7},
		"1 of 2 users came to their end; 3 of 4 iterations were done; 6 of 7 arrivals are accounted for": {Users: 1, OfUsers: 2, Iterations: 3, OfIterations: 4, Arrivals: 6, OfArrivals: 7},
	} {
		if got := strings.Join(a.missing(), "; "); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

func FuzzBatch(f *testing.F) {
	e := newEncoder()
	for _, s := range recorded(2) {
		e.add(&s)
	}
	f.Add(e.take(head{agent: "a1"}))
	f.Fuzz(func(t *testing.T, wire []byte) {
		b, err := parseBatch(wire)
		if err != nil {
			return
		}
		if samples, err := b.samples(); err == nil && len(samples) != b.count {
			t.Errorf("%d samples, %d claimed", len(samples), b.count)
		}
	})
}

// folded is the report of samples.
type folded struct{ *fold.Builder }

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
			one, many := folded{fold.NewBuilder()}, folded{fold.NewBuilder()}
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
				sources = append(sources, received(t, disturbed(rng, batches(rng, own, 40))))
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

// batches are an agent's samples on the wire, in batches of any size, about so many in each, some of them empty.
func batches(rng *rand.Rand, samples []loadgen.Sample, each int) (wire [][]byte) {
	e := newEncoder()
	h := head{agent: "a"}
	for i := range samples {
		e.add(&samples[i])
		if rng.IntN(each) == 0 {
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
