package main

import (
	"context"
	"fmt"
	"time"

	"stickbench/plans"
)

// watchStops judges the plan's conditions to stop once a second until ctx ends, and stops the run once one is true.
// It returns what says afterwards why it did so, "" if it did not.
func (s *recording) watchStops(ctx context.Context, plan *plans.Plan, stop func()) (met func() string) {
	reason := make(chan string, 1)
	if len(plan.Stops) == 0 {
		reason <- ""
		return func() string { return <-reason }
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		why := ""
		for tick := time.NewTicker(time.Second); why == "" && ctx.Err() == nil; {
			select {
			case now := <-tick.C:
				why = s.stopReached(plan, now.Sub(s.record.began))
			case <-ctx.Done():
				tick.Stop()
			}
		}
		stop()
		reason <- why
	}()
	return func() string { cancel(); return <-reason }
}

// stopReached says which condition to stop is true of the run that has lasted so long; "" if none is.
func (s *recording) stopReached(plan *plans.Plan, lasted time.Duration) string {
	s.results.mu.Lock()
	defer s.results.mu.Unlock()
	for _, e := range plan.Stops {
		if ok, seen := s.results.Reached(e, lasted, s.record.facts(plan)); ok {
			return fmt.Sprintf("%s after %v (%s)", e.Source(), lasted.Round(time.Second), seen)
		}
	}
	return ""
}
