package events

import (
	"stickbench/internal/haproxy"
	"stickbench/report"
)

// A server is what is believed of one server of the balancer: as it was last seen, and as commands
// since then have set it.
type server struct {
	name, address string
	// admin is what was asked of it, or inherited from the server that it tracks: haproxy.Ready, haproxy.Drain
	// or haproxy.Maint.
	admin           string
	op              haproxy.OpState
	weight, initial int
	// unconfirmed says that it came into service before a health check has said so: after maint it
	// takes users at once, as "UP 1/3".
	unconfirmed bool
}

func newServer(s haproxy.ServerState) server {
	admin := s.Admin()
	switch {
	case s.Maint():
		admin = haproxy.Maint
	case s.Drained() && s.Weight > 0:
		admin = haproxy.Drain
	}
	return server{name: s.Name, address: s.Address, admin: admin, op: s.Op, weight: s.Weight, initial: s.InitialWeight}
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
	case s.admin == haproxy.Maint:
		return haproxy.Maint
	case s.op == haproxy.OpStopped:
		return haproxy.Down
	case s.op == haproxy.OpStopping, s.admin == haproxy.Drain, s.weight == 0:
		return haproxy.Drain
	}
	return haproxy.Ready
}

// healthOps are what `set server … health` makes of a server, until its next check.
var healthOps = map[string]haproxy.OpState{
	"up": haproxy.OpRunning, "stopping": haproxy.OpStopping, "down": haproxy.OpStopped,
}

// set follows a setting that HAProxy took. A server that leaves maint runs at once, whatever its node
// does; one that failed its checks stays down (measured on 2.6).
func (s *server) set(to haproxy.Setting) {
	switch to.What {
	case haproxy.SetWeight:
		s.weight, _ = haproxy.WeightAfter(to.Value, s.initial)
	case haproxy.SetHealth:
		if s.admin != haproxy.Maint {
			s.op = healthOps[to.Value]
		}
	case haproxy.SetState:
		switch {
		case to.Value == haproxy.Maint:
			s.op = haproxy.OpStopped
		case s.admin == haproxy.Maint:
			s.op, s.unconfirmed = haproxy.OpRunning, to.Value == haproxy.Ready
		}
		s.admin = to.Value
	}
}

// servers are those of the backend, in the order of its configuration.
type servers struct {
	list []server
	at   map[string]int // where in it, by name
}

func newServers(states []haproxy.ServerState) *servers {
	all := &servers{at: make(map[string]int, len(states))}
	for i, s := range states {
		all.list = append(all.list, newServer(s))
		all.at[all.list[i].name] = i
	}
	return all
}

// find is the server of that name; nil if there is none.
func (all *servers) find(name string) *server {
	i, ok := all.at[name]
	if !ok {
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
// is always reported, one that follows from a weight only if it changed.
func (all *servers) apply(to haproxy.Setting, h *report.Event) {
	s := all.find(to.Server)
	if s == nil {
		return
	}
	before := *s
	s.set(to)
	h.Node = s.name
	if state := s.state(); to.What != haproxy.SetWeight || state != before.state() {
		h.State = state
	}
	if to.What == haproxy.SetHealth && h.State == haproxy.Ready {
		h.State = haproxy.Up
	}
	if s.weight != before.weight {
		h.Weights = all.weights()
	}
}
