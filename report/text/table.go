package text

import (
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/report/view"
)

// gap separates columns.
const gap = "  "

// width is that of the widest cell, or of the head: on one line, or stacked word upon word.
func columnWidth(c *view.Column, stacked bool) int {
	w := 0
	for _, cell := range c.Cells {
		w = max(w, format.Cells.StringWidth(cell))
	}
	for _, line := range headLines(c, stacked) {
		w = max(w, format.Cells.StringWidth(line))
	}
	return w
}

// headLines are the lines of the head.
func headLines(c *view.Column, stacked bool) []string {
	if stacked {
		return strings.Fields(c.Head)
	}
	return []string{c.Head}
}

// The room that labels are given at least, where there are longer ones, before and after a table is
// given up to be printed in one piece.
const (
	preferredLabelWidth = 28
	leastLabelWidth     = 20
)

// legible is the least width, from floor, to which labels can be cut so that they still differ.
func legible(t *view.Table, floor int) int {
	widest := columnWidth(&t.Label, false)
	for w := floor; w < widest; w++ {
		if injective(t, w) {
			return w
		}
	}
	return widest
}

// injective reports whether different labels are still different when they are cut to that width.
func injective(t *view.Table, width int) bool {
	origin := make(map[string]string, len(t.Label.Cells))
	for _, label := range t.Label.Cells {
		short := format.Cut(label, width)
		if first, taken := origin[short]; taken && first != label {
			return false
		}
		origin[short] = label
	}
	return true
}

// band is a part of a table that is printed as a table of its own, under a repeated column of labels.
type band struct {
	label   view.Column
	columns []view.Column
	stacked bool
}

// layout says how the table is printed in that width. The first of these that fits is taken, so that a
// head is on one line wherever there is room for it:
//
//	all columns side by side, with labels cut short if need be
//	the groups of columns in two bands below each other, none of them broken up
//	all columns side by side with heads stacked
//	the columns below each other with heads stacked, in as few bands as possible
func layoutTable(t *view.Table, width int) []band {
	whole := t.Whole
	if whole == nil {
		whole = slices.Concat(t.Groups...)
	}
	preferred, least := legible(t, preferredLabelWidth), legible(t, leastLabelWidth)
	for _, labels := range []int{preferred, least} {
		if room := width - columnsWidth(whole, false); room >= labels {
			return []band{newBand(t, whole, false, room)}
		}
	}
	for _, labels := range []int{preferred, least} {
		if room := width - columnsWidth(whole, true); room >= labels {
			return []band{newBand(t, whole, true, room)}
		}
	}
	for _, labels := range []int{preferred, least} {
		labels = min(labels, width/2)
		if bands := splitBands(t, width, labels, false); len(bands) <= 2 && widest(t, false) <= width-labels {
			return bands
		}
	}
	bands := splitBands(t, width, min(preferred, width/2), true)
	if fewer := splitBands(t, width, min(least, width/2), true); len(fewer) < len(bands) {
		return fewer
	}
	return bands
}

// widest is the width of the widest group.
func widest(t *view.Table, stacked bool) (w int) {
	for _, g := range t.Groups {
		w = max(w, columnsWidth(g, stacked))
	}
	return w
}

// bands breaks the table up, with that much room for labels; stacked heads may still be on one line.
func splitBands(t *view.Table, width, labels int, stacked bool) []band {
	var bands []band
	for _, columns := range pack(t, width-labels, stacked) {
		stack := stacked && width-columnsWidth(columns, false) < labels
		bands = append(bands, newBand(t, columns, stack, width-columnsWidth(columns, stack)))
	}
	return bands
}

// band is the columns beside the labels, which are cut to the room there is.
func newBand(t *view.Table, columns []view.Column, stacked bool, room int) band {
	label := view.Column{Head: t.Label.Head, Left: true, Cells: make([]string, len(t.Label.Cells))}
	for i, cell := range t.Label.Cells {
		label.Cells[i] = format.Cut(cell, room)
	}
	return band{label: label, columns: columns, stacked: stacked}
}

// pack distributes the columns over bands of at most that width.
func pack(t *view.Table, width int, stacked bool) [][]view.Column {
	var bands [][]view.Column
	var row []view.Column
	put := func(columns []view.Column) {
		if len(row) > 0 && columnsWidth(row, stacked)+columnsWidth(columns, stacked) > width {
			bands, row = append(bands, row), nil
		}
		row = append(row[:len(row):len(row)], columns...)
	}
	for _, g := range t.Groups {
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
func columnsWidth(columns []view.Column, stacked bool) int {
	w := 0
	for i := range columns {
		w += len(gap) + columnWidth(&columns[i], stacked)
	}
	return w
}

// print writes the band: the head, then the rows.
func (b *band) print(p *page, faint []bool) {
	columns := append([]view.Column{b.label}, b.columns...)
	widths, height := make([]int, len(columns)), 1
	for i := range columns {
		widths[i] = columnWidth(&columns[i], b.stacked)
		height = max(height, len(headLines(&columns[i], b.stacked)))
	}
	for line := range height {
		p.line(bold, b.line(columns, widths, func(c *view.Column) string {
			if head := headLines(c, b.stacked); line >= height-len(head) {
				return head[line-height+len(head)]
			}
			return ""
		}))
	}
	for row := range b.label.Cells {
		s := plain
		if row < len(faint) && faint[row] {
			s = dim
		}
		p.line(s, b.line(columns, widths, func(c *view.Column) string { return c.Cells[row] }))
	}
}

// line sets one cell of each column side by side.
func (b *band) line(columns []view.Column, widths []int, cell func(*view.Column) string) string {
	var line strings.Builder
	for i := range columns {
		if i > 0 {
			line.WriteString(gap)
		}
		line.WriteString(format.Pad(cell(&columns[i]), widths[i], !columns[i].Left))
	}
	return strings.TrimRight(line.String(), " ")
}

// print writes the table, an empty line between its bands.
func printTable(t *view.Table, p *page) {
	for i, b := range layoutTable(t, p.width) {
		if i > 0 {
			p.line(plain, "")
		}
		b.print(p, t.Faint)
	}
}
