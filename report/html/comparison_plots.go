package html

import (
	"fmt"
	"math"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report/compare"
)

// chartView is both sides over time, with what the charts have in common.
type chartView struct {
	*compare.Charts
	steps int
	axis  scale
}

// newChartView is nil where there is no course to show.
func newChartView(c *compare.Charts) *chartView {
	if c == nil {
		return nil
	}
	v := &chartView{Charts: c, steps: max(len(c.Before), len(c.After))}
	if v.steps == 0 {
		return nil
	}
	end := c.StepMS * int64(v.steps)
	v.axis = clock(end)
	if len(v.axis.ticks) < 5 {
		v.axis = v.seconds(end)
	}
	return v
}

// seconds is an axis of a short run, with parts of seconds.
func (v *chartView) seconds(end int64) scale {
	s, step := scale{to: float64(end)}, niceStep(float64(end)/1000/6)
	for i := 0.0; i*step*1000 <= s.to; i++ {
		s.ticks = append(s.ticks, tick{i * step * 1000, decimal(i*step, step) + " s"})
	}
	return s
}

// moment writes when a step begins.
func (v *chartView) moment(step int) string {
	ms := v.StepMS * int64(step)
	if v.StepMS < 1000 {
		return strconv.FormatFloat(float64(ms)/1000, 'f', 2, 64) + " s"
	}
	return hour(ms, v.StepMS*int64(v.steps))
}

// pointValue is a value of a step, NaN for none.
type pointValue func(*compare.Point) float64

// valueAt is the value of a step of a side, which may have ended before.
func valueAt(side []compare.Point, step int, value pointValue) float64 {
	if step >= len(side) {
		return math.NaN()
	}
	return value(&side[step])
}

// ends are the least and the largest value of both sides; most is 0 where there is none.
func (v *chartView) ends(value pointValue) (least, most float64) {
	least = math.Inf(1)
	for _, side := range [][]compare.Point{v.Before, v.After} {
		for i := range side {
			if x := value(&side[i]); !math.IsNaN(x) {
				least, most = min(least, x), max(most, x)
			}
		}
	}
	return least, most
}

// course are the charts over time.
func (v *chartView) course() []plot {
	throughput := func(p *compare.Point) float64 { return p.Throughput }
	_, most := v.ends(throughput)
	list := []plot{v.plot("rate", "Requests per second", " requests/s", fromZero(most, 0.1, 4), throughput,
		func(x float64) string { return format.Decimal(x, 1) })}
	p50, p95 := func(p *compare.Point) float64 { return p.P50MS }, func(p *compare.Point) float64 { return p.P95MS }
	list = append(list, v.plot("p50", "Response time p50, ms", " ms", milliseconds(v.ends(p50)), p50, format.Millis),
		v.plot("p95", "Response time p95, ms", " ms", milliseconds(v.ends(p95)), p95, format.Millis))
	failed := func(p *compare.Point) float64 { return p.Errors }
	if _, most := v.ends(failed); most > 0 {
		list = append(list, v.plot("failures", "Errors per second", " errors/s", fromZero(most, 0.1, 4), failed,
			func(x float64) string { return format.Decimal(x, 1) }))
	}
	return list
}

// sideCurves are the lines of the sides, the one before drawn first and dashed.
func sideCurves(before, after []place) []curve {
	return []curve{{"before", "line before", line(before)}, {"after", "line after", line(after)}}
}

// plot is a chart of both sides over time.
func (v *chartView) plot(id, title, unit string, y scale, value pointValue, words func(float64) string) plot {
	p := plot{ID: id, Title: title, Height: 150, Time: true, Legend: true, X: ticksOf(&v.axis), Y: ticksOf(&y), Summary: title + " over time, before and after"}
	var before, after []place
	x := 0
	for i := range v.steps {
		was, is := valueAt(v.Before, i, value), valueAt(v.After, i, value)
		before, after = append(before, v.place(i, was, &y)), append(after, v.place(i, is, &y))
		end := (i + 1) * plotWidth / v.steps
		p.Columns = append(p.Columns, plotColumn{x, end - x, v.moment(i) + " – " + v.moment(i+1) + sideValues(was, is, unit, words)})
		x = end
	}
	p.Curves = append(v.leftOut(), sideCurves(before, after)...)
	return logNote(p, &y)
}

