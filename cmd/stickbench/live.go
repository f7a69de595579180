package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/loadgen"
)

// live counts what progress shows, by group. Samples come from one goroutine, looks from another.
type live struct {
	mu     sync.Mutex
	groups map[string]*counts
}

// counts are a group's requests so far; marks are none.
type counts struct {
	requests, errors int64
	nodes            map[string]int64
}

func newLive() *live { return &live{groups: map[string]*counts{}} }

func (l *live) add(s *loadgen.Sample) {
	if s.Mark {
		return
	}
	name := s.Thread[:max(0, strings.LastIndexByte(s.Thread, ' '))]
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.groups[name]
	if c == nil {
		c = &counts{nodes: map[string]int64{}}
		l.groups[name] = c
	}
	c.requests++
	if s.Failed() {
		c.errors++
	}
	if s.Node != "" && (len(c.nodes) < maxLiveNodes || c.nodes[s.Node] > 0) {
		c.nodes[s.Node]++
	}
}

const maxLiveNodes = 100

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
	for _, n := range c.nodes {
		answered += n
	}
	for node, n := range c.nodes {
		shares = append(shares, share{node, float64(n) / float64(answered)})
	}
	slices.SortFunc(shares, func(a, b share) int { return strings.Compare(a.node, b.node) })
	return c.requests, c.errors, shares
}

// total is how many requests all groups have done.
func (l *live) total() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int64
	for _, c := range l.groups {
		n += c.requests
	}
	return n
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
