package events

import (
	"context"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

// do does one event, or begins it where it is a request that may take its time.
func (r *run) do(ctx context.Context, e *plans.Event) error {
	// What has happened until now must be reported before the event.
	if !r.lost {
		r.poll(ctx, pollBefore)
	}
	switch command := e.Command(r.target.Backend); {
	case command != "":
		return r.command(ctx, e, command)
	case e.Stopped != nil:
		return r.stopOrStart(ctx, e)
	case e.Delay != nil && r.target.Lab != nil: // at once: a request would queue behind those of users
		h := report.Event{AtMS: r.now().Milliseconds()}
		err := r.target.Lab.SetDelay(e.Node, *e.Delay)
		r.noteDelay(e.Node, *e.Delay, err == nil)
		return r.tried(ctx, e, h, err)
	}
	r.request(ctx, e)
	return nil
}

// command sends a command, follows it as far as it is understood, and reads what came of it.
func (r *run) command(ctx context.Context, e *plans.Event, command string) error {
	to, understood := haproxy.ParseSetting(command)
	if understood {
		r.noteSetting(to) // before it is sent: without a response it may have been done
	}
	h := report.Event{AtMS: r.now().Milliseconds()}
	text, err := r.api.Do(ctx, command)
	h.Answer, h.LatestMS = text, r.now().Milliseconds() // the balancer did it at some moment between
	if err == nil && understood && to.Backend == r.target.Backend {
		r.servers.apply(to, &h)
	}
	failed := r.tried(ctx, e, h, err)
	if !haproxy.Changes(command) || err != nil && !noResponse(err) {
		return failed
	}
	changed, ok := r.poll(ctx, r.spare())
	switch {
	case understood:
	case ok:
		r.noteSeen(command, changed)
	default:
		r.noteUnseen()
	}
	return failed
}

// stopOrStart kills or starts a node of the laboratory. For users a killed node is down before the
// balancer knows; a started one is what the balancer holds it for, so that its "up" may have to wait for
// a health check.
func (r *run) stopOrStart(ctx context.Context, e *plans.Event) error {
	h := report.Event{AtMS: r.now().Milliseconds()}
	var err error
	if *e.Stopped {
		h.State = haproxy.Down
		err = r.target.Lab.StopNode(e.Node)
	} else {
		h.State = r.startedState(e.Node)
		err = r.target.Lab.StartNode(e.Node)
	}
	if err == nil {
		r.noteStopped(e.Node, *e.Stopped)
	}
	return r.tried(ctx, e, h, err)
}

// startedState is the state of a node that is started now.
func (r *run) startedState(node string) string {
	s := r.servers.find(node)
	switch {
	case s == nil:
		return haproxy.Up
	case s.state() == haproxy.Down:
		return "" // until a check has seen it
	case s.state() == haproxy.Ready:
		return haproxy.Up
	}
	return s.state()
}
