//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package probe

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of random placements hardly any may look ordered, and an order that is disturbed now and then must not be
// overlooked: λ is the mean number of other clients' decisions between two of ours.
func TestOrderBySimulation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	simulate := func(n int, place func() byte) (ordered int) {
		for range n {
			b := make([]byte, orderRequests)
			for i := range b {
				b[i] = place()
			}
			if k := readOrder(decided(string(b)), random.Uint64()).kind; k == orderExact || k == orderDisturbed {
				ordered++
			}
		}
		return ordered
	}
	for k := 2; k <= 5; k++ {
		if got := simulate(100, func() byte { return byte('A' + random.IntN(k)) }); got > 1 {
			t.Errorf("%d of 100 random placements on %d nodes look ordered", got, k)
		}
	}
	for _, test := range []struct {
		k, least int
		lambda   float64
	}{{2, 8, .1}, {3, 8, .1}, {4, 6, .25}} {
		at := 0
		got := simulate(10, func() byte {
			at++
			for limit, p := math.Exp(-test.lambda), random.Float64(); p > limit; p *= random.Float64() {
				at++
			}
			return byte('A' + at%test.k)
		})
		if got < test.least {
			t.Errorf("round robin of %d, λ %.2f: order seen in %d of 10, want %d", test.k, test.lambda, got, test.least)
		}
	}
}
