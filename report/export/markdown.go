package export

import (
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/view"
)

// WriteComparisonMarkdown writes a comparison as GitHub's Markdown, to be pasted into a pull request: a
// line with the verdict, a table of all samples, what to know about it, and folded away the tables of
// labels and nodes. Text from outside is escaped: it can be no markup.
func WriteComparisonMarkdown(w io.Writer, r *compare.Comparison) error {
	m := &markdown{}
	m.line("**%s**: %s", sentenceCase(r.Verdict), markdownText(view.Headline(r)))
	m.line("")
	m.head("")
	m.changes(&r.Total, "")
	m.line("")
	m.remarks(r)
	if len(r.Labels) > 0 {
		m.fold("Labels and nodes", func() {
			m.head("Label | Node")
			for i := range r.Labels {
				m.rows(&r.Labels[i])
			}
			for i := range r.Total.Nodes {
				m.changes(&r.Total.Nodes[i], markdownText(report.TotalLabel)+" | "+markdownText(r.Total.Nodes[i].Node)+" | ")
			}
		})
	}
	m.shares(r.Shares)
	m.fold("How it was compared", func() {
		m.line("- before: %s", markdownText(view.SideText(&r.Before)))
		m.line("- after: %s", markdownText(view.SideText(&r.After)))
		m.line("- %s", markdownText(view.MethodText(r)))
	})
	if _, err := io.WriteString(w, m.text.String()); err != nil {
		return fmt.Errorf("write comparison as Markdown: %w", err)
	}
	return nil
}

// markdown collects the document.
type markdown struct{ text strings.Builder }

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.text, format+"\n", args...)
}

// head begins a table of changes, behind columns of its own.
func (m *markdown) head(own string) {
	left := "|"
	if own != "" {
		left = "| " + own + " |"
	}
	m.line("%s Metric | Before | After | Change | 95 %% interval | Verdict |", left)
	m.line("|%s---|---:|---:|---:|---:|---|", strings.Repeat("---|", strings.Count(left, "|")-1))
}

// rows are those of a label and its nodes.
func (m *markdown) rows(row *compare.Row) {
	m.changes(row, markdownText(row.Label)+" |  | ")
	for i := range row.Nodes {
		m.changes(&row.Nodes[i], markdownText(row.Label)+" | "+markdownText(row.Nodes[i].Node)+" | ")
	}
}

func (m *markdown) changes(row *compare.Row, own string) {
	m.line("| %s# Samples | %s | %s |  |  |  |", own, format.Count(row.SamplesBefore), format.Count(row.SamplesAfter))
	for i := range row.Changes {
		ch := &row.Changes[i]
		verdict := compare.VerdictText(ch)
		if ch.Verdict == compare.Worse || ch.Verdict == compare.Better {
			verdict = "**" + verdict + "**"
		}
		m.line("| %s%s%s | %s | %s | %s | %s | %s |", own, view.MetricName(ch.Metric), view.UnitSuffix(ch),
			compare.FigureText(ch.Before, ch.Unit), compare.FigureText(ch.After, ch.Unit), compare.DeltaText(ch), compare.IntervalText(ch), verdict)
	}
}

// remarks are what to know about the table: conditions met, shares, differences and warnings.
func (m *markdown) remarks(r *compare.Comparison) {
	said := false
	item := func(format string, args ...any) {
		said = true
		m.line("- "+format, args...)
	}
	for _, c := range r.Conditions {
		if c.Met || c.NotJudged {
			item("✗ %s: %s", markdownText(c.Text), markdownText(c.Actual))
		}
	}
	if r.Shares != nil {
		item("%s", markdownText(sentenceCase(r.Shares.Explanation)))
	}
	for _, d := range r.Differences {
		item("%s", markdownText(view.DifferenceText(&d)))
	}
	for _, w := range r.Warnings {
		item("⚠ %s", markdownText(format.Clean(w)))
	}
	if said {
		m.line("")
	}
}

func (m *markdown) shares(s *compare.Shares) {
	if s == nil {
		return
	}
	m.fold("Decisions of the balancer", func() {
		m.line("| Node | Decisions | Share | 95 %% interval | Expected | Verdict |")
		m.line("|---|---:|---:|---:|---:|---|")
		for i := range s.Nodes {
			m.line("| %s | %s |", markdownText(s.Nodes[i].Node), strings.Join(view.ShareCells(&s.Nodes[i]), " | "))
		}
	})
}

// fold writes a part that is closed at first.
func (m *markdown) fold(title string, body func()) {
	m.line("<details><summary>%s</summary>\n", title)
	body()
	m.line("\n</details>\n")
}

// markdownText is text from outside as text of Markdown, whatever it holds.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range format.Clean(s) {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '@':
			b.WriteString("&#64;") // no notification to a stranger of that name
		case '\\', '`', '*', '_', '[', ']', '|', '~', '#':
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sentenceCase is s with its first letter as a capital.
func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
