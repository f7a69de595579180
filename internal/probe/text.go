package probe

import (
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
)

// TextOptions are for WriteText.
type TextOptions struct {
	Width int // columns; 0 means 100
	Color bool
}

// The marks of severities, and their colours.
var marks = map[Severity]struct{ sign, color string }{
	Info: {"·", "32"}, Warning: {"!", "33"}, Severe: {"✗", "31"},
}

// untold is the mark of what cannot be told.
const untold = "?"

// WriteText prints the report for people: the verdict, and a table of findings with evidence, chance, and
// what could not be told. Text that came from the target is escaped.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	if o.Width == 0 {
		o.Width = 100
	}
	p := &printer{width: max(o.Width, 60), color: o.Color}
	p.printf("%s, %s at %s\n\n", r.URL, plural(r.Requests, "request"), r.Address)
	for _, sentence := range r.Verdict {
		p.wrapped("", "", sentence)
	}
	p.printf("\n")
	p.findings(r.Findings)
	_, err := io.WriteString(w, p.String())
	return err
}

type printer struct {
	strings.Builder
	width int
	color bool
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *printer) colored(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// chanceWidth is the room of the column of chances, its gap included.
const chanceWidth = 9

// findings prints the table: what was found beside its evidence and chance, and below what could not be
// told.
func (p *printer) findings(all []Finding) {
	left := (p.width - chanceWidth - 4) * 2 / 5
	right := p.width - chanceWidth - 4 - left
	p.row(" ", left, right, "found", "evidence", "chance", "1")
	for _, f := range all {
		chance := ""
		if f.Chance > 0 {
			chance = chanceText(f.Chance)
		}
		m := marks[f.Severity]
		if strings.HasPrefix(f.What, "cannot tell") {
			m.sign = untold
		}
		p.row(p.colored(m.color, m.sign), left, right, f.What, f.Evidence, chance, "")
		if f.CannotTell != "" {
			p.wrapped("      ", "cannot tell: ", f.CannotTell)
		}
		if f.WouldTell != "" {
			p.wrapped("      ", "would tell: ", f.WouldTell)
		}
	}
}

// row prints three cells side by side, the first two wrapped.
func (p *printer) row(sign string, left, right int, what, evidence, chance, style string) {
	a, b := format.Wrap(format.Clean(what), left), format.Wrap(format.Clean(evidence), right)
	for i := range max(len(a), len(b)) {
		cells := [3]string{}
		if i < len(a) {
			cells[0] = a[i]
		}
		if i < len(b) {
			cells[1] = b[i]
		}
		if i == 0 {
			cells[2] = chance
		} else {
			sign = " "
		}
		line := format.Pad(cells[0], left, false) + "  " + format.Pad(cells[1], right, false) + " " + cells[2]
		if style != "" {
			line = p.colored(style, strings.TrimRight(line, " "))
		}
		p.printf("%s\n", strings.TrimRight(sign+" "+line, " "))
	}
}

// wrapped prints a paragraph behind a head.
func (p *printer) wrapped(indent, head, text string) {
	for i, line := range format.Wrap(format.Clean(text), p.width-len(indent)-len(head)) {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		p.printf("%s%s%s\n", indent, head, line)
	}
}
