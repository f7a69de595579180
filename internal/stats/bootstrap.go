package stats

import (
	"math"
	"math/rand/v2"

	"github.com/montanaflynn/stats"
)

const (
	// Resamples is how often a run is drawn anew: 500 give a standard error to 3 %.
	Resamples = 500
	// BootstrapSeed makes every comparison of the same files the same.
	BootstrapSeed = 0x5717c
)

// Statistic is a figure of a run as a function of sums over its windows: each column has a value for
// every window, all columns have the same length, and of gives the figure for the columns' sums.
type Statistic struct {
	Columns [][]float64
	Of      func(sums []float64) float64
}

// Bootstrap estimates the statistic with the variance of its error, by the circular moving-block
// bootstrap: blocks of consecutive windows are drawn with replacement and put together to runs as long
// as the first (Künsch, 1989; circular: Politis & Romano, 1992). Blocks keep the dependence of requests
// on those before them, which a test over single requests mistakes for information. influence is the
// series that the length of the blocks is chosen from (blockLength).
//
// The variance is that of the resampled figures, times W/(W−l) for W windows in blocks of l: within W/l
// blocks the mean is drawn along, as in a sample's variance. It has W/l − 1 degrees of freedom.
func (s Statistic) Bootstrap(influence []float64) Estimate {
	windows := len(influence)
	length := blockLength(influence)
	blocks := float64(windows) / float64(length)
	e := Estimate{Value: s.Of(s.Totals()), Freedom: max(1, blocks-1)}
	draws := s.resample(windows, length)
	spread, err := stats.StandardDeviationSample(draws)
	if err != nil || math.IsNaN(spread) {
		return Estimate{Value: e.Value, Variance: math.Inf(1), Freedom: 1}
	}
	e.Variance = spread * spread * blocks / max(1, blocks-1)
	return e
}

// Totals are the sums of the columns as they are.
func (s Statistic) Totals() []float64 {
	sums := make([]float64, len(s.Columns))
	for i, column := range s.Columns {
		for _, x := range column {
			sums[i] += x
		}
	}
	return sums
}

// resample draws the statistic anew, again and again.
func (s Statistic) resample(windows, length int) []float64 {
	running := make([][]float64, len(s.Columns))
	for i, column := range s.Columns {
		running[i] = runningSums(column)
	}
	random := rand.New(rand.NewPCG(BootstrapSeed, uint64(windows)<<16|uint64(length)))
	draws, sums := make([]float64, 0, Resamples), make([]float64, len(s.Columns))
	for range Resamples {
		clear(sums)
		for have := 0; have < windows; have += length {
			from := random.IntN(windows)
			to := from + min(length, windows-have)
			for i := range sums {
				sums[i] += running[i][to] - running[i][from]
			}
		}
		draws = append(draws, s.Of(sums))
	}
	return draws
}

// runningSums are the sums of a column's beginnings, twice round: entry i is the sum of the first i values.
func runningSums(column []float64) []float64 {
	sums := make([]float64, 2*len(column)+1)
	for i := range 2 * len(column) {
		sums[i+1] = sums[i] + column[i%len(column)]
	}
	return sums
}

// A run is drawn from 6 to 12 blocks, whatever blockLength finds best. Longer blocks than need be cost next
// to nothing (Student's t with 11 instead of 200 degrees of freedom is 2.20 instead of 1.97); shorter ones
// miss dependence that reaches farther than 200 windows let see, and make false alarms.
const (
	fewestBlocks = 6
	mostBlocks   = 12
)

// blockLength is the length of the blocks that the variance of the series' mean is estimated best with
// (Politis & White, 2004, with the correction of Patton, Politis & White, 2009, for the circular
// bootstrap), within the bounds above.
func blockLength(series []float64) int {
	n := float64(len(series))
	least, most := max(1, len(series)/mostBlocks), max(1, len(series)/fewestBlocks)
	rho := autocorrelations(series)
	if rho == nil {
		return least
	}
	bandwidth := 2 * lastLag(rho, n)
	g, spectrum := 0.0, 1.0 // both in units of the variance
	for k := 1; k <= min(bandwidth, len(rho)-1); k++ {
		weight := min(1, 2*(1-float64(k)/float64(bandwidth)))
		g += 2 * weight * float64(k) * rho[k]
		spectrum += 2 * weight * rho[k]
	}
	if spectrum <= 0 {
		return least
	}
	best := math.Cbrt(2*g*g/(4.0/3*spectrum*spectrum)) * math.Cbrt(n)
	return max(least, min(most, int(math.Ceil(best))))
}

// autocorrelations are those at the lags from 0 that Politis and White look at; nil for a series that
// does not vary.
func autocorrelations(series []float64) []float64 {
	n := len(series)
	last := min(n-1, int(math.Ceil(math.Sqrt(float64(n))))+significantLags(n))
	rho := make([]float64, 0, last+1)
	for lag := 0; lag <= last; lag++ {
		r, err := stats.AutoCorrelation(series, lag)
		if err != nil {
			return nil
		}
		rho = append(rho, r)
	}
	return rho
}

// significantLags is how many lags in a row must show nothing, Politis and White's K.
func significantLags(n int) int {
	return max(5, int(math.Ceil(math.Sqrt(math.Log10(float64(n))))))
}

// lastLag is the lag, from 1, after which a run of lags shows no autocorrelation any more.
func lastLag(rho []float64, n float64) int {
	band, quiet := 2*math.Sqrt(math.Log10(n)/n), 0
	for k := 1; k < len(rho); k++ {
		if math.Abs(rho[k]) >= band {
			quiet = 0
			continue
		}
		if quiet++; quiet == significantLags(int(n)) {
			return max(1, k-quiet)
		}
	}
	return max(1, len(rho)-1)
}

// Linear is the series x − value·n, of which a ratio Σx/Σn varies as the mean does.
func Linear(x, n []float64, value float64) []float64 {
	series := make([]float64, len(x))
	for i := range x {
		series[i] = x[i] - value*n[i]
	}
	return series
}

// Ratio is the statistic Σx/Σn.
func Ratio(x, n []float64) (s Statistic, influence []float64) {
	s = Statistic{Columns: [][]float64{x, n}, Of: func(sums []float64) float64 { return sums[0] / sums[1] }}
	return s, Linear(x, n, s.Of(s.Totals()))
}
