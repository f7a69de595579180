package stats

import "math"

// Noise is what is known of the error of a sum over a run: its variance, and the degrees of freedom of that.
type Noise struct {
	Variance, Freedom float64
	Batches           int
}

// A run is cut into batches, whose sums tell how much the sum over the run is off. Requests depend on those
// before them, so batches must be longer than that reaches: as in ASAP3 (Steiger & al., 2005) and N-Skart
// (Tafazzoli & al., 2011), they grow until von Neumann's test takes them for independent.
const (
	mostBatches  = 32
	fewestTested = 8
	// independentZ is the normal deviate of the test's level, 20 % one-sided. A low level would let
	// dependence pass that the few batches are too few to show.
	independentZ = 0.841621
	// mostCorrelation bounds the correlation of neighbouring batches that is corrected for.
	mostCorrelation = 0.9
)

// BatchNoise is the error of the sum of a series over a run's windows, of deviations that add up to 0. It is
// of at most so many batches, as many as von Neumann's test allows, and corrected for what correlation
// of neighbours is left, as that of an autoregressive series: (1+r)/(1−r). It is infinite for fewer than two batches.
func BatchNoise(series []float64, most int) Noise {
	n := min(most, mostBatches, len(series))
	if n < 2 {
		return Noise{Variance: math.Inf(1), Freedom: 1, Batches: n}
	}
	r, z, variance := neighbours(batchSums(series, n))
	for z >= independentZ && n/2 >= fewestTested {
		n /= 2
		r, z, variance = neighbours(batchSums(series, n))
	}
	r = min(mostCorrelation, max(0, unbiased(r, n)))
	return Noise{variance * float64(n) * (1 + r) / (1 - r), float64(n - 1), n}
}

// unbiased corrects a correlation of n neighbouring values, taken from their own mean, for its bias: 4r/n to first
// order (Marriott & Pope, 1954). Theirs has 1/n besides, which von Neumann's statistic has not.
func unbiased(r float64, n int) float64 { return r / (1 - 4/float64(max(n, fewestTested))) }

// PlainNoise is the error of the sum of a series as its finest batches have it, uncorrected, and reports
// whether there are enough of them and nothing is seen of dependence.
func PlainNoise(series []float64) (noise Noise, independent bool) {
	n := min(mostBatches, len(series))
	if n < 2 {
		return Noise{math.Inf(1), 1, n}, false
	}
	_, z, variance := neighbours(batchSums(series, n))
	return Noise{variance * float64(n), float64(n - 1), n}, n == mostBatches && z < plainZ
}

// EnoughIndependent is the least count of Independent from which a run tells how far it is off. It is that of
// a run of ten correlation times, five independent values, for which the count comes out about twice too
// large, as correlations are taken from the series' own mean.
const EnoughIndependent = 12

const (
	correlatedZ  = 2.053749
	plainZ       = 2.053749 // 2 %
	shortBatches = 4
)

// Independent is to how many independent values the series amounts, of at most mostBatches: its batches
// divided by 1 + 2 Σρ, the correlations summed as long as those of two neighbouring lags are positive
// together (Geyer, 1992). short reports whether the series is plainly correlated and they are not enough.
func Independent(series []float64) (count float64, short bool) {
	n := min(mostBatches, len(series))
	if n < fewestTested {
		return float64(n), false
	}
	batches := batchSums(series, n)
	_, z, _ := neighbours(batches)
	total := 1.0
	for k := 1; k+1 < n; k += 2 {
		pair := correlation(batches, k) + correlation(batches, k+1)
		if !(pair > 0) {
			break
		}
		total += 2 * pair
	}
	count = float64(n) / total
	return count, z >= correlatedZ && count < EnoughIndependent*float64(n)/mostBatches
}

// ShortNoise is the error of the sum of a series that is short for its dependence: of a few batches, taken
// for as correlated as is corrected for at all. It is wide, and rules out nothing but gross changes.
func ShortNoise(series []float64) Noise {
	n := min(shortBatches, len(series))
	if n < 2 {
		return BatchNoise(series, n)
	}
	_, _, variance := neighbours(batchSums(series, n))
	return Noise{variance * float64(n) * (1 + mostCorrelation) / (1 - mostCorrelation), float64(n - 1), n}
}

// batchSums are the sums of n batches of consecutive values, as even as can be.
func batchSums(series []float64, n int) []float64 {
	sums := make([]float64, n)
	for i := range sums {
		for _, x := range series[i*len(series)/n : (i+1)*len(series)/n] {
			sums[i] += x
		}
	}
	return sums
}

// neighbours are von Neumann's statistic (1941) as the correlation r of neighbouring values, the normal
// deviate z of r among independent ones, and the variance of the values.
func neighbours(values []float64) (r, z, variance float64) {
	n := float64(len(values))
	squares, steps, m := 0.0, 0.0, meanOf(values)
	for i, x := range values {
		squares += (x - m) * (x - m)
		if i > 0 {
			steps += (x - values[i-1]) * (x - values[i-1])
		}
	}
	variance = squares / (n - 1)
	if squares == 0 || n < 3 {
		return 0, 0, variance
	}
	r = 1 - steps/(2*squares)
	return r, r * math.Sqrt((n*n-1)/(n-2)), variance
}

// Correlation is that of two series of the same run, by their batches; 0 where one of them is constant.
func Correlation(x, y []float64) float64 {
	n := min(mostBatches, len(x))
	x, y = batchSums(x, n), batchSums(y, n)
	a, b := meanOf(x), meanOf(y)
	products, squaresX, squaresY := 0.0, 0.0, 0.0
	for i := range n {
		products += (x[i] - a) * (y[i] - b)
		squaresX += (x[i] - a) * (x[i] - a)
		squaresY += (y[i] - b) * (y[i] - b)
	}
	if squaresX == 0 || squaresY == 0 {
		return 0
	}
	return products / math.Sqrt(squaresX*squaresY)
}

// correlation is the autocorrelation at a lag, NaN for a constant.
func correlation(values []float64, lag int) float64 {
	m := meanOf(values)
	products, squares := 0.0, 0.0
	for i, x := range values {
		squares += (x - m) * (x - m)
		if i >= lag {
			products += (x - m) * (values[i-lag] - m)
		}
	}
	return products / squares
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}
