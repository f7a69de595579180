package assert

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// within("10s").p95("GET /") is a figure of a window, and an expectation with one must hold for every window of the
// run. for("30s", error_rate > 5%) is true if the condition held in every second of such a time that had samples; its
// words are figures of windows of a second.
//
//	seconds     0  1  2  3  4  5  6  7  8
//	windows     ├────────┤                    within("3s"): one ends with every second
//	               ├────────┤
//	held        –  ✓  ✗  ✓  ✓     ✓  ✗        for("4s", …) from 3 to 7: a second without samples ends nothing
const (
	withinWord    = "within"
	withinExample = `within("10s").p95("GET /") < 250ms`
	lastingWord   = "for"
	lastExample   = `for("30s", error_rate > 5%)`
	second        = "1s"

	shortestWindow = time.Second
	longestWindow  = time.Hour
	// mostSteps is how many windows end within one at most: longer ones end less often than once a second.
	mostSteps = 60
)

// Window is a figure that an expectation asks of windows of the run.
type Window struct {
	// Text is the figure as messages show it; figures of the same text are the same.
	Text string
	// Length of the windows; one ends every Step, the first one Length after the start of the run.
	Length, Step time.Duration
	// Label is the one that the figure is of, "" for all or none.
	Label string
	value func(Figures) float64
}

// Value is the figure of one window; NaN where it is not defined.
func (w *Window) Value(of Figures) float64 { return w.value(of) }

// Windows are the figures of a run's windows.
type Windows interface {
	// Lasted is how long the run lasted, or for how long its windows are known.
	Lasted() time.Duration
	// At is the figure of that text in the last window that ended by then; NaN where it is not defined, or no window
	// has ended.
	At(text string, then time.Duration) float64
}

// Span is a part of a run, from its start.
type Span struct{ From, To time.Duration }

// notInWindows are words of phases that windows do not have: they depend on events that are told late, or on what
// was before the window.
var notInWindows = []string{"excused", "unexcused", "lost_unexcused", "lost_sessions", "decisions", "shares_ok", "sessions"}

// withWindows adds to a language the inWindow of those words that windows have.
func withWindows(l *language[*runFigures]) *language[*runFigures] {
	l.inWindow = map[string]*word[*runFigures]{}
	for _, w := range l.words {
		if l.inPhase[w.name] != nil && !slices.Contains(notInWindows, w.name) {
			l.inWindow[w.name] = ofWindow(w)
		}
	}
	l.hidden = append(l.hidden, lastingTruth)
	return l
}

// ofWindow is w of a window, whose first argument is the window's length.
func ofWindow(w *word[*runFigures]) *word[*runFigures] {
	t := *w
	t.name, t.of, t.prefix = withinWord+"."+w.name, w, withinWord
	t.params = append([]string{"window"}, w.params...)
	look := func(l *runFigures, args []string) float64 {
		v := math.NaN()
		if windows := l.figures.Windows(); windows != nil {
			v = windows.At(t.text(args), l.at)
		}
		if math.IsNaN(v) {
			l.fail("%s undefined: there are no samples, or no window of %s has ended", t.text(args), args[0])
		}
		return v
	}
	switch w.get.(type) {
	case func(*runFigures, []string) int:
		t.get = whole(look)
	default:
		t.get = look
	}
	return &t
}

// windowOf is what the report must know of a use of a window's word.
func windowOf(u *use[*runFigures]) Window {
	length, _ := time.ParseDuration(u.args[0])
	w := Window{Text: u.text, Length: length, Step: stepOf(length)}
	args := u.args[1:]
	if slices.Contains(u.word.of.params, "label") && len(args) > 0 && args[0] != total {
		w.Label = args[0]
	}
	w.value = func(f Figures) float64 {
		l := &runFigures{figures: f}
		v := u.word.of.value(l, args)
		if l.problem != "" {
			return math.NaN()
		}
		if n, ok := v.(int); ok {
			return float64(n)
		}
		return v.(float64)
	}
	return w
}

