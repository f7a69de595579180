package loadgen

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// instruction is a piece of a group's tree of steps, laid flat so that a user's way through it is one short loop:
//
//	repeat = 2             0  begin
//	  when = 'a'           1  pass     else to 6
//	    request X          2  test a   else to 4
//	  request Y            3  request X
//	request Z              4  request Y
//	                       5  go to 1
//	                       6  request Z
//
// What of it changes is the user's: registers, one or more for each block.
type instruction struct {
	// do does it and reports whether the user goes on. It may send the user elsewhere by its pc.
	do      func(*user, *instruction) bool
	step    *Step
	request *request
	// variants are a request's, one for each of its bodies.
	variants []*request
	to       int   // where else it leads
	targets  []int // where the steps of a pick begin
	depth    int   // how many transactions are open there
	// register is the first of its numbers, and shared the place of what it shares with other users.
	register, shared int
	// times is how often a loop goes round, -1 where only the user's variables tell.
	times int64
	// items are the elements of a loop's list that are known before the run; nil if not all are.
	items []string
	// again says that the step may be done more than once per iteration.
	again bool
}

// compiler lays a group's tree flat.
type compiler struct {
	*script
	plan  *Plan
	loops []*openLoop
	depth int // of open transactions
	err   error
}

// openLoop is a loop whose steps are being laid flat.
type openLoop struct {
	pass   int   // where its next pass begins
	leaves []int // the instructions that lead behind it
	depth  int
}

func compile(p *Plan, g *Group) (script, error) {
	c := compiler{script: &script{group: g}, plan: p}
	c.name(p.Session.Node, p.Session.Counter, p.Session.ID)
	c.readsBodies = p.Session.readsBody() || g.readsBodies()
	c.steps(g.Steps)
	for _, d := range g.Data {
		c.data = append(c.data, newDealer(d, p, g))
	}
	return *c.script, c.err
}

func (c *compiler) emit(in instruction) (at int) {
	in.depth, in.again = c.depth, len(c.loops) > 0
	c.code = append(c.code, in)
	return len(c.code) - 1
}

// here makes the instructions lead to what comes next.
func (c *compiler) here(from ...int) {
	for _, at := range from {
		c.code[at].to = len(c.code)
	}
}

// claim is the first of n registers.
func (c *compiler) claim(n int) int {
	c.registers += n
	return c.registers - n
}

func (c *compiler) steps(steps []Step) {
	for i := range steps {
		c.step(&steps[i])
	}
}

func (c *compiler) step(s *Step) {
	if s.When != nil {
		test := c.emit(instruction{do: (*user).test, step: s})
		defer func() { c.here(test) }()
	}
	switch {
	case s.Request != nil:
		c.requestStep(s)
	case s.Think != nil:
		c.emit(instruction{do: (*user).think, step: s})
	case s.Mark != "":
		c.emit(instruction{do: (*user).markStep, step: s})
	case s.Set != nil:
		c.emit(instruction{do: (*user).setStep, step: s})
	case s.Counter != nil:
		c.emit(instruction{do: (*user).count, step: s, register: c.claim(2)})
	case s.Jump != NoJump:
		c.jump(s)
	default:
		c.block(s)
	}
}

func (c *compiler) requestStep(s *Step) {
	for _, x := range s.Request.Extract {
		c.name(x.From)
	}
	if s.Request.Bodies == nil {
		c.emit(instruction{do: (*user).requestStep, step: s, request: c.prepared(s.Request, s.Request.Body)})
		return
	}
	variants := make([]*request, len(s.Request.Bodies))
	for i, body := range s.Request.Bodies {
		variants[i] = c.prepared(s.Request, body)
	}
	c.emit(instruction{do: (*user).variantStep, step: s, variants: variants, register: c.claim(1)})
}

// prepared is a request with that body made ready.
func (c *compiler) prepared(req *Request, body *Template) *request {
	r, err := prepare(c.plan, c.group, req, body, c.readsBodies)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("%s: %w", req.Label, err)
	}
	return r
}

