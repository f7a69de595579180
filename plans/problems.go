package plans

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a plan.
type Problem struct {
	// Line and Column say where, from 1, the column in characters; 0 where there is no such place.
	Line, Column int
	// Key is the path of the key, such as group[0].step[1].assert[0], or the option of the command line,
	// such as --users; "" where it is the plan as a whole.
	Key string
	// Message says what is wrong and what is expected.
	Message string
}

// Problems is everything that is wrong with a plan, in the order of the source; what has no place in it
// comes first.
type Problems struct {
	Path string
	List []Problem
}

// Error is every problem, one per line: path:line:column: key: message.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, q := range p.List {
		lines[i] = q.text(p.Path)
	}
	return strings.Join(lines, "\n")
}

func (q Problem) text(path string) string {
	var b strings.Builder
	b.WriteString(path)
	if q.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", q.Line, q.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if q.Key != "" {
		b.WriteString(q.Key + ": ")
	}
	return b.String() + q.Message
}

// problems collects what is wrong while a plan is read.
type problems struct {
	list      []Problem
	positions *positions
	settings  *variables // nil before they are read
}

// key notes what is wrong with the key at path, and value what is wrong with its value.
func (p *problems) key(path, format string, args ...any) {
	at, ok := p.positions.places[path]
	p.note(at.key, ok, path, fmt.Sprintf(format, args...))
}

func (p *problems) value(path, format string, args ...any) {
	at, ok := p.positions.places[path]
	p.note(at.value, ok, path, fmt.Sprintf(format, args...))
}

// within notes what is wrong at a line and column, both from 1, of the string at path.
func (p *problems) within(path string, line, column int, format string, args ...any) {
	at, ok := p.positions.places[path]
	p.note(at.text.offset(line, column), ok, path, fmt.Sprintf(format, args...))
}

// option notes what is wrong with an option of the command line, or with the plan as a whole ("").
func (p *problems) option(name, format string, args ...any) {
	p.note(0, false, name, fmt.Sprintf(format, args...))
}

func (p *problems) note(offset int, known bool, path, message string) {
	q := Problem{Key: path, Message: message}
	if known {
		q.Line, q.Column = p.positions.lineColumn(offset)
	}
	p.list = append(p.list, q)
}

// err is nil, or everything noted, in order.
func (p *problems) err(path string) error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	seen := map[Problem]bool{} // a shared step is read wherever it is used
	list := slices.DeleteFunc(p.list, func(q Problem) bool {
		again := seen[q]
		seen[q] = true
		return again
	})
	return &Problems{Path: path, List: list}
}
