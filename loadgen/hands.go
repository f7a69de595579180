package loadgen

import (
	"sync"
	"sync/atomic"
	"time"

	"stickbench/assert"
	"stickbench/loadgen/internal/wire"
)

// visitor is what a user's requests share that are under way at the same time.
type visitor struct {
	jar       jar
	life      int
	arrived   bool    // the next request is the first of an arrival
	arrival   arrival // due after the pauses that the plan has before it
	variables map[string]string
	many      map[string][]string // variables of many values
	last      assert.Observation  // of this life
	// challenges are those of servers that asked for a password.
	challenges map[wire.Origin]*challenge
	sessionID  string // last id seen, and …
	digest     string // … what is written of it
}

// hands are a user's helpers, each a user of its own with connections and a response of its own, that send requests
// of the user at the same time. What they share is with one of them at a time, which gives it away while it waits
// for the server:
//
//	user   ──┬────────── waits ──────────┬──▶
//	hand 1   └─ encode │ Do      │ judge ─┤
//	hand 2     └─ encode │ Do  │ judge ───┘
type hands struct {
	mu  sync.Mutex // of the visitor
	all []*user
}

// hand is number i of the user's hands, made when it is first needed.
func (u *user) hand(i int) *user {
	if u.hands == nil {
		u.hands = &hands{}
	}
	for len(u.hands.all) <= i {
		h := &user{runner: u.runner, script: u.script, state: u.state, group: u.group, index: u.index, number: u.number, thread: u.thread, of: u}
		h.graceful, h.hard, h.deadline = u.graceful, u.hard, u.deadline
		h.equip()
		u.hands.all = append(u.hands.all, h)
	}
	return u.hands.all[i]
}

// take gets what the user's requests share from the user, and give gives it back. They do nothing for a user that is
// nobody's hand.
func (u *user) take() {
	if u.of != nil {
		u.of.hands.mu.Lock()
		u.visitor = u.of.visitor
	}
}

func (u *user) give() {
	if u.of != nil {
		u.of.visitor = u.visitor
		u.of.hands.mu.Unlock()
	}
}

// atOnce sends requests, at most so many at the same time, and reports whether the user goes on.
func (u *user) atOnce(requests []*request, most int) bool {
	if _, ok := u.ready(); !ok {
		return false
	}
	u.spins = 0
	seed := u.rng.Uint64()
	var next, stopped atomic.Int64
	failed := make([]*request, len(requests))
	var busy sync.WaitGroup
	for i := range min(most, len(requests)) {
		h := u.hand(i)
		busy.Go(func() {
			for k := int(next.Add(1)) - 1; k < len(requests) && stopped.Load() == 0; k = int(next.Add(1)) - 1 {
				h.stream.Seed(seed, uint64(k))
				if !h.send(requests[k]) {
					stopped.Add(1)
				} else if h.sample.Kind != OK {
					failed[k] = requests[k]
				}
			}
		})
	}
	busy.Wait()
	u.endIfLeft()
	u.gather(min(most, len(requests)))
	if stopped.Load() > 0 {
		return false
	}
	for _, r := range failed {
		if r != nil {
			return u.afterFailure(r.OnError)
		}
	}
	return true
}

// send sends one of the user's requests.
func (u *user) send(r *request) bool {
	u.take()
	defer u.give()
	u.sample.Iteration = u.of.sample.Iteration
	now := time.Now()
	if u.over(now) || !u.request(r, now) {
		return false
	}
	u.received += u.sample.Received
	u.sent += u.sample.Sent
	return true
}

// gather takes over the accounts of the first n hands.
func (u *user) gather(n int) {
	u.failed = false
	for _, h := range u.hands.all[:n] {
		u.account.Add(&h.account)
		u.failed = u.failed || h.account.Failed > 0
		u.received += h.received
		u.sent += h.sent
		h.account, h.received, h.sent = Account{}, 0, 0
	}
}

// hangUp closes the connections that are kept, of the hands as well.
func (u *user) hangUp() {
	u.conns.HangUp()
	if u.hands != nil {
		for _, h := range u.hands.all {
			h.conns.HangUp()
		}
	}
}

// letGo ends the hands.
func (u *user) letGo() {
	if u.hands == nil {
		return
	}
	for _, h := range u.hands.all {
		h.conns.Close()
		u.account.Connections += h.conns.Opened()
	}
	u.hands = nil
}

// parallel sends the requests of a block at the same time.
func (u *user) parallel(in *instruction) bool { return u.atOnce(in.variants, in.step.Parallel) }
