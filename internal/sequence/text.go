package sequence

import (
	"bufio"
	"io"
	"strconv"
)

// WriteText writes d with box characters, at most width columns wide (at least 60 are used). Where the
// lifelines of all participants have no room beside each other, each exchange is drawn with its own alone.
// The error is w's.
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
	for i, b := range d.Blocks {
		if i > 0 {
			out.WriteString("\n")
		}
		lifelines, own := alone(d.Lifelines, b)
		l, _ := layOut(lifelines, []Block{own}, width)
		writeText(out, l, []Block{own})
	}
	return out.Flush()
}

// alone is a block with none but its own lifelines, and these.
func alone(all []Lifeline, b Block) (own []Lifeline, only Block) {
	used := make([]bool, len(all))
	for _, s := range b.Steps {
		used[s.From], used[s.To] = true, true
	}
	index := make([]int, len(all))
	for i, l := range all {
		index[i] = len(own)
		if used[i] {
			own = append(own, l)
		}
	}
	only = Block{Number: b.Number, Steps: make([]Step, len(b.Steps))}
	for i, s := range b.Steps {
		s.From, s.To = index[s.From], index[s.To]
		only.Steps[i] = s
	}
	return own, only
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
		switch {
		case s.From == s.To:
			rows = append(rows, l.note(s)...)
		default:
			rows = append(rows, l.arrow(s)...)
		}
	}
	return rows
}

// note stands beside its lifeline.
func (l *layout) note(s Step) (rows []row) {
	at := l.at[s.From] + 2
	for _, line := range s.Lines {
		for _, part := range wrap(line, l.noteRoom(s.From)) {
			r := l.row('│')
			r.put(at, part)
			rows = append(rows, r)
		}
	}
	return rows
}

// noteRoom is how wide a note on that lifeline may be: up to the next one, or to the edge.
func (l *layout) noteRoom(lifeline int) int {
	if lifeline+1 < len(l.at) {
		return l.at[lifeline+1] - l.at[lifeline] - 3
	}
	return max(l.width-l.at[lifeline]-2, shortestLine)
}

// The signs of an arrow's shaft: seen, and inferred.
const (
	solid  = '─'
	dashed = '╌'
)

// arrow is the first line of a step within its shaft, and the others below.
func (l *layout) arrow(s Step) []row {
	left, right := l.at[min(s.From, s.To)], l.at[max(s.From, s.To)]
	lines := wrapAll(s.Lines, right-left-inArrow)
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
