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

// The orders are those of HAProxy 2.6.12, read off its answers.
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

// Any window of W decisions has exactly the weights, and no server is ever two decisions ahead of its
// share or behind it; of two servers, not even one.
func TestRoundRobinIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		weights := make([]int, 1+random.IntN(6))
		sum := 0
		for i := range weights {
			weights[i] = 1 + random.IntN(40)
			sum += weights[i]
		}
		limit := 2 * sum
		if len(weights) == 2 {
			limit = sum
		}
		rr := new(roundRobin)
		rr.reset(serversOf(weights...))
		order := picked(rr, 3*sum)
		for start := range 2 * sum {
			for i, w := range weights {
				if n := strings.Count(order[start:start+sum], string(rune('A'+i))); n != w {
					t.Fatalf("%v: %d of server %d in %d decisions from %d", weights, n, i, sum, start)
				}
			}
		}
		for i, w := range weights {
			n := 0
			for k, c := range order {
				if int(c) == 'A'+i {
					n++
				}
				if off := n*sum - (k+1)*w; max(off, -off) >= limit {
					t.Fatalf("%v: server %d has %d of the first %d decisions", weights, i, n, k+1)
				}
			}
		}
	}
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
