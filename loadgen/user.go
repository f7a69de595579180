package loadgen

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"stickbench/assert"
	"stickbench/loadgen/internal/wire"
)

// user is one virtual user: a goroutine, a jar, a connection per origin.
type user struct {
	runner *Runner
	script *script
	state  *groupState
	group  int // in the plan, from 0
	index  int // in the group, from 0
	number int // in the run, from 1
	thread string
	stream rand.PCG
	rng    *rand.Rand // of the stream, which begins anew at each iteration

	graceful, hard context.Context
	sleeper        sleeper
	deadline       time.Time // of the group; zero for none
	closes         time.Time // when the group does, which users do not outlast who are away; zero for never
	told           *steered  // as the run was steered when the user looked last
	until          time.Time // when the user is to leave then; zero for not at all
	iterations     atomic.Int64

	visitor
	programState
	hands     *hands // nil before the first requests at the same time
	of        *user  // whose hand this is, nil for nobody's
	left      bool   // its work was left behind; guarded by Runner.mu
	resources map[resourceKey]*request

	early    *wire.Conns // opened before the run, nil without
	conns    *wire.Conns
	asked    wire.Request
	response wire.Response
	raw      []byte      // the request
	body     []byte      // of the last response, decoded
	decoded  []byte      // memory for it
	target   *target     // of the last response
	home     wire.Origin // of the last request, redirects aside
	fields   jsonFields
	markup   markup
	hops     []Exchange // of the sample being made, if Runner.Trace wants them
	sample   Sample
	view     assert.Response
	account  Account
}

func newUser(r *Runner, group, index, number int) *user {
	s := &r.scripts[group]
	return &user{
		runner: r, script: s, state: r.groups[group], group: group, index: index, number: number,
		thread: fmt.Sprintf("%s %d-%d", s.group.Name, group+1, index+1),
	}
}

// run is all that the user does: one life, or where the number of users goes up and down, as many as its group
// needs it for.
func (u *user) run(graceful, hard context.Context) {
	u.graceful, u.hard = graceful, hard
	g := u.script.group
	defer u.ended()
	start := u.state.start.Add(g.StartDelay)
	if end := g.end(); end > 0 {
		u.deadline = start.Add(end)
	}
	if end := g.bound(); end > 0 {
		u.closes = start.Add(end)
	}
	for u.comes() && u.live() {
	}
}

// ended counts the user among those who have ended, for whom nobody waits any more.
func (u *user) ended() {
	if u.early != nil { // opened before the run, for a user who never began
		u.early.Close()
	}
	u.state.ended.Add(1)
	u.state.endIfAlone(u.runner.steering.Load().Users[u.group])
	for _, b := range u.state.barriers {
		b.left()
	}
}

// live is one life of the user, and reports whether there may be another one.
func (u *user) live() bool {
	g := u.script.group
	u.begin()
	defer u.end()
	first := u.sample.Iteration + 1
	for i := first; u.next(i); i++ {
		if !u.stays() {
			return true
		}
		u.sample.Iteration = i
		u.draw()
		if i == first || g.Cookies == ClearCookies {
			u.forget()
		}
		if !u.deal() || !u.iterate() {
			if g.Iterations > 0 && g.Arrivals == nil && g.bound() == 0 {
				u.account.LeftOut += int64(g.Iterations - i + 1)
			}
			return false
		}
		if g.Connections == PerIteration {
			u.hangUp()
		}
		u.iterations.Add(1)
		u.account.Iterations++
	}
	return false
}

// next reports whether the user begins iteration i: in an open group, once it has an arrival.
func (u *user) next(i int) bool {
	g := u.script.group
	if u.state.queue == nil {
		return g.Iterations == 0 || i <= g.Iterations
	}
	u.active(-1)
	u.arrival, u.arrived = u.state.queue.take(u.arrival)
	u.active(1)
	return u.arrived
}

// active counts the user among those at work.
func (u *user) active(n int64) {
	u.state.active.Add(n)
	u.runner.active.Add(n)
}

