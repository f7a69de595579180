package lab

import (
	"strconv"
	"time"
)

// The state of a server, as HAProxy 2.6 keeps it: three things, each of its own.
//
//	admin     ready | drain | maint      set by the Runtime API
//	health    0 … rise+fall−1            counted by the checks; from rise on the server is up
//	stopping  whether it is to get no new users until its next good check
//
// What they come to; the first line that holds counts:
//
//	condition        word in `show stat`       users whose cookie names it   new users
//	admin maint      MAINT                     move to another server        none
//	health < rise    DOWN, or DOWN health/rise move to another server        none
//	stopping         NOLB, or NOLB  h/fall     stay                          none
//	admin drain      DRAIN, or DRAIN h/fall    stay                          none
//	weight 0         UP, or UP h/fall          stay                          none
//	else             UP, or UP h/fall          stay                          by the algorithm
//
// where h = health − rise + 1, and the fraction is left out when health is full. What changes them:
//
//	event            admin   health                               stopping
//	start            ready   rise (UP 1/3)                        no
//	state ready      ready   rise if it was maint, else the same  same
//	state drain      drain   rise if it was maint, else the same  same
//	state maint      maint   0                                    no
//	health up        same    full                                 no        ⎫
//	health stopping  same    full                                 yes       ⎬ not in maint
//	health down      same    0                                    no        ⎪
//	check passed     same    +1; full as soon as it is up         no        ⎪
//	check failed     same    −1; 0 when it leaves "up"            same      ⎭
//
// HAProxy's manual, management guide, sections 9.3 "set server" and 9.1 "status"; the rest measured.
const (
	rise = 2
	fall = 3
	full = rise + fall - 1
)

type adminState int

const (
	ready adminState = iota
	drain
	maint
)

// adminStates are the words of `set server … state`.
var adminStates = map[string]adminState{"ready": ready, "drain": drain, "maint": maint}

// A server is a node as the balancer sees it. The backend's lock guards it.
type server struct {
	tag  string
	addr string // host:port
	id   int    // place in the backend, from 1
	hop  *hop

	weight  int // 0 to 256
	initial int // the configured weight
	admin   adminState
	health  int
	halting bool // "stopping"

	check     checkResult
	changed   time.Time     // when its operation last changed
	downSince time.Time     // zero: it is up
	downtime  time.Duration // of the times before

	served int    // requests in progress
	turn   uint64 // leastconn: when its load last changed
	n      serverCounters
}

// up reports whether its users may stay.
func (s *server) up() bool { return s.admin != maint && s.health >= rise }

// eligible reports whether the algorithm may choose it for a new user.
func (s *server) eligible() bool {
	return s.up() && !s.halting && s.admin == ready && s.weight > 0
}

// status is the word for its state in `show stat`.
func (s *server) status() string {
	switch {
	case s.admin == maint:
		return "MAINT"
	case s.health < rise:
		return fraction("DOWN", s.health, rise, s.health > 0)
	case s.halting:
		return s.fading("NOLB")
	case s.admin == drain:
		return s.fading("DRAIN")
	}
	return s.fading("UP")
}

func (s *server) fading(word string) string {
	return fraction(word, s.health-rise+1, fall, s.health < full)
}

func fraction(word string, n, of int, shown bool) string {
	if !shown {
		return word
	}
	return word + " " + strconv.Itoa(n) + "/" + strconv.Itoa(of)
}

// setAdmin does `set server … state`.
func (s *server) setAdmin(state adminState, now time.Time) {
	was := s.operation()
	switch {
	case state == maint && s.admin != maint:
		s.health, s.halting = 0, false
		s.n.chkdown++
	case state != maint && s.admin == maint:
		s.health = rise
	}
	s.admin = state
	s.turned(was, now)
}

// setHealth does `set server … health`, with a word of healthWords; a server in maint ignores it.
func (s *server) setHealth(word string, now time.Time) {
	if s.admin == maint {
		return
	}
	was := s.operation()
	s.health, s.halting = full, word == "stopping"
	if word == "down" {
		s.health = 0
	}
	s.turned(was, now)
}

// checked takes in a health check's result; a server in maint ignores it.
func (s *server) checked(result checkResult, now time.Time) {
	if s.admin == maint {
		return
	}
	was := s.operation()
	s.check = result
	switch {
	case result.passed:
		s.halting = false
		if s.health++; s.health >= rise {
			s.health = full
		}
	default:
		if was.up {
			s.n.chkfail++
		}
		if s.health--; s.health < rise {
			s.health = 0
		}
	}
	s.turned(was, now)
}

// An operation is what a server does, as far as column lastchg tells.
type operation struct {
	up, halting bool
	admin       adminState
}

func (s *server) operation() operation { return operation{s.up(), s.halting, s.admin} }

// turned keeps the books of a server that may just have changed.
func (s *server) turned(was operation, now time.Time) {
	is := s.operation()
	if is == was {
		return
	}
	s.changed = now
	switch {
	case was.up && !is.up:
		s.downSince = now
		if s.admin != maint {
			s.n.chkdown++
		}
	case !was.up && is.up:
		s.downtime += now.Sub(s.downSince)
		s.downSince = time.Time{}
	}
}

// downFor is how long it has been down in all.
func (s *server) downFor(now time.Time) time.Duration {
	if s.downSince.IsZero() {
		return s.downtime
	}
	return s.downtime + now.Sub(s.downSince)
}