// leftOut shades what is left out of the comparison, of each side that has some.
func (v *chartView) leftOut() (list []curve) {
	end := float64(v.StepMS * int64(v.steps))
	for _, side := range []struct {
		name  string
		spans []compare.Span
	}{{"left out before", v.BeforeLeftOut}, {"left out after", v.AfterLeftOut}} {
		var shapes string
		for _, span := range side.spans {
			shapes += area([]place{{float64(span.FromMS) / end, 1}, {min(1, float64(span.ToMS)/end), 1}}, plotHeight, plotHeight)
		}
		if shapes != "" {
			list = append(list, curve{side.name, "leftout", shapes})
		}
	}
	return list
}

// place is the middle of a step.
func (v *chartView) place(step int, value float64, y *scale) place {
	at := place{(float64(step) + 0.5) / float64(v.steps), math.NaN()}
	if !math.IsNaN(value) {
		at.y = y.at(value)
	}
	return at
}

// sideValues say the values of both sides that have one.
func sideValues(before, after float64, unit string, words func(float64) string) (said string) {
	if !math.IsNaN(before) {
		said += "\nbefore " + words(before) + unit
	}
	if !math.IsNaN(after) {
		said += "\nafter " + words(after) + unit
	}
	return said
}

// note says what the charts over time show.
func (v *chartView) note(r *compare.Comparison) string {
	said := fmt.Sprintf("Steps of %s since the first request, by the start of requests, whole runs; what the comparison leaves out is shaded. ", format.Span(v.StepMS))
	if len(r.Before.Runs) > 1 || len(r.After.Runs) > 1 {
		said += "The runs of a side are laid on top of each other: rates are per run, percentiles of all their requests. "
	}
	if _, most := v.ends(func(p *compare.Point) float64 { return p.Errors }); most == 0 {
		said += "There were no errors on either side. "
	}
	return said + "A last step that is less than half full has no rate."
}

// comparedCurve are the percentile curves of both sides; none without samples.
func comparedCurve(list []compare.Percentile) []plot {
	if len(list) == 0 {
		return nil
	}
	x := newNineAxis(1 / (1 - list[len(list)-2].Share)) // as far as the one before the largest
	least, most := math.Inf(1), 0.0
	for _, q := range list {
		for _, ms := range []float64{q.BeforeMS, q.AfterMS} {
			if !math.IsNaN(ms) {
				least, most = min(least, ms), max(most, ms)
			}
		}
	}
	y := milliseconds(least, most)
	p := plot{ID: "percentiles", Title: "Percentile curve, ms", Height: 220, Legend: true, X: x.plotTicks(), Y: ticksOf(&y), Summary: "The response time at each percentile, before and after"}
	var before, after []place
	for _, q := range list {
		at := x.of(q.Share)
		was, is := place{at, math.NaN()}, place{at, math.NaN()}
		if !math.IsNaN(q.BeforeMS) {
			was.y = y.at(q.BeforeMS)
		}
		if !math.IsNaN(q.AfterMS) {
			is.y = y.at(q.AfterMS)
		}
		before, after = append(before, was), append(after, is)
		p.Columns = append(p.Columns, plotColumn{X: round(at * plotWidth), Title: percentileName(q.Share) + sideValues(q.BeforeMS, q.AfterMS, " ms", format.Millis)})
	}
	halfway(p.Columns)
	p.Curves, p.Note = sideCurves(before, after), curveNote+" Of what was compared, as far as the smaller side tells percentiles apart."
	return []plot{logNote(p, &y)}
}
