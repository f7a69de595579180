package view

import (
	"math"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
)

// LatencyCharts are the distribution of the response times and their percentile curve; none without requests.
func LatencyCharts(l *report.Latency) []Chart {
	if l == nil {
		return nil
	}
	return short([]Chart{distribution(l), curve(l)})
}

// distribution has a bar for each bucket, on a logarithmic axis, on which buckets are equally wide.
func distribution(l *report.Latency) Chart {
	c := Chart{
		ID: "distribution", Title: "Distribution of response times, % of requests", Summary: "How many requests took how long", Height: 180,
		X: Axis{Unit: "ms", Log: true, Tight: true}, Y: Axis{Unit: "%", Least: 0.001}, Note: "Response time in ms, on a logarithmic scale.",
	}
	good, bad := Series{Name: "ok", Kind: Bars, Class: "bars"}, Series{Name: "failed", Kind: Bars, Class: "bad"}
	failed := false
	add := func(end float64, ok, wrong int64) {
		c.At = append(c.At, end)
		good.Values = append(good.Values, 100*float64(ok)/float64(l.Requests))
		bad.Values = append(bad.Values, 100*float64(wrong)/float64(l.Requests))
		failed = failed || wrong > 0
	}
	first := l.Buckets[0]
	c.At = append(c.At, max(first.FromMS, first.ToMS/2))
	for _, b := range l.Buckets {
		if b.FromMS > c.At[len(c.At)-1] { // there was nothing between them
			add(b.FromMS, 0, 0)
		}
		add(b.ToMS, b.Count-b.Failed, b.Failed)
	}
	if c.Series = []Series{good}; failed {
		c.Series = append(c.Series, bad)
	}
	for _, share := range []float64{0.5, 0.95, 0.99} {
		for _, q := range l.Percentiles {
			if q.Share == share {
				name := percentileName(share)
				c.Marks = append(c.Marks, Mark{At: q.MS, Letter: name, Title: name + " " + format.Millis(q.MS) + " ms", Class: "seen"})
				break
			}
		}
	}
	return c
}

func percentileName(share float64) string {
	return "p" + strconv.FormatFloat(math.Round(share*1e9)/1e7, 'f', -1, 64)
}

// curve is the response time over the percentile.
func curve(l *report.Latency) Chart {
	c := Chart{ID: "curve", Title: "Percentile curve, ms", Summary: "The response time at each percentile", Height: 180, X: Axis{Unit: "nines"}, Note: curveNote}
	s := Series{Kind: Line, Class: "first"}
	for _, q := range l.Percentiles {
		c.At, s.Values = append(c.At, nines(q.Share, float64(l.Requests))), append(s.Values, q.MS)
	}
	c.Series = []Series{s}
	c.times()
	return c
}

// nines is the place of a share on an axis on which each nine is as wide as the one before, as far as n values can tell
// shares apart.
func nines(share, n float64) float64 {
	return min(-math.Log10(1-share), max(1, math.Log10(n)))
}

const curveNote = "So many percent of the requests took at most so long; the last value is the largest one."

// CompareCurve are the percentile curves of both sides; none without samples.
func CompareCurve(list []compare.Percentile) []Chart {
	if len(list) == 0 {
		return nil
	}
	c := Chart{ID: "percentiles", Title: "Percentile curve, ms", Summary: "The response time at each percentile, before and after", Height: 220, X: Axis{Unit: "nines"}}
	n := 1 / (1 - list[len(list)-2].Share) // as far as the one before the largest
	var before, after Values
	for _, q := range list {
		c.At, before, after = append(c.At, nines(q.Share, n)), append(before, q.BeforeMS), append(after, q.AfterMS)
	}
	c.Series = sides(before, after)
	c.Note = curveNote + " Of what was compared, as far as the smaller side tells percentiles apart."
	c.times()
	return short([]Chart{c})
}

// sides are both sides, the one before drawn first and dashed.
func sides(before, after Values) []Series {
	return []Series{{Name: "before", Kind: Line, Class: "before", Values: before}, {Name: "after", Kind: Line, Class: "after", Values: after}}
}

// CompareCharts are both sides over time; none where their course is not known.
func CompareCharts(c *compare.Charts) (list []Chart) {
	if c == nil || len(c.Before)+len(c.After) == 0 {
		return nil
	}
	for _, f := range []struct {
		id, title string
		y         Axis
		of        func(*compare.Point) float64
	}{
		{"rate", "Requests per second", Axis{Unit: "/s", Least: 0.1}, func(p *compare.Point) float64 { return p.Throughput }},
		{"p50", "Response time p50, ms", Axis{Unit: "ms"}, func(p *compare.Point) float64 { return p.P50MS }},
		{"p95", "Response time p95, ms", Axis{Unit: "ms"}, func(p *compare.Point) float64 { return p.P95MS }},
		{"failures", "Errors per second", Axis{Unit: "/s", Least: 0.1}, func(p *compare.Point) float64 { return p.Errors }},
	} {
		made := compareChart(c, f.of)
		made.ID, made.Title, made.Summary, made.Y = f.id, f.title, f.title+" over time, before and after", f.y
		if f.y.Unit == "ms" {
			made.times()
		}
		if _, most := made.Ends(); f.id == "failures" && most == 0 {
			continue
		}
		list = append(list, made)
	}
	return short(list)
}

// compareChart is a value of both sides over time; of the side that ended before, there is none.
func compareChart(c *compare.Charts, of func(*compare.Point) float64) Chart {
	made := Chart{Height: 150, X: Axis{Unit: "time"}}
	steps := max(len(c.Before), len(c.After))
	values := func(side []compare.Point) (list Values) {
		for i := range steps {
			v := math.NaN()
			if i < len(side) {
				v = of(&side[i])
			}
			list = append(list, v)
		}
		return list
	}
	for i := range steps + 1 {
		made.At = append(made.At, float64(c.StepMS*int64(i)))
	}
	end := made.At[steps]
	made.Series = sides(values(c.Before), values(c.After))
	for _, side := range []struct {
		name  string
		spans []compare.Span
	}{{"left out before", c.BeforeLeftOut}, {"left out after", c.AfterLeftOut}} {
		for _, s := range side.spans {
			made.Series = append(made.Series, Series{Name: side.name, Kind: Shade, Class: "leftout", Low: float64(s.FromMS), High: min(end, float64(s.ToMS))})
		}
	}
	return made
}
