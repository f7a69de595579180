package assert

import (
	"slices"
	"time"
	"unsafe"

	"github.com/expr-lang/expr/ast"
)

// conditions is the language of `assert` and `when`.
var conditions = newLanguage("a condition", room{value: 64 << 20, total: 256 << 20}, []*word[*Response]{
	{name: "status", get: func(r *Response, _ []string) int { return r.Status }},
	{name: "elapsed", get: elapsed, unit: "ms"},
	{name: "bytes", get: func(r *Response, _ []string) int { return int(r.Bytes) }},
	{name: "body", get: body, show: showBody},
	{name: "header", params: []string{"header"}, example: `header("Content-Type")`, get: header, show: showHeader},
	{name: "cookie", params: []string{"cookie"}, example: `cookie("SERVERID")`, get: cookie, show: showCookie},
	{name: "json", params: []string{"path"}, example: `json("user.name")`, get: jsonValue, show: showJSON},
	{name: "node", get: func(r *Response, _ []string) string { return r.Node }, show: showNode},
	{name: "counter", get: counter, show: showCounter},
	{name: "session", get: func(r *Response, _ []string) string { return r.Session }, show: showSession},
	{name: "previous.node", get: func(r *Response, _ []string) string { return r.Previous.Node }, show: showPreviousNode},
	{name: "previous.counter", get: previousCounter, show: showPreviousCounter},
	{name: "previous.session", get: func(r *Response, _ []string) string { return r.Previous.Session }, show: showPreviousSession},
	{name: "increments", parens: true, get: increments, show: showIncrements},
	{name: variable, params: []string{"variable"}, get: variableValue, show: showVariable},
	{name: listVariable, params: []string{"list"}, get: listValue, show: showList},
})

func elapsed(r *Response, _ []string) float64 { return float64(r.Elapsed) / float64(time.Millisecond) }

// body is a view of the bytes as a string, for as long as the condition is judged: nothing of it is
// kept, since messages show only its size.
func body(r *Response, _ []string) string {
	return unsafe.String(unsafe.SliceData(r.Body), len(r.Body))
}

func counter(r *Response, _ []string) int {
	if !r.HasCounter {
		r.fail("the response has no counter")
	}
	return int(r.Counter)
}

func previousCounter(r *Response, _ []string) int {
	switch {
	case r.Previous == Observation{}:
		r.fail("this is the first response of the session")
	case !r.Previous.HasCounter:
		r.fail("the response before it has no counter")
	}
	return int(r.Previous.Counter)
}

func header(r *Response, args []string) string {
	if r.Lookup == nil {
		return ""
	}
	return r.Lookup.Header(args[0])
}

func cookie(r *Response, args []string) string {
	if r.Lookup == nil {
		return ""
	}
	return r.Lookup.Cookie(args[0])
}

func jsonValue(r *Response, args []string) any {
	if r.Lookup == nil {
		return nil
	}
	return r.Lookup.JSON(args[0])
}

func variableValue(r *Response, args []string) string {
	if r.Lookup == nil {
		return ""
	}
	return r.Lookup.Variable(args[0])
}

func listValue(r *Response, args []string) []string {
	if r.Lookup == nil {
		return nil
	}
	return r.Lookup.List(args[0])
}

// operators are the words of expr's grammar.
var operators = []string{
	"true", "false", "nil", "not", "and", "or", "in", "matches", "contains", "startsWith", "endsWith",
	"let", "if", "else", "$env",
}

// Reserved reports whether name means something in every condition, so that no variable may have it: the
// words of conditions and expr's operators. The name of one of expr's functions is free, since a
// function is always followed by a parenthesis.
func Reserved(name string) bool {
	return conditions.index[name] != nil || conditions.parts(name) != nil || slices.Contains(operators, name)
}

// conjuncts of a tree are the operands of its outermost `and`s, which are judged one by one, so that a
// failure can name the values of just one.
func conjuncts(n ast.Node) []ast.Node {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != "&&" && b.Operator != "and" || kindOf(b.Left) != truthKind || kindOf(b.Right) != truthKind {
		return []ast.Node{n}
	}
	return append(conjuncts(b.Left), conjuncts(b.Right)...)
}