func (c *compiler) jump(s *Step) {
	inLoop := len(c.loops) > 0
	switch {
	case s.Jump == BreakLoop && inLoop:
		l := c.loops[len(c.loops)-1]
		l.leaves = append(l.leaves, c.jumpTo(s, 0, l.depth))
	case s.Jump == NextPass && inLoop:
		l := c.loops[len(c.loops)-1]
		c.jumpTo(s, l.pass, l.depth)
	case s.Jump == BreakLoop:
		c.err = errors.Join(c.err, errors.New("a break without a loop around it"))
	case s.Jump == NextPass, s.Jump == EndIteration:
		c.emit(instruction{do: (*user).endIteration, step: s})
	case s.Jump == EndUser:
		c.emit(instruction{do: (*user).endUser, step: s})
	case s.Jump == EndRun, s.Jump == CutRun:
		c.emit(instruction{do: (*user).endRun, step: s})
	}
}

// jumpTo leaves the transactions within the depth that it leads to.
func (c *compiler) jumpTo(s *Step, to, depth int) (at int) {
	at = c.emit(instruction{do: (*user).jump, step: s, to: to})
	c.code[at].depth = depth
	return at
}

func (c *compiler) block(s *Step) {
	switch {
	case s.Together != nil:
		c.emit(instruction{do: (*user).together, step: s, shared: len(c.barriers)})
		c.barriers = append(c.barriers, s.Together)
		c.steps(s.Steps)
	case s.Pace != nil:
		c.emit(instruction{do: (*user).pace, step: s, register: c.claim(1), shared: len(c.paces)})
		c.paces = append(c.paces, s.Pace)
		c.steps(s.Steps)
	case s.Loop != nil:
		c.loop(s)
	case s.Once:
		c.guarded(s, (*user).once)
	case s.Share != nil:
		c.guarded(s, (*user).shared)
	case s.Transaction != nil:
		c.transaction(s)
	case s.Parallel > 0:
		c.parallel(s)
	case s.Pick != nil && s.Pick.Choice == Shuffled:
		c.shuffled(s)
	case s.Pick != nil:
		c.pick(s)
	default:
		c.steps(s.Steps)
	}
}

// guarded are steps behind an instruction that may lead behind them.
func (c *compiler) guarded(s *Step, guard func(*user, *instruction) bool) {
	at := c.emit(instruction{do: guard, step: s, register: c.claim(1)})
	c.steps(s.Steps)
	c.here(at)
}

// loop has two registers: the number of the pass, and what bounds it.
func (c *compiler) loop(s *Step) {
	begin := instruction{do: (*user).beginLoop, step: s, register: c.claim(2), shared: c.lists, times: -1}
	if s.Loop.Each != nil {
		c.lists++
		begin.items = knownItems(s.Loop.Each.Of)
	}
	if s.Loop.Times != nil {
		if text, ok := s.Loop.Times.Known(); ok {
			begin.times, _ = strconv.ParseInt(text, 10, 64)
		}
	}
	c.emit(begin)
	l := &openLoop{depth: c.depth, pass: c.emit(instruction{do: (*user).pass, step: s, register: begin.register, shared: begin.shared})}
	c.loops = append(c.loops, l)
	c.steps(s.Steps)
	c.jumpTo(s, l.pass, l.depth)
	c.loops = c.loops[:len(c.loops)-1]
	c.here(append(l.leaves, l.pass)...)
}

// knownItems are texts that are all known before the run; nil if one is not.
func knownItems(texts []*Template) (items []string) {
	for _, t := range texts {
		text, ok := t.Known()
		if !ok {
			return nil
		}
		items = append(items, text)
	}
	return items
}

func (c *compiler) transaction(s *Step) {
	at := c.tallies
	c.tallies++
	c.emit(instruction{do: (*user).enter, step: s, shared: at})
	c.depth++
	c.steps(s.Steps)
	c.depth--
	c.emit(instruction{do: (*user).leave, step: s})
}

func (c *compiler) pick(s *Step) {
	at := c.emit(instruction{do: (*user).pick, step: s, register: c.claim(1)})
	var ends []int
	for i := range s.Steps {
		c.code[at].targets = append(c.code[at].targets, len(c.code))
		c.step(&s.Steps[i])
		ends = append(ends, c.jumpTo(s, 0, c.depth))
	}
	c.here(ends...)
}

