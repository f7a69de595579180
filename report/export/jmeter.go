package export

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// jmeterHeader are the columns of JMeter 5's Summary Report (SummaryReport.COLUMNS).
var jmeterHeader = [...]string{
	"Label", "# Samples", "Average", "Min", "Max", "Std. Dev.", "Error %", "Throughput",
	"Received KB/sec", "Sent KB/sec", "Avg. Bytes",
}

// jmeterCells is one line of the report.
type jmeterCells [len(jmeterHeader)]string

// WriteJMeterTable writes the Summary Report as JMeter 5 shows it on the screen: its columns, its rows,
// TOTAL last, and its figures to the last digit. Columns are at least two blanks apart, the label is on
// the left and the numbers on the right, and no number holds a blank, so that a program can split a
// line from its end. What is not printable in a label is written as an escape.
//
// Errors are those of w.
func WriteJMeterTable(w io.Writer, r *report.Results) error {
	lines := jmeterLines(r, screenCells)
	var widths [len(jmeterHeader)]int
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

// WriteJMeterCSV writes the Summary Report as JMeter 5 saves it with "Save Table Data" and "Save Table
// Header" (CSVSaveService.saveCSVStats): commas, throughput per second in five decimals, and a label in
// quotes only where it holds a comma or a quote. JMeter leaves a line break as it is, and so makes two records of
// one; here it is quoted too (RFC 4180).
//
// Errors are those of w.
func WriteJMeterCSV(w io.Writer, r *report.Results) error {
	b := bufio.NewWriter(w)
	for _, line := range jmeterLines(r, savedCells) {
		if strings.ContainsAny(line[0], ",\"\r\n") {
			line[0] = `"` + strings.ReplaceAll(line[0], `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(line[:], ","))
		b.WriteByte('\n')
	}
	return b.Flush()
}

// jmeterLines are the header, a line per label and TOTAL.
func jmeterLines(r *report.Results, format func(*report.JMeterRow) jmeterCells) []jmeterCells {
	lines := make([]jmeterCells, 0, len(r.Labels)+2)
	lines = append(lines, jmeterHeader)
	add := func(row *report.Row) {
		line := format(&row.JMeter)
		line[0] = row.Label
		lines = append(lines, line)
	}
	for i := range r.Labels {
		add(&r.Labels[i])
	}
	add(&r.Total)
	return lines
}

// screenCells are the figures as the table on JMeter's screen shows them.
func screenCells(j *report.JMeterRow) jmeterCells {
	line := plainCells(j)
	line[6] = javaFixed(j.ErrorRate*100, 2) + "%"
	line[7] = javaRate(j.Throughput)
	return line
}

// savedCells are the figures as JMeter saves the table.
func savedCells(j *report.JMeterRow) jmeterCells {
	line := plainCells(j)
	line[6] = javaFixed(j.ErrorRate*100, 3) + "%"
	line[7] = javaBare(j.Throughput, 5)
	return line
}

// plainCells are the figures that look the same in both.
func plainCells(j *report.JMeterRow) jmeterCells {
	line := jmeterCells{
		1:  strconv.FormatInt(j.Count, 10),
		2:  strconv.FormatInt(j.Average, 10),
		3:  strconv.FormatInt(j.Min, 10),
		4:  strconv.FormatInt(j.Max, 10),
		5:  javaFixed(j.StdDev, 2),
		8:  javaFixed(j.ReceivedKBps, 2),
		9:  javaFixed(j.SentKBps, 2),
		10: javaBare(j.AvgBytes, 1),
	}
	if j.Count == 0 {
		line[3], line[4] = "#N/A", "#N/A"
	}
	return line
}

// javaFixed formats as Java's DecimalFormat("#0.00") with that many zeros does: half-even on the exact
// value of the double, which is what strconv does.
func javaFixed(x float64, decimals int) string { return strconv.FormatFloat(x, 'f', decimals, 64) }

// javaBare formats as DecimalFormat("#.0") does: like javaFixed, without a zero before the point.
func javaBare(x float64, decimals int) string {
	s := javaFixed(x, decimals)
	if rest, ok := strings.CutPrefix(s, "0."); ok {
		return "." + rest
	}
	return s
}

// javaRate formats a rate per second as JMeter's RateRenderer("#.0") does: the unit is the first of
// second, minute and hour in which the rate, not rounded, is at least 1, or the hour.
func javaRate(perSecond float64) string {
	x, unit := perSecond, "/sec"
	if x < 1 {
		x, unit = x*60, "/min"
	}
	if x < 1 {
		x, unit = x*60, "/hour"
	}
	return javaBare(x, 1) + unit
}
