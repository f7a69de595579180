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
func (in *jtlReader) understand(l *jtlLayout, c *csvReader) error {
	in.row.reset()
	in.row.strict = l.strict
	fields, text := c.fields, c.text
	for i, column := range l.columns {
		if i >= len(fields) {
			if column == colIgnored || column >= colElapsedMicros && !l.strict {
				continue // variables, which JMeter does not miss either
			}
			return &Error{Line: c.line, Column: l.names[i], Reason: fmt.Sprintf("the row ends before it, after %d of %d fields: "+
				"complete the row, or remove it", len(fields), len(l.columns))}
		}
		f := fields[i]
		if err := in.row.set(column, text[f.from:f.to], f.quoted); err != nil {
			return &Error{Line: c.line, Column: l.names[i], Reason: err.Error()}
		}
	}
	return nil
}

// repeated reports whether the row is the header once more, as in files put one behind the other.
func (l *jtlLayout) repeated(c *csvReader) bool {
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
	if in.row.nothing {
		in.info.Empty++
		return nil
	}
	in.row.finish()
	if in.reading.texts != nil {
		in.reading.nameFromTexts(&in.row.sample)
		in.row.known.odd = true
	}
	if in.row.known.odd {
		in.row.sample.Bound()
	}
	in.info.Samples++
	return in.each(&in.row.sample)
}
