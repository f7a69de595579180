package text

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

const (
	// chartFrom is the duration from which a run without events gets a chart.
	chartFrom = 5000 // ms
	// chartLeast are the points that make a chart worth while, and chartStretch how many columns a point
	// has at most.
	chartLeast   = 3
	chartStretch = 4
	chartNodes   = 8
	// letterLines bounds the lines of letters that mark events.
	letterLines = 3
)

// blocks are the heights of a column, from nothing to all.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// chart is the timeline in columns.
type chart struct {
	columns []report.Point // what each column shows
	stretch int            // how many columns of the terminal each of them has
	step    int64          // milliseconds of each of them
	last    int64          // milliseconds of the last one: a run does not end with a step
	left    int64          // milliseconds after it that are not drawn
	all     []report.Point // of the timeline
}

// chartRow is one line of the chart: its name, the height of each column from 0 to 1 (below 0: nothing
// was there), and what is said of it.
type chartRow struct {
	name    string
	heights []float64
	remark  string
}

// writeTimeline draws requests per second, the 95th percentile, errors and each node's share over time.
// Letters beneath it mark the events, which the section of events explains.
func writeTimeline(p *page, r *report.Results) {
	if len(r.Timeline.Points) < chartLeast || len(r.Events) == 0 && r.DurationMS < chartFrom {
		return
	}
	named, hidden := chartNodeNames(r)
	names := 0
	for _, row := range (&chart{columns: r.Timeline.Points, all: r.Timeline.Points, step: 1, last: 1}).rows(named) {
		names = max(names, format.Cells.StringWidth(row.name))
	}
	names = min(names, p.width/4)
	c := newChart(&r.Timeline, p.width-names-2*len(gap)-remarkWidth)
	p.section("Timeline")
	for _, row := range c.rows(named) {
		p.line(plain, strings.TrimRight(format.Pad(format.Cut(row.name, names), names, false)+gap+c.draw(row.heights)+gap+row.remark, " "))
	}
	for _, line := range c.letters(r.Events) {
		p.line(bold, strings.Repeat(" ", names)+gap+line)
	}
	p.note(c.legend(&r.Timeline, hidden))
}

// remarkWidth is the room for the remarks: "max 123 456".
const remarkWidth = 11

// newChart makes a chart of at most that many columns: the points themselves, each over some columns, or
// several of them in one. A last one of less than half its time is left out, as on the page: it would tell little.
func newChart(t *report.Timeline, room int) chart {
	room = max(room, 1)
	together := (len(t.Points) + room - 1) / room
	c := chart{all: t.Points, step: t.StepMS * int64(together), stretch: min(chartStretch, max(1, room/len(t.Points)))}
	for i := 0; i < len(t.Points); i += together {
		c.columns = append(c.columns, view.Join(t.Points[i:min(i+together, len(t.Points))]))
	}
	n := len(c.columns) - 1
	if c.last = min(c.step, t.EndMS-int64(n)*c.step); 2*c.last < c.step && n > 0 {
		c.columns, c.last, c.left = c.columns[:n], c.step, c.last
	}
	return c
}

// chartNodeNames are the indices of the nodes that are drawn, and how many are not.
func chartNodeNames(r *report.Results) (named []int, hidden int) {
	for i := range r.Timeline.Points[0].Nodes {
		if i < chartNodes {
			named = append(named, i)
		} else {
			hidden++
		}
	}
	return named, hidden
}

