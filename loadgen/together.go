package loadgen

import (
	"context"
	"sync"
	"time"
)

// barrier lets users of a group go on together.
type barrier struct {
	*Together
	group *groupState
	users int // of the group
	// comeAndGo says that not all of them are there at the same time.
	comeAndGo bool
	mu        sync.Mutex
	waiting   int
	gate      chan struct{} // closed for those who wait when enough are here
}

func newBarrier(t *Together, g *groupState, of *Group, users int) *barrier {
	return &barrier{Together: t, group: g, users: users, comeAndGo: of.Stages != nil || of.Arrivals != nil, gate: make(chan struct{})}
}

// wait returns when enough users are here, or the timeout is over, and reports whether the user goes on.
func (b *barrier) wait(ctx context.Context, left time.Duration) bool {
	b.mu.Lock()
	gate := b.gate
	b.waiting++
	b.openIfEnough()
	b.mu.Unlock()
	var over <-chan time.Time
	if left > 0 || b.Timeout > 0 {
		d := b.Timeout
		if d == 0 || left > 0 && left < d {
			d = left
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-gate:
		return true
	case <-ctx.Done():
	case <-over:
		if b.Timeout > 0 && (left == 0 || b.Timeout <= left) {
			b.open(gate)
			return true
		}
	}
	b.mu.Lock()
	if b.gate == gate {
		b.waiting--
	}
	b.mu.Unlock()
	return false
}

// enough is how many users are waited for: never for those who have ended.
func (b *barrier) enough() int {
	still := b.users - int(b.group.ended.Load())
	if b.comeAndGo {
		still = int(b.group.active.Load())
	}
	if b.Users > 0 {
		return min(b.Users, still)
	}
	return still
}

func (b *barrier) openIfEnough() {
	if b.waiting > 0 && b.waiting >= b.enough() {
		close(b.gate)
		b.gate, b.waiting = make(chan struct{}), 0
	}
}

// open lets everybody through who waits at the gate.
func (b *barrier) open(gate chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gate == gate {
		close(b.gate)
		b.gate, b.waiting = make(chan struct{}), 0
	}
}

// mayLeave says that not all users are there at the same time from now on.
func (b *barrier) mayLeave() {
	b.mu.Lock()
	b.comeAndGo = true
	b.mu.Unlock()
	b.left()
}

// left tells the barrier that a user has ended.
func (b *barrier) left() {
	b.mu.Lock()
	b.openIfEnough()
	b.mu.Unlock()
}

func (u *user) together(in *instruction) bool {
	began, ok := u.ready()
	if !ok {
		return false
	}
	var left time.Duration
	if !u.deadline.IsZero() {
		left = u.deadline.Sub(began)
	}
	if !u.state.barriers[in.shared].wait(u.graceful, left) {
		return false
	}
	u.waited(began)
	return true
}
