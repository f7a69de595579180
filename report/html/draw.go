package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/report/view"
)

// drawing is a chart with its scales. script.js draws the same way.
type drawing struct {
	*view.Chart
	x, y scale
}

// draw makes the still picture of a chart.
func draw(c *view.Chart) plot {
	d := &drawing{c, xScale(c), yScale(c)}
	p := plot{ID: c.ID, Title: c.Title, Summary: c.Summary, Note: c.Note, Height: c.Height, X: ticksOf(&d.x)}
	if c.X.Unit == "nines" {
		p.X = append(p.X, plotTick{hundredth(d.x.at(-math.Log10(0.5))), "50%", true})
	}
	if c.Bands {
		d.bands(&p)
	} else {
		p.Y, p.Grid = ticksOf(&d.y), true
		d.curves(&p)
	}
	for _, m := range c.Marks {
		at := d.x.at(m.At)
		p.Marks = append(p.Marks, plotMark{At: hundredth(at), X: round(at * plotWidth), Letter: m.Letter, Title: m.Title, Class: m.Class})
	}
	stagger(p.Marks)
	return p
}

func drawAll(list []view.Chart) (plots []plot) {
	for i := range list {
		plots = append(plots, draw(&list[i]))
	}
	return plots
}

// frames are the charts without their pictures: while a run lasts, the script draws them.
func frames(list []view.Chart) (plots []plot) {
	for i := range list {
		p := draw(&list[i])
		plots = append(plots, plot{ID: p.ID, Title: p.Title, Summary: p.Summary, Note: p.Note, Height: p.Height, Legend: p.Legend})
	}
	return plots
}

func xScale(c *view.Chart) scale {
	last := c.At[len(c.At)-1]
	switch {
	case c.X.Unit == "time":
		return clock(0, last)
	case c.X.Unit == "nines":
		return nines(last)
	case c.X.Log:
		return logarithmic(c.At[0], last, !c.X.Tight)
	}
	return fromZero(last, c.X.Least, 8)
}

func yScale(c *view.Chart) scale {
	if c.Series[0].Kind == view.Heat {
		first := c.Series[0]
		return logarithmic(max(first.Low, first.High/2), c.Series[len(c.Series)-1].High, false)
	}
	least, most := c.Ends()
	if c.Y.Log {
		return logarithmic(least, most, !c.Y.Tight)
	}
	for i := range c.Series[0].Values {
		sum := 0.0
		for _, s := range c.Series {
			if (s.Kind == view.Stack || s.Kind == view.Bars) && !math.IsNaN(s.Values[i]) {
				sum += s.Values[i]
			}
		}
		most = max(most, sum)
	}
	if c.Y.To > 0 {
		most = c.Y.To
	}
	n := 4
	if c.Height < 110 {
		n = 3
	}
	return fromZero(most, c.Y.Least, n)
}

// middle is the place of value i.
func (d *drawing) middle(i int) float64 {
	if !d.Stepped() {
		return d.x.at(d.At[i])
	}
	return (d.x.at(d.At[i]) + d.x.at(d.At[i+1])) / 2
}

// places are where the values of a series are.
func (d *drawing) places(values view.Values) []place {
	list := make([]place, len(values))
	for i, v := range values {
		list[i] = place{d.middle(i), math.NaN()}
		if !math.IsNaN(v) {
			list[i].y = d.y.at(v)
		}
	}
	return list
}

// levels are places of a value at both edges of each step.
func (d *drawing) levels(values view.Values) []place {
	if !d.Stepped() {
		return d.places(values)
	}
	var list []place
	for i, at := range d.places(values) {
		list = append(list, place{d.x.at(d.At[i]), at.y}, place{d.x.at(d.At[i+1]), at.y})
	}
	return list
}

// curves draws the series over each other.
func (d *drawing) curves(p *plot) {
	base := make(view.Values, len(d.Series[0].Values)) // of what is stacked
	heat := newHeat(d)
	for _, s := range d.Series {
		add := func(kind, path string) {
			p.Curves = append(p.Curves, curve{s.Name, kind + " " + s.Class, path, d.extent(s)})
		}
		switch s.Kind {
		case view.Heat:
			heat.add(s)
		case view.Shade:
			left, right := round(d.x.at(s.Low)*plotWidth), round(d.x.at(s.High)*plotWidth)
			add("shade", box(left, right-left, plotHeight, plotHeight))
		case view.Line:
			add("line", line(d.places(s.Values)))
		case view.Area:
			add("area", area(d.levels(s.Values), nil, 0, plotHeight))
			add("line", line(d.levels(s.Values)))
		case view.Stack:
			top := above(base, s.Values)
			add("stack", area(d.levels(top), d.levels(base), 0, plotHeight))
			base = or(top, base)
		case view.Bars:
			top := above(base, s.Values)
			add("bars", d.bars(base, top))
			base = or(top, base)
		}
		if s.Name != "" && len(d.Series) > 1 && !slices.ContainsFunc(p.Legend, func(c curve) bool { return c.Name == s.Name }) {
			p.Legend = append(p.Legend, curve{Name: s.Name, Class: s.Kind + " " + s.Class, Path: legendPath(s.Kind)})
		}
	}
	p.Curves = append(p.Curves, heat.curves()...)
}

