package jtl

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"stickbench/loadgen"
)

// JMeterColumns are the columns that JMeter 5 writes by default.
var JMeterColumns = strings.Split(bareNames(jtlHeader), ",")[:17]

// AllColumns are those of a Writer, with the one that only plans with arrivals have.
var AllColumns = append(strings.Split(bareNames(jtlHeader), ","), "late_us")

var kindIndex = slices.Index(AllColumns, "kind")

// selected writes some of a Writer's columns: it cuts them out of its lines.
type selected struct {
	all   *Writer
	line  bytes.Buffer
	index []int // of the columns, in their order
	out   io.Writer
	buf   []byte
	err   error
}

// newSelected writes the columns of those names, in JMeter's order whatever theirs is, since JMeter reads no
// other; header says that their names come first. An unknown name is an error.
func newSelected(w io.Writer, names []string, header bool) (*selected, error) {
	s := &selected{out: w}
	for _, name := range names {
		i := slices.Index(AllColumns, name)
		if i < 0 {
			return nil, fmt.Errorf("unknown column %q: want some of %s", name, strings.Join(AllColumns, ","))
		}
		s.index = append(s.index, i)
	}
	slices.Sort(s.index)
	s.index = slices.Compact(s.index)
	s.all = NewWriter(&s.line).WithLate()
	head := strings.TrimSuffix(strings.TrimSuffix(jtlHeader, "\n")+lateHeader, "\n")
	s.all.buf = s.all.buf[:0]
	if header {
		s.take([]byte(head))
	}
	return s, nil
}

// take appends the columns of a line without its end.
func (s *selected) take(line []byte) {
	fields := rawFields(line)
	for n, i := range s.index {
		if n > 0 {
			s.buf = append(s.buf, ',')
		}
		s.buf = append(s.buf, fields[i]...)
	}
	s.buf = append(s.buf, '\n')
}

// rawFields are a line's fields as they stand, with their quotes.
func rawFields(line []byte) [][]byte {
	var fields [][]byte
	start, quoted := 0, false
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			fields = append(fields, line[start:i])
			start = i + 1
		}
	}
	return append(fields, line[start:])
}

// Write leaves out what a transaction's row stands for where no column could say so, as JMeter does.
func (s *selected) Write(sample *loadgen.Sample) error {
	if sample.Inner && !slices.Contains(s.index, kindIndex) {
		return s.err
	}
	s.line.Reset()
	if err := s.all.Write(sample); err != nil {
		return err
	}
	if err := s.all.Flush(); err != nil {
		return err
	}
	s.take(bytes.TrimSuffix(s.line.Bytes(), []byte{'\n'}))
	if len(s.buf) >= jtlBatch {
		return s.Flush()
	}
	return s.err
}

func (s *selected) Flush() error {
	if s.err == nil && len(s.buf) > 0 {
		_, s.err = s.out.Write(s.buf)
	}
	s.buf = s.buf[:0]
	return s.err
}
