package jtl

import (
	"bytes"
	"fmt"
	"strings"
)

// layoutOf is the order in which a version saves its columns. Sample variables follow behind them.
type layoutOf struct {
	version string
	columns []string
}

func columnsOf(version, names string) layoutOf { return layoutOf{version, strings.Split(names, ",")} }

// Layouts of JMeter's versions, for files without a header, the one with most columns first. Those of 2.x have
// bytes where later ones have failureMessage.
var (
	ownLayouts = []layoutOf{
		columnsOf("stickbench", bareNames(jtlHeader[:len(jtlHeader)-1]+lateHeader)),
		columnsOf("stickbench", bareNames(jtlHeader)),
	}
	layouts2 = []layoutOf{
		columnsOf("JMeter 2.13", "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,allThreads,Latency"),
		columnsOf("JMeter 2.9", "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,Latency"),
	}
	layouts3 = []layoutOf{
		columnsOf("JMeter 5", "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,"+
			"grpThreads,allThreads,URL,Latency,IdleTime,Connect"),
		columnsOf("JMeter 3.1 to 4.0", "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,"+
			"grpThreads,allThreads,Latency,IdleTime,Connect"),
		columnsOf("JMeter 3.0", "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"+
			"grpThreads,allThreads,Latency,IdleTime"),
	}
)

// numeric are the columns that hold whole numbers in every row.
var numeric = map[string]bool{
	"elapsed": true, "bytes": true, "sentBytes": true, "grpThreads": true, "allThreads": true, "Latency": true, "IdleTime": true, "Connect": true,
}

const (
	successField  = 7
	ninthField    = 8   // bytes in JMeter 2.x, failureMessage from 3.0 on
	headlessTried = 100 // rows that are looked at
)

// headless understands a file without a header by the rows that it begins with. A number in the ninth column
// of rows that succeeded tells JMeter 2.x, which has bytes there, from 3.0 on, which has failureMessage there;
// of these layouts the longest is taken whose columns of numbers hold numbers, and what is behind it are sample
// variables. Where another layout would fit as well, a warning says which was taken.
func (l *jtlLayout) headless(rows [][]string, o *Reading) error {
	if len(o.columns) > 0 {
		return &Error{Line: 1, Reason: "there is no header, so that no column can be named: write a line with the names of the columns above it"}
	}
	n := len(rows[0])
	for _, own := range ownLayouts {
		if n == len(own.columns) {
			l.take(own, n)
			l.strict = true
			return nil
		}
	}
	family, other := layouts3, layouts2
	if ninthIsNumber(rows) {
		family, other = layouts2, layouts3
	}
	taken, ok := firstFit(family, rows)
	rival, both := firstFit(other, rows)
	if !ok {
		taken, ok, both = rival, both, false
	}
	if !ok {
		return &Error{Line: 1, Reason: fmt.Sprintf("there is no header, and %d columns are not the default of any JMeter (10, 12, 14, 16 or 17, "+
			"and sample variables): write a line with the names of the columns above it", n)}
	}
	l.take(taken, n)
	switch {
	case both && len(rival.columns) == n:
		l.warnings = append(l.warnings, fmt.Sprintf("The recording has no header. It is read as %s saves, with sample variables behind the %d columns; "+
			"the columns of %s would fit as well: write their names above the file if it is one of those.", taken.version, len(taken.columns), rival.version))
	case n > len(taken.columns):
		l.warnings = append(l.warnings, fmt.Sprintf("The recording has no header. It is read as %s saves; the columns behind its %d are taken for sample variables.",
			taken.version, len(taken.columns)))
	}
	return nil
}

// take makes the layout that of the version, in rows of n fields.
func (l *jtlLayout) take(of layoutOf, n int) {
	l.names = append(l.names, of.columns...)
	for _, name := range of.columns {
		l.columns = append(l.columns, columnNames[name])
	}
	for i := len(l.names); i < n; i++ {
		l.names = append(l.names, fmt.Sprintf("variable %d", i+1-len(of.columns)))
		l.columns = append(l.columns, colIgnored)
	}
}

// ninthIsNumber reports whether rows that succeeded have numbers in the ninth column; without such rows,
// whether all do.
func ninthIsNumber(rows [][]string) bool {
	numbers, texts, failed := 0, 0, 0
	for _, row := range rows {
		switch {
		case len(row) <= ninthField:
		case !isWhole(row[ninthField]):
			texts++
		case strings.EqualFold(row[successField], "true"):
			numbers++
		default:
			failed++
		}
	}
	if numbers > 0 {
		return true
	}
	return failed > 0 && texts == 0
}

// firstFit is the first of the layouts whose columns of numbers hold numbers in all rows.
func firstFit(of []layoutOf, rows [][]string) (layoutOf, bool) {
	for _, candidate := range of {
		if candidate.fits(rows) {
			return candidate, true
		}
	}
	return layoutOf{}, false
}

func (c layoutOf) fits(rows [][]string) bool {
	for _, row := range rows {
		if len(row) < len(c.columns) {
			return false
		}
		for i, name := range c.columns {
			if numeric[name] && !isWhole(row[i]) || name == "success" && !isBoolean(row[i]) || name == "URL" && isWhole(row[i]) {
				return false
			}
		}
	}
	return true
}

func isBoolean(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// isWhole reports whether s is a whole number.
func isWhole(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && len(s) == digitRun([]byte(s))
}

// firstRows are the rows that the file begins with: the first, and those behind it that are whole in head.
func (l *jtlLayout) firstRows(head []byte, first []string) [][]string {
	rows := [][]string{first}
	c := &csvReader{r: bytes.NewReader(head), delimiter: l.delimiter, eol: l.eol, next: 1}
	_, err := c.read() // the first once more
	for err == nil && len(rows) < headlessTried {
		ended, err := c.read()
		if err != nil || !ended {
			break
		}
		row, err := c.split()
		if err != nil || len(row) != len(first) {
			break
		}
		rows = append(rows, row)
	}
	return rows
}
