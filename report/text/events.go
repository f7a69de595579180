package text

import (
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// writeEvents lists the events: the letter that marks them in the chart, when, what, and the response.
func writeEvents(p *page, r *report.Results) {
	if len(r.Events) == 0 {
		return
	}
	p.section("Events")
	at := 0
	for i := range r.Events {
		at = max(at, len(view.Moment(r.Events[i].AtMS)))
	}
	for i := range r.Events {
		e := &r.Events[i]
		sign, as := eventMark(e)
		letter := string(view.EventLetter(i))
		indent := 2 + 2*len(gap) + at + len(gap)
		for k, line := range format.Wrap(view.EventText(e), p.width-indent) {
			if k == 0 {
				p.line(plain, p.styled(bold, letter)+gap+p.styled(as, sign)+gap+format.Pad(view.Moment(e.AtMS), at, true)+gap+line)
				continue
			}
			p.line(plain, strings.Repeat(" ", indent)+line)
		}
	}
}

// eventMark is the sign of the event, with its colour.
func eventMark(e *report.Event) (string, style) {
	if e.Observed && e.OK {
		return view.EventSign(e), yellow
	}
	return mark(e.OK)
}

// writePhases is the table of phases, and what was judged of their shares.
func writePhases(p *page, r *report.Results) {
	if len(r.Phases) == 0 {
		return
	}
	p.section("")
	t := view.PhaseTable(r)
	printTable(&t, p)
	for i := range r.Phases {
		if d := r.Phases[i].Distribution; d != nil && d.OK != nil && i < 2*view.PhaseNodes {
			p.note(format.Clean(r.Phases[i].Name) + ": " + d.Explanation + ".")
		}
	}
}
