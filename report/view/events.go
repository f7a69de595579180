package view

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/report"
)

func EventText(e *report.Event) string {
	said := format.Clean(e.Text)
	if e.Phase && e.Name != "" && e.Name != e.Text {
		said = format.Clean(e.Name) + ": " + said
	}
	if e.By != "" {
		said += " (by hand: " + format.Clean(e.By) + ")"
	}
	if e.Observed && !e.Broken {
		said += " (observed)"
	}
	if e.Answer != "" {
		said += " → " + format.Clean(e.Answer)
	}
	if e.Late() > 0 {
		said += " (planned at " + Moment(*e.PlannedMS) + ")"
	}
	if e.FromMS != 0 {
		said += " (told late, counts from " + Moment(e.FromMS) + ")"
	}
	return said
}

// Moment is a time since the start of the run.
func Moment(ms int64) string { return fmt.Sprintf("%d.%03d s", ms/1000, ms%1000) }

func PhaseTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Phase", Left: true}}
	for i := range r.Phases {
		t.Label.Cells = append(t.Label.Cells, format.Clean(r.Phases[i].Name))
	}
	c := func(head string, cell func(*report.Phase) string) Column {
		made := Column{Head: head, Cells: make([]string, len(r.Phases))}
		for i := range r.Phases {
			made.Cells[i] = cell(&r.Phases[i])
		}
		return made
	}
	measured := format.Millis
	if r.WholeMillis {
		measured = format.WholeMillis
	}
	t.Groups = [][]Column{{
		c("Lasted", func(p *report.Phase) string { return format.Span(p.DurationMS) }),
		c("Requests", func(p *report.Phase) string { return format.Count(p.Requests) }),
		c("Req/s", func(p *report.Phase) string { return format.Decimal(p.Throughput, 1) }),
		c("Errors", func(p *report.Phase) string { return format.Count(p.Errors) }),
		c("Average", func(p *report.Phase) string { return timeOver(p.Requests, format.Millis(p.AverageMS)) }),
		c("p95", func(p *report.Phase) string { return timeOver(p.Requests, measured(p.P95MS)) }),
	}}
	if len(r.Nodes) > 0 {
		t.Groups = append(t.Groups, []Column{
			c("Affinity", func(p *report.Phase) string { return share100(p.Affinity) }),
			c("Moves", func(p *report.Phase) string { return format.Count(p.Moves) }),
			c("Excused", func(p *report.Phase) string { return format.Count(p.Excused) }),
			c("Lost", func(p *report.Phase) string { return format.Count(p.LostSessions) }),
		})
	}
	if len(r.Nodes) <= PhaseNodes {
		for i := range r.Nodes {
			name := format.Clean(r.Nodes[i].Node)
			columns := []Column{c(name, func(p *report.Phase) string { return format.Percent(p.Nodes[i].Share) })}
			if r.Affinity.Sticks() {
				columns = append(columns, c("new "+name, func(p *report.Phase) string { return format.Count(p.Nodes[i].Decisions) }))
			}
			t.Groups = append(t.Groups, columns)
		}
	}
	return t
}

// timeOver is a time of so many requests, of none a dash.
func timeOver(requests int64, said string) string {
	if requests == 0 {
		return "–"
	}
	return said
}

// share100 is a share that may be missing.
func share100(p *float64) string {
	if p == nil {
		return "–"
	}
	return format.Percent(*p)
}

// PhaseNodes is how many nodes have columns in the table of phases.
const PhaseNodes = 4

// EventSign is the sign of what was done, was refused, or was seen to happen.
func EventSign(e *report.Event) string {
	if e.Observed && e.OK {
		return "•"
	}
	return OKSign(e.OK)
}

// OKSign is the sign of what went well or not.
func OKSign(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}
