package jtl

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// xmlSource feeds the decoder byte by byte, which lets it know exactly whether the decoder met the end of
// the file, bounds what it holds for one token, and shields it from characters that XML forbids but
// that JMeter writes as they come.
type xmlSource struct {
	r       *bufio.Reader
	n       int   // bytes since the last token
	ended   bool  // the decoder met the end
	err     error // other than io.EOF
	results bool  // a testResults was seen
	open    int   // of them have not ended
}

// maxToken bounds an element's text, such as a response that JMeter saved, in bytes.
const maxToken = 64 << 20

func (s *xmlSource) ReadByte() (byte, error) {
	c, err := s.r.ReadByte()
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		s.ended = true
		return 0, io.EOF
	}
	if s.n++; err == nil && s.n > maxToken {
		err = fmt.Errorf("an element of more than %d MB", maxToken>>20)
	}
	if err != nil {
		s.err = err
		return 0, err
	}
	if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
		return ' ', nil
	}
	return c, nil
}

// Read is there for the decoder's interface; it uses ReadByte.
func (s *xmlSource) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// charset makes UTF-8 of the encodings that JMeter may have been told to save in.
func charset(label string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii":
		return r, nil
	case "iso-8859-1", "latin1", "windows-1252":
		return &latin1{r: bufio.NewReader(r)}, nil
	}
	return nil, fmt.Errorf("encoding %s is not read, convert the file to UTF-8", label)
}

// latin1 reads ISO 8859-1 as UTF-8.
type latin1 struct {
	r    *bufio.Reader
	rest byte // second byte of a character, or 0
}

func (l *latin1) Read(p []byte) (int, error) {
	n := 0
	for ; n < len(p); n++ {
		if l.rest != 0 {
			p[n], l.rest = l.rest, 0
			continue
		}
		c, err := l.r.ReadByte()
		if err != nil {
			if n > 0 {
				err = nil
			}
			return n, err
		}
		if c >= 0x80 {
			p[n], l.rest = 0xc0|c>>6, 0x80|c&0x3f
			continue
		}
		p[n] = c
	}
	return n, nil
}
