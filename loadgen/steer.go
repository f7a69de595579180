package loadgen

import (
	"context"
	"slices"
	"time"
)

// Steering is what somebody wants of a run from a moment on, in place of its plan.
//
//	users ▲         by hand      pause
//	    4 │    ╭────╮          ┌─── ─ ─ ┐
//	    2 │  ╱      └──────────┘        └───    Users {2}, then Paused, then as before
//	      └─────────────────────────────────▶ t
//
// While a run is paused nothing new starts: no request, no iteration, no arrival. What is in flight ends. Pauses and paces
// of the plan stand still, so that users go on afterwards where they were; the time goes on for the durations of groups,
// for stages and for events.
//
// A user that is told to leave ends its iteration first. One that comes again is a new visitor.
type Steering struct {
	At     time.Duration `json:"at"` // since the start of the run, from which it holds
	Paused bool          `json:"paused,omitempty"`
	// Users are how many users of each closed group are at work, those with the lowest numbers, whatever its ramp-up and
	// its stages say. Rates are the arrivals per second of each open group. Below 0 for what the plan says.
	Users []int     `json:"users"`
	Rates []float64 `json:"rates"`
}

// Unsteered is what the plan wants.
func (p *Plan) Unsteered() Steering {
	n := len(p.Groups)
	return Steering{Users: slices.Repeat([]int{-1}, n), Rates: slices.Repeat([]float64{-1}, n)}
}

// Wanted is how many users of group i the steered plan wants at work at a time since the start of the run, and how many
// arrivals per second. It takes every group to begin with the run, also those of later phases.
func (p *Plan) Wanted(i int, s Steering, at time.Duration) (users int, rate float64) {
	g := &p.Groups[i]
	at -= g.StartDelay
	switch {
	case g.Arrivals != nil && s.Rates[i] >= 0:
		return g.Users, s.Rates[i]
	case g.Arrivals != nil:
		return g.Users, rateAt(g.Arrivals.Stages, max(0, at).Seconds())
	case s.Users[i] >= 0:
		return s.Users[i], 0
	}
	for k := range g.Users {
		for span := range g.Spans(k) {
			if span.From <= at && at < span.To {
				users++
			}
		}
	}
	return users, 0
}

// HighestRate is the most arrivals per second that the group's stages have; 0 without arrivals.
func (g *Group) HighestRate() (most float64) {
	if g.Arrivals != nil {
		for _, s := range g.Arrivals.Stages {
			most = max(most, s.From, s.To)
		}
	}
	return most
}

// steered is how a run is steered.
type steered struct {
	Steering            // the last
	history  []Steering // all of them, by time
	start    time.Time  // of the run
	next     chan struct{}
}

func (p *Plan) unsteered() *steered {
	return &steered{Steering: p.Unsteered(), next: make(chan struct{})}
}

// Steer takes all that is wanted so far, by time: the last is what holds from now on. The run must have begun, or have a
// Start.
func (r *Runner) Steer(history []Steering) {
	if len(history) == 0 {
		return
	}
	r.mu.Lock()
	start := r.start
	if start.IsZero() {
		start = r.Start
	}
	r.mu.Unlock()
	next := &steered{history[len(history)-1], slices.Clone(history), start, make(chan struct{})}
	before := r.steering.Swap(next)
	close(before.next)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, g := range r.groups {
		if g.queue != nil {
			g.queue.alarm.interrupt()
		}
		if next.Users[i] >= 0 {
			for _, b := range g.barriers {
				b.mayLeave()
			}
		}
	}
}

// paused is for how long the run was paused between two moments.
func (s *steered) paused(from, to time.Time) (sum time.Duration) {
	for i, h := range s.history {
		if !h.Paused {
			continue
		}
		began, ended := s.start.Add(h.At), to
		if i+1 < len(s.history) {
			ended = s.start.Add(s.history[i+1].At)
		}
		if began.Before(from) {
			began = from
		}
		if ended.After(to) {
			ended = to
		}
		sum += max(0, ended.Sub(began))
	}
	return sum
}

// ready waits while the run is paused, and reports whether the user may start something new now.
func (u *user) ready() (now time.Time, ok bool) {
	now = time.Now()
	if u.runner.steering.Load().Paused && u.script.group.Phase != Teardown {
		if !u.hold() {
			return now, false
		}
		now = time.Now()
	}
	return now, !u.over(now)
}

// hold waits until the run goes on, and reports false if it, or the user's group, is over before. It makes no arrival late.
func (u *user) hold() bool {
	began := time.Now()
	for s := u.runner.steering.Load(); s.Paused; s = u.runner.steering.Load() {
		if !u.sleeper.await(u.graceful, left(u.deadline), s.next) || u.over(time.Now()) {
			return false
		}
	}
	u.waited(began)
	return true
}

// waited leaves out of the user's times that it waited since then: no arrival is late by that.
func (u *user) waited(since time.Time) {
	waited := time.Since(since)
	u.paused += waited
	u.arrival.due = u.arrival.due.Add(waited)
	u.spins = 0
}

