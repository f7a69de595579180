package loadgen

import (
	"context"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"
)

// queue is a group's schedule at work. Whoever is free waits for the turn; who has it waits until the next
// arrival is due, gives the turn to the next one who is free, and begins at once, in the same goroutine:
//
//	free ─▶ turn ─▶ alarm ─▶ turn to the next ─▶ iteration ─▶ free
//	        │ already due, as nobody was free: late
//	        └ the group is over: dropped
//
// Each arrival keeps its due time, and its first request says how late it is against that.
//
// A scheduler of its own, handing arrivals to users by a channel, was rejected: it wakes twice for each.
type queue struct {
	turn     chan struct{}
	schedule *schedule
	planned  *Group
	users    int       // of the group
	start    time.Time // of the group
	over     time.Time // nothing begins from then on; zero for never
	stop     context.Context
	alarm    *alarm
	group    int // in the plan, from 0
	steering *atomic.Pointer[steered]
	seen     *steered // as the run was steered when the queue looked last

	account   ArrivalAccount // of who has the turn
	generator Generator
	free      time.Time       // until when somebody last waited for what was due next
	usual     []time.Duration // how long the first iterations took whose user was free
}

// ArrivalAccount is the account of arrivals: Planned = Started + Dropped.
type ArrivalAccount struct {
	// Planned were due before the end of their group or of the run.
	Planned int64
	// Started began, the first request of Late of them more than LateArrival after it was due: no user was free, or
	// the generator was too slow.
	Started, Late int64
	// Dropped never began before the group ended. For ByUsers of them all users were busy, and would have been with
	// responses as fast as usual; for ByGenerator a user was free, but the generator woke up too late; the others
	// found all users waiting for a target that had become slower.
	Dropped, ByUsers, ByGenerator int64
	// Waits are how long, in microseconds and rounded down to five leading bits, so many of the dropped ones had waited
	// at least when their group ended.
	Waits map[int64]int64
}

func (a *ArrivalAccount) add(b *ArrivalAccount) {
	a.Planned += b.Planned
	a.Started += b.Started
	a.Late += b.Late
	a.Dropped += b.Dropped
	a.ByUsers += b.ByUsers
	a.ByGenerator += b.ByGenerator
	for wait, n := range b.Waits {
		a.waited(wait, n)
	}
}

// waited notes a time in microseconds that dropped arrivals waited at least.
func (a *ArrivalAccount) waited(wait, n int64) {
	if a.Waits == nil {
		a.Waits = map[int64]int64{}
	}
	shift := max(0, bits.Len64(uint64(wait))-5)
	a.Waits[wait>>shift<<shift] += n
}

// LateArrival is how long after it was due an arrival may begin without being called late.
const LateArrival = time.Millisecond

// newQueue is the queue of the segment's arrivals of g, which is number stream of the plan, from the start of the run; nil for a
// closed group. Its arrivals end with stop, and change as the run is steered.
func newQueue(stop context.Context, g *Group, segment Segment, seed, stream uint64, start time.Time, steering *atomic.Pointer[steered]) *queue {
	if g.Arrivals == nil {
		return nil
	}
	q := &queue{turn: make(chan struct{}, 1), schedule: newSchedule(g, segment, seed, stream), stop: stop, alarm: newAlarm(stop),
		planned: g, steering: steering, seen: &steered{}, users: g.Users, usual: make([]time.Duration, 0, usualIterations)}
	q.start = start.Add(g.StartDelay)
	if end := g.end(); end > 0 {
		q.over = q.start.Add(end)
	}
	q.turn <- struct{}{}
	return q
}

// arrival is one that began.
type arrival struct {
	number     int64 // in the group, from 0
	due, begun time.Time
	kept       bool // waiting for its user
}

