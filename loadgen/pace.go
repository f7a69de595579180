package loadgen

import (
	"math/rand/v2"
	"sync"
	"time"
)

// pacer gives turns that are as far from each other as a rate says. Turns that nobody came for are lost: who is
// late does not hurry after.
type pacer struct {
	*Pace
	mu   sync.Mutex
	next time.Time
	// among is what to multiply gaps with where other machines have turns, too.
	among float64
	rng   *rand.Rand
}

// pacers are those of a run, one for each pace that users share.
type pacers struct {
	seed  uint64
	among float64
	all   map[Pace]*pacer
}

// of is the pacer that the users of a group share; nil for none. Those of all users of the run are one where they
// have the same rate.
func (p *pacers) of(pace *Pace, group int) *pacer {
	if pace.Per == PerUser {
		return nil
	}
	if shared := p.all[*pace]; shared != nil && pace.Per == PerRun {
		return shared
	}
	made := &pacer{Pace: pace, among: p.among, rng: rand.New(rand.NewPCG(mixed(p.seed), uint64(1)<<40+uint64(len(p.all))<<20+uint64(group)))}
	p.all[*pace] = made
	return made
}

// turn is when the next turn is, not before now.
func (p *pacer) turn(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(time.Duration(float64(p.gap(p.rng)) * p.among))
	return at
}

// gap is the distance of two turns.
func (p *Pace) gap(rng *rand.Rand) time.Duration {
	gap := 1.0
	if p.Spread == Poisson {
		gap = rng.ExpFloat64()
	}
	return time.Duration(gap / p.Rate * 1e9)
}

// pace waits for the user's turn.
func (u *user) pace(in *instruction) bool {
	now := time.Now()
	if u.over(now) {
		return false
	}
	p := in.step.Pace
	if shared := u.state.pacers[in.shared]; shared != nil {
		return u.pauseUntil(now, shared.turn(now))
	}
	next := &u.registers[in.register]
	at := now
	if planned := u.runner.start.Add(time.Duration(*next)); planned.After(now) {
		at = planned
	}
	*next = int64(at.Add(p.gap(u.rng)).Sub(u.runner.start))
	return u.pauseUntil(now, at)
}
