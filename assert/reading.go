package assert

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// reading is one expression being read:
//
//	source ─parse▶ tree ─resolve▶ words and variables are calls ─check▶ types ─▶ closures or program
type reading[E subject] struct {
	*language[E]
	source    string
	variables []string            // names that stand for the word "variable"
	lists     []string            // names that stand for the word "listVariable"
	file      func(string) error  // of Scope.Line
	known     map[string][]string // the arguments that a param may have; a param not in it may have any
	locals    []string            // names bound by `let`, while inside it

	config   *conf.Config
	measures map[int]measure // the numbers with units, by their places
	tree     *parser.Tree
	calls    map[*ast.CallNode]*use[E] // the resolved words
	uses     []*use[E]                 // in the order of the source
	visits   int                       // of nodes, while resolving
	inside   bool                      // of a for(…)
	lastings []lasting
	err      *SyntaxError // the first one
}

// use is a word with its arguments, in an expression.
type use[E subject] struct {
	word *word[E]
	// args are the arguments; fixed is false if they are known only when the expression is evaluated.
	args  []string
	fixed bool
	text  string
	// inside says that it is part of the condition of a for(…).
	inside bool
}

// read parses, resolves and checks r.source. Afterwards the tree is typed.
func (r *reading[E]) read() *SyntaxError {
	switch {
	case strings.TrimSpace(r.source) == "":
		return syntaxErrorf(r.source, 0, "the expression is empty")
	case len(r.source) > maxSource:
		return syntaxErrorf(r.source, 0, "the expression is longer than %d bytes", maxSource)
	}
	r.config, r.calls = r.language.config(), map[*ast.CallNode]*use[E]{}
	var err error
	var plain string
	plain, r.measures = measures(r.source)
	if r.tree, err = parser.ParseWithConfig(plain, r.config); err != nil {
		return parseError(r.source, err)
	}
	if r.resolve(&r.tree.Node); r.err != nil {
		return r.err
	}
	if _, err := checker.Check(r.tree, r.config); err != nil {
		return r.typeError(err)
	}
	return nil
}

// readTruth reads an expression that must be true or false.
func (r *reading[E]) readTruth() *SyntaxError {
	if err := r.read(); err != nil {
		return err
	}
	if kind := kindOf(r.tree.Node); kind != truthKind {
		return syntaxErrorf(r.source, 0, "%s must be true or false, this is %s", r.name, kind)
	}
	return nil
}

// resolve turns words and variables under node into calls of expr's functions. A node may be met
// twice: in `1 < counter < 5` both comparisons hold the same one. Nested, that would double the work at
// every level, here and in expr, so the visits are counted.
func (r *reading[E]) resolve(node *ast.Node) {
	if *node == nil || r.err != nil {
		return
	}
	if r.visits++; r.visits > maxVisits {
		r.fail(*node, "the expression is too large")
		return
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.identifier(node, n)
	case *ast.IntegerNode, *ast.FloatNode:
		r.measure(node)
	case *ast.BinaryNode:
		r.resolve(&n.Left)
		r.resolve(&n.Right)
		r.comparison(n)
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.CallNode:
		r.call(node, n)
	case *ast.VariableDeclaratorNode:
		r.declaration(n)
	case *ast.BuiltinNode:
		r.resolveAll(n.Arguments)
	case *ast.SequenceNode:
		r.resolveAll(n.Nodes)
	case *ast.ArrayNode:
		r.resolveAll(n.Nodes)
	case *ast.MapNode:
		r.resolveAll(n.Pairs)
	default:
		for _, child := range children(n) {
			r.resolve(child)
		}
	}
}

// children are the nodes under those kinds of node that mean nothing of their own here.
func children(node ast.Node) []*ast.Node {
	switch n := node.(type) {
	case *ast.UnaryNode:
		return []*ast.Node{&n.Node}
	case *ast.BinaryNode:
		return []*ast.Node{&n.Left, &n.Right}
	case *ast.ChainNode:
		return []*ast.Node{&n.Node}
	case *ast.SliceNode:
		return []*ast.Node{&n.Node, &n.From, &n.To}
	case *ast.PredicateNode:
		return []*ast.Node{&n.Node}
	case *ast.ConditionalNode:
		return []*ast.Node{&n.Cond, &n.Exp1, &n.Exp2}
	case *ast.PairNode:
		return []*ast.Node{&n.Key, &n.Value}
	}
	return nil
}

func (r *reading[E]) resolveAll(nodes []ast.Node) {
	for i := range nodes {
		r.resolve(&nodes[i])
	}
}

func (r *reading[E]) identifier(node *ast.Node, n *ast.IdentifierNode) {
	switch {
	case slices.Contains(r.locals, n.Value):
	case r.index[n.Value] != nil:
		r.replace(node, r.index[n.Value], nil)
	case slices.Contains(r.variables, n.Value):
		r.replace(node, r.index[variable], []ast.Node{&ast.StringNode{Value: n.Value}})
	case slices.Contains(r.lists, n.Value):
		r.replace(node, r.index[listVariable], []ast.Node{&ast.StringNode{Value: n.Value}})
	default:
		r.unknownName(n)
	}
}

