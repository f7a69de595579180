package compare

import (
	"slices"

	"stickbench/internal/hist"
	"stickbench/internal/stats"
	"stickbench/report"
	"stickbench/report/fold"
)

// Series is a run as Compare needs it: its results, and how its rows went in time. It is frozen.
type Series struct {
	// Name is what the run is called in the comparison: its folder or file.
	Name    string
	Results *report.Results
	Setup   Setup

	step    int64 // length of a window in ms
	windows int
	rows    map[rowKey]*rowSeries
	turns   []fold.Transitions
	users   int
	early   int64
	crowded int64
}

// Setup is what a run was made of, as far as it is known: the weights of the nodes at its start (nil if
// unknown) and facts to be compared, in the order in which differences are told.
type Setup struct {
	Weights map[string]float64
	Facts   []Fact
}

// Fact is one thing about a run, such as {"users", "2", true}.
type Fact struct {
	Name, Value string
	// Load says that it makes the load what it is: where it differs, the runs are hardly comparable.
	// Other facts, such as the balancer's algorithm, may well be what the comparison is about.
	Load bool
}

// Freeze makes the series of the samples added so far, whose results are r. No sample may be added then.
func (b *SeriesBuilder) Freeze(name string, r *report.Results, setup Setup) *Series {
	for _, row := range b.rows {
		row.windows = grown(row.windows, len(b.total.windows)-1)
		for i := range row.windows {
			row.windows[i].times.Compact()
		}
	}
	return &Series{
		Name: name, Results: r, Setup: setup, step: b.step, windows: len(b.total.windows),
		rows: b.rows, turns: grown(b.turns, len(b.total.windows)-1), users: b.users, early: b.early, crowded: b.crowded,
	}
}

// extent is a part of a run: the windows from and up to.
type extent struct {
	from, to int
	fixed    bool // by the user: rows outside have nothing to compare
}

// whole is the whole run.
func (s *Series) whole() extent { return extent{to: s.windows} }

// last is when the last sample started, ms since the first window began.
func (s *Series) last() int64 { return s.rows[rowKey{total: true}].last }

// lasted is how long the run sent requests, in ms: up to the last start and an average response after it, since one
// that hangs for 30 s makes no long run of a short one.
func (s *Series) lasted() int64 {
	var samples, micros int64
	for _, w := range s.rows[rowKey{total: true}].windows {
		samples, micros = samples+w.samples, micros+w.sum
	}
	return s.last() + micros/max(1, samples)/1000
}

// overlap is how much of the window lies between two times in ms, in seconds. What begins and ends in the same
// millisecond has a little of its only window.
func (s *Series) overlap(window int, from, to int64) float64 {
	start := s.step * int64(window)
	return float64(max(0, min(start+s.step, to)-max(start, from))) / 1000
}

// seconds is the length of a window; the last one ends with the last start.
func (s *Series) seconds(window int) float64 {
	return max(0.001, s.overlap(window, 0, s.last()))
}

// The largest parts of a run that may be taken for its beginning and its end, of its time and of its samples.
const (
	mostLeftOut        = 0.5
	mostSamplesLeftOut = 0.25
)

// steady is the part of the run that times, errors and throughput are compared of. What is left out at
// the beginning is what the rule says (MSER) for the latencies or the throughput, whichever is more, and at
// the end, where some users are done before others, what it says for the throughput read backwards. They are
// never more than a quarter of the samples, and together neither, or the end is kept: users that are done early
// are no warm-up (Hoad, Robinson & Davies, 2010, on what the rule must not take).
// Runs with events are not steady by intention and taken as a whole, and so are those that are too
// thin for a rule over windows.
func (s *Series) steady(w WarmUp) extent {
	e := s.whole()
	if w.Fixed {
		e.from, e.fixed = min(e.to, int((w.MS+s.step-1)/s.step)), w.MS > 0
		return e
	}
	latency, throughput, samples := s.means()
	if len(s.Results.Events) > 0 || samples < thin*int64(e.to) {
		return e
	}
	most := leftOutAtMost(throughput)
	e.from = max(stats.MSER(latency, most), stats.MSER(throughput, most))
	slices.Reverse(throughput)
	if end := stats.MSER(throughput, leftOutAtMost(throughput)); end > 0 {
		e.to -= end + 1
	}
	if within, all := s.rows[rowKey{total: true}].within(e); tooMuch(within, all) {
		e.to = s.windows
	}
	return e
}

// within are the row's samples within an extent, and all.
func (r *rowSeries) within(e extent) (within, all int64) {
	for i := range r.windows {
		all += r.windows[i].samples
		if i >= e.from && i < e.to {
			within += r.windows[i].samples
		}
	}
	return within, all
}