// parallel are requests that need no instruction of their own.
func (c *compiler) parallel(s *Step) {
	var requests []*request
	for i := range s.Steps {
		req := s.Steps[i].Request
		if req == nil {
			c.err = errors.Join(c.err, errors.New("only requests can be under way at the same time"))
			continue
		}
		for _, x := range req.Extract {
			c.name(x.From)
		}
		requests = append(requests, c.prepared(req, req.Body))
	}
	c.emit(instruction{do: (*user).parallel, step: s, variants: requests})
}

// shuffled has a register that says how many of the steps are done, and the order of this time.
func (c *compiler) shuffled(s *Step) {
	order := c.orders
	c.orders++
	begin := instruction{do: (*user).shuffle, step: s, register: c.claim(1), shared: order}
	c.emit(begin)
	at := c.emit(instruction{do: (*user).nextShuffled, step: s, register: begin.register, shared: order})
	for i := range s.Steps {
		c.code[at].targets = append(c.code[at].targets, len(c.code))
		c.step(&s.Steps[i])
		c.jumpTo(s, at, c.depth)
	}
	c.here(at)
}

// programState is what of a program changes while a user does it.
type programState struct {
	pc        int
	registers []int64
	lists     [][]string     // that loops go through
	orders    [][]int        // of shuffled steps
	tallies   []tally        // of transactions
	open      []*instruction // transactions that have begun, the innermost last
	spins     int            // passes of loops since the user last did anything that takes time
	paused    time.Duration  // in all
	received  int64          // bytes, in all
	sent      int64
	failed    bool // the last request, or mark that can fail
	// failedMarks are those so far.
	failedMarks int64
	scratch     []byte
	reasons     map[[2]int64]string
	labels      map[string]string // made of texts with values
}

func newProgramState(s *script) programState {
	return programState{
		registers: make([]int64, s.registers), lists: make([][]string, s.lists), orders: make([][]int, s.orders),
		tallies: make([]tally, s.tallies), open: make([]*instruction, 0, s.tallies),
	}
}

// iterate does the steps once and reports whether the user goes on.
func (u *user) iterate() bool {
	code := u.script.code
	for u.pc = 0; u.pc < len(code); {
		in := &code[u.pc]
		u.pc++
		if !in.do(u, in) {
			u.abandon()
			return false
		}
	}
	return true
}

func (u *user) test(in *instruction) bool {
	if !u.holds(in.step.When) {
		u.pc = in.to
	}
	return true
}

func (u *user) jump(in *instruction) bool {
	u.unwind(in.depth)
	u.pc = in.to
	return true
}

func (u *user) requestStep(in *instruction) bool { return u.do(in.request) }

// variantStep sends a request with one of its bodies.
func (u *user) variantStep(in *instruction) bool {
	n := &u.registers[in.register]
	p := &in.step.Request.Pick
	at := *n % int64(len(in.variants))
	switch {
	case p.Choice == AtRandom:
		at = int64(p.draw(len(in.variants), u))
	case p.Choice == Shuffled: // another order in each round
		order := rand.New(rand.NewPCG(mixed(u.runner.plan.Seed^uint64(u.number)), uint64(*n/int64(len(in.variants))))).Perm(len(in.variants))
		at = int64(order[at])
	}
	*n++
	return u.do(in.variants[at])
}

func (u *user) do(r *request) bool {
	now, ok := u.ready()
	if !ok && !u.arrived { // an arrival that began sends its first request
		return false
	}
	u.spins = 0
	if !u.request(r, now) {
		return false
	}
	u.received += u.sample.Received
	u.sent += u.sample.Sent
	u.failed = u.sample.Kind != OK
	if u.failed {
		return u.afterFailure(r.OnError)
	}
	return r.Resources == nil || u.loadResources(r)
}

// afterFailure does what the request or else the group says of failed samples.
func (u *user) afterFailure(own *ErrorAction) bool {
	action := u.script.group.OnError
	if own != nil {
		action = *own
	}
	switch action {
	case NextIteration:
		return u.endIteration(nil)
	case StopUser:
		return false
	case StopRun:
		u.stopRun(u.sample.Label + " failed and on_error is stop")
		return false
	}
	return true
}

