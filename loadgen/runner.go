package loadgen

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stickbench/internal/redact"
	"stickbench/loadgen/internal/wire"
)

// Runner is a plan about to run, or running. It runs once.
type Runner struct {
	// Trace, if set before Run, is told every exchange once its sample is complete, and reports whether the
	// user goes on after it. Users call it from goroutines of their own. It costs time and memory: it is
	// for a few exchanges, not for load.
	Trace func(*Exchange) (more bool)

	// Start is when the run begins, if set before Run: its users wait for it. Ahead is how far this machine's clock
	// is ahead of the one that samples' times are told by.
	Start time.Time
	Ahead time.Duration
	// Salt makes the digests of session ids; New draws one.
	Salt [16]byte
	// Stopping, if set before Run, is told why a user stops the run for everybody, or that the target is gone. It must
	// not wait for anything.
	Stopping func(why string)
	// Meet, if set before Run, waits for the other segments of the run, after the phase that ended, in plans of several
	// phases. It is given the variables that this segment's setup groups left, and gives back those of all.
	Meet func(ended Phase, left map[string]Shared) (map[string]Shared, error)

	segment  Segment
	plan     *Plan
	scripts  []script // one per group
	users    int      // of all groups, in all segments
	groups   []*groupState
	dialer   *wire.Dialer
	target   wire.Origin // the plan's own
	base     *target     // of paths; nil if the plan has none
	secrets  redact.Values
	recorder *recorder

	// shared are the variables that setup groups left, by name; written between phases.
	shared      map[string]string
	sharedLists map[string][]string

	start    time.Time
	steering atomic.Pointer[steered]
	active   atomic.Int64
	stop     context.CancelFunc // starts nothing new
	mu       sync.Mutex
	account  Account
	cut      context.CancelFunc // what is in flight
	labels   map[string]bool    // that texts with values made
	warnings map[string]int
	further  int // warnings of which no word is kept
	atWork   map[*user]work
}

// groupState is what of a group changes while it runs.
type groupState struct {
	start                  time.Time // of its phase, or of its turn in it; zero before. Guarded by Runner.mu until then
	started, active, ended atomic.Int64
	users                  []*user
	away                   atomic.Int64    // users who are not wanted, as the run is steered
	alone                  context.Context // ends when only those are left, by
	leaveAlone             func()
	queue                  *queue // nil in a closed group. Guarded by Runner.mu for who is none of its users
	barriers               []*barrier
	pacers                 []*pacer // nil for those that users do not share
}

// Account is the account of a run's requests: Started = OK + Failed + Cut.
type Account struct {
	Started, OK, Failed int64
	// Cut were in flight at the second stop and are in no sample.
	Cut int64
	// Unsent failed before anything was sent, for want of a variable's value; they are part of Failed.
	Unsent int64
	// Redirects were followed within samples: the target saw Started - Unsent + Redirects requests.
	Redirects   int64
	Connections int64
	Iterations  int64
	// LeftOut are iterations, of groups that only their number bounds, that were left out because the plan ended their
	// user: by an error, a step, or for want of data.
	LeftOut int64
	// Stopped says what ended the run early from inside, such as "GET /x failed and on_error is stop"; ""
	// if nothing did.
	Stopped string
	// Gone is why the run was ended because nothing of its target was left, in words; "" if it was not.
	Gone string
	// Arrivals are those of open groups.
	Arrivals ArrivalAccount
	// Stalls counts the times that a user waited for the sink, Stalled how long, all users together.
	Stalls  int64
	Stalled time.Duration
	// Generator reports whether the machine that made the load was up to it.
	Generator Generator
	// Warnings are warnings about the run itself, such as cookies that were not kept, each with how often.
	Warnings []string
}

// Add adds what b did to a, but for what made it stop, stalls and warnings.
func (a *Account) Add(b *Account) {
	a.Started += b.Started
	a.OK += b.OK
	a.Failed += b.Failed
	a.Cut += b.Cut
	a.Unsent += b.Unsent
	a.Redirects += b.Redirects
	a.Connections += b.Connections
	a.Iterations += b.Iterations
	a.LeftOut += b.LeftOut
	a.Arrivals.add(&b.Arrivals)
	a.Generator.add(&b.Generator)
}

