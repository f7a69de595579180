package sequence

import (
	"bufio"
	"io"
	"slices"
	"strconv"
)

// WriteText writes d with box characters, at most width columns wide (at least 60 are used). Where the
// lifelines of all participants have no room beside each other, the exchanges are drawn in several pieces,
// each with its own participants alone. The error is w's.
//
//	   ┌─────────┐     ┌──────────┐            ┌────┐
//	   │ browser │     │ balancer │            │ s1 │
//	   └────┬────┘     └────┬─────┘            └─┬──┘
//	1       ├── GET / ─────►│                    │
//	        │               ├── GET / ──────────►│
//	        │               │◄─ 200 OK ──────────┤
//	        │               │   Set-Cookie …     │
func WriteText(w io.Writer, d *Diagram, width int) error {
	out := bufio.NewWriter(w)
	width = max(width, 60)
	if d.Title != "" {
		out.WriteString(d.Title + "\n\n")
	}
	if l, ok := layOut(d.Lifelines, d.Blocks, width); ok {
		writeText(out, l, d.Blocks)
		return out.Flush()
	}
	for i, p := range parts(d) {
		if i > 0 {
			out.WriteString("\n")
		}
		l, _ := layOut(p.Lifelines, p.Blocks, width)
		writeText(out, l, p.Blocks)
	}
	return out.Flush()
}

// parts are the diagram in pieces of consecutive exchanges between the same participants.
func parts(d *Diagram) (all []Diagram) {
	var last []bool
	for _, b := range d.Blocks {
		used := make([]bool, len(d.Lifelines))
		for _, s := range b.Steps {
			used[s.From], used[s.To] = true, true
		}
		if !slices.Equal(used, last) {
			all = append(all, Diagram{Lifelines: only(d.Lifelines, used)})
		}
		p := &all[len(all)-1]
		p.Blocks = append(p.Blocks, renumbered(b, used))
		last = used
	}
	return all
}

func only(all []Lifeline, used []bool) (some []Lifeline) {
	for i, l := range all {
		if used[i] {
			some = append(some, l)
		}
	}
	return some
}

// renumbered is a block whose lifelines are counted without the others.
func renumbered(b Block, used []bool) Block {
	index := make([]int, len(used))
	n := 0
	for i, u := range used {
		index[i] = n
		if u {
			n++
		}
	}
	steps := make([]Step, len(b.Steps))
	for i, s := range b.Steps {
		s.From, s.To = index[s.From], index[s.To]
		steps[i] = s
	}
	return Block{Number: b.Number, Steps: steps}
}

func writeText(out *bufio.Writer, l *layout, blocks []Block) {
	for _, r := range l.heads() {
		r.write(out)
	}
	for i, b := range blocks {
		if i > 0 {
			l.row('│').write(out)
		}
		rows := l.block(b)
		rows[0].put(0, strconv.Itoa(b.Number))
		for _, r := range rows {
			r.write(out)
		}
	}
	l.row('╵').write(out)
}

// block is the rows of an exchange.
func (l *layout) block(b Block) (rows []row) {
	for _, s := range b.Steps {
		if s.From == s.To {
			rows = append(rows, l.note(s)...)
		} else {
			rows = append(rows, l.arrow(s)...)
		}
	}
	return rows
}

// note stands beside its lifeline.
func (l *layout) note(s Step) (rows []row) {
	at, room := l.at[s.From]+2, l.noteRoom(s)
	for _, line := range s.Lines {
		for _, part := range wrap(line, room, room) {
			r := l.row('│')
			r.put(at, part)
			rows = append(rows, r)
		}
	}
	return rows
}

// noteRoom is how wide a note may be.
func (l *layout) noteRoom(s Step) int {
	left, right := span(l.lifelines, s)
	if left == right {
		return max(l.width-l.at[left]-2, shortestLine)
	}
	return l.at[right] - l.at[left] - 3
}

// The signs of an arrow's shaft: seen, and inferred.
const (
	solid  = '─'
	dashed = '╌'
)

// arrow is the first line of a step within its shaft, and the others below.
func (l *layout) arrow(s Step) []row {
	left, right := l.at[min(s.From, s.To)], l.at[max(s.From, s.To)]
	var lines []string
	for i, line := range s.Lines {
		first := right - left - besideLine
		if i == 0 {
			first = right - left - inArrow
		}
		lines = append(lines, wrap(line, first, right-left-besideLine)...)
	}
	rows := []row{l.shaft(s, left, right)}
	rows[0].put(left+textAt-1, " "+lines[0]+" ")
	for _, line := range lines[1:] {
		r := l.row('│')
		r.put(left+textAt, line)
		rows = append(rows, r)
	}
	return rows
}

// shaft is an arrow without its text.
func (l *layout) shaft(s Step, left, right int) row {
	r, sign := l.row('│'), solid
	if s.Inferred {
		sign = dashed
	}
	for x := left + 1; x < right; x++ {
		if r[x] == '│' {
			r[x] = '┼'
		} else {
			r[x] = sign
		}
	}
	tip := '✗'
	if s.Kind != Lost {
		tip = map[bool]rune{true: '►', false: '◄'}[s.To > s.From]
	}
	if s.To > s.From {
		r[left], r[right-1] = '├', tip
	} else {
		r[left+1], r[right] = tip, '┤'
	}
	return r
}
