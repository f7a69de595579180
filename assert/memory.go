package assert

import (
	"errors"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// room is what one evaluation on expr's machine may use, in bytes: the largest value, and all values that it makes
// together. The machine's own budget counts elements, so that `reduce(1..34, #acc + #acc, "a")` is 34 of them and
// 16 GB, and a folder with such an expectation in its plan would take all memory of whoever has it reported.
//
// Values that can be large are therefore weighed where they come about (weigher), a list with all that is in it, so
// that none grows by holding another twice. Three of expr's functions can make more of their arguments than they
// weigh, and look before they leap.
type room struct{ value, total int }

// errNoRoom is worded as that of expr's machine.
var errNoRoom = errors.New("memory budget exceeded")

// The functions of expr's that weigher puts into a program.
const (
	weighed = internal + "weighed" // of any value
	pattern = internal + "pattern" // of a regular expression
)

// leaps are the functions of expr whose value can weigh more than their arguments in all, and how much: at most.
var leaps = map[string]func(args []any) int{
	"replace": func(args []any) int {
		s, old, by := args[0].(string), args[1].(string), args[2].(string)
		if old == "" {
			return len(s) + (len(s)+1)*len(by)
		}
		return len(s) + strings.Count(s, old)*max(0, len(by)-len(old))
	},
	"join": func(args []any) int {
		n := weight(args[0], maxSum)
		if len(args) == 2 {
			n += len(args[1].(string)) * reflect.ValueOf(args[0]).Len()
		}
		return n
	},
	"concat": func(args []any) (n int) {
		for _, a := range args {
			n += weight(a, maxSum)
		}
		return n
	},
}

const (
	maxSum     = 1 << 40 // beyond which nothing needs to be counted
	valueBytes = 16      // of a value besides what it refers to
)

// weigher puts calls of the functions above into a checked tree.
type weigher struct {
	done map[ast.Node]bool // the calls that were put there
}

// Visit is called for a node when what is below it was visited.
func (w *weigher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.ArrayNode, *ast.MapNode:
		w.wrap(node, weighed)
	case *ast.BinaryNode:
		if n.Operator == "+" && !kindOf(n).numeric() {
			w.wrap(node, weighed)
		}
		if n.Operator == "matches" {
			w.wrap(&n.Right, pattern)
		}
	case *ast.PredicateNode:
		w.wrap(&n.Node, weighed) // each turn of a loop counts, whatever its value
	case *ast.BuiltinNode:
		if leaps[n.Name] != nil {
			w.call(node, internal+n.Name, n.Arguments)
		} else if k := kindOf(n); !k.numeric() && k != truthKind {
			w.wrap(node, weighed)
		}
	}
}

func (w *weigher) wrap(node *ast.Node, function string) {
	if _, constant := (*node).(*ast.StringNode); !constant && !w.done[*node] {
		w.call(node, function, []ast.Node{*node})
	}
}

// call puts a call in the place of a node, of the same type.
func (w *weigher) call(node *ast.Node, function string, args []ast.Node) {
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: function}, Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, args...)}
	call.SetNature(*(*node).Nature())
	ast.Patch(node, call)
	w.done[call] = true
}

// weighing are the functions that weigher calls.
func (l *language[E]) weighing() []*builtin.Function {
	take := func(params []any, n int) (any, error) {
		return params[1], params[0].(*frame[E]).take(n, l.room)
	}
	all := []*builtin.Function{
		{Name: weighed, Func: func(params ...any) (any, error) { return take(params, weight(params[1], l.room.value)) }},
		{Name: pattern, Func: func(params ...any) (any, error) {
			if s, ok := params[1].(string); ok && len(s) > maxSource {
				return nil, errNoRoom // its program takes a hundred times as much
			}
			return params[1], nil
		}},
	}
	for name, most := range leaps {
		f := builtin.Builtins[builtin.Index[name]]
		all = append(all, &builtin.Function{Name: internal + name, Func: func(params ...any) (any, error) {
			if _, err := take(params, most(params[1:])); err != nil {
				return nil, err
			}
			if f.Func != nil {
				return f.Func(params[1:]...)
			}
			v, _, err := f.Safe(params[1:]...)
			return v, err
		}})
	}
	return all
}

// take counts a value of n bytes.
func (f *frame[E]) take(n int, r room) error {
	f.taken += n
	if n > r.value || f.taken > r.total {
		return errNoRoom
	}
	return nil
}

// weight is the size of a value in bytes with all that it refers to, or some number above most.
func weight(v any, most int) int {
	n := valueBytes
	switch v := v.(type) {
	case nil, bool, int, float64:
	case string:
		n += len(v)
	case []string:
		for i := 0; i < len(v) && n <= most; i++ {
			n += valueBytes + len(v[i])
		}
	case []any:
		for i := 0; i < len(v) && n <= most; i++ {
			n += weight(v[i], most-n)
		}
	case map[string]any:
		for key, value := range v {
			if n += valueBytes + len(key) + weight(value, most-n); n > most {
				break
			}
		}
	default:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Slice {
			n += r.Len() * int(r.Type().Elem().Size())
		}
	}
	return n
}
