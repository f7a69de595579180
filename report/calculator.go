package report

import "math"

// JMeterRow holds the figures of a row as JMeter 5's Summary Report computes them, from starts and
// elapsed times in whole milliseconds. Times are in milliseconds, rates per second, kilobytes of 1024
// bytes, and ErrorRate lies between 0 and 1.
type JMeterRow struct {
	Count, Errors int64
	Average       int64 // cut, not rounded
	Min, Max      int64 // 0 if Count is
	StdDev        float64
	ErrorRate     float64
	Throughput    float64
	ReceivedKBps  float64
	SentKBps      float64
	AvgBytes      float64
}

// calculator is the part of JMeter's Calculator that adds up times. Sums are doubles as there, in the
// order in which the samples come, so that the last bit agrees.
type calculator struct {
	sum, squares float64 // ms, ms²
	min, max     int64   // ms
	start, span  int64   // ms
}

// add adds a row of n samples that began at start and took elapsed together. The span is the largest
// distance of an end from the earliest start known by then, which underestimates the whole where the
// earliest start comes last, as in JMeter.
func (c *calculator) add(start, elapsed, n int64, first bool) {
	each, x := elapsed/n, float64(elapsed)
	if first {
		c.min, c.max, c.start, c.span = each, each, start, elapsed
	}
	c.sum += x
	c.squares += x * x / float64(n)
	c.min, c.max = min(c.min, each), max(c.max, each)
	c.start = min(c.start, start)
	c.span = max(c.span, start+elapsed-c.start)
}

// freeze computes the figures of the row that f folds.
//
// The forms are those of JMeter up to 5.5, down to the order of the operations; Calculator of 5.6
// divides by span/1000 for the throughput too, which differs in the last bit at most.
func (c *calculator) freeze(f *rowFold) JMeterRow {
	row := JMeterRow{Count: f.count, Errors: f.errors, Min: c.min, Max: c.max}
	if f.count == 0 {
		return row
	}
	n := float64(f.count)
	mean := c.sum / n
	row.Average = int64(mean)
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
