package capture

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A word is one of a command line, with the place where it begins in the source.
type word struct {
	text string
	line int // from 1
}

// commands splits the source into commands of words, as the shell does that it was copied for: bash, or Windows's
// cmd, which is known by its carets.
func commands(source string) ([][]word, error) {
	if strings.Contains(source, `^"`) || strings.Contains(strings.ReplaceAll(source, "\r\n", "\n"), "^\n") {
		return (&cmdSplitter{source: strings.ReplaceAll(source, "\r\n", "\n"), line: 1}).split()
	}
	return (&shellSplitter{source: strings.ReplaceAll(source, "\r\n", "\n"), line: 1}).split()
}

// splitting is what both splitters collect.
type splitting struct {
	all   [][]word
	words []word
	text  strings.Builder
	open  bool // a word has begun, perhaps an empty one
	begun int  // its line
}

// begin begins a word, unless one has begun.
func (s *splitting) begin(line int) {
	if !s.open {
		s.open, s.begun = true, line
	}
}

func (s *splitting) add(c byte, line int) {
	s.begin(line)
	s.text.WriteByte(c)
}

func (s *splitting) endWord() {
	if s.open {
		s.words = append(s.words, word{s.text.String(), s.begun})
	}
	s.open = false
	s.text.Reset()
}

func (s *splitting) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.all = append(s.all, s.words)
	}
	s.words = nil
}

// shellSplitter splits as a POSIX shell does (XCU §2.2), with bash's $'…', and expands nothing.
type shellSplitter struct {
	splitting
	source string
	at     int
	line   int
}

func (s *shellSplitter) next() (c byte, ok bool) {
	if s.at == len(s.source) {
		return 0, false
	}
	c = s.source[s.at]
	s.at++
	if c == '\n' {
		s.line++
	}
	return c, true
}

func (s *shellSplitter) split() ([][]word, error) {
	for {
		line := s.line
		c, ok := s.next()
		if !ok {
			s.endCommand()
			return s.all, nil
		}
		var err error
		switch {
		case c == ' ' || c == '\t':
			s.endWord()
		case c == '\n' || c == ';' || c == '&' || c == '|':
			s.endCommand()
		case c == '>' || c == '<': // its output goes to a file, which is none of its words
			if strings.Trim(s.text.String(), "0123456789") == "" {
				s.open = false
			}
			s.endWord()
			s.skip(" \t>&")
			s.skipTo(" \t\n;&|")
		case c == '#' && !s.open:
			s.skipTo("\n")
		case c == '\\':
			if c, ok := s.next(); ok && c != '\n' {
				s.add(c, line)
			}
		case c == '\'':
			err = s.single(line)
		case c == '"':
			err = s.double(line)
		case c == '$' && strings.HasPrefix(s.source[s.at:], "'"):
			s.at++
			err = s.ansi(line)
		case c == '$' && !s.open && strings.HasPrefix(s.source[s.at:], " "): // a prompt that was copied along
		default:
			s.add(c, line)
		}
		if err != nil {
			return nil, err
		}
	}
}

// skip goes over characters, skipTo to one of them.
func (s *shellSplitter) skip(characters string) {
	s.at += len(s.source[s.at:]) - len(strings.TrimLeft(s.source[s.at:], characters))
}

func (s *shellSplitter) skipTo(characters string) {
	if i := strings.IndexAny(s.source[s.at:], characters); i >= 0 {
		s.at += i
	} else {
		s.at = len(s.source)
	}
}

func (s *shellSplitter) unclosed(quote string, line int) error {
	return fmt.Errorf("line %d: the quote %s is not closed", line, quote)
}

func (s *shellSplitter) single(line int) error {
	s.begin(line)
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return s.unclosed("'", line)
		case c == '\'':
			return nil
		}
		s.text.WriteByte(c)
	}
}

func (s *shellSplitter) double(line int) error {
	s.begin(line)
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return s.unclosed(`"`, line)
		case c == '"':
			return nil
		case c == '\\':
			c, _ = s.next()
			if !strings.ContainsRune("$`\"\\\n", rune(c)) {
				s.text.WriteByte('\\')
			}
			if c == '\n' {
				continue
			}
		}
		s.text.WriteByte(c)
	}
}

