// Package hist is the one histogram of the project: HdrHistogram's buckets, so many leading bits of a value
// told apart, in the two forms that are needed.
//
//	value ─Slot→ bucket ─┬─ Histogram  pages of counts: one addition a value, for rows and seconds
//	                     └─ Sparse     a sorted list: small, for thousands of windows
//
// Percentiles follow the rule of JMeter's Aggregate Report (StatCalculator): the p-th of n values is the
// smallest value that has a cumulative count of at least ⌊n·p + ½⌋, without interpolation; where that
// rank is 0 it is the smallest value.
package hist

import (
	"math"
	"math/bits"
)

// The scales of the histograms of a row, as the number of leading bits of a value that are told apart.
const (
	// FineBits is the scale for microseconds: exact to 2 ms, then HdrHistogram's buckets of three
	// significant digits, none wider than 1/1024 of its values.
	FineBits = 11
	// CoarseBits is the scale for whole milliseconds: exact to 17 minutes, then to 1/524288.
	CoarseBits = 20
)

// pageSlots makes pages of 512 bytes: the usual spread of one row's latencies touches some forty of them.
const pageSlots = 64

// Histogram counts values in the buckets of HdrHistogram: linear up to 2^bits, then 2^(bits-1) buckets for
// each doubling. Recording never fails and does not allocate once the pages around the usual values
// are there. Values below 0 count as 0.
//
// hdrhistogram-go's Histogram with the same buckets reserves 164 KB at once, which is too much for a
// hundred rows times a dozen nodes; its PackedHistogram is small, but searches and shifts on each new
// value. The tests hold this one to it.
type Histogram struct {
	Total int64
	pages []*[pageSlots]int64
}

// Add counts v n times.
func (h *Histogram) Add(v, n int64, scale uint) {
	i := uint(Slot(uint64(max(v, 0)), scale))
	p := i / pageSlots
	if p >= uint(len(h.pages)) || h.pages[p] == nil {
		h.reserve(int(p))
	}
	h.pages[p][i%pageSlots] += n
	h.Total += n
}

// reserve makes the page with that index.
func (h *Histogram) reserve(p int) {
	if missing := p + 1 - len(h.pages); missing > 0 {
		h.pages = append(h.pages, make([]*[pageSlots]int64, missing)...)
	}
	if h.pages[p] == nil {
		h.pages[p] = new([pageSlots]int64)
	}
}

// Slot is the number of the bucket that holds v, on a scale of 1 to 63. (The masks, which change nothing, spare checks of
// the shifts.)
func Slot(v uint64, scale uint) int {
	shift := bits.Len64(v >> (scale & 63))
	return shift<<((scale-1)&63) + int(v>>(shift&63))
}

// Highest is the largest value in bucket i, what HdrHistogram calls the highest equivalent value.
func Highest(i int, scale uint) int64 {
	if i < 1<<scale {
		return int64(i)
	}
	shift := uint(i)>>(scale-1) - 1
	return int64(uint64(i-int(shift<<(scale-1))+1)<<shift - 1)
}

// Walk calls each for the buckets that are not empty, in ascending order, with the largest value of the
// bucket and its count, until each returns false.
func (h *Histogram) Walk(scale uint, each func(v, n int64) bool) {
	for p, page := range h.pages {
		if page == nil {
			continue
		}
		for i, n := range page {
			if n != 0 && !each(Highest(p*pageSlots+i, scale), n) {
				return
			}
		}
	}
}

// Percentiles returns the values at the given shares, which ascend between 0 and 1.
func (h *Histogram) Percentiles(scale uint, shares ...float64) []int64 {
	ranks := make([]int64, len(shares))
	for i, share := range shares {
		ranks[i] = Rank(h.Total, share)
	}
	return h.AtRanks(scale, ranks...)
}

// AtRanks returns the values at the given ascending ranks: the smallest with a cumulative count of at least so
// many, 0 beyond the last.
func (h *Histogram) AtRanks(scale uint, ranks ...int64) []int64 {
	values := make([]int64, 0, len(ranks))
	seen := int64(0)
	h.Walk(scale, func(v, n int64) bool {
		seen += n
		for len(values) < len(ranks) && seen >= ranks[len(values)] {
			values = append(values, v)
		}
		return len(values) < len(ranks)
	})
	return append(values, make([]int64, len(ranks)-len(values))...)
}

// Rank is the rank, from 0, of the value at share p of n: Java's Math.round(n·p).
func Rank(n int64, p float64) int64 { return int64(math.Floor(float64(n)*p + 0.5)) }

// Merge adds the counts of another histogram of the same scale.
func (h *Histogram) Merge(o *Histogram) {
	for i, page := range o.pages {
		if page == nil {
			continue
		}
		h.reserve(i)
		for slot, n := range page {
			h.pages[i][slot] += n
		}
	}
	h.Total += o.Total
}
