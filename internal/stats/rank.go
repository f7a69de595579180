package stats

import (
	"math"
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
)

// confidence is that of all intervals of a comparison, and 1 − confidence the level of its tests.
const (
	Confidence = 0.95
	Alpha      = 1 - Confidence
)

// MannWhitney is the two-sided p-value of the hypothesis that both samples come from one population
// (Mann & Whitney, 1947), exact for samples of a usual number of runs. It is 1 where all values are equal.
func MannWhitney(before, after []float64) float64 {
	r, err := moremath.MannWhitneyUTest(before, after, moremath.LocationDiffers)
	if err != nil {
		return 1
	}
	return min(1, r.P)
}

// HodgesLehmann is the median of all differences after − before, the estimate of the shift between the
// samples that belongs to the Mann-Whitney test (Hodges & Lehmann, 1963), and its interval: the order
// statistics of the differences at the quantiles of U (Hollander & Wolfe, Nonparametric Statistical
// Methods, §4.3). With fewer than four values a side no interval of 95 % exists, and it is infinite.
func HodgesLehmann(before, after []float64) (shift float64, ci Interval) {
	differences := make([]float64, 0, len(before)*len(after))
	for _, x := range before {
		for _, y := range after {
			differences = append(differences, y-x)
		}
	}
	slices.Sort(differences)
	shift, _ = stats.Median(differences)
	k := lowerRank(len(before), len(after))
	if k == 0 {
		return shift, Interval{math.Inf(-1), math.Inf(1)}
	}
	return shift, Interval{differences[k-1], differences[len(differences)-k]}
}

// manyRuns is the number of runs from which the distribution of U is taken for normal: the exact one is
// slow then, and no better.
const manyRuns = 50

// lowerRank is the rank, from 1, of the difference at the lower end of the interval of the shift: the
// largest k with P(U ≤ k−1) ≤ α/2; 0 if there is none.
func lowerRank(n, m int) int {
	if n+m > manyRuns {
		spread := math.Sqrt(float64(n*m*(n+m+1)) / 12)
		return max(0, int(math.Floor(float64(n*m)/2-stats.NormPpf(1-Alpha/2, 0, 1)*spread)))
	}
	u := moremath.UDist{N1: n, N2: m}
	k := 0
	for u.CDF(float64(k)) <= Alpha/2 {
		k++
	}
	return k
}

// CliffsDelta is the effect size of two samples: how much oftener a value after lies above one before
// than below, −1 to 1 (Cliff, 1993). Vargha and Delaney's A12 is (δ+1)/2.
func CliffsDelta(before, after []float64) float64 {
	d := 0
	for _, x := range before {
		for _, y := range after {
			switch {
			case y > x:
				d++
			case y < x:
				d--
			}
		}
	}
	return float64(d) / float64(len(before)*len(after))
}

// Holm adjusts the p-values of a family of tests so that the probability of even one false alarm among
// them stays at the level of a single one (Holm, 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case p[i] < p[j]:
			return -1
		case p[i] > p[j]:
			return 1
		}
		return 0
	})
	adjusted, least := make([]float64, len(p)), 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = least
	}
	return adjusted
}
