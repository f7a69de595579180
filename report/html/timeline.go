package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

const (
	// maxColumns bounds the parts of a time axis that give their values.
	maxColumns = 240
	// maxMarks bounds the events that are marked: there are so many letters. markRoom is the room of a letter in percent of a narrow
	// image, and markRows the rows of letters.
	maxMarks = 52
	markRoom = 3.5
	markRows = 3
	// maxBands bounds the nodes whose shares are drawn.
	maxBands = 24
	// leastBand and mostBand are the heights of a node's band, and allBands that of all where it lies between.
	leastBand, mostBand, allBands = 46, 80, 320
)

// timePlots are the charts of the run's course; none if it is a single step.
func timePlots(r *report.Results) []plot {
	if len(r.Timeline.Points) < 2 {
		return nil
	}
	c := newCourseView(r)
	list := []plot{c.rates(), c.times()}
	if r.Total.Errors > 0 {
		list = append(list, c.failures())
	}
	if len(r.Timeline.Points[0].Nodes) > 0 {
		list = append(list, c.shares())
	}
	return list
}

// courseView is the timeline with what its charts have in common.
type courseView struct {
	points  []report.Point
	seconds float64 // of a step
	axis    scale
	end     int64
	marks   []plotMark
	groups  [][]report.Point // the points of each column
}

func newCourseView(r *report.Results) *courseView {
	t := &r.Timeline
	c := &courseView{points: t.Points, seconds: float64(t.StepMS) / 1000, end: t.StepMS * int64(len(t.Points))}
	c.axis = clock(c.end)
	c.marks = marksOf(r.Events, &c.axis)
	together := (len(t.Points) + maxColumns - 1) / maxColumns
	for i := 0; i < len(t.Points); i += together {
		c.groups = append(c.groups, t.Points[i:min(i+together, len(t.Points))])
	}
	return c
}

// plot is a chart of the course with the values of its columns.
func (c *courseView) plot(id, title string, height int, value func([]report.Point) string) plot {
	p := plot{ID: id, Title: title, Height: height, Time: true, X: ticksOf(&c.axis), Marks: c.marks}
	x := 0
	for i, group := range c.groups {
		from := group[0].AtMS
		until := c.end
		if i+1 < len(c.groups) {
			until = c.groups[i+1][0].AtMS
		}
		end := round(c.axis.at(float64(until)) * plotWidth)
		p.Columns = append(p.Columns, plotColumn{x, end - x, hour(from, c.end) + " – " + hour(until, c.end) + "\n" + value(group)})
		x = end
	}
	return p
}

// places are a value of each step, in the middle of it.
func (c *courseView) places(y *scale, value func(*report.Point) float64) []place {
	list := make([]place, len(c.points))
	for i := range c.points {
		list[i] = place{(float64(i) + 0.5) / float64(len(c.points)), math.NaN()}
		if v := value(&c.points[i]); !math.IsNaN(v) {
			list[i].y = y.at(v)
		}
	}
	return list
}

// columnPlaces are a value of each column, in the middle of it; NaN for nothing.
func (c *courseView) columnPlaces(y *scale, value func([]report.Point) float64) []place {
	list := make([]place, len(c.groups))
	at := 0
	for i, group := range c.groups {
		list[i] = place{(float64(at) + float64(len(group))/2) / float64(len(c.points)), math.NaN()}
		if v := value(group); !math.IsNaN(v) {
			list[i].y = y.at(v)
		}
		at += len(group)
	}
	return list
}

// most is the largest value of a step.
func (c *courseView) most(value func(*report.Point) float64) (most float64) {
	for i := range c.points {
		most = max(most, value(&c.points[i]))
	}
	return most
}

func (c *courseView) rates() plot {
	perSecond := func(p *report.Point) float64 { return float64(p.Requests) / c.seconds }
	y := fromZero(c.most(perSecond), 0.1, 4)
	p := c.plot("rate", "Requests per second", 150, func(group []report.Point) string {
		sum := 0.0
		for i := range group {
			sum += perSecond(&group[i])
		}
		return format.Decimal(sum/float64(len(group)), c.decimals()) + " requests/s"
	})
	places := c.places(&y, perSecond)
	p.Curves = []curve{{Class: "fill", Path: area(places, plotHeight, plotHeight)}, {Class: "line first", Path: line(places)}}
	p.Y, p.Summary = ticksOf(&y), "Requests per second over time"
	p.Note = "Requests that ended in each step of " + c.step() + "; the last step ends with the run."
	return p
}

// decimals are those of rates: one where a step is longer than a second.
func (c *courseView) decimals() int {
	if c.seconds > 1 {
		return 1
	}
	return 0
}

// step and column are how long each of them lasts.
func (c *courseView) step() string   { return decimal(c.seconds, 1) + " s" }
func (c *courseView) column() string { return decimal(c.seconds*float64(len(c.groups[0])), 1) + " s" }

// percentileLines are the lines of percentiles, the highest first, so that lower ones lie above it.
var percentileLines = []struct {
	name, class string
	value       func(*report.Point) float64
}{
	{"p99", "line third", func(p *report.Point) float64 { return p.P99MS }},
	{"p95", "line second", func(p *report.Point) float64 { return p.P95MS }},
	{"p50", "line first", func(p *report.Point) float64 { return p.P50MS }},
}

