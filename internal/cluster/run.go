package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"stickbench/loadgen"
)

// Run lets the agents do their segments and returns when all have ended, or are lost, and what they sent is with the
// sink. The contexts are those of loadgen.Runner: when graceful ends nothing new starts, when hard ends what is in
// flight is cut. The error is the sink's first, or what is missing of the run.
func (c *Coordinator) Run(graceful, hard context.Context) (loadgen.Account, error) {
	gauge := loadgen.NewGauge()
	running, end := context.WithCancel(context.Background())
	defer end()
	var beside errgroup.Group
	beside.Go(func() error {
		c.conduct(running, graceful, hard)
		return nil
	})
	var sources []source
	names := c.order.Names
	for _, name := range names {
		sources = append(sources, c.source(running, name))
	}
	err := merge(sources, c.newTally(), func(agent int, b *batch) {
		c.mu.Lock()
		k := c.members[names[agent]]
		k.recorded, k.behind, k.moved = b.first+uint64(b.count), b.sequence, time.Now()
		c.mu.Unlock()
	})
	c.settle(graceful)
	end()
	beside.Wait()
	c.mu.Lock()
	c.merged, c.Generator = true, gauge.Since()
	c.mu.Unlock()
	account := c.account()
	if err == nil {
		err = c.missing()
	}
	c.end("")
	return account, err
}

// conduct tells the agents twice a second how far the run is, and decides for all of them.
func (c *Coordinator) conduct(ctx, graceful, hard context.Context) {
	tick := time.NewTicker(told)
	defer tick.Stop()
	said := map[string]bool{}
	written := time.Now()
	for n := 0; ; n++ {
		var stop, cut <-chan struct{}
		c.mu.Lock()
		if c.order.Phase < stopping {
			stop = graceful.Done()
		}
		if c.order.Phase < cutting {
			cut = hard.Done()
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-stop:
			c.raise(stopping)
		case <-cut:
			c.raise(cutting)
		case <-changed:
			if c.decide(said) {
				c.write()
			}
		case <-tick.C:
			c.refresh(ctx)
			c.decide(said)
			if err := c.write(); err == nil {
				written = time.Now()
			} else if time.Since(written) > c.patient() {
				c.giveUp(fmt.Sprintf("the NATS server took nothing for %v: %v", c.patient(), err), func(*known) bool { return true })
			}
			c.giveUp("its samples do not come any more: is the disk of the NATS server full?", func(k *known) bool {
				return k.State == done && time.Since(k.moved) > c.patient()
			})
			if n%20 == 0 {
				c.purge(ctx)
			}
		}
	}
}

// mostPatience is how long a server may take nothing, and how long after an agent's end none of its samples may come,
// until that is a loss. Agents have lost the coordinator by then, or never will be done.
const mostPatience = 2 * lease

func (c *Coordinator) patient() time.Duration { return cmp.Or(c.patience, mostPatience) }

// giveUp loses the agents, of those that are so, whose last batch is missing.
func (c *Coordinator) giveUp(why string, so func(*known) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.order.Names {
		if k := c.members[name]; k.lost == "" && !k.ended && so(k) {
			k.lose(why)
			c.tellChanged()
		}
	}
}

// raise tells the agents to stop, or to cut.
func (c *Coordinator) raise(p phase) {
	c.tell(func(o *order) { o.Phase = max(o.Phase, p) })
}

// decide looks at all agents: whether one stops the run for all, is lost, or waits for the others. It reports whether
// there is something to be told at once.
func (c *Coordinator) decide(said map[string]bool) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, met := c.order.Phase, len(c.order.Met)
	c.order.Kept = c.kept()
	for _, name := range c.order.Names {
		k := c.members[name]
		if k.Stopped != "" {
			c.order.Phase = max(c.order.Phase, stopping)
		}
		if k.lost != "" && !said[name] {
			said[name] = true
			then := "the others go on"
			if c.StopOnLoss {
				then = "the run is stopped"
				c.order.Phase = max(c.order.Phase, stopping)
			}
			c.Say("agent %s is lost: %s; %s", name, k.lost, then)
		}
	}
	for _, p := range []loadgen.Phase{loadgen.Setup, loadgen.Main} {
		c.meet(p)
	}
	return c.order.Phase != before || len(c.order.Met) != met
}

