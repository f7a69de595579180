package jmx

import (
	"fmt"
	"strings"
)

// names resolves what the languages of JMeter may name: its variables and functions in "${…}", and variables
// and properties by their names.
type names interface {
	reference(p piece) (*ex, error)
	variable(name string) *ex
	// property is one that has the fallback where nobody sets it; the run is asked for one without.
	property(name string, fallback value) *ex
	// target is our name of a variable that is given a value.
	target(name string) string
}

// A scriptError says what of a script cannot be carried over.
type scriptError struct {
	what string
	line int
}

func (e *scriptError) Error() string {
	if e.line > 1 {
		return fmt.Sprintf("%s (line %d of the script)", e.what, e.line)
	}
	return e.what
}

// parser reads expressions: literals, variables, comparisons, logic, arithmetic, and the calls of methods
// that have a counterpart (methods.go). It panics with a *scriptError, which its callers turn into an error.
type parser struct {
	names
	tokens []token
	at     int
	locals map[string]*ex
	depth  int
	args   []value        // a script's parameters
	asked  map[*ex]string // properties without a fallback, by name
}

// parseCondition reads a condition in JavaScript, JEXL or Groovy.
func parseCondition(source string, n names) (x *ex, err error) {
	defer caught(&err)
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{names: n, tokens: tokens, locals: map[string]*ex{}}
	p.skipLines()
	p.skipWord("return")
	x = p.expression(0)
	for p.skip(";") || p.skipLine() {
	}
	if p.now().sort != 0 {
		p.fail("%q is not understood here", p.now().text)
	}
	return x.plain(p), nil
}

func caught(err *error) {
	switch r := recover().(type) {
	case nil:
	case *scriptError:
		*err = r
	default:
		panic(r)
	}
}

func (p *parser) fail(format string, args ...any) {
	panic(&scriptError{fmt.Sprintf(format, args...), p.now().line})
}

func (p *parser) now() *token { return &p.tokens[p.at] }

func (p *parser) is(operator string) bool { return p.now().sort == 'o' && p.now().text == operator }

func (p *parser) skip(operator string) bool {
	if p.is(operator) {
		p.at++
		return true
	}
	return false
}

func (p *parser) skipWord(w string) bool {
	if t := p.now(); t.sort == 'n' && t.text == w {
		p.at++
		return true
	}
	return false
}

func (p *parser) skipLine() bool {
	if p.now().sort == '\n' {
		p.at++
		return true
	}
	return false
}

func (p *parser) skipLines() {
	for p.skipLine() {
	}
}

func (p *parser) need(operator string) {
	p.skipLines()
	if !p.skip(operator) {
		p.fail("%q is missing", operator)
	}
}

func (p *parser) name() string {
	t := p.now()
	if t.sort != 'n' {
		p.fail("%q is not understood here", t.text)
	}
	p.at++
	return t.text
}

