package export

import (
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// topErrors are the errors that Markdown lists.
const topErrors = 10

// WriteMarkdown writes the results as GitHub's Markdown, for a pull request or a job's summary: the verdict, a
// table of labels, expectations, errors and warnings, and folded away the nodes. Text from outside is
// escaped: it can be no markup.
func WriteMarkdown(w io.Writer, r *report.Results) error {
	m := &markdown{}
	m.line("### %s%s\n", verdictSign[r.Verdict], markdownText(r.Plan))
	m.line("**%s**: %s  ", sentenceCase(verdictWord(r)), markdownText(view.Verdict(r)))
	m.line("%s\n", markdownText(view.Account(r)))
	m.summary(r)
	m.expectations(r.Expectations)
	m.errors(r.Errors)
	for _, text := range r.Warnings {
		m.line("- ⚠ %s", markdownText(text))
	}
	if len(r.Warnings) > 0 {
		m.line("")
	}
	if len(r.Nodes) > 0 {
		m.fold("Nodes", func() { m.table(view.NodeTable(r)) })
	}
	if _, err := io.WriteString(w, m.text.String()); err != nil {
		return fmt.Errorf("write results as Markdown: %w", err)
	}
	return nil
}

var verdictSign = map[string]string{"pass": "✅ ", "fail": "❌ ", "interrupted": "⚠️ ", "incomplete": "⚠️ ", report.NotTrustworthy: "⚠️ "}

// verdictWord is the verdict, or that there is none.
func verdictWord(r *report.Results) string {
	if r.Verdict == "none" {
		return "no expectations"
	}
	return r.Verdict
}

func (m *markdown) summary(r *report.Results) {
	if r.Total.Samples == 0 && len(r.Labels) == 0 {
		return
	}
	m.line("| Label | Samples | Error %% | Average | p50 | p95 | p99 | Throughput |")
	m.line("|---|---:|---:|---:|---:|---:|---:|---:|")
	rows := r.Labels
	if len(rows) != 1 {
		rows = append(rows[:len(rows):len(rows)], r.Total)
	}
	for i := range rows {
		x := &rows[i]
		m.line("| %s | %s | %s | %s | %s | %s | %s | %s |", markdownText(x.Label), format.Count(x.Samples), format.Percent(x.ErrorRate),
			format.Millis(x.AverageMS), format.Millis(x.P50MS), format.Millis(x.P95MS), format.Millis(x.P99MS), format.Rate(x.Throughput))
	}
	m.line("")
}

func (m *markdown) expectations(list []report.Expectation) {
	if len(list) == 0 {
		return
	}
	m.line("|  | Expectation | Measured |")
	m.line("|---|---|---|")
	for _, e := range list {
		m.line("| %s | %s | %s |", view.OKSign(e.OK), markdownText(e.Text), markdownText(e.Actual))
	}
	m.line("")
}

func (m *markdown) errors(list []report.Error) {
	if len(list) == 0 {
		return
	}
	m.line("| Errors | Kind | Label | Message |")
	m.line("|---:|---|---|---|")
	for _, e := range list[:min(len(list), topErrors)] {
		m.line("| %s | %s | %s | %s |", format.Count(e.Count), markdownText(e.Kind), markdownText(e.Label), markdownText(e.Message))
	}
	if n := len(list) - topErrors; n > 0 {
		m.line("\n… and %s.", format.Plural(int64(n), "more message"))
	}
	m.line("")
}

// table is a table as the text report has it, whole.
func (m *markdown) table(t view.Table) {
	columns := []view.Column{t.Label}
	for _, g := range t.Groups {
		columns = append(columns, g...)
	}
	head, rule := "|", "|"
	for _, c := range columns {
		head += " " + markdownText(c.Head) + " |"
		rule += map[bool]string{true: "---|", false: "---:|"}[c.Left]
	}
	m.line("%s\n%s", head, rule)
	for i := range t.Label.Cells {
		var row strings.Builder
		row.WriteString("|")
		for _, c := range columns {
			row.WriteString(" " + markdownText(c.Cells[i]) + " |")
		}
		m.line("%s", row.String())
	}
}
