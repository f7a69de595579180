package loadgen

import (
	"fmt"
	"net"

	"stickbench/loadgen/internal/wire"
)

// spareFiles are what a process has open beside its connections: recordings, pollers, standard streams.
const spareFiles = 64

// CheckLimits says why this machine does not let the plan's users have their connections: too few files
// that a process may have open, too few local ports, a local address that is none. It knows nothing of
// limits on systems other than Unix (files) and Linux (ports).
func (r *Runner) CheckLimits() error {
	users, addresses := 0, map[string]int{}
	for i, s := range r.scripts {
		n := len(r.groups[i].users)
		users += n
		for o := range s.origins() {
			addresses[r.dialer.Address(o)] += n
		}
	}
	connections := 0
	for _, n := range addresses {
		connections += n
	}
	connections = max(connections, users)
	if most := openFiles(); most > 0 && uint64(connections+spareFiles) > most {
		return fmt.Errorf("%d users need %d connections at the same time, and this process may have %d files open: raise the limit with ulimit -n %d, or ask for fewer users",
			users, connections, most, connections+spareFiles)
	}
	for _, a := range r.plan.Route.Sources {
		l, err := net.Listen("tcp", net.JoinHostPort(a.String(), "0"))
		if err != nil {
			return fmt.Errorf("%s is not an address of this machine", a)
		}
		l.Close()
	}
	sources := max(1, len(r.plan.Route.Sources))
	for address, n := range addresses {
		if ports := localPorts(); ports > 0 && n > ports*sources {
			return fmt.Errorf("%d connections to %s need a local port each, and there are %d for each local address: connect from more of them (--source 127.0.0.2,127.0.0.3), or widen net.ipv4.ip_local_port_range",
				n, address, ports)
		}
	}
	return nil
}

// origins are where a script's requests go, as far as that does not depend on variables.
func (s *script) origins() map[wire.Origin]bool {
	all := map[wire.Origin]bool{}
	for _, r := range s.requests() {
		if r.fixed != nil {
			all[r.fixed.origin] = true
		}
	}
	return all
}
