package jtl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jtlLayout says how the rows of a CSV file are to be understood.
type jtlLayout struct {
	header    bool
	delimiter []byte
	eol       byte
	names     []string // for messages
	columns   []column
	strict    bool // the file is one of ours
	warnings  []string
}

func bareNames(header string) string {
	return strings.ReplaceAll(strings.TrimSuffix(header, "\n"), `"`, "")
}

// headed understands the header. The names are JMeter's, in any order and some of them in quotes, and any
// others, whose columns are passed over.
func (l *jtlLayout) headed(fields []string, o *Reading) error {
	known := map[column]bool{}
	for _, name := range fields {
		name = strings.TrimSpace(name)
		column, _ := o.column(name, columnNames)
		if known[column] {
			l.warnings = append(l.warnings, fmt.Sprintf("Two columns are called %q: the first is read.", name))
			column = colIgnored // a variable named like a column; JMeter writes variables last
		}
		if column != colIgnored {
			known[column] = true
		}
		l.names = append(l.names, name)
		l.columns = append(l.columns, column)
	}
	if len(known) == 0 {
		return &Error{Line: 1, Reason: "this is neither a header with JMeter's column names nor a row of a JTL file"}
	}
	if !known[colElapsed] {
		return &Error{Line: 1, Column: "elapsed", Reason: "there is no such column, and without it nothing to report: " +
			"save with jmeter.save.saveservice.time=true"}
	}
	for name := range o.columns {
		if !slices.Contains(l.names, name) {
			return &Error{Line: 1, Column: name, Reason: "there is no such column: the file has " + strings.Join(l.names, ", ")}
		}
	}
	l.strict = known[colElapsedMicros] && known[colKind]
	l.missing(known)
	return nil
}

// missing warns of columns without which figures have no meaning.
func (l *jtlLayout) missing(known map[column]bool) {
	for _, m := range []struct {
		column column
		text   string
	}{
		{colTimeStamp, "The recording has no timeStamp column: throughput and KB/sec mean nothing."},
		{colLabel, "The recording has no label column: all samples are in one row."},
		{colSuccess, "The recording has no success column: a sample counts as failed by its responseCode alone."},
		{colBytes, "The recording has no bytes column: Received KB/sec and Avg. Bytes are 0."},
	} {
		if !known[m.column] {
			l.warnings = append(l.warnings, m.text)
		}
	}
}

// sniff finds out from the beginning of a CSV file whether it has a header, and its delimiter and line ends.
// As in JMeter, the delimiter is the character behind the first name; without a header, behind the timestamp.
func sniff(head []byte) (jtlLayout, error) {
	head = bytes.TrimLeft(head, "\r\n")
	l := jtlLayout{delimiter: []byte{','}, eol: lineEnd(head)}
	line, _, _ := bytes.Cut(head, []byte{l.eol})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	n := stampLength(line)
	if n == 0 {
		l.header = true
		if n = nameLength(line); n == 0 {
			return l, &Error{Line: 1, Reason: "this is neither a header with JMeter's column names nor a row of a JTL file"}
		}
	}
	if n == len(line) {
		return l, nil
	}
	r, size := utf8.DecodeRune(line[n:])
	if r == utf8.RuneError || r == '"' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
		return l, &Error{Line: 1, Reason: fmt.Sprintf("%s is no delimiter of JMeter's", excerpt(line[n:n+size]))}
	}
	l.delimiter = bytes.Clone(line[n : n+size])
	return l, nil
}

// nameLength is the length of the column name that a line begins with, with its quotes, or 0.
func nameLength(line []byte) int {
	n := 0
	for n < len(line) && (line[n] == '_' || line[n]|0x20 >= 'a' && line[n]|0x20 <= 'z' || line[n] >= '0' && line[n] <= '9') {
		n++
	}
	if n == 0 && len(line) > 0 && line[0] == '"' {
		if k := bytes.IndexByte(line[1:], '"'); k > 0 {
			return k + 2
		}
	}
	return n
}

// lineEnd is the character that ends lines: '\n', also for CRLF, or '\r' where that stands alone.
func lineEnd(head []byte) byte {
	open := false
	for i, c := range head {
		switch {
		case c == '"':
			open = !open
		case open:
		case c == '\n':
			return '\n'
		case c == '\r' && i+1 < len(head) && head[i+1] != '\n':
			return '\r'
		}
	}
	return '\n'
}
