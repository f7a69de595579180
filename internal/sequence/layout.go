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
	// shortestLine is the least room for text between two lifelines: a cookie's name and its value.
	shortestLine = 16
)

// A layout says in which column each lifeline stands, of at most width.
type layout struct {
	lifelines []Lifeline
	at        []int
	width     int
}

// layOut places the lifelines as far from each other as the texts between them need, and nearer where that
// is too wide; ok says whether they have room. The layout can be drawn even if they have not.
func layOut(lifelines []Lifeline, blocks []Block, width int) (l *layout, ok bool) {
	gaps := gapsNeeded(lifelines, blocks)
	margin := len(strconv.Itoa(lastNumber(blocks))) + 1 + half(lifelines[0].Name)
	room := width - margin - half(lifelines[len(lifelines)-1].Name) - 1
	ok = shrink(gaps, leastGaps(lifelines), room)
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

// leastGaps are the gaps without which names or texts have no room.
func leastGaps(lifelines []Lifeline) []int {
	gaps := make([]int, len(lifelines)-1)
	for i := range gaps {
		gaps[i] = max(shortestLine+inArrow-2, half(lifelines[i].Name)+half(lifelines[i+1].Name)+2)
	}
	return gaps
}

// gapsNeeded are the gaps with which no text is wrapped. A text over several gaps widens the last of them.
func gapsNeeded(lifelines []Lifeline, blocks []Block) []int {
	gaps := leastGaps(lifelines)
	for _, over := range []bool{false, true} {
		for _, b := range blocks {
			for _, s := range b.Steps {
				if far := max(s.From, s.To) - min(s.From, s.To); far > 1 == over {
					widen(gaps, s)
				}
			}
		}
	}
	return gaps
}

func widen(gaps []int, s Step) {
	left, right := min(s.From, s.To), max(s.From, s.To)
	if left == right {
		right = min(left+1, len(gaps))
	}
	if left == right {
		return // a note on the last lifeline has the edge
	}
	have := 0
	for _, g := range gaps[left:right] {
		have += g
	}
	for _, line := range s.Lines {
		if need := utf8.RuneCountInString(line) + inArrow; need > have {
			gaps[right-1] += need - have
			have = need
		}
	}
}

// shrink takes from the widest gaps until all have room, and says whether they came to have it.
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

// wrapAll wraps lines and puts what follows the first of each further in.
func wrapAll(lines []string, room int) (all []string) {
	for _, line := range lines {
		all = append(all, wrap(line, room)...)
	}
	return all
}

// wrap breaks a line at blanks so that its parts have room, and words only where they are longer than a
// line. The second and later parts are indented.
func wrap(line string, room int) (parts []string) {
	room = max(room, shortestLine)
	const indent = "  "
	part := ""
	for _, word := range strings.Fields(line) {
		for {
			joined := word
			switch {
			case part != "" && part != indent:
				joined = part + " " + word
			case part == indent:
				joined = part + word
			}
			if utf8.RuneCountInString(joined) <= room {
				part = joined
				break
			}
			if part != "" && part != indent {
				parts, part = append(parts, part), indent
				continue
			}
			signs := []rune(joined)
			parts, part, word = append(parts, string(signs[:room])), indent, string(signs[room:])
		}
	}
	return append(parts, part)
}
