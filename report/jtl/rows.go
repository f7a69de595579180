package jtl

import (
	"fmt"
	"io"
	"slices"

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
	fields, err := c.split()
	if err != nil {
		return err
	}
	if l.header {
		if !ended && columnNames[fields[0]] != colIgnored {
			in.info.Incomplete = 1
			return nil
		}
		if err = l.headed(fields, in.reading); err == nil {
			ended, err = c.read()
		}
	} else {
		err = l.headless(l.firstRows(head, fields), in.reading)
	}
	in.info.Warnings = l.warnings
	in.row.strict = l.strict
	defer in.warnLonger()
	c.cells = newCells(l.columns, in.row, c.wide())
	for ; err == nil; ended, err = c.read() {
		if err = in.csvRow(&l, c, ended); err != nil {
			break
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
// ours or if it cannot be understood. It returns io.EOF then: the file is done.
func (in *jtlReader) csvRow(l *jtlLayout, c *csvReader, ended bool) error {
	i, err, cut := 0, error(nil), !ended && l.strict
	if !cut {
		i, err = in.row.take(c)
	}
	if cut || err != nil {
		fields, stray := c.split()
		switch {
		case stray != nil:
			return stray
		case !ended:
			in.info.Incomplete = 1
			return io.EOF
		case l.header && slices.Equal(fields, l.names): // once more, as in files put one behind the other
			for i := range c.cells {
				c.cells[i].forget()
			}
			return nil
		}
		return &Error{Line: c.line, Column: l.names[i], Reason: err.Error()}
	}
	return in.emit()
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
