package loadgen

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// TestOutage tells an outage from single failures: anything else than a failure to connect begins anew, and what
// fails after a timeout counts from its start.
func TestOutage(t *testing.T) {
	type told struct {
		at, took time.Duration
		kind     Kind
		paused   bool
		over     bool
	}
	for name, samples := range map[string][]told{
		"refused": {
			{0, 0, KindRefused, false, false}, {time.Second, 0, KindRefused, true, false},
			{9 * time.Second, 0, KindDNS, true, false}, {10 * time.Second, 0, KindRefused, true, true}, {11 * time.Second, 0, KindRefused, true, true},
		},
		"an answer between": {
			{0, 0, KindRefused, false, false}, {2 * time.Second, 0, KindRefused, true, false}, {8 * time.Second, 0, KindStatus, false, false},
			{9 * time.Second, 0, KindRefused, false, false}, {18 * time.Second, 0, KindRefused, true, false}, {19 * time.Second, 0, KindRefused, true, true},
		},
		"timeouts":         {{0, 30 * time.Second, KindConnTime, true, true}},
		"timeout, answers": {{0, 30 * time.Second, KindTimeout, false, false}, {0, 31 * time.Second, OK, false, false}},
	} {
		why := ""
		o := &outage{over: func(w string) { why = w }}
		for i, s := range samples {
			o.see(&Sample{Start: s.at.Microseconds(), Elapsed: s.took, Kind: s.kind, Failure: "connection refused"})
			if o.paused.Load() != s.paused || (why != "") != s.over {
				t.Errorf("%s, %d: paused %v, over %q", name, i, o.paused.Load(), why)
			}
		}
		if why != "" && !strings.HasPrefix(why, "the target is gone: for ") {
			t.Errorf("%s: %s", name, why)
		}
	}
}

// TestKeepTrying runs against a target that is not there: the run stops after ten seconds, unless it is to keep trying.
func TestKeepTrying(t *testing.T) {
	t.Parallel()
	pause, err := ParseThink("200ms")
	if err != nil {
		t.Fatal(err)
	}
	gone := []string{"", ""}
	var runs sync.WaitGroup
	for i := range gone {
		runs.Go(func() {
			_, account := runPlan(t, &Plan{Target: "http://127.0.0.1:1", KeepTrying: i == 1, Groups: []Group{{
				Name: "g", Users: 1, Duration: 12 * time.Second, Steps: []Step{get(t, "/"), {Think: pause}},
			}}})
			gone[i] = account.Gone
		})
	}
	runs.Wait()
	if !strings.HasPrefix(gone[0], "the target is gone: for ") || gone[1] != "" {
		t.Errorf("without keep_trying %q, with it %q", gone[0], gone[1])
	}
}
