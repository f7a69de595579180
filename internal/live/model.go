// Package live shows a run while it lasts: on a terminal, as lines of a log, as lines of JSON, and as
// metrics for Prometheus.
//
//	samples ──→ Model ──→ Watch ──→ bars and block │ lines │ JSON    Show
//	events  ──↗             ↑
//	                     engine's progress
//	samples ──→ Meter ──→ Server                                     /metrics
//
// Model and Meter are sinks of the run (loadgen.Sink): bounded counters behind a lock that each sample takes
// once. What is drawn is a look at them, plain data; no sample waits for a terminal.
package live

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/internal/natural"
	"stickbench/loadgen"
	"stickbench/report"
)

// Model counts what progress shows: by group, and by node for all groups together. Samples come from one
// goroutine, events from another, looks from a third.
type Model struct {
	mu       sync.Mutex
	plan     *loadgen.Plan
	groups   []counts           // in the plan's order
	nodes    map[string]*recent // by name; "" holds what no node answered
	requests int64
	began    time.Time // from which slots count, with its monotonic reading
	events   []report.Event
	earlier  int // events that are no longer remembered
}

// counts are a group's requests so far; marks are none.
type counts struct {
	requests, errors int64
	nodes            map[string]*responses
}

// responses are what one node gave to one group, beside the node's own record of all groups.
type responses struct {
	requests int64
	node     *recent
}

const (
	// maxNodes bounds the nodes that are told apart, as in the report.
	maxNodes   = 100
	otherNodes = "other nodes"
	// maxEvents are remembered, so that the block can mark them.
	maxEvents = 64
)

// NewModel makes the model of a run of the plan.
func NewModel(plan *loadgen.Plan) *Model {
	m := &Model{plan: plan, groups: make([]counts, len(plan.Groups)), nodes: map[string]*recent{}}
	for i := range m.groups {
		m.groups[i].nodes = map[string]*responses{}
	}
	return m
}

// Begin sets when the run begins, before its first sample.
func (m *Model) Begin(t time.Time) {
	m.mu.Lock()
	m.began = t
	m.mu.Unlock()
}

// Record counts a sample (loadgen.Sink). It allocates only for a node that a group has not met before.
func (m *Model) Record(s *loadgen.Sample) error {
	if !s.IsRequest() {
		return nil
	}
	elapsed := s.Elapsed.Microseconds()
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.groups[m.plan.GroupOf(s.User)]
	r := c.nodes[s.Node]
	if r == nil {
		r = m.meet(c, s.Node)
	}
	m.requests++
	c.requests++
	r.requests++
	if s.Failed() {
		c.errors++
		r.node.errors++
	}
	r.node.add(m.slot(s.Start+elapsed), elapsed)
	return nil
}

// Flush does nothing (loadgen.Sink).
func (m *Model) Flush() error { return nil }

// Close does nothing (loadgen.Sink).
func (m *Model) Close() error { return nil }

// meet is where a group's responses of a node are counted from now on.
func (m *Model) meet(c *counts, name string) *responses {
	if m.nodes[name] == nil && name != "" && len(m.nodes) >= maxNodes {
		name = otherNodes
	}
	if m.nodes[name] == nil {
		m.nodes[strings.Clone(name)] = &recent{}
	}
	if c.nodes[name] == nil {
		c.nodes[strings.Clone(name)] = &responses{node: m.nodes[name]}
	}
	return c.nodes[name]
}

// Event takes an event that was done or seen.
func (m *Model) Event(e report.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) == maxEvents {
		m.events = slices.Delete(m.events, 0, 1)
		m.earlier++
	}
	m.events = append(m.events, e)
}

// past are the last events, the last one at the end, and the number of the first one of them, from 0.
func (m *Model) past() (events []report.Event, first int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events), m.earlier
}

// share is one node's part of a group's responses.
type share struct {
	node string
	part float64 // 0 to 1
}

// group is the counts of group i now.
func (m *Model) group(i int) (requests, errors int64, shares []share) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.groups[i]
	var answered int64
	for node, r := range c.nodes {
		if node != "" {
			answered += r.requests
		}
	}
	for node, r := range c.nodes {
		if node != "" {
			shares = append(shares, share{node, float64(r.requests) / float64(answered)})
		}
	}
	slices.SortFunc(shares, func(a, b share) int { return compareNodes(a.node, b.node) })
	return c.requests, c.errors, shares
}

// Requests is how many requests all groups have done.
func (m *Model) Requests() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests
}

// compareNodes orders nodes by name, and last what is no node: the others together, and the responses that
// named none.
func compareNodes(a, b string) int {
	return cmp.Or(cmp.Compare(noNode(a), noNode(b)), natural.Compare(a, b))
}

func noNode(name string) int {
	switch name {
	case "":
		return 2
	case otherNodes:
		return 1
	}
	return 0
}

// rate is requests per second over the last few looks, so that it neither jumps nor lags.
type rate struct {
	times  [16]time.Time
	counts [16]int64
	n      int
}

func (r *rate) at(now time.Time, count int64) float64 {
	i := r.n % len(r.times)
	r.times[i], r.counts[i] = now, count
	r.n++
	oldest := 0
	if r.n >= len(r.times) {
		oldest = r.n % len(r.times)
	}
	d := now.Sub(r.times[oldest]).Seconds()
	if d <= 0 {
		return 0
	}
	return float64(count-r.counts[oldest]) / d
}