// rows are what is drawn. Counts of the last column are as they would be if it had lasted as long as the others.
func (c *chart) rows(nodes []int) []chartRow {
	points := c.columns
	counted := func(n int64, p *report.Point) float64 {
		if p == &points[len(points)-1] {
			return float64(n*c.step) / float64(max(1, c.last))
		}
		return float64(n)
	}
	row := func(name string, value func(*report.Point) float64, remark func(most float64) string) chartRow {
		r, most := chartRow{name: name, heights: make([]float64, len(points))}, 0.0
		for i := range points {
			r.heights[i] = value(&points[i])
			most = max(most, r.heights[i])
		}
		for i := range r.heights {
			if r.heights[i] > 0 {
				r.heights[i] /= most
			}
		}
		r.remark = "max " + remark(most)
		return r
	}
	seconds := float64(c.step) / 1000
	rows := []chartRow{
		row("requests/s", func(p *report.Point) float64 { return counted(p.Requests, p) / seconds }, func(m float64) string { return format.Decimal(m, 0) }),
		row("p95 ms", func(p *report.Point) float64 { return ifAny(p.Requests, p.P95MS) }, format.Millis),
	}
	errors := row("errors", func(p *report.Point) float64 { return counted(p.Errors, p) }, func(m float64) string { return format.Decimal(m, 0) })
	if errors.remark != "max 0" {
		rows = append(rows, errors)
	}
	for _, i := range nodes {
		rows = append(rows, c.share(i))
	}
	return rows
}

// ifAny is x where there was any, else nothing.
func ifAny(n int64, x float64) float64 {
	if n == 0 {
		return -1
	}
	return x
}

// share is the share of one node; its whole height is all requests.
func (c *chart) share(node int) chartRow {
	r := chartRow{name: format.Clean(c.columns[0].Nodes[node].Node) + " share"}
	for i := range c.columns {
		r.heights = append(r.heights, ifAny(named(&c.columns[i]), c.columns[i].Nodes[node].Share))
	}
	var own, all int64
	for i := range c.all {
		own, all = own+c.all[i].Nodes[node].Requests, all+named(&c.all[i])
	}
	r.remark = format.Percent(float64(own) / float64(max(1, all)))
	return r
}

// named are the requests that named their node.
func named(p *report.Point) (n int64) {
	for i := range p.Nodes {
		n += p.Nodes[i].Requests
	}
	return n
}

// draw draws heights; a point stands for 0.
func (c *chart) draw(heights []float64) string {
	var line strings.Builder
	for _, h := range heights {
		b := '·'
		switch {
		case h < 0:
			b = ' '
		case h > 0:
			b = blocks[min(8, 1+int(h*8-1e-9))]
		}
		line.WriteString(strings.Repeat(string(b), c.stretch))
	}
	return line.String()
}

// letters are the lines of letters that mark the events.
func (c *chart) letters(events []report.Event) []string {
	width := len(c.columns) * c.stretch
	var lines [][]rune
	for i := range events {
		letter := view.EventLetter(i)
		at := int(min(int64(width-1), max(0, events[i].AtMS*int64(c.stretch)/c.step)))
		for k := 0; letter != ' ' && k < letterLines; k++ {
			if k == len(lines) {
				lines = append(lines, []rune(strings.Repeat(" ", width)))
			}
			if lines[k][at] == ' ' {
				lines[k][at] = letter
				break
			}
		}
	}
	text := make([]string, len(lines))
	for i, l := range lines {
		text[i] = strings.TrimRight(string(l), " ")
	}
	return text
}

func (c *chart) legend(t *report.Timeline, hidden int) string {
	said := fmt.Sprintf("%s per column", format.Plural(c.step/1000, "second"))
	if c.stretch > 1 {
		said = fmt.Sprintf("%d columns per %s", c.stretch, seconds(c.step))
	}
	if c.step > t.StepMS {
		said += ", p95 of the worst " + seconds(t.StepMS) + " of each"
	}
	if hidden > 0 {
		said += fmt.Sprintf("; %s are not drawn", format.Plural(int64(hidden), "more node"))
	}
	if c.left > 0 {
		said += fmt.Sprintf("; the last %s are not drawn", format.Span(c.left))
	}
	return said + "."
}

// seconds are "second", or "2 seconds".
func seconds(ms int64) string {
	if ms == 1000 {
		return "second"
	}
	return format.Plural(ms/1000, "second")
}
