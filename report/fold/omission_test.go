package fold

import (
	"slices"
	"strings"
	"testing"

	"stickbench/internal/hist"
	"stickbench/report"
)

// Four users send a request every 120 ms or so for 10 s, and three of them wait once for two seconds: 3 of 323 requests
// were slow, and 48 were never sent.
func TestCoordinatedOmissionIsTold(t *testing.T) {
	taken := func(quick int64, slow ...int64) *times {
		t := &times{}
		t.fine.Add(2000, quick, hist.FineBits)
		for _, ms := range slow {
			t.fine.Add(ms*1000, 1, hist.FineBits)
		}
		return t
	}
	closed := &report.Results{Model: report.ClosedModel, PlannedUsers: 4, DurationMS: 10_000}
	stalled := taken(320, 2000, 2000, 2000)
	if got := omissionWarning(closed, stalled); !strings.Contains(got, "some 48 requests that were due") || !strings.Contains(got, "(coordinated omission; ") {
		t.Errorf("a stall: %q", got)
	}
	// Where each user waited once, the p99 is the stall either way, and the p95 hides it.
	busy := &report.Results{Model: report.ClosedModel, PlannedUsers: 20, DurationMS: 10_000}
	if got := omissionWarning(busy, taken(1900, slices.Repeat([]int64{1000}, 20)...)); !strings.Contains(got, "some 180 requests") || !strings.Contains(got, "with them p95 would be about 500 ms") {
		t.Errorf("a stall of all: %q", got)
	}
	// More than omissionSteps for one response are taken together, and none the fewer.
	if got := omissionWarning(&report.Results{Model: report.ClosedModel, PlannedUsers: 1, DurationMS: 15_000}, taken(2999, 9000)); !strings.Contains(got, "some 1800 requests") {
		t.Errorf("%q", got)
	}
	for name, got := range map[string]string{
		"nothing slow":     omissionWarning(closed, taken(400, 90, 95)),
		"arrivals":         omissionWarning(&report.Results{Model: "open", PlannedUsers: 4, DurationMS: 10_000}, stalled),
		"no pauses":        omissionWarning(closed, taken(20_000, 2000, 2000)),
		"not from a plan":  omissionWarning(&report.Results{Model: report.ClosedModel, DurationMS: 10_000}, stalled),
		"without requests": omissionWarning(closed, taken(0)),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	omissionWarning(closed, taken(20, 3_600_000_000)) // a thousand hours end, too
}
