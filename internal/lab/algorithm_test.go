package lab

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// The orders are those of HAProxy 2.6.12.
func TestStaticRoundRobin(t *testing.T) {
	for _, test := range []struct {
		weights []int
		order   string
	}{
		{[]int{1, 2}, "ABBABB"},
		{[]int{3, 1}, "AAABAAAB"},
		{[]int{3, 2, 1}, "AABABCAABABC"},
		{[]int{4, 3, 2, 1}, "ABABCABACDABABCABACD"},
		{[]int{2, 4, 2, 9, 7}, "ABDECDEDBDEABDEDCEDBEDDEABDECDEDBDEABDED"},
		{[]int{10, 1, 9, 4}, "ABCAACDCAACDACACADCACACDABCAACDCAACDACAC"},
	} {
		t.Run(fmt.Sprint(test.weights), func(t *testing.T) {
			rr := new(staticRoundRobin)
			rr.reset(serversOf(test.weights...))
			if order := picked(rr, len(test.order)); order != test.order {
				t.Errorf("got  %s\nwant %s", order, test.order)
			}
		})
	}
}

func TestFirst(t *testing.T) {
	f := new(first)
	f.reset(serversOf(1, 200))
	if order := picked(f, 3); order != "AAA" {
		t.Error(order)
	}
}

// Measured: source addresses 127.0.0.1 to .12 with the weights 3 and 1.
func TestSource(t *testing.T) {
	s := new(source)
	s.reset(serversOf(3, 1))
	var order strings.Builder
	for i := range 12 {
		order.WriteString(s.pick(netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)})).tag)
	}
	if want := "AABAAABAAABA"; order.String() != want {
		t.Errorf("got %s, want %s", &order, want)
	}
	if s.pick(netip.IPv6Loopback()) == nil || s.pick(netip.Addr{}) == nil {
		t.Error("no server for an address that is not IPv4")
	}
}

func TestLeastConn(t *testing.T) {
	b := backendOf("leastconn", 2, 1)
	order := ""
	take := func() *server {
		s, _ := b.assign("", netip.Addr{})
		order += s.tag
		return s
	}
	for range 4 { // one user at a time: weights do not count
		b.release(take(), outcome{status: 200, fromNode: true})
	}
	order += " "
	var held []*server
	for range 6 { // users who stay: two to one
		held = append(held, take())
	}
	order += " "
	for _, s := range held {
		if s.tag == "B" {
			b.release(s, outcome{status: 200, fromNode: true})
		}
	}
	take()
	if want := "ABAB ABAABA B"; order != want {
		t.Errorf("got %s, want %s", order, want)
	}
}

// The shares of HAProxy's ring, as computed from its hash and measured over 3000 decisions.
func TestRandomHasTheRingsShares(t *testing.T) {
	for _, test := range []struct {
		weights []int
		share   float64
	}{
		{[]int{1, 1}, 0.431}, {[]int{2, 1}, 0.647}, {[]int{3, 1}, 0.681}, {[]int{5, 1}, 0.771}, {[]int{100, 100}, 0.485},
	} {
		t.Run(fmt.Sprint(test.weights), func(t *testing.T) {
			shares, law := ExpectedShares("random", test.weights)
			if !law || math.Abs(shares[0]-test.share) > 0.0005 || math.Abs(shares[0]+shares[1]-1) > 1e-9 {
				t.Fatalf("shares %v, want the first to be %v", shares, test.share)
			}
			r := newRandom(2)
			r.draw = rand.New(rand.NewPCG(3, 4)).Uint32
			r.reset(serversOf(test.weights...))
			const n = 20000
			share := float64(strings.Count(picked(r, n), "A")) / n
			if math.Abs(share-test.share) > 0.015 {
				t.Errorf("drawn %.3f, want %.3f", share, test.share)
			}
		})
	}
}

func TestRandomTakesTheLessLoaded(t *testing.T) {
	servers := serversOf(1, 1)
	r := newRandom(8)
	r.draw = rand.New(rand.NewPCG(3, 4)).Uint32
	r.reset(servers)
	servers[0].served = 3
	if n := strings.Count(picked(r, 1000), "A"); n > 20 {
		t.Errorf("%d of 1000 went to the loaded server", n)
	}
}

func TestExpectedShares(t *testing.T) {
	for _, test := range []struct {
		algorithm string
		weights   []int
		want      string
	}{
		{"", []int{3, 1}, "[0.75 0.25] true"},
		{"static-rr", []int{1, 0, 1}, "[0.5 0 0.5] true"},
		{"first", []int{0, 5, 1}, "[0 1 0] true"},
		{"random", []int{0, 5}, "[0 1] true"},
		{"leastconn", []int{1, 1}, "[0 0] false"},
		{"source", []int{1, 1}, "[0 0] false"},
		{"roundrobin", []int{0, 0}, "[0 0] false"},
		{"uri", []int{1}, "[0] false"},
	} {
		shares, law := ExpectedShares(test.algorithm, test.weights)
		if got := fmt.Sprint(shares, " ", law); got != test.want {
			t.Errorf("%s %v: got %s, want %s", test.algorithm, test.weights, got, test.want)
		}
	}
}
