package text

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// writeResponse writes the response times of arrivals beside the service times of their rows.
func writeResponse(p *page, r *report.Results) {
	t, partial := responseTable(r)
	if len(t.Label.Cells) == 0 {
		return
	}
	p.section("")
	for _, line := range format.Wrap("Response time, from the intended start; service time, from the real one", p.width) {
		p.line(bold, line)
	}
	printTable(&t, p)
	if n := r.Total.Response.Dropped; n > 0 {
		p.note(fmt.Sprintf("%s never began and count as at least the time from when they were due to the end.", format.Plural(n, "arrival")))
	}
	if partial {
		p.note("Only the first request of an arrival has an intended start; service times are of all requests of the row.")
	}
}

// responseTable has a row for each label with arrivals, and TOTAL if there are several. partial says that
// some requests of the run are none.
func responseTable(r *report.Results) (t view.Table, partial bool) {
	var rows []*report.Row
	for i := range r.Labels {
		row := &r.Labels[i]
		if row.Response != nil {
			rows = append(rows, row)
		}
		partial = partial || !row.Mark && (row.Response == nil || row.Response.Samples < row.Samples)
	}
	if len(rows) > 1 || len(rows) == 0 && r.Total.Response != nil {
		rows = append(rows, &r.Total)
	}
	t.Label = view.Column{Head: "Label", Left: true}
	for _, row := range rows {
		t.Label.Cells = append(t.Label.Cells, format.Clean(row.Label))
	}
	c := func(head string, cell func(*report.Row) string) view.Column {
		made := view.Column{Head: head, Cells: make([]string, len(rows))}
		for i, row := range rows {
			made.Cells[i] = cell(row)
		}
		return made
	}
	t.Groups = [][]view.Column{{
		c("Arrivals", func(r *report.Row) string { return format.Count(r.Response.Samples) }),
		c("p50", func(r *report.Row) string { return format.Millis(r.Response.P50MS) }),
		c("p95", func(r *report.Row) string { return format.Millis(r.Response.P95MS) }),
		c("p99", func(r *report.Row) string { return format.Millis(r.Response.P99MS) }),
		c("Max", func(r *report.Row) string { return format.Millis(r.Response.MaxMS) }),
	}, {
		c("Service p50", func(r *report.Row) string { return format.Millis(r.P50MS) }),
		c("Service p95", func(r *report.Row) string { return format.Millis(r.P95MS) }),
		c("Service p99", func(r *report.Row) string { return format.Millis(r.P99MS) }),
		c("Service Max", func(r *report.Row) string { return format.Millis(r.MaxMS) }),
	}}
	return t, partial
}
