package assert

import (
	"fmt"
	"math"
)

// total is the label of the row of all samples, as JMeter has it.
const total = "TOTAL"

// expectations is the language of `expect`. A new word is one more line here: of the whole run with
// ofRun, of a row with ofLabel, of a node with ofNode, true or false with truth. All of them may be asked
// of a phase, too, unless they are runOnly.
var expectations = withWindows(withPhases(newLanguage("an expectation", room{value: 4 << 20, total: 64 << 20}, []*word[*runFigures]{
	ofRunOrLabel("samples", whole),
	ofRunOrLabel("errors", whole),
	ofRunOrLabel("error_rate", fractional),
	ofRunOrLabel("throughput", fractional),
	ofRun("affinity", fractional),
	ofRun("continuity", fractional),
	ofRun("moves", whole),
	ofRun("excused", whole),
	ofRun("unexcused", whole),
	ofRun("lost", whole),
	ofRun("lost_unexcused", whole),
	ofRun("lost_sessions", whole),
	ofRun("renewed", whole),
	ofRun("transitions", whole),
	ofRun("sessions", whole),
	ofRun("nodes", whole),
	ofNode("share", fractional),
	ofNode("decisions", whole),
	ofNode("requests", whole),
	ofWholeRun(ofNode("returned", whole)),
	truth("drained", "node"),
	truth("left", "node"),
	truth("shares_ok"),
	ofLabel("avg"),
	ofLabel("min"),
	ofLabel("max"),
	ofLabel("stddev"),
	ofLabel("p50"),
	ofLabel("p90"),
	ofLabel("p95"),
	ofLabel("p99"),
	ofShare("apdex"),
	ofWholeRun(ofRun("arrivals", whole)),
	ofWholeRun(ofRun("late", whole)),
	ofWholeRun(ofRun("dropped", whole)),
	ofWholeRun(ofLabel("response_avg")),
	ofWholeRun(ofLabel("response_p50")),
	ofWholeRun(ofLabel("response_p90")),
	ofWholeRun(ofLabel("response_p95")),
	ofWholeRun(ofLabel("response_p99")),
	ofWholeRun(ofLabel("response_max")),
})))

func init() {
	conditions.elsewhere = elsewhere(expectations.names(), "expectations (expect)")
	expectations.elsewhere = elsewhere(conditions.names(), "conditions (assert, when)")
	expectations.elsewhere["previous"] = "conditions (assert, when)"
	for _, word := range []string{duringWord, withinWord, lastingWord} {
		conditions.elsewhere[word] = "expectations (expect)"
	}
}

func elsewhere(names []string, where string) map[string]string {
	m := map[string]string{}
	for _, n := range names {
		m[n] = where
	}
	return m
}

const noArrivals = "the run has no account of arrivals"

// undefinedBecause says why a figure may be undefined.
var undefinedBecause = map[string]string{
	"affinity":   "no transition was judged",
	"continuity": "no transition was judged",
	"arrivals":   noArrivals,
	"late":       noArrivals,
	"dropped":    noArrivals,
}

// whole and fractional give a figure the type it has in expressions: counts are whole numbers.
func whole(f func(*runFigures, []string) float64) any {
	return func(l *runFigures, args []string) int {
		v := f(l, args)
		if math.IsNaN(v) {
			return 0 // the runFigures knows why
		}
		return int(math.Round(v))
	}
}

func fractional(f func(*runFigures, []string) float64) any { return f }

// ofWholeRun is a word that phases do not have.
func ofWholeRun(w *word[*runFigures]) *word[*runFigures] {
	w.runOnly = true
	return w
}

func ofRun(name string, typed func(func(*runFigures, []string) float64) any) *word[*runFigures] {
	return &word[*runFigures]{name: name, get: typed(func(l *runFigures, _ []string) float64 { return l.run(name) })}
}

// ofLabel is a time of one label in milliseconds, or without argument of all samples.
func ofLabel(name string) *word[*runFigures] {
	w := perLabel(name)
	w.parens, w.unit = true, "ms"
	w.get = func(l *runFigures, args []string) float64 { return l.label(w, args) }
	return w
}

// ofShare is a share of one label's samples, or without argument of all.
func ofShare(name string) *word[*runFigures] {
	w := ofLabel(name)
	w.unit = ""
	return w
}

// ofRunOrLabel is a figure of the run, or with an argument of one label.
func ofRunOrLabel(name string, typed func(func(*runFigures, []string) float64) any) *word[*runFigures] {
	w := perLabel(name)
	w.get = typed(func(l *runFigures, args []string) float64 {
		if len(args) == 0 {
			return l.run(name)
		}
		return l.label(w, args)
	})
	return w
}

func perLabel(name string) *word[*runFigures] {
	return &word[*runFigures]{name: name, params: []string{"label"}, optional: 1, example: name + `("GET /")`}
}

func ofNode(name string, typed func(func(*runFigures, []string) float64) any) *word[*runFigures] {
	w := &word[*runFigures]{name: name, params: []string{"node"}, example: name + `("s1")`}
	w.get = typed(func(l *runFigures, args []string) float64 {
		v, err := l.figures.NodeFigure(name, args[0])
		return l.defined(w.text(args), v, err)
	})
	return w
}

func (l *runFigures) run(name string) float64 {
	v, ok := l.figures.Figure(name)
	if ok && !math.IsNaN(v) {
		return v
	}
	reason := undefinedBecause[name]
	if reason == "" {
		reason = "this run does not know it"
	}
	return l.undefined(name, reason)
}

func (l *runFigures) label(w *word[*runFigures], args []string) float64 {
	label := ""
	if len(args) > 0 && args[0] != total {
		label = args[0]
	}
	v, err := l.figures.LabelFigure(w.name, label)
	return l.defined(w.text(args), v, err)
}

func (l *runFigures) defined(text string, v float64, err error) float64 {
	switch {
	case err != nil:
		return l.undefined(text, err.Error())
	case math.IsNaN(v):
		return l.undefined(text, "there are no samples")
	}
	return v
}

func (l *runFigures) fail(format string, args ...any) {
	if l.problem == "" {
		l.problem = fmt.Sprintf(format, args...)
	}
}

func (l *runFigures) reason() string { return l.problem }
