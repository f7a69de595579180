package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/report"
)

// Restore puts back on a borrowed target what the run has changed, and only that: nodes that it stopped
// or started, the servers' weights and states, and the nodes' delays. On a target of its own it does
// nothing. It is called after Run has returned, with a context that an interrupt of the run does not
// cancel and that has a time limit: a node with a delay responds only when its queue lets it.
//
// It returns what it put back, and joins what it could not, each with the way to do it by hand. What
// other commands have changed (addresses, maximal connections …) is among the latter; HTTP requests are
// not, because nobody can tell what they did. What was put back is not put back again by another call.
func (d *Driver) Restore(ctx context.Context) ([]report.Event, error) {
	if !d.target.Borrowed {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &restoration{Driver: d}
	p.nodes()
	p.balancer(ctx)
	p.slowNodes(ctx)
	for _, command := range d.changes.others {
		p.problems = append(p.problems, notBack(command))
	}
	d.changes.others = nil
	d.keepUndo()
	return p.done, errors.Join(p.problems...)
}

// A restoration is one call of Restore. It holds the Driver's lock.
type restoration struct {
	*Driver
	done     []report.Event
	problems []error
	missed   bool // something of the server at hand was not put back
}

func (p *restoration) failed(format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf(format, args...))
}

// report adds what was put back.
func (p *restoration) report(h report.Event) {
	h.AtMS = time.Since(p.start).Milliseconds()
	h.LatestMS, h.OK, h.Name = h.AtMS, true, "put back"
	p.done = append(p.done, h)
}

// nodes comes first: a delay can be sent only to a node that runs, and users only go to one.
func (p *restoration) nodes() {
	for _, node := range slices.Sorted(maps.Keys(p.changes.stopped)) {
		stopped := p.changes.stopped[node]
		if stopped.now == stopped.before {
			continue
		}
		set, h := p.target.Lab.StartNode, report.Event{Node: node, Text: "node " + node + ": started"}
		if stopped.before {
			set, h = p.target.Lab.StopNode, report.Event{Node: node, Text: "node " + node + ": stopped", State: haproxy.Down}
		}
		if err := set(node); err != nil {
			p.failed("%s was not put back: %w; by hand: start the laboratory again", h.Text, err)
			continue
		}
		p.changes.stopped[node] = stops{now: stopped.before, before: stopped.before}
		p.report(h)
	}
}

// balancer compares the servers that the run has touched with what they were.
func (p *restoration) balancer(ctx context.Context) {
	if len(p.changes.servers) == 0 {
		return
	}
	states, err := p.api.ServersState(ctx, "")
	if err != nil {
		p.failed("the servers could not be read: %w", err)
	}
	now := make(map[string]haproxy.ServerState, len(states))
	var own []haproxy.ServerState
	for _, s := range states {
		now[s.Backend+"/"+s.Name] = s
		if s.Backend == p.target.Backend {
			own = append(own, s)
		}
	}
	p.servers = newServers(own)
	for _, key := range slices.Sorted(maps.Keys(p.changes.servers)) {
		before, known := p.before[key]
		if !known {
			continue // the run's own: no name of a server that was there
		}
		current, there := now[key]
		p.missed = false
		switch {
		case err != nil:
			p.server(before, func(set haproxy.Setting) { p.byHand(set.Command(), errors.New("not tried")) }, nil)
		case !there:
			p.server(before, func(set haproxy.Setting) { p.byHand(set.Command(), fmt.Errorf("%s is not a server any more", key)) }, nil)
		default:
			p.server(before, func(set haproxy.Setting) { p.set(ctx, set) }, &current)
		}
		if !p.missed {
			delete(p.changes.servers, key)
		}
	}
}

// server gives put the settings that differ from before, or all that were touched if now is not known.
// The weight comes first, so that a server which becomes ready takes sessions at the weight that it had.
// A health that was set lasts until the next check, or for ever where nothing is checked.
func (p *restoration) server(before haproxy.ServerState, put func(haproxy.Setting), now *haproxy.ServerState) {
	t := p.changes.servers[before.Backend+"/"+before.Name]
	set := func(what, value string) {
		put(haproxy.Setting{Backend: before.Backend, Server: before.Name, What: what, Value: value})
	}
	if t.weight && (now == nil || now.Weight != before.Weight) {
		set(haproxy.SetWeight, fmt.Sprint(before.Weight))
	}
	if t.state && (now == nil || now.Admin() != before.Admin()) {
		set(haproxy.SetState, before.Admin())
	}
	if t.health && before.Op == haproxy.OpRunning && (now == nil || now.Op == haproxy.OpStopping || now.Down()) {
		set(haproxy.SetHealth, "up")
	}
}

func (p *restoration) set(ctx context.Context, set haproxy.Setting) {
	if _, err := p.api.Do(ctx, set.Command()); err != nil {
		p.byHand(set.Command(), err)
		return
	}
	h := report.Event{Text: set.Command()}
	if set.Backend == p.target.Backend {
		p.servers.apply(set, &h)
	}
	p.report(h)
}

// byHand says how to send a command without stickbench.
func (p *restoration) byHand(command string, err error) {
	p.missed = true
	p.failed("not put back: %w; by hand: %s", err, ByHand(p.api.String(), command))
}

// slowNodes gives all nodes their delays at the same time: one that is blocked holds up no other.
func (p *restoration) slowNodes(ctx context.Context) {
	nodes := slices.Sorted(maps.Keys(p.changes.delays))
	problems := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, node := range nodes {
		last, before := p.changes.delays[node], p.target.Delays[node]
		if last.sure && last.delay == before {
			continue
		}
		all.Go(func() { problems[i] = p.delay(ctx, node, before, 2*max(last.delay, before)+delayMargin) })
	}
	all.Wait()
	for i, node := range nodes {
		last, before := p.changes.delays[node], p.target.Delays[node]
		switch {
		case problems[i] != nil:
			p.problems = append(p.problems, problems[i])
		case !last.sure || last.delay != before:
			p.changes.delays[node] = delayed{delay: before, sure: true}
			p.report(report.Event{Node: node, Text: fmt.Sprintf("node %s: delay %s", node, before)})
		}
	}
}

// delay gives a node a delay, at its address or, where that is not known, through the laboratory.
func (p *restoration) delay(ctx context.Context, node string, delay, timeout time.Duration) error {
	where := p.nodeURL(node)
	if p.target.Lab != nil {
		if err := p.target.Lab.SetDelay(node, delay); err != nil {
			return fmt.Errorf("delay of node %s not put back to %s: %w; by hand: start the laboratory again", node, delay, err)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := p.postDelay(ctx, node, delay); err != nil {
		return fmt.Errorf("delay of node %s not put back to %s: %w; by hand: curl -H 'Content-Type: application/json' -d '%s' %s/delay",
			node, delay, err, delayBody(delay), where)
	}
	return nil
}
