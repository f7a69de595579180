package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report"
)

const (
	// maxColumns bounds the columns of the heat map.
	maxColumns = 225
	// maxBands bounds the nodes that are drawn, and maxLines those that are drawn as lines in one chart.
	maxBands, maxLines = 24, 6
	// leastBand and mostBand are the heights of a node's band, and allBands that of all where it lies between.
	leastBand, mostBand, allBands = 46, 80, 320
)

// TimeCharts are the charts of the run's course; none if it is a single step.
func TimeCharts(r *report.Results) (list []Chart) {
	c := newCourse(r)
	if c == nil {
		return nil
	}
	add := func(made *Chart) {
		if made != nil {
			list = append(list, *made)
		}
	}
	add(c.rates())
	add(c.percentiles())
	add(c.nodeTimes())
	add(c.nodeShares())
	add(c.failures())
	add(c.statuses())
	add(c.users())
	add(c.arrivals())
	add(c.heat())
	return short(list)
}

// course is the timeline with what its charts have in common.
type course struct {
	*report.Timeline
	edges Values
	marks []Mark
	all   *report.Row
}

func newCourse(r *report.Results) *course {
	t := &r.Timeline
	if len(t.Points) < 2 {
		return nil
	}
	return &course{t, edges(t), marks(r.Events), &r.Total}
}

// chart is a chart of steps.
func (c *course) chart(id, title string, height int, y Axis, series ...Series) *Chart {
	return &Chart{ID: id, Title: title, Summary: title + " over time", Height: height, X: Axis{Unit: "time"}, Y: y, At: c.edges, Series: series, Marks: c.marks}
}

// values are a value of each step.
func (c *course) values(of func(p *report.Point) float64) Values {
	list := make(Values, len(c.Points))
	for i := range c.Points {
		list[i] = of(&c.Points[i])
	}
	return list
}

// perSecond are rates.
func (c *course) perSecond(count func(p *report.Point) float64) Values {
	list := c.values(count)
	for i := range list {
		list[i] *= 1000 / (c.edges[i+1] - c.edges[i])
	}
	return c.told(list)
}

// told leaves out the value of a last step that is less than half full: the end of a run is no fall.
func (c *course) told(list Values) Values {
	last := len(list) - 1
	if lasted := c.edges[last+1] - c.edges[last]; 2*lasted < float64(c.StepMS) {
		list[last] = math.NaN()
	}
	return list
}

// step is how long a step lasts: whole seconds.
func (c *course) step() string { return strconv.FormatInt(c.StepMS/1000, 10) + " s" }

func (c *course) rates() *Chart {
	good := Series{"ok", Stack, "first", 0, 0, c.perSecond(func(p *report.Point) float64 { return float64(p.Requests - p.Errors) })}
	made := c.chart("rate", "Requests per second", 150, Axis{Unit: "/s", Least: 0.1}, good)
	if c.all.Errors > 0 {
		made.Series = append(made.Series, Series{"failed", Stack, "bad", 0, 0, c.perSecond(func(p *report.Point) float64 { return float64(p.Errors) })})
	}
	made.Note = "Requests that ended in each step of " + c.step() + "; the last one counts as long as it lasted, and is left out here and below if that is less than half a step."
	return made
}

// someMS is a time of a step, which only one with requests has.
func someMS(requests int64, ms float64) float64 {
	if requests == 0 {
		return math.NaN()
	}
	return ms
}

// times are times of steps.
func (c *course) times(of func(p *report.Point) float64) Values {
	return c.told(c.values(func(p *report.Point) float64 { return someMS(p.Requests, of(p)) }))
}

// percentiles have the highest first, so that lower ones lie above it.
func (c *course) percentiles() *Chart {
	made := c.chart("times", "Response time, ms", 200, Axis{},
		Series{"p99", Line, "third", 0, 0, c.times(func(p *report.Point) float64 { return p.P99MS })},
		Series{"p95", Line, "second", 0, 0, c.times(func(p *report.Point) float64 { return p.P95MS })},
		Series{"p50", Line, "first", 0, 0, c.times(func(p *report.Point) float64 { return p.P50MS })})
	made.times()
	return made
}

// nodes makes a series of each node, of the first ones that have any value.
func (c *course) nodes(kind string, of func(p *report.Point, n *report.PointNode) float64) (list []Series, more int) {
	for k := range c.Points[0].Nodes {
		values := c.values(func(p *report.Point) float64 { return of(p, &p.Nodes[k]) })
		if !slices.ContainsFunc(values, func(v float64) bool { return v > 0 }) {
			continue
		}
		if len(list) == maxBands {
			more++
			continue
		}
		name := format.Clean(c.Points[0].Nodes[k].Node)
		list = append(list, Series{name, kind, fmt.Sprintf("n%d", len(list)%maxLines+1), 0, 0, values})
	}
	return list, more
}

// banded sets each series in a band of its own.
func (c *Chart) banded(more int) {
	c.Bands = true
	c.Height = len(c.Series) * min(mostBand, max(leastBand, allBands/max(1, len(c.Series))))
	for i := range c.Series {
		c.Series[i].Class = "band"
	}
	if more > 0 {
		c.Note = joined(c.Note, format.Plural(int64(more), "more node")+" are not drawn.")
	}
}

