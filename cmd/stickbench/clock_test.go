package main

import (
	"strings"
	"testing"
	"time"

	"stickbench/report"

	"stickbench/loadgen"
	"stickbench/plans"
)

// A run's times are counted by a clock that does not jump. UTC and Round take that clock's reading from a
// time: events were then sent by the system's clock, seconds late or never after it was set.
func TestRunBeginsWithItsMonotonicReading(t *testing.T) {
	s := newRecording(&plans.Plan{Load: loadgen.Plan{Groups: []loadgen.Group{{}}}})
	s.record = &record{Events: []report.Event{}}
	for name, began := range map[string]time.Time{"begin": s.begin(time.Now()), "record": s.record.began} {
		if !strings.Contains(began.String(), " m=") {
			t.Errorf("%s: %s has lost it", name, began)
		}
	}
	s.record.finish(runOutcome{})
	if s.record.End.Before(s.record.Start) || len(s.record.Warnings) > 0 {
		t.Errorf("from %s to %s, warnings %q", s.record.Start, s.record.End, s.record.Warnings)
	}
}

// The clock was set back by an hour while the run lasted.
func TestClockJumpWarns(t *testing.T) {
	r := &record{began: time.Now(), Start: time.Now().UTC()}
	r.clock(-time.Hour, 10*time.Second)
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "jumped by -1h0m0s") {
		t.Errorf("%q", r.Warnings)
	}
	for _, fine := range []struct{ by, elapsed time.Duration }{
		{400 * time.Millisecond, time.Second}, {-400 * time.Millisecond, 0}, {2 * time.Second, time.Hour}, // slowly corrected
	} {
		r.Warnings = nil
		if r.clock(fine.by, fine.elapsed); r.Warnings != nil {
			t.Errorf("%v in %v: %q", fine.by, fine.elapsed, r.Warnings)
		}
	}
}
