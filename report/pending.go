package report

import (
	"time"

	"stickbench/loadgen"
)

// maxPending is how many samples wait for events that are told late: 5 MB of them, which is 13 seconds
// at 5000 requests per second.
const maxPending = 1 << 16

// none is no node, or no label.
const none = -1

// traits are what is true of an entry.
type traits uint16

const (
	isMark      traits = 1 << iota
	isFine             // measured in microseconds
	isFailed           //
	isSaid             // it says something of its session
	isOpening          // the first of its session to do so
	isFirst            // the first of its session to name a node
	isNamed            // a node, as did the one before it in its session
	isMoved            // another node than that
	isWandering        // not the first move of its session
	isBack             // to a node that its session had been on before
	isLost             // the session
	isCounted          // a counter, as did the one before it
	isContinued        // the counter went up by one
)

// entry is what events must know of a sample: some 90 bytes.
type entry struct {
	start, end     int64 // milliseconds since the start of the run
	elapsed        time.Duration
	received, sent int64
	count, errors  int32
	active         int32 // users
	label, node    int16 // indices
	step
}

// entry makes the sample's entry; label and node are their indices.
func (g *stage) entry(s *loadgen.Sample, label, node int, what step) entry {
	e := entry{
		start: s.StartMillis() - g.origin, elapsed: s.Elapsed, received: s.Received, sent: s.Sent,
		count: int32(s.Count), errors: int32(s.Errors), active: int32(s.ActiveAll),
		label: int16(min(label, maxLabels)), node: int16(node), step: what,
	}
	e.end = e.start + s.WholeMillis()
	e.previous -= g.origin
	e.departed -= g.origin
	if s.Mark {
		e.is |= isMark
	}
	if s.Fine {
		e.is |= isFine
	}
	if s.Failed() {
		e.is |= isFailed
	}
	return e
}

// sample writes what a row folds of the entry into s.
func (e *entry) sample(s *loadgen.Sample) {
	s.Start, s.Elapsed, s.Fine = e.start*1000, e.elapsed, e.has(isFine)
	s.Received, s.Sent, s.Count, s.Errors = e.received, e.sent, int(e.count), int(e.errors)
	s.Kind = loadgen.OK
	if e.has(isFailed) {
		s.Kind = loadgen.KindOther
	}
}

func (e *entry) has(t traits) bool { return e.is&t != 0 }

// one is 1 if the entry has the trait.
func (e *entry) one(t traits) int64 { return boolInt(e.has(t)) }

// weight is how many samples the entry stands for.
func (e *entry) weight() int64 { return int64(max(1, e.count)) }

// push keeps the entry until g.most others have come after it, and folds it then.
func (g *stage) push(e entry) {
	if len(g.pending) < g.most {
		g.pending = append(g.pending, e)
		return
	}
	oldest := &g.pending[g.head]
	g.settle(oldest)
	*oldest = e
	g.head = (g.head + 1) % g.most
}

// flush folds all that is kept, the oldest first.
func (g *stage) flush() {
	for i := range g.pending {
		g.settle(&g.pending[(g.head+i)%len(g.pending)])
	}
	g.pending, g.head = nil, 0
}
