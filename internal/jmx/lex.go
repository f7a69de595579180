package jmx

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one of a condition's or a script's: the part of Java, Groovy and JavaScript that they share.
type token struct {
	sort  byte // 'n' name, '1' number, 's' string, 'o' operator, 'v' JMeter reference, '\n' line end, 0 end
	text  string
	parts value // of a string with references in it, and the reference itself
	line  int
}

// lexer splits a source into tokens. A line's end is one, since Groovy and JavaScript end statements there.
type lexer struct {
	rest   string
	line   int
	tokens []token
}

var operators = []string{"===", "!==", "==~", "=~", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "+=", "-=", "?:", "?.", "->"}

func lex(source string) ([]token, error) {
	l := &lexer{rest: source, line: 1}
	for l.rest != "" {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.add(0, "", 0)
	return l.tokens, nil
}

func (l *lexer) add(sort byte, text string, n int) {
	l.tokens = append(l.tokens, token{sort: sort, text: text, line: l.line})
	l.take(n)
}

func (l *lexer) take(n int) {
	l.line += strings.Count(l.rest[:n], "\n")
	l.rest = l.rest[n:]
}

func (l *lexer) next() error {
	s := l.rest
	switch c := s[0]; {
	case c == '\n':
		l.add('\n', "", 1)
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		l.take(1)
	case strings.HasPrefix(s, "//"), strings.HasPrefix(s, "#!"):
		l.take(lengthTo(s, "\n"))
	case strings.HasPrefix(s, "/*"):
		l.take(lengthTo(s[2:], "*/") + min(4, len(s)))
	case c == '"' || c == '\'':
		return l.quoted()
	case c == '/' && l.pattern():
	case strings.HasPrefix(s, "${"):
		p := &valueParser{rest: s}
		part, n := p.reference()
		if n == 0 {
			return fmt.Errorf("line %d: a ${ that does not close", l.line)
		}
		l.add('v', "", n)
		l.tokens[len(l.tokens)-1].parts = value{part}
	case c >= '0' && c <= '9':
		n := len(s) - len(strings.TrimLeft(s, "0123456789.xXabcdefABCDEFlL_"))
		l.add('1', strings.TrimRight(strings.ReplaceAll(s[:n], "_", ""), "lLfFdD"), n)
	default:
		return l.nameOrOperator()
	}
	return nil
}

// lengthTo is how far it is to the end, or to the source's own.
func lengthTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i
	}
	return len(s)
}

func (l *lexer) nameOrOperator() error {
	s := l.rest
	if n := len(s) - len(strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
	})); n > 0 {
		l.add('n', s[:n], n)
		return nil
	}
	for _, o := range operators {
		if strings.HasPrefix(s, o) {
			l.add('o', o, len(o))
			return nil
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	if !strings.ContainsRune("+-*/%<>=!&|?:.,;()[]{}@~^", r) {
		return fmt.Errorf("line %d: %q", l.line, r)
	}
	l.add('o', s[:n], n)
	return nil
}

// pattern reads a regular expression between slashes; it reports false where a slash divides, or no other follows.
func (l *lexer) pattern() bool {
	if n := len(l.tokens); n > 0 && (strings.IndexByte("1sv", l.tokens[n-1].sort) >= 0 || l.tokens[n-1].sort == 'n' && l.tokens[n-1].text != "return" || l.tokens[n-1].text == ")" || l.tokens[n-1].text == "]") {
		return false
	}
	line, _, _ := strings.Cut(l.rest, "\n")
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '\\':
			i++
		case line[i] == '/':
			l.add('s', "", i+1)
			l.tokens[len(l.tokens)-1].parts = value{{literal: strings.ReplaceAll(line[1:i], `\/`, "/")}}
			return true
		}
	}
	return false
}

// quoted reads a string with its escapes, and the references in it.
func (l *lexer) quoted() error {
	s, line := l.rest, l.line
	quote := s[:1]
	if strings.HasPrefix(s, strings.Repeat(quote, 3)) {
		quote = s[:3]
	}
	var v value
	for i := len(quote); i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], quote):
			l.take(i + len(quote))
			l.tokens = append(l.tokens, token{sort: 's', parts: v, line: line})
			return nil
		case s[i] == '\\' && i+1 < len(s):
			escaped, n := unescape(s[i+1:])
			v, i = v.append(escaped), i+1+n
		case strings.HasPrefix(s[i:], "${"):
			p := &valueParser{rest: s[i:]}
			part, n := p.reference()
			if n == 0 {
				return fmt.Errorf("line %d: a ${ in a string that is no variable", l.line)
			}
			v, i = append(v, part), i+n
		case s[i] == '\n' && len(quote) == 1:
			return fmt.Errorf("line %d: a string that does not end", l.line)
		default:
			v, i = v.append(s[i:i+1]), i+1
		}
	}
	return fmt.Errorf("line %d: a string that does not end", line)
}

// unescape is what an escape behind its backslash means, and its length.
func unescape(s string) (string, int) {
	switch s[0] {
	case 'n':
		return "\n", 1
	case 't':
		return "\t", 1
	case 'r':
		return "\r", 1
	case 'u':
		var r rune
		if len(s) >= 5 {
			if _, err := fmt.Sscanf(s[1:5], "%04x", &r); err == nil {
				return string(r), 5
			}
		}
	}
	return s[:1], 1
}
