package jtl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// maxRow is how long a row may be, in bytes. Beyond that it is no row, or a quote that is never closed.
const maxRow = 8 << 20

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
	ended    bool

	line, next int     // of the file, where the row began and where the next one begins
	fields     []field // of the row, valid until the next one
	text       []byte  // the row
	quotes     bool    // it has some
}

// at is the text of a field.
func (c *csvReader) at(i int) []byte { return c.text[c.fields[i].from:c.fields[i].to] }

// read reads the next row that is not blank. It returns whether the row had an end, and io.EOF after the
// last one. A defect is a *JTLError.
func (c *csvReader) read() (ended bool, err error) {
	for {
		c.line = c.next
		if ended, err = c.row(); err != nil {
			return ended, err
		}
		if len(c.text) > 0 {
			return ended, c.split()
		}
	}
}

// row finds the end of the row: the first line break outside quotes.
func (c *csvReader) row() (ended bool, err error) {
	i, open := c.pos, false
	c.quotes = false
	count := func(part []byte) {
		if bytes.IndexByte(part, '"') >= 0 {
			c.quotes = true
			open = open != (bytes.Count(part, quote)%2 == 1)
		}
	}
	for {
		k := bytes.IndexByte(c.buf[i:c.end], c.eol)
		if k >= 0 {
			count(c.buf[i : i+k])
			i += k + 1
			c.next++
			if !open {
				c.take(i-1, i)
				return true, nil
			}
			continue
		}
		count(c.buf[i:c.end])
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

var quote = []byte{'"'}

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
		c.end = copy(c.buf, c.buf[c.pos:c.end])
		c.pos = 0
	}
	if c.end == len(c.buf) {
		c.buf = append(c.buf, make([]byte, max(readSize, len(c.buf)))...)
	}
	n, err := c.r.Read(c.buf[c.end:])
	c.end += n
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

// split splits the row into fields.
func (c *csvReader) split() error {
	c.fields = c.fields[:0]
	if !c.quotes && len(c.delimiter) == 1 {
		c.fields = splitPlain(c.fields, c.text, c.delimiter[0])
		return nil
	}
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

// splitPlain appends the fields of a row without quotes, whose delimiter has one byte, eight bytes at a time: a search
// of its own for each of the short fields takes twice as long. A byte of differ is 0 where the row has the delimiter,
// and then the same byte of found is 0x80: adding 0x7f to the lower seven bits sets the highest one but for 0.
func splitPlain(fields []field, text []byte, delimiter byte) []field {
	const ones, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	start, i := int32(0), 0
	for ; i+8 <= len(text); i += 8 {
		differ := binary.LittleEndian.Uint64(text[i:]) ^ ones*uint64(delimiter)
		for found := ^(differ&low + low | differ | low); found != 0; found &= found - 1 {
			at := int32(i + bits.TrailingZeros64(found)/8)
			fields = append(fields, field{from: start, to: at})
			start = at + 1
		}
	}
	for ; i < len(text); i++ {
		if text[i] == delimiter {
			fields = append(fields, field{from: start, to: int32(i)})
			start = int32(i) + 1
		}
	}
	return append(fields, field{from: start, to: int32(len(text))})
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
