package sampletest

import (
	"math"
	"math/rand/v2"
	"time"

	"stickbench/loadgen"
)

// Process makes runs whose latencies depend on those before them: their logarithms are an autoregressive
// process of first order. Errors come where it is high, that is in bursts. Requests arrive at random.
type Process struct {
	Samples  int
	Phi      float64
	Scale    float64 // of the latencies, 1 is a median of 10 ms
	Errors   float64 // their share
	Run      float64 // standard deviation of the logarithm between runs
	Label    string
	Weights  [2]int             // of s1 and s2, which sessions are given to in turns
	Sessions int                // requests in a session; 0 if nothing is known of nodes and sessions
	Told     map[string]float64 // weights that are known; nil for none
	Whole    bool               // times in whole milliseconds
	Plan     string
	Other    string // the label of every second sample; "" for none
}

// variation is the standard deviation of the logarithm of the latencies within a run.
const variation = 0.4

// All are the samples of one run.
func (p Process) All(seed uint64) func(yield func(*loadgen.Sample) bool) {
	return func(yield func(*loadgen.Sample) bool) {
		random := rand.New(rand.NewPCG(seed, 1))
		level := math.Log(10*p.Scale) + p.Run*random.NormFloat64()
		at, z := int64(1_700_000_000_000), random.NormFloat64()
		limit := math.Sqrt2 * math.Erfinv(1-2*p.Errors)
		for i := range p.Samples {
			z = p.Phi*z + math.Sqrt(1-p.Phi*p.Phi)*random.NormFloat64()
			micros := int64(math.Exp(level+variation*z) * 1000)
			if p.Whole {
				micros -= micros % 1000
			}
			s := &loadgen.Sample{
				Start: at * 1000, Elapsed: time.Duration(micros) * time.Microsecond, Fine: !p.Whole, Label: p.Label,
				User: 1, Life: 1, Status: 200,
			}
			if p.Other != "" && i%2 == 1 {
				s.Label = p.Other
			}
			if p.Sessions > 0 {
				life := i / p.Sessions
				s.Life, s.Node, s.Counter, s.HasCounter = life+1, "s1", int64(i%p.Sessions+1), true
				if life%(p.Weights[0]+p.Weights[1]) >= p.Weights[0] {
					s.Node = "s2"
				}
			}
			if p.Errors > 0 && z > limit {
				s.Kind = loadgen.KindStatus
			}
			if !yield(s) {
				return
			}
			at += 1 + random.Int64N(19)
		}
	}
}

// ShopBefore and ShopAfter are runs that differ in many ways: times, errors, weights.
func ShopBefore() Process {
	return Process{
		Samples: 4000, Scale: 1, Label: "GET /", Other: "GET /cart|<b>", Sessions: 10, Weights: [2]int{1, 1}, Plan: "shop", Errors: 0.002,
		Told: map[string]float64{"s1": 1, "s2": 1},
	}
}

// ShopAfter is what ShopBefore is compared with.
func ShopAfter() Process {
	p := ShopBefore()
	p.Scale, p.Weights, p.Errors, p.Told = 1.3, [2]int{2, 1}, 0.03, map[string]float64{"s1": 2, "s2": 1}
	return p
}
