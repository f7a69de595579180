package report

import "fmt"

// modelWords name the model of load, and how much of it there was; "" where it is not known.
func modelWords(r *Results) string {
	switch {
	case r.Model == "":
		return ""
	case r.Arrivals != nil:
		a := r.Arrivals
		return fmt.Sprintf("%s model: %s of %s started, %s late, %s dropped", r.Model, count(a.Started), plural(a.Planned, "arrival"), count(a.Late), count(a.Dropped))
	case r.Model == ClosedModel && r.PlannedUsers > 0:
		return "closed model: " + plural(r.PlannedUsers, "user")
	}
	return r.Model + " model"
}

// writeResponse writes the response times of arrivals beside the service times of their rows.
func writeResponse(p *page, r *Results) {
	t, partial := responseTable(r)
	if len(t.label.cells) == 0 {
		return
	}
	p.section("")
	for _, line := range wrap("Response time, from the intended start; service time, from the real one", p.width) {
		p.line(bold, line)
	}
	t.print(p)
	if partial {
		p.note("Only the first request of an arrival has an intended start; service times are of all requests of the row.")
	}
}

// responseTable has a row for each label with arrivals, and TOTAL if there are several. partial says that
// some requests of the run are none.
func responseTable(r *Results) (t table, partial bool) {
	var rows []*Row
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
	t.label = textColumn{head: "Label", left: true}
	for _, row := range rows {
		t.label.cells = append(t.label.cells, clean(row.Label))
	}
	c := func(head string, cell func(*Row) string) textColumn {
		made := textColumn{head: head, cells: make([]string, len(rows))}
		for i, row := range rows {
			made.cells[i] = cell(row)
		}
		return made
	}
	t.groups = [][]textColumn{{
		c("Arrivals", func(r *Row) string { return count(r.Response.Samples) }),
		c("p50", func(r *Row) string { return millis(r.Response.P50MS) }),
		c("p95", func(r *Row) string { return millis(r.Response.P95MS) }),
		c("p99", func(r *Row) string { return millis(r.Response.P99MS) }),
		c("Max", func(r *Row) string { return millis(r.Response.MaxMS) }),
	}, {
		c("Service p50", func(r *Row) string { return millis(r.P50MS) }),
		c("Service p95", func(r *Row) string { return millis(r.P95MS) }),
		c("Service p99", func(r *Row) string { return millis(r.P99MS) }),
		c("Service Max", func(r *Row) string { return millis(r.MaxMS) }),
	}}
	return t, partial
}
