//go:build !linux

package loadgen

import (
	"context"
	"time"
)

// alarm wakes one goroutine at a time. Where the system's poller counts nanoseconds, the runtime's timers
// are as exact as any.
type alarm struct {
	ctx     context.Context
	sleeper sleeper
}

// newAlarm is an alarm that ctx ends.
func newAlarm(ctx context.Context) *alarm { return &alarm{ctx: ctx} }

// wait returns after d, and reports false if the context ended before.
func (a *alarm) wait(d time.Duration) bool { return a.sleeper.pause(a.ctx, d) }

func (a *alarm) close() {}
