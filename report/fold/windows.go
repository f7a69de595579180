package fold

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"stickbench/assert"
	"stickbench/report"
)

// windowsFold folds requests for expectations on windows of the run, within(…) and for(…): only the figures that
// they ask for, only as long as a window needs them.
//
//	cells     │ 0 │ 1 │ 2 │ 3 │ 4 │      one per step, by the end of the request
//	windows   ├───────────┤                its figures are made once no request can end in it any more,
//	              ├───────────┤            and its first cell is forgotten then
//
// It depends on the samples and their order alone, so that a recording gives what its run gave.
type windowsFold struct {
	lengths []*windowFold
	nodes   []string // by index
	pauses  []pause  // of the run: what is measured then says nothing of its target
}

// windowFold folds the windows of one length.
type windowFold struct {
	length, step int64 // milliseconds
	labels       []string
	asked        []assert.Window
	values       [][]float64 // of each that is asked, by window
	cells        map[int64]*windowCell
	closed       int64 // cells before this one take nothing any more
}

const (
	// windowLateness is how long a request that ended before others may be told after them, in milliseconds. One that
	// comes later counts in the first cell that is still open.
	windowLateness = 1000
	// mostWindows of one length are judged: a year of those that end every 30 seconds, 12 days of those that do
	// every second.
	mostWindows = 1 << 20
)

// windowCell folds one step, or a window.
type windowCell struct {
	total   rowFold
	labels  []rowFold // as asked for
	nodes   []int64   // requests by index
	session phaseFold // of which only what became of sessions is used
}

// Expect tells beforehand which expectations there will be. Without it, those on windows are not defined.
func (b *Builder) Expect(expectations []*assert.Expectation) {
	for _, e := range expectations {
		for _, w := range e.Windows() {
			b.windows.ask(w)
		}
	}
}

func (f *windowsFold) ask(w assert.Window) {
	length := w.Length.Milliseconds()
	i := slices.IndexFunc(f.lengths, func(l *windowFold) bool { return l.length == length })
	if i < 0 {
		i = len(f.lengths)
		f.lengths = append(f.lengths, &windowFold{length: length, step: w.Step.Milliseconds(), cells: map[int64]*windowCell{}})
	}
	l := f.lengths[i]
	if slices.ContainsFunc(l.asked, func(have assert.Window) bool { return have.Text == w.Text }) {
		return
	}
	l.asked, l.values = append(l.asked, w), append(l.values, nil)
	if w.Label != "" && !slices.Contains(l.labels, w.Label) {
		l.labels = append(l.labels, w.Label)
	}
}

// add folds the entry of a request; the last one known so far ended at newest, in milliseconds since the start of the run.
func (f *windowsFold) add(e *entry, label string, newest int64) {
	for _, l := range f.lengths {
		l.cell(max(l.closed, e.end/l.step)).add(e, slices.Index(l.labels, label))
		l.close(newest-windowLateness, f)
	}
}

func (l *windowFold) cell(i int64) *windowCell {
	c := l.cells[i]
	if c == nil {
		c = &windowCell{labels: make([]rowFold, len(l.labels))}
		l.cells[i] = c
	}
	return c
}

func (c *windowCell) add(e *entry, label int) {
	c.total.add(&e.measurement)
	if label >= 0 {
		c.labels[label].add(&e.measurement)
	}
	if e.node != none {
		c.count(e.node, e.weight())
	}
	c.session.add(e, math.MinInt64, false, false)
}

func (c *windowCell) count(node int16, n int64) {
	c.nodes = reserved(c.nodes, node)
	c.nodes[node] += n
}

func (c *windowCell) merge(o *windowCell) {
	c.total.merge(&o.total)
	for i := range o.labels {
		c.labels[i].merge(&o.labels[i])
	}
	for node, n := range o.nodes {
		c.count(int16(node), n)
	}
	s, p := &c.session, &o.session
	s.named, s.moves, s.counted = s.named+p.named, s.moves+p.moves, s.counted+p.counted
	s.continued, s.lost, s.renewed = s.continued+p.continued, s.lost+p.lost, s.renewed+p.renewed
}

// close makes the figures of the windows that ended by then.
func (l *windowFold) close(then int64, f *windowsFold) {
	for ; (l.closed+1)*l.step <= then; l.closed++ {
		if (l.closed+1)*l.step < l.length {
			continue
		}
		for i, v := range l.window(l.closed, f) {
			if len(l.values[i]) < mostWindows {
				l.values[i] = append(l.values[i], v)
			}
		}
		delete(l.cells, l.closed+1-l.length/l.step)
	}
}

