package report

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
)

// interval is a confidence interval; an infinite end says that nothing bounds it.
type interval struct{ low, high float64 }

// within says whether the interval lies within ±margin.
func (i interval) within(margin float64) bool { return i.low >= -margin && i.high <= margin }

// estimate is a figure with the variance of its error and the degrees of freedom of that variance.
type estimate struct {
	value    float64
	variance float64
	freedom  float64
}

// minus is the difference of two independent estimates.
func (e estimate) minus(f estimate) estimate {
	f.value = -f.value
	return e.plus(f)
}

// plus is the sum of two independent estimates. Its degrees of freedom are those of Satterthwaite (1946)
// and Welch (1947).
func (e estimate) plus(f estimate) estimate {
	sum := estimate{value: e.value + f.value, variance: e.variance + f.variance, freedom: math.Inf(1)}
	parts := 0.0
	for _, x := range []estimate{e, f} {
		if x.variance > 0 {
			parts += x.variance * x.variance / x.freedom
		}
	}
	if parts > 0 {
		sum.freedom = sum.variance * sum.variance / parts
	}
	return sum
}

// interval is the estimate's, by Student's t.
func (e estimate) interval() interval {
	half := tQuantile(1-alpha/2, e.freedom) * math.Sqrt(e.variance)
	return interval{e.value - half, e.value + half}
}

// p is the two-sided p-value of the hypothesis that the true figure is 0.
func (e estimate) p() float64 {
	switch {
	case e.value == 0:
		return 1
	case e.variance == 0:
		return 0
	}
	t := math.Abs(e.value) / math.Sqrt(e.variance)
	if e.freedom > normalFrom {
		return 2 * stats.NormSf(t, 0, 1)
	}
	return 2 * moremath.TDist{V: e.freedom}.CDF(-t)
}

// normalFrom is the number of degrees of freedom from which Student's t is taken for normal.
const normalFrom = 1000

// tQuantile is the quantile of Student's t.
func tQuantile(p, freedom float64) float64 {
	if freedom > normalFrom {
		return stats.NormPpf(p, 0, 1)
	}
	return moremath.InvCDF(moremath.TDist{V: freedom})(p)
}

// wilsonAt is the score interval of a share of k in n at that level of confidence (Wilson, 1927).
func wilsonAt(k, n int64, level float64) interval {
	if n == 0 {
		return interval{0, 1}
	}
	z := stats.NormPpf(1-(1-level)/2, 0, 1)
	p, size := float64(k)/float64(n), float64(n)
	center := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return interval{max(0, center-half), min(1, center+half)}
}

// newcombe is the interval of the difference of two independent shares, k2/n2 − k1/n1, of Wilson's
// intervals (Newcombe, 1998, method 10).
func newcombe(k1, n1, k2, n2 int64, level float64) interval {
	if n1 == 0 || n2 == 0 {
		return interval{-1, 1}
	}
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	a, b := wilsonAt(k1, n1, level), wilsonAt(k2, n2, level)
	return interval{
		p2 - p1 - math.Hypot(p2-b.low, a.high-p1),
		p2 - p1 + math.Hypot(b.high-p2, p1-a.low),
	}
}
