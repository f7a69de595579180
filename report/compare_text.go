package report

import (
	"fmt"
	"io"
	"strings"
)

// ComparisonTextOptions say how WriteComparisonText lays out a comparison.
type ComparisonTextOptions struct {
	TextOptions
	// Details writes all metrics of every label and node, instead of an overview of them.
	Details bool
}

// WriteComparisonText writes a comparison for a terminal: the verdict, all metrics of all samples, an
// overview of labels and nodes, shares, conditions, differences, warnings, and how it was compared. It is
// a function of r alone. Text from outside is escaped.
func WriteComparisonText(w io.Writer, r *Comparison, opt ComparisonTextOptions) error {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color}
	if opt.Width == 0 {
		p.width = defaultWidth
	}
	writeComparisonVerdict(p, r)
	p.section("")
	changesTable(&r.Total, totalLabel).print(p)
	writeReasons(p, &r.Total)
	if opt.Details {
		writeDetails(p, r)
	} else {
		writeOverview(p, r)
	}
	writeShares(p, r.Shares)
	writeConditions(p, r)
	writeDifferences(p, r)
	writeComparisonWarnings(p, r)
	p.section("")
	p.note(r.methodWords())
	if _, err := w.Write(p.text.Bytes()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

var verdictStyles = map[string]style{Better: green, Worse: red, Same: green, CannotTell: yellow}

func writeComparisonVerdict(p *page, r *Comparison) {
	p.hang(verdictStyles[r.Verdict], strings.ToUpper(r.Verdict), r.headline())
	for _, side := range []struct {
		name string
		of   *ComparedSide
	}{{"before", &r.Before}, {"after ", &r.After}} {
		p.hang(dim, side.name, side.of.words())
	}
}

// words say what the side is, and what of it was compared.
func (s *ComparedSide) words() string {
	var samples, duration, warmUp, coolDown int64
	names := make([]string, 0, len(s.Runs))
	for _, run := range s.Runs {
		samples += run.Samples
		duration += run.DurationMS
		warmUp += run.WarmUpMS
		coolDown += run.CoolDownMS
		names = append(names, clean(run.Name))
	}
	what := strings.Join(names, ", ")
	if len(names) > 2 {
		what = fmt.Sprintf("%s … %s", names[0], names[len(names)-1])
	}
	parts := []string{what, plural(samples, "request"), span(duration)}
	if len(s.Runs) > 1 {
		parts = append([]string{parts[0], plural(int64(len(s.Runs)), "run")}, parts[1:]...)
	}
	var left []string
	if warmUp > 0 {
		left = append(left, span(warmUp)+" of warm-up")
	}
	if coolDown > 0 {
		left = append(left, span(coolDown)+" at the end")
	}
	if len(left) > 0 {
		parts = append(parts, strings.Join(left, " and ")+" left out")
	}
	return strings.Join(parts, " · ")
}

// changesTable is the table of a row's metrics.
func changesTable(row *ComparedRow, head string) *table {
	t := &table{label: textColumn{head: head, left: true}}
	columns := []textColumn{{head: "Before"}, {head: "After"}, {head: "Change"}, {head: "95% interval"}, {head: "Verdict", left: true}}
	add := func(label string, cells ...string) {
		t.label.cells = append(t.label.cells, label)
		for i, cell := range cells {
			columns[i].cells = append(columns[i].cells, cell)
		}
	}
	add("# Samples", count(row.SamplesBefore), count(row.SamplesAfter), "", "", "")
	for i := range row.Changes {
		ch := &row.Changes[i]
		add(metricName(ch.Metric)+msWords(ch), figureWords(ch.Before, ch.Unit), figureWords(ch.After, ch.Unit),
			deltaWords(ch), intervalWords(ch), verdictWords(ch))
	}
	t.groups = [][]textColumn{columns}
	return t
}

// msWords is the unit of a metric, where its figures do not show it.
func msWords(ch *Change) string {
	if ch.Unit == unitMS {
		return ", ms"
	}
	return ""
}

func verdictWords(ch *Change) string {
	if ch.Verdict == "" {
		return noFigure
	}
	return ch.Verdict
}

// writeReasons says why metrics cannot be told.
func writeReasons(p *page, row *ComparedRow) {
	for _, said := range row.reasons() {
		p.note(said)
	}
}

// reasons are why metrics cannot be told, each reason once.
func (row *ComparedRow) reasons() (said []string) {
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
		metrics[ch.Reason] = append(metrics[ch.Reason], plainName(ch))
	}
	for _, reason := range reasons {
		said = append(said, strings.Join(metrics[reason], ", ")+": "+reason+".")
	}
	return said
}

// overview are the metrics that the overview shows; the first one only where there is room.
var overview = []string{"average", "p50", "p95", "p99", "error_rate", "throughput"}

// roomy is the width from which there is room for all metrics of the overview.
const roomy = 96

// writeOverview writes a line for each label and node.
func writeOverview(p *page, r *Comparison) {
	metrics := overview
	if p.width < roomy {
		metrics = overview[1:]
	}
	t := overviewTable(r, metrics, r.shortOverview())
	if len(t.label.cells) < 2 {
		return
	}
	p.section("")
	t.print(p)
	p.note(signWords + " All metrics of every row: --details, or --format json.")
}

// signWords explain the signs of the overview.
const signWords = "Change and verdict: ✗ worse, ✓ better, ≠ changed, = same, ? cannot tell."