// meet lets the agents go on that have all come to the end of a phase.
func (c *Coordinator) meet(p loadgen.Phase) {
	if slices.Contains(c.order.Met, p) {
		return
	}
	shared := map[string]loadgen.Shared{}
	for _, name := range c.order.Names {
		k := c.members[name]
		if k.lost == "" && k.State != done && !slices.Contains(k.Ended, p) {
			return
		}
		for name, v := range k.Left {
			if other, ok := shared[name]; !ok || v.User < other.User {
				shared[name] = v
			}
		}
	}
	c.order.Met = append(c.order.Met, p)
	if p == loadgen.Setup {
		c.order.Shared = shared
	}
}

// Steer has the agents steer the run, each as soon as it is told (loadgen.Runner.Steer). The error is what cannot be done
// with agents.
func (c *Coordinator) Steer(history []loadgen.Steering) error {
	for i := range c.plan.Groups {
		if g := &c.plan.Groups[i]; history[len(history)-1].Users[i] >= 0 && g.Duration == 0 && g.Stages == nil {
			return fmt.Errorf("users of %s: with agents they are changed only in groups with a duration or stages: no agent knows when the users of others are done", g.Name)
		}
	}
	c.tell(func(o *order) { o.Steered = history }) // conduct tells it again
	return nil
}

// purge removes from the stream what is recorded.
func (c *Coordinator) purge(ctx context.Context) {
	c.mu.Lock()
	seen := map[string]uint64{}
	for name, k := range c.members {
		seen[name] = k.behind
	}
	c.mu.Unlock()
	for name, sequence := range seen {
		if sequence > 0 {
			c.stream.Purge(ctx, jetstream.WithPurgeSubject(samplesSubject(c.run, name)), jetstream.WithPurgeSequence(sequence))
		}
	}
}

// source gives what an agent sent, in order, until its last batch, or, when it is lost, until the last one that came.
func (c *Coordinator) source(ctx context.Context, name string) source {
	c.mu.Lock()
	k := c.members[name]
	epoch := k.Epoch
	c.mu.Unlock()
	ready := make(chan *batch, 8)
	go func() {
		defer close(ready)
		for away := 0; c.receive(ctx, name, k, epoch, ready) != nil; away++ {
			if k.isLost() && away > int(c.patient()/told) {
				return
			}
			select { // the server is away
			case <-ctx.Done():
				return
			case <-time.After(told):
			}
		}
	}()
	return func() *batch {
		b := <-ready
		if b != nil && b.last() {
			c.mu.Lock()
			k.ended = true
			c.mu.Unlock()
			go func() { // nothing comes behind it
				for range ready {
				}
			}()
		}
		return b
	}
}

// receive receives an agent's batches. The error is one of the server's, which may be back later.
func (c *Coordinator) receive(ctx context.Context, name string, k *known, epoch uint64, ready chan<- *batch) error {
	consumer, err := c.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{samplesSubject(c.run, name)}})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(32))
	if err != nil {
		return err
	}
	defer messages.Stop()
	gone := make(chan struct{})
	defer close(gone)
	go func() {
		select {
		case <-ctx.Done():
			messages.Stop()
		case <-k.gone:
			c.untilLast(ctx, name, k)
			messages.Stop()
		case <-gone:
		}
	}()
	for {
		m, err := messages.Next()
		if err != nil {
			if ctx.Err() != nil || k.isLost() {
				return nil
			}
			return err
		}
		b, err := parseBatch(m.Data())
		if err != nil || b.epoch != epoch {
			continue
		}
		meta, err := m.Metadata()
		if err != nil {
			continue
		}
		b.sequence = meta.Sequence.Stream
		for _, b := range k.box.take(b) {
			select {
			case ready <- b:
			case <-ctx.Done():
				return nil
			}
			if b.last() {
				return nil
			}
		}
		k.got.Store(meta.Sequence.Stream)
	}
}

// untilLast waits until the last batch that a lost agent sent has been received, for a bounded time.
func (c *Coordinator) untilLast(ctx context.Context, name string, k *known) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		last, err := c.stream.GetLastMsgForSubject(ctx, samplesSubject(c.run, name))
		if err == nil && k.got.Load() >= last.Sequence || err != nil && k.got.Load() == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(told / 5):
		}
	}
}

func (k *known) isLost() bool {
	select {
	case <-k.gone:
		return true
	default:
		return false
	}
}

// settle waits for the ledgers of the agents whose last batch came: they tell them at once.
func (c *Coordinator) settle(graceful context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(graceful), lease)
	defer cancel()
	c.await(ctx, func() bool {
		for _, name := range c.order.Names {
			if k := c.members[name]; k.lost == "" && k.Ledger == nil {
				return false
			}
		}
		return true
	})
}