// New prepares plan for a run whose samples go to sink. The error is a plan that cannot run: no group, a
// URL that is none.
func New(plan *Plan, sink Sink) (*Runner, error) { return NewSegment(plan, Segment{}, sink) }

// NewSegment prepares a segment of plan.
func NewSegment(plan *Plan, segment Segment, sink Sink) (*Runner, error) {
	r := &Runner{plan: plan, segment: segment, scripts: make([]script, 0, len(plan.Groups)), warnings: map[string]int{}, atWork: map[*user]work{},
		secrets: redact.NewValues(plan.Secrets)}
	rand.Read(r.Salt[:])
	r.steering.Store(plan.unsteered())
	if len(plan.Groups) == 0 {
		return nil, errors.New("the plan has no group")
	}
	if t, err := parseTarget(plan.Target); err == nil {
		r.target, r.base = t.origin, t
		if plan.HTTP2 && plan.Route.Proxy != nil && !r.target.Secure {
			return nil, errors.New("HTTP/2 goes through a proxy only with https")
		}
	}
	r.dialer = wire.NewDialer(wire.Config{TLS: plan.TLS, HTTP2: plan.HTTP2, Route: plan.Route, Target: r.target})
	r.recorder = newRecorder(sink, func(error) { r.stop() })
	if err := segment.Check(plan); err != nil {
		return nil, err
	}
	if !plan.KeepTrying {
		r.recorder.outage.over = func(why string) {
			r.mu.Lock()
			r.account.Gone = why
			r.mu.Unlock()
			r.stop()
			if r.Stopping != nil {
				r.Stopping(why)
			}
		}
	}
	shared := pacers{seed: plan.Seed, among: segment.among(), all: map[Pace]*pacer{}}
	for i := range plan.Groups {
		s, err := compile(plan, &plan.Groups[i])
		if err == nil {
			err = plan.Groups[i].check()
		}
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", plan.Groups[i].Name, err)
		}
		r.scripts = append(r.scripts, s)
		g := &groupState{}
		g.alone, g.leaveAlone = context.WithCancel(context.Background())
		from, to := segment.Users(&plan.Groups[i])
		r.groups = append(r.groups, g)
		for _, t := range s.barriers {
			g.barriers = append(g.barriers, newBarrier(t, g, &plan.Groups[i], to-from))
		}
		for _, p := range s.paces {
			g.pacers = append(g.pacers, shared.of(p, i))
		}
		for k := from; k < to; k++ {
			g.users = append(g.users, newUser(r, i, k, r.users+k+1))
		}
		r.users += plan.Groups[i].Users
	}
	return r, nil
}

// Probe connects once to the plan's target, as its first user will, and sends nothing; to every origin that
// the plan names if none of its requests goes to the target. The error names the first that does not let
// itself be connected to. Other origins may be down: a plan may be about that, and their samples say so.
func (r *Runner) Probe(ctx context.Context) error {
	origins := map[wire.Origin]bool{}
	for _, s := range r.scripts {
		maps.Copy(origins, s.origins())
	}
	if o := r.target; origins[o] || r.aimsAtTarget() {
		origins = map[wire.Origin]bool{o: true}
	}
	for o := range origins {
		if err := r.dialer.Probe(ctx, 1, o, time.Now().Add(r.plan.Timeout)); err != nil {
			return fmt.Errorf("%s cannot be reached: %w", o.Address(), err)
		}
	}
	return nil
}

// KindOf is why an origin cannot be reached, from an error of Probe; KindOther if err is none.
func KindOf(err error) Kind {
	var w *wire.Error
	if errors.As(err, &w) {
		return w.Kind
	}
	return KindOther
}

// locate is where a request goes: a path, or a whole URL.
func (r *Runner) locate(text string) (*target, error) {
	if strings.HasPrefix(text, "/") && r.base != nil && r.base.path == r.base.pathname {
		if t := r.base.sibling(strings.TrimSuffix(r.base.pathname, "/") + text); t != nil {
			return t, nil
		}
	}
	return parseTarget(Absolute(r.plan.Target, text))
}

