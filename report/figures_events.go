package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"stickbench/assert"
	"stickbench/internal/format"
)

// During gives the figures of the phases of that name, which count together; "start" is the phase before
// the first event that begins one. It is an error if there was no such phase, or if it had no time.
func (r *Results) During(phase string) (assert.Figures, error) {
	for i := range r.Phases {
		if r.Phases[i].Name == phase {
			return &phaseFigures{run: r, phase: &r.Phases[i]}, nil
		}
	}
	if len(r.Phases) == 0 && phase == FirstPhase {
		return r, nil
	}
	for i := range r.Events {
		if e := &r.Events[i]; e.Phase && e.OK && (e.Name == phase || e.Name == "" && e.Text == phase) {
			return nil, errors.New("the phase had no time: another event or the end of the run came at once")
		}
	}
	names := []string{FirstPhase}
	for i := range r.Phases {
		if r.Phases[i].Name != FirstPhase {
			names = append(names, r.Phases[i].Name)
		}
	}
	return nil, fmt.Errorf("the run had no such phase; it had %s", strings.Join(names, ", "))
}

// Truth says of a node whether it was drained or left, and of the run whether shares_ok, each with what
// was seen.
//
// drained: in each of its drains, no session moved away from the node without excuse, and none came to
// it. left: whenever it was in maint or down, it answered no request that began then, and no
// session that moved away from it moved again before it came back. What must not happen counts from
// 250 ms after the latest moment of the event on. It is an error if the node never was in such a state, and if
// it cannot be told because sessions began meanwhile that never named a node.
//
// shares_ok: the shares of the decisions are those of the weights (Distribution.OK). It is an error
// if that was not judged.
func (r *Results) Truth(name, node string) (holds bool, seen string, err error) {
	if name == "drained" || name == "left" {
		if node, err = r.Names.named(node); err != nil {
			return false, "", err
		}
	}
	switch name {
	case "drained":
		return r.conduct(node, "in drain", func(s *StateInterval) bool { return s.State == Drained }, (*StateInterval).drainFaults)
	case "left":
		return r.conduct(node, "in maint or down", (*StateInterval).gone, (*StateInterval).absenceFaults)
	case "shares_ok":
		return sharesOK(r.Distribution)
	}
	return false, "", fmt.Errorf("a run has no %q", name)
}

func (s *StateInterval) gone() bool { return Gone(s.State) }

// fault is something that must not have happened.
type fault struct {
	count int64
	what  string // of one
	more  string // of several
}

func (s *StateInterval) drainFaults() []fault {
	return []fault{
		{s.Left, "session moved away", "sessions moved away"},
		{s.Placed, "session came to it", "sessions came to it"},
	}
}

func (s *StateInterval) absenceFaults() []fault {
	return []fault{
		{s.Answered, "request was answered by it", "requests were answered by it"},
		{s.Again, "session moved more than once", "moves of sessions that had moved already"},
	}
}

// conduct adds up the faults of the node's intervals that fit.
func (r *Results) conduct(node, state string, fits func(*StateInterval) bool, faults func(*StateInterval) []fault) (bool, string, error) {
	var sum []fault
	var unnamed int64
	for i := range r.States {
		s := &r.States[i]
		if s.Node != node || !fits(s) {
			continue
		}
		unnamed += s.Unnamed
		if sum == nil {
			sum = faults(s)
			continue
		}
		for k, f := range faults(s) {
			sum[k].count += f.count
		}
	}
	if sum == nil {
		return false, "", fmt.Errorf("%s never was %s", node, state)
	}
	var seen []string
	for _, f := range sum {
		switch {
		case f.count == 1:
			seen = append(seen, "1 "+f.what)
		case f.count > 1:
			seen = append(seen, format.Count(f.count)+" "+f.more)
		}
	}
	if len(seen) == 0 && unnamed > 0 {
		return false, "", fmt.Errorf("%s that began meanwhile named no node, and may have come to %s", format.Plural(unnamed, "session"), node)
	}
	return len(seen) == 0, strings.Join(seen, ", "), nil
}

func sharesOK(d *Distribution) (bool, string, error) {
	switch {
	case d == nil:
		return false, "", errors.New("no response named its node")
	case d.OK == nil:
		return false, "", errors.New(d.Explanation)
	}
	return *d.OK, d.Explanation, nil
}

// Windows are the figures that the run's expectations ask of windows; nil where they ask of none.
func (r *Results) Windows() assert.Windows { return r.InWindows }

// phaseFigures are the figures of a phase. Those without a label are of its requests.
type phaseFigures struct {
	run   *Results
	phase *Phase
}

func (f *phaseFigures) Figure(name string) (value float64, ok bool) {
	p := f.phase
	answered, _ := AnsweringNodes(p.Nodes)
	placed, known, measured := len(answered) > 0, p.Sessions > 0, p.Requests > 0
	if run, _ := AnsweringNodes(f.run.Nodes); len(run) > 0 {
		placed, known = true, true // the run has nodes and sessions: none here means 0
	}
	switch name {
	case "samples":
		return float64(p.Requests), true
	case "errors":
		return float64(p.Errors), true
	case "error_rate":
		return p.ErrorRate, measured
	case "throughput":
		return p.Throughput, p.DurationMS > 0
	case "duration":
		return float64(p.DurationMS), true
	}
	return f.run.sessionFigure(name, p.affinity(), len(answered), placed, known)
}

// affinity is what became of the sessions of the phase.
func (p *Phase) affinity() *Affinity {
	return &Affinity{
		Sessions: p.Sessions, Transitions: p.Transitions, Affinity: p.Affinity, Continuity: p.Continuity,
		Moves: p.Moves, Excused: p.Excused, Unexcused: p.Unexcused,
		Lost: p.Lost, LostSessions: p.LostSessions, Renewed: p.Renewed, LostUnexcused: p.LostUnexcused,
	}
}

func (f *phaseFigures) LabelFigure(name, label string) (float64, error) {
	if label == "" || label == TotalLabel {
		return f.phase.Total.Figure(name)
	}
	for i := range f.phase.Labels {
		if f.phase.Labels[i].Label == label {
			return f.phase.Labels[i].Figure(name)
		}
	}
	if f.run.row(label) == nil && !slices.Contains(f.run.Planned, label) {
		return 0, fmt.Errorf("no sample has the label %q", label)
	}
	return (&Row{}).Figure(name)
}

func (f *phaseFigures) NodeFigure(name, node string) (float64, error) {
	node, err := f.run.Names.named(node)
	if err != nil {
		return 0, err
	}
	if name == "returned" {
		return 0, errors.New("a phase has no figure \"returned\"")
	}
	if answered, _ := AnsweringNodes(f.phase.Nodes); len(answered) == 0 && name == "share" {
		return 0, errors.New("no response named its node in this phase")
	}
	return nodeFigure(f.phase.Nodes, name, node)
}

func (f *phaseFigures) Truth(name, _ string) (bool, string, error) {
	if name == "shares_ok" {
		return sharesOK(f.phase.Distribution)
	}
	return false, "", fmt.Errorf("a phase has no %q", name)
}

func (f *phaseFigures) During(string) (assert.Figures, error) {
	return nil, errors.New("a phase has no phases")
}

func (f *phaseFigures) Windows() assert.Windows { return nil }
