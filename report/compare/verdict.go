package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"stickbench/internal/format"
	"stickbench/internal/stats"
	"stickbench/report"
)

// comparer is one call of Compare.
type comparer struct {
	Options
	before, after *side
}

func (c *comparer) method() Method {
	m := Method{Test: testOf(len(c.before.runs), len(c.after.runs)), Confidence: stats.Confidence, Level: stats.Alpha, Strict: c.Strict}
	if m.Test == TestBatches {
		m.RunSpread = c.RunSpread
	}
	return m
}

// testOf is the test for so many runs before and after.
func testOf(n, m int) string {
	switch {
	case min(n, m) >= rankRuns:
		return TestRanks
	case min(n, m) >= 2 || max(n, m) >= lendingRuns:
		return TestStudent
	}
	return TestBatches
}

// total is the row over all samples, with the sessions' metrics, and a row for each node.
func (c *comparer) total() Row {
	row := c.row(rowKey{total: true}, report.TotalLabel)
	for _, m := range sessionMetrics {
		before, after := c.before.sessions(m.name), c.after.sessions(m.name)
		if len(before)+len(after) > 0 {
			row.Changes = append(row.Changes, c.change(&m, before, after))
		}
	}
	row.Nodes = c.nodes(rowKey{total: true}, report.TotalLabel)
	return row
}

// labels are the rows of the labels of either side.
func (c *comparer) labels() []Row {
	var rows []Row
	seen := map[string]bool{}
	for _, r := range slices.Concat(c.before.runs, c.after.runs) {
		for i := range r.Results.Labels {
			label := &r.Results.Labels[i]
			if label.Mark || label.Transaction || seen[label.Label] {
				continue
			}
			seen[label.Label] = true
			row := c.row(rowKey{label: label.Label}, label.Label)
			row.Nodes = c.nodes(rowKey{label: label.Label}, label.Label)
			rows = append(rows, row)
		}
	}
	return rows
}

// nodes are the rows of the nodes within the row of key.
func (c *comparer) nodes(key rowKey, label string) []Row {
	var names []string
	for _, r := range slices.Concat(c.before.runs, c.after.runs) {
		for k := range r.rows {
			if k.node != "" && k.total == key.total && k.label == key.label {
				names = append(names, k.node)
			}
		}
	}
	slices.SortFunc(names, report.CompareNodes)
	var rows []Row
	for _, name := range slices.Compact(names) {
		k := key
		k.node = name
		row := c.row(k, label)
		row.Node = name
		rows = append(rows, row)
	}
	return rows
}

// row compares one row. Verdicts are given later, when all p-values are known.
func (c *comparer) row(key rowKey, label string) Row {
	row := Row{Label: label}
	before, n := c.before.row(key)
	after, m := c.after.row(key)
	row.SamplesBefore, row.SamplesAfter = n, m
	if n == 0 && m == 0 {
		return row
	}
	for i := range rowMetrics {
		m := &rowMetrics[i]
		row.Changes = append(row.Changes, c.change(m, measure(m, before), measure(m, after)))
	}
	return row
}

// change compares a metric.
func (c *comparer) change(m *metric, before, after measured) Change {
	ch := Change{Metric: m.name, Unit: m.unit}
	ranks := testOf(len(before), len(after)) == TestRanks
	if len(before) > 0 {
		ch.Before = finite(before.figure(m.unit, ranks))
	}
	if len(after) > 0 {
		ch.After = finite(after.figure(m.unit, ranks))
	}
	if ch.Before == nil || ch.After == nil {
		return ch
	}
	ch.Margin = c.Margin.of(m.unit, *ch.Before, c.before.whole() || c.after.whole())
	if m.unit == UnitShare {
		before, after = estimated(before, after)
	}
	c.test(&ch, before, after)
	ch.Reason = cmp.Or(c.before.short(), c.after.short())
	ch.size.few, ch.size.wait, ch.size.ms = few(m, before, after), max(before.wait(), after.wait()), max(before.milliseconds(), after.milliseconds())
	return ch
}

// test sets the change, its interval and its p-value.
func (c *comparer) test(ch *Change, before, after measured) {
	d := c.contrast(ch, before, after)
	ci := d.Interval()
	test := testOf(len(before), len(after))
	if test == TestRanks {
		ci = c.shift(ch, &d, before, after)
	}
	back := func(x float64) float64 { return x } // from the metric's scale
	if ch.Unit != UnitShare {
		base := math.Exp(before.level(test == TestRanks))
		back = func(x float64) float64 { return base * math.Expm1(x) }
	}
	ch.Delta, ch.Low, ch.High = finite(back(d.Value)), finite(back(ci.Low)), finite(back(ci.High))
	if ch.Unit == UnitShare { // no share is below 0 or above 1
		ch.Low, ch.High = finite(max(ci.Low, -*ch.Before)), finite(min(ci.High, 1-*ch.Before))
	}
	if ch.Delta != nil && *ch.Before != 0 {
		ch.Relative = finite(*ch.Delta / *ch.Before)
	}
	if ch.P == nil && !constant(before, after) {
		ch.P = finite(d.P())
	}
	ch.size.of(&d, test, before, after)
	ch.size.low, ch.size.high = c.marginOf(ch)
}

