package html

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// latencyPlots are the distribution of the response times and their percentile curve.
func latencyPlots(l *report.Latency) []plot {
	if l == nil {
		return nil
	}
	return []plot{distributionPlot(l), curvePlot(l)}
}

// distributionPlot has a bar for each bucket, on a logarithmic axis, on which buckets are equally wide.
func distributionPlot(l *report.Latency) plot {
	first, last := l.Buckets[0], l.Buckets[len(l.Buckets)-1]
	x := logarithmic(max(first.FromMS, first.ToMS/2), last.ToMS, false)
	most := int64(0)
	for _, b := range l.Buckets {
		most = max(most, b.Count)
	}
	y := fromZero(100*float64(most)/float64(l.Requests), 0.001, 4)
	p := plot{ID: "distribution", Title: "Distribution of response times, % of requests", Height: 180, X: ticksOf(&x), Y: ticksOf(&y)}
	p.Summary = "How many requests took how long"
	var bars strings.Builder
	for _, b := range l.Buckets {
		left, right := round(x.at(b.FromMS)*plotWidth), round(x.at(b.ToMS)*plotWidth)
		share := float64(b.Count) / float64(l.Requests)
		bars.WriteString(box(left, max(2, right-left-2), max(3, round(y.at(share*100)*plotHeight))))
		p.Columns = append(p.Columns, plotColumn{left, max(2, right-left), fmt.Sprintf("%s – %s ms\n%s, %s",
			format.Millis(b.FromMS), format.Millis(b.ToMS), format.Plural(b.Count, "request"), format.Percent(share))})
	}
	p.Curves = []curve{{Class: "bars", Path: bars.String()}}
	p.Marks = percentileMarks(l, &x)
	p.Note = "Response time in ms, on a logarithmic scale."
	return p
}

// percentileMarks are the usual percentiles on the axis of times.
func percentileMarks(l *report.Latency, x *scale) (list []plotMark) {
	for _, share := range []float64{0.5, 0.95, 0.99} {
		for _, q := range l.Percentiles {
			if q.Share == share {
				at := x.at(q.MS)
				name := "p" + strconv.Itoa(round(share*100))
				list = append(list, plotMark{At: hundredth(at), X: round(at * plotWidth), Letter: name, Title: name + " " + format.Millis(q.MS) + " ms", Class: "seen"})
				break
			}
		}
	}
	stagger(list)
	return list
}

// nineAxis is an axis of percentiles, each nine of which is as wide as the one before.
type nineAxis struct{ scale }

// newNineAxis reaches as far as n values can tell percentiles apart.
func newNineAxis(n float64) nineAxis {
	nines := max(1, math.Log10(n))
	x := scale{to: nines}
	for i := 0.0; i <= nines; i++ {
		share := 1 - math.Pow(10, -i)
		x.ticks = append(x.ticks, tick{i, strconv.FormatFloat(100*share, 'f', max(0, int(i)-2), 64) + "%"})
	}
	return nineAxis{x}
}

// of is the place of a share.
func (x *nineAxis) of(share float64) float64 {
	if share == 1 {
		return 1
	}
	return x.at(-math.Log10(1 - share))
}

// plotTicks are those of the nines, and the median.
func (x *nineAxis) plotTicks() []plotTick {
	return append(ticksOf(&x.scale), plotTick{hundredth(x.of(0.5)), "50%", true})
}

// curvePlot is the response time over the percentile.
func curvePlot(l *report.Latency) plot {
	last := len(l.Percentiles) - 1
	x := newNineAxis(float64(l.Requests))
	y := milliseconds(l.Percentiles[0].MS, l.Percentiles[last].MS)
	p := plot{ID: "curve", Title: "Percentile curve, ms", Height: 180, X: x.plotTicks(), Y: ticksOf(&y), Summary: "The response time at each percentile"}
	places := make([]place, len(l.Percentiles))
	for i, q := range l.Percentiles {
		places[i] = place{x.of(q.Share), y.at(q.MS)}
		p.Columns = append(p.Columns, plotColumn{X: round(places[i].x * plotWidth), Title: percentileText(q)})
	}
	halfway(p.Columns)
	p.Curves = []curve{{Class: "line first", Path: line(places)}}
	p.Note = curveNote
	return logNote(p, &y)
}

const curveNote = "So many percent of the requests took at most so long; the last value is the largest one."

func percentileText(q report.Percentile) string {
	return percentileName(q.Share) + "\n" + format.Millis(q.MS) + " ms"
}

func percentileName(share float64) string {
	name := strconv.FormatFloat(share*100, 'f', -1, 64)
	if len(name) > 9 {
		name = strconv.FormatFloat(share*100, 'g', 9, 64)
	}
	switch share {
	case 0:
		return "smallest"
	case 1:
		return "largest"
	}
	return "p" + name
}

// halfway makes columns that stand at points reach half the way to their neighbours.
func halfway(columns []plotColumn) {
	at := make([]int, len(columns))
	for i := range columns {
		at[i] = columns[i].X
	}
	for i := range columns {
		left, right := 0, plotWidth
		if i > 0 {
			left = (at[i-1] + at[i]) / 2
		}
		if i+1 < len(at) {
			right = (at[i] + at[i+1]) / 2
		}
		columns[i].X, columns[i].Width = left, max(1, right-left)
	}
}
