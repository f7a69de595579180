package wire

import (
	"bytes"
	"io"
	"math"
	"slices"
)

// readBody reads what f frames into a.
func (c *http1) readBody(f framing, a *Response) error {
	switch f.kind {
	case bodySized:
		return c.readSized(f.size, a)
	case bodyChunked:
		return c.readChunks(a)
	case bodyToEnd:
		return c.readToEnd(a)
	}
	return nil
}

func (c *http1) readSized(size int64, a *Response) error {
	left, err := c.take(size, a)
	if err == io.EOF {
		return bodyCut(size-left, size)
	}
	return err
}

// readToEnd reads a body that ends with its connection. That it is whole cannot be known: crypto/tls too
// reports the end of the connection alike with and without the peer's close_notify.
func (c *http1) readToEnd(a *Response) error {
	if _, err := c.take(math.MaxInt64, a); err != io.EOF {
		return err
	}
	return nil
}

// take appends the next size bytes to the body, and returns how many were still missing at an error.
// What does not come with the head is read into the body's own memory, which doubles as bytes arrive:
// no server gets memory for a length that it only announces.
func (c *http1) take(size int64, a *Response) (left int64, err error) {
	n := int(min(int64(c.w-c.r), size))
	a.keep(c.buf[c.r : c.r+n])
	c.r += n
	for left = size - int64(n); left > 0; {
		room := a.room()
		if len(room) == 0 { // from here on the body is only counted
			room = c.spare()
		}
		n, err := c.read(room[:min(int64(len(room)), left)])
		if err != nil {
			return left, err
		}
		a.grow(n)
		left -= int64(n)
	}
	return 0, nil
}

// keep appends b as far as bodies are kept.
func (a *Response) keep(b []byte) {
	n := min(len(b), a.most-len(a.Body))
	a.Body = append(a.Body, b[:n]...)
	a.Dropped += int64(len(b) - n)
}

// room is free memory behind the body to read into; none once all is kept that ever is.
func (a *Response) room() []byte {
	const least = 2 << 10
	free := min(cap(a.Body), a.most) - len(a.Body)
	if free < least && len(a.Body) < a.most {
		a.Body = slices.Grow(a.Body, least)
		free = min(cap(a.Body), a.most) - len(a.Body)
	}
	return a.Body[len(a.Body) : len(a.Body)+free]
}

// grow takes the n bytes over that were read into room, or drops them if it was not the body's.
func (a *Response) grow(n int) {
	if len(a.Body) == a.most {
		a.Dropped += int64(n)
		return
	}
	a.Body = a.Body[:len(a.Body)+n]
}

// readChunks reads a chunked body (RFC 9112 §7.1): extensions and trailers are passed over, sizes are
// hexadecimal digits and nothing else, and every line ends in CRLF, as two readers that differ on where a
// chunk ends see two different responses.
func (c *http1) readChunks(a *Response) error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := chunkSize(line)
		if err != nil {
			return err
		}
		if size == 0 {
			return c.readTrailers()
		}
		if left, err := c.take(size, a); err == io.EOF {
			return chunkCut(size-left, size)
		} else if err != nil {
			return err
		}
		if line, err = c.line(); err != nil {
			return err
		}
		if len(line) > 0 {
			return malformed("a chunk is longer than its size: it ends in " + quoted(line))
		}
	}
}

// readTrailers reads the fields behind the last chunk (RFC 9112 §7.1.2) and drops them.
func (c *http1) readTrailers() error {
	for total := 0; ; {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return err
		}
		if total += len(line); total > maxHead {
			return errTooLarge
		}
		if _, err := fieldName(line); err != nil {
			return err
		}
		if err := valid(line); err != nil {
			return err
		}
	}
}

// chunkSize reads "1*HEXDIG [BWS ;extension]". Blanks behind the digits are let through without an
// extension too, as old servers pad their sizes.
func chunkSize(line []byte) (size int64, err error) {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	for _, c := range digits {
		d, ok := hexDigit(c)
		if !ok || size > 1<<58 {
			return 0, malformed("invalid chunk size " + quoted(line))
		}
		size = size<<4 | int64(d)
	}
	if len(digits) == 0 {
		return 0, malformed("a chunk without a size")
	}
	return size, nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case digit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// line is the next line of a chunked body without its CRLF, valid until the next read.
func (c *http1) line() ([]byte, error) {
	for seen := 0; ; {
		window := c.buf[c.r:c.w]
		if i := bytes.IndexByte(window[seen:], '\n'); i >= 0 {
			end := seen + i
			c.r += end + 1
			line := window[:end]
			if end == 0 || bytes.IndexByte(line, '\r') != end-1 {
				return nil, malformed("a line of the chunked body does not end in CRLF")
			}
			return line[:end-1], nil
		}
		seen = len(window)
		if err := c.fill(); err == io.EOF {
			return nil, errChunksCut
		} else if err != nil {
			return nil, err
		}
	}
}
