package stats

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
)

// Interval is a confidence interval; an infinite end says that nothing bounds it.
type Interval struct{ Low, High float64 }

// Within reports whether the interval lies within ±margin.
func (i Interval) Within(margin float64) bool { return i.Low >= -margin && i.High <= margin }

// Estimate is a figure with the variance of its error, which may be another one below the figure than above
// it, and the degrees of freedom of that variance. A variance may be infinite: nothing bounds the figure there.
type Estimate struct {
	Value        float64
	Below, Above float64
	Freedom      float64
}

// Minus is the difference of two independent estimates: how far it reaches to a side is made of how far e
// does to that side and f to the other, squared (the method of variance estimates recovery of Zou & Donner,
// 2008, of which Newcombe's interval of a difference of shares is one case). Its degrees of freedom are those
// of Satterthwaite (1946) and Welch (1947).
func (e Estimate) Minus(f Estimate) Estimate {
	return Estimate{e.Value - f.Value, e.Below + f.Above, e.Above + f.Below, freedomOf(e, f)}
}

// Plus is the sum of two independent estimates, as Minus.
func (e Estimate) Plus(f Estimate) Estimate {
	return Estimate{e.Value + f.Value, e.Below + f.Below, e.Above + f.Above, freedomOf(e, f)}
}

// Over is the estimate divided by n.
func (e Estimate) Over(n float64) Estimate {
	return Estimate{e.Value / n, e.Below / (n * n), e.Above / (n * n), e.Freedom}
}

// freedomOf are the degrees of freedom of a sum. Infinite variances have the least of theirs.
func freedomOf(list ...Estimate) float64 {
	sum, parts, least := 0.0, 0.0, math.Inf(1)
	for _, e := range list {
		v := (e.Below + e.Above) / 2
		sum += v
		if v > 0 {
			parts += v * v / e.Freedom
			least = min(least, e.Freedom)
		}
	}
	switch {
	case math.IsInf(sum, 1):
		return least
	case parts > 0:
		return sum * sum / parts
	}
	return math.Inf(1)
}

// Interval is the estimate's, by Student's t.
func (e Estimate) Interval() Interval {
	t := Quantile(1-Alpha/2, e.Freedom)
	return Interval{e.Value - t*math.Sqrt(e.Below), e.Value + t*math.Sqrt(e.Above)}
}

// P is the two-sided p-value of the hypothesis that the true figure is 0: below Alpha where the interval does
// not reach it.
func (e Estimate) P() float64 {
	variance := e.Below
	if e.Value < 0 {
		variance = e.Above
	}
	switch {
	case e.Value == 0:
		return 1
	case variance == 0:
		return 0
	}
	t := math.Abs(e.Value) / math.Sqrt(variance)
	if e.Freedom > normalFrom {
		return 2 * stats.NormSf(t, 0, 1)
	}
	return 2 * moremath.TDist{V: e.Freedom}.CDF(-t)
}

// normalFrom is the number of degrees of freedom from which Student's t is taken for normal.
const normalFrom = 1000

// Quantile is that of Student's t.
func Quantile(p, freedom float64) float64 {
	if freedom > normalFrom {
		return stats.NormPpf(p, 0, 1)
	}
	return moremath.InvCDF(moremath.TDist{V: freedom})(p)
}

// WilsonAt is the score interval of a share of k in n at that level of confidence (Wilson, 1927).
func WilsonAt(k, n int64, level float64) Interval {
	return score(float64(k), float64(n), stats.NormPpf(1-(1-level)/2, 0, 1))
}

// score is Wilson's interval of a share of k in n, which need not be whole, at z standard errors.
func score(k, n, z float64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	p := k / n
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Interval{max(0, center-half), min(1, center+half)}
}

// Share is the estimate of a share of k in n where what is counted comes in bursts of so many: as that of a
// share in n/bursts independent draws. Its variances are those of Wilson's interval.
func Share(k, n, bursts, freedom float64) Estimate {
	t := Quantile(1-Alpha/2, freedom)
	ci, p := score(k/bursts, n/bursts, t), k/n
	below, above := (p-ci.Low)/t, (ci.High-p)/t
	return Estimate{p, below * below, above * above, freedom}
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
