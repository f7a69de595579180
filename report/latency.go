package report

import (
	"math"
	"sort"

	"stickbench/internal/hist"
)

// Latency is how the elapsed times of all requests are distributed. Marks are left out, unless their label
// has requests too.
type Latency struct {
	Requests int64 `json:"requests"`
	// Buckets ascend; those without requests are left out. There are at most 64, their bounds in equal
	// ratios, as near to each other as that allows.
	Buckets []Bucket `json:"buckets"`
	// Percentiles ascend, from the smallest time at share 0 to the largest one at share 1: nine to each
	// decade of what is left of the requests (0.1 … 0.9, 0.91 … 0.99, and so on).
	Percentiles []Percentile `json:"percentiles"`
}

// Bucket counts the requests that took FromMS or longer, but less than ToMS.
type Bucket struct {
	FromMS float64 `json:"from_ms"`
	ToMS   float64 `json:"to_ms"`
	Count  int64   `json:"count"`
}

// Percentile is the elapsed time at a share of the requests, 0 to 1.
type Percentile struct {
	Share float64 `json:"share"`
	MS    float64 `json:"ms"`
}

// maxBuckets bounds the buckets of Latency.
const maxBuckets = 64

// latency adds up the rows of requests; it is nil if there are none.
func (b *Builder) latency() *Latency {
	sum := &rowFold{}
	for _, l := range b.order {
		if !l.marks {
			sum.merge(l.fold)
		}
	}
	if sum.count == 0 {
		return nil
	}
	made := &Latency{Requests: sum.count, Buckets: sum.buckets()}
	shares := TailShares(sum.count)
	for i, ms := range sum.percentiles(shares...) {
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

// buckets are the counts of the row's histogram between bounds in equal ratios.
func (f *rowFold) buckets() (list []Bucket) {
	h, scale, unit := &f.fine, uint(hist.FineBits), 0.001
	switch {
	case f.fine.Total == 0:
		h, scale, unit = &f.coarse, hist.CoarseBits, 1
	case f.coarse.Total > 0:
		h = f.merged()
	}
	first, last := int64(-1), int64(0)
	h.Walk(scale, func(v, _ int64) bool {
		if first < 0 {
			first = v
		}
		last = v
		return true
	})
	bounds := ratioBounds(first, last)
	h.Walk(scale, func(v, n int64) bool {
		i := sort.Search(len(bounds), func(i int) bool { return bounds[i] > v })
		from, to := float64(bounds[i-1])*unit, float64(bounds[i])*unit
		if k := len(list) - 1; k >= 0 && list[k].FromMS == from {
			list[k].Count += n
		} else {
			list = append(list, Bucket{from, to, n})
		}
		return true
	})
	return list
}

// ratioBounds are whole numbers, as near as may be to 2^(k/m) for whole k, that hold first and last between
// them; m, the bounds to a doubling, is the largest one with which there are no more than maxBuckets.
func ratioBounds(first, last int64) []int64 {
	doublings := math.Log2(float64(max(1, last))) - math.Log2(float64(max(1, first)))
	m := 32.0
	for m > 1 && m*doublings > maxBuckets-2 {
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