var binaries = map[string]int{"||": 1, "&&": 2, "==": 3, "!=": 3, "===": 3, "!==": 3, "==~": 3, "=~": 3,
	"<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}

// wordOperators are JEXL's and Groovy's.
var wordOperators = map[string]string{"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&&", "or": "||", "mod": "%", "div": "/"}

const deepestExpression = 100

func (p *parser) expression(rank int) *ex {
	if p.depth++; p.depth > deepestExpression {
		p.fail("an expression nested deeper than %d levels", deepestExpression)
	}
	defer func() { p.depth-- }()
	x := p.unary()
	for {
		operator := p.now().text
		if p.now().sort == 'n' {
			operator = wordOperators[operator]
		} else if p.now().sort != 'o' {
			break
		}
		own := binaries[operator]
		if own == 0 || own <= rank {
			break
		}
		p.at++
		p.skipLines()
		x = p.combine(operator, x, p.expression(own))
	}
	if rank == 0 && p.skip("?:") {
		return p.orElse(x.plain(p), p.expression(0).plain(p))
	}
	if rank == 0 && p.skip("?") {
		then := p.expression(0)
		p.need(":")
		return &ex{op: opChoose, in: []*ex{x.plain(p).truthy(), then.plain(p), p.expression(0).plain(p)}}
	}
	return x
}

// orElse is Groovy's x ?: other.
func (p *parser) orElse(x, other *ex) *ex {
	if name := p.asked[x]; name != "" && (other.op == opText || other.op == opNumber) {
		return p.property(name, value{{literal: other.s}})
	}
	if x.kind() == textKind {
		other = other.asText()
	}
	return &ex{op: opChoose, in: []*ex{x.truthy(), x, other}}
}

func (p *parser) combine(operator string, a, b *ex) *ex {
	if operator == "*" {
		if b.op == opObject && b.s == "Math.random" {
			a, b = b, a
		}
		if a.op == opObject && a.s == "Math.random" {
			return randomBelow(number("0"), b.plain(p).asNumber())
		}
	}
	a, b = a.plain(p), b.plain(p)
	switch operator {
	case "||", "&&":
		return binary(operator, a.truthy(), b.truthy())
	case "==", "===":
		return search(compared("==", a, b))
	case "!=", "!==":
		return search(compared("!=", a, b))
	case "<", "<=", ">", ">=":
		return search(compared(operator, a, b))
	case "==~":
		return binary("matches", a.asText(), whole(b.asText()))
	case "=~":
		return binary("matches", a.asText(), b.asText())
	case "+":
		return added(a, b)
	}
	return binary(operator, a.asNumber(), b.asNumber())
}

// whole is a regular expression that must match the whole text.
func whole(pattern *ex) *ex { return added(added(text("^(?:"), pattern), text(")$")) }

// search knows a.indexOf(b) compared with -1 or 0, which asks whether a contains b.
func search(x *ex) *ex {
	if precedence[x.op] != precedence["=="] || x.in[0].op != opCall || x.in[0].s != "indexOf" {
		return x
	}
	call := x.in[0]
	contains := binary("contains", call.in[0], call.in[1])
	switch against := x.in[1].String(); {
	case x.op == "!=" && against == "-1", x.op == ">" && against == "-1", x.op == ">=" && against == "0":
		return contains
	case x.op == "==" && against == "-1", x.op == "<" && against == "0":
		return negated(contains)
	}
	return x
}

func (p *parser) unary() *ex {
	switch {
	case p.skip("!"):
		return opposite(p.unary().plain(p).truthy())
	case p.skipWord("not"), p.skipWord("empty"):
		if p.tokens[p.at-1].text == "empty" {
			return binary("==", p.unary().plain(p).asText(), text(""))
		}
		return opposite(p.unary().plain(p).truthy())
	case p.skip("-"):
		x := p.unary().plain(p).asNumber()
		if x.op == opNumber {
			return number("-" + x.s)
		}
		return &ex{op: opNeg, in: []*ex{x}}
	case p.skip("+"):
		return p.unary().plain(p).asNumber()
	case p.cast():
		return p.unary()
	}
	x := p.primary()
	for {
		switch {
		case p.skip("."), p.skip("?."):
			x = p.member(x, p.name())
		case p.is("["):
			p.at++
			i := p.expression(0).plain(p)
			p.need("]")
			x = p.element(x, i)
		case p.skipWord("as"):
			if kind := p.name(); kind == "int" || kind == "Integer" || kind == "long" || kind == "Long" || kind == "double" {
				x = x.plain(p).asNumber()
			} else if kind != "String" {
				p.fail("as %s", kind)
			}
		default:
			return x
		}
	}
}

// cast skips a cast, such as (int), whose effect our numbers have anyway.
func (p *parser) cast() bool {
	if !p.is("(") || p.at+2 >= len(p.tokens) {
		return false
	}
	name, end := p.tokens[p.at+1], p.tokens[p.at+2]
	switch name.text {
	case "int", "long", "Integer", "Long", "String", "double", "float":
		if name.sort == 'n' && end.sort == 'o' && end.text == ")" {
			p.at += 3
			return true
		}
	}
	return false
}

func (p *parser) primary() *ex {
	t := p.now()
	p.at++
	switch t.sort {
	case 's':
		return p.stringOf(t.parts)
	case '1':
		if strings.ContainsAny(t.text, "xXabcdfABCDF") {
			p.fail("the number %s", t.text)
		}
		return number(t.text)
	case 'v':
		x, err := p.reference(t.parts[0])
		if err != nil {
			p.fail("%v", err)
		}
		return asCode(x)
	case 'n':
		return p.named(t.text)
	}
	if t.sort == 'o' && t.text == "(" {
		x := p.expression(0)
		p.need(")")
		return x
	}
	if t.sort == 'o' && t.text == "[" {
		return &ex{op: opList, in: p.list("]")}
	}
	p.at--
	p.fail("%q is not understood here", t.text)
	return nil
}

// asCode is a reference outside of quotes: the variable's text becomes part of the program.
func asCode(x *ex) *ex {
	switch {
	case x.op == opVar:
		return &ex{op: opCode, s: x.s}
	case x.op == opText && isNumber(x.s):
		return number(strings.TrimSpace(x.s))
	case x.op == opText && (x.s == "true" || x.s == "false"):
		return truth(x.s == "true")
	}
	return x
}

// stringOf is a string literal: JMeter has put in its variables before the script sees it, and Groovy its own.
func (p *parser) stringOf(v value) *ex {
	x := text("")
	for _, part := range v {
		switch local := p.locals[part.variable]; {
		case part.source == "":
			x = added(x, text(part.literal))
		case part.variable != "" && local != nil:
			x = added(x, local.plain(p).asText())
		default:
			y, err := p.reference(part)
			if err != nil {
				p.fail("%v", err)
			}
			x = added(x, y.asText())
		}
	}
	return x
}
