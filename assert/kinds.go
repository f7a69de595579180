package assert

import (
	"iter"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// kind is a kind of value, as errors name it.
type kind string

const (
	integerKind kind = "a whole number"
	numberKind  kind = "a number"
	textKind    kind = "a string"
	truthKind   kind = "true or false"
	listKind    kind = "a list"
	objectKind  kind = "an object"
	anyKind     kind = "a value of any kind (compare it with something)"
)

func (k kind) String() string { return string(k) }

func (k kind) numeric() bool { return k == integerKind || k == numberKind }

// kindOf is the kind of a checked node.
func kindOf(n ast.Node) kind {
	switch n.Type().Kind() {
	case reflect.Int:
		return integerKind
	case reflect.Float64:
		return numberKind
	case reflect.String:
		return textKind
	case reflect.Bool:
		return truthKind
	case reflect.Slice:
		return listKind
	case reflect.Map:
		return objectKind
	}
	return anyKind
}

// nodes are the nodes under root, each with its parent, parents first.
func nodes(root ast.Node) iter.Seq2[ast.Node, ast.Node] {
	return func(yield func(node, parent ast.Node) bool) { visit(root, nil, yield) }
}

func visit(node, parent ast.Node, yield func(node, parent ast.Node) bool) bool {
	if node == nil {
		return true
	}
	if !yield(node, parent) {
		return false
	}
	for _, child := range below(node) {
		if !visit(child, node, yield) {
			return false
		}
	}
	return true
}

// below are the nodes right under node, the arguments of words without the environment.
func below(node ast.Node) []ast.Node {
	switch n := node.(type) {
	case *ast.CallNode:
		return n.Arguments[1:]
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.VariableDeclaratorNode:
		return []ast.Node{n.Value, n.Expr}
	}
	var out []ast.Node
	for _, child := range children(node) {
		out = append(out, *child)
	}
	return out
}
