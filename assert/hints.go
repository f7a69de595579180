package assert

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"stickbench/internal/nearest"
)

// fail notes the first error of the expression, at n.
func (r *reading[E]) fail(n ast.Node, format string, args ...any) {
	if r.err == nil {
		r.err = syntaxErrorf(r.source, n.Location().From, format, args...)
	}
}

func (r *reading[E]) unknownName(n *ast.IdentifierNode) {
	name := n.Value
	switch parts := r.parts(name); {
	case name == duringWord && r.inPhase != nil:
		r.fail(n, "`%s` needs the name of a phase and a word: %s", duringWord, duringExample)
	case name == withinWord && r.inWindow != nil:
		r.fail(n, "`%s` needs the length of the windows and a word: %s", withinWord, withinExample)
	case name == lastingWord && r.inWindow != nil:
		r.fail(n, "`%s` needs a time and a condition: %s", lastingWord, lastExample)
	case parts != nil:
		r.fail(n, "`%s` is not a value: its parts are %s", name, list(dotted(name, parts)))
	case r.elsewhere[name] != "":
		r.fail(n, "`%s` is a word of %s, not of %s", name, r.elsewhere[name], r.language.name)
	case slices.Contains(functions(), name), r.functions[name] != nil:
		r.fail(n, "`%s` is a function: it needs its arguments in parentheses", name)
	default:
		known := slices.Concat(r.names(), r.phaseWords(), r.variables, r.lists, r.locals)
		if nearest.Word(name, known) == "" {
			r.fail(n, "unknown `%s` (a string needs quotation marks); known are %s", name, list(known))
			return
		}
		r.fail(n, "unknown `%s`: %s", name, hint(name, known))
	}
}

func (r *reading[E]) unknownFunction(n *ast.IdentifierNode) {
	name := n.Value
	switch {
	case unavailable[name] != "":
		r.fail(n, "`%s` is not available: %s", name, unavailable[name])
	case slices.Contains(r.variables, name), slices.Contains(r.locals, name):
		r.fail(n, "`%s` is a variable, not a function", name)
	case r.elsewhere[name] != "":
		r.fail(n, "`%s` is a word of %s, not of %s", name, r.elsewhere[name], r.language.name)
	default:
		var own []string
		for _, w := range r.words {
			if len(w.params) > 0 && w.name != variable && w.name != listVariable {
				own = append(own, w.name+"()")
			}
		}
		for _, w := range r.phaseWords() {
			own = append(own, w+"()")
		}
		for name := range r.functions {
			own = append(own, name+"()")
		}
		slices.Sort(own)
		known := slices.Concat(r.names(), slices.Sorted(maps.Keys(r.functions)), functions(), r.phaseWords())
		if near := nearest.Word(name, known); near != "" {
			r.fail(n, "unknown function `%s`: did you mean `%s`?", name, near)
			return
		}
		r.fail(n, "unknown function `%s`; known are %s and those of the expr language", name, list(own))
	}
}

// argumentsFit checks number and kind of the arguments of a word, and those that are known beforehand.
func (r *reading[E]) argumentsFit(n ast.Node, w *word[E], args []ast.Node) bool {
	switch least, most := len(w.params)-w.optional, len(w.params); {
	case len(args) > 0 && most == 0:
		r.fail(n, "`%s` takes no arguments", w.name)
	case len(args) < least, len(args) > most:
		r.fail(n, "`%s` takes %s, not %d: %s", w.name, counted(least, most), len(args), w.example)
	}
	for i, a := range args {
		if r.err == nil {
			r.argumentFits(w, w.params[i], a)
		}
	}
	return r.err == nil
}

func (r *reading[E]) argumentFits(w *word[E], param string, arg ast.Node) {
	switch a := arg.(type) {
	case *ast.StringNode:
		known, limited := r.known[param]
		if !limited || slices.Contains(known, a.Value) {
			return
		}
		r.fail(arg, "no %s %q: %s", param, a.Value, hintQuoted(a.Value, known))
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NilNode, *ast.ArrayNode, *ast.MapNode:
		r.fail(arg, "`%s` needs a string: %s", w.name, w.example)
	}
}

// typeError is what expr's type checker found, in our words. The node it speaks of is found by its
// place, since the checker's own text would show our words as it knows them.
func (r *reading[E]) typeError(err error) *SyntaxError {
	var found *file.Error
	if !errors.As(err, &found) {
		return syntaxErrorf(r.source, 0, "%s", firstLine(err.Error()))
	}
	message := firstLine(strings.ReplaceAll(found.Message, internal, ""))
	for node, parent := range nodes(r.tree.Node) {
		if node.Location() != found.Location {
			continue
		}
		if m := r.typeMessage(node, parent, found.Message); m != "" {
			message = m
			break
		}
	}
	return syntaxErrorf(r.source, found.From, "%s", message)
}

