package assert

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/expr-lang/expr/vm"
)

// Value is an expression whose value stands in a text, such as `int(n) + 1` or `upper(name)`, in the language
// of conditions. It never changes: any number of users may compute it at the same time.
type Value struct {
	source string
	uses   []*use[*Response]
	// number and text are closures, nil where program computes the value instead.
	number  eval[int]
	text    eval[string]
	program *vm.Program
}

// CompileValue reads an expression of any kind. The error is a *SyntaxError.
func (s Scope) CompileValue(source string) (*Value, error) {
	r := s.reading(source)
	if err := r.read(); err != nil {
		return nil, err
	}
	v := &Value{source: source, uses: r.uses}
	c, n := closures{r.calls}, r.tree.Node
	switch kindOf(n) {
	case integerKind:
		v.number = c.integer(n)
	case textKind:
		v.text = c.text(n)
	}
	if v.number != nil || v.text != nil {
		return v, nil
	}
	var err error
	v.program, err = r.program(n)
	return v, err
}

// Append appends the value as text: numbers and true or false as they are written, lists and objects as JSON.
// The error says why there is none.
func (v *Value) Append(dst []byte, r *Response) ([]byte, error) {
	r.problem = ""
	switch {
	case v.number != nil:
		dst = strconv.AppendInt(dst, int64(v.number(r)), 10)
	case v.text != nil:
		dst = append(dst, v.text(r)...)
	default:
		dst = v.run(dst, r)
	}
	if r.problem != "" {
		return dst, errors.New(oneLine(v.source) + ": " + r.problem)
	}
	return dst, nil
}

// run computes the value by expr's machine.
func (v *Value) run(dst []byte, r *Response) []byte {
	out, err := vm.Run(v.program, &frame[*Response]{of: r})
	if err != nil {
		r.fail("%s", machineReason(err)) // does nothing if a word has already said why
		return dst
	}
	switch out := out.(type) {
	case nil:
		r.fail("it has no value")
	case string:
		return append(dst, out...)
	case int:
		return strconv.AppendInt(dst, int64(out), 10)
	case float64:
		return strconv.AppendFloat(dst, out, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(dst, out)
	default:
		text, err := json.Marshal(out)
		if err != nil {
			r.fail("it cannot be written as text")
		}
		return append(dst, text...)
	}
	return dst
}

// Source is the expression as the plan words it.
func (v *Value) Source() string { return v.source }

// Variables are the plan's variables that the expression uses, lists among them, in order, each once.
func (v *Value) Variables() []string { return variablesOf(v.uses) }

// Variables are the plan's variables that the condition uses, lists among them, in order, each once.
func (c *Condition) Variables() []string { return variablesOf(c.uses) }

func variablesOf(uses []*use[*Response]) []string {
	var names []string
	seen := map[string]bool{}
	for _, u := range uses {
		if (u.word.name == variable || u.word.name == listVariable) && !seen[u.args[0]] {
			seen[u.args[0]] = true
			names = append(names, u.args[0])
		}
	}
	return names
}

// reading is a reading of an expression in the scope.
func (s Scope) reading(source string) *reading[*Response] {
	return &reading[*Response]{language: conditions, source: source, variables: s.Variables, lists: s.Lists, file: s.Line}
}
