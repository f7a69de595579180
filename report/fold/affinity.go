package fold

import (
	"strings"

	"stickbench/loadgen"
	"stickbench/report"
)

// affinityFold follows sessions through the samples. A session is one life of one user's cookie jar;
// in a recording without users, all that a thread did. Of each user it keeps only what the current
// session last said, so its size is that of the users, however many sessions they make.
//
// Responses are compared with what the session last said: nodes with the last response that named one,
// counters and ids with the last that carried them. A response that says nothing, such as a balancer's
// own 503 page, neither breaks a session nor counts. What a step from one response to the next means:
//
//	           other id            counter fell   counter the same             +1         more
//	moved      lost, new session   lost           lost (repeat if ids agree)   continues  jump
//	same node  lost, new session,  lost, reset    repeat                       continues  jump
//	           reset
//
// Another id on the same node, under which the counter goes up by one, is the same session with a new id, as
// applications give at a login: renewed, and not lost.
//
// A counter that is the same on another node is lost where no ids are known: had the session gone
// along, it would have risen.
//
// A counter that rose is not judged where something may have counted unseen: redirects on the way to the
// response, or requests of the session that got none, as many of them as it rose too much. Those may also
// count later than the response after them.
type affinityFold struct {
	users                map[int]*session // their current ones
	threads              map[string]*session
	recent               recent[session] // by thread
	sessions, moved      int64
	transitions          Transitions
	window               Transitions // what TakeTransitions has handed out
	lost, newIDs, resets int64
	losers, renewed      int64 // sessions that were lost, and new ids under which the counter went on
	jumps, repeats       int64
}

// Transitions counts steps from one response to the next of the same session.
type Transitions struct {
	Named, Moves       int64 // between responses that named nodes; those to another node
	Counted, Continued int64 // between responses with counters; those that went up by one in the same session
}

// Add adds u.
func (t *Transitions) Add(u Transitions) {
	t.Named += u.Named
	t.Moves += u.Moves
	t.Counted += u.Counted
	t.Continued += u.Continued
}

// TakeTransitions counts the transitions since the last call: a window of the run.
func (b *Builder) TakeTransitions() Transitions {
	all, was := b.affinity.transitions, b.affinity.window
	b.affinity.window = all
	return Transitions{all.Named - was.Named, all.Moves - was.Moves, all.Counted - was.Counted, all.Continued - was.Continued}
}

// session is what one session last said.
type session struct {
	user       *userFold // nil before the first response that says something
	number     int       // of the user
	life       int
	answered   bool // it is counted among the sessions
	moved      bool
	broken     bool // it was lost at least once
	node, id   string
	counter    int64
	hasCounter bool
	unseen     int64 // requests without a response that the counter has not shown yet

	at, origin int16 // index of its node, and of the one that it moved away from last
	served     bool  // it has begun
	// When its first request that was served was sent, when its last response began, when one that named its node had
	// ended, when it moved last, and when it was lost last: milliseconds since the start of the run.
	begun, said, named, departed, lost int64
	visited                            [2]uint64 // bits of the nodes it was on, by index
}

// step is what one response means to its session.
type step struct {
	is       traits
	from     int16 // the node it moved away from, with isMoved
	origin   int16 // the node its session had moved away from before, with isWandering
	previous int64 // when the response before began, milliseconds since the start of the run, unless isOpening
	departed int64 // when that move had ended, with isWandering
	// since is when the session was placed, with isOpening and isFirst: when its first request that was served was
	// sent, whether or not the response named a node. With isMoved it is when the node it moved away from answered
	// it last.
	since      int64
	lostBefore int64 // when the session was lost before, with isLost unless isFirstLoss
}

func newAffinityFold() *affinityFold {
	return &affinityFold{users: map[int]*session{}, threads: map[string]*session{}}
}

// add folds a request and sets what it means to its session. It returns that session, nil where it means nothing.
func (f *affinityFold) add(s *loadgen.Sample, e *entry) *session {
	silent := s.Node == "" && s.Session == "" && !s.HasCounter
	if silent && !served(s) {
		f.unansweredRequest(s)
		return nil
	}
	now := f.session(s)
	if now.life != s.Life {
		*now = session{life: s.Life, user: now.user, number: now.number}
	}
	if !now.served {
		now.served, now.begun = true, e.start
	}
	if silent {
		return nil
	}
	e.is, e.previous = isSaid, now.said
	if !now.answered {
		now.answered = true
		f.sessions++
		e.is |= isOpening
		e.since = now.begun
	}
	if s.Node != "" && now.node == "" {
		e.is |= isFirst
		e.since = now.begun
	}
	f.transition(now, s, e)
	now.said = e.start
	if s.Node != "" {
		now.travel(e)
	}
	now.take(s)
	if unanswered(s) {
		now.unseen++
	}
	return now
}

// unansweredRequest notes a request of a session that got no response.
func (f *affinityFold) unansweredRequest(s *loadgen.Sample) {
	now := f.threads[s.Thread]
	if s.User != 0 {
		now = f.users[s.User]
	}
	if now != nil && now.life == s.Life && unanswered(s) {
		now.unseen++
	}
}

// unanswered reports whether the sample is a request that may have reached a node, and counted there, although
// no response tells.
func unanswered(s *loadgen.Sample) bool {
	switch s.Kind {
	case loadgen.KindTimeout, loadgen.KindClosed, loadgen.KindReset, loadgen.KindTruncated:
		return !s.HasCounter
	}
	return false
}

