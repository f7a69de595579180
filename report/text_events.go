package report

import (
	"fmt"
	"strings"
)

// writeEvents lists the events: the letter that marks them in the chart, when, what, and the answer.
func writeEvents(p *page, r *Results) {
	if len(r.Events) == 0 {
		return
	}
	p.section("Events")
	at := 0
	for i := range r.Events {
		at = max(at, len(moment(r.Events[i].AtMS)))
	}
	for i := range r.Events {
		e := &r.Events[i]
		sign, as := eventMark(e)
		letter := string(eventLetter(i))
		indent := 2 + 2*len(gap) + at + len(gap)
		for k, line := range wrap(eventText(e), p.width-indent) {
			if k == 0 {
				p.line(plain, p.styled(bold, letter)+gap+p.styled(as, sign)+gap+pad(moment(e.AtMS), at, true)+gap+line)
				continue
			}
			p.line(plain, strings.Repeat(" ", indent)+line)
		}
	}
}

// eventMark is the sign of what was done, was refused, or was seen to happen.
func eventMark(e *Event) (string, style) {
	if e.Observed && e.OK {
		return "•", yellow
	}
	return mark(e.OK)
}

func eventText(e *Event) string {
	said := clean(e.Text)
	if e.Phase && e.Name != "" && e.Name != e.Text {
		said = clean(e.Name) + ": " + said
	}
	if e.Observed {
		said += " (observed)"
	}
	if e.Answer != "" {
		said += " → " + clean(e.Answer)
	}
	if e.FromMS != 0 {
		said += " (told late, counts from " + moment(e.FromMS) + ")"
	}
	return said
}

// moment is a time since the start of the run.
func moment(ms int64) string { return fmt.Sprintf("%d.%03d s", ms/1000, ms%1000) }

// phaseNodes is how many nodes have columns in the table of phases.
const phaseNodes = 4

// writePhases is the table of phases, and what was judged of their shares.
func writePhases(p *page, r *Results) {
	if len(r.Phases) == 0 {
		return
	}
	p.section("")
	t := phaseTable(r)
	t.print(p)
	for i := range r.Phases {
		if d := r.Phases[i].Distribution; d != nil && d.OK != nil && i < 2*phaseNodes {
			p.note(clean(r.Phases[i].Name) + ": " + d.Explanation + ".")
		}
	}
}

func phaseTable(r *Results) table {
	t := table{label: textColumn{head: "Phase", left: true}}
	for i := range r.Phases {
		t.label.cells = append(t.label.cells, clean(r.Phases[i].Name))
	}
	c := func(head string, cell func(*Phase) string) textColumn {
		made := textColumn{head: head, cells: make([]string, len(r.Phases))}
		for i := range r.Phases {
			made.cells[i] = cell(&r.Phases[i])
		}
		return made
	}
	measured := millis
	if r.WholeMillis {
		measured = wholeMillis
	}
	t.groups = [][]textColumn{{
		c("Lasted", func(p *Phase) string { return span(p.DurationMS) }),
		c("Requests", func(p *Phase) string { return count(p.Requests) }),
		c("Req/s", func(p *Phase) string { return grouped(p.Throughput, 1) }),
		c("Errors", func(p *Phase) string { return count(p.Errors) }),
		c("Average", func(p *Phase) string { return timeOver(p.Requests, millis(p.AverageMS)) }),
		c("p95", func(p *Phase) string { return timeOver(p.Requests, measured(p.P95MS)) }),
	}}
	if len(r.Nodes) > 0 {
		t.groups = append(t.groups, []textColumn{
			c("Affinity", func(p *Phase) string { return share100(p.Affinity) }),
			c("Moves", func(p *Phase) string { return count(p.Moves) }),
			c("Excused", func(p *Phase) string { return count(p.Excused) }),
			c("Lost", func(p *Phase) string { return count(p.Lost) }),
		})
	}
	if len(r.Nodes) <= phaseNodes {
		for i := range r.Nodes {
			name := clean(r.Nodes[i].Node)
			columns := []textColumn{c(name, func(p *Phase) string { return percent(p.Nodes[i].Share) })}
			if r.Affinity.sticks() {
				columns = append(columns, c("new "+name, func(p *Phase) string { return count(p.Nodes[i].Decisions) }))
			}
			t.groups = append(t.groups, columns)
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
	return percent(*p)
}
