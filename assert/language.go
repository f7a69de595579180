package assert

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// language is a set of words about an E. There are two: conditions speak of a *Response,
// expectations of a *runFigures, a finished run. Operators and functions on values are expr's.
//
// expr knows the words as functions of the environment: reading an expression turns every `status`
// into a call `@status($env)` and every `header("X")` into `@header($env, "X")` (type reading). So a
// word is computed only when it is needed, it can refuse to be computed, and a word without
// arguments may be written with or without parentheses.
type language[E subject] struct {
	name  string // "a condition"
	words []*word[E]
	index map[string]*word[E]
	// functions take arguments of any kind and are always called with parentheses, so that their names are
	// free for variables.
	functions map[string]*word[E]
	// inPhase are the words of a phase, by the name of the word of the run; nil where there are no phases.
	inPhase map[string]*word[E]
	// inWindow are those of a window, and hidden those that nobody can write.
	inWindow map[string]*word[E]
	hidden   []*word[E]
	// room is what an evaluation may use.
	room room
	// elsewhere are the words of the other language, to say so when one is used here.
	elsewhere map[string]string
}

// subject is what a language speaks of. A word that has no value says why with fail, and reason is
// the first such reason since the start of the evaluation, "" if there was none.
type subject interface {
	fail(format string, args ...any)
	reason() string
}

// word is one word of a language.
type word[E subject] struct {
	name string
	// params are what its arguments, all of them strings, name: "header", "label", "node" …
	params []string
	// optional are how many of the params, from the last one, may be left out.
	optional int
	// parens says that the word is shown with parentheses even without arguments.
	parens bool
	// example shows the word with its arguments, for errors; "" where there are none.
	example string
	// get computes the value: a func(E, []string) of int, float64, string, bool or any.
	get any
	// show is the value as messages show it, after the word; nil shows what get gives, in this unit.
	show func(e E, args []string) string
	unit string
	// runOnly says that phases do not have it, and of is the word whose phase's word this is.
	runOnly bool
	// Of a function, types are what it takes and gives, after the environment; do computes it, and check finds
	// what is wrong with arguments that are literals, and with which.
	types []reflect.Type
	do    func(e E, args []any) (any, error)
	check func(args []ast.Node, file func(string) error) (at int, err error)
	of    *word[E]
	// prefix is what stands before the word in a phase's or window's.
	prefix string
}

func newLanguage[E subject](name string, most room, words []*word[E]) *language[E] {
	l := &language[E]{name: name, room: most, words: words, index: map[string]*word[E]{}}
	for _, w := range words {
		l.index[w.name] = w
	}
	return l
}

// unavailable are the functions of expr that have no place in a plan, and why.
var unavailable = map[string]string{
	"now":      "a result must not depend on the time of day",
	"date":     "there are no dates",
	"duration": "times are numbers of milliseconds",
	"timezone": "there are no dates",
	"keys":     "the keys of an object have no order",
	"values":   "the keys of an object have no order",
	"toPairs":  "the keys of an object have no order",
	"groupBy":  "the keys of an object have no order",
	"repeat":   "it may use up all memory",
}

const (
	variable = "@variable" // the word that variables are uses of; nobody can write it
	internal = "@"         // starts the names that expr's functions have for our words
	// listVariable is the word that variables of many values are uses of.
	listVariable = "@list"
	maxNodes     = 1000
	maxVisits    = 4 * maxNodes
	maxSource    = 10_000 // bytes, to bound the parser's recursion
)

// config is expr's configuration for the language. It is made anew for every expression, because
// expr caches types in it.
func (l *language[E]) config() *conf.Config {
	c := conf.CreateNew()
	c.WithEnv(map[string]any{})
	c.MaxNodes = maxNodes
	c.Optimize = false // the optimizer has had bugs, and the common conditions do not reach expr's machine
	for name := range unavailable {
		c.Disabled[name] = true
		delete(c.Builtins, name)
	}
	for _, w := range l.inPhase {
		c.Functions[internal+w.name] = w.function()
	}
	for _, w := range l.inWindow {
		c.Functions[internal+w.name] = w.function()
	}
	for _, w := range l.hidden {
		c.Functions[internal+w.name] = w.function()
	}
	for _, w := range l.functions {
		c.Functions[internal+w.name] = w.function()
	}
	for _, f := range l.weighing() {
		c.Functions[f.Name] = f
	}
	for _, w := range l.words {
		c.Functions[internal+w.name] = w.function()
		if builtinIs(w.name) {
			c.Functions[w.name] = w.function() // so that the parser leaves it to us
		}
	}
	return c
}

