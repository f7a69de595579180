package help

import (
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// gap is what is between two columns of a table.
const gap = 2

// grid is a table: the cells of each row, the header's first.
type grid struct {
	rows  [][][]word
	right []bool // columns whose text stands at the right
}

// table writes the columns beside each other, folded so that they fit; where they cannot, each row is written as
// a list: its first cell, and below it the others under their columns' names.
func (p *printer) table(t *east.Table, margin, width int) {
	g := p.grid(t)
	widths := g.fit(width - margin)
	if widths == nil {
		p.stacked(&g, margin, width)
		return
	}
	for _, row := range g.rows {
		p.row(row, widths, g.right, margin)
	}
}

func (p *printer) grid(t *east.Table) (g grid) {
	for _, a := range t.Alignments {
		g.right = append(g.right, a == east.AlignRight)
	}
	for r := t.FirstChild(); r != nil; r = r.NextSibling() {
		st := style(0)
		if _, head := r.(*east.TableHeader); head {
			st = bold
		}
		var row [][]word
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			row = append(row, p.words(ast.Node(c), st))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// fit gives the columns' widths, at most so many in all: those that are narrow enough get what they want, and the
// others share what is left. There are none if a column would be narrower than its longest word.
func (g *grid) fit(width int) []int {
	n := len(g.right)
	want, least, widths := make([]int, n), make([]int, n), make([]int, n)
	for _, row := range g.rows {
		for i, cell := range row {
			want[i] = max(want[i], lineColumns(cell))
			for _, w := range cell {
				least[i] = max(least[i], w.columns())
			}
		}
	}
	left, open := width-gap*(n-1), n
	for settled := true; settled && open > 0; {
		settled = false
		for i := range widths {
			share := left / max(1, open)
			if widths[i] == 0 && (want[i] <= share || least[i] >= share) {
				widths[i] = max(1, min(want[i], max(share, least[i])))
				left -= widths[i]
				open--
				settled = true
			}
		}
	}
	for i := range widths {
		if widths[i] == 0 {
			widths[i] = left / open
			left -= widths[i]
			open--
		}
	}
	if left < 0 {
		return nil
	}
	return widths
}

func (p *printer) row(cells [][]word, widths []int, right []bool, margin int) {
	folded, height := make([][][]word, len(cells)), 0
	for i, cell := range cells {
		folded[i] = fold(cell, widths[i])
		height = max(height, len(folded[i]))
	}
	for y := range height {
		var b strings.Builder
		for i := range cells {
			var line []word
			if y < len(folded[i]) {
				line = folded[i][y]
			}
			blank := strings.Repeat(" ", max(0, widths[i]-lineColumns(line)))
			if right[i] {
				b.WriteString(blank + joined(line, p.color))
			} else {
				b.WriteString(joined(line, p.color) + blank)
			}
			b.WriteString(strings.Repeat(" ", gap))
		}
		p.line(strings.TrimRight(b.String(), " "), margin)
	}
}

func (p *printer) stacked(g *grid, margin, width int) {
	for i, row := range g.rows[1:] {
		if i > 0 {
			p.out.WriteByte('\n')
		}
		p.lines(fold(row[0], width-margin), margin)
		for j, cell := range row[1:] {
			if len(cell) > 0 {
				p.lines(fold(slices.Concat(g.name(j+1), cell), width-margin-2), margin+2)
			}
		}
	}
}

// name is a column's name with a colon behind it, and nothing where there is only one column to name.
func (g *grid) name(column int) []word {
	head := g.rows[0][column]
	if len(g.right) < 3 || len(head) == 0 {
		return nil
	}
	named := slices.Clone(head)
	named[len(named)-1] = append(slices.Clone(named[len(named)-1]), piece{":", bold})
	return named
}