func (r *reading[E]) typeMessage(node, parent ast.Node, message string) string {
	switch n := node.(type) {
	case *ast.BinaryNode:
		if n.Operator == "matches" && kindOf(n.Right) == textKind && kindOf(n.Left) == textKind {
			return "not a regular expression: " + strings.TrimPrefix(firstLine(message), "error parsing regexp: ")
		}
		return fmt.Sprintf("`%s` does not go with %s and %s", n.Operator, r.describe(n.Left), r.describe(n.Right))
	case *ast.UnaryNode:
		return fmt.Sprintf("`%s` does not go with %s", n.Operator, r.describe(n.Node))
	case *ast.BuiltinNode:
		return r.builtinMessage(n, message)
	}
	switch p := parent.(type) {
	case *ast.BinaryNode:
		if p.Operator == "in" {
			return fmt.Sprintf("`in` does not go with %s and %s", r.describe(p.Left), r.describe(p.Right))
		}
	case *ast.CallNode:
		if u := r.calls[p]; u != nil {
			name := u.word.name
			if u.word.of != nil && node == p.Arguments[1] {
				name = duringWord
			} else if u.word.of != nil {
				name = u.word.of.name
			}
			if u.word.do != nil {
				return fmt.Sprintf("`%s` does not go with %s: %s", name, r.describe(node), u.word.example)
			}
			return fmt.Sprintf("`%s` needs a string, not %s: %s", name, r.describe(node), u.word.example)
		}
	case *ast.BuiltinNode:
		return r.builtinMessage(p, message)
	case *ast.ConditionalNode:
		return fmt.Sprintf("what is before `?` must be true or false, this is %s", r.describe(node))
	}
	return ""
}

func (r *reading[E]) builtinMessage(n *ast.BuiltinNode, message string) string {
	if strings.Contains(message, "arguments") || len(n.Arguments) == 0 {
		return fmt.Sprintf("`%s` does not take %d arguments", n.Name, len(n.Arguments))
	}
	kinds := make([]string, len(n.Arguments))
	for i, a := range n.Arguments {
		kinds[i] = r.describe(a)
	}
	return fmt.Sprintf("`%s` does not go with %s", n.Name, strings.Join(kinds, " and "))
}

// describe names the kind of a node, and the node itself if it is a word or a literal.
func (r *reading[E]) describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallNode:
		if u := r.calls[n]; u != nil && u.fixed {
			return fmt.Sprintf("%s (%s)", kindOf(n), u.text)
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode:
		return fmt.Sprintf("%s (%s)", kindOf(n), n)
	case *ast.NilNode:
		return "nil"
	}
	return kindOf(n).String()
}

// names are the language's words, without those that are only there for other words.
func (l *language[E]) names() []string {
	var names []string
	for _, w := range l.words {
		if w.name != variable && w.name != listVariable {
			names = append(names, w.name)
		}
	}
	return names
}

// phaseWords is the word that leads to those of phases, if the language has them.
func (l *language[E]) phaseWords() []string {
	if l.inPhase == nil {
		return nil
	}
	return []string{duringWord, withinWord, lastingWord}
}

// parts are what may follow name and a dot.
func (l *language[E]) parts(name string) []string {
	var parts []string
	for _, w := range l.words {
		if part, ok := strings.CutPrefix(w.name, name+"."); ok {
			parts = append(parts, part)
		}
	}
	return parts
}

func dotted(name string, parts []string) []string {
	var out []string
	for _, p := range parts {
		out = append(out, "`"+name+"."+p+"`")
	}
	return out
}

// hint names the nearest of known, or those there are.
func hint(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return fmt.Sprintf("did you mean `%s`?", near)
	}
	return "known are " + list(known)
}

func hintQuoted(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = fmt.Sprintf("%q", k)
	}
	return "known are " + list(quoted)
}

// list joins words for a sentence; of many it names the first.
func list(words []string) string {
	const most = 25
	switch {
	case len(words) == 0:
		return "none"
	case len(words) > most:
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

func counted(least, most int) string {
	switch {
	case least == most && most == 1:
		return "1 argument"
	case least == most:
		return fmt.Sprintf("%d arguments", most)
	}
	return fmt.Sprintf("%d to %d arguments", least, most)
}
