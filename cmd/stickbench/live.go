package main

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
)

// live counts what progress shows: by group, and by node for all groups together. Samples come from one
// goroutine, events from another, looks from a third.
type live struct {
	mu       sync.Mutex
	groups   map[string]*counts
	nodes    map[string]*recent // by name; "" holds what no node answered
	requests int64
	began    int64 // microseconds since 1970, from which slots count
	events   []report.Event
}

// counts are a group's requests so far; marks are none.
type counts struct {
	requests, errors int64
	nodes            map[string]*answers
}

// answers are what one node gave to one group, beside the node's own record of all groups.
type answers struct {
	requests int64
	node     *recent
}

const (
	// maxLiveNodes bounds the nodes that are told apart, as in the report.
	maxLiveNodes = 100
	otherNodes   = "other nodes"
	// maxLiveEvents are remembered, so that the block can mark them.
	maxLiveEvents = 64
)

func newLive() *live { return &live{groups: map[string]*counts{}, nodes: map[string]*recent{}} }

// begin says when the run begins, before its first sample.
func (l *live) begin(t time.Time) {
	l.mu.Lock()
	l.began = t.UnixMicro()
	l.mu.Unlock()
}

// add counts a sample. It runs once per sample beside the recording, and allocates only for a group or a
// node that it has not met before.
func (l *live) add(s *loadgen.Sample) {
	if s.Mark {
		return
	}
	name := s.Thread[:max(0, strings.LastIndexByte(s.Thread, ' '))]
	elapsed := s.Elapsed.Microseconds()
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.groups[name]
	if c == nil {
		c = &counts{nodes: map[string]*answers{}}
		l.groups[strings.Clone(name)] = c
	}
	a := c.nodes[s.Node]
	if a == nil {
		a = l.meet(c, s.Node)
	}
	l.requests++
	c.requests++
	a.requests++
	if s.Failed() {
		c.errors++
		a.node.errors++
	}
	a.node.add(l.slot(s.Start+elapsed), elapsed)
}

// meet is where a group's answers of a node are counted from now on.
func (l *live) meet(c *counts, name string) *answers {
	if l.nodes[name] == nil && name != "" && len(l.nodes) >= maxLiveNodes {
		name = otherNodes
	}
	if l.nodes[name] == nil {
		l.nodes[strings.Clone(name)] = &recent{}
	}
	if c.nodes[name] == nil {
		c.nodes[strings.Clone(name)] = &answers{node: l.nodes[name]}
	}
	return c.nodes[name]
}

// happened takes an event that was done or seen.
func (l *live) happened(e report.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) == maxLiveEvents {
		l.events = slices.Delete(l.events, 0, 1)
	}
	l.events = append(l.events, e)
}

// past are the last events, the last one at the end.
func (l *live) past() []report.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// share is one node's part of a group's answers.
type share struct {
	node string
	part float64 // 0 to 1
}

// look is a group's counts now.
func (l *live) look(group string) (requests, errors int64, shares []share) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.groups[group]
	if c == nil {
		return 0, 0, nil
	}
	var answered int64
	for node, a := range c.nodes {
		if node != "" {
			answered += a.requests
		}
	}
	for node, a := range c.nodes {
		if node != "" {
			shares = append(shares, share{node, float64(a.requests) / float64(answered)})
		}
	}
	slices.SortFunc(shares, func(a, b share) int { return compareNodes(a.node, b.node) })
	return c.requests, c.errors, shares
}

// total is how many requests all groups have done.
func (l *live) total() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests
}

// compareNodes orders nodes by name, a name that ends in a number by its value, and last those that are
// no nodes: the others together, and the answers that named none.
func compareNodes(a, b string) int {
	return cmp.Or(cmp.Compare(noNode(a), noNode(b)), natural(a, b))
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

// natural compares names, so that s2 comes before s10.
func natural(a, b string) int {
	x, y := strings.TrimRight(a, "0123456789"), strings.TrimRight(b, "0123456789")
	return cmp.Or(strings.Compare(x, y), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
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
