package wire

import (
	"bytes"
	"fmt"
)

// maxHead is the largest head of a response, from its status line to its empty line. Spans of 16 bits
// reach that far.
const maxHead = 64 << 10

// head is the status line and the fields of a response (RFC 9112 §2–5), read by a parser of our own.
//
// fasthttp's parser (1.77) was measured first. It needs a third more time, though that is little, but it
// takes a status of 000 for 200 and 999 for a status, passes over "HTTP/9.9" and over blanks and empty
// lines around the version, lets "Content-Length : 5" and names with blanks through, does not tell that
// both Content-Length and Transfer-Encoding were there, refuses a Content-Length that is merely repeated,
// and puts the whole response into the text of its errors, which would make every failure a row of its own.
//
// Where RFC 9112 leaves a choice: lines of the head may end in a bare LF (§2.2), folded values are
// unfolded (§5.2), the blank behind the status may be missing, and everything else that the grammar does
// not allow is refused.
type head struct {
	raw    []byte // as received, up to and including the empty line; folds have become blanks
	spans  []fieldSpan
	phrase span
	Status int
	minor  byte // of the version: 0 is HTTP/1.0, all others are HTTP/1.1

	line, seen int // where the line being read begins, and how far its end was looked for
}

// span is a part of head.raw.
type span struct{ from, to uint16 }

type fieldSpan struct{ name, value span }

func (s span) of(raw []byte) []byte { return raw[s.from:s.to] }

func (h *head) reset() {
	h.raw, h.spans, h.phrase = h.raw[:0], h.spans[:0], span{}
	h.Status, h.minor, h.line, h.seen = 0, 0, 0, 0
}

// malformed says how a response breaks HTTP.
type malformed string

func (m malformed) Error() string { return string(m) }

// scan goes on reading the head at the start of window, which holds what came so far and which it may
// change where values are folded. It returns the size of the head once it is complete, and 0 until then.
func (h *head) scan(window []byte) (size int, err error) {
	for {
		i := bytes.IndexByte(window[h.seen:], '\n')
		if i < 0 {
			h.seen = len(window)
			return 0, h.plausible(window)
		}
		end := h.seen + i
		line := window[h.line:end]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		from := h.line
		h.line, h.seen = end+1, end+1
		switch {
		case from == 0:
			err = h.statusLine(line)
		case len(line) == 0:
			h.raw = append(h.raw[:0], window[:end+1]...)
			return end + 1, nil
		default:
			err = h.fieldLine(window, line, from)
		}
		if err != nil {
			return 0, err
		}
	}
}

// plausible refuses what cannot become a status line, before its end came: a server that speaks another
// protocol may never send one.
func (h *head) plausible(window []byte) error {
	const begin = "HTTP/1."
	if n := min(len(window), len(begin)); h.line == 0 && string(window[:n]) != begin[:n] {
		return notHTTP(window)
	}
	return nil
}

func notHTTP(line []byte) error {
	const alert, handshake = 0x15, 0x16 // RFC 8446 §5.1
	if len(line) > 0 && (line[0] == alert || line[0] == handshake) {
		return malformed("the response is TLS, not HTTP: is it an https:// address?")
	}
	return malformed("the response is not HTTP/1.1: it begins " + quoted(line))
}

// quoted is the beginning of what a server sent, short enough for a message.
func quoted(b []byte) string {
	if len(b) > 24 {
		return fmt.Sprintf("%q…", b[:24])
	}
	return fmt.Sprintf("%q", b)
}

// statusLine reads "HTTP/1.x SP 3DIGIT [SP phrase]" (RFC 9112 §4).
func (h *head) statusLine(line []byte) error {
	const size = len("HTTP/1.1 200")
	if len(line) < size || string(line[:7]) != "HTTP/1." || !digit(line[7]) || line[8] != ' ' {
		return notHTTP(line)
	}
	for _, c := range line[9:size] {
		if !digit(c) {
			return malformed("invalid status (want three digits): " + quoted(line))
		}
		h.Status = h.Status*10 + int(c-'0')
	}
	if len(line) > size && line[size] != ' ' {
		return malformed("invalid status (want three digits): " + quoted(line))
	}
	if err := validStatus(h.Status); err != nil {
		return err
	}
	if len(line) > size {
		h.phrase = span{uint16(size + 1), uint16(len(line))}
	}
	h.minor = line[7] - '0'
	return valid(line)
}

func validStatus(status int) error {
	if status < 100 || status > 599 {
		return malformed(fmt.Sprintf("invalid status %03d (want 100–599)", status))
	}
	return nil
}

// fieldLine reads "name: value" (RFC 9112 §5), which begins at from, or what continues the value of the
// line before (§5.2).
func (h *head) fieldLine(window, line []byte, from int) error {
	if err := valid(line); err != nil {
		return err
	}
	if line[0] == ' ' || line[0] == '\t' {
		return h.unfold(window, line, from)
	}
	n, err := fieldName(line)
	if err != nil {
		return err
	}
	v, end := n+1, len(line)
	for v < end && blank(line[v]) {
		v++
	}
	for v < end && blank(line[end-1]) {
		end--
	}
	h.spans = append(h.spans, fieldSpan{
		name:  span{uint16(from), uint16(from + n)},
		value: span{uint16(from + v), uint16(from + end)},
	})
	return nil
}

func (h *head) unfold(window, line []byte, from int) error {
	if len(h.spans) == 0 {
		return malformed("the first header line begins with a blank")
	}
	rest := bytes.TrimRight(line, " \t")
	if len(rest) == 0 {
		return nil
	}
	v := &h.spans[len(h.spans)-1].value
	for i := int(v.to); i < from || blank(window[i]); i++ {
		window[i] = ' '
	}
	v.to = uint16(from + len(rest))
	for blank(window[v.from]) { // nothing stood on the lines before
		v.from++
	}
	return nil
}

// fieldName is the length of the name in front of the colon: a token (RFC 9110 §5.6.2), without a blank
// behind it (RFC 9112 §5.1).
func fieldName(line []byte) (int, error) {
	n := 0
	for n < len(line) && token[line[n]] {
		n++
	}
	if n == 0 || n == len(line) || line[n] != ':' {
		return 0, malformed("invalid header line " + quoted(line))
	}
	return n, nil
}

// valid refuses the octets that RFC 9110 §5.5 calls dangerous; the end of the line is not part of it.
func valid(line []byte) error {
	if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
		return malformed("CR or NUL in the header line " + quoted(line))
	}
	return nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
func blank(c byte) bool { return c == ' ' || c == '\t' }

// token says which octets a token may consist of (RFC 9110 §5.6.2).
var token = func() (t [256]bool) {
	for c := '0'; c <= 'z'; c++ {
		t[c] = '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()
