package report

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"stickbench/loadgen"
)

// process makes runs whose latencies depend on those before them: their logarithms are an autoregressive
// process of first order. Errors come where it is high, that is in bursts. Requests arrive at random.
type process struct {
	samples  int
	phi      float64
	scale    float64 // of the latencies, 1 is a median of 10 ms
	errors   float64 // their share
	run      float64 // standard deviation of the logarithm between runs
	label    string
	weights  [2]int             // of s1 and s2, which sessions are given to in turns
	sessions int                // requests in a session; 0 if nothing is known of nodes and sessions
	told     map[string]float64 // weights that are known; nil for none
	whole    bool               // times in whole milliseconds
	plan     string
}

// variation is the standard deviation of the logarithm of the latencies within a run.
const variation = 0.4

// series is one run.
func (p process) series(seed uint64) *Series {
	b := NewSeriesBuilder(NewBuilder())
	for s := range p.all(seed) {
		b.Add(s)
	}
	return p.freeze(b)
}

func (p process) freeze(b *SeriesBuilder) *Series {
	run := Run{Plan: p.plan, Weights: p.told, Algorithm: "roundrobin"}
	return b.Freeze("run", b.results.Freeze(run), Setup{Weights: p.told})
}

// all are the samples of one run.
func (p process) all(seed uint64) func(yield func(*loadgen.Sample) bool) {
	return func(yield func(*loadgen.Sample) bool) {
		random := rand.New(rand.NewPCG(seed, 1))
		level := math.Log(10*p.scale) + p.run*random.NormFloat64()
		at, z := int64(1_700_000_000_000), random.NormFloat64()
		limit := math.Sqrt2 * math.Erfinv(1-2*p.errors)
		for i := range p.samples {
			z = p.phi*z + math.Sqrt(1-p.phi*p.phi)*random.NormFloat64()
			micros := int64(math.Exp(level+variation*z) * 1000)
			if p.whole {
				micros -= micros % 1000
			}
			s := &loadgen.Sample{
				Start: at * 1000, Elapsed: time.Duration(micros) * time.Microsecond, Fine: !p.whole, Label: p.label,
				User: 1, Life: 1, Status: 200,
			}
			if p.sessions > 0 {
				life := i / p.sessions
				s.Life, s.Node, s.Counter, s.HasCounter = life+1, "s1", int64(i%p.sessions+1), true
				if life%(p.weights[0]+p.weights[1]) >= p.weights[0] {
					s.Node = "s2"
				}
			}
			if p.errors > 0 && z > limit {
				s.Kind = loadgen.KindStatus
			}
			if !yield(s) {
				return
			}
			at += 1 + random.Int64N(19)
		}
	}
}

// side are several runs.
func (p process) side(runs int, seed uint64) []*Series {
	list := make([]*Series, runs)
	for i := range list {
		list[i] = p.series(seed*1000 + uint64(i))
	}
	return list
}

// changed counts the pairs whose p95 got the verdict, and those whose verdict on the whole is that
// something changed.
func changed(t *testing.T, before, after process, runs, pairs int) (worse, alarms int) {
	t.Helper()
	for i := range pairs {
		c, err := Compare(before.side(runs, uint64(2*i)), after.side(runs, uint64(2*i+1)), CompareOptions{Margin: DefaultMargin})
		if err != nil {
			t.Fatal(err)
		}
		if c.Verdict == Worse || c.Verdict == Better {
			alarms++
		}
		if ch := find(c.Total.Changes, "p95"); ch.Verdict == Worse {
			worse++
		}
	}
	return worse, alarms
}

func find(changes []Change, metric string) *Change {
	for i := range changes {
		if changes[i].Metric == metric {
			return &changes[i]
		}
	}
	return nil
}

// Two runs of the same plan are the same, or it cannot be told, in at least 95 of 100 pairs, however much
// each request depends on the one before it; so are two sides of runs that differ by themselves.
func TestSameRunsRaiseNoAlarm(t *testing.T) {
	for _, c := range []struct {
		name string
		process
		runs int
	}{
		{"independent", process{samples: 1000}, 1},
		{"φ 0.9", process{samples: 1000, phi: 0.9}, 1},
		{"three runs that differ", process{samples: 250, phi: 0.9, run: 0.03}, 3},
		{"five runs that differ", process{samples: 250, phi: 0.5, run: 0.03}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.scale, c.errors = 1, 0.05
			if _, alarms := changed(t, c.process, c.process, c.runs, 100); alarms > 5 {
				t.Errorf("%d of 100 pairs of the same process raise an alarm", alarms)
			}
		})
	}
}

// A shift of 10 % is found where there is data enough.
func TestTenPercentAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		process
		runs int
	}{
		{"one run", process{samples: 10_000}, 1},
		{"one run, φ 0.5", process{samples: 16_000, phi: 0.5}, 1},
		{"six runs", process{samples: 2000, phi: 0.5, run: 0.01}, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.scale = 1
			slower := c.process
			slower.scale = 1.1
			if worse, _ := changed(t, c.process, slower, c.runs, 10); worse < 9 {
				t.Errorf("10 %% more was found in %d of 10 pairs", worse)
			}
		})
	}
}
