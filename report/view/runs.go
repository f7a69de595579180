package view

import (
	"math"
	"slices"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report"
)

// RunsTable has a row for each run of one plan, and below them the median of each figure and its spread, the
// largest less the smallest. Figures that a run does not have are left out of both.
func RunsTable(runs []*report.Results) Table {
	t := Table{Label: Column{Head: "Run", Left: true}}
	for i := range runs {
		t.Label.Cells = append(t.Label.Cells, strconv.Itoa(i+1))
	}
	t.Label.Cells = append(t.Label.Cells, "median", "spread")
	verdict := Column{Head: "Verdict", Left: true}
	for _, r := range runs {
		verdict.Cells = append(verdict.Cells, r.Verdict)
	}
	columns := []Column{verdict}
	columns[0].Cells = append(columns[0].Cells, "", "")
	for _, f := range runFigures {
		c := Column{Head: f.head}
		var values []float64
		for _, r := range runs {
			v, ok := f.of(r)
			if !ok {
				c.Cells = append(c.Cells, "–")
				continue
			}
			values = append(values, v)
			c.Cells = append(c.Cells, f.text(v))
		}
		median, spread := "–", "–"
		if len(values) > 0 {
			slices.Sort(values)
			median, spread = f.text(middle(values)), f.text(values[len(values)-1]-values[0])
		}
		c.Cells = append(c.Cells, median, spread)
		columns = append(columns, c)
	}
	t.Groups = [][]Column{columns}
	return t
}

// middle is the median of values in ascending order.
func middle(values []float64) float64 {
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// runFigure is a figure of a run as a whole.
type runFigure struct {
	head string
	of   func(*report.Results) (float64, bool)
	text func(float64) string
}

var runFigures = []runFigure{
	{"# Samples", total(func(r *report.Row) float64 { return float64(r.Samples) }), func(x float64) string { return format.Count(int64(math.Round(x))) }},
	{"Error %", total(func(r *report.Row) float64 { return r.ErrorRate }), func(x float64) string { return format.Decimal(x*100, 2) + "%" }},
	{"Throughput/s", total(func(r *report.Row) float64 { return r.Throughput }), func(x float64) string { return format.Decimal(x, 1) }},
	{"Average", timed(func(r *report.Row) float64 { return r.AverageMS }), format.Millis},
	{"p50", timed(func(r *report.Row) float64 { return r.P50MS }), format.Millis},
	{"p95", timed(func(r *report.Row) float64 { return r.P95MS }), format.Millis},
	{"p99", timed(func(r *report.Row) float64 { return r.P99MS }), format.Millis},
	{"Affinity", func(r *report.Results) (float64, bool) {
		if r.Affinity.Affinity == nil {
			return 0, false
		}
		return *r.Affinity.Affinity, true
	}, format.Percent},
	{"Lost", func(r *report.Results) (float64, bool) {
		return float64(r.Affinity.LostSessions), r.Affinity.Affinity != nil
	}, func(x float64) string { return format.Count(int64(math.Round(x))) }},
}

// total is a figure of all samples, timed one that there is only where there are samples.
func total(f func(*report.Row) float64) func(*report.Results) (float64, bool) {
	return func(r *report.Results) (float64, bool) { return f(&r.Total), true }
}

func timed(f func(*report.Row) float64) func(*report.Results) (float64, bool) {
	return func(r *report.Results) (float64, bool) { return f(&r.Total), r.Total.Samples > 0 }
}
