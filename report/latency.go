package report

import (
	"math"
	"slices"
	"sort"
)

// Latency is how the elapsed times of all requests are distributed. Marks are left out.
type Latency struct {
	Requests int64 `json:"requests"`
	// Buckets ascend; those without requests are left out. There are at most 64, their bounds in equal
	// ratios, as near to each other as that allows.
	Buckets []Bucket `json:"buckets"`
	// Histogram has at most 15 buckets without gaps, their bounds round numbers.
	Histogram []Bucket `json:"histogram"`
	// Percentiles ascend, from the smallest time at share 0 to the largest one at share 1: nine to each
	// decade of what is left of the requests (0.1 … 0.9, 0.91 … 0.99, and so on).
	Percentiles []Percentile `json:"percentiles"`
}

// Bucket counts the requests that took FromMS or longer, but less than ToMS.
type Bucket struct {
	FromMS float64 `json:"from_ms"`
	ToMS   float64 `json:"to_ms"`
	Count  int64   `json:"count"`
	Failed int64   `json:"failed,omitempty"` // of them; not told in Latency.Histogram
}

// Percentile is the elapsed time at a share of the requests, 0 to 1.
type Percentile struct {
	Share float64 `json:"share"`
	MS    float64 `json:"ms"`
}

// maxBuckets bounds the buckets of Latency.
const maxBuckets = 64

// latency is how the times of requests are distributed, and those that failed among them; nil without requests.
func (f *rowFold) latency(failed *times) *Latency {
	if f.count == 0 {
		return nil
	}
	all := &f.times
	made := &Latency{Requests: f.count, Histogram: all.buckets(all.bounds(roundBounds))}
	bounds := all.bounds(func(first, last int64) []int64 { return ratioBounds(first, last, maxBuckets) })
	made.Buckets = all.buckets(bounds)
	if failed.total() > 0 {
		for i, b := range failed.buckets(bounds) {
			made.Buckets[i].Failed = min(b.Count, made.Buckets[i].Count)
		}
	}
	made.Buckets = slices.DeleteFunc(made.Buckets, func(b Bucket) bool { return b.Count == 0 })
	shares := TailShares(f.count)
	for i, ms := range f.percentiles(shares...) {
		made.Percentiles = append(made.Percentiles, Percentile{shares[i], ms})
	}
	return made
}

// TailShares are the shares of percentiles that n values can tell apart.
func TailShares(n int64) []float64 {
	shares := []float64{0}
	for decade := 10.0; decade <= max(10, float64(n)); decade *= 10 {
		for i := 9.0; i >= 1; i-- {
			if part := 1 - i/decade; part > shares[len(shares)-1] {
				shares = append(shares, math.Round(part*decade)/decade)
			}
		}
	}
	return append(shares, 1)
}

// bounds are bounds of buckets, in microseconds, that hold the least and the largest time between them.
func (t *times) bounds(between func(first, last int64) []int64) []int64 {
	h, scale, unit := t.histogram()
	ends := h.Percentiles(scale, 0, 1)
	bounds := between(ends[0], ends[1])
	for i := range bounds {
		bounds[i] *= unit
	}
	return bounds
}

// buckets are the counts between the bounds, which hold all times between them.
func (t *times) buckets(bounds []int64) []Bucket {
	list := make([]Bucket, len(bounds)-1)
	for i := range list {
		list[i].FromMS, list[i].ToMS = float64(bounds[i])/1000, float64(bounds[i+1])/1000
	}
	h, scale, unit := t.histogram()
	h.Walk(scale, func(v, n int64) bool {
		list[rowOf(bounds, v*unit)].Count += n
		return true
	})
	return list
}

// rowOf is the bucket of a value, the last one of those beyond them.
func rowOf(bounds []int64, v int64) int {
	return min(sort.Search(len(bounds), func(i int) bool { return bounds[i] > v }), len(bounds)-1) - 1
}

// mostLines bounds the buckets of Latency.Histogram.
const mostLines = 15

// mantissas are series of round numbers within a decade, in tenths, the finest last.
var mantissas = [][]int64{
	{10}, {10, 30}, {10, 20, 50}, {10, 15, 20, 30, 50, 70}, {10, 12, 15, 20, 25, 30, 40, 50, 60, 80},
	{10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90}}

// roundBounds are round numbers that hold first and last between them, in as many steps as mostLines allows: of
// growing width, or, where the values lie close together, of one width.
func roundBounds(first, last int64) []int64 {
	var best []int64
	for _, series := range mantissas {
		if bounds := decades(series, first, last); len(bounds)-1 <= mostLines {
			best = bounds
		}
	}
	if len(best) > mostLines/2 {
		return best
	}
	for width := int64(1); ; width *= 10 {
		for _, step := range []int64{width, 2 * width, 5 * width} {
			if from := first / step * step; (last-from)/step < mostLines {
				bounds := []int64{from}
				for bounds[len(bounds)-1] <= last {
					bounds = append(bounds, bounds[len(bounds)-1]+step)
				}
				return bounds
			}
		}
	}
}

// decades are the numbers of a series, in each decade, from the last one that is not above first to the first one
// above last.
func decades(series []int64, first, last int64) []int64 {
	bounds := []int64{0}
	for power := int64(1); ; power *= 10 {
		for _, m := range series {
			bound := (m*power + 9) / 10
			switch end := bounds[len(bounds)-1]; {
			case bound <= first:
				bounds = []int64{bound}
			case bound > end:
				bounds = append(bounds, bound)
			}
			if bound > last {
				return bounds
			}
		}
	}
}

// ratioBounds are whole numbers, as near as may be to 2^(k/m) for whole k, that hold first and last between
// them; m, the bounds to a doubling, is the largest one with which there are no more than most buckets, if there is
// one.
func ratioBounds(first, last int64, most float64) []int64 {
	doublings := math.Log2(float64(max(1, last))) - math.Log2(float64(max(1, first)))
	m := 32.0
	for m > 1 && m*doublings > most-2 {
		m /= 2
	}
	bounds := []int64{0}
	for k := math.Floor(m * math.Log2(float64(max(1, first)))); ; k++ {
		bound := int64(math.Ceil(math.Exp2(k / m)))
		switch {
		case bound <= first: // it begins the first bucket, until a nearer one comes
			bounds[0] = bound
		case bound > bounds[len(bounds)-1]:
			bounds = append(bounds, bound)
		}
		if bound > last {
			return bounds
		}
	}
}
