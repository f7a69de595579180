package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"stickbench/internal/format"
	"stickbench/internal/stats"
	"stickbench/report"

	descriptive "github.com/montanaflynn/stats"
)

// comparer is one call of Compare.
type comparer struct {
	margin        Margin
	before, after *side
}

// ranks reports whether there are enough runs to compare runs with runs.
func (c *comparer) ranks() bool { return min(len(c.before.runs), len(c.after.runs)) >= rankRuns }

func (c *comparer) method() Method {
	if c.ranks() {
		return Method{Test: TestRanks, Confidence: stats.Confidence, Level: stats.Alpha}
	}
	return Method{Test: testBootstrap, Confidence: stats.Confidence, Level: bootstrapLevel, Resamples: stats.Resamples, Seed: stats.BootstrapSeed}
}

// total is the row over all samples, with the sessions' metrics, and a row for each node.
func (c *comparer) total() Row {
	row := c.row(rowKey{total: true}, report.TotalLabel)
	for _, m := range sessionMetrics {
		before, after := c.before.sessions(m.name, c.ranks()), c.after.sessions(m.name, c.ranks())
		if len(before.runs)+len(after.runs) > 0 {
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
		row.Changes = append(row.Changes, c.change(m, measure(m, before, c.ranks()), measure(m, after, c.ranks())))
	}
	return row
}

// change compares a metric.
func (c *comparer) change(m *metric, before, after measured) Change {
	ch := Change{Metric: m.name, Unit: m.unit}
	if len(before.runs) > 0 {
		ch.Before = finite(c.figure(&before))
	}
	if len(after.runs) > 0 {
		ch.After = finite(c.figure(&after))
	}
	if ch.Before == nil || ch.After == nil {
		return ch
	}
	ch.Margin = c.margin.of(m.unit, *ch.Before, c.before.whole() || c.after.whole())
	c.test(&ch, before, after)
	ch.bound()
	if ch.Delta != nil && *ch.Before != 0 {
		ch.Relative = finite(*ch.Delta / *ch.Before)
	}
	ch.Reason = cmp.Or(before.lack, after.lack)
	return ch
}

// bound keeps the interval within what there can be: no figure falls below 0, and no share above 1.
func (ch *Change) bound() {
	if ch.Low != nil {
		ch.Low = finite(max(*ch.Low, -*ch.Before))
	}
	if ch.High != nil && ch.Unit == UnitShare {
		ch.High = finite(min(*ch.High, 1-*ch.Before))
	}
}

// figure is the metric of a side.
func (c *comparer) figure(m *measured) float64 {
	if c.ranks() {
		v, _ := descriptive.Median(m.values())
		return v
	}
	return m.pooled().Value
}

// test sets the change, its interval and its p-value.
func (c *comparer) test(ch *Change, before, after measured) {
	if !c.ranks() {
		d := after.pooled()
		d = d.Minus(before.pooled())
		ci := d.Interval()
		ch.Delta, ch.Low, ch.High = finite(d.Value), finite(ci.Low), finite(ci.High)
		if !constant(before, after) {
			ch.P = finite(d.P())
		}
		return
	}
	x, y := before.values(), after.values()
	shift, ci := stats.HodgesLehmann(x, y)
	if ch.Unit == UnitShare { // that no run had an error does not mean that errors are impossible
		d := after.within()
		d = d.Minus(before.within())
		d.Value = shift
		ci = stats.Interval{Low: min(ci.Low, d.Interval().Low), High: max(ci.High, d.Interval().High)}
	}
	ch.Delta, ch.Low, ch.High = finite(shift), finite(ci.Low), finite(ci.High)
	ch.Effect = finite(stats.CliffsDelta(x, y))
	if !constant(before, after) {
		ch.P = finite(stats.MannWhitney(x, y))
	}
}

// judge gives the verdicts. Holm's correction goes over three families: the metrics that the verdict on
// the whole goes by, the other ones of the row over all samples, and those of all other rows together.
// The question whether the run got worse is not drowned by the number of labels then, nor does the
// number of labels make false alarms.
func (c *comparer) judge(total *Row, labels []Row) {
	var gate, other, rest []*Change
	for i := range total.Changes {
		if Gates[total.Changes[i].Metric] {
			gate = append(gate, &total.Changes[i])
			continue
		}
		other = append(other, &total.Changes[i])
	}
	var collect func(rows []Row)
	collect = func(rows []Row) {
		for i := range rows {
			for j := range rows[i].Changes {
				rest = append(rest, &rows[i].Changes[j])
			}
			collect(rows[i].Nodes)
		}
	}
	collect(total.Nodes)
	collect(labels)
	for _, family := range [][]*Change{gate, other, rest} {
		c.judgeFamily(family)
	}
	neutralNodes(total)
	for i := range labels {
		neutralNodes(&labels[i])
	}
}

// neutralNodes takes the judgement out of the verdicts on nodes' throughput.
func neutralNodes(row *Row) {
	for i := range row.Nodes {
		for j := range row.Nodes[i].Changes {
			ch := &row.Nodes[i].Changes[j]
			if ch.Metric == "throughput" && (ch.Verdict == Better || ch.Verdict == Worse) {
				ch.Verdict = Changed
			}
		}
	}
}

// judgeFamily adjusts the p-values of a family and gives its verdicts. Metrics without data enough for a
// verdict, and those that did not vary at all, can give no false alarm and do not count in it.
func (c *comparer) judgeFamily(family []*Change) {
	var p []float64
	var tested []*Change
	for _, ch := range family {
		if ch.P != nil && ch.Reason == "" {
			p, tested = append(p, *ch.P), append(tested, ch)
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tested[i].AdjustedP = &adjusted
	}
	for _, ch := range family {
		if ch.Before != nil && ch.After != nil {
			ch.Verdict, ch.Reason = c.verdict(ch, len(tested))
		}
	}
}

// verdict is the verdict on a change, in a family of that many tests.
func (c *comparer) verdict(ch *Change, family int) (verdict, reason string) {
	if ch.Reason != "" {
		return CannotTell, ch.Reason
	}
	if ch.Low != nil && ch.High != nil && (stats.Interval{Low: *ch.Low, High: *ch.High}).Within(ch.Margin) {
		return Same, ""
	}
	beyond := ch.Delta != nil && math.Abs(*ch.Delta) > ch.Margin
	switch {
	case beyond && ch.AdjustedP != nil && *ch.AdjustedP < c.method().Level:
		if (*ch.Delta > 0) == MoreIsBetter(ch.Metric) {
			return Better, ""
		}
		return Worse, ""
	case beyond && c.ranks() && ch.P != nil && *ch.P < stats.Alpha:
		return CannotTell, fmt.Sprintf("with %s at once chance could do this: take more runs", format.Plural(int64(family), "metric"))
	case beyond && ch.P == nil:
		return CannotTell, "too little was measured to tell it from noise: take longer runs, or more"
	case beyond:
		return CannotTell, "a change of that size may be noise"
	}
	return CannotTell, "no change beyond the margin is shown, but the interval does not rule it out"
}

// MoreIsBetter says which way is up.
func MoreIsBetter(name string) bool {
	for _, m := range slices.Concat(rowMetrics, sessionMetrics) {
		if m.name == name {
			return m.more
		}
	}
	return false
}
