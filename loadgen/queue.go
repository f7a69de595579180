package loadgen

import (
	"context"
	"time"
)

// queue is a group's schedule at work. Whoever is free waits for the turn; who has it waits until the next
// arrival is due, gives the turn to the next one who is free, and begins at once, in the same goroutine:
//
//	free ─▶ turn ─▶ alarm ─▶ turn to the next ─▶ iteration ─▶ free
//	        │ already due, as nobody was free: late
//	        └ the group is over: dropped
//
// A scheduler of its own, handing arrivals to users by a channel, was rejected: it wakes twice for each.
type queue struct {
	turn     chan struct{}
	schedule *schedule
	start    time.Time // of the group
	over     time.Time // nothing begins from then on; zero for never
	stop     context.Context
	alarm    *alarm

	account   ArrivalAccount // of who has the turn
	generator Generator
}

// ArrivalAccount is the account of arrivals: Planned = Started + Dropped.
type ArrivalAccount struct {
	// Planned were due before the end of their group or of the run.
	Planned int64
	// Started began, Late of them more than LateArrival after they were due: no user was free, or the
	// generator was too slow.
	Started, Late int64
	// Dropped never began: no user was free before the group ended.
	Dropped int64
}

func (a *ArrivalAccount) add(b *ArrivalAccount) {
	a.Planned += b.Planned
	a.Started += b.Started
	a.Late += b.Late
	a.Dropped += b.Dropped
}

// LateArrival is how long after it was due an arrival may begin without being called late.
const LateArrival = time.Millisecond

// newQueue is the queue of the segment's arrivals of g, which is number stream of the plan, from the start of the run; nil for a
// closed group. Its arrivals end with stop.
func newQueue(stop context.Context, g *Group, segment Segment, seed, stream uint64, start time.Time) *queue {
	if g.Arrivals == nil {
		return nil
	}
	q := &queue{turn: make(chan struct{}, 1), schedule: newSchedule(g, segment, seed, stream), stop: stop, alarm: newAlarm(stop)}
	q.start = start.Add(g.StartDelay)
	if end := g.end(); end > 0 {
		q.over = q.start.Add(end)
	}
	q.turn <- struct{}{}
	return q
}

// take waits for the next arrival, and says which it is, from 0, and how long after it was due; not ok if there
// is none.
func (q *queue) take() (number int64, late time.Duration, ok bool) {
	select {
	case <-q.turn:
	case <-q.stop.Done():
		return 0, 0, false
	}
	late, ok = q.await()
	number = int64(q.schedule.given) - 1
	q.turn <- struct{}{}
	return number, late, ok
}

func (q *queue) await() (late time.Duration, ok bool) {
	if q.stop.Err() != nil {
		return 0, false
	}
	offset, ok := q.schedule.next()
	if !ok {
		return 0, false
	}
	due, now := q.start.Add(offset), time.Now()
	if d := due.Sub(now); d > 0 {
		if !q.alarm.wait(d) {
			return 0, false // it was not due when the run was stopped
		}
		now = time.Now()
		q.generator.woke(now.Sub(due))
	}
	q.account.Planned++
	if !q.over.IsZero() && !now.Before(q.over) {
		q.account.Dropped++
		return 0, false
	}
	q.account.Started++
	late = max(0, now.Sub(due))
	if late > LateArrival {
		q.account.Late++
	}
	return late, true
}

// close drops the arrivals that were due before the time when the group ended.
func (q *queue) close(ended time.Time) ArrivalAccount {
	q.alarm.close()
	dropped := q.schedule.countUntil(ended.Sub(q.start))
	q.account.Planned += dropped
	q.account.Dropped += dropped
	return q.account
}
