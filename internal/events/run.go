package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

// countEvery is how often progress is asked while events wait for a number of iterations or samples.
const countEvery = 20 * time.Millisecond

// A run is the state of Driver.Run. All of it but requests belongs to one goroutine.
type run struct {
	*Driver
	start    time.Time
	progress func() (iterations, samples int64)
	each     func(report.Event)
	last     int64 // AtMS of the event reported last

	seen     time.Duration // when the servers were last read
	nextPoll time.Duration
	lost     bool // the Runtime API does not respond

	hands     map[*plans.Event]*asked  // events that are done by hand
	responses chan response            // room for all events of the plan
	queues    map[string]chan struct{} // by node or host: closed after the last request there
	requests  sync.WaitGroup
}

// Run does the events in the order of their times until ctx ends, and calls each with everything that
// happens, from one goroutine and in the order of AtMS. It polls the servers twice a second, and before
// and after every event: a poll without a response is skipped and never holds up an event for more
// than 100 ms; 2 s without any response are reported as a loss of the Runtime API, once, and so is its
// return.
//
// AtMS of a command, a stopped node or an HTTP request is the moment before it was sent; of a delay it is
// that of the response, because a blocked node takes its new delay when it has worked off its queue. Of an
// observed change AtMS is the earliest moment at which it can have been: when the servers were last seen
// without it, or what HAProxy says of the time since (in whole seconds), if that is later. Never before
// the event reported before it.
//
// Times are on the monotonic clock from start on. progress gives what all users have finished; it is
// asked only while events wait for that, and may be nil without such events. Events begin in order, but
// HTTP requests and delays hold up only others to the same host or node.
//
// Run returns nil when ctx ends; what it was doing is reported as cut. It returns a *RefusedError at once
// when an event without MayFail was refused; the run is then to be stopped. A Driver runs once.
func (d *Driver) Run(ctx context.Context, start time.Time, progress func() (iterations, samples int64), each func(report.Event)) error {
	d.mu.Lock()
	d.start = start
	d.mu.Unlock()
	if progress == nil {
		progress = func() (iterations, samples int64) { return 0, 0 }
	}
	r := &run{
		Driver: d, start: start, progress: progress, each: each,
		responses: make(chan response, len(d.schedule.events)), queues: make(map[string]chan struct{}), hands: map[*plans.Event]*asked{},
	}
	defer close(d.ended)
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	err := r.loop(running)
	cancel()
	if ended := r.finish(running); err == nil {
		err = ended
	}
	return err
}

// now is the run's clock.
func (r *run) now() time.Duration { return time.Since(r.start) }

func (r *run) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case a := <-r.responses:
			err = r.responded(ctx, a)
		case a := <-r.asked:
			r.hands[&a.event] = a
			err = r.do(ctx, &a.event)
		case <-timer.C:
			err = r.turn(ctx)
		}
		if err != nil {
			return err
		}
		timer.Reset(r.untilNext())
	}
}

// turn does what is due: events, and then a poll of the servers.
func (r *run) turn(ctx context.Context) error {
	for ctx.Err() == nil {
		var iterations, samples int64
		if r.schedule.counts() {
			iterations, samples = r.progress()
		}
		e := r.schedule.take(r.now(), iterations, samples)
		if e == nil {
			break
		}
		if err := r.do(ctx, e); err != nil {
			return err
		}
	}
	if r.now() >= r.nextPoll {
		r.poll(ctx, r.spare())
	}
	return nil
}

// untilNext is the time until something is due.
func (r *run) untilNext() time.Duration {
	next := r.nextPoll
	if r.api == nil {
		next = r.now() + time.Hour
	}
	if at, ok := r.schedule.nextTime(); ok {
		next = min(next, at)
	}
	if r.schedule.counts() {
		next = min(next, r.now()+countEvery)
	}
	return max(0, next-r.now())
}

// finish waits for the requests, which end with ctx, and reports what became of them. It polls the
// servers a last time: what happened to users in the last half second may have a cause there.
func (r *run) finish(ctx context.Context) error {
	go func() {
		r.requests.Wait()
		close(r.responses)
	}()
	var last []response
	for a := range r.responses {
		last = append(last, a)
	}
	if !r.lost {
		r.poll(context.WithoutCancel(ctx), pollAtEnd)
	}
	var first error
	for _, a := range last {
		if err := r.responded(ctx, a); first == nil {
			first = err
		}
	}
	return first
}

// report calls each. Between a poll and the event that follows it there is the time of a command, so that
// a change seen later can lie before what was reported already: it is moved behind it.
func (r *run) report(h report.Event) {
	h.AtMS = max(h.AtMS, r.last)
	h.LatestMS = max(h.LatestMS, h.AtMS)
	r.last = h.AtMS
	if r.each != nil {
		r.each(h)
	}
}

// tried reports an event that was done, or not if err is not nil, and gives the error that ends the run.
func (r *run) tried(ctx context.Context, e *plans.Event, h report.Event, err error) error {
	h.Name, h.Text, h.Node, h.OK = e.Phase(), e.String(), cmp.Or(h.Node, e.Node), err == nil
	h.Phase = h.OK && e.BeginsPhase()
	if hand := r.hands[e]; hand != nil {
		h.By = hand.by
		defer func() { hand.done <- h }()
		delete(r.hands, e)
	} else if queue, at := trigger(e); queue == byTime {
		planned := time.Duration(at).Milliseconds()
		h.PlannedMS = &planned
	}
	if err == nil {
		r.report(h)
		return nil
	}
	h.State, h.Weights = "", nil
	cut := ctx.Err() != nil && noResponse(err)
	if h.Answer = refusal(err); cut {
		h.Answer = "cut by the end of the run: it may have been done"
	}
	r.report(h)
	if cut || e.MayFail {
		return nil
	}
	return &RefusedError{Event: *e, Err: err}
}

// RefusedError is an event without MayFail that was refused or could not be done: it ends the run.
type RefusedError struct {
	Event plans.Event
	Err   error // what refused it, such as a *haproxy.CommandError
}

// Error says which event, when, and why.
func (e *RefusedError) Error() string {
	name := e.Event.Phase()
	if text := e.Event.String(); text != name {
		name += " (" + text + ")"
	}
	return fmt.Sprintf("event %s, %s: %v", name, e.Event.When(), e.Err)
}

// Unwrap gives what refused the event.
func (e *RefusedError) Unwrap() error { return e.Err }

// refusal is an error in the words of who refused.
func refusal(err error) string {
	if refused := (*haproxy.CommandError)(nil); errors.As(err, &refused) && refused.Text != "" {
		return refused.Text
	}
	return err.Error()
}

// noResponse reports whether nobody said no: there was just no response.
func noResponse(err error) bool {
	for _, kind := range []error{
		context.Canceled, context.DeadlineExceeded,
		haproxy.ErrInterrupted, haproxy.ErrNoResponse, haproxy.ErrUnreachable,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
