package text

import (
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/view"
)

// ComparisonOptions say how WriteComparisonText lays out a comparison.
type ComparisonOptions struct {
	Options
	// Details writes all metrics of every label and node, instead of an overview of them.
	Details bool
}

// WriteComparison writes a comparison for a terminal: the verdict, all metrics of all samples, an
// overview of labels and nodes, shares, conditions, differences, warnings, and how it was compared. It is
// a function of r alone. Text from outside is escaped.
func WriteComparison(w io.Writer, r *compare.Comparison, opt ComparisonOptions) error {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color}
	if opt.Width == 0 {
		p.width = defaultWidth
	}
	writeComparisonVerdict(p, r)
	p.section("")
	printTable(view.ChangesTable(&r.Total, report.TotalLabel), p)
	writeReasons(p, &r.Total)
	if opt.Details {
		writeDetails(p, r)
	} else {
		writeOverview(p, r)
	}
	writeShares(p, r.Shares)
	writeConditions(p, r)
	writeDifferences(p, r)
	writeWarnings(p, r.Warnings)
	p.section("")
	p.note(view.MethodText(r))
	if _, err := w.Write(p.text.Bytes()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

var verdictStyles = map[string]style{compare.Better: green, compare.Worse: red, compare.Same: green, compare.ChangedWithin: green, compare.CannotTell: yellow}

func writeComparisonVerdict(p *page, r *compare.Comparison) {
	p.hang(verdictStyles[r.Verdict], strings.ToUpper(r.Verdict), view.Headline(r))
	for _, side := range []struct {
		name string
		of   *compare.Side
	}{{"before", &r.Before}, {"after ", &r.After}} {
		p.hang(dim, side.name, view.SideText(side.of))
	}
}

// writeReasons says why metrics cannot be told.
func writeReasons(p *page, row *compare.Row) {
	for _, said := range view.Reasons(row) {
		p.note(said)
	}
}

// roomy is the width from which there is room for all metrics of the overview.
const roomy = 96

// writeOverview writes a line for each label and node.
func writeOverview(p *page, r *compare.Comparison) {
	metrics := view.Overview
	if p.width < roomy {
		metrics = view.Overview[1:]
	}
	t := view.OverviewTable(r, metrics, view.ShortOverview(r))
	if len(t.Label.Cells) < 2 {
		return
	}
	p.section("")
	printTable(t, p)
	p.note(view.Legend + " All metrics of every row: --details, or --format json.")
}

// writeDetails writes a table for each label and node.
func writeDetails(p *page, r *compare.Comparison) {
	for i := range r.Labels {
		row := &r.Labels[i]
		p.section("")
		printTable(view.ChangesTable(row, format.Clean(row.Label)), p)
		writeReasons(p, row)
		writeNodeDetails(p, row)
	}
	if len(r.Labels) != 1 {
		writeNodeDetails(p, &r.Total)
	}
}

func writeNodeDetails(p *page, row *compare.Row) {
	for i := range row.Nodes {
		p.section("")
		printTable(view.ChangesTable(&row.Nodes[i], format.Clean(row.Label)+" · "+format.Clean(row.Nodes[i].Node)), p)
		writeReasons(p, &row.Nodes[i])
	}
}

func writeShares(p *page, s *compare.Shares) {
	if s == nil {
		return
	}
	p.section("")
	printTable(view.SharesTable(s), p)
	p.note(s.Explanation + ".")
}

func writeConditions(p *page, r *compare.Comparison) {
	if len(r.Conditions) == 0 {
		return
	}
	p.section("Regression if")
	for _, c := range r.Conditions {
		sign, as := mark(!c.Met && !c.NotJudged)
		p.hang(as, sign, format.Clean(c.Text)+": "+format.Clean(c.Actual))
	}
}

func writeDifferences(p *page, r *compare.Comparison) {
	if len(r.Differences) == 0 {
		return
	}
	p.section("What differs")
	for _, d := range r.Differences {
		p.hang(plain, "·", view.DifferenceText(&d))
	}
}