// aimsAtTarget reports whether the path of a request depends on variables and its origin is the target.
func (r *Runner) aimsAtTarget() bool {
	for _, s := range r.scripts {
		for _, r := range s.requests() {
			if r.fixed == nil && strings.HasPrefix(r.URL.String(), "/") {
				return true
			}
		}
	}
	return false
}

// Run lets all users do their steps and returns when they have ended and every sample is with the sink.
// When graceful ends nothing new starts, when hard ends what is in flight is cut. The error is the sink's
// first; the account is complete even then.
func (r *Runner) Run(graceful, hard context.Context) (Account, error) {
	graceful, r.stop = context.WithCancel(graceful)
	defer r.stop()
	hard, r.cut = context.WithCancel(hard)
	defer r.cut()
	context.AfterFunc(hard, r.stop)
	var s sleeper
	s.pause(graceful, time.Until(r.Start))
	r.mu.Lock()
	if r.start = r.Start; r.start.IsZero() {
		r.start = time.Now()
	}
	r.mu.Unlock()
	gauge := NewGauge()

	done := make(chan struct{})
	var collector errgroup.Group
	collector.Go(func() error { return r.recorder.collect(done) })
	r.runPhase(Setup, graceful, hard)
	r.share()
	r.runPhase(Main, graceful, hard)
	r.meet(Main, nil)
	r.runPhase(Teardown, hard, hard)
	close(done)
	err := collector.Wait()
	r.account.Stalls, r.account.Stalled = r.recorder.stalls.Load(), time.Duration(r.recorder.waited.Load())
	wakes := r.account.Generator
	r.account.Generator = gauge.Since()
	r.account.Generator.add(&wakes)
	r.account.Generator.add(&r.recorder.frozen)
	r.account.Warnings = slices.Concat(r.account.Arrivals.warnings(), r.account.Generator.warnings(r.plan.InProcess, r.own(), r.account.OK+r.account.Failed), r.warned())
	return r.account, err
}

// runPhase lets the groups of a phase do their steps, together or one after the other, and returns when they
// have ended.
func (r *Runner) runPhase(phase Phase, graceful, hard context.Context) {
	var groups sync.WaitGroup
	for i, g := range r.groups {
		if r.plan.Groups[i].Phase != phase {
			continue
		}
		if r.plan.Serial {
			groups.Wait()
		}
		r.mu.Lock()
		g.start = time.Now()
		r.mu.Unlock()
		groups.Go(func() { r.runGroup(i, g, graceful, hard) })
	}
	groups.Wait()
}

// share makes the variables of setup groups everybody's. Of users who set the same one the first counts.
func (r *Runner) share() {
	left := map[string]Shared{}
	for i, g := range slices.Backward(r.groups) {
		if r.plan.Groups[i].Phase != Setup {
			continue
		}
		for _, u := range slices.Backward(g.users) {
			if u.isLeft() {
				continue
			}
			for name, text := range u.variables {
				left[name] = Shared{User: u.number, Text: text}
			}
			for name, list := range u.many {
				left[name] = Shared{User: u.number, Text: u.variables[name], List: list}
			}
		}
	}
	r.shared, r.sharedLists = map[string]string{}, map[string][]string{}
	for name, v := range r.meet(Setup, left) {
		if v.List != nil {
			r.sharedLists[name] = v.List
		}
		if v.List == nil || v.Text != "" {
			r.shared[name] = v.Text
		}
	}
}

// meet waits for the other segments, if there are any, and returns the variables of all.
func (r *Runner) meet(ended Phase, left map[string]Shared) map[string]Shared {
	if r.Meet == nil || !r.plan.phased() {
		return left
	}
	all, err := r.Meet(ended, left)
	if err != nil {
		r.stop()
	}
	return all
}

// own are the users of this segment.
func (r *Runner) own() (n int64) {
	for _, g := range r.groups {
		n += int64(len(g.users))
	}
	return n
}

