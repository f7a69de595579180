package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"stickbench/assert"
)

var _ assert.Figures = (*Results)(nil)

// Figure is a figure of the whole run for the expectations. Counts are samples, errors, nodes (those that
// answered), sessions, sticky_sessions, transitions, moves, excused, unexcused (the other moves), lost,
// lost_unexcused (transitions, both), lost_sessions, renewed and new_sessions; error_rate, affinity and continuity are shares from 0 to 1, throughput is per second and
// duration in milliseconds.
//
// It is not defined (ok is false) for other names, for rates and shares of nothing, for what needs nodes
// where no response named one, and for what needs sessions where no response told of one.
//
// arrivals (those that began), late and dropped are counts of the arrivals of open groups; they are not
// defined for closed runs, and where only a recording is known.
func (r *Results) Figure(name string) (value float64, ok bool) {
	answered, _ := AnsweringNodes(r.Nodes)
	placed, known, measured := len(answered) > 0, r.Affinity.Sessions > 0, r.Total.Samples > 0
	a := &r.Affinity
	switch name {
	case "samples", "errors":
		value, _ = r.Total.figure(name)
		return value, true
	case "throughput":
		return r.throughput(&r.Total), measured
	case "error_rate":
		return r.Total.ErrorRate, measured
	case "duration":
		return float64(r.DurationMS), measured
	case "sticky_sessions":
		return float64(a.Sticky), placed
	case "new_sessions":
		return float64(a.NewSessions), known
	case "arrivals", "late", "dropped":
		return r.Arrivals.figure(name)
	}
	return r.sessionFigure(name, a, len(answered), placed, known)
}

// sessionFigure is one of those of nodes and sessions that a run and its phases have: what a says of its sessions,
// of so many nodes that answered. placed and known say that nodes and sessions are known at all.
func (r *Results) sessionFigure(name string, a *Affinity, nodes int, placed, known bool) (value float64, ok bool) {
	switch name {
	case "affinity":
		return deref(a.Affinity)
	case "continuity":
		return deref(a.Continuity)
	case "nodes":
		return float64(nodes), placed
	case "transitions":
		return float64(a.Transitions), placed
	case "moves":
		return float64(a.Moves), placed
	case "excused":
		return float64(a.Excused), placed && r.Names.excuses(r.Events) == nil
	case "unexcused":
		return float64(a.Unexcused), placed && r.Names.excuses(r.Events) == nil
	case "sessions":
		return float64(a.Sessions), known
	case "lost":
		return float64(a.Lost), known
	case "lost_sessions":
		return float64(a.LostSessions), known
	case "renewed":
		return float64(a.Renewed), known
	case "lost_unexcused":
		return float64(a.LostUnexcused), known && r.Names.excuses(r.Events) == nil
	}
	return 0, false
}

// LabelFigure is a figure of a label's row, "" for TOTAL: avg, min, max, stddev, p50, p90, p95 and p99
// in milliseconds, samples, errors, error_rate, throughput per second, apdex (0 to 1); and of its arrivals, from their
// intended start, response_avg, response_p50, response_p90, response_p95, response_p99 and response_max.
// Throughput leaves out the time for which the run was paused by hand.
// It is an error if there is no such label or figure, and for times of no samples or of no arrivals.
func (r *Results) LabelFigure(name, label string) (float64, error) {
	row := r.row(label)
	switch {
	case row != nil && name == "throughput" && row.Samples > 0:
		return r.throughput(row), nil
	case row != nil:
		return row.Figure(name)
	case slices.Contains(r.Planned, label):
		return (&Row{}).Figure(name)
	}
	return 0, fmt.Errorf("no sample has the label %q", label)
}

// Figure is a figure of the row as Results.LabelFigure has it, or why it has no value.
func (r *Row) Figure(name string) (float64, error) {
	value, ok := r.figure(name)
	switch {
	case strings.HasPrefix(name, "response_") && r.Response == nil:
		return 0, errors.New("no sample is an arrival")
	case !ok:
		return 0, fmt.Errorf("a label has no figure %q", name)
	case r.Samples == 0 && name != "samples" && name != "errors":
		return 0, errors.New("there are no samples")
	}
	return value, nil
}

// row is the row of a label, nil if there is none.
func (r *Results) row(label string) *Row {
	if label == "" || label == TotalLabel {
		return &r.Total
	}
	for i := range r.Labels {
		if r.Labels[i].Label == label {
			return &r.Labels[i]
		}
	}
	return nil
}

// figure is a figure of the row.
func (r *Row) figure(name string) (value float64, ok bool) {
	switch name {
	case "samples":
		return float64(r.Samples), true
	case "errors":
		return float64(r.Errors), true
	case "error_rate":
		return r.ErrorRate, true
	case "throughput":
		return r.Throughput, true
	case "avg":
		return r.AverageMS, true
	case "min":
		return r.MinMS, true
	case "max":
		return r.MaxMS, true
	case "stddev":
		return r.StdDevMS, true
	case "p50":
		return r.P50MS, true
	case "p90":
		return r.P90MS, true
	case "p95":
		return r.P95MS, true
	case "p99":
		return r.P99MS, true
	case "apdex":
		value, _ = deref(r.Apdex)
		return value, true
	}
	if r.Response == nil {
		return 0, false
	}
	return r.Response.figure(name)
}

// NodeFigure is a figure of a node: share of the requests that named a node (0 to 1), requests,
// decisions, and returned, which are the moves to it of sessions that had been on it before. A node that
// never answered has none of each: that may be just what a plan expects. It is an error if no response
// named a node, and if nobody knows that node.
func (r *Results) NodeFigure(name, node string) (float64, error) {
	node, err := r.Names.named(node)
	if err != nil {
		return 0, err
	}
	return nodeFigure(r.Nodes, name, node)
}

func nodeFigure(nodes []Node, name, node string) (float64, error) {
	n := nodeNamed(nodes, node)
	switch name {
	case "returned":
		return float64(n.Returned), nil
	case "share":
		return n.Share, nil
	case "requests":
		return float64(n.Requests), nil
	case "decisions":
		return float64(n.Decisions), nil
	}
	return 0, fmt.Errorf("a node has no figure %q", name)
}

// deref is the value of a figure that may be missing.
func deref(p *float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return *p, true
}
