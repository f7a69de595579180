package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/report/view"
)

// Found reports whether the search has an answer about the target, if only that nothing failed up to the most.
func (r *Result) Found() bool { return r.Low > 0 && (r.High > 0 || r.LimitedBy == Most) }

// load is a load in words.
func load(of string, at float64) string {
	if of == "users" {
		return format.Plural(int64(at), "user")
	}
	return strconv.FormatFloat(at, 'f', -1, 64) + "/s"
}

// Said is the answer, one sentence without a full stop.
func (r *Result) Said() string {
	low, high := load(r.Of, r.Low), load(r.Of, r.High)
	switch {
	case len(r.Steps) == 0:
		return "nothing was tried"
	case r.LimitedBy == Generator && r.Low == 0:
		return fmt.Sprintf("nothing is known: the generator was the limit at every load (%s)", r.generator())
	case r.LimitedBy == Generator:
		return fmt.Sprintf("at least %s: beyond it the generator was the limit, not the target (%s)", low, r.generator())
	case r.Low == 0:
		return fmt.Sprintf("it does not hold even at %s: %s", high, r.LimitedBy)
	case r.High == 0:
		return fmt.Sprintf("at least %s: nothing failed up to there, where %s ended the search", low, r.LimitedBy)
	}
	return fmt.Sprintf("%s, between %s and %s, limited by %s, not by the generator", load(r.Of, r.Limit), low, high, r.LimitedBy)
}

// generator is what was last said of it.
func (r *Result) generator() (said string) {
	for i := range r.Steps {
		if r.Steps[i].unable() {
			said = r.Steps[i].Generator
		}
	}
	return said
}

// Line is the step as it is told while the search goes on.
func (s *Step) Line(of string) string {
	if s.Held {
		return fmt.Sprintf("✓ %s: p95 %s ms, %s/s", load(of, s.At), format.Millis(s.P95MS), format.Decimal(s.Throughput, 1))
	}
	said := fmt.Sprintf("✗ %s: %s", load(of, s.At), format.Clean(s.Why))
	if s.Generator != "" {
		said += "; the generator: " + s.Generator
	}
	return said
}

// sorted are the steps by load.
func (r *Result) sorted() []Step {
	steps := slices.Clone(r.Steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// barWidth is how many columns the longest bar of the curve has.
const barWidth = 24

// Table has a row for each step by load, with a bar of its p95: the curve.
func (r *Result) Table() view.Table {
	steps := r.sorted()
	t := view.Table{Label: view.Column{Head: "Load"}}
	most := 0.0
	for _, s := range steps {
		most = max(most, s.P95MS)
		sign := "✓ "
		if !s.Held {
			sign = "✗ "
		}
		t.Label.Cells = append(t.Label.Cells, sign+load(r.Of, s.At))
	}
	column := func(head string, left bool, cell func(*Step) string) view.Column {
		c := view.Column{Head: head, Left: left}
		for i := range steps {
			c.Cells = append(c.Cells, cell(&steps[i]))
		}
		return c
	}
	columns := []view.Column{
		column("Requests/s", false, func(s *Step) string { return format.Decimal(s.Throughput, 1) }),
		column("Errors", false, func(s *Step) string { return format.Percent(s.ErrorRate) }),
	}
	if r.sticky() {
		columns = append(columns, column("Affinity", false, func(s *Step) string {
			if s.Affinity == nil {
				return "–"
			}
			return format.Percent(*s.Affinity)
		}))
	}
	columns = append(columns,
		column("p50", false, func(s *Step) string { return format.Millis(s.P50MS) }),
		column("p95", false, func(s *Step) string { return format.Millis(s.P95MS) }))
	for _, node := range r.nodes() {
		if len(r.nodes()) < 2 {
			break // it is the whole
		}
		columns = append(columns, column("p95 "+node, false, func(s *Step) string { return millisOr(s.p95(node)) }))
	}
	columns = append(columns, column("", true, func(s *Step) string {
		return strings.Repeat("█", int(math.Round(barWidth*s.P95MS/max(most, 1e-9))))
	}))
	t.Groups = [][]view.Column{columns}
	return t
}

// sticky reports whether any step has an affinity.
func (r *Result) sticky() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Affinity != nil })
}

