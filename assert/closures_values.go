package assert

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// integer is a whole number; arithmetic wraps as Go's does.
func (c closures) integer(n ast.Node) eval[int] {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return constant(n.Value)
	case *ast.CallNode:
		return bound[int](c, n)
	case *ast.UnaryNode:
		return signed(n.Operator, c.integer(n.Node))
	case *ast.BinaryNode:
		if kindOf(n.Left) != integerKind || kindOf(n.Right) != integerKind {
			return nil
		}
		if n.Operator == "%" {
			return remainder(c.integer(n.Left), c.integer(n.Right))
		}
		return arithmetic(n.Operator, c.integer(n.Left), c.integer(n.Right))
	case *ast.ConditionalNode:
		return choice(c.truth(n.Cond), c.integer(n.Exp1), c.integer(n.Exp2))
	case *ast.BuiltinNode:
		return c.integerFunction(n)
	}
	return nil
}

// number is a number that need not be whole; a whole one is converted.
func (c closures) number(n ast.Node) eval[float64] {
	if kindOf(n) == integerKind {
		return converted(c.integer(n))
	}
	switch n := n.(type) {
	case *ast.FloatNode:
		return constant(n.Value)
	case *ast.CallNode:
		return bound[float64](c, n)
	case *ast.UnaryNode:
		return signed(n.Operator, c.number(n.Node))
	case *ast.BinaryNode:
		if !kindOf(n.Left).numeric() || !kindOf(n.Right).numeric() {
			return nil
		}
		return fraction(n.Operator, c.number(n.Left), c.number(n.Right))
	case *ast.ConditionalNode:
		if kindOf(n.Exp1) != numberKind || kindOf(n.Exp2) != numberKind {
			return nil
		}
		return choice(c.truth(n.Cond), c.number(n.Exp1), c.number(n.Exp2))
	case *ast.BuiltinNode:
		return c.numberFunction(n)
	}
	return nil
}

func converted(of eval[int]) eval[float64] {
	if of == nil {
		return nil
	}
	return func(r *Response) float64 { return float64(of(r)) }
}

func signed[T int | float64](operator string, of eval[T]) eval[T] {
	if of == nil || operator == "+" {
		return of
	}
	return func(r *Response) T { return -of(r) }
}

func arithmetic[T int | float64](operator string, a, b eval[T]) eval[T] {
	if a == nil || b == nil {
		return nil
	}
	switch operator {
	case "+":
		return func(r *Response) T { return a(r) + b(r) }
	case "-":
		return func(r *Response) T { return a(r) - b(r) }
	case "*":
		return func(r *Response) T { return a(r) * b(r) }
	}
	return nil
}

// fraction is arithmetic with the operators whose result need not be whole.
func fraction(operator string, a, b eval[float64]) eval[float64] {
	if a == nil || b == nil {
		return nil
	}
	switch operator {
	case "/":
		return func(r *Response) float64 { return a(r) / b(r) }
	case "**", "^":
		return func(r *Response) float64 { return math.Pow(a(r), b(r)) }
	}
	return arithmetic(operator, a, b)
}

func remainder(a, b eval[int]) eval[int] {
	if a == nil || b == nil {
		return nil
	}
	return func(r *Response) int {
		dividend, divisor := a(r), b(r)
		if divisor == 0 {
			r.fail("division by zero")
			return 0
		}
		return dividend % divisor
	}
}

// integerFunction is len of a string, in characters, and int of a number or a string.
func (c closures) integerFunction(n *ast.BuiltinNode) eval[int] {
	if len(n.Arguments) != 1 {
		return nil
	}
	arg := n.Arguments[0]
	switch of := kindOf(arg); {
	case n.Name == "len" && of == textKind:
		return converting(c.text(arg), utf8.RuneCountInString)
	case n.Name == "int" && of == integerKind:
		return c.integer(arg)
	case n.Name == "int" && of == numberKind:
		return converting(c.number(arg), func(f float64) int { return int(f) })
	case n.Name == "int" && of == textKind:
		return parsing(c.text(arg), strconv.Atoi, "not a whole number")
	}
	return nil
}

// numberFunction is float of a number or a string.
func (c closures) numberFunction(n *ast.BuiltinNode) eval[float64] {
	if n.Name != "float" || len(n.Arguments) != 1 {
		return nil
	}
	switch arg := n.Arguments[0]; {
	case kindOf(arg).numeric():
		return c.number(arg)
	case kindOf(arg) == textKind:
		return parsing(c.text(arg), func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }, "not a number")
	}
	return nil
}

func converting[A, B any](of eval[A], convert func(A) B) eval[B] {
	if of == nil {
		return nil
	}
	return func(r *Response) B { return convert(of(r)) }
}

func parsing[T any](of eval[string], parse func(string) (T, error), otherwise string) eval[T] {
	if of == nil {
		return nil
	}
	return func(r *Response) T {
		v, err := parse(of(r))
		if err != nil {
			r.fail("%s", otherwise)
		}
		return v
	}
}

func (c closures) text(n ast.Node) eval[string] {
	switch n := n.(type) {
	case *ast.StringNode:
		return constant(n.Value)
	case *ast.CallNode:
		return bound[string](c, n)
	case *ast.BinaryNode:
		return c.joined(n)
	case *ast.ConditionalNode:
		return choice(c.truth(n.Cond), c.text(n.Exp1), c.text(n.Exp2))
	case *ast.BuiltinNode:
		return c.textFunction(n)
	}
	return nil
}

func (c closures) joined(n *ast.BinaryNode) eval[string] {
	a, b := c.text(n.Left), c.text(n.Right)
	if n.Operator != "+" || a == nil || b == nil {
		return nil
	}
	return func(r *Response) string { return a(r) + b(r) }
}

func (c closures) textFunction(n *ast.BuiltinNode) eval[string] {
	if len(n.Arguments) != 1 || kindOf(n.Arguments[0]) != textKind {
		return nil
	}
	switch n.Name {
	case "lower":
		return converting(c.text(n.Arguments[0]), strings.ToLower)
	case "upper":
		return converting(c.text(n.Arguments[0]), strings.ToUpper)
	case "trim":
		return converting(c.text(n.Arguments[0]), strings.TrimSpace)
	}
	return nil
}