// member resolves the words with a dot in their names, such as previous.node.
func (r *reading[E]) member(node *ast.Node, n *ast.MemberNode) {
	if r.during(node, n, nil) {
		return
	}
	base, isName := n.Node.(*ast.IdentifierNode)
	property, isConstant := n.Property.(*ast.StringNode)
	parts := []string(nil)
	if isName && !slices.Contains(r.locals, base.Value) {
		parts = r.parts(base.Value)
	}
	switch {
	case parts == nil:
		r.resolve(&n.Node)
		r.resolve(&n.Property)
	case isConstant && slices.Contains(parts, property.Value):
		name := base.Value + "." + property.Value
		r.replace(node, r.index[name], nil)
	case isConstant:
		r.fail(n, "unknown `%s.%s`: %s", base.Value, property.Value, hint(property.Value, parts))
	default:
		r.fail(n, "`%s` has only %s", base.Value, list(parts))
	}
}

func (r *reading[E]) call(node *ast.Node, n *ast.CallNode) {
	if r.calls[n] != nil {
		return
	}
	if part, ok := n.Callee.(*ast.MemberNode); ok && r.during(node, part, n.Arguments) {
		return
	}
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.fail(n, "a value has no functions of its own: write f(x), not x.f()")
		return
	}
	if w := r.functions[callee.Value]; w != nil {
		r.resolveAll(n.Arguments)
		r.apply(node, w, n.Arguments)
		return
	}
	if w := r.index[callee.Value]; w != nil && !slices.Contains(r.locals, callee.Value) {
		r.resolveAll(n.Arguments)
		if builtinIs(w.name) && !allStrings(n.Arguments) { // max(1, 2) is expr's, max("GET /") ours
			ast.Patch(node, &ast.BuiltinNode{Name: w.name, Arguments: n.Arguments})
			return
		}
		r.replace(node, w, n.Arguments)
		return
	}
	switch {
	case callee.Value == duringWord && r.inPhase != nil:
		r.fail(n, "`%s` needs a word after the phase: %s", duringWord, duringExample)
		return
	case callee.Value == withinWord && r.inWindow != nil:
		r.fail(n, "`%s` needs a word after the time: %s", withinWord, withinExample)
		return
	case callee.Value == lastingWord && r.inWindow != nil:
		r.lasts(node, n)
		return
	}
	r.unknownFunction(callee)
}

func allStrings(args []ast.Node) bool {
	return !slices.ContainsFunc(args, func(a ast.Node) bool {
		_, ok := a.(*ast.StringNode)
		return !ok
	})
}

func (r *reading[E]) declaration(n *ast.VariableDeclaratorNode) {
	if r.index[n.Name] != nil || slices.Contains(r.variables, n.Name) || slices.Contains(r.lists, n.Name) || r.parts(n.Name) != nil {
		r.fail(n, "`%s` already means something: `let` needs another name", n.Name)
		return
	}
	r.resolve(&n.Value)
	r.locals = append(r.locals, n.Name)
	r.resolve(&n.Expr)
	r.locals = r.locals[:len(r.locals)-1]
}

// replace puts the call of w in the place of node.
func (r *reading[E]) replace(node *ast.Node, w *word[E], args []ast.Node) {
	if r.err != nil || w.of == nil && !r.argumentsFit(*node, w, args) { // of a phase's word they were looked at
		return
	}
	if r.inside && w.of == nil {
		if w, args = r.ofSecond(*node, w, args); r.err != nil {
			return
		}
	}
	u := &use[E]{word: w, fixed: true, inside: r.inside}
	for _, a := range args {
		s, ok := a.(*ast.StringNode)
		if !ok {
			u.fixed = false
			break
		}
		u.args = append(u.args, s.Value)
	}
	if u.fixed {
		u.text = w.text(u.args)
	}
	r.patch(node, u, args)
	r.uses = append(r.uses, u)
}

// apply puts the call of the function w in the place of node. The kinds of its arguments are left to expr's
// checker.
func (r *reading[E]) apply(node *ast.Node, w *word[E], args []ast.Node) {
	if r.err == nil && w.check != nil {
		if at, err := w.check(args, r.file); err != nil {
			r.fail(args[at], "%v", err)
		}
	}
	if r.err == nil {
		r.patch(node, &use[E]{word: w}, args)
	}
}

// patch puts a call of expr's function for the word in the place of node.
func (r *reading[E]) patch(node *ast.Node, u *use[E], args []ast.Node) {
	callee := &ast.IdentifierNode{Value: internal + u.word.name}
	callee.SetLocation((*node).Location())
	call := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, args...)}
	ast.Patch(node, call)
	r.calls[call] = u
}
