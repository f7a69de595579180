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

// field is where in a row's text a field stands, without its quotes. (Without a pointer it costs the collector
// nothing.)
type field struct {
	from, to int32
	quoted   bool
}

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

	line, next int     // of the file, where the row began and where the next one begins
	fields     []field // of the row, valid until the next one
	text       []byte  // the row
	quotes     bool    // it has some
}

// at is the text of a field.
func (c *csvReader) at(i int) []byte { return c.text[c.fields[i].from:c.fields[i].to] }

// read reads the next row that is not blank, and splits it unless it is plain. It returns whether the row had an end, and io.EOF after the
// last one. A defect is a *JTLError.
func (c *csvReader) read() (ended bool, err error) {
	for {
		c.line = c.next
		if ended, err = c.row(); err != nil {
			return ended, err
		}
		switch {
		case len(c.text) == 0:
		case c.plain():
			return ended, nil
		default:
			return ended, c.split()
		}
	}
}

// row finds the end of the row: the first line break outside quotes.
func (c *csvReader) row() (ended bool, err error) {
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
	if err := c.split(); err != nil {
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

// plain reports whether the row has no quotes and a delimiter of one byte. read does not split it then.
func (c *csvReader) plain() bool { return !c.quotes && len(c.delimiter) == 1 }

// splitPlain splits a row that read did not.
func (c *csvReader) splitPlain() {
	if c.plain() {
		c.split() // without quotes there is no error
	}
}

// split splits the row into fields.
func (c *csvReader) split() error {
	c.fields = c.fields[:0]
	for from, more := 0, true; more; {
		var f field
		var err error
		if from < len(c.text) && c.text[from] == '"' {
			f, from, more, err = c.quoted(from + 1)
		} else {
			f, from, more, err = c.unquoted(from)
		}
		if err != nil {
			return err
		}
		c.fields = append(c.fields, f)
	}
	return nil
}

// unquoted is the field that begins at from, and where the next one does, if there is one.
func (c *csvReader) unquoted(from int) (f field, next int, more bool, err error) {
	text, _, more := bytes.Cut(c.text[from:], c.delimiter)
	if bytes.IndexByte(text, '"') >= 0 {
		err = c.stray(text)
	}
	to := from + len(text)
	return field{from: int32(from), to: int32(to)}, to + len(c.delimiter), more, err
}

// quoted is the field whose first quote stands before from, and where the next one begins, if there is one. What
// the field says is put together in its place, from its beginning on. One that is not closed is the end of a file that
// was cut short, and goes to the end.
func (c *csvReader) quoted(from int) (f field, next int, more bool, err error) {
	text := c.text[from:from]
	rest := c.text[from:]
	for {
		k := bytes.IndexByte(rest, '"')
		if k < 0 {
			text, rest = append(text, rest...), nil
			break
		}
		text, rest = append(text, rest[:k]...), rest[k+1:]
		if more = bytes.HasPrefix(rest, c.delimiter); more || len(rest) == 0 {
			break
		}
		text = append(text, '"')
		if rest[0] != '"' {
			return f, 0, false, c.stray(text)
		}
		rest = rest[1:]
	}
	return field{int32(from), int32(from + len(text)), true}, len(c.text) - len(rest) + len(c.delimiter), more, nil
}

// stray explains a quote that stands where none may.
func (c *csvReader) stray(text []byte) error {
	return &Error{Line: c.line, Reason: "a quote (\") within a field, after " + excerpt(text) +
		": put the field into quotes and double those in it"}
}