// tally counts what each agent recorded, before the sink, and adds the users of the other agents to those of each
// sample.
type tally struct {
	c      *Coordinator
	agents []*known
	owners owners
	active [][]int // users of each agent's last sample, by group
	all    int     // users of all agents' last samples
	broken bool
}

func (c *Coordinator) newTally() *tally {
	t := &tally{c: c, owners: ownersOf(c.plan, c.order.Weights)}
	for _, name := range c.order.Names {
		t.agents = append(t.agents, c.members[name])
	}
	for range c.plan.Groups {
		t.active = append(t.active, make([]int, len(t.agents)))
	}
	return t
}

// owners are the first users, from 1, of each agent, by group.
type owners [][]int

func ownersOf(plan *loadgen.Plan, weights []int) (all owners) {
	before := 1
	for i := range plan.Groups {
		var first []int
		for k := range weights {
			from, _ := loadgen.Segment{Index: k, Weights: weights}.Users(&plan.Groups[i])
			first = append(first, before+from)
		}
		all = append(all, first)
		before += plan.Groups[i].Users
	}
	return all
}

// agent is the place of the one that has a user of the group: of several that begin with the same user, those before the
// last have none of the group.
func (o owners) agent(user, group int) int {
	first := o[group]
	return max(0, sort.Search(len(first), func(i int) bool { return first[i] > user })-1)
}

// Ranges are the users of the agent of that place, the first and the last, from 0, of each group of which it has some.
func Ranges(plan *loadgen.Plan, weights []int, place int) (all [][2]int) {
	before := 0
	for g := range plan.Groups {
		if from, to := (loadgen.Segment{Index: place, Weights: weights}).Users(&plan.Groups[g]); to > from {
			all = append(all, [2]int{before + from, before + to - 1})
		}
		before += plan.Groups[g].Users
	}
	return all
}

func (t *tally) Record(s *loadgen.Sample) error {
	group := t.c.plan.GroupOf(s.User)
	agent := t.owners.agent(s.User, group)
	k := t.agents[agent]
	k.counts.add(s)
	if s.IsRequest() {
		if s.Failed() {
			k.failed++
		} else {
			k.ok++
		}
	}
	t.all += s.ActiveAll - k.active
	k.active, t.active[group][agent] = s.ActiveAll, s.ActiveGroup
	s.ActiveAll, s.ActiveGroup = t.all, 0
	for _, n := range t.active[group] {
		s.ActiveGroup += n
	}
	return t.check(t.c.sink.Record(s))
}

// check stops the run when the sink fails for the first time.
func (t *tally) check(err error) error {
	if err != nil && !t.broken {
		t.broken = true
		t.c.raise(stopping)
	}
	return err
}

func (t *tally) Flush() error { return t.check(t.c.sink.Flush()) }

// Close does nothing: the sink is closed by whoever made it.
func (t *tally) Close() error { return nil }

// Progress is that of all agents, as they told it last.
func (c *Coordinator) Progress(now time.Time) []loadgen.Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]loadgen.Progress, len(c.plan.Groups))
	for i := range all {
		all[i].Group = c.plan.Groups[i].Name
		for _, name := range c.order.Names {
			k := c.members[name]
			if i >= len(k.Progress) {
				continue
			}
			p, of := &all[i], &k.Progress[i]
			p.Users += of.Users
			p.Started += of.Started
			p.Ended += of.Ended
			p.Iterations += of.Iterations
			p.OfIterations += of.OfIterations
			p.OfDuration = max(p.OfDuration, of.OfDuration)
			p.Elapsed = max(p.Elapsed, of.Elapsed)
			if k.lost == "" {
				p.Active += of.Active
			}
		}
	}
	return all
}

// Agents are the agents of the run, in the order of their segments, as they told of themselves last. What they recorded
// by label is known after Run.
func (c *Coordinator) Agents() []Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Report
	for i, name := range c.order.Names {
		k := c.members[name]
		r := Report{
			Name: name, Host: k.Host, CPUs: k.CPUs, Skew: time.Duration(k.Skew), RoundTrip: time.Duration(k.RoundTrip),
			Lost: k.lost, Error: k.Error, Ledger: k.Ledger, Recorded: k.recorded, Progress: k.Progress,
		}
		if c.merged {
			r.Counts, r.Account = k.counts.Counts, k.account()
		}
		r.Users = Ranges(c.plan, c.order.Weights, i)
		all = append(all, r)
	}
	return all
}

