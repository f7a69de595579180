package events

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/plans"
)

// preflightTimeout bounds all of New's questions to the Runtime API together.
const preflightTimeout = 10 * time.Second

// preflight finds everything that is missing, and takes down how the balancer is.
func (d *Driver) preflight(ctx context.Context) []error {
	problems := d.balancerProblems(ctx)
	for i := range d.schedule.events {
		e := &d.schedule.events[i]
		for _, problem := range d.eventProblems(e) {
			problems = append(problems, fmt.Errorf("event %d (%s): %s", i+1, e.String(), problem))
		}
	}
	return problems
}

// balancerProblems reads the balancer. Without a response it says that once, and nothing more.
func (d *Driver) balancerProblems(ctx context.Context) []error {
	if d.api == nil {
		return nil
	}
	level, err := d.api.Level(ctx)
	if err != nil {
		return []error{err}
	}
	problems := d.levelProblems(level)
	states, err := d.api.ServersState(ctx, "") // all backends: events may name others
	if err != nil {
		return append(problems, err)
	}
	d.before = make(map[string]haproxy.ServerState, len(states))
	for _, s := range states {
		d.before[s.Backend+"/"+s.Name] = s
	}
	own := slices.DeleteFunc(slices.Clone(states), func(s haproxy.ServerState) bool { return s.Backend != d.target.Backend })
	if len(own) == 0 {
		return append(problems, d.noBackend(states))
	}
	rows, err := d.api.Stat(ctx, d.target.Backend, haproxy.Backend, haproxy.Server)
	if err != nil {
		return append(problems, err)
	}
	d.servers = newServers(own)
	d.snapshot, d.counts[0] = newSnapshot(d.servers, rows), placements(rows)
	return problems
}

func newSnapshot(all *servers, rows []haproxy.Row) Snapshot {
	var snapshot Snapshot
	cookies, ids := map[string]string{}, map[string]int{}
	for _, row := range rows {
		if row.Kind == haproxy.Backend {
			snapshot.Algorithm, snapshot.Cookie = row.Algorithm, row.Cookie
		} else {
			cookies[row.Server], ids[row.Server] = row.Cookie, int(row.ID)
		}
	}
	for _, s := range all.list {
		snapshot.Servers = append(snapshot.Servers, Server{Name: s.name, ID: ids[s.name], State: s.state(), Admin: s.admin, Weight: s.weight, Initial: s.initial,
			Address: s.address, Cookie: cookies[s.name]})
	}
	return snapshot
}

// levelProblems checks that the Runtime API allows what the events will ask of it.
func (d *Driver) levelProblems(level string) []error {
	if level == haproxy.LevelAdmin {
		return nil
	}
	for i := range d.schedule.events {
		if command := d.schedule.events[i].Command(d.target.Backend); haproxy.NeedsAdmin(command) {
			text := "level " + level + " may not do that"
			return []error{&haproxy.CommandError{Address: d.api.String(), Command: command, Kind: haproxy.ErrPermission, Text: text}}
		}
	}
	return nil
}

func (d *Driver) noBackend(states []haproxy.ServerState) error {
	var backends []string
	for _, s := range states {
		backends = append(backends, s.Backend)
	}
	text := fmt.Sprintf("No backend %q with servers; those with servers are: %s", d.target.Backend, strings.Join(slices.Compact(backends), ", "))
	return &haproxy.CommandError{Address: d.api.String(), Command: "show servers state", Kind: haproxy.ErrNoSuchBackend, Text: text}
}

// eventProblems are what an event needs and the target lacks.
func (d *Driver) eventProblems(e *plans.Event) []string {
	var problems []string
	command := e.Command(d.target.Backend)
	switch {
	case command != "" && d.api == nil:
		problems = append(problems, "needs the balancer's Runtime API")
	case command != "":
		if !e.MayFail {
			problems = append(problems, d.commandProblems(command)...)
		}
	case e.Node != "" && d.before != nil:
		problems = append(problems, d.nameProblems(d.target.Backend+"/"+e.Node)...)
	}
	switch {
	case e.Stopped != nil && d.target.Lab == nil:
		problems = append(problems, "only the nodes of a laboratory can be stopped and started")
	case e.Delay != nil && d.nodeURL(e.Node) == "" && d.target.Lab == nil:
		problems = append(problems, "unknown address of node "+e.Node+": a delay is sent to the node itself")
	}
	return problems
}

// commandProblems checks a command as far as that is possible without sending it.
func (d *Driver) commandProblems(command string) []string {
	if err := haproxy.CheckCommand(command); err != nil {
		return []string{err.Error()}
	}
	if name := haproxy.ServerOf(command); name != "" && d.before != nil {
		return d.nameProblems(name)
	}
	return nil
}

// nameProblems checks that there is a server "backend/server".
func (d *Driver) nameProblems(name string) []string {
	if _, ok := d.before[name]; ok {
		return nil
	}
	names := make([]string, 0, len(d.before))
	for known := range d.before {
		names = append(names, known)
	}
	slices.Sort(names)
	const most = 20 // a balancer may have thousands
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return []string{fmt.Sprintf("unknown server %s: want one of %s", name, strings.Join(names, ", "))}
}

// nodeURL is a node's own address without a slash at its end; "" if it is not known.
func (d *Driver) nodeURL(node string) string {
	if d.target.NodeURL == nil {
		return ""
	}
	return strings.TrimRight(d.target.NodeURL(node), "/")
}
