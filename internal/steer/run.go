package steer

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"stickbench/internal/haproxy"
)

// countEvery is how often progress is asked while events wait for a number of iterations or samples.
const countEvery = 20 * time.Millisecond

// A run is the state of Driver.Run. All of it but requests belongs to one goroutine.
type run struct {
	*Driver
	start    time.Time
	progress func() (iterations, samples int64)
	each     func(Happening)
	last     time.Duration // At of what was told last

	seen     time.Duration // when the servers were last asked, and answered
	nextLook time.Duration
	lost     bool // the Runtime API does not answer

	answers  chan answer              // room for all events: nobody waits
	lines    map[string]chan struct{} // by node or host: closed after the last request there
	requests sync.WaitGroup
}

// Run does the events in the order of their times until ctx ends, and calls each with everything that
// happens, from one goroutine and in the order of At. It watches the servers twice a second, and before
// and after every event: a poll that is not answered is left out and never holds up an event for more
// than 100 ms; 2 s without any answer are told as a loss of the Runtime API, once, and so is its return.
//
// Times are on the monotonic clock from start on. progress tells what all users have finished; it is
// asked only while events wait for that, and may be nil without such events. Events begin in order, but
// HTTP requests and delays hold up only others to the same host or node.
//
// Run returns nil when ctx ends; what it was doing is told as cut. It returns a *RefusedError at once
// when an event without MayFail was refused; the run is then to be stopped. A Driver runs once.
func (d *Driver) Run(ctx context.Context, start time.Time, progress func() (iterations, samples int64), each func(Happening)) error {
	d.mu.Lock()
	d.start = start
	d.mu.Unlock()
	if progress == nil {
		progress = func() (iterations, samples int64) { return 0, 0 }
	}
	r := &run{
		Driver: d, start: start, progress: progress, each: each,
		answers: make(chan answer, len(d.schedule.events)), lines: make(map[string]chan struct{}),
	}
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
		case a := <-r.answers:
			err = r.answered(ctx, a)
		case <-timer.C:
			err = r.turn(ctx)
		}
		if err != nil {
			return err
		}
		timer.Reset(r.untilNext())
	}
}

// turn does what is due: events, and then a look at the servers.
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
	if r.now() >= r.nextLook {
		r.look(ctx, r.spare())
	}
	return nil
}

// untilNext is the time until something is due.
func (r *run) untilNext() time.Duration {
	next := r.nextLook
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

// finish waits for the requests, which end with ctx, and tells what became of them. It looks at the
// servers a last time: what happened to users in the last half second may have a cause there.
func (r *run) finish(ctx context.Context) error {
	r.requests.Wait()
	close(r.answers)
	if !r.lost {
		r.look(context.WithoutCancel(ctx), lookAtEnd)
	}
	var first error
	for a := range r.answers {
		if err := r.answered(ctx, a); first == nil {
			first = err
		}
	}
	return first
}

// tell calls each. Between a look and the event that follows it there is the time of a command, so that
// a change seen later can lie before what was told already: it is moved behind it.
func (r *run) tell(h Happening) {
	h.At = max(h.At, r.last)
	h.Latest = max(h.Latest, h.At)
	r.last = h.At
	if r.each != nil {
		r.each(h)
	}
}

// tried tells of an event that was done, or not if err is not nil, and gives the error that ends the
// run.
func (r *run) tried(ctx context.Context, e *Event, h Happening, err error) error {
	h.Name, h.Text, h.Node, h.OK = e.name(), e.Text(), cmp.Or(h.Node, e.Node), err == nil
	h.Phase = h.OK && e.changesSomething()
	if err == nil {
		r.tell(h)
		return nil
	}
	h.State, h.Weights = "", nil
	cut := ctx.Err() != nil && unanswered(err)
	if h.Answer = refusal(err); cut {
		h.Answer = "cut by the end of the run: whether it was done is not known"
	}
	r.tell(h)
	if cut || e.MayFail {
		return nil
	}
	return &RefusedError{Event: *e, Answer: h.Answer, Err: err}
}

// refusal is an error in the words of who refused.
func refusal(err error) string {
	if refused := (*haproxy.CommandError)(nil); errors.As(err, &refused) && refused.Text != "" {
		return refused.Text
	}
	return err.Error()
}

// unanswered reports that nobody said no: there was just no answer.
func unanswered(err error) bool {
	for _, kind := range []error{
		context.Canceled, context.DeadlineExceeded,
		haproxy.ErrInterrupted, haproxy.ErrNoAnswer, haproxy.ErrUnreachable,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