// left is the time until then, below 0 for never.
func left(then time.Time) time.Duration {
	if then.IsZero() {
		return -1
	}
	return max(0, time.Until(then))
}

// standStill makes a pause of the plan, which was over at t, longer by the time for which the run was paused since it
// began, and reports whether the user goes on.
func (u *user) standStill(began, t time.Time) bool {
	for {
		s := u.runner.steering.Load()
		if s.Paused {
			if !u.hold() {
				return false
			}
			continue
		}
		until := t.Add(s.paused(began, time.Now()))
		if !until.After(time.Now()) {
			return true
		}
		if !u.sleepUntil(until) {
			return false
		}
	}
}

// span is when the user is at work next, as the run is steered: from when, which may have been, and until when, zero for
// as long as its group lasts. It is not ok if nothing is known of that.
func (u *user) span(s *steered, now time.Time) (from, to time.Time, ok bool) {
	g := u.script.group
	start := u.state.start.Add(g.StartDelay)
	switch n := s.Users[u.group]; {
	case g.Arrivals != nil:
		return now, time.Time{}, true
	case n >= 0:
		return now, u.closes, u.index < n
	}
	for span := range g.Spans(u.index) {
		if from, to = start.Add(span.From), start.Add(span.To); to.After(now) {
			if span.To == Longest {
				to = time.Time{}
			}
			return from, to, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// comes waits until its group needs the user, and reports false if it will not.
func (u *user) comes() bool {
	for {
		s, now := u.runner.steering.Load(), time.Now()
		from, to, ok := u.span(s, now)
		switch {
		case u.over(now) || !u.closes.IsZero() && !now.Before(u.closes):
			return false
		case ok && !from.After(now):
			u.told, u.until = s, to
			return true
		case ok:
			if !u.comesAt(from, s.next) {
				return false
			}
		case !u.stayAway(s):
			return false
		}
	}
}

// comesAt waits for the time when the user comes, unless the run is steered before; it is false if the group is over then.
func (u *user) comesAt(at time.Time, steered <-chan struct{}) bool {
	if !u.closes.IsZero() && at.After(u.closes) {
		at = u.closes // until then it may be steered
	}
	if !u.sleeper.await(u.graceful, max(0, time.Until(at)), steered) {
		return false
	}
	if late := time.Since(at); late >= 0 {
		u.account.Generator.woke(late)
	}
	return true
}

// stayAway waits while the user is not wanted, and reports false if its group is over: also if all who are wanted have
// ended.
func (u *user) stayAway(s *steered) bool {
	g := u.state
	g.away.Add(1)
	defer g.away.Add(-1)
	g.endIfAlone(s.Users[u.group])
	ctx, cancel := context.WithCancel(u.graceful)
	defer cancel()
	defer context.AfterFunc(g.alone, cancel)()
	return u.sleeper.await(ctx, left(u.closes), s.next)
}

// endIfAlone ends the group for those who are away if all others have ended, of n who are wanted. Nobody wanted is no end,
// and neither is it where the others are on other machines.
func (g *groupState) endIfAlone(n int) {
	if len(g.users) > 0 && g.users[0].index < n && g.ended.Load()+g.away.Load() == int64(len(g.users)) {
		g.leaveAlone()
	}
}

// stays reports whether the user begins another iteration, as far as that is not its own affair.
func (u *user) stays() bool {
	if s := u.runner.steering.Load(); s != u.told {
		now := time.Now()
		from, to, ok := u.span(s, now)
		if !ok || from.After(now) {
			return false
		}
		u.told, u.until = s, to
	}
	return u.until.IsZero() || time.Now().Before(u.until)
}

// steered are the arrivals of group i, as it was steered: from each moment on, what was wanted then. starts is when the
// group does, since the start of the run.
func (g *Group) steered(i int, history []Steering, starts time.Duration) []Stage {
	stages := g.Arrivals.Stages
	for _, s := range history {
		at := max(0, s.At-starts)
		stages, _ = cut(stages, at)
		switch {
		case s.Paused:
			stages = append(stages, Stage{})
		case s.Rates[i] >= 0:
			stages = append(stages, Stage{From: s.Rates[i], To: s.Rates[i]})
		default:
			_, rest := cut(g.Arrivals.Stages, at)
			stages = append(stages, rest...)
		}
	}
	return stages
}

// cut parts stages at a time.
func cut(stages []Stage, at time.Duration) (before, after []Stage) {
	for i, s := range stages {
		switch {
		case at <= 0:
			return before, stages[i:]
		case s.For != 0 && s.For <= at:
			before = append(before, s)
			at -= s.For
			continue
		}
		rate := s.From + (s.To-s.From)*at.Seconds()/s.seconds()
		before = append(before, Stage{s.From, rate, at})
		s.From = rate
		if s.For != 0 {
			s.For -= at
		}
		return before, append([]Stage{s}, stages[i+1:]...)
	}
	return before, nil
}
