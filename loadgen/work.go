package loadgen

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// work is what a user does with a response of some size: extractions, conditions, what a page embeds. Nothing cuts it short,
// and an XPath over a page that was made for it takes for ever. So a second stop leaves it behind, and so does the run
// once it took workPatience longer than the request's timeout: its user ends, and nobody waits for it.
type work struct {
	account Account // the user's, if it is left
	label   string
	until   time.Time
}

const (
	largeBody    = 8 << 10 // bytes from which on looking after the work costs little beside it
	workPatience = 10 * time.Second
)

// at does work on the response at hand.
func (u *user) at(label string, timeout time.Duration, do func()) {
	if len(u.body) < largeBody {
		do()
		return
	}
	r, w := u.runner, work{u.account, label, time.Now().Add(timeout + workPatience)}
	w.account.Cut = w.account.Started - w.account.OK - w.account.Failed
	r.mu.Lock()
	r.atWork[u] = w
	r.mu.Unlock()
	do()
	r.mu.Lock()
	delete(r.atWork, u)
	left := u.owner().left
	r.mu.Unlock()
	if left {
		runtime.Goexit()
	}
}

// owner is the user, or whose hand it is.
func (u *user) owner() *user {
	if u.of != nil {
		return u.of
	}
	return u
}

// isLeft reports whether the user's work was left behind.
func (u *user) isLeft() bool {
	u.runner.mu.Lock()
	defer u.runner.mu.Unlock()
	return u.owner().left
}

func (u *user) endIfLeft() {
	if u.isLeft() {
		runtime.Goexit()
	}
}

// leaveBehind leaves work of the group's users behind that takes too long, until all others have ended.
func (r *Runner) leaveBehind(group int, users *sync.WaitGroup, hard context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case now := <-tick.C:
			labels, left := r.leave(group, hard.Err() != nil, now)
			for _, label := range labels {
				r.warn(label + ": what is done with its response did not end in time, and its user was left behind")
			}
			for range left {
				users.Done()
			}
		}
	}
}

// leave does so once, and returns the labels of the requests, and how many users were left.
func (r *Runner) leave(group int, cut bool, now time.Time) (labels []string, users int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for u, w := range r.atWork {
		if u.group != group || !cut && now.Before(w.until) {
			continue
		}
		delete(r.atWork, u)
		labels = append(labels, w.label)
		r.account.Add(&w.account)
		owner := u.owner()
		if owner.left {
			continue
		}
		owner.left = true
		if owner != u { // it waits for its hands, and does not touch it meanwhile
			r.account.Add(&owner.account)
		}
		users++
	}
	return labels, users
}