func (u *user) begin() {
	u.state.started.Add(1)
	u.active(1)
	u.equip()
}

// equip gives the user what it works with.
func (u *user) equip() {
	u.rng = rand.New(&u.stream)
	u.programState = newProgramState(u.script)
	u.view.Lookup = u
	u.fields.names = u.script.names
	u.conns = u.runner.dialer.Open(u.hard, u.number, u.script.group.Connections == PerRequest)
	if u.early != nil {
		u.conns.Adopt(u.early)
		u.early = nil
	}
	u.sample.Thread, u.sample.User = u.thread, u.number
}

func (u *user) end() {
	u.conns.Close()
	u.account.Connections = u.conns.Opened()
	u.letGo()
	if !u.isLeft() {
		u.runner.settle(&u.account)
	}
	u.account = Account{}
	u.active(-1)
	for _, b := range u.state.barriers {
		b.left()
	}
}

// forget makes a new visitor of the user: no cookies, no variables, no session seen before. The
// connections stay, as a browser's do.
func (u *user) forget() {
	u.jar.clear()
	u.life++
	u.last = assert.Observation{}
	u.noResponse()
	clear(u.variables)
	clear(u.many)
	clear(u.challenges)
	for i := range u.script.group.Vars {
		u.assign(&u.script.group.Vars[i])
	}
	u.preset()
}

// forgetSession begins a session for a request of a group that keeps no cookies.
func (u *user) forgetSession() {
	if u.asked.Raw != nil { // not before the first, which begins one anyway
		u.life++
		u.last = assert.Observation{}
	}
}

// isTarget reports whether a host is the target's.
func (r *Runner) isTarget(host string) bool {
	t, err := parseTarget(r.plan.Target)
	return err == nil && strings.EqualFold(t.origin.Host, host)
}

// preset puts the cookies into the jar that the user has from the beginning.
func (u *user) preset() {
	for i := range u.script.group.Preset {
		c := &u.script.group.Preset[i]
		value, err := c.Value.append(u.scratch[:0], u)
		u.scratch = value
		at, line := u.runner.plan.Target, c.Name+"="+string(value)
		if c.Domain != "" && !u.runner.isTarget(c.Domain) {
			at, line = "https://"+c.Domain, line+"; Domain="+c.Domain
		}
		line += "; Path=" + cmp.Or(c.Path, "/")
		if c.Secure {
			line += "; Secure"
		}
		t, unknown := parseTarget(at)
		if err = cmp.Or(err, unknown); err == nil {
			err = u.jar.set(t, line)
		}
		if err != nil {
			u.runner.warn(fmt.Sprintf("preset cookie %q: %v", c.Name, err))
		}
	}
}

// over reports whether the user may start nothing new.
func (u *user) over(now time.Time) bool {
	return u.graceful.Err() != nil || !u.deadline.IsZero() && !now.Before(u.deadline)
}

// stopRun ends the run for everybody, and leaves word why if nothing else ended it before.
func (u *user) stopRun(why string) {
	r := u.runner
	r.mu.Lock()
	first := r.account.Stopped == "" && u.graceful.Err() == nil
	if first {
		r.account.Stopped = why
	}
	r.mu.Unlock()
	if first && r.Stopping != nil {
		r.Stopping(why)
	}
	r.stop()
}

func (u *user) holds(when *assert.Condition) bool {
	var ok bool
	var err error
	u.at(when.Source(), u.runner.plan.Timeout, func() { ok, err = when.Holds(&u.view) })
	if err != nil {
		u.runner.warn(fmt.Sprintf("when %s could not be decided and counted as false: %v", when.Source(), err))
	}
	return ok && err == nil
}

// sleepUntil reports whether the user may go on then: a pause that would outlast the run or the group's
// duration ends the user at once.
func (u *user) sleepUntil(t time.Time) bool {
	if !u.deadline.IsZero() && t.After(u.deadline) {
		return false
	}
	d := time.Until(t)
	if !u.sleeper.pause(u.graceful, d) {
		return false
	}
	if d > 0 {
		late := time.Since(t)
		u.account.Generator.woke(late)
		u.paused += d + late
		u.spins = 0
	}
	return true
}

