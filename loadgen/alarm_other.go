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

// wait reports whether it returned after d: it returns before once changed is closed, or the context ends.
func (a *alarm) wait(d time.Duration, changed <-chan struct{}) bool {
	began := time.Now()
	return a.sleeper.await(a.ctx, d, changed) && time.Since(began) >= d
}

func (a *alarm) interrupt() {}

func (a *alarm) close() {}
