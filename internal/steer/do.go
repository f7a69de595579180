package steer

import "context"

// do does one event, or begins it where it is a request that may take its time.
func (r *run) do(ctx context.Context, e *Event) error {
	// What has happened until now must be told before the event.
	if !r.lost {
		r.look(ctx, lookBefore)
	}
	switch command := e.command(r.bench.Backend); {
	case command != "":
		return r.command(ctx, e, command)
	case e.Stopped != nil:
		return r.stopOrStart(ctx, e)
	case e.Delay != nil && r.nodeURL(e.Node) == "":
		h := Happening{At: r.now()}
		err := r.bench.Lab.SetDelay(e.Node, *e.Delay)
		r.noteDelay(e.Node, *e.Delay, err == nil)
		return r.tried(ctx, e, h, err)
	}
	r.request(ctx, e)
	return nil
}

// command sends a command, follows it as far as it is understood, and looks at what came of it.
func (r *run) command(ctx context.Context, e *Event, command string) error {
	to, understood := understand(command)
	if understood {
		r.noteSetting(to) // before it is sent: without an answer it may have been done
	}
	h := Happening{At: r.now()}
	answer, err := r.api.Do(ctx, command)
	h.Answer = answer
	if err == nil && understood && to.backend == r.bench.Backend {
		r.servers.apply(to, &h)
	}
	failed := r.tried(ctx, e, h, err)
	if !changesBalancer(command) || err != nil && !unanswered(err) {
		return failed
	}
	changed, looked := r.look(ctx, r.spare())
	switch {
	case understood:
	case looked:
		r.noteSeen(command, changed)
	default:
		r.noteUnseen()
	}
	return failed
}

// stopOrStart kills or starts a node of the laboratory. For users a killed node is down before the
// balancer knows; a started one is what the balancer holds it for, so that its "up" may have to wait for
// a health check.
func (r *run) stopOrStart(ctx context.Context, e *Event) error {
	h := Happening{At: r.now()}
	var err error
	if *e.Stopped {
		h.State = StateDown
		err = r.bench.Lab.StopNode(e.Node)
	} else {
		h.State = r.startedState(e.Node)
		err = r.bench.Lab.StartNode(e.Node)
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
		return StateUp
	case s.state() == StateDown:
		return "" // until a check has seen it
	case s.state() == StateReady:
		return StateUp
	}
	return s.state()
}
