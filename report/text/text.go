package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// Options say how WriteText lays out its report.
type Options struct {
	// Width is that of the terminal in columns, 0 for 100. No line is longer, down to a width of 60.
	Width int
	// Full adds where time went and a histogram of it, and the statuses where they are all the same.
	Full bool
	// Color sets colours and weights (ANSI SGR sequences). No meaning depends on them.
	Color bool
}

const (
	defaultWidth = 100
	minWidth     = 60
	topErrors    = 10 // rows of errors that are printed
)

// Write writes the report that `stickbench run` prints: the verdict, the summary, response times
// of arrivals, nodes and their shares, affinity, phases, the timeline, where time went, events, agents, statuses, errors,
// expectations and warnings. It is a function of r and of the options alone. Text that came from the target is escaped, so that a response cannot drive the terminal.
func Write(w io.Writer, r *report.Results, opt Options) error {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color, full: opt.Full}
	if opt.Width == 0 {
		p.width = defaultWidth
	}
	for _, section := range []func(*page, *report.Results){
		writeVerdict, writeSummary, writeResponse, writeNodes, writeAffinity, writePhases, writeTimeline, writeApdex, writeTimings, writeHistogram,
		writeEvents, writeAgents, writeStatuses, writeErrors, writeExpectations,
	} {
		section(p, r)
	}
	writeWarnings(p, r.Warnings)
	if _, err := w.Write(p.text.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// page collects the lines of a report.
type page struct {
	text  bytes.Buffer
	width int
	color bool
	full  bool
}

// style is the number of an SGR sequence.
type style int

const (
	plain  style = 0
	bold   style = 1
	dim    style = 2
	red    style = 31
	green  style = 32
	yellow style = 33
)

// styled is s in a style, where there are colours.
func (p *page) styled(as style, s string) string {
	if !p.color || as == plain || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", as, s)
}

// line writes a line.
func (p *page) line(as style, s string) {
	p.text.WriteString(p.styled(as, s) + "\n")
}

// hang writes text over several lines: the first one after a sign, the others under the text.
func (p *page) hang(as style, sign, s string) {
	indent := format.Cells.StringWidth(sign) + len(gap)
	for i, line := range format.Wrap(s, p.width-indent) {
		if i == 0 {
			p.line(plain, p.styled(as, sign)+gap+line)
			continue
		}
		p.line(plain, strings.Repeat(" ", indent)+line)
	}
}

// section begins a section: an empty line, and its heading unless that is part of a table.
func (p *page) section(heading string) {
	p.line(plain, "")
	if heading != "" {
		p.line(bold, heading)
	}
}

// Verdict is the verdict alone, as Write begins with it, without the line on how much was measured.
func Verdict(r *report.Results, opt Options) string {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color}
	verdictLine(p, r)
	return p.text.String()
}

func writeVerdict(p *page, r *report.Results) {
	verdictLine(p, r)
	for _, line := range format.Wrap(view.Account(r), p.width) {
		p.line(dim, line)
	}
}

func verdictLine(p *page, r *report.Results) {
	said := view.Verdict(r)
	if r.Plan != "" {
		said = format.Clean(r.Plan) + " — " + said
	}
	switch r.Verdict {
	case "pass":
		p.hang(green, "PASS", said)
	case "fail":
		p.hang(red, "FAIL", said)
	case "interrupted", "incomplete", report.NotTrustworthy:
		p.hang(yellow, strings.ToUpper(r.Verdict), said)
	default:
		p.text.WriteString(strings.Join(format.Wrap(said, p.width), "\n") + "\n")
	}
}

func writeSummary(p *page, r *report.Results) {
	p.section("")
	t, short := view.SummaryTable(r)
	printTable(&t, p)
	if short {
		p.note(fmt.Sprintf("The rows of each label's nodes are left out here, being more than %d; the JSON results have them.", view.MaxRows))
	}
}

// note writes a remark below a table.
func (p *page) note(s string) {
	for _, line := range format.Wrap(s, p.width) {
		p.line(dim, line)
	}
}

func writeNodes(p *page, r *report.Results) {
	if len(r.Nodes) == 0 {
		return
	}
	p.section("")
	t := view.NodeTable(r)
	printTable(&t, p)
	if d := r.Distribution; d != nil && d.Explanation != "" && d.Explanation != report.WeightsUnknown {
		p.note(d.Explanation + ".")
	}
}

func writeErrors(p *page, r *report.Results) {
	if len(r.Errors) == 0 {
		return
	}
	p.section("")
	shown := r.Errors[:min(len(r.Errors), topErrors)]
	printErrors(p, shown)
	if rest := r.Errors[len(shown):]; len(rest) > 0 {
		var n int64
		for i := range rest {
			n += rest[i].Count
		}
		p.note(fmt.Sprintf("… and %s with %s.", format.Plural(n, "error"), format.Plural(int64(len(rest)), "more message")))
	}
}

// printErrors prints a table whose last column, the message, has the room that the others leave.
func printErrors(p *page, rows []report.Error) {
	columns := []view.Column{{Head: "Errors"}, {Head: "Kind", Left: true}, {Head: "Label", Left: true}, {Head: "Message", Left: true}}
	for _, e := range rows {
		for i, cell := range []string{format.Count(e.Count), format.Clean(e.Kind), format.Cut(format.Clean(e.Label), max(leastLabelWidth, p.width/4)), format.Clean(e.Message)} {
			columns[i].Cells = append(columns[i].Cells, cell)
		}
	}
	room := p.width - columnsWidth(columns[:3], false)
	for i, cell := range columns[3].Cells {
		columns[3].Cells[i] = format.Cut(cell, room)
	}
	b := band{label: columns[0], columns: columns[1:]}
	b.print(p, nil)
}

func writeExpectations(p *page, r *report.Results) {
	if len(r.Expectations) == 0 {
		return
	}
	p.section("Expectations")
	room := p.width - 1 - len(gap)
	text := 0
	for _, e := range r.Expectations {
		if have := format.Cells.StringWidth(format.Clean(e.Text)); have+len(gap)+format.Cells.StringWidth(format.Clean(e.Actual)) <= room {
			text = max(text, have)
		}
	}
	for _, e := range r.Expectations {
		sign, as := mark(e.OK)
		said := format.Clean(e.Text)
		if have := format.Cells.StringWidth(said); have <= text && text+len(gap)+format.Cells.StringWidth(format.Clean(e.Actual)) <= room {
			p.line(plain, strings.TrimRight(p.styled(as, sign)+gap+format.Pad(said, text, false)+gap+format.Clean(e.Actual), " "))
			continue
		}
		p.hang(as, sign, said)
		p.hang(plain, " ", format.Clean(e.Actual))
	}
}

// mark is the sign of what went well or not, with its colour.
func mark(ok bool) (string, style) {
	if ok {
		return view.OKSign(ok), green
	}
	return view.OKSign(ok), red
}

func writeWarnings(p *page, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	p.section("Warnings")
	for _, w := range warnings {
		p.hang(yellow, "!", format.Clean(w))
	}
}
