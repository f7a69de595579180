package stats

import "math"

// Student is the difference of the means of two sides' runs, after − before, by the variation between runs
// alone: Student's test where both sides have as many, which unequal spreads hardly harm then, else
// Welch's. A side of a single run borrows the spread of the other one. One side needs two runs.
func Student(before, after []float64) Estimate {
	x, y := sideOf(before), sideOf(after)
	n, k := float64(len(before)), float64(len(after))
	if n > 1 && k > 1 && n != k {
		return y.Minus(x)
	}
	freedom := n + k - 2
	spread := (x.Below*n*(n-1) + y.Below*k*(k-1)) / freedom
	variance := spread * (1/n + 1/k)
	return Estimate{y.Value - x.Value, variance, variance, freedom}
}

// sideOf is the mean of the runs of a side; its variance is 0 for a single one.
func sideOf(values []float64) Estimate {
	n := float64(len(values))
	e := Estimate{Value: meanOf(values), Freedom: n - 1}
	if n > 1 {
		e.Below = Variance(values) / n
		e.Above = e.Below
	}
	return e
}

// Variance is the sample variance, 0 for fewer than two values.
func Variance(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	m, sum := meanOf(values), 0.0
	for _, x := range values {
		sum += (x - m) * (x - m)
	}
	return sum / float64(len(values)-1)
}

// mostRuns bounds the search for a number of runs.
const mostRuns = 1000

// RunsToTell is how many runs a side an interval needs that reaches no farther than half, where runs vary by
// spread (a standard deviation): for a test at level, two-sided. It is 0 where mostRuns are too few.
func RunsToTell(half, spread, level float64) int {
	least := 2 * math.Pow(Quantile(1-level/2, math.Inf(1))*spread/half, 2) // if the spread were known
	if !(least < mostRuns) {
		return 0
	}
	for n := max(2, int(math.Ceil(least))); n < mostRuns; n++ {
		if HalfWidth(n, spread, level) <= half {
			return n
		}
	}
	return 0
}

// HalfWidth is how far the interval of the difference of two sides of n runs reaches, where runs vary by
// spread. A single run knows no spread; what it is taken for is not known to err, then.
func HalfWidth(n int, spread, level float64) float64 {
	freedom := math.Inf(1)
	if n > 1 {
		freedom = float64(2*n - 2)
	}
	return Quantile(1-level/2, freedom) * spread * math.Sqrt(2/float64(n))
}
