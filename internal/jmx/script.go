package jmx

import (
	"slices"
	"strings"
)

// action is what a script does that a plan can do, too.
type action struct {
	do    string // "set", "share", "fail", "pass", "think", "stop", "next", "when"
	name  string // the variable of set, what to stop of stop
	value *ex    // of set; the condition of fail and when; milliseconds of think
	then  []action
	temp  bool // the variable is the script's own
}

// parseScript reads a script as a list of actions: a symbolic execution, in which local variables stand for
// the expressions that they were given.
func parseScript(source string, n names, parameters string) (all []action, err error) {
	defer caught(&err)
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	s := &script{parser: parser{names: n, tokens: tokens, locals: map[string]*ex{}}}
	for _, w := range strings.Fields(parameters) {
		s.args = append(s.args, parseValue(w))
	}
	for s.now().sort != 0 && !s.ended {
		s.statement()
	}
	return tidy(s.actions), nil
}

type script struct {
	parser
	actions []action
	ended   bool // by return
	guards  int  // ifs that end by return, below whose opposite the rest stands
}

func (s *script) do(a action) { s.actions = append(s.actions, a) }

// statement reads and does one.
func (s *script) statement() {
	if s.depth++; s.depth > deepestExpression {
		s.fail("blocks nested deeper than %d levels", deepestExpression)
	}
	defer func() { s.depth-- }()
	switch t := s.now(); {
	case s.skip(";"), s.skipLine():
	case s.is("{"):
		s.block()
	case t.sort == 'n':
		s.words(t.text)
	default:
		s.expressionStatement()
	}
}

func (s *script) block() {
	s.need("{")
	for !s.skip("}") {
		if s.now().sort == 0 {
			s.fail("a block that does not end")
		}
		if s.skip(";") || s.skipLine() {
			continue
		}
		if s.ended {
			s.fail("%s behind return", s.now().text)
		}
		s.statement()
	}
}

// ignored begin statements that only tell something to who looks.
var ignored = []string{"print", "println", "printf", "import", "package"}

var declarations = []string{"def", "var", "let", "const", "final", "String", "int", "Integer", "long", "Long", "float", "double",
	"boolean", "Boolean", "Random", "Date", "SimpleDateFormat", "UUID", "Object", "JsonSlurper", "Calendar", "Instant", "LocalDateTime", "LocalDate", "DateTimeFormatter"}

func (s *script) words(w string) {
	following := s.tokens[s.at+1]
	switch {
	case slices.Contains(ignored, w):
		s.skipStatement()
	case w == "log" || w == "OUT" || w == "System" && following.text == "." && s.tokens[min(s.at+2, len(s.tokens)-1)].text == "out":
		s.skipStatement()
	case w == "if":
		s.branch()
	case w == "try":
		s.at++
		s.block()
		s.handlers()
	case w == "return":
		s.skipStatement()
		s.ended = true
	case slices.Contains([]string{"for", "while", "do", "switch", "class", "function", "void", "throw", "public", "static"}, w):
		what := map[string]string{"for": "a loop", "while": "a loop", "do": "a loop", "switch": "switch"}[w]
		if what == "" {
			what = w
		}
		s.fail("%s", what)
	case slices.Contains(declarations, w) && following.sort == 'n':
		s.at++
		s.statement()
	case following.sort == 'o' && slices.Contains([]string{"=", "+=", "-=", "++", "--"}, following.text):
		s.assignment(w)
	case following.sort == 'o' && following.text == ";" || following.sort == '\n' && s.locals[w] == nil: // a declaration without a value
		s.at++
		s.locals[w] = text("")
	default:
		s.expressionStatement()
	}
}

// skipStatement goes over a statement, and the parentheses in it.
func (s *script) skipStatement() {
	for open := 0; ; s.at++ {
		switch t := s.now(); {
		case t.sort == 0:
			return
		case t.sort == 'o' && (t.text == "(" || t.text == "{"):
			open++
		case t.sort == 'o' && (t.text == ")" || t.text == "}"):
			if open == 0 {
				return
			}
			open--
		case open == 0 && (t.sort == '\n' && !s.continued() || t.text == ";" && t.sort == 'o'):
			return
		}
	}
}

// continued reports whether the statement goes on behind the end of the line.
func (s *script) continued() bool {
	i := s.at
	for s.tokens[i].sort == '\n' {
		i++
	}
	return s.tokens[i].sort == 'o' && slices.Contains([]string{"(", ".", "+"}, s.tokens[i].text)
}

// handlers goes over catch and finally: what is carried over does not throw.
func (s *script) handlers() {
	for s.skipLines(); s.skipWord("catch") || s.skipWord("finally"); s.skipLines() {
		for !s.is("{") {
			if s.now().sort == 0 {
				s.fail("catch")
			}
			s.at++
		}
		for open := 0; ; s.at++ {
			if s.is("{") {
				open++
			} else if s.is("}") {
				if open--; open == 0 {
					s.at++
					break
				}
			} else if s.now().sort == 0 {
				s.fail("catch")
			}
		}
	}
}

