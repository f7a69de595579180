package fold

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"stickbench/report"
)

// phaseTracker folds the run by its events: by phases, by what the nodes were in, and by the weights in force.
//
//	             a          b                   c          d        events
//	nodes        s1 drain   s1 down (observed)  s1 up      weights
//	phases       drain s1   drain s1            drain s1   weight s1 2
//	segments  0  │1         │2                  │3         │4
//
// Events are told after they happened, a health check's late; so samples wait in pending, at most
// maxPending of them, before they are folded. What an event says of samples that were folded by then
// cannot be undone: it counts from the first moment of which none was, and says so (Event.FromMS), so
// that a recording, which tells all events beforehand, gives the same results. Samples belong to
// segments by their start in whole milliseconds, as recordings have it.
//
// (Buckets of time, judged at the end, would need no such log; but a drain that is judged to a tenth of
// a second finds sessions on its node that came just before it.)
type phaseTracker struct {
	origin int64 // the run's start, milliseconds since 1970
	begun  bool
	events []report.Event // by time

	pending [][]entry // a ring, in blocks
	kept    int       // entries in it
	most    int       // of them: maxPending
	head    int       // the oldest of them, once it is full
	horizon int64     // before which samples were folded
	settled bool      // some were
	told    bool      // all events are, so that none waits

	segments  []*segment // by time; the first one has no event
	phases    []*phaseFold
	histories map[string]*nodeHistory // of the nodes that events name
	byNode    []*nodeHistory          // by index of the node; nil where no event names it
	names     []string                // of the nodes, by index
	returns   []int64                 // moves back to the node, by its index
	rows      int
}

const (
	// settling is how long after its moment, in milliseconds, an event is taken to have its effect: the
	// balancer has then taken the command, and requests that were on their way are placed.
	settling = 250
	// lateness is how long before a change that was observed, in milliseconds, its effect may have begun:
	// nodes are looked at twice a second, and HAProxy tells when they changed in whole seconds.
	lateness = 2000
	// maxTurns bounds the events that divide the run, against a node that goes up and down for days.
	maxTurns = 2000
)

func newPhaseTracker() *phaseTracker {
	g := &phaseTracker{most: maxPending, histories: map[string]*nodeHistory{}}
	g.segments = []*segment{{from: math.MinInt64, phase: g.phase(report.FirstPhase), phaseFrom: math.MinInt64}}
	return g
}

// Begin says when the run began, from which events and the timeline count their milliseconds. It comes
// before the first sample; without it, the start of the first sample added is the run's.
func (b *Builder) Begin(start time.Time) {
	b.phases.origin, b.phases.begun = start.UnixMilli(), true
}

// Event tells of an event. It may come before or after the samples that it is about: all before the
// first sample where a recording is folded, as they happen in a run; the results are the same. It
// returns the event as it counts and as a recording must keep it: with FromMS, if it comes so late that
// more than 65536 samples were added since.
//
// Events that were not done (OK is false) are only listed.
//
// What they excuse: moves away from a node that was in maint or down at any time since it answered the session
// last, and sessions lost by them. The time begins at AtMS, of what was observed 2 s before
// that, because nodes are looked at from time to time; and it ends 250 ms after the latest moment of the event
// that brings the node back. A session that is lost on its own node is excused if the node was down between
// its two responses. Drain and weight 0 excuse nothing: sessions must stay.
//
// Windows in which the run was paused are not judged.
func (b *Builder) Event(e report.Event) report.Event {
	e = b.phases.addEvent(e)
	if e.Paused != nil {
		b.windows.pauses = pausesOf(b.phases.events)
	}
	return e
}

// NoMoreEvents says, before the first sample, that all events are told, as of a recording. Then no sample needs to wait
// for any, which takes less time; the results are the same.
func (b *Builder) NoMoreEvents() { b.phases.told = true }

// countsFrom is when the event begins to count.
func countsFrom(e *report.Event) int64 { return cmp.Or(e.FromMS, e.AtMS) }

// certainFrom is from when on the effect of an event must be seen.
func certainFrom(e *report.Event) int64 { return max(countsFrom(e), e.AtMS, e.LatestMS) + settling }

// turns reports whether the event divides the run.
func turns(e *report.Event) bool { return e.OK && (e.Phase || e.State != "" || e.Weights != nil) }

func (g *phaseTracker) addEvent(e report.Event) report.Event {
	if early := g.horizon + 1 + reach(&e); g.settled && countsFrom(&e) < early {
		e.FromMS = early
	}
	later := func(list []report.Event) int {
		return sort.Search(len(list), func(i int) bool { return countsFrom(&list[i]) > countsFrom(&e) })
	}
	g.events = slices.Insert(g.events, later(g.events), e)
	if !turns(&e) || len(g.segments) > maxTurns {
		return e
	}
	after := sort.Search(len(g.segments), func(i int) bool { return g.segments[i].from > countsFrom(&e) })
	g.segments = slices.Insert(g.segments, after, newSegment(e))
	if e.State != "" && e.Node != "" {
		g.history(e.Node).add(e)
	}
	g.place()
	return e
}

// reach is how far back the event excuses moves.
func reach(e *report.Event) int64 {
	if e.Observed {
		return lateness
	}
	return 0
}

// place tells each segment the phase it belongs to, and from when on its decisions are judged. One that
// has samples keeps both: an event that is inserted lies behind all samples that were folded.
func (g *phaseTracker) place() {
	for i, s := range g.segments {
		s.certain = math.MinInt64
		if i > 0 {
			s.certain = g.segments[i-1].certain // what changed just before may not have had its effect yet
		}
		if s.event != nil && (s.event.Weights != nil || g.changes(s.event)) {
			s.certain = max(s.certain, certainFrom(s.event))
		}
		switch {
		case s.event == nil:
		case s.event.Phase && s.event.Paused != nil && !*s.event.Paused:
			s.phase, s.phaseFrom = g.phaseBeforePause(i), s.from
		case s.event.Phase:
			s.phase, s.phaseFrom = g.phase(cmp.Or(s.event.Name, s.event.Text)), s.from
		default:
			s.phase, s.phaseFrom = g.segments[i-1].phase, g.segments[i-1].phaseFrom
		}
	}
}

