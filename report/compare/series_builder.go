package compare

import (
	"strings"

	"stickbench/internal/hist"
	"stickbench/loadgen"
	"stickbench/report/fold"
)

// A comparison needs more of a run than its figures: how they varied in time. The run is cut into
// windows of equal length, and each row keeps, for each window, counts, sums and a small histogram.
// Windows start out at 10 ms; whenever there are too many of them, neighbours are merged, so that in the
// end there are 100 to 200 of them, however long the run was.
const (
	firstWindowMS = 10
	mostWindows   = 200
	// mostSeries bounds the rows (labels and nodes within them) that a comparison tells apart.
	mostSeries = 2000
)

// rowKey names a row: a label, a label on one node, everything, or everything on one node.
type rowKey struct {
	total       bool
	label, node string
}

// SeriesBuilder folds the samples of one run into what Compare needs. Marks cost nothing and are left
// out. Its size is that of rows × windows, and of the spread of the latencies in them, not of the samples:
// some 2 MB for a usual row of a long run.
type SeriesBuilder struct {
	results *fold.Builder
	step    int64 // ms
	origin  int64 // ms since 1970: the start of the first window
	rows    map[rowKey]*rowSeries
	total   *rowSeries
	turns   []fold.Transitions
	begun   bool
	users   int
	early   int64 // samples that ended before the first window
	crowded int64 // samples whose label's or node's row there was no room for
}

// rowSeries is one row by the window. A sample belongs to the window in which it started: by its end, a
// single response that takes 30 s would make the run of 10 s one of 40 s, and the rest of it a beginning.
type rowSeries struct {
	windows     []seriesWindow
	first, last int64 // its earliest and latest start, ms since the first window began
}

// NewSeriesBuilder makes an empty SeriesBuilder around b, to which Add hands each sample first.
func NewSeriesBuilder(b *fold.Builder) *SeriesBuilder {
	total := &rowSeries{}
	return &SeriesBuilder{
		results: b, step: firstWindowMS, total: total, rows: map[rowKey]*rowSeries{{total: true}: total},
	}
}

// Add folds one sample, into the Builder as well. Samples come in the order in which they were recorded.
func (b *SeriesBuilder) Add(s *loadgen.Sample) {
	b.results.Add(s)
	b.users = max(b.users, s.ActiveAll)
	if !s.IsRequest() {
		return
	}
	since := b.since(s)
	at := int(since / b.step)
	b.total.add(at, since, s)
	if !s.Inner {
		b.addRow(rowKey{label: s.Label}, at, since, s)
	}
	if s.Node != "" {
		if !s.Inner {
			b.addRow(rowKey{label: s.Label, node: s.Node}, at, since, s)
		}
		b.addRow(rowKey{total: true, node: s.Node}, at, since, s)
	}
	b.turns = grown(b.turns, at)
	b.turns[at].Add(b.results.TakeTransitions())
}

// since is when the sample started, in milliseconds since the first window began; there is a window for it.
// What started before the first sample that was recorded is taken for the beginning.
func (b *SeriesBuilder) since(s *loadgen.Sample) int64 {
	if !b.begun {
		b.begun, b.origin = true, s.StartMillis()
	}
	since := s.StartMillis() - b.origin
	if since+s.WholeMillis() < 0 {
		b.early++
	}
	for since/b.step >= mostWindows {
		b.coarsen()
	}
	return max(0, since)
}

// coarsen merges neighbouring windows.
func (b *SeriesBuilder) coarsen() {
	b.step *= 2
	for _, r := range b.rows {
		for i := range r.windows {
			if i%2 == 0 {
				r.windows[i/2] = r.windows[i]
			} else {
				r.windows[i/2].merge(&r.windows[i])
			}
		}
		r.windows = halved(r.windows)
	}
	for i := range b.turns {
		if i%2 == 0 {
			b.turns[i/2] = b.turns[i]
		} else {
			b.turns[i/2].Add(b.turns[i])
		}
	}
	b.turns = halved(b.turns)
}

// halved are the first half of the windows, the others being free for use.
func halved[T any](windows []T) []T {
	half := (len(windows) + 1) / 2
	clear(windows[half:])
	return windows[:half]
}

// grown are windows up to that index.
func grown[T any](windows []T, at int) []T {
	if at < len(windows) {
		return windows
	}
	return append(windows, make([]T, at+1-len(windows))...)
}

func (b *SeriesBuilder) addRow(key rowKey, at int, since int64, s *loadgen.Sample) {
	r := b.rows[key]
	if r == nil {
		if len(b.rows) >= mostSeries {
			b.crowded++
			return
		}
		key.label, key.node = strings.Clone(key.label), strings.Clone(key.node)
		r = &rowSeries{}
		b.rows[key] = r
	}
	r.add(at, since, s)
}

func (r *rowSeries) add(at int, since int64, s *loadgen.Sample) {
	if len(r.windows) == 0 {
		r.first = since
	}
	r.first, r.last = min(r.first, since), max(r.last, since)
	r.windows = grown(r.windows, at)
	r.windows[at].add(s)
}

// seriesWindow is what happened to a row in one window: sums over its samples, in microseconds, and how they
// are distributed.
type seriesWindow struct {
	samples, errors, sum int64
	squares              float64
	times                hist.Sparse
}

func (w *seriesWindow) add(s *loadgen.Sample) {
	n, failed := s.Weight()
	each := s.Elapsed.Microseconds() / n
	if !s.Fine {
		each = s.WholeMillis() / n * 1000
	}
	w.samples += n
	w.errors += failed
	w.sum += each * n
	w.squares += float64(each) * float64(each) * float64(n)
	w.times.Add(each, n)
}

func (w *seriesWindow) merge(o *seriesWindow) {
	w.samples += o.samples
	w.errors += o.errors
	w.sum += o.sum
	w.squares += o.squares
	w.times.Merge(&o.times)
}
