package compare

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/format"
)

// facts are what the runs of a side say under each name, each value once, joined.
func facts(runs []*Series) (names []string, load map[string]bool, values map[string]string) {
	load, values = map[string]bool{}, map[string]string{}
	all := map[string][]string{}
	for _, r := range runs {
		for _, f := range r.Setup.Facts {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
			if !slices.Contains(all[f.Name], f.Value) {
				all[f.Name] = append(all[f.Name], f.Value)
			}
			load[f.Name] = load[f.Name] || f.Load
		}
	}
	for name, v := range all {
		values[name] = strings.Join(v, " / ")
	}
	return names, load, values
}

// differences are the facts that the sides do not have in common; what only one side knows of is none
// unless the other knows facts too.
func differences(before, after []*Series) []Difference {
	names, load, x := facts(before)
	more, loadAfter, y := facts(after)
	if len(names) == 0 || len(more) == 0 {
		return []Difference{}
	}
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	list := []Difference{}
	for _, name := range names {
		if x[name] != y[name] {
			list = append(list, Difference{Name: name, Before: x[name], After: y[name], Load: load[name] || loadAfter[name]})
		}
	}
	return list
}

// warnings are the doubts about a comparison, each a sentence.
func (c *comparer) warnings(r *Comparison) []string {
	list := []string{}
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	var load []string
	for _, d := range r.Differences {
		if d.Load {
			load = append(load, fmt.Sprintf("%s: %s before, %s after", d.Name, OrNone(d.Before), OrNone(d.After)))
		}
	}
	if len(load) > 0 {
		add("The runs were not under the same load, and what differs may be due to that: %s.", strings.Join(load, "; "))
	}
	list = append(list, c.loadWarnings()...)
	if whole := c.before.whole(); whole != c.after.whole() {
		add("The times %s are whole milliseconds, those %s are not: changes below 1 ms cannot be told.", sideName(!whole), sideName(whole))
	}
	if missing := oneSided(r.Labels); missing != "" {
		add("Labels that only one side has are compared with nothing: %s.", missing)
	}
	if n, m := len(r.Before.Runs), len(r.After.Runs); r.Method.Test == TestBatches {
		known := "are taken to differ by " + format.Percent(r.Method.RunSpread) + " (--run-spread)"
		if r.Method.RunSpread == 0 {
			known = "are believed not to (--run-spread 0)"
		}
		add("%s before and %s after do not tell how much runs differ by themselves: they %s. Compare some runs each to be sure (--repeat).",
			format.Plural(int64(n), "run"), format.Count(int64(m)), known)
	}
	for _, s := range []*side{c.before, c.after} {
		for _, run := range s.runs {
			list = append(list, run.warnings()...)
		}
	}
	return list
}

// loadWarnings compare the load that recordings show, where the plans do not tell of it.
func (c *comparer) loadWarnings() []string {
	if len(c.before.runs[0].Setup.Facts) > 0 && len(c.after.runs[0].Setup.Facts) > 0 {
		return nil
	}
	users := func(s *side) (most int) {
		for _, run := range s.runs {
			most = max(most, run.users)
		}
		return most
	}
	duration := func(s *side) (sum int64) {
		for _, run := range s.runs {
			sum += run.Results.DurationMS
		}
		return sum / int64(len(s.runs))
	}
	var list []string
	if x, y := users(c.before), users(c.after); x != y && x > 0 && y > 0 {
		list = append(list, fmt.Sprintf("The runs were not under the same load, and what differs may be due to that: at most %s at once before, %d after.", format.Plural(int64(x), "user"), y))
	}
	if x, y := duration(c.before), duration(c.after); min(x, y)*2 < max(x, y) {
		list = append(list, fmt.Sprintf("The runs are of different length: %s before, %s after.", format.Span(x), format.Span(y)))
	}
	return list
}

// warnings are the doubts about one run. Those of its own report are not repeated.
func (s *Series) warnings() []string {
	var list []string
	if by := s.Results.Steered; by != nil {
		said := format.Plural(int64(by.Times), "time")
		if by.PausedMS > 0 {
			said += ", paused for " + format.Span(by.PausedMS)
		}
		list = append(list, fmt.Sprintf("%s was steered by hand (%s), and what differs may be due to that.", format.Clean(s.Name), said))
	}
	if s.crowded > 0 {
		list = append(list, fmt.Sprintf("%s has more than %s labels and nodes: %s are in no row but TOTAL.", format.Clean(s.Name), format.Count(mostSeries), format.Plural(s.crowded, "entry")))
	}
	if s.early*100 > s.Results.Total.Samples {
		list = append(list, fmt.Sprintf("%s is not in order of time: %s ended before its first one began, and are taken for its beginning.", format.Clean(s.Name), format.Plural(s.early, "sample")))
	}
	return list
}

// oneSided names the labels that only one side has.
func oneSided(rows []Row) string {
	var names []string
	for _, row := range rows {
		switch {
		case row.SamplesBefore == 0 && row.SamplesAfter > 0:
			names = append(names, format.Clean(row.Label)+" (after)")
		case row.SamplesAfter == 0 && row.SamplesBefore > 0:
			names = append(names, format.Clean(row.Label)+" (before)")
		}
	}
	const most = 5
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

func sideName(after bool) string {
	if after {
		return "after"
	}
	return "before"
}

func OrNone(s string) string {
	if s == "" {
		return "none"
	}
	return format.Clean(s)
}