// tooMuch reports whether a row would lose more of its samples than may be left out.
func tooMuch(within, all int64) bool { return float64(all-within) > mostSamplesLeftOut*float64(all) }

// leftOutAtMost is the share of the windows, from the first, that may be left out.
func leftOutAtMost(samples []float64) float64 {
	all, seen := 0.0, 0.0
	for _, n := range samples {
		all += n
	}
	for i, n := range samples {
		if seen += n; seen > mostSamplesLeftOut*all {
			return min(mostLeftOut, float64(i)/float64(len(samples)))
		}
	}
	return 0
}

// thin is how many samples a window must have on average for the rule to see anything.
const thin = 2

// means are the mean latency of each window, where there was none that of the one before, and its
// throughput; the last window, which is hardly ever full, is left out. samples are those of all windows.
func (s *Series) means() (latency, throughput []float64, samples int64) {
	total := s.rows[rowKey{total: true}].windows
	latency, throughput = make([]float64, max(0, s.windows-1)), make([]float64, max(0, s.windows-1))
	for i := range total {
		n := total[i].samples
		samples += n
		if i == len(latency) {
			break
		}
		throughput[i] = float64(n)
		switch {
		case n > 0:
			latency[i] = float64(total[i].sum) / float64(n)
		case i > 0:
			latency[i] = latency[i-1]
		}
	}
	return latency, throughput, samples
}

// part is one row over those of its own windows that lie in an extent: columns of windows, and all its
// samples in one histogram.
type part struct {
	samples, errors, sum, squares []float64
	seconds                       []float64
	windows                       []seriesWindow
	step                          int64 // the length of a window, ms
	pooled                        []hist.Bucket
	cumulative                    []int64 // samples up to each bucket of pooled
	n, failed, out                int64   // out are those outside the extent
	whole                         bool    // times are whole milliseconds
}

// part cuts the row out of the series; nil if the run has no such row. A row of which the extent would leave
// out more than a quarter is taken whole, as one of a label that only the beginning has.
func (s *Series) part(key rowKey, e extent) *part {
	r := s.rows[key]
	if r == nil {
		return nil
	}
	within, all := r.within(e)
	if !e.fixed && tooMuch(within, all) {
		e, within = s.whole(), all
	}
	if within == 0 {
		return nil
	}
	p := s.cut(r, e)
	p.out = all - within
	return p
}

// cut makes the part of a row that has samples in the extent.
func (s *Series) cut(r *rowSeries, e extent) *part {
	from, to := max(r.first, s.step*int64(e.from)), min(r.last, s.step*int64(e.to))
	for r.windows[e.from].samples == 0 {
		e.from++
	}
	for r.windows[e.to-1].samples == 0 {
		e.to--
	}
	p := &part{windows: r.windows[e.from:e.to], whole: s.Results.WholeMillis, step: s.step}
	for i := range p.windows {
		w := &p.windows[i]
		p.samples = append(p.samples, float64(w.samples))
		p.errors = append(p.errors, float64(w.errors))
		p.sum = append(p.sum, float64(w.sum)/1000)
		p.squares = append(p.squares, w.squares/1e6)
		p.seconds = append(p.seconds, s.overlap(e.from+i, from, to))
		p.n += w.samples
		p.failed += w.errors
	}
	p.pool(poolBuckets(p.windows))
	return p
}

// pool sets the histogram of all samples.
func (p *part) pool(buckets []hist.Bucket) {
	p.pooled = buckets
	seen := int64(0)
	for _, b := range p.pooled {
		seen += int64(b.Count)
		p.cumulative = append(p.cumulative, seen)
	}
}

// poolBuckets merges the windows' histograms.
func poolBuckets(windows []seriesWindow) []hist.Bucket {
	lists := make([][]hist.Bucket, len(windows))
	for i := range windows {
		lists[i] = windows[i].times.Buckets()
	}
	return hist.PoolBuckets(lists...)
}

// at is the index in pooled of the bucket that holds the given share of the samples.
func (p *part) at(share float64) int {
	least := max(1, hist.Rank(p.n, share))
	i, _ := slices.BinarySearch(p.cumulative, least)
	return min(i, len(p.pooled)-1)
}

// ms is the time in milliseconds that bucket i of pooled stands for.
func (p *part) ms(i int) float64 {
	micros := hist.Highest(int(p.pooled[i].Slot), hist.FineBits)
	if p.whole {
		return float64(micros / 1000)
	}
	return float64(micros) / 1000
}