// runGroup lets the users of group i do their steps and returns when they have ended.
func (r *Runner) runGroup(i int, g *groupState, graceful, hard context.Context) {
	stopped := make(chan time.Time, 1)
	context.AfterFunc(graceful, func() { stopped <- time.Now() })
	r.mu.Lock()
	g.queue = newQueue(graceful, &r.plan.Groups[i], r.segment, r.plan.Seed, arrivalStream+uint64(i), g.start, &r.steering)
	if g.queue != nil {
		g.queue.group = i
	}
	r.mu.Unlock()
	var users sync.WaitGroup
	for _, u := range g.users {
		users.Add(1)
		go func() {
			defer func() {
				if !u.isLeft() {
					users.Done()
				}
			}()
			u.run(graceful, hard)
		}()
	}
	ended := make(chan struct{})
	go r.leaveBehind(i, &users, hard, ended)
	users.Wait()
	close(ended)
	if g.queue == nil {
		return
	}
	end := time.Now()
	if graceful.Err() != nil {
		end = <-stopped
	}
	r.settle(&Account{Arrivals: g.queue.close(end), Generator: g.queue.generator})
}

// arrivalStream tells the random numbers of arrivals from those of users, which go by their numbers.
const arrivalStream = 1 << 32

// StartOffset is when user i (from 0) of the group starts, after its phase began (the run, as a rule): after the start
// delay, spread evenly over the ramp-up with the first user at its beginning (JMeter's ThreadGroup).
//
//	start_delay   ramp_up = 1s, 4 users
//	├───────────┤0    250ms  500ms  750ms  (1s)
func (g *Group) StartOffset(i int) time.Duration {
	return g.StartDelay + time.Duration(float64(g.RampUp)*float64(i)/float64(g.Users))
}

// at is now by the clock that the run began with: setting the system's clock meanwhile moves no sample.
func (r *Runner) at(now time.Time) time.Time { return r.start.Add(now.Sub(r.start) - r.Ahead) }

func (r *Runner) warn(text string) {
	text = r.secrets.Hide(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.warnings) < 100 || r.warnings[text] > 0 {
		r.warnings[text]++
	} else {
		r.further++
	}
}

func (r *Runner) warned() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, text := range slices.Sorted(maps.Keys(r.warnings)) {
		if n := r.warnings[text]; n > 1 {
			text = fmt.Sprintf("%s (%d times)", text, n)
		}
		all = append(all, text)
	}
	if r.further > 0 {
		all = append(all, fmt.Sprintf("and %d further warnings", r.further))
	}
	return all
}

func (r *Runner) settle(a *Account) {
	r.mu.Lock()
	r.account.Add(a)
	r.mu.Unlock()
}

// Progress is how far a group has come.
type Progress struct {
	Group string
	// Users there will be, have started, are active, and have ended. Those of an open group are active
	// while they have an arrival.
	Users, Started, Active, Ended int
	// Iterations done by all users, and how many there will be; 0 if only the duration bounds them.
	Iterations, OfIterations int64
	// Elapsed since the group's start, not negative, and the duration that bounds it, 0 for none.
	Elapsed, OfDuration time.Duration
}

// Progress tells how far each group has come. It may be called at any time after Run began.
func (r *Runner) Progress(now time.Time) []Progress {
	r.mu.Lock()
	starts := make([]time.Time, len(r.groups))
	for i, g := range r.groups {
		starts[i] = g.start
		if g.start.IsZero() { // before its turn
			starts[i] = now
		}
	}
	r.mu.Unlock()
	all := make([]Progress, len(r.groups))
	for i, g := range r.groups {
		spec := &r.plan.Groups[i]
		p := Progress{
			Group: spec.Name, Users: len(g.users),
			Started: int(g.started.Load()), Active: int(g.active.Load()), Ended: int(g.ended.Load()),
			OfIterations: int64(spec.Iterations) * int64(len(g.users)),
			Elapsed:      max(0, now.Sub(starts[i])-spec.StartDelay), OfDuration: spec.bound(),
		}
		if spec.Arrivals != nil {
			p.OfIterations = r.segment.arrivals(spec.PlannedArrivals())
		}
		for _, u := range g.users {
			p.Iterations += u.iterations.Load()
		}
		all[i] = p
	}
	return all
}
