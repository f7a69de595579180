package jmx

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ex is an expression of a plan of ours, as it grows from JMeter's functions, conditions and scripts.
type ex struct {
	op string // see the constants; or one of the binary operators
	s  string // the literal's text, or the name of a variable, word or function
	of kind   // of words and functions
	in []*ex
}

const (
	opText   = "text"   // s is a string literal
	opNumber = "number" // s is a number as written
	opTruth  = "truth"  // s is "true" or "false"
	opNull   = "null"
	opVar    = "var"  // a variable's text
	opCode   = "code" // a variable that stands as code in a condition: JMeter puts its text in
	opWord   = "word" // a word of our conditions, such as status
	opCall   = "call"
	opNot    = "not"
	opNeg    = "neg"
	opList   = "list"
	opChoose = "?:"
	opIndex  = "[]"
	opSlice  = "[:]" // of a text; its end may be missing
)

// kind is what an expression's value is.
type kind int

const (
	anyKind kind = iota
	textKind
	numberKind
	truthKind
)

func text(s string) *ex              { return &ex{op: opText, s: s} }
func number(s string) *ex            { return &ex{op: opNumber, s: s} }
func truth(b bool) *ex               { return &ex{op: opTruth, s: strconv.FormatBool(b)} }
func variable(name string) *ex       { return &ex{op: opVar, s: name} }
func word(name string, of kind) *ex  { return &ex{op: opWord, s: name, of: of} }
func binary(op string, a, b *ex) *ex { return &ex{op: op, in: []*ex{a, b}} }
func negated(x *ex) *ex              { return &ex{op: opNot, in: []*ex{x}} }
func apply(name string, of kind, in ...*ex) *ex {
	if name == "urlencode" && len(in) == 1 && in[0].op == opText {
		return text(url.QueryEscape(in[0].s))
	}
	return &ex{op: opCall, s: name, of: of, in: in}
}

// precedence is that of the operators of our conditions; what is not here binds closest.
var precedence = map[string]int{
	opChoose: 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
	"in": 5, "contains": 5, "startsWith": 5, "endsWith": 5, "matches": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, opNot: 8, opNeg: 8,
}

func (x *ex) kind() kind {
	switch x.op {
	case opText, opVar, opSlice:
		return textKind
	case opNumber, opNeg, "-", "*", "/", "%":
		return numberKind
	case opTruth, opNot, "||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches":
		return truthKind
	case "+":
		if x.in[0].kind() == textKind || x.in[1].kind() == textKind {
			return textKind
		}
		return numberKind
	case opChoose:
		if k := x.in[1].kind(); k == x.in[2].kind() {
			return k
		}
	case opIndex:
		if of := x.in[0]; of.op == opList && len(of.in) > 0 && !slices.ContainsFunc(of.in, func(y *ex) bool { return y.kind() != of.in[0].kind() }) {
			return of.in[0].kind()
		}
	case opWord, opCall:
		return x.of
	}
	return anyKind
}

// String is the expression as a condition words it.
func (x *ex) String() string {
	switch x.op {
	case opText:
		return quoteExpression(x.s)
	case opNull:
		return "nil"
	case opNumber, opTruth, opVar, opCode, opWord:
		return x.s
	case opCall:
		return x.s + "(" + joined(x.in) + ")"
	case opList:
		return "[" + joined(x.in) + "]"
	case opIndex:
		return x.inner(0) + "[" + x.in[1].String() + "]"
	case opSlice:
		return x.inner(0) + "[" + x.in[1].String() + ":" + joined(x.in[2:]) + "]"
	case opNot:
		return "not " + x.inner(0)
	case opNeg:
		return "-" + x.inner(0)
	case opChoose:
		return x.inner(0) + " ? " + x.inner(1) + " : " + x.inner(2)
	}
	return x.inner(0) + " " + x.op + " " + x.inner(1)
}

func joined(all []*ex) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = x.String()
	}
	return strings.Join(words, ", ")
}

// inner is an operand, in parentheses where it needs them: operators of one rank are grouped from the left.
func (x *ex) inner(i int) string {
	own, mine := precedence[x.in[i].op], precedence[x.op]
	s := x.in[i].String()
	if own != 0 && (x.op == opIndex || x.op == opSlice || own < mine || own == mine && (i > 0 || own == 5)) {
		return "(" + s + ")"
	}
	return s
}