// take waits for the arrival after the user's last one, which is none before its first; not ok if there is none.
func (q *queue) take(last arrival) (next arrival, ok bool) {
	ended := time.Now()
	select {
	case <-q.turn:
	case <-q.stop.Done():
		return arrival{}, false
	}
	if len(q.usual) < cap(q.usual) && !last.begun.IsZero() && !last.kept {
		q.usual = append(q.usual, ended.Sub(last.begun))
	}
	next, ok = q.await()
	next.kept = !last.begun.IsZero() && next.begun.Sub(next.due) > LateArrival
	q.turn <- struct{}{}
	return next, ok
}

func (q *queue) await() (next arrival, ok bool) {
	offset, ok := q.due()
	if !ok {
		return arrival{}, false
	}
	due, now := q.start.Add(offset), time.Now()
	due = due.Add(q.seen.paused(due, now))
	q.account.Planned++
	if !q.over.IsZero() && !now.Before(q.over) {
		q.drop(offset, q.over)
		return arrival{}, false
	}
	q.account.Started++
	return arrival{int64(q.schedule.given) - 1, due, now, false}, true
}

// due waits for the next arrival, unless one was due before; it is not ok if none is due before the run is stopped.
func (q *queue) due() (offset time.Duration, ok bool) {
	for q.stop.Err() == nil {
		q.follow()
		before := *q.schedule
		offset, ok := q.schedule.next()
		if !ok {
			if !q.standsStill() || !q.awaitSteering() {
				return 0, false
			}
			continue
		}
		due := q.start.Add(offset)
		d := time.Until(due)
		if d <= 0 {
			return offset, true
		}
		if q.alarm.wait(d, q.seen.next) {
			q.free = time.Now()
			q.generator.woke(q.free.Sub(due))
			return offset, true
		}
		*q.schedule = before // it was not due when the run was steered, or stopped
	}
	return 0, false
}

// follow lets the schedule go on as the run is steered.
func (q *queue) follow() {
	if s := q.steering.Load(); s != q.seen {
		q.seen = s
		if len(s.history) > 0 {
			q.schedule.goOn(q.planned.steered(q.group, s.history, q.start.Sub(s.start)))
		}
	}
}

// standsStill reports whether nothing arrives because the run is steered so.
func (q *queue) standsStill() bool { return q.seen.Paused || q.seen.Rates[q.group] == 0 }

// awaitSteering waits until the run is steered otherwise, and reports false if the group is over before.
func (q *queue) awaitSteering() bool {
	d := time.Duration(-1)
	if !q.over.IsZero() {
		d = max(0, time.Until(q.over))
	}
	return q.alarm.sleeper.await(q.stop, d, q.seen.next) && (q.over.IsZero() || time.Now().Before(q.over))
}

// usualIterations are how many iterations tell how long one takes as long as users are free.
const usualIterations = 128

// drop notes that an arrival did not begin before the end. Who knows how long iterations take while users are free
// knows how many users the rate takes (Little's law): were there fewer, they were the limit, else the target.
func (q *queue) drop(offset time.Duration, ended time.Time) {
	q.account.Dropped++
	due := q.start.Add(offset)
	q.account.waited(max(0, (ended.Sub(due)-q.seen.paused(due, ended)).Microseconds()), 1)
	switch {
	case !due.After(q.free):
		q.account.ByGenerator++
	case float64(q.users) < rateAt(q.schedule.stages, offset.Seconds())*median(q.usual).Seconds():
		q.account.ByUsers++
	}
}

// median is that of the list, which it sorts; 0 for an empty one.
func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// close drops the arrivals that were due before the time when the group ended.
func (q *queue) close(ended time.Time) ArrivalAccount {
	q.alarm.close()
	q.follow()
	told := q.account.Dropped
	dropped := q.schedule.countUntil(ended.Sub(q.start), func(due time.Duration) { q.drop(due, ended) })
	q.account.Planned += dropped
	if untold := told + dropped - q.account.Dropped; untold > 0 {
		q.account.Dropped += untold
		q.account.waited(0, untold)
	}
	return q.account
}