// mostNodes is how many nodes have a column and a curve of their own.
const mostNodes = 4

func (r *Result) nodes() (names []string) {
	for _, s := range r.Steps {
		for _, n := range s.Nodes {
			if !slices.Contains(names, n.Node) && len(names) < mostNodes {
				names = append(names, format.Clean(n.Node))
			}
		}
	}
	return names
}

// millisOr leaves out a node that answered nothing in the step.
func millisOr(ms float64) string {
	if math.IsNaN(ms) {
		return "–"
	}
	return format.Millis(ms)
}

func (s *Step) p95(node string) float64 {
	for _, n := range s.Nodes {
		if format.Clean(n.Node) == node {
			return n.P95MS
		}
	}
	return math.NaN()
}

// Charts are the curves: times, and errors with affinity, by load.
func (r *Result) Charts() []view.Chart {
	var steps []Step
	for _, s := range r.sorted() { // of a load that was tried again, the last try
		if n := len(steps); n > 0 && steps[n-1].At == s.At {
			steps[n-1] = s
		} else {
			steps = append(steps, s)
		}
	}
	if len(steps) < 2 {
		return nil
	}
	x := view.Axis{Unit: "/s"}
	if r.Of == "users" {
		x.Unit = "users"
	}
	var at view.Values
	for _, s := range steps {
		at = append(at, s.At)
	}
	series := func(name, class string, value func(*Step) float64) view.Series {
		made := view.Series{Name: name, Kind: view.Line, Class: class}
		for i := range steps {
			made.Values = append(made.Values, value(&steps[i]))
		}
		return made
	}
	var marks []view.Mark
	for _, m := range []view.Mark{{At: r.Low, Letter: "✓", Title: "holds at least up to"}, {At: r.High, Letter: "✗", Title: "does not hold from"}} {
		if m.At > 0 {
			m.Title += " " + load(r.Of, m.At)
			marks = append(marks, m)
		}
	}
	times := view.Chart{ID: "times", Title: "Response times by load, ms", Summary: "p50 and p95 by load", Height: 240, X: x, Y: view.Axis{Unit: "ms"}, At: at, Marks: marks,
		Series: []view.Series{
			series("p50", "first", func(s *Step) float64 { return s.P50MS }),
			series("p95", "second", func(s *Step) float64 { return s.P95MS }),
		}}
	for i, node := range r.nodes() {
		if len(r.nodes()) < 2 {
			break // it is the whole
		}
		times.Series = append(times.Series, series("p95 of "+node, fmt.Sprintf("n%d", i+3), func(s *Step) float64 { return s.p95(node) }))
	}
	share := view.Chart{ID: "shares", Title: "Errors by load, %", Summary: "Errors by load", Height: 160, X: x, Y: view.Axis{Unit: "%"}, At: at, Marks: marks,
		Series: []view.Series{series("errors", "bad", func(s *Step) float64 { return 100 * s.ErrorRate })}}
	if r.sticky() {
		share.Title, share.Summary = "Errors and affinity by load, %", "Errors and affinity by load"
		share.Series = append(share.Series, series("affinity", "first", func(s *Step) float64 {
			if s.Affinity == nil {
				return math.NaN()
			}
			return 100 * *s.Affinity
		}))
	}
	if r.Found() && r.High > 0 {
		times.Note = fmt.Sprintf("The limit lies between ✓ %s and ✗ %s with a probability of 95 percent.", load(r.Of, r.Low), load(r.Of, r.High))
	}
	return []view.Chart{times, share}
}
