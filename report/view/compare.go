package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report/compare"
)

// words say what the side is, and what of it was compared.
func SideText(s *compare.Side) string {
	var samples, duration, warmUp, coolDown int64
	names := make([]string, 0, len(s.Runs))
	for _, run := range s.Runs {
		samples += run.Samples
		duration += run.DurationMS
		warmUp += run.WarmUpMS
		coolDown += run.CoolDownMS
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
		parts = append(parts, strings.Join(left, " and ")+" left out")
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
			compare.DeltaText(ch), compare.IntervalText(ch), VerdictText(ch))
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

func VerdictText(ch *compare.Change) string {
	if ch.Verdict == "" {
		return compare.NoFigure
	}
	return ch.Verdict
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
const Legend = "Change and verdict: ✗ worse, ✓ better, ≠ changed, = same, ? cannot tell."

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
	margin := fmt.Sprintf("Margin: %.3g%%, for times at least %.3g ms, for shares %.3g pp.", r.Margin.Relative*100, r.Margin.MS, r.Margin.Share*100)
	how := fmt.Sprintf("Intervals by a block bootstrap over windows of %s (%d draws, fixed seed) and Student's t", windowWords(r), r.Method.Resamples)
	if r.Method.Test == compare.TestRanks {
		how = "Runs compared with runs: Hodges–Lehmann shifts with their intervals, Mann-Whitney tests"
	}
	return how + "; p-values adjusted by Holm. " + margin + " Affinity, continuity and decisions are of the whole runs, all else without what was left out."
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
var VerdictSigns = map[string]string{compare.Better: "✓", compare.Worse: "✗", compare.Same: "=", compare.CannotTell: "?", compare.Changed: "≠"}

// Headline is the verdict on the whole in a sentence, without a full stop: what got worse or better with
// its figures; where nothing did, what is the same and what cannot be told.
func Headline(r *compare.Comparison) string {
	var changed, same, unknown []string
	for _, verdict := range []string{compare.Worse, compare.Better} {
		for i := range r.Total.Changes {
			if ch := &r.Total.Changes[i]; compare.Gates[ch.Metric] && ch.Verdict == verdict {
				changed = append(changed, PlainName(ch)+" is "+verdict+", "+compare.ChangeText(ch))
			}
		}
	}
	if len(changed) > 0 {
		return strings.Join(changed, "; ")
	}
	for i := range r.Total.Changes {
		switch ch := &r.Total.Changes[i]; {
		case !compare.Gates[ch.Metric]:
		case ch.Verdict == compare.Same:
			same = append(same, PlainName(ch))
		case ch.Verdict == compare.CannotTell:
			unknown = append(unknown, PlainName(ch))
		}
	}
	var parts []string
	if len(same) > 0 {
		parts = append(parts, "within the margin as before: "+strings.Join(same, ", "))
	}
	if len(unknown) > 0 {
		parts = append(parts, "not to be told yet: "+strings.Join(unknown, ", "))
	}
	if len(parts) == 0 {
		return "there is nothing to compare on both sides"
	}
	return strings.Join(parts, "; ")
}

// PlainName is the metric's name in a sentence.
func PlainName(ch *compare.Change) string { return strings.ReplaceAll(ch.Metric, "_", " ") }
