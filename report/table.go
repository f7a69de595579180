package report

import (
	"slices"
	"strings"
)

// gap separates columns.
const gap = "  "

// textColumn is a column of a table: its head and a cell for each row.
type textColumn struct {
	head  string
	left  bool // set at the left edge; numbers are set at the right one
	cells []string
}

// width is that of the widest cell, or of the head: on one line, or stacked word upon word.
func (c *textColumn) width(stacked bool) int {
	w := 0
	for _, cell := range c.cells {
		w = max(w, cells.StringWidth(cell))
	}
	for _, line := range c.headLines(stacked) {
		w = max(w, cells.StringWidth(line))
	}
	return w
}

// headLines are the lines of the head.
func (c *textColumn) headLines(stacked bool) []string {
	if stacked {
		return strings.Fields(c.head)
	}
	return []string{c.head}
}

// table is a column of labels and groups of columns of figures, laid out to fit a width.
type table struct {
	label textColumn
	// groups of columns, in the order they have where the table is broken up; a group is broken up only
	// if it is too wide on its own.
	groups [][]textColumn
	// whole is the order of the columns where all fit side by side; nil for that of the groups.
	whole []textColumn
	// faint says which rows are of minor weight.
	faint []bool
}

// The room that labels are given at least, where there are longer ones, before and after a table is
// given up to be printed in one piece.
const (
	ample = 28
	scant = 20
)

// legible is the least width, from floor, to which labels can be cut so that they still differ.
func (t *table) legible(floor int) int {
	widest := t.label.width(false)
	for w := floor; w < widest; w++ {
		if t.injective(w) {
			return w
		}
	}
	return widest
}

// injective says whether different labels are still different when they are cut to that width.
func (t *table) injective(width int) bool {
	origin := make(map[string]string, len(t.label.cells))
	for _, label := range t.label.cells {
		short := cut(label, width)
		if first, taken := origin[short]; taken && first != label {
			return false
		}
		origin[short] = label
	}
	return true
}

// band is a part of a table that is printed as a table of its own, under a repeated column of labels.
type band struct {
	label   textColumn
	columns []textColumn
	stacked bool
}

// layout says how the table is printed in that width. The first of these that fits is taken, so that a
// head is on one line wherever there is room for it:
//
//	all columns side by side, with labels cut short if need be
//	the groups of columns in two bands below each other, none of them broken up
//	all columns side by side with heads stacked
//	the columns below each other with heads stacked, in as few bands as possible
func (t *table) layout(width int) []band {
	whole := t.whole
	if whole == nil {
		whole = slices.Concat(t.groups...)
	}
	amply, scantly := t.legible(ample), t.legible(scant)
	for _, labels := range []int{amply, scantly} {
		if room := width - columnsWidth(whole, false); room >= labels {
			return []band{t.band(whole, false, room)}
		}
	}
	for _, labels := range []int{amply, scantly} {
		if room := width - columnsWidth(whole, true); room >= labels {
			return []band{t.band(whole, true, room)}
		}
	}
	for _, labels := range []int{amply, scantly} {
		labels = min(labels, width/2)
		if bands := t.bands(width, labels, false); len(bands) <= 2 && t.widest(false) <= width-labels {
			return bands
		}
	}
	bands := t.bands(width, min(amply, width/2), true)
	if fewer := t.bands(width, min(scantly, width/2), true); len(fewer) < len(bands) {
		return fewer
	}
	return bands
}

// widest is the width of the widest group.
func (t *table) widest(stacked bool) (w int) {
	for _, g := range t.groups {
		w = max(w, columnsWidth(g, stacked))
	}
	return w
}

// bands breaks the table up, with that much room for labels; stacked heads may still be on one line.
func (t *table) bands(width, labels int, stacked bool) []band {
	var bands []band
	for _, columns := range t.pack(width-labels, stacked) {
		stack := stacked && width-columnsWidth(columns, false) < labels
		bands = append(bands, t.band(columns, stack, width-columnsWidth(columns, stack)))
	}
	return bands
}

// band is the columns beside the labels, which are cut to the room there is.
func (t *table) band(columns []textColumn, stacked bool, room int) band {
	label := textColumn{head: t.label.head, left: true, cells: make([]string, len(t.label.cells))}
	for i, cell := range t.label.cells {
		label.cells[i] = cut(cell, room)
	}
	return band{label: label, columns: columns, stacked: stacked}
}

// pack distributes the columns over bands of at most that width.
func (t *table) pack(width int, stacked bool) [][]textColumn {
	var bands [][]textColumn
	var row []textColumn
	put := func(columns []textColumn) {
		if len(row) > 0 && columnsWidth(row, stacked)+columnsWidth(columns, stacked) > width {
			bands, row = append(bands, row), nil
		}
		row = append(row[:len(row):len(row)], columns...)
	}
	for _, g := range t.groups {
		if columnsWidth(g, stacked) <= width {
			put(g)
			continue
		}
		for i := range g {
			put(g[i : i+1])
		}
	}
	return append(bands, row)
}

// columnsWidth is the width of columns with the gaps in front of them.
func columnsWidth(columns []textColumn, stacked bool) int {
	w := 0
	for i := range columns {
		w += len(gap) + columns[i].width(stacked)
	}
	return w
}

// print writes the band: the head, then the rows.
func (b *band) print(p *page, faint []bool) {
	columns := append([]textColumn{b.label}, b.columns...)
	widths, height := make([]int, len(columns)), 1
	for i := range columns {
		widths[i] = columns[i].width(b.stacked)
		height = max(height, len(columns[i].headLines(b.stacked)))
	}
	for line := range height {
		p.line(bold, b.line(columns, widths, func(c *textColumn) string {
			if head := c.headLines(b.stacked); line >= height-len(head) {
				return head[line-height+len(head)]
			}
			return ""
		}))
	}
	for row := range b.label.cells {
		s := plain
		if row < len(faint) && faint[row] {
			s = dim
		}
		p.line(s, b.line(columns, widths, func(c *textColumn) string { return c.cells[row] }))
	}
}

// line sets one cell of each column side by side.
func (b *band) line(columns []textColumn, widths []int, cell func(*textColumn) string) string {
	var line strings.Builder
	for i := range columns {
		if i > 0 {
			line.WriteString(gap)
		}
		line.WriteString(pad(cell(&columns[i]), widths[i], !columns[i].left))
	}
	return strings.TrimRight(line.String(), " ")
}

// print writes the table, an empty line between its bands.
func (t *table) print(p *page) {
	for i, b := range t.layout(p.width) {
		if i > 0 {
			p.line(plain, "")
		}
		b.print(p, t.faint)
	}
}
