package stats

import (
	"cmp"
	"math"
	"slices"
)

// The statistics of shares. Sizes of samples are for the test that is made of them, at Alpha01, two-sided, with a
// power of 80 %; intervals are of 95 %.
const (
	z95   = 1.959964 // the normal deviate of 97.5 %
	z99   = 2.575829 // that of 99.5 %
	power = 0.841621 // that of 80 %
	// Alpha01 is the level at which drawn shares count as different. It is 1 %, not 5 %, because
	// expectations are judged run after run: one false alarm in twenty would be one a day.
	Alpha01 = 0.01
	// enough is the expected count in each cell from which the G statistic follows its law.
	enough = 5
	// maxOutcomes bounds the outcomes that are enumerated for an exact test: 50 000 draws from two nodes,
	// 300 from three.
	maxOutcomes = 50_000
)

// DrawsToTell is the number of independent draws that tells a share p from a share q, whichever of them
// is the truth: ((z√p(1−p) + w√q(1−q)) ÷ (p−q))², the larger of both ways, with z of the level and w of
// the power. 50 % and 66.7 % give 103.
func DrawsToTell(p, q float64) int64 {
	if p == q {
		return 0
	}
	one := func(p, q float64) float64 {
		root := (z99*math.Sqrt(p*(1-p)) + power*math.Sqrt(q*(1-q))) / (p - q)
		return root * root
	}
	return int64(math.Ceil(max(one(p, q), one(q, p))))
}

// Wilson is the score interval of a share of k in n at 95 %.
func Wilson(k, n int64) (low, high float64) {
	interval := score(float64(k), float64(n), z95)
	return interval.Low, interval.High
}

// PValue is the probability that draws with these shares fall as far off as the counts, or farther: exact
// where there are few enough outcomes, else by the G statistic, for which cells that expect less than 5
// are taken together.
func PValue(counts []int64, shares []float64) float64 {
	var n int64
	var cells []Cell
	for i, c := range counts {
		n += c
		if shares[i] > 0 {
			cells = append(cells, Cell{c, shares[i]})
		} else if c > 0 {
			return 0
		}
	}
	if n == 0 || len(cells) < 2 {
		return 1
	}
	if outcomes(n, len(cells)) <= maxOutcomes {
		return exactly(cells, n)
	}
	g, degrees := GStatistic(cells, n)
	return ChiSquaredP(g, degrees)
}

// Cell is one node's count, and its share by the hypothesis.
type Cell struct {
	Count int64
	Share float64
}

// outcomes is how many ways there are to spread n draws over k cells: n+k−1 over k−1.
func outcomes(n int64, k int) float64 {
	ways := 1.0
	for i := 1; i < k; i++ {
		ways *= (float64(n) + float64(i)) / float64(i)
	}
	return ways
}

// exactly adds up the probabilities of all outcomes that are no likelier than the one seen.
func exactly(cells []Cell, n int64) float64 {
	logs := make([]float64, n+1) // of factorials
	for i := int64(2); i <= n; i++ {
		logs[i] = logs[i-1] + math.Log(float64(i))
	}
	term := func(i int, count int64) float64 { return float64(count)*math.Log(cells[i].Share) - logs[count] }
	seen := logs[n]
	for i, c := range cells {
		seen += term(i, c.Count)
	}
	limit := seen + 1e-9*max(1, math.Abs(seen)) // equally likely ones differ by rounding
	total := 0.0
	var spread func(i int, left int64, sum float64)
	spread = func(i int, left int64, sum float64) {
		if i == len(cells)-1 {
			if sum += term(i, left); sum <= limit {
				total += math.Exp(sum)
			}
			return
		}
		for c := range left + 1 {
			spread(i+1, left-c, sum+term(i, c))
		}
	}
	spread(0, n, logs[n])
	return min(1, total)
}

// GStatistic is the G statistic and its degrees of freedom, 0 where fewer than two cells expect enough.
func GStatistic(cells []Cell, n int64) (g float64, degrees int) {
	cells = pooled(cells, n)
	for _, c := range cells {
		if c.Count > 0 {
			g += 2 * float64(c.Count) * math.Log(float64(c.Count)/(float64(n)*c.Share))
		}
	}
	return max(0, g), len(cells) - 1
}

// pooled takes the smallest cells together until each expects enough.
func pooled(cells []Cell, n int64) []Cell {
	cells = slices.SortedFunc(slices.Values(cells), func(a, b Cell) int { return cmp.Compare(b.Share, a.Share) })
	for len(cells) > 1 && cells[len(cells)-1].Share*float64(n) < enough {
		last := cells[len(cells)-1]
		cells = cells[:len(cells)-1]
		cells[len(cells)-1].Count += last.Count
		cells[len(cells)-1].Share += last.Share
	}
	return cells
}

// ChiSquaredP is the probability that a χ² of so many degrees of freedom is x or more, by the recursion of
// the incomplete gamma function from erfc (odd) or exp (even).
func ChiSquaredP(x float64, degrees int) float64 {
	if degrees < 1 || x <= 0 {
		return 1
	}
	half, a := x/2, 1.0
	q := math.Exp(-half)
	if degrees%2 == 1 {
		a, q = 0.5, math.Erfc(math.Sqrt(half))
	}
	for ; a < float64(degrees)/2; a++ {
		gamma, _ := math.Lgamma(a + 1)
		q += math.Exp(a*math.Log(half) - half - gamma)
	}
	return min(1, q)
}
