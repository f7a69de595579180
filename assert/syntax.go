package assert

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// SyntaxError says why a condition or an expectation does not compile. Message is one line.
type SyntaxError struct {
	Source       string
	Line, Column int // from 1, in Source; the column counts characters, not bytes
	Message      string
}

// Error is "line:column: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// syntaxErrorf is a SyntaxError at a place of source that is given, as expr does, in characters.
func syntaxErrorf(source string, at int, format string, args ...any) *SyntaxError {
	e := &SyntaxError{Source: source, Line: 1, Column: 1, Message: escaped(fmt.Sprintf(format, args...))}
	for _, r := range source {
		if at == 0 {
			break
		}
		at--
		e.Column++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}

// parseError is what expr's parser found, in our words.
func parseError(source string, err error) *SyntaxError {
	var found *file.Error
	if !errors.As(err, &found) {
		return syntaxErrorf(source, 0, "%s", firstLine(err.Error()))
	}
	return syntaxErrorf(source, found.From, "%s", parserMessage(found.Message))
}

// unexpected is how expr's parser names a token it cannot use here: its kind, and its text quoted.
var unexpected = regexp.MustCompile(`unexpected token (\w+)(?:\((".*")\))?`)

// intended are operators that other languages write differently.
var intended = map[string]string{"=": "==", "&": "&&", "<>": "!=", "AND": "and", "OR": "or", "NOT": "not", "IN": "in"}

func parserMessage(message string) string {
	switch m := unexpected.FindStringSubmatch(message); {
	case strings.Contains(message, "maximum allowed nodes"):
		return "the expression is too large"
	case strings.Contains(message, "literal not terminated"):
		return "a quotation mark is missing: the string does not end"
	case strings.HasPrefix(message, "bad number syntax: "):
		return "invalid number " + strings.TrimPrefix(firstLine(message), "bad number syntax: ") + ": units are ns, µs, ms, s, m, h and %"
	case m == nil:
		return firstLine(message)
	case m[1] == "EOF":
		return "the expression ends too early"
	default:
		token, err := strconv.Unquote(m[2])
		if err != nil {
			token = m[2]
		}
		if better := intended[token]; better != "" {
			return fmt.Sprintf("unexpected `%s`: did you mean `%s`?", token, better)
		}
		return fmt.Sprintf("unexpected `%s`", token)
	}
}

// escaped is s with its control characters and broken UTF-8 as Go writes them, on one line.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// oneLine is source as messages show it.
func oneLine(source string) string {
	source = strings.TrimSpace(source)
	if strings.ContainsAny(source, "\r\n\t") {
		source = strings.Join(strings.Fields(source), " ")
	}
	return source
}