// branch is if (condition) … else …: actions below a condition, and locals that depend on it.
func (s *script) branch() {
	s.at++
	s.need("(")
	condition := s.expression(0).plain(&s.parser).truthy()
	s.need(")")
	before, locals := s.actions, cloned(s.locals)
	then, thenLocals, thenEnds := s.arm()
	s.locals = cloned(locals)
	var other []action
	var otherEnds bool
	otherLocals := locals
	mark := s.at
	s.skipLines()
	for s.skip(";") || s.skipLine() {
	}
	if s.skipWord("else") {
		other, otherLocals, otherEnds = s.arm()
	} else {
		s.at = mark
	}
	if thenEnds {
		other, otherLocals = append(other, s.rest(otherLocals)...), s.locals
	}
	if otherEnds {
		then, thenLocals = append(then, s.rest(thenLocals)...), s.locals
	}
	s.actions = before
	if says(then, "fail") { // the other arm only says what is so without it
		other = without(other, "pass")
	}
	if says(other, "fail") {
		then = without(then, "pass")
	}
	if len(then) > 0 {
		s.do(action{do: "when", value: condition, then: then})
	}
	if len(other) > 0 {
		s.do(action{do: "when", value: opposite(condition), then: other})
	}
	s.locals = merged(condition, thenLocals, otherLocals)
	if len(then) > 0 && len(other) > 0 && changes(then, condition) {
		s.fail("an if whose condition changes within it")
	}
}

func says(all []action, do string) bool {
	return slices.ContainsFunc(all, func(a action) bool { return a.do == do })
}

func without(all []action, do string) []action {
	return slices.DeleteFunc(all, func(a action) bool { return a.do == do })
}

// arm is one side of an if, and whether it ends the script.
func (s *script) arm() (does []action, locals map[string]*ex, ends bool) {
	s.actions = nil
	s.skipLines()
	s.statement()
	ends, s.ended = s.ended, false
	if ends && s.depth > s.guards+1 {
		s.fail("return within an if in a block")
	}
	return s.actions, s.locals, ends
}

// rest is what follows an if, of which one side ends the script: it stands below the other one.
func (s *script) rest(locals map[string]*ex) []action {
	s.guards++
	s.actions, s.locals = nil, locals
	for s.now().sort != 0 && !s.ended {
		s.statement()
	}
	return s.actions
}

func cloned(m map[string]*ex) map[string]*ex {
	c := make(map[string]*ex, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// merged are the locals behind an if.
func merged(condition *ex, then, other map[string]*ex) map[string]*ex {
	all := map[string]*ex{}
	for name, a := range then {
		b := other[name]
		switch {
		case b == nil || a == b:
			all[name] = a
		case a.op == opObject || b.op == opObject:
		default:
			all[name] = &ex{op: opChoose, in: []*ex{condition, a, b}}
		}
	}
	for name, b := range other {
		if then[name] == nil {
			all[name] = b
		}
	}
	return all
}

// changes reports whether the actions set a variable that x uses.
func changes(actions []action, x *ex) bool {
	found := false
	x.uses(func(name string) {
		found = found || slices.ContainsFunc(actions, func(a action) bool { return a.do == "set" && a.name == name })
	})
	return found
}

// opposite is the condition that holds when x does not.
func opposite(x *ex) *ex {
	switch x.op {
	case opNot:
		return x.in[0]
	case opTruth:
		return truth(x.s == "false")
	case "||", "&&":
		return binary(map[string]string{"||": "&&", "&&": "||"}[x.op], opposite(x.in[0]), opposite(x.in[1]))
	}
	for _, pair := range [][2]string{{"==", "!="}, {"<", ">="}, {"<=", ">"}} {
		for i, operator := range pair {
			if x.op == operator {
				return binary(pair[1-i], x.in[0], x.in[1])
			}
		}
	}
	return negated(x)
}

func (s *script) assignment(name string) {
	s.at++
	operator := s.now().text
	s.at++
	s.skipLines()
	var x *ex
	switch old := s.locals[name]; {
	case operator == "=":
		x = s.expression(0)
	case old == nil:
		s.fail("%s", name)
	case operator == "++":
		x = added(old.plain(&s.parser), number("1"))
	case operator == "--":
		x = binary("-", old.plain(&s.parser).asNumber(), number("1"))
	case operator == "+=":
		x = added(old.plain(&s.parser), s.expression(0).plain(&s.parser))
	default:
		x = binary("-", old.plain(&s.parser).asNumber(), s.expression(0).plain(&s.parser).asNumber())
	}
	switch name {
	case "Failure":
		s.verdict(x.plain(&s.parser).asTruth())
	case "IsSuccess":
		s.succeeds(x.plain(&s.parser).asTruth())
	case "FailureMessage", "ResponseMessage", "ResponseCode", "SampleLabel":
	default:
		if x.op != opObject && impure(x) {
			s.do(action{do: "set", name: name, value: x, temp: true})
			x = variable(name)
		}
		s.locals[name] = x
	}
}

// succeeds makes the sample a success, whatever its status, where the condition holds, and a failure elsewhere.
func (s *script) succeeds(x *ex) {
	if x.op == opTruth && x.s == "true" {
		s.do(action{do: "pass"})
		return
	}
	s.verdict(opposite(x))
}

// verdict makes the sample a failure where the condition holds.
func (s *script) verdict(failed *ex) {
	if failed.op == opTruth && failed.s == "false" {
		return
	}
	s.do(action{do: "fail", value: failed})
}

// impure reports whether the expression gives another value each time.
func impure(x *ex) bool {
	if x.op == opCall && slices.Contains([]string{"random", "random_text", "uuid", "now"}, x.s) {
		return true
	}
	return slices.ContainsFunc(x.in, impure)
}

// expressionStatement is a call for what it does.
func (s *script) expressionStatement() {
	from := s.at
	if s.now().sort == 'n' && s.effect(s.now().text) {
		return
	}
	s.at = from
	x := s.expression(0)
	if s.now().sort != 0 && !s.is(";") && s.now().sort != '\n' && !s.is("}") {
		s.fail("%q is not understood here", s.now().text)
	}
	if x.op == opObject && s.at == from+1 {
		s.fail("%s", s.tokens[from].text)
	}
}
