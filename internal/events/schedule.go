package events

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"stickbench/plans"
)

// A schedule hands out events when their time has come. It has one queue for each kind of time, in the
// order of the times and, where they are equal, of the plan:
//
//	at            drain s1 2s │ ready s1 6s │ …
//	iterations    weight s1 2 after 1000 │ …
//	samples       …
//
// Of several queues with an event that is due the one goes first which is first in the plan. It may be
// asked from several goroutines.
type schedule struct {
	mu     sync.Mutex
	events []plans.Event
	queues [3][]int // by trigger; indices in events that are left
}

// The queues.
const (
	byTime = iota
	byIterations
	bySamples
)

// trigger is the queue of an event, and its place there.
func trigger(e *plans.Event) (queue int, at int64) {
	switch {
	case e.AfterIterations > 0:
		return byIterations, e.AfterIterations
	case e.AfterSamples > 0:
		return bySamples, e.AfterSamples
	}
	return byTime, int64(e.At)
}

func newSchedule(events []plans.Event) *schedule {
	s := &schedule{events: slices.Clone(events)}
	for i := range s.events {
		queue, _ := trigger(&s.events[i])
		s.queues[queue] = append(s.queues[queue], i)
	}
	for _, queue := range s.queues {
		slices.SortStableFunc(queue, func(a, b int) int {
			_, first := trigger(&s.events[a])
			_, second := trigger(&s.events[b])
			return cmp.Compare(first, second)
		})
	}
	return s
}

// take hands out the next event that is due; nil if none is.
func (s *schedule) take(now time.Duration, iterations, samples int64) *plans.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	reached := [...]int64{byTime: int64(now), byIterations: iterations, bySamples: samples}
	first := -1
	for queue, left := range s.queues {
		if len(left) == 0 {
			continue
		}
		_, at := trigger(&s.events[left[0]])
		if at <= reached[queue] && (first < 0 || left[0] < s.queues[first][0]) {
			first = queue
		}
	}
	if first < 0 {
		return nil
	}
	e := &s.events[s.queues[first][0]]
	s.queues[first] = s.queues[first][1:]
	return e
}

// nextTime is when the next event is due that has a time.
func (s *schedule) nextTime() (at time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := s.queues[byTime]; len(left) > 0 {
		return s.events[left[0]].At, true
	}
	return 0, false
}

// counts reports that events are left which wait for a number of iterations or samples.
func (s *schedule) counts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queues[byIterations])+len(s.queues[bySamples]) > 0
}

// pending is Driver.Pending.
func (s *schedule) pending(now time.Duration) (next string, in time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for queue, left := range s.queues {
		if len(left) == 0 {
			continue
		}
		e := &s.events[left[0]]
		if queue == byTime {
			return e.Phase(), max(0, e.At-now), true
		}
		return e.Phase() + " " + e.When(), -1, true
	}
	return "", 0, false
}

// undone are the events that were not handed out, in the order of the plan.
func (s *schedule) undone() []plans.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []plans.Event
	for _, i := range slices.Sorted(slices.Values(slices.Concat(s.queues[:]...))) {
		left = append(left, s.events[i])
	}
	return left
}

// named is Driver.Take.
func (s *schedule) named(name string) (e plans.Event, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.events {
		if s.events[i].Phase() != name {
			continue
		}
		for queue := range s.queues {
			if at := slices.Index(s.queues[queue], i); at >= 0 {
				s.queues[queue] = slices.Delete(s.queues[queue], at, at+1)
				return s.events[i], true
			}
		}
		e, ok = s.events[i], true
	}
	return e, ok
}
