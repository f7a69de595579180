package report

import (
	"strings"
	"testing"
)

// Four users send a request every 120 ms or so for 10 s, and three of them wait once for two seconds: 3 of 323 requests
// were slow, and 48 were never sent.
func TestCoordinatedOmissionIsTold(t *testing.T) {
	taken := func(quick int64, slow ...int64) *times {
		t := &times{}
		t.add(2000, quick, true)
		for _, ms := range slow {
			t.add(ms*1000, 1, true)
		}
		return t
	}
	closed := &Results{Model: ClosedModel, PlannedUsers: 4, DurationMS: 10_000}
	stalled := taken(320, 2000, 2000, 2000)
	if got := omissionWarning(closed, stalled); !strings.Contains(got, "some 48 requests that were due") || !strings.Contains(got, "(coordinated omission; ") {
		t.Errorf("a stall: %q", got)
	}
	for name, got := range map[string]string{
		"nothing slow":     omissionWarning(closed, taken(400, 90, 95)),
		"arrivals":         omissionWarning(&Results{Model: "open", PlannedUsers: 4, DurationMS: 10_000}, stalled),
		"no pauses":        omissionWarning(closed, taken(20_000, 2000, 2000)),
		"not from a plan":  omissionWarning(&Results{Model: ClosedModel, DurationMS: 10_000}, stalled),
		"without requests": omissionWarning(closed, taken(0)),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	omissionWarning(closed, taken(20, 3_600_000_000)) // a thousand hours end, too
}
