package fold

import (
	"time"

	"stickbench/internal/hist"
	"stickbench/loadgen"
	"stickbench/report"
)

// times are durations, each in the unit in which it was measured. The zero value is ready.
type times struct {
	fine   hist.Histogram // µs, of samples that were measured so
	coarse hist.Histogram // ms, of those that were not
}

// add adds the time of one of the samples measured, n times.
func (t *times) add(m *measurement, n int64) {
	if m.fine {
		t.fine.Add(part(m.micros, m.samples), n, hist.FineBits)
	} else {
		t.coarse.Add(part(m.millis, m.samples), n, hist.CoarseBits)
	}
}

func (t *times) merge(o *times) {
	t.fine.Merge(&o.fine)
	t.coarse.Merge(&o.coarse)
}

func (t *times) total() int64 { return t.fine.Total + t.coarse.Total }

// histogram is all of them, with its scale and the microseconds of its unit.
func (t *times) histogram() (h *hist.Histogram, scale uint, unit int64) {
	switch {
	case t.fine.Total == 0:
		return &t.coarse, hist.CoarseBits, 1000
	case t.coarse.Total == 0:
		return &t.fine, hist.FineBits, 1
	}
	h = &hist.Histogram{}
	h.Merge(&t.fine)
	t.coarse.Walk(hist.CoarseBits, func(v, n int64) bool { h.Add(v*1000, n, hist.FineBits); return true })
	return h, hist.FineBits, 1
}

// percentiles returns the times in milliseconds at the given shares: exact for whole milliseconds (to 17
// minutes, and beyond to 2 in a million), else at most 0.1 % above the exact value, and never above most, the
// largest one in microseconds.
func (t *times) percentiles(most int64, shares ...float64) []float64 {
	h, scale, unit := t.histogram()
	values := make([]float64, len(shares))
	for i, v := range h.Percentiles(scale, shares...) {
		values[i] = float64(min(v*unit, most)) / 1000
	}
	return values
}

// timingFold folds such a part.
type timingFold struct {
	times
	count, sum, most int64 // µs
}

func (f *timingFold) add(d time.Duration, fine bool) {
	micros := d.Microseconds()
	if fine {
		f.fine.Add(micros, 1, hist.FineBits)
	} else {
		f.coarse.Add(micros/1000, 1, hist.CoarseBits)
	}
	f.count++
	f.sum += micros
	f.most = max(f.most, micros)
}

// freeze is nil where there was nothing.
func (f *timingFold) freeze() *report.Timing {
	if f.count == 0 {
		return nil
	}
	p := f.percentiles(f.most, 0.5, 0.95, 0.99)
	return &report.Timing{
		Samples: f.count, AverageMS: float64(f.sum) / float64(f.count) / 1000,
		P50MS: p[0], P95MS: p[1], P99MS: p[2], MaxMS: float64(f.most) / 1000,
	}
}

// maxStatus bounds the statuses that are told apart, which have three digits; larger ones, of a recording, count
// as it.
const maxStatus = 1000

// exchangeFold folds what became of requests apart from how long they took in all: statuses, and the times to
// connect and to the first byte.
type exchangeFold struct {
	statuses           [maxStatus + 1]int64
	connect, firstByte timingFold
}

// add folds a sample that is no mark and stands for n. Rows of a recording that stand for many have no times of their own.
func (f *exchangeFold) add(s *loadgen.Sample, n int64) {
	f.statuses[min(max(s.Status, 0), maxStatus)] += n
	if s.Connect > 0 && s.Count == 0 {
		f.connect.add(s.Connect, s.Fine)
	}
	if s.Latency > 0 && s.Status > 0 && s.Count == 0 {
		f.firstByte.add(s.Latency, s.Fine)
	}
}

// freeze is the statuses of so many requests in ascending order, those without a response last.
func (f *exchangeFold) freeze(requests int64) (all []report.Status) {
	for i := range f.statuses {
		status := (i + 1) % len(f.statuses)
		if n := f.statuses[status]; n > 0 {
			all = append(all, report.Status{Status: status, Requests: n, Share: float64(n) / float64(requests)})
		}
	}
	return all
}
