package html

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// plot is a chart as the template draws it: shapes in an SVG image that is stretched to the room there is,
// and around it, so that it keeps its size, the text.
//
// No chart library does this work. Of those that are kept up, go-analyze/charts draws fixed colours on white
// for one width, without titles to hover over, and its last two labels overlap; gonum.org/v1/plot draws black
// serifs meant for paper, and brings TeX and PDF along. Neither can follow the reader's dark mode or be read
// on a telephone, where text within an image shrinks with the image.
type plot struct {
	ID, Title string
	Summary   string // what the image shows, for those who cannot see it
	Note      string // beneath
	Height    int    // of the image, in pixels
	Curves    []curve
	Legend    []curve
	Grid      bool // lines at the ticks of Y
	X, Y      []plotTick
	Names     []plotTick // of the bands, at their upper edges
	Marks     []plotMark
}

// The units of the image.
const (
	plotWidth  = 2000
	plotHeight = 500
)

// curve is one line or area. Class is its kind and its style, Title what can be read where no script reads values.
type curve struct{ Name, Class, Path, Title string }

// plotTick is a name on an axis, At percent from the left or from the bottom. Minor ones go first where there
// is little room.
type plotTick struct {
	At    float64
	Text  string
	Minor bool
}

// plotMark is a vertical line with a letter above, on one of several rows.
type plotMark struct {
	At            float64 // percent
	X             int
	Letter, Title string
	Row           int
	Class         string
}

// ticksOf places the ticks of an axis.
func ticksOf(s *scale) (list []plotTick) {
	for i, t := range s.ticks {
		list = append(list, plotTick{At: hundredth(s.at(t.value)), Text: t.text, Minor: len(s.ticks) > 5 && i%2 == 1})
	}
	return list
}

// hundredth is a share in percent, with two decimals.
func hundredth(share float64) float64 { return math.Round(share*10000) / 100 }

// place is a point of a line from 0 to 1 on either axis; y is NaN where there is nothing.
type place struct{ x, y float64 }

// line is the path through the places, broken where there is nothing.
func line(places []place) string {
	var p path
	for _, at := range places {
		if math.IsNaN(at.y) {
			p.lift()
			continue
		}
		p.to(round(at.x*plotWidth), round((1-at.y)*plotHeight))
	}
	p.lift()
	return p.text.String()
}

// area is the path around what lies between the places and those of base, which has the same x, or level 0 if it is nil.
// Level 0 is so far above the lower edge of the image, and level 1 by height higher. It is broken where there is nothing.
func area(places, base []place, bottom, height int) string {
	var p path
	level := func(y float64) int { return plotHeight - bottom - round(y*float64(height)) }
	for from := 0; from < len(places); {
		to := from
		for to < len(places) && !math.IsNaN(places[to].y) {
			to++
		}
		for i := from; i < to; i++ {
			p.to(round(places[i].x*plotWidth), level(places[i].y))
		}
		for i := to - 1; i >= from; i-- {
			y := 0.0
			if base != nil {
				y = base[i].y
			}
			if base != nil || i == to-1 || i == from {
				p.to(round(places[i].x*plotWidth), level(y))
			}
		}
		if to > from {
			p.close()
		}
		from = to + 1
	}
	return p.text.String()
}

func round(x float64) int { return int(math.Round(x)) }

// path writes a path of SVG in few characters: relative steps in whole units.
type path struct {
	text strings.Builder
	down bool // the pen
	last byte // the letter in force
	x, y int
	n    int // steps since the pen went down
}

// to draws a line to a point, or begins one there.
func (p *path) to(x, y int) {
	if !p.down {
		p.text.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y))
		p.down, p.last, p.x, p.y, p.n = true, 'M', x, y, 0
		return
	}
	dx, dy := strconv.Itoa(x-p.x), strconv.Itoa(y-p.y)
	switch {
	case dy == "0":
		p.step('h', dx)
	case dx == "0":
		p.step('v', dy)
	default:
		p.step('l', dx)
		if dy[0] != '-' {
			p.text.WriteByte(' ')
		}
		p.text.WriteString(dy)
	}
	p.x, p.y = x, y
	p.n++
}

// step writes a letter, unless it is in force, and its first number.
func (p *path) step(letter byte, number string) {
	if p.last != letter {
		p.text.WriteByte(letter)
		p.last = letter
	} else if number[0] != '-' {
		p.text.WriteByte(' ')
	}
	p.text.WriteString(number)
}

// lift ends a line; one of a single point becomes a dot.
func (p *path) lift() {
	if p.down && p.n == 0 {
		p.text.WriteString("h0")
	}
	p.down = false
}

// close ends an area.
func (p *path) close() {
	p.text.WriteByte('z')
	p.down = false
}

// box is the path of a rectangle that stands on the level y.
func box(x, width, y, height int) string {
	return "M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "v-" + strconv.Itoa(height) + "h" + strconv.Itoa(width) + "v" + strconv.Itoa(height) + "z"
}

// Down is the tick's place from the upper edge of the image.
func (t plotTick) Down() int { return round((100 - t.At) / 100 * plotHeight) }

// MarkRows is how many rows of letters stand above the image.
func (p plot) MarkRows() (rows int) {
	for i := range p.Marks {
		rows = max(rows, p.Marks[i].Row+1)
	}
	return rows
}

const (
	// markRoom is the room of a letter in percent of a narrow image, and markRows the rows of letters.
	markRoom = 3.5
	markRows = 3
)

// stagger puts the letters of marks, which are in order, in rows so that they do not overlap. One for which no
// row has room is left out.
func stagger(marks []plotMark) {
	var ends [markRows]float64
	for i := range marks {
		m := &marks[i]
		row := slices.IndexFunc(ends[:], func(end float64) bool { return m.At >= end })
		if row < 0 {
			m.Letter = ""
			continue
		}
		m.Row, ends[row] = row, m.At+markRoom*float64(len(m.Letter))
	}
}
