package probe

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// orderKind is what a sequence of decisions looks like.
type orderKind string

const (
	orderTooFew    orderKind = "too few"
	orderConstant  orderKind = "constant"  // always the same node
	orderExact     orderKind = "exact"     // a period that repeats without an exception
	orderDisturbed orderKind = "disturbed" // an order that other decisions come between
	orderNone      orderKind = "none"      // no order visible
)

// order is what a sequence of decisions showed.
type order struct {
	kind   orderKind
	nodes  []string // the decisions
	period []string // what repeats; of orderExact
	n      int
	chance float64 // that nodes drawn at random look as ordered
	follow float64 // share of decisions that followed as the order wants; of orderDisturbed
}

const (
	longestPeriod = 12
	leastDecided  = 8 // decisions below which nothing is said
	// permutations decide whether an order is there at orderLevel. Of the thousands of sequences that are
	// not ordered few may look so, and an order that other clients disturb now and then is far beyond it.
	permutations = 40000
	orderLevel   = 1e-4
)

// readOrder tests bursts of decisions, given by their nodes, for order. The bursts are sent back to back,
// so that few other clients' decisions come between: only inside of a burst is order to be expected then.
func readOrder(bursts [][]string, seed uint64) order {
	all := slices.Concat(bursts...)
	o := order{kind: orderTooFew, nodes: all, n: len(all), chance: 1}
	if len(all) < leastDecided {
		return o
	}
	if w := exactPeriod(all); w > 0 {
		o.kind, o.period = orderExact, all[:w]
		o.chance = min(1, float64(w)*math.Pow(sameByChance(shares(all)), float64(len(all)-w)))
		switch {
		case w == 1:
			o.kind, o.chance = orderConstant, 1
			return o
		case o.chance < sure:
			return o
		}
	}
	o.period = nil
	o.kind, o.chance, o.follow = orderNone, 1, successors(bursts)
	if o.chance = orderChance(bursts, seed); o.chance < orderLevel {
		o.kind = orderDisturbed
	}
	return o
}

// exactPeriod is the shortest period that all of s follows, seen at least three times; 0 for none.
func exactPeriod(s []string) int {
	for w := 1; w <= min(longestPeriod, len(s)/3); w++ {
		if repeats(s, w) {
			return w
		}
	}
	return 0
}

// repeats reports whether each of s is the same as the one w steps on.
func repeats(s []string, w int) bool {
	for i := range len(s) - w {
		if s[i] != s[i+w] {
			return false
		}
	}
	return true
}

// shares are the nodes' shares of the decisions.
func shares(nodes []string) map[string]float64 {
	of := map[string]float64{}
	for _, n := range nodes {
		of[n]++
	}
	for n := range of {
		of[n] /= float64(len(nodes))
	}
	return of
}

// sameByChance is the chance that two decisions of those shares come to the same node.
func sameByChance(of map[string]float64) (p float64) {
	for _, node := range sortedKeys(of) { // the sum of floats depends on their order
		p += of[node] * of[node]
	}
	return min(1, p)
}

// orderChance is the chance that decisions of the same shares without order look as ordered, by a
// permutation test of two statistics (Bonferroni): how well a decision foretells the next one, and how well
// it agrees with the one some steps on.
func orderChance(bursts [][]string, seed uint64) float64 {
	coded, k := encode(bursts)
	if k < 2 {
		return 1
	}
	next, apart := foretold(coded, k), agreement(coded, k)
	flat := slices.Concat(coded...)
	shuffled := make([][]int, len(coded))
	at := 0
	for i := range coded {
		shuffled[i], at = flat[at:at+len(coded[i]):at+len(coded[i])], at+len(coded[i])
	}
	random := rand.New(rand.NewPCG(seed, 0x0bde5))
	nextBetter, apartBetter, done := 1, 1, 1
	enough := int(orderLevel * permutations / 2)
	for ; done <= permutations; done++ {
		random.Shuffle(len(flat), func(i, j int) { flat[i], flat[j] = flat[j], flat[i] })
		if foretold(shuffled, k) >= next {
			nextBetter++
		}
		if agreement(shuffled, k) >= apart {
			apartBetter++
		}
		if min(nextBetter, apartBetter) > enough {
			break // the level cannot be reached any more
		}
	}
	return min(1, 2*float64(min(nextBetter, apartBetter))/float64(done))
}

// encode numbers the nodes.
func encode(bursts [][]string) (coded [][]int, k int) {
	names := slices.Sorted(maps.Keys(shares(slices.Concat(bursts...))))
	for _, burst := range bursts {
		row := make([]int, len(burst))
		for i, node := range burst {
			row[i], _ = slices.BinarySearch(names, node)
		}
		coded = append(coded, row)
	}
	return coded, len(names)
}

// foretold counts the decisions that their predecessor foretells, each left out of what it is foretold
// from.
func foretold(bursts [][]int, k int) (hits int) {
	follows := make([]int, k*k)
	for _, b := range bursts {
		for i := 1; i < len(b); i++ {
			follows[b[i-1]*k+b[i]]++
		}
	}
	for _, b := range bursts {
		for i := 1; i < len(b); i++ {
			own := follows[b[i-1]*k+b[i]] - 1
			best := 0
			for other := range k {
				if other != b[i] {
					best = max(best, follows[b[i-1]*k+other])
				}
			}
			if own > best {
				hits++
			}
		}
	}
	return hits
}

// agreement is the best of the agreements at 2 to longestPeriod steps, in standard deviations.
func agreement(bursts [][]int, k int) (best float64) {
	counts, n := make([]int, k), 0
	for _, b := range bursts {
		for _, node := range b {
			counts[node]++
			n++
		}
	}
	p := 0.0
	for _, c := range counts {
		p += float64(c) * float64(c) / float64(n) / float64(n)
	}
	for lag := 2; lag <= longestPeriod; lag++ {
		same, pairs := 0, 0
		for _, b := range bursts {
			for i := lag; i < len(b); i++ {
				pairs++
				if b[i] == b[i-lag] {
					same++
				}
			}
		}
		if pairs >= leastDecided && p < 1 {
			best = max(best, (float64(same)-float64(pairs)*p)/math.Sqrt(float64(pairs)*p*(1-p)))
		}
	}
	return best
}

// successors is the share of decisions inside of bursts that came to the node that mostly follows.
func successors(bursts [][]string) float64 {
	coded, k := encode(bursts)
	pairs := 0
	for _, b := range coded {
		pairs += max(0, len(b)-1)
	}
	if pairs == 0 {
		return 0
	}
	return float64(foretold(coded, k)) / float64(pairs)
}