// ansi is bash's $'…', in which browsers write what no other quotes hold.
func (s *shellSplitter) ansi(line int) error {
	s.begin(line)
	start := s.at
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return s.unclosed("$'", line)
		case c == '\\':
			s.next()
		case c == '\'':
			s.text.WriteString(unescape(s.source[start : s.at-1]))
			return nil
		}
	}
}

// simple are the escapes of one letter.
var simple = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', 'e': 0x1b, 'E': 0x1b, '\\': '\\', '\'': '\'', '"': '"', '?': '?'}

// unescape reads the escapes of $'…'. One that is none stays as it is, as in bash.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
			i++
			continue
		case simple[s[i+1]] != 0:
			b.WriteByte(simple[s[i+1]])
			i += 2
			continue
		}
		if n, size := number(s[i+1:], 'x', 2); size > 0 {
			b.WriteByte(byte(n))
			i += 1 + size
		} else if n, size := number(s[i+1:], 'u', 4); size > 0 {
			i += 1 + size
			if low, size := number(strings.TrimPrefix(s[i:], "\\"), 'u', 4); size > 0 && utf16.IsSurrogate(n) { // as JavaScript writes them
				n = utf16.DecodeRune(n, low)
				i += 1 + size
			}
			b.WriteRune(n)
		} else if n, size := number(s[i+1:], 'U', 8); size > 0 {
			b.WriteRune(n)
			i += 1 + size
		} else {
			b.WriteByte('\\')
			i++
		}
	}
	return b.String()
}

// number is the hexadecimal number behind a letter, of at most that many digits, and the length of both; 0 for none.
func number(s string, letter byte, digits int) (n rune, size int) {
	if s == "" || s[0] != letter {
		return 0, 0
	}
	rest := s[1:min(len(s), 1+digits)]
	have := len(rest) - len(strings.TrimLeft(rest, "0123456789abcdefABCDEF"))
	v, err := strconv.ParseUint(rest[:have], 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), 1 + have
}

// cmdSplitter splits as Windows does: cmd takes the carets, and what is left is words by the rules of the C
// runtime, in which \" and, within quotes, "" are quotes.
type cmdSplitter struct {
	splitting
	source string
	line   int
}

func (s *cmdSplitter) split() ([][]word, error) {
	plain, quoted := []byte(nil), false // what cmd passes on; whether cmd is within quotes of its own
	line, first := 1, 1
	for i := 0; i < len(s.source); i++ {
		c := s.source[i]
		if c == '\n' {
			line++
		}
		switch {
		case c == '^' && !quoted && i+1 < len(s.source):
			i++
			if s.source[i] == '\n' { // the line goes on, and what begins the next one is meant as it is
				line++
				if i++; i == len(s.source) {
					break
				}
				if s.source[i] == '\n' {
					line++
				}
			}
			plain = append(plain, s.source[i])
		case c == '"':
			quoted = !quoted
			plain = append(plain, '"')
		case (c == '\n' || c == '&' || c == '|') && !quoted:
			if err := s.command(plain, first); err != nil {
				return nil, err
			}
			plain, first = nil, line
		default:
			plain = append(plain, c)
		}
	}
	err := s.command(plain, first)
	return s.all, err
}

// command splits what cmd passes to a program.
func (s *cmdSplitter) command(plain []byte, line int) error {
	quoted := false
	for i := 0; i < len(plain); i++ {
		switch c := plain[i]; {
		case c == '\\' && i+1 < len(plain) && plain[i+1] == '"':
			s.add('"', line)
			i++
		case c == '"' && quoted && i+1 < len(plain) && plain[i+1] == '"':
			s.add('"', line)
			i++
		case c == '"':
			quoted = !quoted
			s.begin(line)
		case (c == ' ' || c == '\t') && !quoted:
			s.endWord()
		default:
			s.add(c, line)
		}
	}
	if quoted {
		return fmt.Errorf("line %d: a quote is not closed", line)
	}
	s.endCommand()
	return nil
}
