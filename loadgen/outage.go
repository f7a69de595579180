package loadgen

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// outage notices that the target is gone: for some time, no connection could be made and nothing else came of a
// request. The collector tells it of all samples, in order; users only look at it after a failure.
//
//	first failure ─ 1 s ─▶ users pause between failures ─ 10 s ─▶ the run stops
//	      ▲ anything else than a failure to connect begins anew
type outage struct {
	since, failures int64 // start of the first failure, microseconds since 1970; how many came since
	paused          atomic.Bool
	over            func(why string) // nil keeps trying
}

const (
	// pauseAfter and stopAfter are how long nothing but connections may have failed.
	pauseAfter = time.Second
	stopAfter  = 10 * time.Second
	// outagePause is what a user waits after each failure then.
	outagePause = 500 * time.Millisecond
)

// unconnected are the failures to connect.
var unconnected = []Kind{KindDNS, KindRefused, KindConnTime, KindConnect}

// see takes a sample.
func (o *outage) see(s *Sample) {
	switch {
	case o.over == nil || s.Mark || s.Transaction:
		return
	case s.Kind == OK || !slices.Contains(unconnected, s.Kind):
		if o.failures > 0 {
			o.failures = 0
			o.paused.Store(false)
		}
		return
	}
	if o.failures++; o.failures == 1 {
		o.since = s.Start
	}
	lasted := time.Duration(s.Start+s.Elapsed.Microseconds()-o.since) * time.Microsecond
	if lasted >= pauseAfter {
		o.paused.Store(true)
	}
	if lasted >= stopAfter {
		o.over(fmt.Sprintf("the target is gone: for %v nothing but connections failed, %d times, the last one with %s",
			lasted.Round(time.Second), o.failures, s.Failure))
		o.over = nil
	}
}

// backOff lets the user wait after a failure to connect while the target is gone, and reports whether it goes on. Arrivals
// come at their own rate, and need no pauses.
func (u *user) backOff(s *Sample) bool {
	if u.state.queue != nil || !slices.Contains(unconnected, s.Kind) || !u.runner.recorder.outage.paused.Load() {
		return true
	}
	return u.sleepUntil(time.Now().Add(outagePause))
}
