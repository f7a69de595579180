package probe

import (
	"math"
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
