package probe

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// decided makes bursts of ten of a text with a letter for each decision.
func decided(s string) (bursts [][]string) {
	for len(s) > 0 {
		n := min(burstLength, len(s))
		bursts = append(bursts, strings.Split(s[:n], ""))
		s = s[n:]
	}
	return bursts
}

func TestOrder(t *testing.T) {
	for _, test := range []struct {
		name, decisions string
		kind            orderKind
		period          string
	}{
		{"too few", "ABABAB", orderTooFew, ""},
		{"one node", strings.Repeat("A", 40), orderConstant, "A"},
		{"two in turn", strings.Repeat("AB", 20), orderExact, "AB"},
		{"three in turn", strings.Repeat("BCA", 13), orderExact, "BCA"},
		{"weights of 3:1", strings.Repeat("AAAB", 10), orderExact, "AAAB"},
		{"weights of 5:1:1", strings.Repeat("AAABAAC", 6)[:40], orderExact, "AAABAAC"},
		{"eight in turn are too many for 10", "ABCDEFGHAB", orderNone, ""},
		{"two in turn, one of another client", strings.Repeat("AB", 9) + strings.Repeat("BA", 11), orderDisturbed, ""},
		{"four in turn, two of others", strings.Repeat("ABCD", 4) + strings.Repeat("CDAB", 3) + strings.Repeat("BCDA", 3), orderDisturbed, ""},
		{"no order", "ABBABAAABBABBBAABABAABBBABAAABABBBAABBAA", orderNone, ""},
	} {
		o := readOrder(decided(test.decisions), 1)
		if o.kind != test.kind || strings.Join(o.period, "") != test.period {
			t.Errorf("%s: %+v, want %s %s", test.name, o, test.kind, test.period)
		}
	}
}

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

func TestChances(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"ten of ten at ½", binomialTail(10, 10, .5), 1. / 1024},
		{"nine or more of ten at ½", binomialTail(9, 10, .5), 11. / 1024},
		{"none or more", binomialTail(0, 10, .5), 1},
		{"unseen after 59", unseen(59), 0.0495}, // 59 decisions for a node of 5 %
		{"2 groups of 2, two kinds", pureByChance([]int{2, 2}, []int{2, 2}), 2. / 6},
		{"groups of 3 and 1", pureByChance([]int{1, 3}, []int{3, 1}), 1. / 4},
		{"groups that cannot be pure", pureByChance([]int{2, 2}, []int{3, 1}), 0},
		{"one kind", pureByChance([]int{2, 2}, []int{4}), 1},
	} {
		if math.Abs(test.got-test.want) > 1e-4 {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
	for p, want := range map[float64]string{1: "100%", .5: "50%", .0312: "3.1%", .000977: "0.098%", 1e-5: "10⁻⁵", 1e-30: "< 10⁻¹²"} {
		if got := chanceText(p); got != want {
			t.Errorf("%v: %s, want %s", p, got, want)
		}
	}
}
