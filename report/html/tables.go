package html

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

const (
	htmlErrors   = 100 // rows of errors
	htmlEvents   = 300 // rows of events
	htmlSpells   = 100 // rows of states
	htmlWarnings = 100
	// htmlMessage bounds the length of a message in characters.
	htmlMessage = 400
)

// htmlTable is a table for the template: the columns that the text report has, cells and all.
type htmlTable struct {
	Heads []htmlCell
	Rows  []htmlRow
	Notes []string
}

// htmlCell is text, set at the left edge or, as numbers are, at the right one.
type htmlCell struct {
	Text string
	Left bool
}

// longCell is the length from which text that is set at the left edge may be broken.
const longCell = 28

// Class is the cell's style.
func (c htmlCell) Class() string {
	switch {
	case !c.Left:
		return ""
	case utf8.RuneCountInString(c.Text) > longCell:
		return "l w"
	}
	return "l"
}

// htmlRow is a row; a faint one is a part of the row above, a strong one the sum.
type htmlRow struct {
	Cells         []htmlCell
	Faint, Strong bool
}

// tableOf is a table of the text report, its columns in the order of their groups: what matters most is then on
// the left, where it is seen even on a telephone.
func tableOf(t view.Table) htmlTable {
	columns := append([]view.Column{t.Label}, slices.Concat(t.Groups...)...)
	made := htmlTable{Rows: make([]htmlRow, len(t.Label.Cells))}
	for _, c := range columns {
		made.Heads = append(made.Heads, htmlCell{c.Head, c.Left})
		for i := range made.Rows {
			made.Rows[i].Cells = append(made.Rows[i].Cells, htmlCell{c.Cells[i], c.Left})
		}
	}
	for i := range t.Faint {
		made.Rows[i].Faint = t.Faint[i]
	}
	return made
}

func htmlSummary(r *report.Results) htmlTable {
	t, short := view.SummaryTable(r)
	made := tableOf(t)
	made.Rows[len(made.Rows)-1].Strong = true
	if short {
		made.Notes = append(made.Notes, fmt.Sprintf("The rows of each label’s nodes are left out here, being more than %d; the JSON results have them.", view.MaxRows))
	}
	return made
}

// htmlPhases is the table of phases, with what was judged of their shares.
func htmlPhases(r *report.Results) htmlTable {
	if len(r.Phases) == 0 {
		return htmlTable{}
	}
	made := tableOf(view.PhaseTable(r))
	for i := range r.Phases {
		if d := r.Phases[i].Distribution; d != nil && d.OK != nil {
			made.Notes = append(made.Notes, format.Clean(r.Phases[i].Name)+": "+d.Explanation+".")
		}
	}
	return made
}

// rowsTable is a table of cells, of which the columns named with a leading "<" are set at the left edge.
func rowsTable(heads []string, rows [][]string) (t htmlTable) {
	for _, h := range heads {
		t.Heads = append(t.Heads, htmlCell{strings.TrimPrefix(h, "<"), strings.HasPrefix(h, "<")})
	}
	for _, cells := range rows {
		var row htmlRow
		for i, c := range cells {
			row.Cells = append(row.Cells, htmlCell{c, t.Heads[i].Left})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// htmlFailures is the table of errors with their whole messages.
func htmlFailures(r *report.Results) htmlTable {
	var rows [][]string
	for _, e := range r.Errors[:min(len(r.Errors), htmlErrors)] {
		rows = append(rows, []string{format.Count(e.Count), format.Clean(e.Kind), format.Clean(e.Label), shortened(format.Clean(e.Message))})
	}
	t := rowsTable([]string{"Errors", "<Kind", "<Label", "<Message, as first seen"}, rows)
	var rest int64
	for _, e := range r.Errors[len(rows):] {
		rest += e.Count
	}
	if rest > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("… and %s with %s.", format.Plural(rest, "error"), format.Plural(int64(len(r.Errors)-len(rows)), "more message")))
	}
	return t
}

// shortened is a text without its middle where it is too long to be read.
func shortened(s string) string {
	signs := []rune(s)
	if len(signs) <= htmlMessage {
		return s
	}
	half := htmlMessage / 2
	return string(signs[:half]) + " … " + string(signs[len(signs)-half:])
}

// htmlEvent is an event with the letter that marks it in the charts.
type htmlEvent struct{ Letter, Sign, At, Text string }

func htmlEventList(r *report.Results) (list []htmlEvent, rest string) {
	for i := range r.Events[:min(len(r.Events), htmlEvents)] {
		e := &r.Events[i]
		sign := view.EventSign(e)
		letter := ""
		if i < view.MaxMarks {
			letter = strings.TrimSpace(string(view.EventLetter(i)))
		}
		list = append(list, htmlEvent{letter, sign, view.Moment(e.AtMS), shortened(view.EventText(e))})
	}
	if n := len(r.Events) - len(list); n > 0 {
		rest = fmt.Sprintf("… and %s; the JSON results have them.", format.Plural(int64(n), "more event"))
	}
	return list, rest
}

// htmlStates is the table of what the nodes were in.
func htmlStates(r *report.Results) htmlTable {
	var rows [][]string
	for i := range r.States[:min(len(r.States), htmlSpells)] {
		s := &r.States[i]
		rows = append(rows, []string{
			format.Clean(s.Node), format.Clean(s.State), view.Moment(s.FromMS), view.Moment(s.ToMS),
			format.Count(s.Answered), format.Count(s.Placed), format.Count(s.Moved), format.Count(s.Left), format.Count(s.Again),
		})
	}
	t := rowsTable([]string{"<Node", "<State", "From", "To", "Responses", "Came to it", "Moved away", "… unexcused", "Moved again"}, rows)
	if n := len(r.States) - len(rows); n > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("… and %s.", format.Plural(int64(n), "more state")))
	}
	return t
}