// marginOf is the margin on the metric's scale.
func (c *comparer) marginOf(ch *Change) (low, high float64) {
	if ch.Unit == UnitShare || *ch.Before <= 0 {
		return -ch.Margin, ch.Margin
	}
	return math.Log(max(1e-9, 1 - ch.Margin / *ch.Before)), math.Log1p(ch.Margin / *ch.Before)
}

// contrast is the difference of the sides on the metric's scale, by the method that their runs allow.
func (c *comparer) contrast(ch *Change, before, after measured) stats.Estimate {
	least := after.least(ch.Unit).Minus(before.least(ch.Unit))
	if testOf(len(before), len(after)) != TestBatches {
		d := stats.Student(before.values(), after.values())
		d.Below, d.Above = max(d.Below, least.Below), max(d.Above, least.Above)
		return d
	}
	spread := stats.Estimate{Freedom: math.Inf(1)}
	if ch.Unit != UnitShare {
		spread.Below = c.RunSpread * c.RunSpread
	}
	for _, side := range []measured{before, after} {
		if seen := stats.Variance(side.values()); seen > spread.Below {
			spread.Below, spread.Freedom = seen, float64(len(side)-1)
		}
	}
	spread.Below *= 1/float64(len(before)) + 1/float64(len(after))
	spread.Above = spread.Below
	return after.within().Minus(before.within()).Plus(spread) // known once, not anew for each run
}

// shift is the shift by ranks, with its interval, p-value and effect size. No interval is narrower than the
// resolution makes it: that no run had an error does not mean that errors are impossible.
func (c *comparer) shift(ch *Change, d *stats.Estimate, before, after measured) stats.Interval {
	x, y := before.values(), after.values()
	var ci stats.Interval
	d.Value, ci = stats.HodgesLehmann(x, y)
	least := after.least(ch.Unit).Minus(before.least(ch.Unit))
	least.Value, least.Freedom = d.Value, math.Inf(1)
	ci.Low, ci.High = min(ci.Low, least.Interval().Low), max(ci.High, least.Interval().High)
	ch.Effect = finite(stats.CliffsDelta(x, y))
	if !constant(before, after) {
		ch.P = finite(stats.MannWhitney(x, y))
	}
	return ci
}

// judge gives the verdicts. Holm's correction goes over what the conditions are about and nothing else: the
// question that was asked is not drowned by the number of rows on the page, and they make no false alarms,
// since they gate nothing.
func (c *comparer) judge(r *Comparison, gating []*Change) {
	var p []float64
	var tested []*Change
	for _, ch := range gating {
		if ch == nil || ch.Gates {
			continue
		}
		ch.Gates = true
		if ch.P != nil && ch.Reason == "" { // what cannot raise an alarm does not count
			p, tested = append(p, *ch.P), append(tested, ch)
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tested[i].AdjustedP = &adjusted
	}
	var each func(row *Row)
	each = func(row *Row) {
		for i := range row.Changes {
			row.Changes[i].judge(len(tested))
		}
		for i := range row.Nodes {
			each(&row.Nodes[i])
			neutral(&row.Nodes[i])
		}
	}
	each(&r.Total)
	for i := range r.Labels {
		each(&r.Labels[i])
	}
}

// neutral takes the judgement out of the verdict on a node's throughput.
func neutral(node *Row) {
	for i := range node.Changes {
		ch := &node.Changes[i]
		if ch.Metric == "throughput" && (ch.Verdict == Better || ch.Verdict == Worse) {
			ch.Verdict, ch.Certain = Changed, false
		}
	}
}

// judge gives the verdict on a change, beside so many that gate.
func (ch *Change) judge(gating int) {
	if ch.Before == nil || ch.After == nil {
		return
	}
	ch.Verdict = CannotTell
	if ch.Reason != "" {
		return
	}
	p := cmp.Or(ch.AdjustedP, ch.P)
	ruledOut := ch.Low != nil && *ch.Low > 0 || ch.High != nil && *ch.High < 0
	beyond, changed := math.Abs(*ch.Delta) > ch.Margin, ruledOut && p != nil && *p < stats.Alpha
	switch {
	case ch.Low != nil && ch.High != nil && (stats.Interval{Low: *ch.Low, High: *ch.High}).Within(ch.Margin):
		ch.Verdict = Same
	case changed && !beyond:
		ch.Verdict = ChangedWithin
	case changed:
		ch.Verdict = Worse
		if (*ch.Delta > 0) == MoreIsBetter(ch.Metric) {
			ch.Verdict = Better
		}
		ch.Certain = ch.Low != nil && *ch.Low > ch.Margin || ch.High != nil && *ch.High < -ch.Margin
	default:
		level := stats.Alpha
		if ch.Gates {
			level /= float64(max(1, gating))
		}
		ch.Reason, ch.Needed = ch.size.needed(beyond, level)
		if ruledOut && ch.P != nil && *ch.P < stats.Alpha {
			ch.Reason = fmt.Sprintf("with %s at once chance could do this", format.Plural(int64(gating), "metric"))
		}
	}
}

// MoreIsBetter reports which way is up.
func MoreIsBetter(name string) bool {
	for _, m := range slices.Concat(rowMetrics, sessionMetrics) {
		if m.name == name {
			return m.more
		}
	}
	return false
}
