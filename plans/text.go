package plans

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text is a TOML string as it stands in the source: what is between its quotes, with its escapes.
type text struct {
	raw   string
	at    int  // offset of raw in the source
	basic bool // has escapes
}

// text reads a string of any of the four sorts.
func (s *scanner) text() text {
	quote := s.source[s.at : s.at+1]
	t := text{basic: quote == `"`}
	if long := strings.Repeat(quote, 3); s.accept(long) {
		if !s.accept("\n") {
			s.accept("\r\n")
		}
		t.at = s.at
		s.close(long, t.basic)
		// Up to two quotes may stand before the closing three.
		for n := 0; n < 2 && s.accept(quote); n++ {
		}
		t.raw = s.source[t.at:max(t.at, s.at-3)]
		return t
	}
	s.at++
	t.at = s.at
	s.close(quote, t.basic)
	t.raw = s.source[t.at:max(t.at, s.at-1)]
	return t
}

// close skips everything up to and with the closing quotes.
func (s *scanner) close(quotes string, escapes bool) {
	for s.at < len(s.source) && !s.accept(quotes) {
		if escapes && s.source[s.at] == '\\' {
			s.at++
		}
		s.at = min(s.at+1, len(s.source))
	}
}

// offset is where the character at line and column (from 1) of the string's value stands in the source;
// the end of the string if there is no such character.
func (t text) offset(line, column int) int {
	l, c := 1, 1
	for i := 0; i < len(t.raw); {
		r, size := t.next(i)
		switch {
		case r >= 0 && (l > line || l == line && c >= column):
			return t.at + i
		case r == '\n':
			l, c = l+1, 1
		case r >= 0:
			c++
		}
		i += size
	}
	return t.at + len(t.raw)
}

// String is the string's value.
func (t text) String() string {
	var b strings.Builder
	for i := 0; i < len(t.raw); {
		r, size := t.next(i)
		if r >= 0 {
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// next is the character of the value that begins at raw[i], and how many bytes it takes there; a
// backslash before the end of a line takes the white space after it and is no character, -1.
func (t text) next(i int) (r rune, size int) {
	if !t.basic || t.raw[i] != '\\' || i+1 == len(t.raw) {
		return utf8.DecodeRuneInString(t.raw[i:])
	}
	switch c := t.raw[i+1]; c {
	case 'x':
		return t.code(i, 2)
	case 'u':
		return t.code(i, 4)
	case 'U':
		return t.code(i, 8)
	case ' ', '\t', '\r', '\n':
		rest := t.raw[i+1:]
		return -1, 1 + len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
	default:
		return escaped(c), 2
	}
}

func (t text) code(i, digits int) (r rune, size int) {
	end := min(i+2+digits, len(t.raw))
	n, err := strconv.ParseInt(t.raw[i+2:end], 16, 32)
	if err != nil {
		return utf8.RuneError, end - i
	}
	return rune(n), end - i
}

func escaped(c byte) rune {
	if i := strings.IndexByte("btnfre", c); i >= 0 {
		return rune("\b\t\n\f\r\x1b"[i])
	}
	return rune(c)
}
