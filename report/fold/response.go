package fold

import (
	"math"

	"stickbench/internal/hist"
	"stickbench/loadgen"
	"stickbench/report"
)

// responseFold folds the response times of a row's arrivals, in microseconds. Its size is that of a
// rowFold.
type responseFold struct {
	sum, max, dropped int64
	times             hist.Histogram
}

func (f *responseFold) add(s *loadgen.Sample) {
	f.addTimes(s.Late.Microseconds()+s.Elapsed.Microseconds(), 1)
}

func (f *responseFold) addTimes(t, n int64) {
	f.sum += t * n
	f.max = max(f.max, t)
	f.times.Add(t, n, hist.FineBits)
}

// with is the fold with the arrivals that never began.
func (f *responseFold) with(a *report.Arrivals) *responseFold {
	if a == nil || len(a.DroppedWaits) == 0 {
		return f
	}
	all := &responseFold{}
	if f != nil {
		all.merge(f)
	}
	for _, w := range a.DroppedWaits {
		all.addTimes(int64(math.Round(w.LeastMS*1000)), w.Count)
		all.dropped += w.Count
	}
	return all
}

func (f *responseFold) merge(o *responseFold) {
	f.sum += o.sum
	f.max = max(f.max, o.max)
	f.times.Merge(&o.times)
}

// freeze is nil where nothing was an arrival.
func (f *responseFold) freeze() *report.Response {
	if f == nil {
		return nil
	}
	p := f.times.Percentiles(hist.FineBits, 0.5, 0.9, 0.95, 0.99)
	ms := func(micros int64) float64 { return float64(min(micros, f.max)) / 1000 }
	return &report.Response{
		Samples: f.times.Total - f.dropped, Dropped: f.dropped, AverageMS: float64(f.sum) / float64(f.times.Total) / 1000,
		P50MS: ms(p[0]), P90MS: ms(p[1]), P95MS: ms(p[2]), P99MS: ms(p[3]), MaxMS: ms(f.max),
	}
}
