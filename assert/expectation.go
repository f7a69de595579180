package assert

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Figures is a finished run as expectations see it; package report implements it.
type Figures interface {
	// Figure is a figure of the whole run, by its word: samples, errors, error_rate, throughput,
	// affinity, continuity, moves, excused, unexcused, lost, lost_unexcused, transitions, sessions,
	// nodes, and of open groups arrivals, late, dropped. ok is false where it is not defined for this run,
	// such as the affinity of no transitions.
	Figure(name string) (value float64, ok bool)
	// LabelFigure is a figure of a label's row, label "" being TOTAL: samples, errors, error_rate,
	// throughput per second, and in milliseconds avg, min, max, stddev, p50, p90, p95, p99, the share
	// apdex, and of arrivals response_avg, response_p50, response_p90, response_p95, response_p99, response_max. NaN is not
	// defined, such as the average of no samples. It is an error if the run has no such label.
	LabelFigure(name, label string) (float64, error)
	// NodeFigure is a figure of a node: share (0 to 1), decisions, requests, returned. It is an error if
	// the run knows no such node.
	NodeFigure(name, node string) (float64, error)
	// Truth is what is true or false: drained and left of a node, and of the run, node being "",
	// shares_ok. seen says what it was judged by, "" where there is nothing to say. It is an error if
	// there was nothing to judge.
	Truth(name, node string) (holds bool, seen string, err error)
	// During gives the figures of a phase. It is an error if the run had no such phase.
	During(phase string) (Figures, error)
	// Windows are the figures of the run's windows; nil where there are none.
	Windows() Windows
}

// Known is what the plan says beforehand of what a run will report. What is nil is not known, and any
// name is accepted for it.
type Known struct {
	Labels, Nodes []string
	// Phases are the names of the phases; "start", the one before the first event, is always known.
	Phases []string
}

// CompileExpectation reads an expectation, which must be true or false. A label or node that is written
// out and not known is an error. The error is a *SyntaxError.
func (k Known) CompileExpectation(source string) (*Expectation, error) {
	known := map[string][]string{}
	if k.Labels != nil {
		known["label"] = append([]string{total}, k.Labels...)
	}
	if k.Nodes != nil {
		known["node"] = k.Nodes
	}
	if k.Phases != nil {
		known["phase"] = append([]string{firstPhase}, k.Phases...)
	}
	r := &reading[*runFigures]{language: expectations, source: source, known: known}
	if err := r.readTruth(); err != nil {
		return nil, err
	}
	program, err := r.program(r.tree.Node)
	if err != nil {
		return nil, err
	}
	if err := r.compileLastings(); err != nil {
		return nil, err
	}
	e := &Expectation{source: source, program: program, lastings: r.lastings}
	for _, u := range r.uses {
		switch {
		case u.inside:
			e.seconds = append(e.seconds, windowOf(u))
			continue
		case u.word.prefix == withinWord:
			e.windows = append(e.windows, windowOf(u))
		}
		if u.fixed {
			e.uses = addUse(e.uses, *u)
		}
	}
	return e, nil
}

// Expectation is an expectation of a plan, ready to be judged. It never changes. It runs on expr's
// machine: once per run, speed does not matter.
type Expectation struct {
	source  string
	program *vm.Program
	uses    []use[*runFigures]
	// windows are the figures that make it be judged for every window, lastings the conditions of its for(…), and
	// seconds the figures in these.
	windows, seconds []Window
	lastings         []lasting
}

// Verdict is an expectation, judged.
type Verdict struct {
	Text string // the expectation as the plan words it
	// Actual are the values of its words, "0.5" where it has one and "errors 0, p95() 2.4 ms" where it
	// has more, or why one of them has no value, "affinity undefined: no transition was judged".
	Actual string
	OK     bool
	// Broke are the times of the run in which it did not hold, where it is one of windows; or in which the condition of
	// a for(…) lasted, though it must not.
	Broke []Span
}

// Source is the expectation as the plan words it.
func (e *Expectation) Source() string { return e.source }

// Judge judges a finished run. A figure that is not defined makes the expectation fail.
func (e *Expectation) Judge(f Figures) Verdict {
	if len(e.windows) > 0 {
		return e.judgeWindows(f)
	}
	l := e.figures(f)
	at := &frame[*runFigures]{of: l}
	ok := runProgram(e.program, at)
	if l.problem != "" {
		return Verdict{Text: e.source, Actual: l.problem}
	}
	uses := e.uses
	for _, u := range at.seen {
		uses = addUse(uses, u)
	}
	v := Verdict{Text: e.source, Actual: actual(l, uses), OK: ok}
	if !ok {
		for i := range e.lastings {
			v.Broke = append(v.Broke, l.lastedSpans(strconv.Itoa(i))...)
		}
	}
	return v
}

// actual shows the values of the words, those included that the judgement did not come to.
func actual(of *runFigures, uses []use[*runFigures]) string {
	var values []string
	for _, u := range uses {
		l := &runFigures{figures: of.figures, at: of.at, now: of.now, lastings: of.lastings, spans: of.spans}
		value := u.word.shown(l, u.args)
		switch {
		case l.problem != "":
			values = append(values, l.problem)
		case len(uses) == 1:
			values = append(values, value)
		default:
			values = append(values, u.text+" "+value)
		}
	}
	return strings.Join(values, ", ")
}

// runFigures is a finished run while an expectation is judged.
type runFigures struct {
	figures Figures
	problem string
	// at is the end of the window that is judged; now says that the run goes on and has come to it.
	at       time.Duration
	now      bool
	lastings []lasting
	spans    map[int][]Span // in which they were true, once that was asked
}

func (l *runFigures) undefined(text, reason string) float64 {
	l.fail("%s undefined: %s", text, reason)
	return math.NaN()
}
