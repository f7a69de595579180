package compare

import (
	"fmt"
	"math"
	"stickbench/internal/format"
	"stickbench/internal/stats"
)

// The units of the metrics of a comparison.
const (
	UnitMS     = "ms"
	UnitRate   = "per second"
	UnitShare  = "share" // 0 to 1
	unitPoints = 0.01    // one percentage point of a share
)

// metric is a figure of a row that is compared.
type metric struct {
	name, unit string
	more       bool // more is better
	// tail is the part of the samples beyond a percentile, which must be some for it to mean anything.
	tail float64
	make func(p *part) (s stats.Statistic, influence []float64)
}

// rowMetrics are those of every row, in the order in which they are told.
var rowMetrics = []metric{
	{name: "average", unit: UnitMS, make: averageOf},
	{name: "stddev", unit: UnitMS, make: deviationOf},
	{name: "p50", unit: UnitMS, tail: 0.50, make: percentileOf(0.50)},
	{name: "p95", unit: UnitMS, tail: 0.05, make: percentileOf(0.95)},
	{name: "p99", unit: UnitMS, tail: 0.01, make: percentileOf(0.99)},
	{name: "error_rate", unit: UnitShare, make: errorRateOf},
	{name: "throughput", unit: UnitRate, more: true, make: throughputOf},
}

// sessionMetrics are those of the whole run's sessions.
var sessionMetrics = []metric{
	{name: "affinity", unit: UnitShare, more: true},
	{name: "continuity", unit: UnitShare, more: true},
}

// Least amounts of data for a verdict. A percentile needs leastBeyond samples beyond it: below that it
// hangs on single requests. Blocks of windows need windows.
const (
	leastSamples = 20
	leastBeyond  = 10
	leastWindows = 20
)

// lack says what the row has too little of for a verdict on the metric; "" if it has enough.
func (m *metric) lack(p *part) string {
	needed := int64(leastSamples)
	if m.tail > 0 {
		needed = max(needed, int64(math.Round(leastBeyond/m.tail)))
	}
	switch {
	case p.n < needed:
		return fmt.Sprintf("%s in a run are too few, it takes %s", format.Plural(p.n, "sample"), format.Count(needed))
	case len(p.windows) < leastWindows:
		return tooShort(len(p.windows))
	}
	return ""
}

// tooShort is the lack of time; windows are as short as they can be then.
func tooShort(windows int) string {
	return fmt.Sprintf("%s in a run are too little, it takes %s", format.Span(int64(windows*firstWindowMS)), format.Span(leastWindows*firstWindowMS))
}

// estimate is the metric of the row in one run; alone, its windows are not asked for the variance of its
// error, so that only shares have one.
func (m *metric) estimate(p *part, alone bool) stats.Estimate {
	s, influence := m.make(p)
	e := stats.Estimate{Value: s.Of(s.Totals()), Freedom: math.Inf(1)}
	if !alone {
		e = s.Bootstrap(influence)
	}
	switch {
	case m.unit == UnitShare:
		e.Variance = max(e.Variance, independent(p.failed, p.n))
	case m.tail > 0 && p.whole:
		e.Variance += 1.0 / 12 // of rounding to whole milliseconds
	}
	return e
}

// independent is the variance of a share of k in n independent draws, by the estimate of Agresti and
// Coull (1998), which is not 0 for none or all. Windows can only tell of more variance, not of less.
func independent(k, n int64) float64 {
	size := float64(n) + 4
	p := (float64(k) + 2) / size
	return p * (1 - p) / size
}

func averageOf(p *part) (stats.Statistic, []float64) { return stats.Ratio(p.sum, p.samples) }

func errorRateOf(p *part) (stats.Statistic, []float64) { return stats.Ratio(p.errors, p.samples) }

func throughputOf(p *part) (stats.Statistic, []float64) { return stats.Ratio(p.samples, p.seconds) }

// deviationOf is the standard deviation of the population.
func deviationOf(p *part) (stats.Statistic, []float64) {
	s := stats.Statistic{Columns: [][]float64{p.squares, p.sum, p.samples}, Of: func(sums []float64) float64 {
		mean := sums[1] / sums[2]
		return math.Sqrt(max(0, sums[0]/sums[2]-mean*mean))
	}}
	totals := s.Totals()
	mean, value := totals[1]/totals[2], s.Of(totals)
	influence := make([]float64, len(p.windows))
	for i := range influence {
		influence[i] = p.squares[i] - 2*mean*p.sum[i] + (mean*mean-value*value)*p.samples[i]
	}
	return s, influence
}

// percentileOf makes the statistic of a percentile. Its windows' columns are the samples, and those among
// them up to the percentile of the run. Where that share comes out higher by d when windows are drawn
// anew, the percentile of those windows is, but for terms of higher order, the run's percentile at share
// − d (Bahadur, 1966; Woodruff, 1952, for intervals). That takes no merging of histograms for each draw.
func percentileOf(share float64) func(p *part) (stats.Statistic, []float64) {
	return func(p *part) (stats.Statistic, []float64) {
		at := p.at(share)
		upTo := make([]float64, len(p.windows))
		for i := range p.windows {
			for _, b := range p.windows[i].times.Buckets() {
				if b.Slot > p.pooled[at].Slot {
					break
				}
				upTo[i] += float64(b.Count)
			}
		}
		have := float64(p.cumulative[at]) / float64(p.n)
		s := stats.Statistic{Columns: [][]float64{upTo, p.samples}, Of: func(sums []float64) float64 {
			return p.ms(p.at(min(1, max(0, share+have-sums[0]/sums[1]))))
		}}
		return s, stats.Linear(upTo, p.samples, have)
	}
}

// sessions is the estimate of affinity or continuity of a run, nil if that is not defined for it; alone as
// in metric.estimate.
func (s *Series) sessions(name string, alone bool) *stats.Estimate {
	part, of, k, n := make([]float64, len(s.turns)), make([]float64, len(s.turns)), int64(0), int64(0)
	for i, t := range s.turns {
		hit, all := t.Named-t.Moves, t.Named
		if name == "continuity" {
			hit, all = t.Continued, t.Counted
		}
		part[i], of[i] = float64(hit), float64(all)
		k, n = k+hit, n+all
	}
	if n == 0 {
		return nil
	}
	e := stats.Estimate{Value: float64(k) / float64(n), Freedom: math.Inf(1)}
	if !alone {
		q, influence := stats.Ratio(part, of)
		e = q.Bootstrap(influence)
	}
	e.Variance = max(e.Variance, independent(k, n))
	return &e
}
