package assert

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// eval computes a T from a response. Where it cannot, it says why with fail and returns anything.
// Evaluation goes on after that, so that no closure has to ask, and the result is thrown away.
type eval[T any] func(*Response) T

// closures turns the checked tree of a condition into closures that compute what expr's machine would.
// Its methods return nil for what they do not cover.
type closures struct {
	calls map[*ast.CallNode]*use[*Response]
}

// bound is the word of n as a closure, nil if n is no word of type T with fixed arguments.
func bound[T any](c closures, n ast.Node) eval[T] {
	call, ok := n.(*ast.CallNode)
	if !ok || c.calls[call] == nil || !c.calls[call].fixed {
		return nil
	}
	u := c.calls[call]
	get, ok := u.word.get.(func(*Response, []string) T)
	if !ok {
		return nil
	}
	args := u.args
	return func(r *Response) T { return get(r, args) }
}

func constant[T any](v T) eval[T] { return func(*Response) T { return v } }

// choice is `when ? then : otherwise`.
func choice[T any](when eval[bool], then, otherwise eval[T]) eval[T] {
	if when == nil || then == nil || otherwise == nil {
		return nil
	}
	return func(r *Response) T {
		if when(r) {
			return then(r)
		}
		return otherwise(r)
	}
}

func (c closures) truth(n ast.Node) eval[bool] {
	switch n := n.(type) {
	case *ast.BoolNode:
		return constant(n.Value)
	case *ast.CallNode:
		return bound[bool](c, n)
	case *ast.UnaryNode:
		return c.not(n)
	case *ast.BinaryNode:
		return c.relation(n)
	case *ast.ConditionalNode:
		return choice(c.truth(n.Cond), c.truth(n.Exp1), c.truth(n.Exp2))
	}
	return nil
}

func (c closures) not(n *ast.UnaryNode) eval[bool] {
	of := c.truth(n.Node)
	if of == nil {
		return nil
	}
	return func(r *Response) bool { return !of(r) }
}

func (c closures) relation(n *ast.BinaryNode) eval[bool] {
	switch n.Operator {
	case "&&", "and", "||", "or":
		return both(n.Operator, c.truth(n.Left), c.truth(n.Right))
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "in":
		return c.membership(n)
	case "contains", "startsWith", "endsWith", "matches":
		return c.match(n)
	}
	return nil
}

func both(operator string, a, b eval[bool]) eval[bool] {
	switch {
	case a == nil || b == nil:
		return nil
	case operator == "&&" || operator == "and":
		return func(r *Response) bool { return a(r) && b(r) }
	}
	return func(r *Response) bool { return a(r) || b(r) }
}

func (c closures) comparison(n *ast.BinaryNode) eval[bool] {
	left, right := kindOf(n.Left), kindOf(n.Right)
	switch {
	case left == integerKind && right == integerKind:
		return compare(n.Operator, c.integer(n.Left), c.integer(n.Right))
	case left.numeric() && right.numeric():
		return compare(n.Operator, c.number(n.Left), c.number(n.Right))
	case left == textKind && right == textKind:
		return compare(n.Operator, c.text(n.Left), c.text(n.Right))
	case left == truthKind && right == truthKind:
		return equal(n.Operator, c.truth(n.Left), c.truth(n.Right))
	case n.Operator == "==" || n.Operator == "!=":
		return c.looseEquality(n)
	case left == anyKind && right == integerKind:
		return c.looseOrder(n.Left, c.integer(n.Right), n.Operator)
	case left == integerKind && right == anyKind:
		return c.looseOrder(n.Right, c.integer(n.Left), mirrored[n.Operator])
	case left == anyKind && right.numeric():
		return compare(n.Operator, c.looseNumber(n.Left), c.number(n.Right))
	case left.numeric() && right == anyKind:
		return compare(n.Operator, c.number(n.Left), c.looseNumber(n.Right))
	}
	return nil
}

func compare[T cmp.Ordered](operator string, a, b eval[T]) eval[bool] {
	if a == nil || b == nil {
		return nil
	}
	switch operator {
	case "<":
		return func(r *Response) bool { return a(r) < b(r) }
	case "<=":
		return func(r *Response) bool { return a(r) <= b(r) }
	case ">":
		return func(r *Response) bool { return a(r) > b(r) }
	case ">=":
		return func(r *Response) bool { return a(r) >= b(r) }
	}
	return equal(operator, a, b)
}

func equal[T comparable](operator string, a, b eval[T]) eval[bool] {
	switch {
	case a == nil || b == nil:
		return nil
	case operator == "==":
		return func(r *Response) bool { return a(r) == b(r) }
	}
	return func(r *Response) bool { return a(r) != b(r) }
}

