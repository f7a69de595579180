package fold

import (
	"math"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
)

// calculator is the part of JMeter's Calculator that adds up times. Sums are doubles as there, in the
// order in which the samples come, so that the last bit agrees.
type calculator struct {
	sum, squares float64 // ms, ms²
	min, max     int64   // ms
	start, span  int64   // ms
	begun        bool
}

// add adds what may be a row of many samples, which took their time together. The span is the largest
// distance of an end from the earliest start known by then, which underestimates the whole where the
// earliest start comes last, as in JMeter.
func (c *calculator) add(m *measurement) {
	n, each, x := m.samples, part(m.millis, m.samples), float64(m.millis)
	if !c.begun {
		c.min, c.max, c.start, c.span, c.begun = each, each, m.start, m.millis, true
	}
	c.sum += x
	if n == 1 {
		c.squares += x * x
	} else {
		c.squares += x * x / float64(n)
	}
	c.min, c.max = min(c.min, each), max(c.max, each)
	c.start = min(c.start, m.start)
	c.span = max(c.span, m.end-c.start)
}

// row is the row that f folds, of the same samples, with JMeter's figures.
func (c *calculator) row(label string, f *rowFold) report.Row {
	row := f.freeze(label)
	row.JMeter = c.freeze(f)
	return row
}

// freeze computes the figures of the row that f folds, of the same samples.
//
// The forms are those of JMeter up to 5.5, down to the order of the operations; Calculator of 5.6
// divides by span/1000 for the throughput too, which differs in the last bit at most.
func (c *calculator) freeze(f *rowFold) report.JMeterRow {
	row := report.JMeterRow{Count: f.count, Errors: f.errors, Min: c.min, Max: c.max}
	if f.count == 0 {
		return row
	}
	n := float64(f.count)
	mean := c.sum / n
	row.Average, row.Mean, row.Span = int64(mean), mean, f.last-f.first
	row.Percentiles, row.Dashboard = f.jmeterPercentiles()
	row.StdDev = math.Sqrt(max(0, c.squares/n-float64(mean*mean)))
	row.ErrorRate = float64(f.errors) / n
	row.AvgBytes = float64(f.received) / n
	if c.span > 0 {
		row.Throughput, row.ReceivedKBps, row.SentKBps = f.rates(float64(c.span))
	}
	return row
}

// rates are samples and kilobytes per second over a span in milliseconds.
func (f *rowFold) rates(span float64) (samples, received, sent float64) {
	return float64(f.count) / span * 1000, float64(f.received) / (span / 1000) / 1024, float64(f.sent) / (span / 1000) / 1024
}

// jmeterShares are the percentiles of JMeter's tables.
var jmeterShares = [4]float64{0.5, 0.9, 0.95, 0.99}

// jmeterPercentiles are JMeter's two kinds of percentiles, of whole milliseconds. Those of samples that were
// measured finer may be one off, by the width of a bucket of theirs.
func (f *rowFold) jmeterPercentiles() (aggregate [4]int64, dashboard [4]float64) {
	h, scale, unit := f.times.histogram()
	whole := func(v int64) int64 { return loadgen.Millis(time.Duration(min(v*unit, f.max)) * time.Microsecond) }
	for i, v := range h.Percentiles(scale, jmeterShares[:]...) {
		aggregate[i] = whole(v)
	}
	for i, share := range jmeterShares {
		at := share * float64(f.count+1)
		below := min(max(int64(at), 1), f.count)
		ends := h.AtRanks(scale, below, min(below+1, f.count))
		low, high := float64(whole(ends[0])), float64(whole(ends[1]))
		dashboard[i] = low + min(1, max(0, at-float64(below)))*(high-low)
	}
	return aggregate, dashboard
}

// halves are what a sample, or a row that stands for many, adds to the score, in halves.
func halves(a report.Apdex, s *loadgen.Sample, samples, errors int64) int64 {
	switch each := time.Duration(part(int64(s.Elapsed), samples)); {
	case each <= a.Satisfied:
		return 2 * max(0, samples-errors)
	case each <= a.Tolerated:
		return max(0, samples-errors)
	}
	return 0
}

// apdex is the score of the row, nil without samples.
func (f *rowFold) apdex() *float64 {
	if f.count == 0 {
		return nil
	}
	return report.Ratio(f.halves, 2*f.count)
}
