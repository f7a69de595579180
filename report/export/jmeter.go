package export

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// JMeterTable is a table of JMeter's: its columns, and their figures without the label as the screen shows
// them (DecimalFormats of its renderers) and as a file has them.
type JMeterTable struct {
	header        []string
	screen, saved func(*report.JMeterRow) []string
}

// The tables of JMeter 5.
var (
	SummaryReport = JMeterTable{[]string{ // SummaryReport.COLUMNS
		"Label", "# Samples", "Average", "Min", "Max", "Std. Dev.", "Error %", "Throughput", "Received KB/sec", "Sent KB/sec", "Avg. Bytes",
	}, func(j *report.JMeterRow) []string {
		return summaryCells(j, javaFixed(j.ErrorRate*100, 2)+"%", javaRate(j.Throughput))
	}, func(j *report.JMeterRow) []string {
		return summaryCells(j, javaFixed(j.ErrorRate*100, 3)+"%", javaBare(j.Throughput, 5))
	}}
	AggregateReport = JMeterTable{[]string{ // StatVisualizer.COLUMNS
		"Label", "# Samples", "Average", "Median", "90% Line", "95% Line", "99% Line", "Min", "Max", "Error %", "Throughput", "Received KB/sec", "Sent KB/sec",
	}, func(j *report.JMeterRow) []string {
		return aggregateCells(j, javaFixed(j.ErrorRate*100, 2)+"%", javaRate(spanRate(j)))
	}, func(j *report.JMeterRow) []string {
		return aggregateCells(j, javaFixed(j.ErrorRate*100, 3)+"%", javaBare(spanRate(j), 5))
	}}
)

// Write writes the table as JMeter 5 shows it on the screen: its columns, its rows, TOTAL last, and its figures
// to the last digit. Columns are at least two blanks apart, the label is on the left and the numbers on the
// right, and no number holds a blank, so that a program can split a line from its end. What is not printable in
// a label is written as an escape.
//
// Errors are those of w.
func (t JMeterTable) Write(w io.Writer, r *report.Results) error {
	lines := t.lines(r, t.screen)
	widths := make([]int, len(t.header))
	for i := range lines {
		lines[i][0] = format.Clean(lines[i][0])
		for c, text := range lines[i] {
			widths[c] = max(widths[c], format.Cells.StringWidth(text))
		}
	}
	b := bufio.NewWriter(w)
	for _, line := range lines {
		b.WriteString(format.Pad(line[0], widths[0], false))
		for c, text := range line[1:] {
			b.WriteString("  ")
			b.WriteString(format.Pad(text, widths[c+1], true))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// WriteCSV writes the table as JMeter 5 saves it with "Save Table Data" and "Save Table Header"
// (CSVSaveService.saveCSVStats): commas, throughput per second in five decimals, and a label in quotes only where
// it holds a comma or a quote. JMeter leaves a line break as it is, and so makes two records of one; here it is
// quoted too (RFC 4180).
//
// Errors are those of w.
func (t JMeterTable) WriteCSV(w io.Writer, r *report.Results) error {
	b := bufio.NewWriter(w)
	for _, line := range t.lines(r, t.saved) {
		if strings.ContainsAny(line[0], ",\"\r\n") {
			line[0] = `"` + strings.ReplaceAll(line[0], `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(line, ","))
		b.WriteByte('\n')
	}
	return b.Flush()
}

// lines are the header, a line per label and TOTAL.
func (t JMeterTable) lines(r *report.Results, cells func(*report.JMeterRow) []string) [][]string {
	lines := make([][]string, 0, len(r.Labels)+2)
	lines = append(lines, slices.Clone(t.header))
	for i := range r.Labels {
		lines = append(lines, append([]string{r.Labels[i].Label}, cells(&r.Labels[i].JMeter)...))
	}
	total := &r.Total.JMeter
	if r.JMeterTotal != nil {
		total = r.JMeterTotal
	}
	return append(lines, append([]string{r.Total.Label}, cells(total)...))
}

func summaryCells(j *report.JMeterRow, errors, throughput string) []string {
	low, high := extremes(j)
	return []string{
		whole(j.Count), whole(j.Average), low, high, javaFixed(j.StdDev, 2), errors, throughput,
		javaFixed(j.ReceivedKBps, 2), javaFixed(j.SentKBps, 2), javaBare(j.AvgBytes, 1),
	}
}

func aggregateCells(j *report.JMeterRow, errors, throughput string) []string {
	low, high := extremes(j)
	p := j.Percentiles
	return []string{
		whole(j.Count), whole(j.Average), whole(p[0]), whole(p[1]), whole(p[2]), whole(p[3]), low, high, errors, throughput,
		javaFixed(j.ReceivedKBps, 2), javaFixed(j.SentKBps, 2),
	}
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// extremes are the least and the greatest time.
func extremes(j *report.JMeterRow) (low, high string) {
	if j.Count == 0 {
		return "#N/A", "#N/A"
	}
	return whole(j.Min), whole(j.Max)
}

// spanRate is the throughput of the Aggregate Report (SamplingStatCalculator.getRate), which is infinite where
// there was no time, and 0 without samples.
func spanRate(j *report.JMeterRow) float64 {
	switch {
	case j.Count == 0:
		return 0
	case j.Span <= 0:
		return math.Inf(1)
	}
	return float64(j.Count) / float64(j.Span) * 1000
}

// javaFixed formats as Java's DecimalFormat("#0.00") with that many zeros does: half-even on the exact
// value of the double, which is what strconv does.
func javaFixed(x float64, decimals int) string {
	if math.IsInf(x, 1) {
		return "∞"
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// javaBare formats as DecimalFormat("#.0") does: like javaFixed, without a zero before the point.
func javaBare(x float64, decimals int) string {
	s := javaFixed(x, decimals)
	if rest, ok := strings.CutPrefix(s, "0."); ok {
		return "." + rest
	}
	return s
}

// javaRate formats a rate per second as JMeter's RateRenderer("#.0") does.
func javaRate(perSecond float64) string {
	rate, unit := format.RateUnit(perSecond)
	return javaBare(rate, 1) + unit
}