// quoteExpression is a string literal: in double quotes, since the conditions of a plan stand in single ones.
func quoteExpression(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// asText, asNumber and asTruth are the expression as a value of that kind, as JMeter's languages convert it.
func (x *ex) asText() *ex {
	switch {
	case x.kind() == textKind:
		return x
	case x.op == opCode:
		return variable(x.s)
	case x.op == opNumber, x.op == opTruth:
		return text(x.s)
	}
	return apply("string", textKind, x)
}

func (x *ex) asNumber() *ex {
	switch {
	case x.kind() == numberKind:
		return x
	case x.op == opText && isNumber(x.s):
		return number(strings.TrimSpace(x.s))
	case x.op == opCode, x.op == opVar:
		return apply("int", numberKind, variable(x.s))
	case x.op == opChoose:
		return &ex{op: opChoose, in: []*ex{x.in[0], x.in[1].asNumber(), x.in[2].asNumber()}}
	}
	return apply("int", numberKind, x)
}

func (x *ex) asTruth() *ex {
	switch {
	case x.kind() == truthKind:
		return x
	case x.op == opText:
		return truth(strings.EqualFold(x.s, "true"))
	case x.op == opCode, x.op == opVar:
		return binary("==", variable(x.s), text("true"))
	case x.kind() == textKind:
		return binary("==", x, text("true"))
	case x.kind() == numberKind:
		return binary("!=", x, number("0"))
	}
	return x
}

// truthy is asTruth of what a script computes itself, by Groovy's and JavaScript's rule: no text, 0, null and false are
// false. (A bare ${variable} is code, whose text says true or false.)
func (x *ex) truthy() *ex {
	switch {
	case x.op == opVar, x.kind() == textKind && x.op != opText:
		return binary("!=", x, text(""))
	case x.op == opCall && x.s == "json":
		return negated(binary("in", x, &ex{op: opList, in: []*ex{{op: opNull}, text(""), number("0"), truth(false)}}))
	}
	return x.asTruth()
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil && strings.Trim(s, " 0123456789.+-eE") == ""
}

// compared is a comparison with its operands made comparable: as text where one is in quotes, else as numbers.
func compared(op string, a, b *ex) *ex {
	if op == "==" || op == "!=" {
		for _, swap := range [][2]*ex{{a, b}, {b, a}} {
			if x := equality(op, swap[0], swap[1]); x != nil {
				return x
			}
		}
	}
	a, b = a.asNumber(), b.asNumber()
	if fraction(a) || fraction(b) {
		a, b = asFloat(a), asFloat(b)
	}
	return binary(op, a, b)
}

// equality is a == b or a != b where b says what is compared; nil if it does not.
func equality(op string, a, b *ex) *ex {
	if b.op == opText && a.op == opCall && a.s == "string" { // what it was before it became text
		switch of := a.in[0].kind(); {
		case of == truthKind && (b.s == "true" || b.s == "false"):
			return equality(op, a.in[0], truth(b.s == "true"))
		case of == numberKind && isNumber(b.s):
			return equality(op, a.in[0], b)
		}
	}
	switch {
	case b.op == opNull:
		return binary(op, a.asText(), text(""))
	case b.op == opTruth && a.kind() == truthKind:
		if (b.s == "true") == (op == "==") {
			return a
		}
		return opposite(a)
	case b.op == opTruth:
		return binary(op, a.asText(), text(b.s))
	case b.op == opText && a.kind() == numberKind && isNumber(b.s):
		return binary(op, a, number(strings.TrimSpace(b.s)))
	case b.kind() == textKind && a.kind() != numberKind:
		return binary(op, a.asText(), b)
	}
	return nil
}

func fraction(x *ex) bool { return x.op == opNumber && strings.ContainsAny(x.s, ".eE") }

// asFloat reads a variable as a number with a fraction.
func asFloat(x *ex) *ex {
	if x.op == opCall && x.s == "int" {
		return apply("float", numberKind, x.in...)
	}
	return x
}

// added is a + b: text where one is text, else a sum.
func added(a, b *ex) *ex {
	if a.kind() == textKind || b.kind() == textKind {
		a, b = a.asText(), b.asText()
		if a.op == opText && b.op == opText {
			return text(a.s + b.s)
		}
		if a.op == "+" && a.in[1].op == opText && b.op == opText {
			return binary("+", a.in[0], text(a.in[1].s+b.s))
		}
		if a.op == opText && a.s == "" {
			return b
		}
		if b.op == opText && b.s == "" {
			return a
		}
		return binary("+", a, b)
	}
	return binary("+", a.asNumber(), b.asNumber())
}

// template is the expression as the text of a value: "a" + x + uuid() is a${x}${uuid()}.
func (x *ex) template() string {
	switch {
	case x.op == opText:
		return strings.ReplaceAll(x.s, "${", "$${")
	case x.op == opNumber, x.op == opTruth:
		return x.s
	case x.op == opNull:
		return ""
	case x.op == opCall && x.s == "string":
		return x.in[0].template()
	case x.op == "+" && x.kind() == textKind:
		return x.in[0].template() + x.in[1].template()
	case x.op == opCode:
		return "${" + x.s + "}"
	}
	return "${" + x.String() + "}"
}

// uses calls f for every variable of the expression.
func (x *ex) uses(f func(name string)) {
	if x.op == opVar || x.op == opCode {
		f(x.s)
	}
	for _, y := range x.in {
		y.uses(f)
	}
}

// holds is the value of a condition of literals only.
func (x *ex) holds() bool {
	switch x.op {
	case "||":
		return x.in[0].holds() || x.in[1].holds()
	case "==":
		return x.in[0].s == x.in[1].s
	case opNot:
		return !x.in[0].holds()
	case "in":
		return slices.ContainsFunc(x.in[1].in, func(y *ex) bool { return y.s == x.in[0].s })
	}
	return x.s == "true"
}
