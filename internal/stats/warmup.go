package stats

import "github.com/montanaflynn/stats"

// The marginal standard error rule, MSER-5 (White, 1997; White, Cobb & Spratt, 2000): a run's beginning
// is left out up to where the mean of the rest has the smallest standard error. What is left out costs
// data, what is kept costs the error that it brings along.

// mserBatch is how many values are averaged before the rule is applied.
const mserBatch = 5

// mserLeast is the number of batches from which the rule is applied at all.
const mserLeast = 10

// MSER is how many of the series' first values the rule leaves out, a multiple of mserBatch and at most
// the given share of the series. It is 0 for a short series, and where the best cut is the farthest that
// is allowed: the series does not settle then, and cutting would only be a choice of figures. It is 0 too
// where the beginning is not plainly different from the rest (transient): the rule alone cuts series
// without any beginning where chance makes them calmest, and doubles the false alarms of what follows.
func MSER(series []float64, most float64) int {
	batches := batchMeans(series, mserBatch)
	if len(batches) < mserLeast {
		return 0
	}
	limit := int(float64(len(batches)) * most)
	cut := leastError(batches, limit)
	if cut == 0 || cut == limit || !transient(series, cut*mserBatch) {
		return 0
	}
	return cut * mserBatch
}

// leastError is the number of values, up to limit, without which the others' mean has the smallest
// standard error.
func leastError(values []float64, limit int) int {
	center, _ := stats.Mean(values)
	best, cut := 0.0, 0
	n, sum, squares := 0.0, 0.0, 0.0
	for i := len(values) - 1; i >= 0; i-- {
		n++
		sum += values[i] - center
		squares += (values[i] - center) * (values[i] - center)
		if i > limit {
			continue
		}
		score := (squares - sum*sum/n) / (n * n)
		if i == limit || score <= best {
			best, cut = score, i
		}
	}
	return cut
}

// transientLevel is the level at which a beginning is plainly different from the rest.
const transientLevel = 0.0001

// transient reports whether the mean of the first values is farther from that of the rest than the rest's
// own variation, dependence included, explains.
func transient(series []float64, first int) bool {
	head, rest := meanOf(series[:first]), series[first:]
	n, mean := float64(len(rest)), meanOf(rest)
	deviations := make([]float64, len(rest))
	for i, x := range rest {
		deviations[i] = x - mean
	}
	noise := BatchNoise(deviations, mostBatches)
	variance := noise.Variance / (n * n) * (1 + n/float64(first))
	return Estimate{mean - head, variance, variance, noise.Freedom}.P() < transientLevel
}

// batchMeans are the means of consecutive values; a rest at the end is left out.
func batchMeans(series []float64, size int) []float64 {
	means := make([]float64, 0, len(series)/size)
	for i := 0; i+size <= len(series); i += size {
		mean, _ := stats.Mean(series[i : i+size])
		means = append(means, mean)
	}
	return means
}
