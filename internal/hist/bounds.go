package hist

import (
	"math"
	"sort"
)

// Between is the number of the bucket of a value, the last one for values beyond the bounds.
func Between(bounds []int64, v int64) int {
	return min(sort.Search(len(bounds), func(i int) bool { return bounds[i] > v }), len(bounds)-1) - 1
}

// mantissas are series of round numbers within a decade, in tenths, the finest last.
var mantissas = [][]int64{
	{10}, {10, 30}, {10, 20, 50}, {10, 15, 20, 30, 50, 70}, {10, 12, 15, 20, 25, 30, 40, 50, 60, 80},
	{10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90}}

// RoundBounds are round numbers, ascending, that hold first and last between them, in at most so many steps: of
// growing width, or, where the values lie close together, of one width.
func RoundBounds(first, last int64, most int) []int64 {
	var best []int64
	for _, series := range mantissas {
		if bounds := decades(series, first, last); len(bounds)-1 <= most {
			best = bounds
		}
	}
	if len(best) > most/2 {
		return best
	}
	for width := int64(1); ; width *= 10 {
		for _, step := range []int64{width, 2 * width, 5 * width} {
			if from := first / step * step; (last-from)/step < int64(most) {
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

// RatioBounds are whole numbers, as near as may be to 2^(k/m) for whole k, that hold first and last between
// them; m, the bounds to a doubling, is the largest one with which there are no more than most buckets, if there is
// one.
func RatioBounds(first, last int64, most float64) []int64 {
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