// builtinIs reports whether expr has a function of that name.
func builtinIs(name string) bool {
	_, ok := builtin.Index[name]
	return ok
}

// functions are the names of expr's functions that may be used.
func functions() []string {
	var names []string
	for _, f := range builtin.Builtins {
		if unavailable[f.Name] == "" {
			names = append(names, f.Name)
		}
	}
	return names
}

// function is the word as expr knows it.
func (w *word[E]) function() *builtin.Function {
	in := []reflect.Type{reflect.TypeFor[any]()}
	f := &builtin.Function{Name: internal + w.name, Func: w.call, Types: w.types}
	if w.do != nil {
		f.Func = w.apply
		return f
	}
	out := []reflect.Type{reflect.TypeOf(w.get).Out(0)}
	for i := range len(w.params) + 1 {
		if i >= len(w.params)-w.optional {
			f.Types = append(f.Types, reflect.FuncOf(in, out, false))
		}
		in = append(in, reflect.TypeFor[string]())
	}
	return f
}

// call is the word as expr's machine calls it: params[0] is the frame, then the arguments.
func (w *word[E]) call(params ...any) (any, error) {
	f := params[0].(*frame[E])
	args := make([]string, len(params)-1)
	for i, p := range params[1:] {
		s, ok := p.(string)
		if !ok {
			f.of.fail("%s is asked for by a name that is not a string", w.name)
			return nil, errUndefined
		}
		args[i] = s
	}
	f.note(w, args)
	v := w.value(f.of, args)
	if f.of.reason() != "" {
		return nil, errUndefined
	}
	return v, nil
}

// apply is a function as expr's machine calls it: params[0] is the frame, then the arguments.
func (w *word[E]) apply(params ...any) (any, error) {
	f := params[0].(*frame[E])
	v, err := w.do(f.of, params[1:])
	if err != nil {
		f.of.fail("%s: %v", w.name, err)
		return nil, errUndefined
	}
	return v, nil
}

// value is the word's value, boxed.
func (w *word[E]) value(e E, args []string) any {
	switch get := w.get.(type) {
	case func(E, []string) int:
		return get(e, args)
	case func(E, []string) float64:
		return get(e, args)
	case func(E, []string) string:
		return get(e, args)
	case func(E, []string) bool:
		return get(e, args)
	case func(E, []string) []string:
		return get(e, args)
	case func(E, []string) any:
		return get(e, args)
	}
	panic(fmt.Sprintf("assert: word %s has a value of type %T", w.name, w.get))
}

// shown is the word's value as messages show it.
func (w *word[E]) shown(e E, args []string) string {
	switch {
	case w.show != nil:
		return w.show(e, args)
	case w.unit != "":
		return showValue(w.value(e, args)) + " " + w.unit
	}
	return showValue(w.value(e, args))
}

// text is the word with its arguments, as messages show it.
func (w *word[E]) text(args []string) string {
	switch {
	case w.of != nil:
		return w.prefix + "(" + strconv.Quote(args[0]) + ")." + w.of.text(args[1:])
	case w.name == variable || w.name == listVariable:
		return args[0]
	case len(args) == 0 && !w.parens:
		return w.name
	}
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.Quote(a)
	}
	return w.name + "(" + strings.Join(quoted, ", ") + ")"
}

// frame is the environment of one evaluation by expr's machine. It collects the words that were
// really computed, with arguments that may have been computed as well.
type frame[E subject] struct {
	of    E
	seen  []use[E]
	taken int // bytes, of the language's room
}

func (f *frame[E]) note(w *word[E], args []string) {
	if w.name == lastingWord { // which the expression knows by what it says
		return
	}
	f.seen = append(f.seen, use[E]{word: w, args: args, text: w.text(args), fixed: true})
}

// errUndefined stops expr's machine when a word has no value; the reason is in subject.reason.
var errUndefined = errors.New("a word has no value")

// machineReason is why expr's machine stopped, without the values it quotes: they may be secret.
func machineReason(err error) string {
	message := err.Error()
	for _, t := range []struct{ has, words string }{
		{"divide by zero", "division by zero"},
		{"out of range", "no element of that number"},
		{"cannot fetch", "no element of that name"},
		{"int(", "not a whole number"},
		{"float(", "not a number"},
		{"error parsing regexp", "not a regular expression"},
		{"memory budget", "it needs too much memory"},
		{"interface conversion", "a value is of another kind than it must be"},
		{"invalid operation", "a value is of another kind than it must be"},
	} {
		if strings.Contains(message, t.has) {
			return t.words
		}
	}
	return "it cannot be computed from these values"
}
