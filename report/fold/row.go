package fold

import (
	"math/big"
	"math/bits"

	"stickbench/loadgen"
	"stickbench/report"
)

// rowFold folds the samples of one row of the report. The zero value is ready. Its size does not grow
// with the samples, only with the spread of their elapsed times: about 30 KB for a usual row of a run,
// at most 350 KB, and 8 MB for a row of another tool's recording that meets every millisecond of 17 minutes.
//
// It folds microseconds, in integers, so that its figures do not depend on the order of the samples, and rows add up
// (merge). JMeter's arithmetic, whole milliseconds in doubles and in the order in which the samples come, is that of
// calculator.
type rowFold struct {
	count, errors  int64
	received, sent int64
	halves         int64 // of Apdex

	min, max    int64 // µs
	first, last int64 // ms: the first start and the last end
	sum         int64 // µs
	squares     wide  // µs²

	times

	response *responseFold // of arrivals; nil before the first
}

// measurement is what a row folds of a sample.
type measurement struct {
	start, end      int64 // milliseconds since the start of the run
	micros, millis  int64 // it took; millis are JMeter's (Sample.WholeMillis)
	received, sent  int64
	samples, errors int64 // what it stands for (Sample.Weight)
	halves          int64 // of Apdex
	fine            bool  // measured in microseconds
}

// measure measures a sample of a run that began at origin, in milliseconds since 1970.
func (m *measurement) measure(s *loadgen.Sample, origin int64, a report.Apdex) {
	n, failed := s.Weight()
	m.samples, m.errors, m.halves, m.fine = n, failed, halves(a, s, n, failed), s.Fine
	m.received, m.sent = s.Received, s.Sent
	m.micros, m.millis = s.Elapsed.Microseconds(), s.WholeMillis()
	m.start = s.StartMillis() - origin
	m.end = m.start + m.millis
}

// each is the elapsed time of one of the samples that the measurement stands for, in microseconds, as finely as it was
// measured.
func (m *measurement) each() int64 {
	if m.fine {
		return part(m.micros, m.samples)
	}
	return part(m.millis, m.samples) * 1000
}

// part is x/n, cut to a whole number. Nearly always n is 1, and a division takes as long as all that is added up.
func part(x, n int64) int64 {
	if n == 1 {
		return x
	}
	return x / n
}

// addSample folds s in, which is measured as m, with its response time if it is an arrival. It does not keep it.
func (f *rowFold) addSample(s *loadgen.Sample, m *measurement) {
	f.add(m)
	if s.Arrival {
		if f.response == nil {
			f.response = &responseFold{}
		}
		f.response.add(s)
	}
}

// add folds a measurement.
func (f *rowFold) add(m *measurement) {
	n, each := m.samples, m.each()
	f.times.add(m, n)
	if f.count == 0 {
		f.min, f.max, f.first, f.last = each, each, m.start, m.end
	}
	f.first, f.last = min(f.first, m.start), max(f.last, m.end)
	f.min, f.max = min(f.min, each), max(f.max, each)
	f.sum += m.micros
	f.squares.addSquare(m.micros, n)

	f.count += n
	f.errors += m.errors
	f.received += m.received
	f.sent += m.sent
	f.halves += m.halves
}

// freeze returns the row so far under the given label. The fold goes on being usable.
func (f *rowFold) freeze(label string) report.Row {
	row := report.Row{Label: label, Samples: f.count, Errors: f.errors, Apdex: f.apdex(), Response: f.response.freeze()}
	if span := f.last - f.first; span > 0 {
		row.Throughput, row.ReceivedKBps, row.SentKBps = f.rates(float64(span))
	}
	if f.count == 0 {
		return row
	}
	row.ErrorRate, row.AvgBytes = float64(f.errors)/float64(f.count), float64(f.received)/float64(f.count)
	row.AverageMS = float64(f.sum) / float64(f.count) / 1000
	row.MinMS, row.MaxMS = float64(f.min)/1000, float64(f.max)/1000
	row.StdDevMS = f.squares.deviation(f.sum, f.count) / 1000
	p := f.percentiles(0.5, 0.9, 0.95, 0.99)
	row.P50MS, row.P90MS, row.P95MS, row.P99MS = p[0], p[1], p[2], p[3]
	return row
}

// percentiles are those of the elapsed times, in milliseconds.
func (f *rowFold) percentiles(shares ...float64) []float64 {
	return f.times.percentiles(f.max, shares...)
}

// wide is a sum of 128 bits: the squares of microseconds of a long run do not fit in 64.
type wide struct{ high, low uint64 }

// addSquare adds x²/n, cut to a whole number: what n samples that took x together contribute.
func (w *wide) addSquare(x, n int64) {
	high, low := bits.Mul64(magnitude(x), magnitude(x))
	if n > 1 {
		d := uint64(n)
		var rest uint64
		high, rest = high/d, high%d
		low, _ = bits.Div64(rest, low, d)
	}
	var carry uint64
	w.low, carry = bits.Add64(w.low, low, 0)
	w.high, _ = bits.Add64(w.high, high, carry)
}

// magnitude is |x|.
func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// deviation is the standard deviation of a population of n values with that sum, of whose squares w is
// the sum: √(n·w − sum²) ÷ n.
func (w wide) deviation(sum, n int64) float64 {
	squares := new(big.Int).SetUint64(w.high)
	squares.Lsh(squares, 64).Add(squares, new(big.Int).SetUint64(w.low))
	squares.Mul(squares, big.NewInt(n))
	total := big.NewInt(sum)
	squares.Sub(squares, total.Mul(total, total))
	if squares.Sign() <= 0 {
		return 0
	}
	root, _ := new(big.Float).Sqrt(new(big.Float).SetInt(squares)).Float64()
	return root / float64(n)
}

// merge adds what another row folded, as if its samples had been added to f.
func (f *rowFold) merge(o *rowFold) {
	if o.count == 0 {
		return
	}
	if f.count == 0 {
		f.min, f.max, f.first, f.last = o.min, o.max, o.first, o.last
	}
	f.min, f.max = min(f.min, o.min), max(f.max, o.max)
	f.first, f.last = min(f.first, o.first), max(f.last, o.last)
	f.count += o.count
	f.errors += o.errors
	f.received += o.received
	f.sent += o.sent
	f.halves += o.halves
	f.sum += o.sum
	f.squares.add(o.squares)
	f.times.merge(&o.times)
	if o.response == nil {
		return
	}
	if f.response == nil {
		f.response = &responseFold{}
	}
	f.response.merge(o.response)
}

// clone is a copy that shares nothing with f.
func (f *rowFold) clone() *rowFold {
	c := &rowFold{}
	c.merge(f)
	return c
}

func (w *wide) add(o wide) {
	var carry uint64
	w.low, carry = bits.Add64(w.low, o.low, 0)
	w.high, _ = bits.Add64(w.high, o.high, carry)
}

// over is the row with rates over a time in milliseconds, instead of over the time of its samples; they
// are 0 where there was no time.
func over(r report.Row, f *rowFold, ms int64) report.Row {
	r.Throughput, r.ReceivedKBps, r.SentKBps = 0, 0, 0
	if ms > 0 {
		seconds := float64(ms) / 1000
		r.Throughput = float64(f.count) / seconds
		r.ReceivedKBps, r.SentKBps = float64(f.received)/seconds/1024, float64(f.sent)/seconds/1024
	}
	return r
}