func (u *user) think(in *instruction) bool {
	now := time.Now()
	return !u.over(now) && u.pauseUntil(now, now.Add(u.pauseOf(in.step.Think)))
}

func (u *user) pauseOf(t *Think) time.Duration {
	if t.text == nil {
		return t.draw(u.rng)
	}
	b, err := t.text.append(u.scratch[:0], u)
	u.scratch = b
	var read *Think
	if err == nil {
		read, err = ParseThink(string(b))
	}
	if err != nil {
		u.runner.warn(fmt.Sprintf("think %s is no pause and was left out: %v", t, err))
		return 0
	}
	return read.draw(u.rng)
}

// pauseUntil waits as the plan has it, which makes no arrival late.
func (u *user) pauseUntil(now, t time.Time) bool {
	u.arrival.due = u.arrival.due.Add(max(0, t.Sub(now)))
	return u.sleepUntil(t) && (len(u.runner.steering.Load().history) == 0 || u.standStill(now, t))
}

func (u *user) markStep(in *instruction) bool {
	now, ok := u.ready()
	if !ok {
		return false
	}
	ok = u.mark(u.label(in.step.Mark, in.step.MarkText), in.step.Assert, now)
	if in.step.Assert != nil {
		u.failed = !ok
	}
	if !ok {
		u.failedMarks++
		return u.afterFailure(nil)
	}
	return true
}

func (u *user) endIteration(*instruction) bool {
	u.unwind(0)
	u.pc = len(u.script.code)
	return true
}

func (u *user) endUser(*instruction) bool {
	u.unwind(0)
	return false
}

func (u *user) endRun(in *instruction) bool {
	u.unwind(0)
	if in.step.Jump == CutRun {
		defer u.runner.cut()
	}
	u.stopRun(fmt.Sprintf("a step of %s stopped it", u.script.group.Name))
	return false
}

// beginLoop works out what bounds a loop.
func (u *user) beginLoop(in *instruction) bool {
	l, bound := in.step.Loop, &u.registers[in.register+1]
	u.registers[in.register] = 0
	switch {
	case l.Times != nil:
		*bound = u.times(in)
	case l.For > 0:
		*bound = int64(time.Now().Add(l.For).Sub(u.runner.start))
	case l.Each != nil:
		*bound = int64(len(u.elements(in)))
	}
	return true
}

// times is how often a loop goes round.
func (u *user) times(in *instruction) int64 {
	if in.times >= 0 {
		return in.times
	}
	text := in.step.Loop.Times
	b, err := text.append(u.scratch[:0], u)
	u.scratch = b
	n, wrong := strconv.ParseInt(string(b), 10, 64)
	if err != nil || wrong != nil {
		u.runner.warn(fmt.Sprintf("repeat %s is not a whole number and counted as 0", text))
		return 0
	}
	return n
}

// elements are those of the list that a loop is about to go through.
func (u *user) elements(in *instruction) []string {
	list := &u.lists[in.shared]
	each := in.step.Loop.Each
	if in.items != nil {
		*list = in.items
		return *list
	}
	if each.Of == nil {
		all := u.List(each.List)
		to := len(all)
		if each.To > 0 {
			to = min(to, each.To)
		}
		*list = all[min(each.From, to):to]
		return *list
	}
	*list = nil
	for _, t := range each.Of {
		b, err := t.append(u.scratch[:0], u)
		if u.scratch = b; err != nil {
			u.runner.warn(fmt.Sprintf("foreach leaves out %s: %v", t, err))
			continue
		}
		*list = append(*list, string(b))
	}
	return *list
}

// mostSpins is how often loops go round without anything that takes time: more is a loop without an end.
const mostSpins = 1_000_000

// pass begins a loop's next pass, if there is one.
func (u *user) pass(in *instruction) bool {
	l, number, bound := in.step.Loop, &u.registers[in.register], u.registers[in.register+1]
	more := *number < bound
	switch {
	case l.While != nil:
		more = u.holds(l.While)
	case l.For > 0:
		more = int64(time.Since(u.runner.start)) < bound
	}
	if !more {
		u.pc = in.to
		return true
	}
	*number++
	if l.Index != "" {
		u.set(l.Index, strconv.FormatInt(*number, 10))
	}
	if l.Each != nil {
		u.set(l.Each.Name, u.lists[in.shared][*number-1])
		return true
	}
	if u.spins++; u.spins > mostSpins && l.Times == nil {
		u.stopRun(fmt.Sprintf("a loop of %s went round %d times without a request or a pause", u.script.group.Name, mostSpins))
		return false
	}
	return u.spins&0xff != 0 || !u.over(time.Now())
}