// phaseBeforePause is the phase in which a run goes on with that segment: the one before the pause, or what began meanwhile.
func (g *phaseTracker) phaseBeforePause(segment int) *phaseFold {
	for _, s := range slices.Backward(g.segments[:segment]) {
		if s.event == nil || s.event.Phase && s.event.Paused == nil {
			return s.phase
		}
	}
	return nil // the first segment has no event
}

// changes reports whether the event takes a node out of service or back. That a check finds a node up that
// is ready already changes nothing.
func (g *phaseTracker) changes(e *report.Event) bool {
	if e.State == "" || e.Node == "" {
		return false
	}
	before := g.history(e.Node).at(countsFrom(e) - 1)
	return before == nil || before.serves() != (&stateInterval{state: e.State}).serves()
}

// history is that of the node of that name.
func (g *phaseTracker) history(node string) *nodeHistory {
	c := g.histories[node]
	if c == nil {
		c = &nodeHistory{node: node}
		g.histories[node] = c
		if i := slices.Index(g.names, node); i >= 0 {
			g.byNode[i] = c
		}
	}
	return c
}

// firstSeen notes a node that answers for the first time.
func (g *phaseTracker) firstSeen(node string) {
	g.names = append(g.names, node)
	g.byNode = append(g.byNode, g.histories[node])
	g.returns = append(g.returns, 0)
}

// segmentAt is the segment of a moment.
func (g *phaseTracker) segmentAt(ms int64) *segment {
	last := len(g.segments) - 1
	if g.segments[last].from <= ms {
		return g.segments[last]
	}
	return g.segments[sort.Search(last, func(i int) bool { return g.segments[i].from > ms })-1]
}

// settle folds an entry.
func (g *phaseTracker) settle(e *entry) {
	if !g.settled || e.end > g.horizon {
		g.horizon, g.settled = max(e.start, e.end), true
	}
	at := g.segmentAt(e.start)
	if !g.told || len(g.phases) > 1 { // of a single one nothing is reported
		g.foldRows(at.phase, e)
	}
	var moved, lost bool
	if e.is&(isMoved|isLost) != 0 {
		moved, lost = g.excuses(e)
	}
	at.phase.add(e, at.phaseFrom, moved, lost)
	if e.has(isMark) {
		return
	}
	at.add(e)
	switch {
	case e.has(isFirst):
		g.segmentAt(e.since).decide(e.node, e.since, bySession, 1)
	case moved:
		at.decide(e.node, e.start, bySession, 1)
	}
	g.follow(e, moved)
}

// excuses reports whether the entry is an excused move, and whether the loss of its session is excused.
func (g *phaseTracker) excuses(e *entry) (moved, lost bool) {
	switch {
	case e.has(isMoved):
		c := g.byNode[e.from]
		moved = c != nil && within(c.away, e.since, e.end)
		lost = moved
	case e.has(isLost) && e.node != none:
		c := g.byNode[e.node]
		lost = c != nil && within(c.down, e.previous, e.end)
	}
	return moved, lost && e.has(isLost)
}

// follow notes what the entry says of the nodes' conduct.
func (g *phaseTracker) follow(e *entry, excused bool) {
	by := e.one(isOpening) - e.one(isFirst) // a session more, or fewer, of which nobody knows where it is
	if by != 0 {
		for _, c := range g.histories {
			c.unnamed(e.since, by)
		}
	}
	if e.node == none {
		return
	}
	if c := g.byNode[e.node]; c != nil {
		c.answered(e)
	}
	if !e.has(isMoved) {
		return
	}
	if e.has(isBack) {
		g.returns[e.node]++
	}
	if c := g.byNode[e.from]; c != nil {
		c.leftBy(e, excused)
	}
	if e.has(isWandering) && !excused {
		if c := g.byNode[e.origin]; c != nil {
			c.movedAgain(e)
		}
	}
}

// settledCopy is a copy of g with everything folded; g stays as it is. Both share the pending entries,
// which folding only reads.
func (g *phaseTracker) settledCopy() *phaseTracker {
	c := *g
	c.events = slices.Clone(g.events)
	c.returns = slices.Clone(g.returns)
	phases := make(map[*phaseFold]*phaseFold, len(g.phases))
	c.phases = make([]*phaseFold, len(g.phases))
	for i, p := range g.phases {
		c.phases[i] = p.clone()
		phases[p] = c.phases[i]
	}
	c.segments = make([]*segment, len(g.segments))
	for i, s := range g.segments {
		c.segments[i] = s.clone()
		c.segments[i].phase = phases[s.phase]
	}
	c.histories = make(map[string]*nodeHistory, len(g.histories))
	c.byNode = make([]*nodeHistory, len(g.byNode))
	for name, history := range g.histories {
		c.histories[name] = history.clone()
	}
	for i, name := range g.names {
		c.byNode[i] = c.histories[name]
	}
	c.flush()
	return &c
}

// excuse sets what events excuse of the run.
func (g *phaseTracker) excuse(a *report.Affinity) {
	a.Unexcused, a.LostUnexcused = a.Moves, a.Lost
	for _, p := range g.phases {
		a.Excused += p.excused
		a.Unexcused -= p.excused
		a.LostUnexcused -= p.lostExcused
	}
}
