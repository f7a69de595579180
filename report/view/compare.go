package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
)

// words say what the side is, and what of it was compared.
func SideText(s *compare.Side) string {
	var samples, duration, warmUp, coolDown, out int64
	names := make([]string, 0, len(s.Runs))
	for _, run := range s.Runs {
		samples += run.Samples
		duration += run.DurationMS
		warmUp += run.WarmUpMS
		coolDown += run.CoolDownMS
		out += run.LeftOut
		names = append(names, format.Clean(run.Name))
	}
	what := strings.Join(names, ", ")
	if len(names) > 2 {
		what = fmt.Sprintf("%s … %s", names[0], names[len(names)-1])
	}
	parts := []string{what, format.Plural(samples, "request"), format.Span(duration)}
	if len(s.Runs) > 1 {
		parts = append([]string{parts[0], format.Plural(int64(len(s.Runs)), "run")}, parts[1:]...)
	}
	var left []string
	if warmUp > 0 {
		left = append(left, format.Span(warmUp)+" of warm-up")
	}
	if coolDown > 0 {
		left = append(left, format.Span(coolDown)+" at the end")
	}
	if len(left) > 0 {
		parts = append(parts, strings.Join(left, " and ")+" left out ("+format.Plural(out, "request")+")")
	}
	return strings.Join(parts, " · ")
}

// ChangesTable is the table of a row's metrics.
func ChangesTable(row *compare.Row, head string) *Table {
	t := &Table{Label: Column{Head: head, Left: true}}
	columns := []Column{{Head: "Before"}, {Head: "After"}, {Head: "Change"}, {Head: "95% interval"}, {Head: "Verdict", Left: true}}
	add := func(label string, cells ...string) {
		t.Label.Cells = append(t.Label.Cells, label)
		for i, cell := range cells {
			columns[i].Cells = append(columns[i].Cells, cell)
		}
	}
	add("# Samples", format.Count(row.SamplesBefore), format.Count(row.SamplesAfter), "", "", "")
	for i := range row.Changes {
		ch := &row.Changes[i]
		add(MetricName(ch.Metric)+UnitSuffix(ch), compare.FigureText(ch.Before, ch.Unit), compare.FigureText(ch.After, ch.Unit),
			compare.DeltaText(ch), compare.IntervalText(ch), compare.VerdictText(ch))
	}
	t.Groups = [][]Column{columns}
	return t
}

// UnitSuffix is the unit of a metric, where its figures do not show it.
func UnitSuffix(ch *compare.Change) string {
	if ch.Unit == compare.UnitMS {
		return ", ms"
	}
	return ""
}

// reasons are why metrics cannot be told, each reason once.
func Reasons(row *compare.Row) (said []string) {
	var reasons []string
	metrics := map[string][]string{}
	for i := range row.Changes {
		ch := &row.Changes[i]
		if ch.Reason == "" {
			continue
		}
		if metrics[ch.Reason] == nil {
			reasons = append(reasons, ch.Reason)
		}
		metrics[ch.Reason] = append(metrics[ch.Reason], PlainName(ch))
	}
	for _, reason := range reasons {
		said = append(said, strings.Join(metrics[reason], ", ")+": "+reason+".")
	}
	return said
}

// Overview are the metrics that the overview shows; the first one only where there is room.
var Overview = []string{"average", "p50", "p95", "p99", "error_rate", "throughput"}

// Legend explain the signs of the overview.
const Legend = "Change and verdict: ✗ worse, ✓ better, ≈ changed within the margin, ≠ changed, = same, ? cannot tell."

