package lab

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
)

// random draws points of a ring on which each server has 16 points per unit of weight, as HAProxy's
// consistent hashing places them, and of the servers of several draws takes the one with the least
// load for its weight, the last one drawn if they are alike (configuration manual, section 4.2,
// "balance random"). Without load the shares are those of the ring, not the weights: two servers of
// weight 1 get 43.1 % and 56.9 %.
type random struct {
	draws int
	draw  func() uint32
	ring  []ringPoint
}

// A ringPoint is one of a server's points.
type ringPoint struct {
	key    uint32
	server *server
}

const pointsPerWeight = 16

func newRandom(draws int) *random { return &random{draws: draws, draw: rand.Uint32} }

func (r *random) reset(eligible []*server) { r.ring = newRing(eligible) }

func (r *random) pick(netip.Addr) (best *server) {
	if len(r.ring) == 0 {
		return nil
	}
	for range r.draws {
		drawn := r.ring[nearestPoint(r.ring, r.draw())].server
		if best == nil || drawn.served*best.weight <= best.served*drawn.weight {
			best = drawn
		}
	}
	return best
}

// newRing places the servers by their ids, in the order of the keys.
func newRing(servers []*server) (ring []ringPoint) {
	for _, s := range servers {
		for i := range s.weight * pointsPerWeight {
			ring = append(ring, ringPoint{ringKey(uint32(s.id*256*pointsPerWeight + i)), s})
		}
	}
	slices.SortFunc(ring, func(a, b ringPoint) int {
		return cmp.Or(cmp.Compare(a.key, b.key), a.server.id-b.server.id)
	})
	return ring
}

// nearestPoint is the index of the point that is nearest to key around the ring, the next one if two are.
func nearestPoint(ring []ringPoint, key uint32) int {
	next := sort.Search(len(ring), func(i int) bool { return ring[i].key >= key }) % len(ring)
	previous := (next + len(ring) - 1) % len(ring)
	if key-ring[previous].key < ring[next].key-key {
		return previous
	}
	return next
}

// ringShares is the part of the ring that is nearest to each server, by its id.
func ringShares(ring []ringPoint) map[int]float64 {
	shares := make(map[int]float64)
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		half := float64(q.key-p.key) / 2 / (1 << 32)
		if len(ring) == 1 {
			half = 0.5
		}
		shares[p.server.id] += half
		shares[q.server.id] += half
	}
	return shares
}

// ringKey is the hash that HAProxy 2.6 places its servers with: Bob Jenkins's full avalanche hash of
// an integer (burtleburtle.net/bob/hash/integer.html), times a prime near 3/4 of the ring.
func ringKey(a uint32) uint32 {
	a = a + 0x7ed55d16 + a<<12
	a = a ^ 0xc761c23c ^ a>>19
	a = a + 0x165667b1 + a<<5
	a = (a + 0xd3a2646c) ^ a<<9
	a = a + 0xfd7046c5 + a<<3
	a = a ^ 0xb55a4f09 ^ a>>16
	return a * 3221225473
}
