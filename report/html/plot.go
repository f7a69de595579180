package html

import (
	"math"
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
	Time      bool   // the columns are steps of the run
	Curves    []curve
	Legend    bool
	X, Y      []plotTick
	Names     []plotTick // of the bands, at their upper edges
	Marks     []plotMark
	Columns   []plotColumn
}

// The units of the image.
const (
	plotWidth  = 2000
	plotHeight = 500
)

// curve is one line or area. Class is its style: what it means has a name in the legend, and lines differ in
// their dashes as well as in their colours.
type curve struct{ Name, Class, Path string }

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

// plotColumn is a part of the width of which Title gives the values.
type plotColumn struct {
	X, Width int
	Title    string
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

// area is the path around what lies between the places and the level base, in which bottom is the lower edge
// of the image and 0 its upper one.
func area(places []place, base, height int) string {
	if len(places) == 0 {
		return ""
	}
	var p path
	p.to(round(places[0].x*plotWidth), base)
	for _, at := range places {
		y := at.y
		if math.IsNaN(y) {
			y = 0
		}
		p.to(round(at.x*plotWidth), base-round(y*float64(height)))
	}
	p.to(round(places[len(places)-1].x*plotWidth), base)
	return p.text.String() + "z"
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
	if p.last != 'l' {
		p.text.WriteByte('l')
		p.last = 'l'
	} else if dx[0] != '-' {
		p.text.WriteByte(' ')
	}
	p.text.WriteString(dx)
	if dy[0] != '-' {
		p.text.WriteByte(' ')
	}
	p.text.WriteString(dy)
	p.x, p.y = x, y
	p.n++
}

// lift ends a line; one of a single point becomes a dot.
func (p *path) lift() {
	if p.down && p.n == 0 {
		p.text.WriteString("h0")
	}
	p.down = false
}

// box is the path of a rectangle standing on the lower edge.
func box(x, width, height int) string {
	return "M" + strconv.Itoa(x) + " " + strconv.Itoa(plotHeight) + "v-" + strconv.Itoa(height) + "h" + strconv.Itoa(width) + "v" + strconv.Itoa(height) + "z"
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