// OverviewTable has a row for each label and, unless it is to be short, for each node within it.
func OverviewTable(r *compare.Comparison, metrics []string, short bool) *Table {
	t := &Table{Label: Column{Head: "Label", Left: true}}
	columns := make([]Column, 1+len(metrics))
	columns[0].Head = "# Samples"
	for i, name := range metrics {
		columns[i+1].Head = MetricName(name)
	}
	add := func(label string, row *compare.Row, faint bool) {
		t.Label.Cells, t.Faint = append(t.Label.Cells, label), append(t.Faint, faint)
		columns[0].Cells = append(columns[0].Cells, format.Count(row.SamplesBefore)+" → "+format.Count(row.SamplesAfter))
		for i, name := range metrics {
			columns[i+1].Cells = append(columns[i+1].Cells, rowSign(row, name))
		}
	}
	for _, row := range Rows(r) {
		add(format.Clean(row.Label), row, false)
		for i := range row.Nodes {
			if !short {
				add(branch(i, len(row.Nodes))+format.Clean(row.Nodes[i].Node), &row.Nodes[i], true)
			}
		}
	}
	t.Groups = [][]Column{columns}
	return t
}

// ShortOverview reports whether there are too many labels for a row of each of their nodes.
func ShortOverview(r *compare.Comparison) bool { return len(r.Labels) > MaxRows/2 }

// rows are the rows that are told: the labels, and all together unless there is only one label.
func Rows(r *compare.Comparison) []*compare.Row {
	rows := make([]*compare.Row, 0, len(r.Labels)+1)
	for i := range r.Labels {
		rows = append(rows, &r.Labels[i])
	}
	if len(rows) != 1 {
		rows = append(rows, &r.Total)
	}
	return rows
}

// sign is a metric's change with the sign of its verdict.
func rowSign(row *compare.Row, name string) string {
	for i := range row.Changes {
		if ch := &row.Changes[i]; ch.Metric == name && ch.Verdict != "" {
			return compare.DeltaText(ch) + " " + VerdictSigns[ch.Verdict]
		}
	}
	return compare.NoFigure
}

// SharesTable has a row for each node.
func SharesTable(s *compare.Shares) *Table {
	t := &Table{Label: Column{Head: "Node", Left: true}}
	columns := []Column{{Head: "Decisions"}, {Head: "Share"}, {Head: "95% interval"}, {Head: "Expected"}, {Head: "Verdict", Left: true}}
	for i := range s.Nodes {
		t.Label.Cells = append(t.Label.Cells, format.Clean(s.Nodes[i].Node))
		for j, cell := range ShareCells(&s.Nodes[i]) {
			columns[j].Cells = append(columns[j].Cells, cell)
		}
	}
	t.Groups = [][]Column{columns}
	return t
}

// cells are the figures of a node's share.
func ShareCells(c *compare.ShareChange) []string {
	points := &compare.Change{Unit: compare.UnitShare, Low: &c.Low, High: &c.High}
	return []string{format.Count(c.DecisionsBefore) + " → " + format.Count(c.DecisionsAfter), compare.ShareText(c.Before) + " → " + compare.ShareText(c.After),
		compare.IntervalText(points), compare.ShareText(c.ExpectedAfter), c.Verdict}
}

func DifferenceText(d *compare.Difference) string {
	return format.Clean(d.Name) + ": " + compare.OrNone(d.Before) + " → " + compare.OrNone(d.After)
}

// MethodText say how it was compared.
func MethodText(r *compare.Comparison) string {
	how := "Runs are compared with runs, by Student's t on their figures, of times and throughput on the logarithms"
	switch r.Method.Test {
	case compare.TestRanks:
		how = "Runs are compared with runs: Hodges–Lehmann shifts with their intervals, Mann-Whitney tests"
	case compare.TestBatches:
		how = fmt.Sprintf("Intervals by batch means over windows of %s, in batches as long as requests depend on each other, and Student's t", windowWords(r))
		if r.Method.RunSpread > 0 {
			how += fmt.Sprintf("; runs are taken to differ by %.3g%% by themselves in times and throughput", r.Method.RunSpread*100)
		}
	}
	if r.Method.Strict {
		how += "; only what is certainly beyond the margin is a regression"
	}
	margin := fmt.Sprintf("Margin: %.3g%%, for times at least %.3g ms, for shares %.3g pp.", r.Margin.Relative*100, r.Margin.MS, r.Margin.Share*100)
	return how + ". p-values of what the conditions are about are adjusted for their number (Holm); all else, in parentheses, is exploratory: one in twenty of its intervals is off by chance. " +
		margin + " Affinity, continuity and decisions are of the whole runs, all else without what was left out."
}

