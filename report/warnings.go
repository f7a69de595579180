package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/format"
)

// shortPhase is the number of requests below which the p95 of a phase is its slowest request.
const shortPhase = 20

// EventWarnings are those that the events and phases of results give rise to.
func EventWarnings(r *Results, run Run) []string {
	list := downWarnings(r.Events)
	list = append(list, lateWarnings(r.Events)...)
	list = append(list, strangerWarnings(r, run)...)
	if w := shortPhaseWarning(r.Phases); w != "" {
		list = append(list, w)
	}
	return list
}

// lateEvent is how late an event may be, in milliseconds, without a warning: from then on its phase begins
// where the plan did not mean it to.
const lateEvent = 250

// Late is by how much later than planned the event was, in milliseconds; 0 for one that was not, or that the
// plan gives no time.
func (e *Event) Late() int64 {
	if e.PlannedMS == nil || e.AtMS-*e.PlannedMS <= lateEvent {
		return 0
	}
	return e.AtMS - *e.PlannedMS
}

// lateWarnings name the events that were late.
func lateWarnings(events []Event) (list []string) {
	var late []string
	for i := range events {
		if e := &events[i]; e.Late() > 0 {
			late = append(late, fmt.Sprintf("%s (planned at %s, at %s)", format.Clean(cmp.Or(e.Name, e.Text)), format.Span(*e.PlannedMS), format.Span(e.AtMS)))
		}
	}
	const most = 3
	switch n := len(late); {
	case n == 0:
		return nil
	case n > most:
		late = append(late[:most:most], fmt.Sprintf("and %d more", n-most))
	}
	return []string{fmt.Sprintf("Events took effect more than %d ms later than planned: %s.", lateEvent, strings.Join(late, ", "))}
}

// downWarnings tell of nodes that went down by themselves, each node once.
func downWarnings(events []Event) (list []string) {
	times := map[string]int64{}
	for i := range events {
		if e := &events[i]; e.Observed && e.State == Down {
			times[e.Node]++
		}
	}
	for i := range events {
		e := &events[i]
		n := times[e.Node]
		if !e.Observed || e.State != Down || n == 0 {
			continue
		}
		delete(times, e.Node)
		_, reason, found := strings.Cut(e.Text, "DOWN: ")
		if !found {
			reason = e.Text
		}
		said := fmt.Sprintf("%s went down by itself at %s: %s", format.Clean(e.Node), format.Span(e.AtMS), format.Clean(reason))
		if n > 1 {
			said += fmt.Sprintf(", and %s more after that", format.Plural(n-1, "time"))
		}
		list = append(list, said+".")
	}
	return list
}

// strangerWarnings tell of nodes that events are about, but that never answered: they may have another
// name there than in the responses. One that could not answer is none of them.
func strangerWarnings(r *Results, run Run) (list []string) {
	answered, _ := AnsweringNodes(r.Nodes)
	if len(answered) == 0 {
		return nil
	}
	if w := r.Names.warning(); w != "" {
		return []string{w}
	}
	var told []string
	for i := range r.Events {
		e := &r.Events[i]
		_, known := run.Weights[e.Node]
		if e.Node == "" || !e.OK || slices.Contains(answered, e.Node) || slices.Contains(told, e.Node) || known && wasOut(r, run, e.Node) {
			continue
		}
		told = append(told, e.Node)
		list = append(list, fmt.Sprintf("%s, which events are about, never answered: if responses call it otherwise (%s answered), what they excuse is not known.",
			format.Clean(e.Node), format.Clean(strings.Join(answered, ", "))))
	}
	return list
}

// wasOut reports whether the node was kept from taking sessions at some time.
func wasOut(r *Results, run Run, node string) bool {
	return run.States[node] != "" || slices.ContainsFunc(r.States, func(s StateInterval) bool {
		return s.Node == node && (s.State == Drained || s.gone())
	})
}

func shortPhaseWarning(phases []Phase) string {
	var short []string
	for i := range phases {
		if p := &phases[i]; p.Requests > 0 && p.Requests < shortPhase {
			short = append(short, fmt.Sprintf("%s (%s)", format.Clean(p.Name), format.Plural(p.Requests, "request")))
		}
	}
	const most = 3
	switch {
	case len(short) == 0:
		return ""
	case len(short) == 1:
		return fmt.Sprintf("A phase had fewer than %d requests, so that its p95 is the slowest of them: %s.", shortPhase, short[0])
	case len(short) > most:
		short = append(short[:most:most], fmt.Sprintf("and %d more", len(short)-most))
	}
	return fmt.Sprintf("Phases had fewer than %d requests, so that their p95 is the slowest of them: %s.", shortPhase, strings.Join(short, ", "))
}
