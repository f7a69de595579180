package sequence

import (
	"bufio"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// inArrow is the room that an arrow's ends take, from one lifeline to the other: "├── text ─►│".
	inArrow = 8
	// textAt is where its text begins, behind the lifeline on the left.
	textAt = 4
	// besideLine is the room that a text below an arrow has to leave: "│   text │".
	besideLine = textAt + 1
	// shortestLine is the least room for text between two lifelines.
	shortestLine = 16
	// indented is the room from which on the second line of a text is indented.
	indented = 24
)

// A layout says in which column each lifeline stands, of at most width.
type layout struct {
	lifelines []Lifeline
	at        []int
	width     int
}

// layOut places the lifelines as far from each other as the texts between them need, and nearer where that
// is too wide; ok reports whether they have room. The layout can be drawn even if they have not.
func layOut(lifelines []Lifeline, blocks []Block, width int) (l *layout, ok bool) {
	gaps := gapsNeeded(lifelines, blocks)
	margin := len(strconv.Itoa(lastNumber(blocks))) + 1 + half(lifelines[0].Name)
	room := width - margin - half(lifelines[len(lifelines)-1].Name) - 1
	ok = shrink(gaps, leastGaps(lifelines, blocks), room)
	l = &layout{lifelines: lifelines, at: make([]int, len(lifelines)), width: width}
	l.at[0] = margin
	for i, g := range gaps {
		l.at[i+1] = l.at[i] + g
	}
	return l, ok
}

// lastNumber is the highest number of a block.
func lastNumber(blocks []Block) int {
	if len(blocks) == 0 {
		return 0
	}
	return blocks[len(blocks)-1].Number
}

// half is the width of a name's box to the left of its middle.
func half(name string) int { return (utf8.RuneCountInString(name) + 4) / 2 }

// leastGaps are the gaps without which names have no room, and between neighbours of which one asks the
// other, words.
func leastGaps(lifelines []Lifeline, blocks []Block) []int {
	gaps := make([]int, len(lifelines)-1)
	for i := range gaps {
		gaps[i] = half(lifelines[i].Name) + half(lifelines[i+1].Name) + 2
	}
	for _, s := range steps(blocks) {
		if left, right := span(lifelines, s); right == left+1 {
			gaps[left] = max(gaps[left], shortestLine+inArrow)
		}
	}
	return gaps
}

// steps are those of all blocks.
func steps(blocks []Block) (all []Step) {
	for _, b := range blocks {
		all = append(all, b.Steps...)
	}
	return all
}

// span is the lifelines between which the text of a step stands. A note of a browser may be as wide as its
// way to the balancer; one of the last lifeline has the edge.
func span(lifelines []Lifeline, s Step) (left, right int) {
	left, right = min(s.From, s.To), max(s.From, s.To)
	if left < right {
		return left, right
	}
	for right++; right < len(lifelines)-1 && lifelines[right].Role == Browser; right++ {
	}
	return left, min(right, len(lifelines)-1)
}

// gapsNeeded are the gaps with which no text is wrapped, neighbours' first: they often are room enough for
// a text over several gaps, and else the first of these becomes wider.
func gapsNeeded(lifelines []Lifeline, blocks []Block) []int {
	gaps := leastGaps(lifelines, blocks)
	for _, far := range []bool{false, true} {
		for _, s := range steps(blocks) {
			if left, right := span(lifelines, s); left < right && far == (right > left+1) {
				widen(gaps[left:right], s.Lines)
			}
		}
	}
	return gaps
}

func widen(gaps []int, lines []string) {
	have := 0
	for _, g := range gaps {
		have += g
	}
	for i, line := range lines {
		need := utf8.RuneCountInString(line) + inArrow
		if i > 0 {
			need -= inArrow - besideLine
		}
		if need > have {
			gaps[0] += need - have
			have = need
		}
	}
}

// shrink takes from the widest gaps until all have room, and reports whether they came to have it.
func shrink(gaps, least []int, room int) bool {
	total := 0
	for _, g := range gaps {
		total += g
	}
	for ; total > room; total-- {
		widest := -1
		for i := range gaps {
			if gaps[i] > least[i] && (widest < 0 || gaps[i] > gaps[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		gaps[widest]--
	}
	return true
}

// A row is one line of the drawing, a sign per column.
type row []rune

// row is a line with nothing but the lifelines.
func (l *layout) row(lifeline rune) row {
	r := make(row, l.at[len(l.at)-1]+1)
	for i := range r {
		r[i] = ' '
	}
	for _, x := range l.at {
		r[x] = lifeline
	}
	return r
}

// put writes text over the row from column at on, and makes it longer where it must be.
func (r *row) put(at int, text string) {
	for _, sign := range text {
		for at >= len(*r) {
			*r = append(*r, ' ')
		}
		(*r)[at] = sign
		at++
	}
}

func (r row) write(out *bufio.Writer) {
	out.WriteString(strings.TrimRight(string(r), " ") + "\n")
}

// heads are the boxes with the names.
func (l *layout) heads() []row {
	rows := []row{l.row(' '), l.row(' '), l.row(' ')}
	for i, line := range l.lifelines {
		left, n := l.at[i]-half(line.Name), utf8.RuneCountInString(line.Name)+2
		rows[0].put(left, "┌"+strings.Repeat("─", n)+"┐")
		rows[1].put(left, "│ "+line.Name+" │")
		rows[2].put(left, "└"+strings.Repeat("─", n)+"┘")
		rows[2][l.at[i]] = '┬'
	}
	return rows
}

// wrap breaks a line at blanks so that its parts have room, the first one perhaps less than the others, and
// within words only where they are longer than that. Later parts are indented if there is room for it.
func wrap(line string, first, room int) (parts []string) {
	room = max(room, shortestLine)
	indent := ""
	if room >= indented {
		indent = "  "
	}
	part, empty, limit := "", true, max(first, shortestLine)
	next := func() { parts, part, empty, limit = append(parts, part), indent, true, room }
	for _, word := range strings.Fields(line) {
		if !empty && utf8.RuneCountInString(part+" "+word) > limit {
			next()
		}
		for empty && utf8.RuneCountInString(part+word) > limit {
			signs, cut := []rune(word), limit-len(part)
			part, word = part+string(signs[:cut]), string(signs[cut:])
			next()
		}
		if !empty {
			part += " "
		}
		part, empty = part+word, false
	}
	return append(parts, part)
}
