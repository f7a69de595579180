package jtl

import (
	"fmt"
	"io"

	"stickbench/loadgen"
)

// readCSV reads a CSV file that begins with head.
func (in *jtlReader) readCSV(r io.Reader, head []byte) error {
	l, err := sniff(head)
	if err != nil {
		return err
	}
	c := &csvReader{r: r, delimiter: l.delimiter, eol: l.eol, next: 1}
	ended, err := c.read()
	if err == io.EOF {
		return &Error{Line: 1, Reason: "the file has only blank lines"}
	}
	if err != nil {
		return err
	}
	if l.header {
		c.splitPlain()
		if !ended && columnNames[string(c.at(0))] != colIgnored {
			in.info.Incomplete = 1
			return nil
		}
		if err = l.headed(c, in.reading); err == nil {
			ended, err = c.read()
		}
	} else {
		err = l.headless(l.firstRows(head), in.reading)
	}
	in.info.Warnings = l.warnings
	in.row.strict = l.strict
	defer in.warnLonger()
	for ; err == nil; ended, err = c.read() {
		done, err := in.csvRow(&l, c, ended)
		if done || err != nil {
			return err
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// warnLonger warns of rows with more fields than there are columns, as JMeter does.
func (in *jtlReader) warnLonger() {
	if n := in.row.longer; n > 0 {
		in.info.Warnings = append(in.info.Warnings, fmt.Sprintf("Rows with more fields than columns: %d. "+
			"What is behind the last column was left out: look whether a text with a delimiter stands there without quotes.", n))
	}
}

// csvRow hands on the row that c has read. A row without an end is taken for cut short if it is one of
// ours or if it cannot be understood; then the file is done.
func (in *jtlReader) csvRow(l *jtlLayout, c *csvReader, ended bool) (done bool, err error) {
	if !ended && l.strict {
		in.info.Incomplete = 1
		return true, nil
	}
	if err := in.understand(l, c); err != nil {
		if !ended {
			in.info.Incomplete = 1
			return true, nil
		}
		if l.repeated(c) {
			return false, nil
		}
		return false, err
	}
	return false, in.emit()
}

// understand sets the columns of the row. Its error is a *JTLError.
func (in *jtlReader) understand(l *jtlLayout, c *csvReader) (err error) {
	i := 0
	if c.plain() {
		i, err = in.row.plain(l.columns, c.text[:len(c.text)+beyond], c.delimiter[0])
	} else {
		i, err = in.row.split(l.columns, c)
	}
	if err != nil {
		return &Error{Line: c.line, Column: l.names[i], Reason: err.Error()}
	}
	return nil
}

// split takes the columns of a row that was split. The error is of the column with that index.
func (r *jtlRow) split(columns []column, c *csvReader) (i int, err error) {
	if len(c.fields) > len(columns) {
		r.longer++
	}
	for i, column := range columns {
		if i < len(c.fields) {
			err = r.set(column, c.at(i), c.fields[i].quoted)
		} else {
			err = r.missing(column, i, len(columns))
		}
		if err != nil {
			return i, err
		}
	}
	return 0, nil
}

// repeated reports whether the row is the header once more, as in files put one behind the other.
func (l *jtlLayout) repeated(c *csvReader) bool {
	c.splitPlain()
	if !l.header || len(c.fields) != len(l.names) {
		return false
	}
	for i := range c.fields {
		if string(c.at(i)) != l.names[i] {
			return false
		}
	}
	return true
}

// newJTLReader makes a reader that hands its samples to each.
func newJTLReader(each func(*loadgen.Sample) error, o *Reading) *jtlReader {
	return &jtlReader{each: each, row: newJTLRow(), reading: o}
}

// emit hands on the sample that the row has become.
func (in *jtlReader) emit() error {
	if !in.row.finish() {
		in.info.Empty++
		return nil
	}
	in.info.Samples++
	if in.reading.texts == nil && in.row.odds == 0 {
		return in.each(&in.row.sample)
	}
	s := in.row.sample
	if in.reading.texts != nil {
		in.reading.nameFromTexts(&s)
	}
	s.Bound()
	return in.each(&s)
}
