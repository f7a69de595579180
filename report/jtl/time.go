package jtl

import (
	"bytes"
	"fmt"
	"time"
)

// stampLayouts are the forms of timeStamp that are read besides milliseconds: those that JMeter tries, in its
// order (CSVSaveService.DATE_FORMAT_STRINGS), and RFC 3339. Fractions of a second may follow each of
// them. Only the last one says its zone; the others are in the local one, as JMeter reads and writes them.
var stampLayouts = []string{
	"2006/01/02 15:04:05",
	"2006-01-02 15:04:05",
	"01/02/06 15:04:05",
	"2006-01-02T15:04:05Z07:00",
}

// stampReader reads timeStamp. It tries first the layout that fitted last, since a file has only one.
type stampReader struct{ layout string }

// parse returns milliseconds since 1970.
func (t *stampReader) parse(text []byte) (int64, error) {
	if n, err := parseInt(text); err == nil {
		if n > numbers[colTimeStamp].most || n < numbers[colTimeStamp].least {
			return 0, fmt.Errorf("%s is out of range", excerpt(text))
		}
		return n, nil
	}
	s := string(text)
	if t.layout != "" {
		if at, err := time.ParseInLocation(t.layout, s, time.Local); err == nil {
			return at.UnixMilli(), nil
		}
	}
	for _, layout := range stampLayouts {
		if at, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			t.layout = layout
			return at.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("%s is neither milliseconds since 1970 nor a date in one of JMeter's forms: "+
		"save with jmeter.save.saveservice.timestamp_format=ms, or as yyyy-MM-dd HH:mm:ss.SSS", excerpt(text))
}

// stampLength is the length of the timestamp that a line begins with, or 0. It tells a line of data from a
// header, and the character behind it is the delimiter.
func stampLength(line []byte) int {
	for _, shape := range []string{"0000/00/00 00:00:00", "0000-00-00 00:00:00", "0000-00-00T00:00:00", "00/00/00 00:00:00"} {
		if hasShape(line, shape) {
			return len(shape) + stampRest(line[len(shape):])
		}
	}
	return digitRun(line)
}

// hasShape reports whether the line begins with the shape, in which 0 stands for any digit.
func hasShape(line []byte, shape string) bool {
	if len(line) < len(shape) {
		return false
	}
	for i := range len(shape) {
		if c := line[i]; shape[i] == '0' && (c < '0' || c > '9') || shape[i] != '0' && c != shape[i] {
			return false
		}
	}
	return true
}

// stampRest is the length of a fraction of a second and a zone. A delimiter may be a point, too, but then
// elapsed follows it, and there is no telling.
func stampRest(rest []byte) int {
	n := 0
	if len(rest) > 1 && rest[0] == '.' {
		n = 1 + digitRun(rest[1:])
	}
	if tail := rest[n:]; len(tail) > 0 && tail[0] == 'Z' {
		n++
	} else if hasShape(tail, "+00:00") || hasShape(tail, "-00:00") {
		n += len("+00:00")
	}
	return n
}

// digitRun counts the digits that b begins with.
func digitRun(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// looksLikeRow reports whether a line begins with a timestamp and a delimiter.
func looksLikeRow(line, delimiter []byte) bool {
	n := stampLength(line)
	return n >= len("00/00/00") && bytes.HasPrefix(line[n:], delimiter)
}