func (u *user) once(in *instruction) bool {
	if u.registers[in.register]++; u.registers[in.register] > 1 {
		u.pc = in.to
	}
	return true
}

// shared does its part of the times exactly, and begins with another one for each user: with 30 %, three of ten
// users have their first time at once, whatever their number (by the golden ratio, whose multiples lie evenly).
func (u *user) shared(in *instruction) bool {
	s, n := in.step.Share, &u.registers[in.register]
	had := *n
	*n++
	if s.Times > 0 {
		if s.Per != PerUser {
			had = u.dealt(s.Per, had, in.again)
		}
		if had >= s.Times {
			u.pc = in.to
		}
		return true
	}
	_, phase := math.Modf(float64(u.index) * (math.Phi - 1))
	if math.Floor(float64(had)*s.Part+phase+tiny) == math.Floor(float64(*n)*s.Part+phase+tiny) {
		u.pc = in.to
	}
	return true
}

func (u *user) pick(in *instruction) bool {
	p := in.step.Pick
	if p.Choice == InTurn {
		n := &u.registers[in.register]
		u.pc = in.targets[*n%int64(len(in.targets))]
		*n++
		return true
	}
	u.pc = in.targets[p.draw(len(in.targets), u)]
	return true
}

// draw is one of n, at random.
func (p *Pick) draw(n int, u *user) int {
	if p.Weights == nil {
		return u.rng.IntN(n)
	}
	sum := 0.0
	for _, w := range p.Weights {
		sum += w
	}
	at := u.rng.Float64() * sum
	for i, w := range p.Weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return slices.IndexFunc(p.Weights, func(w float64) bool { return w > 0 })
}

func (u *user) shuffle(in *instruction) bool {
	u.registers[in.register] = 0
	order := u.orders[in.shared][:0]
	for i := range in.step.Steps {
		order = append(order, i)
	}
	u.rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	u.orders[in.shared] = order
	return true
}

func (u *user) nextShuffled(in *instruction) bool {
	n := &u.registers[in.register]
	if *n == int64(len(in.targets)) {
		u.pc = in.to
		return true
	}
	u.pc = in.targets[u.orders[in.shared][*n]]
	*n++
	return true
}

// count sets a counter's variable to its next number. It has two registers: how often it counted, and in which
// iteration it did last.
func (u *user) count(in *instruction) bool {
	c := in.step.Counter
	if last, now := &u.registers[in.register+1], int64(u.sample.Iteration); c.Per == EachIteration && *last != now {
		*last, u.registers[in.register] = now, 0
	}
	passes := u.registers[in.register]
	u.registers[in.register]++
	n := passes
	if c.Per == PerGroup || c.Per == PerRun {
		n = u.dealt(c.Per, passes, in.again)
	}
	if c.Step != 0 && c.End != math.MaxInt64 {
		n %= (c.End-c.Start)/c.Step + 1
	}
	u.set(c.Name, c.format(c.Start+n*c.Step))
	return true
}

func (c *Counter) format(n int64) string {
	if c.Before == "" && c.After == "" && c.Digits <= 1 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s%0*d%s", c.Before, c.Digits, n, c.After)
}

func (u *user) setStep(in *instruction) bool {
	for i := range in.step.Set {
		u.assign(&in.step.Set[i])
	}
	return true
}

// assign sets a variable, or takes its value away if there is none: a value left over would go on in silence.
func (u *user) assign(a *Assignment) {
	b, err := a.Value.append(u.scratch[:0], u)
	if u.scratch = b; err != nil {
		u.unset(a.Name)
		u.runner.warn(fmt.Sprintf("set %s: %v", a.Name, err))
		return
	}
	if u.variables[a.Name] != string(b) {
		u.set(a.Name, string(b))
	}
}
