package fold

import (
	"slices"

	"stickbench/report"
)

// What a decision is: the first response of a session and an excused move, or every response.
const (
	bySession = iota
	byResponse
	ways
)

// segment is the run between two events that change something: one phase, one state of every node, one
// weight of every node.
type segment struct {
	from  int64
	event *report.Event // that it begins with; nil for the first
	// phase is the one it belongs to, which last began at phaseFrom.
	phase     *phaseFold
	phaseFrom int64
	// certain is from when on decisions are judged, if something changed; of those, skip are left out first.
	certain int64
	skip    [ways]int64
	nodes   []placed // by index
	// unnamed are requests that named no node, and may have taken a turn; active is the largest number
	// of users.
	unnamed, active int64
}

// placed are the decisions for one node, judged and skipped.
type placed struct{ judged, skipped [ways]int64 }

// newSegment begins with e. After a change of weights as many decisions are skipped as they add up to:
// HAProxy may need a whole turn of its servers to take them in.
func newSegment(e report.Event) *segment {
	s := &segment{from: countsFrom(&e), event: &e}
	for _, w := range e.Weights {
		s.skip[bySession] += int64(w)
		s.skip[byResponse] += int64(w)
	}
	return s
}

func (s *segment) clone() *segment {
	c := *s
	c.nodes = slices.Clone(s.nodes)
	return &c
}

// add folds an entry that is no mark, as a response.
func (s *segment) add(e *entry) {
	s.active = max(s.active, int64(e.active))
	if e.node == none {
		s.unnamed += e.weight()
		return
	}
	s.decide(e.node, e.start, byResponse, e.weight())
}

// decide counts decisions for the node that were made at a moment of the segment.
func (s *segment) decide(node int16, at int64, way int, n int64) {
	s.nodes = reserved(s.nodes, node)
	p := &s.nodes[node]
	switch {
	case at < s.certain:
		p.skipped[way] += n
	case s.skip[way] > 0:
		s.skip[way] -= n
		p.skipped[way] += n
	default:
		p.judged[way] += n
	}
}

// total are the decisions for the node with that index.
func (s *segment) total(node, way int) int64 {
	if node >= len(s.nodes) {
		return 0
	}
	return s.nodes[node].judged[way] + s.nodes[node].skipped[way]
}
