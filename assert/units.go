package assert

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// A number may have a unit: in `p95("GET /") < 1.5s` it is 1500 milliseconds, in `error_rate < 1%` it is 0.01.
// expr knows no units. Its parser is given blanks in their place, so that all places in the source stay, and
// the numbers before them get their values in the tree.

// measure is a number with a unit.
type measure struct {
	text  string  // as the source has it
	value float64 // milliseconds, or a share
	share bool    // it is given in percent
}

var (
	// lexemes are strings, names, and numbers with all that sticks to them.
	lexemes = regexp.MustCompile(`(?s)"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|` + "`[^`]*`?" + `|[\pL_$][\pL\d_]*|\d[\d_]*(?:\.\d+)?(?:%|[\pL\d_.]*)`)
	// withUnit is a number with a unit; durations may have several, as Go's (1m30s).
	withUnit = regexp.MustCompile(`^([\d_]+(?:\.\d+)?)(?:%|(?:ns|us|µs|μs|ms|s|m|h)(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))*)$`)
	// operand is what may stand behind the operator %, which is the remainder.
	operand = regexp.MustCompile("^\\s*(?:[\\d\"'`(\\[{#$]|([\\pL_][\\pL\\d_]*))")
	// infix are the operators that look like names.
	infix = []string{"and", "or", "in", "not", "matches", "contains", "startsWith", "endsWith"}
)

// measures are the numbers with units in source, by their places in characters, and source with blanks in the
// place of the units.
func measures(source string) (plain string, found map[int]measure) {
	var b strings.Builder
	done, characters := 0, 0
	for _, at := range lexemes.FindAllStringIndex(source, -1) {
		text := source[at[0]:at[1]]
		m := withUnit.FindStringSubmatch(text)
		if m == nil || strings.HasSuffix(text, "%") && divides(source[at[1]:]) {
			continue
		}
		if found == nil {
			found = map[int]measure{}
		}
		characters += utf8.RuneCountInString(source[done:at[0]])
		found[characters] = measured(text)
		characters += utf8.RuneCountInString(text)
		b.WriteString(source[done:at[0]] + m[1] + strings.Repeat(" ", utf8.RuneCountInString(text)-len(m[1])))
		done = at[1]
	}
	return b.String() + source[done:], found
}

// divides reports whether what follows a % is an operand.
func divides(rest string) bool {
	m := operand.FindStringSubmatch(rest)
	return m != nil && !slices.Contains(infix, m[1])
}

// measured is the value of a number with a unit, NaN for one that is out of range.
func measured(text string) measure {
	m := measure{text: text, value: math.NaN()}
	plain := strings.ReplaceAll(text, "_", "")
	if number, ok := strings.CutSuffix(plain, "%"); ok {
		m.share = true
		if percent, err := strconv.ParseFloat(number, 64); err == nil {
			m.value = percent / 100
		}
	} else if d, err := time.ParseDuration(plain); err == nil {
		m.value = float64(d) / float64(time.Millisecond)
	}
	return m
}

// measure gives a number in the tree the value that it has with its unit.
func (r *reading[E]) measure(node *ast.Node) {
	m, ok := r.measures[(*node).Location().From]
	if !ok {
		return
	}
	switch {
	case math.IsNaN(m.value):
		r.fail(*node, "%s is too much", m.text)
	case m.value == math.Trunc(m.value) && math.Abs(m.value) < 1<<53:
		ast.Patch(node, &ast.IntegerNode{Value: int(m.value)})
	default:
		ast.Patch(node, &ast.FloatNode{Value: m.value})
	}
}

// shares are the words that a percentage is compared with.
var shares = []string{"error_rate", "affinity", "continuity", "share"}

// comparison refuses a word beside a number of another unit: `errors < 1%`.
func (r *reading[E]) comparison(n *ast.BinaryNode) {
	if !slices.Contains([]string{"<", "<=", ">", ">=", "==", "!="}, n.Operator) {
		return
	}
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		call, _ := pair[0].(*ast.CallNode)
		m, ok := r.measures[pair[1].Location().From]
		if u := r.calls[call]; u == nil || !ok {
			continue
		} else if w := u.word.ofRun(); m.share && (w.unit != "" || counts(w) || w.name == "throughput") {
			r.fail(pair[1], "`%s` is no share: %s cannot be compared with it", w.name, m.text)
		} else if !m.share && w.unit != "ms" && (counts(w) || w.name == "throughput" || slices.Contains(shares, w.name)) {
			r.fail(pair[1], "`%s` is no time: %s cannot be compared with it", w.name, m.text)
		}
	}
}

// ofRun is the word of the run that a phase's word stands for.
func (w *word[E]) ofRun() *word[E] {
	if w.of != nil {
		return w.of
	}
	return w
}

// counts reports whether the word's value is a whole number.
func counts[E subject](w *word[E]) bool {
	_, ok := w.get.(func(E, []string) int)
	return ok
}