// served reports whether the balancer found a node for the request, which a failure of its own does not say.
func served(s *loadgen.Sample) bool { return s.Status >= 100 && s.Status < 400 }

// travel follows the session to the node of its response.
func (now *session) travel(e *entry) {
	node := uint16(e.node)
	word, bit := &now.visited[node/64], uint64(1)<<(node%64)
	if e.is&isMoved != 0 {
		e.from, e.since = now.at, now.named
		if now.moved {
			e.is |= isWandering
			e.origin, e.departed = now.origin, now.departed
		}
		if *word&bit != 0 {
			e.is |= isBack
		}
		now.moved, now.origin, now.departed = true, now.at, e.end
	}
	*word |= bit
	now.at, now.named = e.node, e.end
}

// session is the state of the sample's user.
func (f *affinityFold) session(s *loadgen.Sample) *session {
	place := f.recent.place(s.Thread)
	if place.of != nil && place.of.number == s.User && place.text == s.Thread {
		return place.of
	}
	now := f.threads[s.Thread]
	if s.User != 0 {
		now = f.users[s.User]
	}
	switch {
	case now != nil:
	case s.User != 0:
		now = &session{number: s.User, life: s.Life}
		f.users[s.User] = now
	default:
		now = &session{life: s.Life}
		f.threads[strings.Clone(s.Thread)] = now
	}
	place.text, place.of = s.Thread, now
	return now
}

// transition judges the step from what the session last said to s.
func (f *affinityFold) transition(was *session, s *loadgen.Sample, e *entry) {
	moved := false
	if was.node != "" && s.Node != "" {
		f.transitions.Named++
		e.is |= isNamed
		moved = was.node != s.Node
	}
	if moved {
		f.transitions.Moves++
		e.is |= isMoved
		if !was.moved {
			f.moved++
		}
	}
	ids := was.id != "" && s.Session != ""
	newID := ids && was.id != s.Session
	renewed := newID && !moved && was.hasCounter && s.HasCounter && s.Counter == was.counter+1
	fell := false
	if was.hasCounter && s.HasCounter {
		fell = s.Counter < was.counter || s.Counter == was.counter && moved && !ids
		switch more := s.Counter - was.counter - 1; {
		case newID || fell:
			f.count(was.counter, s.Counter, true, e)
		case s.Hops > 0 && !s.Failed():
		case more > 0 && more <= was.unseen:
			was.unseen -= more
		default:
			f.count(was.counter, s.Counter, false, e)
		}
	}
	if newID {
		f.newIDs++
		was.hasCounter = false // the counter belonged to the session that is gone
	}
	if newID || fell {
		was.unseen = 0
	}
	switch {
	case renewed:
		f.renewed++
		e.is |= isRenewed
	case newID || fell:
		f.lost++
		e.is |= isLost
		f.resets += boolInt(!moved)
		if !was.broken {
			f.losers++
			e.is |= isFirstLoss
		}
		e.lostBefore, was.lost, was.broken = was.lost, e.start, true
	}
}

// count folds the step of a counter; broken says that the session is another one.
func (f *affinityFold) count(was, now int64, broken bool, e *entry) {
	f.transitions.Counted++
	e.is |= isCounted
	switch {
	case broken:
	case now == was+1:
		f.transitions.Continued++
		e.is |= isContinued
	case now == was:
		f.repeats++
	default:
		f.jumps++
	}
}

// take remembers what the response said, and what earlier ones said where it says nothing.
func (now *session) take(s *loadgen.Sample) {
	if s.Node != "" {
		now.node = s.Node
	}
	if s.Session != "" {
		now.id = s.Session
	}
	if s.HasCounter {
		now.counter, now.hasCounter = s.Counter, true
	}
}

// freeze makes the figures; nodes give the chance level.
func (f *affinityFold) freeze(nodes []report.Node) report.Affinity {
	a := report.Affinity{
		Sessions: f.sessions, Sticky: f.sessions - f.moved,
		Transitions: f.transitions.Named, Moves: f.transitions.Moves, Counted: f.transitions.Counted,
		Lost: f.lost, LostSessions: f.losers, Renewed: f.renewed, NewSessions: f.newIDs, Resets: f.resets, Jumps: f.jumps, Repeats: f.repeats,
	}
	if f.transitions.Named > 0 {
		a.Affinity = report.Ratio(f.transitions.Named-f.transitions.Moves, f.transitions.Named)
		a.Chance = chance(nodes)
	}
	if f.transitions.Counted > 0 {
		a.Continuity = report.Ratio(f.transitions.Continued, f.transitions.Counted)
	}
	return a
}

// chance is the affinity that two independent choices among the nodes would have: Σp².
func chance(nodes []report.Node) *float64 {
	sum := 0.0
	for _, n := range nodes {
		sum += n.Share * n.Share
	}
	return &sum
}

// chanceOfOne is the chance level where only one node answered: what was seen says nothing of it then. It
// follows from the expected shares, which events would have changed.
func chanceOfOne(a *report.Affinity, nodes []report.Node, steady bool) {
	answered, expected := report.AnsweringNodes(nodes)
	if a.Chance == nil || len(answered) != 1 {
		return
	}
	a.Chance = nil
	if !steady || len(expected) < 2 {
		return
	}
	sum := 0.0
	for i := range nodes {
		if nodes[i].ExpectedShare == nil {
			return
		}
		sum += *nodes[i].ExpectedShare * *nodes[i].ExpectedShare
	}
	a.Chance = &sum
}
