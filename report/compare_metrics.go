package report

import (
	"fmt"
	"math"
)

// The units of the metrics of a comparison.
const (
	unitMS     = "ms"
	unitRate   = "per second"
	unitShare  = "share" // 0 to 1
	unitPoints = 0.01    // one percentage point of a share
)

// metric is a figure of a row that is compared.
type metric struct {
	name, unit string
	more       bool // more is better
	// tail is the part of the samples beyond a percentile, which must be some for it to mean anything.
	tail float64
	make func(p *part) (s statistic, influence []float64)
}

// rowMetrics are those of every row, in the order in which they are told.
var rowMetrics = []metric{
	{name: "average", unit: unitMS, make: averageOf},
	{name: "stddev", unit: unitMS, make: deviationOf},
	{name: "p50", unit: unitMS, tail: 0.50, make: percentileOf(0.50)},
	{name: "p95", unit: unitMS, tail: 0.05, make: percentileOf(0.95)},
	{name: "p99", unit: unitMS, tail: 0.01, make: percentileOf(0.99)},
	{name: "error_rate", unit: unitShare, make: errorRateOf},
	{name: "throughput", unit: unitRate, more: true, make: throughputOf},
}

// sessionMetrics are those of the whole run's sessions.
var sessionMetrics = []metric{
	{name: "affinity", unit: unitShare, more: true},
	{name: "continuity", unit: unitShare, more: true},
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
		return fmt.Sprintf("%s in a run are too few, it takes %s", plural(p.n, "sample"), count(needed))
	case len(p.windows) < leastWindows:
		return tooShort(len(p.windows))
	}
	return ""
}

// tooShort is the lack of time; windows are as short as they can be then.
func tooShort(windows int) string {
	return fmt.Sprintf("%s in a run are too little, it takes %s", span(int64(windows*firstWindowMS)), span(leastWindows*firstWindowMS))
}

// estimate is the metric of the row in one run; alone, its windows are not asked for the variance of its
// error, so that only shares have one.
func (m *metric) estimate(p *part, alone bool) estimate {
	s, influence := m.make(p)
	e := estimate{value: s.of(s.totals()), freedom: math.Inf(1)}
	if !alone {
		e = s.bootstrap(influence)
	}
	switch {
	case m.unit == unitShare:
		e.variance = max(e.variance, independent(p.failed, p.n))
	case m.tail > 0 && p.whole:
		e.variance += 1.0 / 12 // of rounding to whole milliseconds
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

// linear is the series x − value·n, of which a ratio Σx/Σn varies as the mean does.
func linear(x, n []float64, value float64) []float64 {
	series := make([]float64, len(x))
	for i := range x {
		series[i] = x[i] - value*n[i]
	}
	return series
}

// quotient is the statistic Σx/Σn.
func quotient(x, n []float64) (s statistic, influence []float64) {
	s = statistic{columns: [][]float64{x, n}, of: func(sums []float64) float64 { return sums[0] / sums[1] }}
	return s, linear(x, n, s.of(s.totals()))
}

func averageOf(p *part) (statistic, []float64) { return quotient(p.sum, p.samples) }

func errorRateOf(p *part) (statistic, []float64) { return quotient(p.errors, p.samples) }

func throughputOf(p *part) (statistic, []float64) { return quotient(p.samples, p.seconds) }

// deviationOf is the standard deviation of the population.
func deviationOf(p *part) (statistic, []float64) {
	s := statistic{columns: [][]float64{p.squares, p.sum, p.samples}, of: func(sums []float64) float64 {
		mean := sums[1] / sums[2]
		return math.Sqrt(max(0, sums[0]/sums[2]-mean*mean))
	}}
	totals := s.totals()
	mean, value := totals[1]/totals[2], s.of(totals)
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
func percentileOf(share float64) func(p *part) (statistic, []float64) {
	return func(p *part) (statistic, []float64) {
		at := p.at(share)
		upTo := make([]float64, len(p.windows))
		for i := range p.windows {
			for _, b := range p.windows[i].sorted {
				if b.slot > p.pooled[at].slot {
					break
				}
				upTo[i] += float64(b.count)
			}
		}
		have := float64(p.cumulative[at]) / float64(p.n)
		s := statistic{columns: [][]float64{upTo, p.samples}, of: func(sums []float64) float64 {
			return p.ms(p.at(min(1, max(0, share+have-sums[0]/sums[1]))))
		}}
		return s, linear(upTo, p.samples, have)
	}
}

// sessions is the estimate of affinity or continuity of a run, nil if that is not defined for it; alone as
// in metric.estimate.
func (s *Series) sessions(name string, alone bool) *estimate {
	part, of, k, n := make([]float64, len(s.turns)), make([]float64, len(s.turns)), int64(0), int64(0)
	for i, t := range s.turns {
		hit, all := t.named-t.moved, t.named
		if name == "continuity" {
			hit, all = t.continued, t.counted
		}
		part[i], of[i] = float64(hit), float64(all)
		k, n = k+hit, n+all
	}
	if n == 0 {
		return nil
	}
	e := estimate{value: float64(k) / float64(n), freedom: math.Inf(1)}
	if !alone {
		q, influence := quotient(part, of)
		e = q.bootstrap(influence)
	}
	e.variance = max(e.variance, independent(k, n))
	return &e
}
