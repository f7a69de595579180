package report

import (
	"strings"
	"testing"
	"time"
)

// Four users send a request every 120 ms or so for 10 s, and three of them wait once for two seconds: 3 of 323 requests
// were slow, and 48 were never sent.
func TestCoordinatedOmissionIsTold(t *testing.T) {
	fold := func(quick int64, slow ...int64) *latencyFold {
		f := &latencyFold{}
		for range quick {
			f.add(&measurement{samples: 1, elapsed: 2 * time.Millisecond, fine: true})
		}
		for _, ms := range slow {
			f.add(&measurement{samples: 1, elapsed: time.Duration(ms) * time.Millisecond, fine: true})
		}
		return f
	}
	closed := &Results{Model: ClosedModel, PlannedUsers: 4}
	stalled := fold(320, 2000, 2000, 2000)
	if got := stalled.omissionWarning(closed, 10_000); !strings.Contains(got, "some 48 requests that were due") || !strings.Contains(got, "(coordinated omission; ") {
		t.Errorf("a stall: %q", got)
	}
	for name, got := range map[string]string{
		"nothing slow":     fold(400, 90, 95).omissionWarning(closed, 10_000),
		"arrivals":         stalled.omissionWarning(&Results{Model: "open", PlannedUsers: 4}, 10_000),
		"no pauses":        fold(20_000, 2000, 2000).omissionWarning(closed, 10_000),
		"not from a plan":  stalled.omissionWarning(&Results{Model: ClosedModel}, 10_000),
		"without requests": fold(0).omissionWarning(closed, 10_000),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	fold(20, 3_600_000_000).omissionWarning(closed, 10_000) // a thousand hours end, too
}
