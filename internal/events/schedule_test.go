package events

import (
	"slices"
	"testing"
	"time"

	"stickbench/plans"
)

// names takes what is due.
func (s *schedule) names(now time.Duration, iterations, samples int64) []string {
	var names []string
	for e := s.take(now, iterations, samples); e != nil; e = s.take(now, iterations, samples) {
		names = append(names, e.Name)
	}
	return names
}

func TestSchedule(t *testing.T) {
	s := newSchedule([]plans.Event{
		{Name: "a", At: 3 * time.Second},
		{Name: "b", AfterSamples: 20},
		{Name: "c", At: time.Second},
		{Name: "d", AfterSamples: 10},
		{Name: "e"}, // at the start
		{Name: "f", AfterIterations: 5},
		{Name: "g", At: time.Second},
	})
	for _, step := range []struct {
		now                 time.Duration
		iterations, samples int64
		pending             string
		in                  time.Duration
		due                 []string
	}{
		{now: 0, pending: "e", in: 0, due: []string{"e"}},
		{now: 200 * time.Millisecond, pending: "c", in: 800 * time.Millisecond},
		{now: time.Second, pending: "c", in: 0, due: []string{"c", "g"}},
		{now: 2 * time.Second, samples: 9, iterations: 5, pending: "a", in: time.Second, due: []string{"f"}},
		// d waits before b in its queue, and comes when the event first in the plan is out of the way.
		{now: 4 * time.Second, samples: 15, iterations: 9, pending: "a", in: 0, due: []string{"a", "d"}},
		{now: 5 * time.Second, samples: 15, iterations: 9, pending: "b after 20 samples", in: -1},
	} {
		next, in, ok := s.pending(step.now)
		if next != step.pending || in != step.in || !ok {
			t.Errorf("at %s pending %q in %s, want %q in %s", step.now, next, in, step.pending, step.in)
		}
		if got := s.names(step.now, step.iterations, step.samples); !slices.Equal(got, step.due) {
			t.Errorf("at %s due %q, want %q", step.now, got, step.due)
		}
	}
	if left := s.undone(); len(left) != 1 || left[0].Name != "b" || !s.counts() {
		t.Errorf("undone %+v", left)
	}
	if got := s.names(5*time.Second, 9, 20); !slices.Equal(got, []string{"b"}) {
		t.Errorf("due %q", got)
	}
	if next, _, ok := s.pending(0); ok || s.counts() || s.undone() != nil {
		t.Errorf("still pending: %q", next)
	}
}