func (c *courseView) times() plot {
	least, most := math.Inf(1), 0.0
	for i := range c.points {
		if p := &c.points[i]; p.Requests > 0 {
			least, most = min(least, p.P50MS), max(most, p.P99MS)
		}
	}
	y := milliseconds(least, most)
	p := c.plot("times", "Response time, ms", 200, func(group []report.Point) string {
		var text []string
		for i := len(percentileLines) - 1; i >= 0; i-- {
			if slow := worst(group, percentileLines[i].value); !math.IsNaN(slow) {
				text = append(text, percentileLines[i].name+" "+format.Millis(slow)+" ms")
			}
		}
		return strings.Join(text, "\n")
	})
	for _, l := range percentileLines {
		p.Curves = append(p.Curves, curve{l.name, l.class, line(c.columnPlaces(&y, func(group []report.Point) float64 {
			return worst(group, l.value)
		}))})
	}
	p.Y, p.Legend, p.Summary = ticksOf(&y), true, "The 50th, 95th and 99th percentile of the response times over time"
	if len(c.groups) < len(c.points) {
		p.Note = fmt.Sprintf("Of each %s, the worst %s.", c.column(), c.step())
	}
	return logNote(p, &y)
}

// worst is the largest value of the steps that had requests, NaN if none had.
func worst(group []report.Point, value func(*report.Point) float64) float64 {
	most := math.NaN()
	for i := range group {
		if v := value(&group[i]); group[i].Requests > 0 && !(v <= most) {
			most = v
		}
	}
	return most
}

// logNote says that the vertical axis is logarithmic.
func logNote(p plot, y *scale) plot {
	if y.log {
		p.Note = strings.TrimSpace("Logarithmic scale. " + p.Note)
	}
	return p
}

func (c *courseView) failures() plot {
	failed := func(p *report.Point) float64 { return float64(p.Errors) / c.seconds }
	y := fromZero(c.most(failed), min(1, 1/c.seconds), 3)
	p := c.plot("failures", "Errors per second", 90, func(group []report.Point) string {
		var n, all int64
		for i := range group {
			n, all = n+group[i].Errors, all+group[i].Requests
		}
		return fmt.Sprintf("%s of %s", format.Plural(n, "error"), format.Plural(all, "request"))
	})
	var bars strings.Builder
	width := plotWidth / float64(len(c.points))
	for i := range c.points {
		if v := failed(&c.points[i]); v > 0 {
			left := round(float64(i) * width)
			bars.WriteString(box(left, max(2, round(float64(i+1)*width)-left-1), max(4, round(y.at(v)*plotHeight))))
		}
	}
	p.Curves = []curve{{Class: "bars bad", Path: bars.String()}}
	p.Y, p.Summary = ticksOf(&y), "Errors per second over time"
	return p
}

// shares is a band for each node, one below the other, all on one scale.
func (c *courseView) shares() plot {
	nodes := c.points[0].Nodes
	drawn := min(len(nodes), maxBands)
	sums := make([]report.Point, len(c.groups))
	for i, group := range c.groups {
		sums[i] = view.Join(group)
	}
	y := fromZero(100*largestShare(sums), 1, 4)
	p := c.plot("shares", "Each node’s share of the requests", drawn*min(mostBand, max(leastBand, allBands/drawn)),
		func(group []report.Point) string { return shareText(group, drawn) })
	p.Summary = "Each node's share of the requests over time"
	for i := range drawn {
		base, height := (i+1)*plotHeight/drawn, plotHeight/drawn
		column := -1
		places := c.columnPlaces(&y, func([]report.Point) float64 { column++; return 100 * sums[column].Nodes[i].Share })
		p.Curves = append(p.Curves,
			curve{Class: "band", Path: area(places, base, height*9/10)},
			curve{Class: "rule", Path: fmt.Sprintf("M0 %dh%d", base, plotWidth)})
		p.Names = append(p.Names, plotTick{At: hundredth(float64(i) / float64(drawn)), Text: format.Clean(nodes[i].Node)})
		p.Y = append(p.Y, plotTick{At: hundredth(1 - float64(base-height*9/10)/plotHeight), Text: format.Decimal(min(100, y.to), 0) + "%"})
	}
	p.Note = "Of the requests that named their node, in each " + c.column() + "."
	if len(nodes) > drawn {
		p.Note += fmt.Sprintf(" %s are not drawn.", format.Plural(int64(len(nodes)-drawn), "more node"))
	}
	return p
}

// largestShare is the largest share of a node in a column with enough requests to speak of one: half as many as
// the mean column. Others may be cut at it.
func largestShare(columns []report.Point) (most float64) {
	var all int64
	for i := range columns {
		all += columns[i].Requests
	}
	for i := range columns {
		if 2*columns[i].Requests*int64(len(columns)) < all {
			continue
		}
		for _, n := range columns[i].Nodes {
			most = max(most, n.Share)
		}
	}
	return most
}

// shareText is the shares of the nodes in some steps together.
func shareText(group []report.Point, drawn int) string {
	sum := view.Join(group)
	if len(sum.Nodes) == 0 {
		return "no node"
	}
	text := make([]string, drawn)
	for i := range drawn {
		text[i] = format.Clean(sum.Nodes[i].Node) + " " + format.Percent(sum.Nodes[i].Share)
	}
	return strings.Join(text, "\n")
}

// marksOf places the events on the axis.
func marksOf(events []report.Event, axis *scale) (list []plotMark) {
	for i := range min(len(events), maxMarks) {
		e := &events[i]
		at := axis.at(float64(e.AtMS))
		m := plotMark{At: hundredth(at), X: round(at * plotWidth), Letter: strings.TrimSpace(string(view.EventLetter(i)))}
		m.Title = m.Letter + " · " + view.Moment(e.AtMS) + " · " + view.EventText(e)
		if e.Observed {
			m.Class = "seen"
		}
		list = append(list, m)
	}
	stagger(list)
	return list
}

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
