package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stickbench/internal/haproxy"
)

// Undo is what makes a borrowed balancer and its nodes what they were before the run. The driver hands it on
// before it changes anything (Target.Undo), so that a run that was killed can be put back by somebody else.
type Undo struct {
	API string `json:"api,omitempty"` // of the Runtime API, as haproxy.New takes it
	// Commands are those of the Runtime API, in their order, and Delays what nodes are told at their own
	// address.
	Commands []string    `json:"commands,omitempty"`
	Delays   []UndoDelay `json:"delays,omitempty"`
	// Others are commands whose work nobody can put back.
	Others []string `json:"others,omitempty"`
}

// UndoDelay is the delay that a node had.
type UndoDelay struct {
	Node string `json:"node"`
	URL  string `json:"url"`
	MS   int64  `json:"ms"`
}

// Empty reports whether there is nothing to put back.
func (u *Undo) Empty() bool { return len(u.Commands)+len(u.Delays)+len(u.Others) == 0 }

// Do puts everything back. It gives what it did, and joins what it could not do, each with the way to do it by
// hand. ctx bounds it: a node with a delay responds when its queue lets it.
func (u *Undo) Do(ctx context.Context) (done []string, err error) {
	var problems []error
	if len(u.Commands) > 0 {
		client, err := haproxy.New(u.API)
		if err != nil {
			return nil, err
		}
		for _, command := range u.Commands {
			if _, err := client.Do(ctx, command); err != nil {
				problems = append(problems, fmt.Errorf("not put back: %w; by hand: %s", err, ByHand(u.API, command)))
				continue
			}
			done = append(done, command)
		}
	}
	d := Driver{client: newClient()}
	for _, delay := range u.Delays {
		d.target.NodeURL = func(string) string { return delay.URL }
		p := restoration{Driver: &d}
		was := time.Duration(delay.MS) * time.Millisecond
		if err := p.delay(ctx, delay.Node, was, delayMargin); err != nil {
			problems = append(problems, err)
			continue
		}
		done = append(done, fmt.Sprintf("node %s: delay %s", delay.Node, was))
	}
	for _, command := range u.Others {
		problems = append(problems, notBack(command))
	}
	return done, errors.Join(problems...)
}

func notBack(command string) error {
	return fmt.Errorf("what %q has changed is not put back: do it by hand", command)
}

// ByHand is how a command is sent to a Runtime API without stickbench.
func ByHand(api, command string) string {
	address := strings.Replace(api, "tcp://", "tcp-connect:", 1)
	address = strings.Replace(address, "unix://", "unix-connect:", 1)
	return fmt.Sprintf("echo %q | socat stdio %s", command, address)
}

// keepUndo hands on what would have to be put back now. It is called with the Driver's lock.
func (d *Driver) keepUndo() {
	if d.target.Undo == nil || !d.target.Borrowed {
		return
	}
	u := Undo{Others: slices.Clone(d.changes.others)}
	if d.api != nil {
		u.API = d.api.String()
	}
	p := &restoration{Driver: d}
	for _, key := range slices.Sorted(maps.Keys(d.changes.servers)) {
		if before, known := d.before[key]; known {
			p.server(before, func(set haproxy.Setting) { u.Commands = append(u.Commands, set.Command()) }, nil)
		}
	}
	for _, node := range slices.Sorted(maps.Keys(d.changes.delays)) {
		last, before := d.changes.delays[node], d.target.Delays[node]
		if where := d.nodeURL(node); where != "" && (!last.sure || last.delay != before) {
			u.Delays = append(u.Delays, UndoDelay{Node: node, URL: where, MS: before.Milliseconds()})
		}
	}
	d.target.Undo(u)
}

// Leftovers says of servers that do not take sessions, or not with the weight of the configuration, how to make
// them do so: a run that was killed may have left them so.
func (s Snapshot) Leftovers(api, backend string) []string {
	var list []string
	for _, server := range s.Servers {
		state := haproxy.Setting{Backend: backend, Server: server.Name, What: haproxy.SetState, Value: haproxy.Ready}
		weight := haproxy.Setting{Backend: backend, Server: server.Name, What: haproxy.SetWeight, Value: fmt.Sprint(server.Initial)}
		if server.Weight != server.Initial {
			list = append(list, fmt.Sprintf("%s had weight %d when the run began, not its configuration's %d; if a run that was killed left it so: %s",
				server.Name, server.Weight, server.Initial, ByHand(api, weight.Command())))
		}
		if server.Admin == haproxy.Drain || server.Admin == haproxy.Maint {
			list = append(list, fmt.Sprintf("%s was in %s when the run began; if a run that was killed left it so: %s",
				server.Name, server.Admin, ByHand(api, state.Command())))
		}
	}
	return list
}
