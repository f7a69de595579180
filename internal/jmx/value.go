package jmx

import "strings"

// value is text of a JMeter property: literals, variables and calls of functions, one after the other.
type value []piece

// piece is one of literal text, a variable, and a call.
type piece struct {
	literal  string
	variable string
	call     *call
	source   string // of a variable or a call as the file has it: "${x}"
}

// call is ${__name(arguments)}.
type call struct {
	name      string // with its underscores
	arguments []value
}

// parseValue reads text as JMeter does (FunctionParser): "${name}" and "${__name(a,b)}"; a backslash
// escapes $, a comma and itself, but only in text with a variable or a function in it.
func parseValue(s string) value {
	if !strings.Contains(s, "${") {
		return literal(s)
	}
	p := &valueParser{rest: s}
	v := p.value()
	if !v.computed() {
		return literal(s)
	}
	return v
}

func literal(s string) value {
	if s == "" {
		return nil
	}
	return value{{literal: s}}
}

// computed reports whether there is anything but literal text in the value.
func (v value) computed() bool {
	for _, p := range v {
		if p.source != "" {
			return true
		}
	}
	return false
}

// text is the value's literal text; ok reports whether that is all of it.
func (v value) text() (s string, ok bool) {
	var b strings.Builder
	for _, p := range v {
		if p.source != "" {
			return "", false
		}
		b.WriteString(p.literal)
	}
	return b.String(), true
}

// only is the single variable or call of which the value consists; nil if it is anything else.
func (v value) only() *piece {
	if len(v) == 1 && v[0].source != "" {
		return &v[0]
	}
	return nil
}

func (v value) append(literal string) value {
	if n := len(v); n > 0 && v[n-1].source == "" {
		v[n-1].literal += literal
		return v
	}
	return append(v, piece{literal: literal})
}

type valueParser struct {
	rest  string
	depth int
}

// deepestValue is how many functions may stand within one another; what is deeper stays text.
const deepestValue = 50

func (p *valueParser) value() value {
	var v value
	for p.rest != "" {
		switch {
		case strings.HasPrefix(p.rest, "${"):
			if part, n := p.reference(); n > 0 {
				v, p.rest = append(v, part), p.rest[n:]
				continue
			}
			v, p.rest = v.append("${"), p.rest[2:]
		case p.rest[0] == '\\' && len(p.rest) > 1 && strings.IndexByte(`$,\`, p.rest[1]) >= 0:
			v, p.rest = v.append(p.rest[1:2]), p.rest[2:]
		default:
			n := strings.IndexAny(p.rest[1:], `\$`) + 1
			if n == 0 {
				n = len(p.rest)
			}
			v, p.rest = v.append(p.rest[:n]), p.rest[n:]
		}
	}
	return v
}

// reference reads what begins with "${" at the front of the rest, and tells its length; 0 if it is none.
func (p *valueParser) reference() (piece, int) {
	s := p.rest
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == '}':
			name := strings.TrimSpace(s[2:i])
			source := s[:i+1]
			if strings.HasPrefix(name, "__") && !strings.HasPrefix(name, "__jm__") {
				return piece{call: &call{name: name}, source: source}, i + 1
			}
			return piece{variable: name, source: source}, i + 1
		case c == '(' && strings.HasPrefix(s[2:], "__") && p.depth < deepestValue:
			arguments, end := p.arguments(s, i+1)
			if end < 0 || end >= len(s) || s[end] != '}' {
				return piece{}, 0
			}
			return piece{call: &call{name: s[2:i], arguments: arguments}, source: s[:end+1]}, end + 1
		case c == '{' || c == '$' && i+1 < len(s) && s[i+1] == '{': // "${${x}}": JMeter knows no such thing
			return piece{}, 0
		}
	}
	return piece{}, 0
}

// arguments reads those of a function from offset i on; end is the offset behind the closing parenthesis,
// -1 if there is none.
func (p *valueParser) arguments(s string, i int) (all []value, end int) {
	begin, functions, parentheses := i, 0, 0
	take := func(to int) {
		sub := &valueParser{rest: s[begin:to], depth: p.depth + 1}
		all = append(all, sub.value())
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '{' && s[i-1] == '$':
			functions++
		case c == '}' && functions > 0:
			functions--
		case functions > 0:
		case c == '(':
			parentheses++
		case c == ')' && parentheses > 0:
			parentheses--
		case c == ')':
			if i > begin || len(all) > 0 {
				take(i)
			}
			return all, i + 1
		case c == ',' && parentheses == 0:
			take(i)
			begin = i + 1
		}
	}
	return nil, -1
}

// argument is a call's argument, empty where it is not there.
func (c *call) argument(i int) value {
	if i < len(c.arguments) {
		return c.arguments[i]
	}
	return nil
}

// trimmed is a value without the blanks that stand around it in the plan.
func (v value) trimmed() value {
	v = append(value{}, v...)
	if n := len(v) - 1; n >= 0 {
		v[0].literal = strings.TrimLeft(v[0].literal, " \t\r\n")
		v[n].literal = strings.TrimRight(v[n].literal, " \t\r\n")
	}
	return v
}

// word is an argument that is literal text, without blanks around it; "" for any other.
func (c *call) word(i int) string {
	s, _ := c.argument(i).text()
	return strings.TrimSpace(s)
}