// mark records a row of no cost, like a sampler of JMeter's with an empty script, and reports whether it succeeded.
func (u *user) mark(label string, must []*assert.Condition, now time.Time) bool {
	s := u.blank(label, now)
	s.Mark, s.Status, s.Reason, s.DataType = true, http.StatusOK, "OK", "text"
	for _, c := range must {
		if f := c.Check(&u.view); f != nil {
			s.Kind, s.Failure = KindMark, f.Message
			break
		}
	}
	u.record(s)
	return s.Kind == OK
}

// blank is the user's sample with what is the same for all, started now.
func (u *user) blank(label string, now time.Time) *Sample {
	s, iteration := &u.sample, u.sample.Iteration
	*s = Sample{} // and no literal, which would be made elsewhere and copied
	s.Start, s.Fine, s.Label = u.runner.at(now).UnixMicro(), true, label
	s.Thread, s.User, s.Iteration, s.Life = u.thread, u.number, iteration, u.life
	return s
}

func (u *user) record(s *Sample) {
	if s.Failed() {
		s.Failure, s.URL = u.runner.secrets.Hide(s.Failure), u.runner.secrets.Hide(s.URL)
	}
	s.Bound()
	s.ActiveGroup, s.ActiveAll = int(u.state.active.Load()), int(u.runner.active.Load())
	s.Inner = u.inner()
	u.runner.recorder.add(u.number, s)
}

// observe reads node, counter and session from the response, also from one that is a redirect to follow: each
// response is compared with the one before it.
func (u *user) observe(status int) {
	u.view.Previous, u.view.Observation = u.last, assert.Observation{}
	o := &u.view.Observation
	x := &u.runner.plan.Session
	if v, ok := u.respondingNode(status); ok {
		o.Node = same(u.last.Node, v)
	}
	if v, ok := u.seen(x.Counter); ok {
		o.Counter, o.HasCounter = counterValue(v)
	}
	if v, ok := u.seen(x.ID); ok {
		o.Session = u.session(v)
	}
	u.last = continued(u.last, *o)
}

// continued is what a session last said once now follows last. A response that leaves something out, such
// as a static file without a counter, leaves it as it was; another session's id starts anew.
func continued(last, now assert.Observation) assert.Observation {
	if now.Session != "" && last.Session != "" && now.Session != last.Session {
		return now
	}
	if now.Node == "" {
		now.Node = last.Node
	}
	if now.Session == "" {
		now.Session = last.Session
	}
	if !now.HasCounter {
		now.Counter, now.HasCounter = last.Counter, last.HasCounter
	}
	return now
}

// respondingNode is the node that gave the response. A response that a gateway gave in a node's place says nothing
// of the node, whatever the jar still holds.
func (u *user) respondingNode(status int) (node string, ok bool) {
	x := u.runner.plan.Session.Node
	v, ok := u.seen(x)
	switch {
	case !ok || !x.fromCookie():
		return v, ok
	case gatewayError(status):
		return "", false
	}
	return cookieNode(v), true
}

func (u *user) seen(x *Extractor) (string, bool) {
	if x == nil {
		return "", false
	}
	v, ok := x.find(u)
	return v, ok && v != ""
}

// same is old if v equals it, and else a copy of v that outlives the response.
func same(old, v string) string {
	if old == v {
		return old
	}
	return strings.Clone(v)
}

// session is the id to compare with; it and its digest are made anew only when the id changes.
func (u *user) session(id string) string {
	if id != u.sessionID {
		u.sessionID = strings.Clone(id)
		sum := sha256.Sum256(append(u.runner.Salt[:], id...))
		u.digest = hex.EncodeToString(sum[:8])
	}
	return u.sessionID
}

func gatewayError(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}