// looseEquality compares a value of any kind with a constant, by expr's own rule.
func (c closures) looseEquality(n *ast.BinaryNode) eval[bool] {
	value, other := bound[any](c, n.Left), n.Right
	if value == nil {
		value, other = bound[any](c, n.Right), n.Left
	}
	want, ok := literal(other)
	if value == nil || !ok {
		return nil
	}
	same := n.Operator == "=="
	return func(r *Response) bool { return runtime.Equal(value(r), want) == same }
}

// looseNumber is a value of any kind that must be a number when it is met.
func (c closures) looseNumber(n ast.Node) eval[float64] {
	value := bound[any](c, n)
	if value == nil {
		return nil
	}
	text := c.calls[n.(*ast.CallNode)].text
	return func(r *Response) float64 {
		switch v := value(r).(type) {
		case float64:
			return v
		case int:
			return float64(v)
		}
		r.fail("%s is not a number", text)
		return 0
	}
}

// mirrored are the operators with their sides changed.
var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// looseOrder compares a value of any kind, which must be a number when it is met, with a whole one: without loss
// where both are whole, as ids beyond 2^53 are.
func (c closures) looseOrder(n ast.Node, whole eval[int], operator string) eval[bool] {
	value := bound[any](c, n)
	if value == nil || whole == nil {
		return nil
	}
	holds := func(order int) bool {
		switch operator {
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		}
		return order >= 0
	}
	text := c.calls[n.(*ast.CallNode)].text
	return func(r *Response) bool {
		switch v := value(r).(type) {
		case int:
			return holds(cmp.Compare(v, whole(r)))
		case float64:
			return holds(cmp.Compare(v, float64(whole(r))))
		}
		r.fail("%s is not a number", text)
		return false
	}
}

// literal is the value of a literal, as expr's machine has it.
func literal(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.NilNode:
		return nil, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Value, true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.StringNode:
		return n.Value, true
	}
	return nil, false
}

// membership is `x in [1, 2, 3]`, with literals of x's kind, and `x in 200..299`.
func (c closures) membership(n *ast.BinaryNode) eval[bool] {
	switch right := n.Right.(type) {
	case *ast.ArrayNode:
		switch kindOf(n.Left) {
		case integerKind:
			return among(c.integer(n.Left), right.Nodes)
		case textKind:
			return among(c.text(n.Left), right.Nodes)
		}
	case *ast.BinaryNode:
		return c.within(n.Left, right)
	}
	return nil
}

func among[T comparable](value eval[T], nodes []ast.Node) eval[bool] {
	list := make([]T, len(nodes))
	for i, n := range nodes {
		v, _ := literal(n)
		element, ok := v.(T)
		if !ok {
			return nil
		}
		list[i] = element
	}
	if value == nil {
		return nil
	}
	return func(r *Response) bool { return slices.Contains(list, value(r)) }
}

func (c closures) within(left ast.Node, bounds *ast.BinaryNode) eval[bool] {
	low, isLow := bounds.Left.(*ast.IntegerNode)
	high, isHigh := bounds.Right.(*ast.IntegerNode)
	if bounds.Operator != ".." || !isLow || !isHigh || kindOf(left) != integerKind {
		return nil
	}
	value, least, most := c.integer(left), low.Value, high.Value
	if value == nil || most == math.MaxInt { // whose length overflows on expr's machine
		return nil
	}
	return func(r *Response) bool {
		v := value(r)
		return least <= v && v <= most
	}
}

// match is an operator between two strings. A value of any kind must be a string or nil when it is met.
func (c closures) match(n *ast.BinaryNode) eval[bool] {
	if kindOf(n.Right) != textKind {
		return nil
	}
	test := c.test(n.Operator, n.Right)
	if test == nil {
		return nil
	}
	if text := c.text(n.Left); kindOf(n.Left) == textKind && text != nil {
		return func(r *Response) bool { return test(r, text(r)) }
	}
	value := bound[any](c, n.Left)
	if value == nil {
		return nil
	}
	text := c.calls[n.Left.(*ast.CallNode)].text
	return func(r *Response) bool {
		switch v := value(r).(type) {
		case nil:
			return false
		case string:
			return test(r, v)
		}
		r.fail("%s is not a string", text)
		return false
	}
}

func (c closures) test(operator string, right ast.Node) func(r *Response, s string) bool {
	if operator == "matches" {
		pattern, ok := right.(*ast.StringNode)
		if !ok {
			return nil
		}
		expression := regexp.MustCompile(pattern.Value) // the checker has tried it
		return func(_ *Response, s string) bool { return expression.MatchString(s) }
	}
	other := c.text(right)
	find := map[string]func(s, part string) bool{
		"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix,
	}[operator]
	if other == nil {
		return nil
	}
	return func(r *Response, s string) bool { return find(s, other(r)) }
}
