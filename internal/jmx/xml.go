package jmx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// The bounds of a file: JMeter writes far smaller ones, and what exceeds them is an attack or a slip.
const (
	// Largest is the most bytes that a file may have.
	Largest    = 256 << 20
	mostLevels = 500
)

// A FormatError says why a file is no JMeter plan, and what to do.
type FormatError struct {
	Line   int // 0 where the whole file is meant
	Reason string
}

func (e *FormatError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return e.Reason
}

func malformed(line int, format string, args ...any) error {
	return &FormatError{Line: line, Reason: fmt.Sprintf(format, args...)}
}

// markup is an XML element: all that the formats of JMeter need of it.
type markup struct {
	tag      string
	attrs    []xml.Attr
	text     string
	children []*markup
	line     int
}

func (m *markup) attr(names ...string) string {
	for _, name := range names {
		for _, a := range m.attrs {
			if a.Name.Local == name {
				return a.Value
			}
		}
	}
	return ""
}

// readMarkup reads the document's root element. Entities that the document declares are not known, so that
// none can grow; what stands before and behind the root is left alone.
func readMarkup(source []byte) (*markup, error) {
	if len(source) > Largest {
		return nil, malformed(0, "larger than %d MB, which no plan is", Largest>>20)
	}
	source, err := utf8Source(source)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(source))
	d.CharsetReader = charset.NewReaderLabel
	r := &markupReader{decoder: d}
	for {
		token, err := d.Token()
		line, _ := d.InputPos()
		if err != nil {
			return nil, r.trouble(err, line)
		}
		if root, err := r.token(token, line); root != nil || err != nil {
			return root, err
		}
	}
}

// utf8Source is the document without a byte order mark, decoded where the mark says that it is UTF-16.
// Version 1.1, which differs in the control characters that it allows, is read as 1.0.
func utf8Source(source []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(source, []byte("\xff\xfe")), bytes.HasPrefix(source, []byte("\xfe\xff")):
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(source)
		if err != nil {
			return nil, malformed(0, "not text in UTF-16: %v", err)
		}
		source = decoded
		if i := bytes.Index(source, []byte("?>")); i >= 0 && bytes.HasPrefix(source, []byte("<?xml")) {
			source = source[i+len("?>"):] // it names an encoding that is done with
		}
	case bytes.HasPrefix(source, []byte("\xef\xbb\xbf")):
		source = source[3:]
	}
	head, rest, found := bytes.Cut(source, []byte("?>"))
	if found && len(head) < 200 && bytes.Contains(head, []byte(`version="1.1"`)) {
		head = bytes.Replace(head, []byte(`version="1.1"`), []byte(`version="1.0"`), 1)
		source = bytes.Join([][]byte{head, rest}, []byte("?>"))
	}
	return source, nil
}

type markupReader struct {
	decoder *xml.Decoder
	stack   []*markup
	text    [][]byte // by level; behind the stack they are empty, and used again
}

// token takes the next token, and returns the root element once it is complete.
func (r *markupReader) token(token xml.Token, line int) (*markup, error) {
	switch t := token.(type) {
	case xml.StartElement:
		return nil, r.start(t, line)
	case xml.CharData:
		if n := len(r.stack); n > 0 {
			r.text[n-1] = append(r.text[n-1], t...)
		}
	case xml.EndElement:
		n := len(r.stack) - 1
		m := r.stack[n]
		m.text = string(r.text[n])
		r.stack, r.text[n] = r.stack[:n], r.text[n][:0]
		if n == 0 {
			return m, nil
		}
		parent := r.stack[n-1]
		parent.children = append(parent.children, m)
	}
	return nil, nil
}

func (r *markupReader) start(t xml.StartElement, line int) error {
	if len(r.stack) == mostLevels {
		return malformed(line, "nested deeper than a plan can be: %d levels are the most", mostLevels)
	}
	r.stack = append(r.stack, &markup{tag: t.Name.Local, line: line, attrs: t.Attr})
	if n := len(r.stack); n > len(r.text) {
		r.text = append(r.text, nil)
	}
	return nil
}

// trouble words what the decoder could not read.
func (r *markupReader) trouble(err error, line int) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && len(r.stack) == 0:
		return malformed(0, "no XML in it: a JMeter plan begins with <jmeterTestPlan>")
	case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		return malformed(line, "the file ends within <%s> of line %d: it was cut off; save or copy it again", r.inner().tag, r.inner().line)
	case errors.As(err, &syntax) && len(r.stack) == 0:
		return malformed(line, "not XML: %s; a JMeter plan begins with <jmeterTestPlan>", syntax.Msg)
	case errors.As(err, &syntax):
		return malformed(syntax.Line, "not well-formed XML: %s; was it edited by hand, or merged?", syntax.Msg)
	}
	return malformed(line, "cannot be read: %v", err)
}

func (r *markupReader) inner() *markup {
	if n := len(r.stack); n > 0 {
		return r.stack[n-1]
	}
	return &markup{tag: "?"}
}

// isBinary reports whether the source is no text at all.
func isBinary(source []byte) bool {
	head := source[:min(len(source), 512)]
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false
	}
	return bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head) && !bytes.ContainsAny(head, "<")
}