// stepOf is how often a window of that length ends: every second, or mostSteps times within one, and in whole
// milliseconds.
func stepOf(length time.Duration) time.Duration {
	n := min(mostSteps, length/time.Second)
	for length%(n*time.Millisecond) != 0 {
		n--
	}
	return length / n
}

// windowLength reads the length of a window.
func (r *reading[E]) windowLength(n ast.Node, example string) (text string, d time.Duration) {
	s, ok := n.(*ast.StringNode)
	if !ok {
		r.fail(n, "the time stands in quotation marks: %s", example)
		return "", 0
	}
	d, err := time.ParseDuration(s.Value)
	if err != nil || d < shortestWindow || d > longestWindow || d%time.Millisecond != 0 {
		r.fail(n, "invalid time %q: want one from 1s to 1h, such as \"10s\"", s.Value)
	}
	return s.Value, d
}

// within checks what is special of a window's figure: its names must be known before the run.
func (r *reading[E]) within(n ast.Node, args []ast.Node) {
	for _, a := range args {
		if _, ok := a.(*ast.StringNode); !ok {
			r.fail(n, "`%s` needs its names written out: %s", withinWord, withinExample)
		}
	}
}

// lasting is the condition of a for(…).
type lasting struct {
	length  time.Duration
	node    ast.Node
	program *vm.Program
}

// lastingTruth is what a for(…) becomes: the argument is its number.
var lastingTruth = &word[*runFigures]{
	name: lastingWord, params: []string{"number"},
	get:  func(l *runFigures, args []string) bool { return l.lasted(args[0]) },
	show: func(l *runFigures, args []string) string { return l.showLasted(args[0]) },
}

// lasts reads for("30s", condition) and puts the call of lastingTruth in its place; the condition is compiled for
// itself.
func (r *reading[E]) lasts(node *ast.Node, n *ast.CallNode) {
	switch {
	case r.inside:
		r.fail(n, "`%s` cannot stand within another one", lastingWord)
		return
	case len(n.Arguments) != 2:
		r.fail(n, "`%s` takes a time and a condition: %s", lastingWord, lastExample)
		return
	}
	_, length := r.windowLength(n.Arguments[0], lastExample)
	r.inside = true
	r.resolve(&n.Arguments[1])
	r.inside = false
	if r.err != nil {
		return
	}
	number := strconv.Itoa(len(r.lastings))
	r.lastings = append(r.lastings, lasting{length: length, node: n.Arguments[1]})
	u := &use[E]{word: r.hidden[0], args: []string{number}, fixed: true, text: fmt.Sprintf("%s(%q, …)", lastingWord, short(length))}
	r.patch(node, u, []ast.Node{&ast.StringNode{Value: number}})
	r.uses = append(r.uses, u)
}

// compileLastings checks and compiles the conditions of for(…).
func (r *reading[E]) compileLastings() error {
	for i := range r.lastings {
		l := &r.lastings[i]
		tree := &parser.Tree{Node: l.node, Source: r.tree.Source}
		if _, err := checker.Check(tree, r.config); err != nil {
			return r.typeError(err)
		}
		if kind := kindOf(tree.Node); kind != truthKind {
			return syntaxErrorf(r.source, tree.Node.Location().From, "`%s` takes a time and a condition, this is %s: %s", lastingWord, kind, lastExample)
		}
		var err error
		if l.program, err = r.program(tree.Node); err != nil {
			return err
		}
	}
	return nil
}

// ofSecond is the word of a window of a second, for the conditions of for(…).
func (r *reading[E]) ofSecond(n ast.Node, w *word[E], args []ast.Node) (*word[E], []ast.Node) {
	if r.inWindow[w.name] == nil {
		r.fail(n, "`%s` is of the whole run, not of a second: `%s` has %s", w.name, lastingWord, list(r.windowWords()))
		return w, args
	}
	r.within(n, args)
	return r.inWindow[w.name], append([]ast.Node{&ast.StringNode{Value: second}}, args...)
}

func (r *reading[E]) windowWords() (names []string) {
	for _, w := range r.words {
		if r.inWindow[w.name] != nil {
			names = append(names, w.name)
		}
	}
	return names
}

// short is a duration as a plan has it.
func short(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
