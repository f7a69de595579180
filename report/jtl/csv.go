package jtl

import (
	"bytes"
	"fmt"
	"io"
)

// maxRow is how long a row may be, in bytes. Beyond that it is no row, or a quote that is never closed.
const maxRow = 8 << 20

// csvSize is how much of a file is held at least, in bytes: more than its reader has, so that it copies nothing.
const csvSize = 4 * readSize

// csvReader splits JMeter's CSV into rows and fields (CSVSaveService.csvReadFile): a field that holds the
// delimiter, a quote or a line break is quoted, quotes in it are doubled, and a quote elsewhere is an error.
// encoding/csv reads the same, but says neither whether a field was quoted nor whether the last row had
// an end, takes single-byte carriage returns for data, and costs three times as much.
type csvReader struct {
	r         io.Reader
	delimiter []byte // one character
	eol       byte   // '\n', before which a '\r' is dropped, or '\r' alone

	buf      []byte
	pos, end int
	quote    int // the first one that is not passed, or end
	ended    bool

	line, next int    // of the file, where the row began and where the next one begins
	text       []byte // the row, valid until the next one
	row        []byte // the row with a delimiter behind it, and bytes beyond
	quotes     bool   // the row has some
	scratch    []byte // a field in quotes, with one for two of those in it

	cells []cell // of the columns, for take
}

// wide reports whether the delimiter has more than one byte.
func (c *csvReader) wide() bool { return len(c.delimiter) > 1 }

// read reads the next row that is not blank. It returns whether the row had an end, and io.EOF after the last one. A
// defect is an *Error.
func (c *csvReader) read() (ended bool, err error) {
	c.text = nil
	for len(c.text) == 0 && err == nil {
		c.line = c.next
		ended, err = c.findRow()
	}
	return ended, err
}

// findRow finds the end of the row: the first line break outside quotes.
func (c *csvReader) findRow() (ended bool, err error) {
	i, open := c.pos, false
	c.quotes = false
	for {
		k := bytes.IndexByte(c.buf[i:c.end], c.eol)
		stop := i + k
		if k < 0 {
			stop = c.end
		}
		for c.quote < stop {
			c.quotes, open = true, !open
			c.findQuote(c.quote + 1)
		}
		if k >= 0 {
			i = stop + 1
			c.next++
			if !open {
				c.take(stop, i)
				return true, nil
			}
			continue
		}
		searched := c.end - c.pos
		if c.ended {
			if searched == 0 {
				return false, io.EOF
			}
			c.take(c.end, c.end)
			return false, c.unclosed(open)
		}
		if searched > maxRow {
			return false, c.endless(open)
		}
		if err := c.fill(); err != nil {
			return false, err
		}
		i = c.pos + searched
	}
}

// findQuote finds the first quote that is not before from.
func (c *csvReader) findQuote(from int) {
	c.quote = c.end
	if k := bytes.IndexByte(c.buf[from:c.end], '"'); k >= 0 {
		c.quote = from + k
	}
}

// take makes the bytes up to end the row; the next one begins at next.
func (c *csvReader) take(end, next int) {
	c.text = c.buf[c.pos:end]
	if n := len(c.text); c.eol == '\n' && n > 0 && c.text[n-1] == '\r' {
		c.text = c.text[:n-1]
	}
	c.row = c.buf[c.pos : c.pos+len(c.text)+beyond]
	c.row[len(c.text)] = c.delimiter[0]
	c.pos = next
}

// fill reads more behind what is not yet consumed.
func (c *csvReader) fill() error {
	if c.pos > 0 {
		c.quote -= c.pos
		c.end = copy(c.buf, c.buf[c.pos:c.end])
		c.pos = 0
	}
	if c.end+beyond >= len(c.buf) {
		c.buf = append(c.buf, make([]byte, max(csvSize, len(c.buf)))...)
	}
	n, err := c.r.Read(c.buf[c.end : len(c.buf)-beyond])
	if c.end += n; c.quote == c.end-n {
		c.findQuote(c.quote)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF { // the latter of a gzip that was cut short
		c.ended = true
		return nil
	}
	if err != nil {
		return readError(err)
	}
	return nil
}

// unclosed looks at the end of the file within quotes: if what follows the quote looks like rows, then it is
// not a killed run that cut the last one short, but a quote that swallows them.
func (c *csvReader) unclosed(open bool) error {
	if !open {
		return nil
	}
	for rest := c.text; ; {
		k := bytes.IndexByte(rest, c.eol)
		if k < 0 {
			return nil
		}
		rest = rest[k+1:]
		if looksLikeRow(rest, c.delimiter) {
			return c.neverClosed()
		}
	}
}

// endless explains a row that is too long.
func (c *csvReader) endless(open bool) error {
	c.take(c.end, c.end)
	if _, err := c.split(); err != nil {
		return err
	}
	if open {
		return c.neverClosed()
	}
	return &Error{Line: c.line, Reason: fmt.Sprintf("a row of more than %d MB: the file is no JTL file", maxRow>>20)}
}

func (c *csvReader) neverClosed() error {
	return &Error{Line: c.line, Reason: `a quote (") that begins in this row is never closed: close it, or remove the row`}
}

// split is the fields of the row.
func (c *csvReader) split() (fields []string, err error) {
	for from := 0; from <= len(c.text); {
		var text []byte
		if text, _, from, err = c.field(from); err != nil {
			return nil, err
		}
		fields = append(fields, string(text))
	}
	return fields, nil
}

// field is the field that begins at from, valid until the next one, and where that begins: behind the end of the row
// if there is none.
func (c *csvReader) field(from int) (text []byte, quoted bool, next int, err error) {
	if from < len(c.text) && c.text[from] == '"' {
		text, next, err = c.quoted(from + 1)
		return text, true, next, err
	}
	text = c.text[from:]
	k := bytes.IndexByte(text, c.delimiter[0])
	if c.wide() {
		k = bytes.Index(text, c.delimiter)
	}
	if k >= 0 {
		text = text[:k]
	}
	if c.quotes && bytes.IndexByte(text, '"') >= 0 {
		err = c.stray(text)
	}
	return text, false, c.after(from+len(text), k >= 0), err
}

// after is where the field behind one that ends at to begins.
func (c *csvReader) after(to int, more bool) int {
	if more {
		return to + len(c.delimiter)
	}
	return len(c.text) + 1
}

// quoted is the field whose first quote stands before from, and where the next one begins. One that is not closed is the
// end of a file that was cut short, and goes to the end.
func (c *csvReader) quoted(from int) (text []byte, next int, err error) {
	c.scratch = c.scratch[:0]
	for rest := c.text[from:]; ; rest = rest[1:] {
		before, after, _ := bytes.Cut(rest, []byte{'"'})
		c.scratch, rest = append(c.scratch, before...), after
		if more := bytes.HasPrefix(rest, c.delimiter); more || len(rest) == 0 {
			return c.scratch, c.after(len(c.text)-len(rest), more), nil
		}
		c.scratch = append(c.scratch, '"')
		if rest[0] != '"' {
			return nil, 0, c.stray(c.scratch)
		}
	}
}

// stray explains a quote that stands where none may.
func (c *csvReader) stray(text []byte) error {
	return &Error{Line: c.line, Reason: "a quote (\") within a field, after " + excerpt(text) +
		": put the field into quotes and double those in it"}
}