// window are the figures of the window that ends with the cell; NaN if the run was paused in it.
func (l *windowFold) window(last int64, f *windowsFold) []float64 {
	if end := (last + 1) * l.step; paused(f.pauses, end-l.length, end) > 0 {
		return slices.Repeat([]float64{math.NaN()}, len(l.asked))
	}
	sum := &windowCell{labels: make([]rowFold, len(l.labels))}
	for i := last + 1 - l.length/l.step; i <= last; i++ {
		if c := l.cells[i]; c != nil {
			sum.merge(c)
		}
	}
	of := &windowFigures{cell: sum, length: l.length, labels: l.labels, nodes: f.nodes}
	values := make([]float64, len(l.asked))
	for i := range l.asked {
		values[i] = l.asked[i].Value(of)
	}
	return values
}

// freeze are the figures of the windows that ended by then, nil where none are asked for. The fold stays as it is.
func (f *windowsFold) freeze(lasted int64) assert.Windows {
	if len(f.lengths) == 0 {
		return nil
	}
	all := &windowValues{lasted: lasted, series: map[string]windowSeries{}}
	for _, l := range f.lengths {
		values := slices.Clone(l.values)
		for last := l.closed; (last+1)*l.step <= lasted; last++ {
			if (last+1)*l.step < l.length {
				continue
			}
			for i, v := range l.window(last, f) {
				values[i] = append(slices.Clip(values[i]), v)
			}
		}
		for i := range l.asked {
			all.series[l.asked[i].Text] = windowSeries{l.length, l.step, values[i]}
		}
	}
	return all
}

// windowValues are the figures of a run's windows.
type windowValues struct {
	lasted int64 // milliseconds
	series map[string]windowSeries
}

// windowSeries are the values of one figure, by window.
type windowSeries struct {
	length, step int64
	values       []float64
}

func (w *windowValues) Lasted() time.Duration { return time.Duration(w.lasted) * time.Millisecond }

func (w *windowValues) At(text string, then time.Duration) float64 {
	s, ok := w.series[text]
	if i := (then.Milliseconds() - s.length); ok && i >= 0 && i/s.step < int64(len(s.values)) {
		return s.values[i/s.step]
	}
	return math.NaN()
}

// windowFigures are the figures of a window, as phaseFigures are those of a phase.
type windowFigures struct {
	cell   *windowCell
	length int64
	labels []string
	nodes  []string
}

func (f *windowFigures) Figure(name string) (value float64, ok bool) {
	s := &f.cell.session
	switch name {
	case "affinity":
		return float64(s.named-s.moves) / float64(s.named), s.named > 0
	case "continuity":
		return float64(s.continued) / float64(s.counted), s.counted > 0
	case "moves":
		return float64(s.moves), true
	case "lost":
		return float64(s.lost), true
	case "renewed":
		return float64(s.renewed), true
	case "transitions":
		return float64(s.named), true
	case "nodes":
		answered := 0
		for _, n := range f.cell.nodes {
			answered += int(min(n, 1))
		}
		return float64(answered), true
	}
	value, err := f.LabelFigure(name, "")
	return value, err == nil
}

func (f *windowFigures) LabelFigure(name, label string) (float64, error) {
	fold := &f.cell.total
	if i := slices.Index(f.labels, label); label != "" && i >= 0 {
		fold = &f.cell.labels[i]
	}
	if name == "throughput" {
		return float64(fold.count) / (float64(f.length) / 1000), nil
	}
	row := fold.freeze(label)
	return row.Figure(name)
}

func (f *windowFigures) NodeFigure(name, node string) (float64, error) {
	var have, sum int64
	for i, n := range f.cell.nodes {
		sum += n
		if f.nodes[i] == node {
			have = n
		}
	}
	switch {
	case name == "requests":
		return float64(have), nil
	case name == "share" && sum > 0:
		return float64(have) / float64(sum), nil
	}
	return 0, errors.New("no response named its node in this window")
}

func (f *windowFigures) Truth(name, _ string) (bool, string, error) {
	return false, "", fmt.Errorf("a window has no %q", name)
}

func (f *windowFigures) During(string) (assert.Figures, error) {
	return nil, errors.New("a window has no phases")
}

func (f *windowFigures) Windows() assert.Windows { return nil }

// Reached reports whether a condition to stop is true of a run that has lasted so long and goes on, and what was
// seen. Requests that end only now may not be known yet.
func (b *Builder) Reached(e *assert.Expectation, now time.Duration, run report.Run) (ok bool, seen string) {
	r := &report.Results{}
	if e.OfRun() {
		r = b.figures(run)
	}
	r.InWindows = b.windows.freeze(now.Milliseconds())
	return e.Reached(r, now)
}
