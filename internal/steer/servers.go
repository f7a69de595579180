package steer

import (
	"slices"

	"stickbench/internal/haproxy"
)

// A server is what is believed of one server of the balancer: as it was last seen, and as commands
// since then have set it.
type server struct {
	name string
	// admin is what was asked of it, or inherited from the server that it tracks: StateReady, StateDrain
	// or StateMaint.
	admin           string
	op              haproxy.OpState
	weight, initial int
	// unconfirmed says that it came into service before a health check has said so: after maint it
	// takes users at once, as "UP 1/3".
	unconfirmed bool
}

func newServer(s haproxy.ServerState) server {
	admin := string(s.Admin())
	switch {
	case s.Maint():
		admin = StateMaint
	case s.Drained() && s.Weight > 0:
		admin = StateDrain
	}
	return server{name: s.Name, admin: admin, op: s.Op, weight: s.Weight, initial: s.InitialWeight}
}

// state is what users meet:
//
//	admin   op                   weight   state    old sessions   new ones
//	maint   any                  any      maint    go             none
//	other   stopped              any      down     go             none
//	other   stopping (NOLB)      any      drain    stay           none
//	drain   starting, running    any      drain    stay           none
//	ready   starting, running    0        drain    stay           none
//	ready   starting, running    above 0  ready    stay           come
func (s server) state() string {
	switch {
	case s.admin == StateMaint:
		return StateMaint
	case s.op == haproxy.OpStopped:
		return StateDown
	case s.op == haproxy.OpStopping, s.admin == StateDrain, s.weight == 0:
		return StateDrain
	}
	return StateReady
}

// healthOps are what `set server … health` makes of a server, until its next check.
var healthOps = map[string]haproxy.OpState{
	"up": haproxy.OpRunning, "stopping": haproxy.OpStopping, "down": haproxy.OpStopped,
}

// set follows a setting that HAProxy took. A server that leaves maint runs at once, whatever its node
// does; one that failed its checks stays down (measured on 2.6).
func (s *server) set(to setting) {
	switch to.what {
	case setWeight:
		s.weight, _ = weightAfter(to.value, s.initial)
	case setHealth:
		if s.admin != StateMaint {
			s.op = healthOps[to.value]
		}
	case setState:
		switch {
		case to.value == StateMaint:
			s.op = haproxy.OpStopped
		case s.admin == StateMaint:
			s.op, s.unconfirmed = haproxy.OpRunning, to.value == StateReady
		}
		s.admin = to.value
	}
}

// servers are those of the backend, in the order of its configuration.
type servers struct{ list []server }

func newServers(states []haproxy.ServerState) *servers {
	all := new(servers)
	for _, s := range states {
		all.list = append(all.list, newServer(s))
	}
	return all
}

// find is the server of that name; nil if there is none.
func (all *servers) find(name string) *server {
	i := slices.IndexFunc(all.list, func(s server) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &all.list[i]
}

// weights are those of all servers.
func (all *servers) weights() map[string]int {
	weights := make(map[string]int, len(all.list))
	for _, s := range all.list {
		weights[s.name] = s.weight
	}
	return weights
}

// apply follows a setting that HAProxy took, and writes into h what it did. A state that was asked for
// is always told, one that follows from a weight only if it changed.
func (all *servers) apply(to setting, h *Happening) {
	s := all.find(to.server)
	if s == nil {
		return
	}
	before := *s
	s.set(to)
	h.Node = s.name
	if state := s.state(); to.what != setWeight || state != before.state() {
		h.State = state
	}
	if to.what == setHealth && h.State == StateReady {
		h.State = StateUp
	}
	if s.weight != before.weight {
		h.Weights = all.weights()
	}
}