// windowWords is the length of the windows, or the range of it.
func windowWords(r *compare.Comparison) string {
	least, most := r.Before.Runs[0].WindowMS, r.Before.Runs[0].WindowMS
	for _, side := range []*compare.Side{&r.Before, &r.After} {
		for _, run := range side.Runs {
			least, most = min(least, run.WindowMS), max(most, run.WindowMS)
		}
	}
	if least == most {
		return format.Span(most)
	}
	return format.Span(least) + " to " + format.Span(most)
}

// metricNames are how people call the metrics.
var metricNames = map[string]string{
	"average": "Average", "stddev": "Std. Dev.", "error_rate": "Error %", "throughput": "Throughput",
	"affinity": "Affinity", "continuity": "Continuity",
}

func MetricName(name string) string {
	if said, ok := metricNames[name]; ok {
		return said
	}
	return name
}

// VerdictSigns are the verdicts in one column, for tables of many.
var VerdictSigns = map[string]string{
	compare.Better: "✓", compare.Worse: "✗", compare.Same: "=", compare.CannotTell: "?", compare.Changed: "≠", compare.ChangedWithin: "≈",
}

// Headline is the verdict on the whole in a sentence, without a full stop: what got worse or better with
// its figures; where nothing did, what is the same and what cannot be told. What could not be judged, and errors
// that both sides are full of, are never left out of it.
func Headline(r *compare.Comparison) string {
	parts := changedText(r)
	if len(parts) == 0 {
		parts = unchangedText(r)
	}
	for _, c := range r.Conditions {
		if c.NotJudged {
			parts = append(parts, "not judged, which fails: "+format.Clean(c.Text))
		}
	}
	for i := range r.Total.Changes {
		ch := &r.Total.Changes[i]
		if ch.Metric == "error_rate" && ch.Before != nil && ch.After != nil && min(*ch.Before, *ch.After) >= manyErrors {
			parts = append(parts, fmt.Sprintf("of all requests %s failed before and %s after", compare.FigureText(ch.Before, ch.Unit), compare.FigureText(ch.After, ch.Unit)))
		}
	}
	if len(parts) == 0 {
		return "there is nothing to compare on both sides"
	}
	return strings.Join(parts, "; ")
}

// manyErrors is the error rate from which the times of both sides are hardly those of the target.
const manyErrors = 0.1

// changedText says what got worse or better.
func changedText(r *compare.Comparison) (list []string) {
	for _, verdict := range []string{compare.Worse, compare.Better} {
		for _, g := range r.Gating() {
			if g.Verdict == verdict {
				list = append(list, gateName(g)+" is "+strings.Trim(compare.VerdictText(g.Change), "()")+", "+compare.ChangeText(g.Change))
			}
		}
	}
	return list
}

// unchangedText says what is the same and what cannot be told.
func unchangedText(r *compare.Comparison) (list []string) {
	said := map[string][]string{}
	for _, g := range r.Gating() {
		said[g.Verdict] = append(said[g.Verdict], gateName(g))
	}
	for _, v := range []struct{ verdict, words string }{
		{compare.Same, "within the margin as before: "}, {compare.ChangedWithin, "changed within the margin: "}, {compare.CannotTell, "inconclusive, which is no sameness: "},
	} {
		if names := said[v.verdict]; len(names) > 0 {
			list = append(list, v.words+strings.Join(names, ", "))
		}
	}
	return list
}

// gateName is what a condition is about.
func gateName(g compare.Gate) string {
	name := PlainName(g.Change)
	if g.Row.Label != report.TotalLabel {
		name += " of " + format.Clean(g.Row.Label)
	}
	if g.Row.Node != "" {
		name += " on " + format.Clean(g.Row.Node)
	}
	return name
}

// PlainName is the metric's name in a sentence.
func PlainName(ch *compare.Change) string { return strings.ReplaceAll(ch.Metric, "_", " ") }
