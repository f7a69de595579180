package lab

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// serversOf are servers A, B, C … of those weights, up and without a way to any node.
func serversOf(weights ...int) (servers []*server) {
	for i, w := range weights {
		servers = append(servers, &server{
			tag: string(rune('A' + i)), id: i + 1, weight: w, initial: w, health: full, hop: newHop("127.0.0.1:1"),
		})
	}
	return servers
}

// picked is the order of n decisions.
func picked(a algorithm, n int) string {
	var order strings.Builder
	for range n {
		if s := a.pick(netip.Addr{}); s != nil {
			order.WriteString(s.tag)
		} else {
			order.WriteByte('-')
		}
	}
	return order.String()
}

// The orders are those of HAProxy 2.6.12, read off its responses.
func TestRoundRobinHasHAProxysOrder(t *testing.T) {
	for _, test := range []struct {
		weights []int
		order   string
	}{
		{[]int{1}, "AA"},
		{[]int{1, 1}, "ABAB"},
		{[]int{2, 1}, "AABAAB"},
		{[]int{1, 2}, "BBABBA"},
		{[]int{3, 1}, "AAABAAAB"},
		{[]int{5, 1}, "AAAAABAAAAAB"},
		{[]int{7, 3}, "AAABAABAABAAABAABAAB"},
		{[]int{5, 1, 1}, "AAABAACAAABAAC"},
		{[]int{3, 2, 1}, "ABACABABACAB"},
		{[]int{1, 2, 3}, "CBCACBCBCACB"},
		{[]int{2, 2, 1}, "ABABCABABC"},
		{[]int{4, 3, 2, 1}, "ABACBADABCABACBADABC"},
		{[]int{5, 3}, "AABABAABAABABAAB"},
		{[]int{256, 255}, "AABABABABABABABABABABABABABABABABABABABA"},
		{[]int{2, 3, 5}, "CBCACBCBCACBCACBCBCA"},
		{[]int{3, 7, 11, 1}, "CBCACBCBCDCBACBCCBACBCCBCACBCBCDCBACBCCB"},
		{[]int{10, 1, 9, 4}, "ACACADCABCADCACAACDACACDACACADCABCADCACAACDACACD"},
		{[]int{2, 4, 2, 9, 7}, "DEDBEDAEDBDECDEBDEDADBEDCEDBEDAEDBDECDEB"},
		{[]int{11, 11, 10}, "ABABCABCABCABCABCABCABCABACBACBACBABCABCABCABCABCABCABCABACB"},
		{[]int{8, 11, 9}, "BCBACBACBBACBCABCABCBACBABCABCBACBACBBAC"},
		{[]int{6, 12, 8, 5, 10}, "BECBAEBCDEBACEBDBECABECBDAEBCEBADCEBBCEADBECBAEBCDEBACEBDBEC"},
	} {
		t.Run(fmt.Sprint(test.weights), func(t *testing.T) {
			rr := new(roundRobin)
			rr.reset(serversOf(test.weights...))
			if order := picked(rr, len(test.order)); order != test.order {
				t.Errorf("got  %s\nwant %s", order, test.order)
			}
		})
	}
}

// Any W decisions have the weights, and the first n the shares, to within what the comment on
// roundRobin says. Over the same weights HAProxy 2.6.12 was as far off, at the same decisions.
func TestRoundRobinIsFair(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		weights := make([]int, 1+random.IntN(6))
		sum := 0
		for i := range weights {
			weights[i] = 1 + random.IntN(40)
			sum += weights[i]
		}
		window, prefix := 1, 2*sum
		if len(weights) <= 2 {
			window, prefix = 0, sum
		}
		rr := new(roundRobin)
		rr.reset(serversOf(weights...))
		order := picked(rr, 3*sum)
		for i, w := range weights {
			counts := runningCounts(order, byte('A'+i))
			for k := range counts {
				if off := counts[k]*sum - k*w; max(off, -off) >= prefix {
					t.Fatalf("%v: server %d has %d of the first %d decisions", weights, i, counts[k], k)
				}
				if k < sum {
					continue
				}
				if n := counts[k] - counts[k-sum]; max(n-w, w-n) > window {
					t.Fatalf("%v: server %d has %d of the %d decisions before %d", weights, i, n, sum, k)
				}
			}
		}
	}
}

// runningCounts[k] is how often c is among the first k of order.
func runningCounts(order string, c byte) []int {
	counts := make([]int, len(order)+1)
	for k := range order {
		counts[k+1] = counts[k]
		if order[k] == c {
			counts[k+1]++
		}
	}
	return counts
}

func TestRoundRobinBeginsAnewWhenWeightsChange(t *testing.T) {
	servers := serversOf(1, 1)
	rr := new(roundRobin)
	rr.reset(servers)
	order := picked(rr, 3)
	servers[0].weight = 3
	rr.reset(servers)
	order += " " + picked(rr, 8)
	rr.reset(servers[1:])
	order += " " + picked(rr, 2)
	rr.reset(nil)
	order += " " + picked(rr, 2)
	if want := "ABA AAABAAAB BB --"; order != want {
		t.Errorf("got %s, want %s", order, want)
	}
}

func TestRoundRobinDoesNotAllocate(t *testing.T) {
	rr := new(roundRobin)
	rr.reset(serversOf(3, 2, 1))
	picked(rr, 6)
	if n := testing.AllocsPerRun(100, func() { rr.pick(netip.Addr{}) }); n > 0 {
		t.Errorf("%v allocations per decision", n)
	}
}
