package assert

import (
	"cmp"
	"math"

	"github.com/expr-lang/expr/ast"
)

// during("drain s1").p95("GET /") is a figure of a phase. Every word that phases have too has a phase's word,
// whose first argument is the phase; reading turns the expression into a call of it.
const (
	duringWord    = "during"
	duringExample = `during("drain s1").moves`
	// firstPhase is the phase before the first event that begins one.
	firstPhase = "start"
)

// withPhases adds to a language the inPhase of those words that are not of the whole run alone.
func withPhases(l *language[*runFigures]) *language[*runFigures] {
	l.inPhase = map[string]*word[*runFigures]{}
	for _, w := range l.words {
		if !w.runOnly {
			l.inPhase[w.name] = ofPhase(w)
		}
	}
	return l
}

// phase's word is w of a phase.
func ofPhase(w *word[*runFigures]) *word[*runFigures] {
	t := *w
	t.name, t.of, t.prefix = duringWord+"."+w.name, w, duringWord
	t.params = append([]string{"phase"}, w.params...)
	t.example = `during("drain s1").` + cmp.Or(w.example, w.name)
	switch get := w.get.(type) {
	case func(*runFigures, []string) int:
		t.get = inPhase(t.text, get)
	case func(*runFigures, []string) float64:
		t.get = inPhase(t.text, get)
	case func(*runFigures, []string) bool:
		t.get = inPhase(t.text, get)
	}
	if w.show != nil {
		t.show = inPhase(t.text, w.show)
	}
	return &t
}

// inPhase looks a figure up in the phase that the first argument names.
func inPhase[T any](text func([]string) string, get func(*runFigures, []string) T) func(*runFigures, []string) T {
	return func(l *runFigures, args []string) (v T) {
		phase, err := l.figures.During(args[0])
		if err != nil {
			l.undefined(text(args), err.Error())
			return v
		}
		of := &runFigures{figures: phase}
		v = get(of, args[1:])
		if of.problem != "" {
			l.fail("during(%q).%s", args[0], of.problem)
		}
		return v
	}
}

// during replaces node, which takes a part of during(…) or within(…), by the call of the phase's or window's word.
// args are the part's arguments. It says false if node is something else.
func (r *reading[E]) during(node *ast.Node, part *ast.MemberNode, args []ast.Node) bool {
	call, ok := part.Node.(*ast.CallNode)
	if !ok || r.inPhase == nil {
		return false
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != duringWord && callee.Value != withinWord {
		return false
	}
	name, example, words := duringWord, duringExample, r.inPhase
	if callee.Value == withinWord {
		name, example, words = withinWord, withinExample, r.inWindow
	}
	property, ok := part.Property.(*ast.StringNode)
	switch {
	case r.inside:
		r.fail(call, "`%s` cannot stand in `%s`, whose words are of each second: %s", name, lastingWord, lastExample)
		return true
	case len(call.Arguments) != 1 && name == withinWord:
		r.fail(call, "`%s` takes the length of the windows: %s", name, example)
		return true
	case len(call.Arguments) != 1:
		r.fail(call, "`%s` takes the name of a phase: %s", name, example)
		return true
	case !ok:
		r.fail(part, "after `%s(…)` comes a word: %s", name, example)
		return true
	}
	w := words[property.Value]
	if w == nil {
		r.notOfPart(part, property.Value, name, words)
		return true
	}
	r.resolveAll(call.Arguments)
	r.resolveAll(args)
	if name == withinWord {
		r.windowLength(call.Arguments[0], example)
		r.within(*node, args)
	} else {
		r.argumentFits(&word[E]{name: name, example: example}, "phase", call.Arguments[0])
	}
	if r.err == nil && r.argumentsFit(*node, w.of, args) {
		r.replace(node, w, append([]ast.Node{call.Arguments[0]}, args...))
	}
	return true
}

// notOfPart is the error for what a phase or a window does not have.
func (r *reading[E]) notOfPart(n ast.Node, name, of string, words map[string]*word[E]) {
	part := map[string]string{duringWord: "phase", withinWord: "window"}[of]
	var known []string
	for _, w := range r.words {
		if words[w.name] != nil {
			known = append(known, w.name)
		}
	}
	if r.index[name] != nil {
		r.fail(n, "`%s` is of the whole run, not of a %s", name, part)
		return
	}
	r.fail(n, "a %s has no `%s`: %s", part, name, hint(name, known))
}

// truth is a word that is true or false: of the run, or of a node.
func truth(name string, params ...string) *word[*runFigures] {
	w := &word[*runFigures]{name: name, params: params, runOnly: len(params) > 0}
	if len(params) > 0 {
		w.example = name + `("s1")`
	}
	look := func(l *runFigures, args []string) (bool, string) {
		node := ""
		if len(args) > 0 {
			node = args[0]
		}
		holds, seen, err := l.figures.Truth(name, node)
		if err != nil {
			l.defined(w.text(args), math.NaN(), err)
		}
		return holds, seen
	}
	w.get = func(l *runFigures, args []string) bool {
		holds, _ := look(l, args)
		return holds
	}
	w.show = func(l *runFigures, args []string) string {
		holds, seen := look(l, args)
		if seen != "" {
			return showValue(holds) + " (" + seen + ")"
		}
		return showValue(holds)
	}
	return w
}