// nodeTimes compare the nodes; one alone has the times of all.
func (c *course) nodeTimes() *Chart {
	list, more := c.nodes(Line, func(_ *report.Point, n *report.PointNode) float64 {
		if n.P95MS == 0 {
			return math.NaN()
		}
		return n.P95MS
	})
	if len(list) < 2 {
		return nil
	}
	for i := range list {
		c.told(list[i].Values)
	}
	made := c.chart("nodetimes", "Response time p95 by node, ms", 200, Axis{}, list...)
	made.times()
	if len(list) > maxLines {
		for i := range list {
			list[i].Kind = Area
		}
		made.banded(more)
	}
	return made
}

func (c *course) nodeShares() *Chart {
	list, more := c.nodes(Area, func(p *report.Point, n *report.PointNode) float64 {
		if !named(p) {
			return math.NaN()
		}
		return 100 * n.Share
	})
	if len(list) < 2 {
		return nil
	}
	made := c.chart("shares", "Each node’s share of the requests", 0, Axis{Unit: "%", Least: 1, To: 100}, list...)
	if most := c.largestShare(); 100*most < 50 {
		made.Y.To = 100 * most
	}
	made.Note = "Of the requests that named their node, in each step of " + c.step() + "."
	made.banded(more)
	return made
}

func named(p *report.Point) bool {
	return slices.ContainsFunc(p.Nodes, func(n report.PointNode) bool { return n.Requests > 0 })
}

// largestShare is the largest share of a node in a step with enough requests to speak of one: half as many as the
// mean step.
func (c *course) largestShare() (most float64) {
	var all int64
	for i := range c.Points {
		all += c.Points[i].Requests
	}
	for i := range c.Points {
		if 2*c.Points[i].Requests*int64(len(c.Points)) < all {
			continue
		}
		for _, n := range c.Points[i].Nodes {
			most = max(most, n.Share)
		}
	}
	return most
}

func (c *course) failures() *Chart {
	if c.all.Errors == 0 {
		return nil
	}
	made := c.chart("failures", "Errors", 90, Axis{Unit: "errors", Least: 1},
		Series{"", Bars, "bad", 0, 0, c.values(func(p *report.Point) float64 { return float64(p.Errors) })})
	made.Note = "In each step of " + c.step() + "."
	return made
}

// statusStyles are the classes of statuses and how they are drawn.
var statusStyles = []struct{ name, class string }{
	{"no response", "n6"}, {"1xx", "seen"}, {"2xx", "first"}, {"3xx", "second"}, {"4xx", "seen"}, {"5xx", "bad"},
}

// statuses are those of requests; of one class alone there is nothing to tell.
func (c *course) statuses() *Chart {
	var list []Series
	for _, k := range []int{2, 3, 1, 4, 5, 0} {
		values := c.perSecond(func(p *report.Point) float64 { return float64(p.Statuses[k]) })
		if slices.ContainsFunc(c.Points, func(p report.Point) bool { return p.Statuses[k] > 0 }) {
			list = append(list, Series{statusStyles[k].name, Stack, statusStyles[k].class, 0, 0, values})
		}
	}
	if len(list) < 2 {
		return nil
	}
	return c.chart("statuses", "Status codes per second", 120, Axis{Unit: "/s", Least: 0.1}, list...)
}

func (c *course) users() *Chart {
	values := c.values(func(p *report.Point) float64 { return someMS(p.Requests, float64(p.Users)) })
	if !slices.ContainsFunc(values, func(v float64) bool { return v > 0 }) {
		return nil
	}
	made := c.chart("activity", "Active users", 90, Axis{Unit: "users", Least: 1}, Series{"", Area, "first", 0, 0, values})
	made.Note = "The most that were active when a request of the step ended."
	return made
}

func (c *course) arrivals() *Chart {
	started := c.perSecond(func(p *report.Point) float64 { return float64(p.Arrivals) })
	if !slices.ContainsFunc(started, func(v float64) bool { return v > 0 }) {
		return nil
	}
	made := c.chart("arrivals", "Arrivals per second", 120, Axis{Unit: "/s", Least: 0.1}, Series{"started", Area, "first", 0, 0, started})
	planned := c.perSecond(func(p *report.Point) float64 { return p.Planned })
	if slices.ContainsFunc(planned, func(v float64) bool { return v > 0 }) {
		made.Series = append(made.Series, Series{"planned", Line, "third", 0, 0, planned})
	}
	return made
}

// heat is how many requests took how long in each step.
func (c *course) heat() *Chart {
	if c.Heat == nil {
		return nil
	}
	together := (len(c.Points) + maxColumns - 1) / maxColumns
	made := c.chart("heat", "Response times, ms: how many requests took how long", 180, Axis{Unit: "ms", Log: true, Tight: true})
	made.At = nil
	for i := 0; i < len(c.Points); i += together {
		made.At = append(made.At, c.edges[i])
	}
	made.At = append(made.At, c.edges[len(c.edges)-1])
	for row, counts := range c.Heat.Counts {
		s := Series{Kind: Heat, Class: "heat", Low: c.Heat.BoundsMS[row], High: c.Heat.BoundsMS[row+1]}
		for part := range slices.Chunk(counts, together) {
			sum := int64(0)
			for _, n := range part {
				sum += n
			}
			s.Values = append(s.Values, float64(sum))
		}
		made.Series = append(made.Series, s)
	}
	made.Note = "The darker, the larger the part of the step’s requests. Logarithmic scale."
	return made
}

// edges are those of the steps; the last one lasts until the last request has ended.
func edges(t *report.Timeline) (list Values) {
	for i := range t.Points {
		list = append(list, float64(t.Points[i].AtMS))
	}
	last := t.Points[len(t.Points)-1].AtMS
	return append(list, float64(min(max(t.EndMS, last+1), last+t.StepMS)))
}
