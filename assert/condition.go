package assert

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Scope is what the conditions of one group may use besides the built-in words.
type Scope struct {
	// Variables are the names under which the group's steps set texts, and Lists those under which they set
	// many at once.
	Variables, Lists []string
	// Line is asked for each file that an expression takes lines of; its error says what is wrong with the
	// file. Without it there are no lines.
	Line func(file string) error
}

// Compile reads a condition, which must be true or false. The error is a *SyntaxError.
func (s Scope) Compile(source string) (*Condition, error) {
	r := s.reading(source)
	if err := r.readTruth(); err != nil {
		return nil, err
	}
	c := &Condition{source: source, uses: r.uses}
	for _, n := range conjuncts(r.tree.Node) {
		p, err := newPart(r, n)
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, p)
	}
	return c, nil
}

// Condition is a condition of a plan, ready to be judged. It never changes: any number of users may
// judge their responses by it at the same time.
//
// expr's machine boxes every value: `status == 200` costs it 150 ns and 4 allocations, at every request
// of every user (BenchmarkMachine). So expr is used as language, parser and type checker, and the usual
// conditions are turned into typed closures, at 10 ns and no allocation (BenchmarkCheck); only what they
// do not cover runs on expr's machine.
type Condition struct {
	source string
	parts  []part
	uses   []*use[*Response]
	says   string // the message of a failure, "" for what was seen
}

// Saying is the condition with a message of its own for when it does not hold.
func (c *Condition) Saying(message string) *Condition {
	d := *c
	d.says = message
	return &d
}

// part is an operand of the condition's outermost `and`s; all of them must hold.
type part struct {
	holds eval[bool]
	uses  []use[*Response]
	// program is nil where holds is made of closures. Where it is not, its run says what was used.
	program *vm.Program
}

func newPart(r *reading[*Response], n ast.Node) (part, error) {
	if holds := (closures{r.calls}).truth(n); holds != nil {
		return part{holds: holds, uses: used(r.calls, n)}, nil
	}
	program, err := r.program(n)
	if err != nil {
		return part{}, err
	}
	return part{program: program, holds: func(r *Response) bool { return runProgram(program, &frame[*Response]{of: r}) }}, nil
}

// used are the words under n, each once.
func used[E subject](calls map[*ast.CallNode]*use[E], n ast.Node) []use[E] {
	var uses []use[E]
	for node := range nodes(n) {
		call, ok := node.(*ast.CallNode)
		if u := calls[call]; ok && u != nil && u.fixed {
			uses = addUse(uses, *u)
		}
	}
	return uses
}

func addUse[E subject](uses []use[E], u use[E]) []use[E] {
	for _, have := range uses {
		if have.text == u.text {
			return uses
		}
	}
	return append(uses, u)
}

// program compiles the checked node n for expr's machine.
func (r *reading[E]) program(n ast.Node) (*vm.Program, error) {
	ast.Walk(&n, &weigher{done: map[ast.Node]bool{}})
	program, err := compiler.Compile(&parser.Tree{Node: n, Source: r.tree.Source}, r.config)
	if err != nil {
		return nil, syntaxErrorf(r.source, 0, "the expression cannot be compiled: %s", firstLine(err.Error()))
	}
	return program, nil
}

// runProgram is false where the program has no value; f.of then knows why.
func runProgram[E subject](program *vm.Program, f *frame[E]) bool {
	out, err := vm.Run(program, f)
	if err != nil {
		f.of.fail("%s", machineReason(err)) // does nothing if a word has already said why
		return false
	}
	return out == true
}

// Failure says what was seen where a condition did not hold.
type Failure struct {
	// Message is one line: the condition, and the values of its words. It holds no credentials.
	Message string
}

// Check is nil when the condition holds for r. A word without a value, such as counter in a response
// that has none, is a failure.
func (c *Condition) Check(r *Response) *Failure {
	if p := c.failing(r); p != nil && c.says != "" {
		return &Failure{Message: c.says}
	} else if p != nil {
		return &Failure{Message: c.message(p, r)}
	}
	return nil
}

// Holds reports whether the condition holds for r. The error is a word without a value.
func (c *Condition) Holds(r *Response) (bool, error) {
	p := c.failing(r)
	if p != nil && r.problem != "" {
		return false, errors.New(c.message(p, r))
	}
	return p == nil, nil
}

// failing is the first part that does not hold.
func (c *Condition) failing(r *Response) *part {
	r.problem = ""
	for i := range c.parts {
		if p := &c.parts[i]; !p.holds(r) || r.problem != "" {
			return p
		}
	}
	return nil
}

func (c *Condition) message(p *part, r *Response) string {
	if r.problem != "" {
		return oneLine(c.source) + ": " + r.problem
	}
	uses := p.uses
	if p.program != nil {
		f := &frame[*Response]{of: r}
		runProgram(p.program, f)
		for _, u := range f.seen {
			uses = addUse(uses, u)
		}
	}
	var values []string
	for _, u := range uses {
		values = append(values, shown(r, u, len(uses) == 1))
	}
	if len(values) == 0 {
		return oneLine(c.source) + ": never holds"
	}
	return oneLine(c.source) + ": " + strings.Join(values, ", ")
}

// shown is a word with its value. Continuity tells of several values, so it stands alone or in brackets.
func shown(r *Response, u use[*Response], alone bool) string {
	switch {
	case u.word.name == "increments" && alone:
		return showIncrements(r, nil)
	case u.word.name == "increments":
		return u.text + " (" + showIncrements(r, nil) + ")"
	}
	return u.text + " " + u.word.shown(r, u.args)
}

// Source is the condition as the plan words it.
func (c *Condition) Source() string { return c.source }

// Uses reports whether the condition uses the built-in word, such as "status", or the extracted variable
// of that name; "previous" stands for all of its parts.
func (c *Condition) Uses(word string) bool {
	for _, u := range c.uses {
		name := u.word.name
		if name == variable {
			name = u.args[0]
		}
		if name == word || strings.HasPrefix(name, word+".") {
			return true
		}
	}
	return false
}