// extent is a series in words: "p95: 2.4 to 31.0 ms".
func (d *drawing) extent(s view.Series) string {
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range s.Values {
		if !math.IsNaN(v) {
			least, most = min(least, v), max(most, v)
		}
	}
	if s.Name == "" || least > most {
		return s.Name
	}
	return fmt.Sprintf("%s: %s to %s %s", s.Name, format.Decimal(least, 1), format.Decimal(most, 1), d.Y.Unit)
}

// above adds values to what lies below them.
func above(base, values view.Values) view.Values {
	top := slices.Clone(base)
	for i, v := range values {
		top[i] += v
	}
	return top
}

// or is a, and where that has nothing b.
func or(a, b view.Values) view.Values {
	list := slices.Clone(a)
	for i, v := range a {
		if math.IsNaN(v) {
			list[i] = b[i]
		}
	}
	return list
}

func legendPath(kind string) string {
	if kind == view.Line || kind == view.Area {
		return "M1 4h26"
	}
	return "M6 0h16v8h-16z"
}

// bars stand between base and top.
func (d *drawing) bars(base, top view.Values) string {
	var b strings.Builder
	for i, v := range top {
		if math.IsNaN(v) || v <= base[i] {
			continue
		}
		left, right := round(d.x.at(d.At[i])*plotWidth), round(d.x.at(d.At[i+1])*plotWidth)
		below := round(d.y.at(base[i]) * plotHeight)
		b.WriteString(box(left, max(2, right-left-2), plotHeight-below, max(4, round(d.y.at(v)*plotHeight)-below)))
	}
	return b.String()
}

// bands draws each series in a band of its own, with its name at the upper edge.
func (d *drawing) bands(p *plot) {
	n, end := len(d.Series), d.y.last()
	if d.Y.Unit == "%" {
		end += "%"
	}
	for i, s := range d.Series {
		base, height := (i+1)*plotHeight/n, plotHeight/n
		top := height * 9 / 10
		p.Curves = append(p.Curves, curve{"", "area " + s.Class, area(d.levels(s.Values), nil, plotHeight-base, top), d.extent(s)},
			curve{Class: "rule", Path: fmt.Sprintf("M0 %dh%d", base, plotWidth)})
		p.Names = append(p.Names, plotTick{At: hundredth(float64(i) / float64(n)), Text: s.Name})
		p.Y = append(p.Y, plotTick{At: hundredth(1 - float64(base-top)/plotHeight), Text: end})
		if cut := d.cut(s.Values, base-top); cut != "" {
			p.Curves = append(p.Curves, curve{Class: "cut", Path: cut})
		}
	}
}

// cut marks the values that go on beyond the axis, with arrows at its end.
func (d *drawing) cut(values view.Values, y int) string {
	var b strings.Builder
	for i, v := range values {
		if v > d.y.to*(1+1e-9) {
			fmt.Fprintf(&b, "M%d %dl8 14h-16z", round(d.middle(i)*plotWidth), y)
		}
	}
	return b.String()
}

// heat are the fields of a heat map by shade.
type heat struct {
	d     *drawing
	sums  []float64 // of each step
	paths [heatShades]strings.Builder
}

// heatShades is how many shades there are.
const heatShades = 6

func newHeat(d *drawing) *heat {
	h := &heat{d: d, sums: make([]float64, len(d.Series[0].Values))}
	for _, s := range d.Series {
		for i, v := range s.Values {
			h.sums[i] += v
		}
	}
	return h
}

// add draws a row; neighbours of one shade are one field.
func (h *heat) add(s view.Series) {
	bottom, top := plotHeight-round(h.d.y.at(s.Low)*plotHeight), plotHeight-round(h.d.y.at(s.High)*plotHeight)
	for i := 0; i < len(s.Values); {
		shade, from := h.shade(s.Values[i], i), i
		for i++; i < len(s.Values) && h.shade(s.Values[i], i) == shade; i++ {
		}
		if shade >= 0 {
			left, right := round(h.d.x.at(h.d.At[from])*plotWidth), round(h.d.x.at(h.d.At[i])*plotWidth)
			h.paths[shade].WriteString(box(left, right-left, bottom, bottom-top))
		}
	}
}

// shade grows with the root of the part of the step's requests; it is -1 without any.
func (h *heat) shade(v float64, step int) int {
	if v == 0 {
		return -1
	}
	return min(heatShades-1, int(math.Sqrt(v/h.sums[step])*heatShades))
}

func (h *heat) curves() (list []curve) {
	for i := range h.paths {
		if path := h.paths[i].String(); path != "" {
			list = append(list, curve{Class: fmt.Sprintf("heat h%d", i+1), Path: path})
		}
	}
	return list
}