// Report is one agent of a run.
type Report struct {
	Name, Host string
	CPUs       int
	// Users are the ranges of users that it ran, from 0, one for each group.
	Users [][2]int
	// Skew is how far its clock was ahead of the coordinator's, within half of RoundTrip.
	Skew, RoundTrip time.Duration
	Lost            string // why it was lost, "" if it was not
	Error           string // what befell it all the same
	Ledger          *Ledger
	Account         loadgen.Account    // its ledger's, or of a lost one what is known
	Recorded        uint64             // samples of it that are with the sink
	Progress        []loadgen.Progress // of its groups
	Counts          Counts
}

// account is the agent's ledger, or, of a lost one, what arrived, with the users that were at work as cut.
func (k *known) account() (a loadgen.Account) {
	if k.Ledger != nil {
		return k.Ledger.Account
	}
	a.OK, a.Failed = k.ok, k.failed
	told := 0
	for _, p := range k.Progress {
		told += p.Active
		a.Iterations += p.Iterations
	}
	a.Cut = int64(max(told, k.active))
	a.Started = a.OK + a.Failed + a.Cut
	return a
}

// account is that of all agents. The generator is the one that had most to do: the run is as good as its worst.
func (c *Coordinator) account() (sum loadgen.Account) {
	for _, r := range c.Agents() {
		a := r.Account
		g := sum.Generator
		if a.Generator.Load() > g.Load() || g.Wall == 0 {
			g = a.Generator
		}
		sum.Add(&a)
		sum.Stalls += a.Stalls
		sum.Stalled += a.Stalled
		sum.Generator = g
		sum.Stopped, sum.Gone = cmp.Or(sum.Stopped, a.Stopped), cmp.Or(sum.Gone, a.Gone)
		for _, w := range a.Warnings {
			sum.Warnings = append(sum.Warnings, "agent "+r.Name+": "+w)
		}
		if r.Skew.Abs() > mostSkew {
			sum.Warnings = append(sum.Warnings, fmt.Sprintf("agent %s: its clock was off by %v; its times were put right by that, to within %v", r.Name, r.Skew.Round(time.Millisecond), (r.RoundTrip/2).Round(10*time.Microsecond)))
		}
	}
	return sum
}

// mostSkew is what an agent's clock may be off by without a warning.
const mostSkew = 50 * time.Millisecond

// missing says what of the run is not there, as an error; nil if everything is.
func (c *Coordinator) missing() error {
	var all []string
	kept := true
	for _, r := range c.Agents() {
		of := r.missing()
		all = append(all, of...)
		kept = kept && (len(of) == 0 || r.keeps())
	}
	if asked := c.Asked(); len(all) == 0 && c.order.Phase < stopping && len(c.order.Steered) == 0 {
		all, kept = asked.missing(), false
	}
	if len(all) == 0 {
		return nil
	}
	return &Incomplete{Missing: all, Kept: kept}
}

// Incomplete says what is missing of a run.
type Incomplete struct {
	Missing []string
	// Kept says that the agents that were lost did all of their work, and keep what is missing of it.
	Kept bool
}

func (i *Incomplete) Error() string { return strings.Join(i.Missing, "; ") }

// keeps reports whether the agent was lost with all of its work done: what did not arrive is in its file.
func (r *Report) keeps() bool {
	return r.Lost != "" && r.Ledger != nil && r.Ledger.Dropped == 0 && r.Recorded < r.Ledger.Samples
}

// missing compares what arrived of an agent with what it says it did.
func (r *Report) missing() (all []string) {
	say := func(format string, args ...any) { all = append(all, "agent "+r.Name+" "+fmt.Sprintf(format, args...)) }
	switch {
	case r.keeps():
		say("was lost (%s): %d of its %d samples did not arrive; it keeps them in a file, which `stickbench report --merge` adds to the run", r.Lost, r.Ledger.Samples-r.Recorded, r.Ledger.Samples)
		return all
	case r.Lost != "":
		say("was lost (%s): %d requests of its users were cut", r.Lost, r.Account.Cut)
		return all
	case r.Ledger == nil:
		say("did not give account of what it did")
		return all
	case r.Error != "":
		say("ended early: %s", r.Error)
	}
	if r.Ledger.Dropped > 0 {
		say("had no room for %d samples, in memory or in its file", r.Ledger.Dropped)
	} else if r.Recorded != r.Ledger.Samples {
		say("recorded %d samples, and %d arrived", r.Ledger.Samples, r.Recorded)
	}
	if r.Ledger.Dropped > 0 {
		return all
	}
	for _, label := range slices.Sorted(maps.Keys(r.Ledger.Labels)) {
		told, came := r.Ledger.Labels[label], cmp.Or(r.Counts[label], &Count{})
		if *told != *came {
			say("counted %+v for %q, and %+v arrived", *told, label, *came)
		}
	}
	return all
}
