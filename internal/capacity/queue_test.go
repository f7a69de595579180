package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
)

// queue is a target of so many workers, each of which is busy with a request for a time of its own.
type queue struct {
	workers int
	service func(*rand.Rand) float64 // seconds
	random  bool                     // arrivals
}

// step sends requests at a rate for 2 s, and judges the 5 s that follow, as limit does.
func (q *queue) step(rng *rand.Rand, at float64) Step {
	const settle, step = 2, 5
	k := Kept{Planned: at * step}
	free := make([]float64, q.workers)
	for begin := 0.0; begin < settle+step; {
		next := 0
		for i := range free {
			if free[i] < free[next] {
				next = i
			}
		}
		free[next] = max(begin, free[next]) + q.service(rng)
		within := func(from, to float64) float64 { return max(0, min(free[next], to)-max(begin, from)) / (to - from) }
		k.First += within(settle, settle+step/4.0)
		k.Last += within(settle+step*3/4.0, settle+step)
		k.InFlight += within(settle, settle+step)
		if free[next] >= settle && free[next] < settle+step {
			k.Ended++
		}
		if gap := 1 / at; q.random {
			begin += gap * rng.ExpFloat64()
		} else {
			begin += gap
		}
	}
	return Step{At: at, Held: !k.Behind(), Why: "keeping up"}
}

// TestSearchOfQueues finds what targets can do whose capacity is known, within 5 % in nine of ten searches, and says an
// interval that has it. Where more than 3 % of the requests had to be missing, every answer was 2 to 3 % too high, and
// the truth below its interval.
func TestSearchOfQueues(t *testing.T) {
	even := func(seconds float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return seconds } }
	random := func(mean float64) func(*rand.Rand) float64 {
		return func(rng *rand.Rand) float64 { return mean * rng.ExpFloat64() }
	}
	searches, near, within := 0, 0, 0
	for _, q := range []queue{{1, even(0.01), false}, {8, even(0.1), false}, {1, even(0.01), true}, {2, random(0.008), false}, {2, random(0.008), true}} {
		truth := float64(q.workers) / (q.service(rand.New(rand.NewPCG(1, 1))))
		if q.workers == 2 {
			truth = 250
		}
		for seed := range uint64(2) {
			rng := rand.New(rand.NewPCG(seed, 2))
			r, _ := Search{From: 40, Most: 1e5, Within: 0.05, Over: never}.Run(func(at float64) (Step, error) { return q.step(rng, at), nil })
			t.Logf("%v/s: %s, %d steps", truth, r.Said(), len(r.Steps))
			searches++
			if math.Abs(r.Limit/truth-1) <= 0.05 {
				near++
			}
			if r.Low <= truth && truth <= r.High {
				within++
			}
		}
	}
	if near*10 < 9*searches || within*10 < 8*searches {
		t.Errorf("of %d searches %d came within 5 %%, and %d said an interval that has the truth", searches, near, within)
	}
}
