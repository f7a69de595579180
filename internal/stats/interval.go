package stats

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
)

// Interval is a confidence interval; an infinite end says that nothing bounds it.
type Interval struct{ Low, High float64 }

// Within says whether the interval lies within ±margin.
func (i Interval) Within(margin float64) bool { return i.Low >= -margin && i.High <= margin }

// Estimate is a figure with the variance of its error and the degrees of freedom of that variance.
type Estimate struct {
	Value    float64
	Variance float64
	Freedom  float64
}

// Minus is the difference of two independent estimates.
func (e Estimate) Minus(f Estimate) Estimate {
	f.Value = -f.Value
	return e.Plus(f)
}

// Plus is the sum of two independent estimates. Its degrees of freedom are those of Satterthwaite (1946)
// and Welch (1947).
func (e Estimate) Plus(f Estimate) Estimate {
	sum := Estimate{Value: e.Value + f.Value, Variance: e.Variance + f.Variance, Freedom: math.Inf(1)}
	parts := 0.0
	for _, x := range []Estimate{e, f} {
		if x.Variance > 0 {
			parts += x.Variance * x.Variance / x.Freedom
		}
	}
	if parts > 0 {
		sum.Freedom = sum.Variance * sum.Variance / parts
	}
	return sum
}

// Interval is the estimate's, by Student's t.
func (e Estimate) Interval() Interval {
	half := tQuantile(1-Alpha/2, e.Freedom) * math.Sqrt(e.Variance)
	return Interval{e.Value - half, e.Value + half}
}

// P is the two-sided p-value of the hypothesis that the true figure is 0.
func (e Estimate) P() float64 {
	switch {
	case e.Value == 0:
		return 1
	case e.Variance == 0:
		return 0
	}
	t := math.Abs(e.Value) / math.Sqrt(e.Variance)
	if e.Freedom > normalFrom {
		return 2 * stats.NormSf(t, 0, 1)
	}
	return 2 * moremath.TDist{V: e.Freedom}.CDF(-t)
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

// WilsonAt is the score interval of a share of k in n at that level of confidence (Wilson, 1927).
func WilsonAt(k, n int64, level float64) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	z := stats.NormPpf(1-(1-level)/2, 0, 1)
	p, size := float64(k)/float64(n), float64(n)
	center := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return Interval{max(0, center-half), min(1, center+half)}
}

// Newcombe is the interval of the difference of two independent shares, k2/n2 − k1/n1, of Wilson's
// intervals (Newcombe, 1998, method 10).
func Newcombe(k1, n1, k2, n2 int64, level float64) Interval {
	if n1 == 0 || n2 == 0 {
		return Interval{-1, 1}
	}
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	a, b := WilsonAt(k1, n1, level), WilsonAt(k2, n2, level)
	return Interval{
		p2 - p1 - math.Hypot(p2-b.Low, a.High-p1),
		p2 - p1 + math.Hypot(b.High-p2, p1-a.Low),
	}
}
