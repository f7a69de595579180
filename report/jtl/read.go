package jtl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"stickbench/loadgen"
)

// Info says what ReadJTL found besides samples.
type Info struct {
	Format  string // "csv" or "xml"
	Samples int64  // rows or elements handed on
	// Incomplete are the lines or elements at the end that were cut short and skipped, 0 or 1: the
	// run that wrote the file was killed, or still goes on.
	Incomplete int
	// Empty are the rows that stand for no sample (SampleCount 0), which JMeter does not count either.
	Empty int64
	// Warnings say which figures the file cannot give, because JMeter did not save what they need.
	Warnings []string
}

// Error says where a JTL file cannot be read, what is wrong there, and what to do about it.
type Error struct {
	Line   int    // line of the file where the row begins, from 1
	Column string // JMeter's name of the column, or ""
	Reason string // what is wrong and what to do, without a full stop
}

func (e *Error) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Reason)
}

// Read reads a recording and hands each of its samples to each, in the order of the file. The Sample is
// reused for the next one; its strings may be kept. What is read:
//
//   - what JTLWriter wrote;
//   - CSV of JMeter with a header, in any version, with any selection of columns and any delimiter, which
//     is found out, and a timeStamp of milliseconds, of JMeter's five date formats (CSVSaveService; in
//     the local time zone, as in JMeter), of RFC 3339, or none. Columns named like ours are read,
//     other variables and unknown columns are passed over;
//   - CSV without a header in the default columns of JMeter 2.9 to 5 (10, 12, 14, 16 or 17 of them);
//   - XML of JMeter, of which sub-samples are passed over, as JMeter does; in CSV, JMeter 5 writes them as rows
//     that count like any other, in JMeter as here;
//   - any of these compressed by gzip.
//
// Failures of other tools get their Kind from the exception in responseCode (java.net.ConnectException is
// a refused connection), from a status outside 200 to 399, or from there being a failureMessage. Without
// a success column the responseCode decides alone.
//
// A file whose last line or element was cut short is read up to there. Any other defect is a *JTLError.
// A goroutine of its own reads r, some samples ahead of each; it has ended when Read returns. The errors of each are
// returned as they are, those of r wrapped. Memory does not grow with the length
// of the file; a row of more than 8 MB is a defect.
//
// Nodes and counters are where o says. An error of a missing column has its name.
func (o *Reading) Read(r io.Reader, each func(*loadgen.Sample) error) (Info, error) {
	parse := func(each func(*loadgen.Sample) error) (Info, error) { return read(r, each, o) }
	if o.markers == nil {
		return ahead(parse, each)
	}
	m := &marked{markers: o.markers, each: each, last: map[string]int{}}
	info, err := ahead(parse, m.add)
	if err != nil {
		return info, err
	}
	return info, m.end()
}

func read(r io.Reader, each func(*loadgen.Sample) error, o *Reading) (Info, error) {
	b := bufio.NewReaderSize(r, readSize)
	head, _ := b.Peek(2)
	if bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return Info{}, readError(err)
		}
		b = bufio.NewReaderSize(z, readSize)
	}
	if head, _ = b.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		if _, err := b.Discard(3); err != nil {
			return Info{}, readError(err)
		}
	}
	head, err := b.Peek(readSize)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Info{}, readError(err)
	}
	in := newJTLReader(each, o)
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(text) == 0 && len(head) < readSize:
		return in.info, &Error{Line: 1, Reason: "the file is empty: a run that saves its samples writes at least a header"}
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return in.info, &Error{Line: 1, Reason: "the file is UTF-16: convert it to UTF-8"}
	case len(text) > 0 && text[0] == '<':
		in.info.Format = "xml"
		err = in.readXML(b)
	default:
		in.info.Format = "csv"
		err = in.readCSV(b, head)
	}
	return in.info, err
}

// readSize is how much is read at once, in bytes, and how long a first line may be to be understood.
const readSize = 64 << 10

// jtlReader is one call of ReadJTL.
type jtlReader struct {
	each    func(*loadgen.Sample) error
	row     *jtlRow
	reading *Reading
	info    Info
}

// readError wraps an error of the underlying reader.
func readError(err error) error { return fmt.Errorf("read JTL: %w", err) }