// overviewTable has a row for each label and, unless it is to be short, for each node within it.
func overviewTable(r *Comparison, metrics []string, short bool) *table {
	t := &table{label: textColumn{head: "Label", left: true}}
	columns := make([]textColumn, 1+len(metrics))
	columns[0].head = "# Samples"
	for i, name := range metrics {
		columns[i+1].head = metricName(name)
	}
	add := func(label string, row *ComparedRow, faint bool) {
		t.label.cells, t.faint = append(t.label.cells, label), append(t.faint, faint)
		columns[0].cells = append(columns[0].cells, count(row.SamplesBefore)+" → "+count(row.SamplesAfter))
		for i, name := range metrics {
			columns[i+1].cells = append(columns[i+1].cells, row.sign(name))
		}
	}
	for _, row := range r.rows() {
		add(clean(row.Label), row, false)
		for i := range row.Nodes {
			if !short {
				add(branch(i, len(row.Nodes))+clean(row.Nodes[i].Node), &row.Nodes[i], true)
			}
		}
	}
	t.groups = [][]textColumn{columns}
	return t
}

// shortOverview says whether there are too many labels for a row of each of their nodes.
func (r *Comparison) shortOverview() bool { return len(r.Labels) > maxRows/2 }

// rows are the rows that are told: the labels, and all together unless there is only one label.
func (r *Comparison) rows() []*ComparedRow {
	rows := make([]*ComparedRow, 0, len(r.Labels)+1)
	for i := range r.Labels {
		rows = append(rows, &r.Labels[i])
	}
	if len(rows) != 1 {
		rows = append(rows, &r.Total)
	}
	return rows
}

// sign is a metric's change with the sign of its verdict.
func (row *ComparedRow) sign(name string) string {
	for i := range row.Changes {
		if ch := &row.Changes[i]; ch.Metric == name && ch.Verdict != "" {
			return deltaWords(ch) + " " + verdictSigns[ch.Verdict]
		}
	}
	return noFigure
}

// writeDetails writes a table for each label and node.
func writeDetails(p *page, r *Comparison) {
	for i := range r.Labels {
		row := &r.Labels[i]
		p.section("")
		changesTable(row, clean(row.Label)).print(p)
		writeReasons(p, row)
		writeNodeDetails(p, row)
	}
	if len(r.Labels) != 1 {
		writeNodeDetails(p, &r.Total)
	}
}

func writeNodeDetails(p *page, row *ComparedRow) {
	for i := range row.Nodes {
		p.section("")
		changesTable(&row.Nodes[i], clean(row.Label)+" · "+clean(row.Nodes[i].Node)).print(p)
		writeReasons(p, &row.Nodes[i])
	}
}

func writeShares(p *page, s *ComparedShares) {
	if s == nil {
		return
	}
	p.section("")
	sharesTable(s).print(p)
	p.note(s.Explanation + ".")
}

// sharesTable has a row for each node.
func sharesTable(s *ComparedShares) *table {
	t := &table{label: textColumn{head: "Node", left: true}}
	columns := []textColumn{{head: "Decisions"}, {head: "Share"}, {head: "95% interval"}, {head: "Expected"}, {head: "Verdict", left: true}}
	for i := range s.Nodes {
		t.label.cells = append(t.label.cells, clean(s.Nodes[i].Node))
		for j, cell := range s.Nodes[i].cells() {
			columns[j].cells = append(columns[j].cells, cell)
		}
	}
	t.groups = [][]textColumn{columns}
	return t
}

// cells are the figures of a node's share.
func (c *ShareChange) cells() []string {
	points := &Change{Unit: unitShare, Low: &c.Low, High: &c.High}
	return []string{count(c.DecisionsBefore) + " → " + count(c.DecisionsAfter), shareOf(c.Before) + " → " + shareOf(c.After),
		intervalWords(points), shareOf(c.ExpectedAfter), c.Verdict}
}

func writeConditions(p *page, r *Comparison) {
	if len(r.Conditions) == 0 {
		return
	}
	p.section("Regression if")
	for _, c := range r.Conditions {
		sign, as := mark(!c.Met)
		p.hang(as, sign, clean(c.Text)+": "+clean(c.Actual))
	}
}

func writeDifferences(p *page, r *Comparison) {
	if len(r.Differences) == 0 {
		return
	}
	p.section("What differs")
	for _, d := range r.Differences {
		p.hang(plain, "·", d.words())
	}
}

func (d *Difference) words() string {
	return clean(d.Name) + ": " + orNone(d.Before) + " → " + orNone(d.After)
}

func writeComparisonWarnings(p *page, r *Comparison) {
	if len(r.Warnings) == 0 {
		return
	}
	p.section("Warnings")
	for _, w := range r.Warnings {
		p.hang(yellow, "!", clean(w))
	}
}

// methodWords say how it was compared.
func (r *Comparison) methodWords() string {
	margin := fmt.Sprintf("Margin: %.3g%%, for times at least %.3g ms, for shares %.3g pp.", r.Margin.Relative*100, r.Margin.MS, r.Margin.Share*100)
	how := fmt.Sprintf("Intervals by a block bootstrap over windows of %s (%d draws, fixed seed) and Student's t", r.windowWords(), r.Method.Resamples)
	if r.Method.Test == testRanks {
		how = "Runs compared with runs: Hodges–Lehmann shifts with their intervals, Mann-Whitney tests"
	}
	return how + "; p-values adjusted by Holm. " + margin + " Affinity, continuity and decisions are of the whole runs, all else without what was left out."
}

// windowWords is the length of the windows, or the range of it.
func (r *Comparison) windowWords() string {
	least, most := r.Before.Runs[0].WindowMS, r.Before.Runs[0].WindowMS
	for _, side := range []*ComparedSide{&r.Before, &r.After} {
		for _, run := range side.Runs {
			least, most = min(least, run.WindowMS), max(most, run.WindowMS)
		}
	}
	if least == most {
		return span(most)
	}
	return span(least) + " to " + span(most)
}
