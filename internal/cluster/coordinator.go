package cluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"stickbench/loadgen"
)

// Coordinator makes a run of many agents, in the place of one engine (loadgen.Runner).
type Coordinator struct {
	// StopOnLoss stops the run when an agent is lost; else the others go on.
	StopOnLoss bool
	// Say takes messages for the user.
	Say func(format string, args ...any)
	// Generator is, after Run, what the run was like for this process.
	Generator loadgen.Generator

	patience time.Duration // with a server that takes nothing, and with samples that do not come; 0 is mostPatience
	carrier  *carrier
	plan     *loadgen.Plan
	sink     loadgen.Sink
	run      string
	version  string
	bundle   string // its hash
	jet      jetstream.JetStream
	keys     jetstream.KeyValue
	stream   jetstream.Stream
	asked    []*nats.Subscription
	watching context.CancelFunc
	ending   sync.Once

	mu      sync.Mutex
	order   order
	members map[string]*known // by name
	changed chan struct{}     // closed when a member changes
	start   time.Time         // T0, with its monotonic reading
	merged  bool              // all that came is with the sink
}

// known is what the coordinator knows of an agent.
type known struct {
	member
	revision uint64    // of its key
	heard    time.Time // of it, last

	lost string        // why it counts as lost, "" if it does not
	gone chan struct{} // closed when it is lost

	recorded uint64        // samples of it that are with the sink
	moved    time.Time     // when a batch of these came last, or the agent's state changed
	ended    bool          // its last batch came
	behind   uint64        // the place in the stream of the last batch of these
	got      atomic.Uint64 // that of the last batch that was received
	box      inbox         // of the goroutine that receives

	// What was recorded belongs to the goroutine that merges, until it is done.
	counts     counter
	ok, failed int64 // requests
	active     int   // users of its last sample
}

// Open prepares a run of the plan whose samples go to sink. bundle is what agents need to make the plan of.
func Open(ctx context.Context, s Server, version string, plan *loadgen.Plan, bundle []byte, sink loadgen.Sink) (*Coordinator, error) {
	carrier, err := s.open()
	if err != nil {
		return nil, err
	}
	c := &Coordinator{
		carrier: carrier, plan: plan, sink: sink, version: version, run: strings.ToLower(rand.Text()[:10]),
		members: map[string]*known{}, changed: make(chan struct{}), Say: func(string, ...any) {},
	}
	rand.Read(c.order.Salt[:])
	if err := c.prepare(ctx, bundle); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// prepare makes what the run needs on the server.
func (c *Coordinator) prepare(ctx context.Context, bundle []byte) (err error) {
	sum := sha256.Sum256(bundle)
	c.bundle = hex.EncodeToString(sum[:])
	if c.jet, err = jetstream.New(c.carrier.conn); err != nil {
		return err
	}
	c.keys, err = c.jet.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: bucket(c.run), TTL: lease, LimitMarkerTTL: time.Second, Storage: jetstream.FileStorage})
	if err != nil {
		return fmt.Errorf("the NATS server has no JetStream that can be used (nats-server -js, version 2.11 or newer): %w", err)
	}
	objects, err := c.jet.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: bucket(c.run)})
	if err == nil {
		_, err = objects.PutBytes(ctx, c.bundle, bundle)
	}
	if err != nil {
		return fmt.Errorf("the plan cannot be handed out: %w", err)
	}
	c.stream, err = c.jet.CreateStream(ctx, jetstream.StreamConfig{
		Name: bucket(c.run), Subjects: []string{samplesSubject(c.run, "*")}, Storage: jetstream.FileStorage, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		return fmt.Errorf("the stream of samples: %w", err)
	}
	if err := c.write(); err != nil {
		return err
	}
	var watched context.Context
	watched, c.watching = context.WithCancel(context.Background())
	watcher, err := c.keys.Watch(watched, agentKey("*"))
	if err != nil {
		return err
	}
	go c.watch(watched, watcher)
	return c.listen()
}

// listen answers agents that come, and their questions of the time.
func (c *Coordinator) listen() error {
	for subject, respond := range map[string]nats.MsgHandler{
		helloSubject: c.welcome,
		clockSubject(c.run): func(m *nats.Msg) {
			m.Respond(binary.LittleEndian.AppendUint64(nil, uint64(time.Now().UnixNano())))
		},
	} {
		s, err := c.carrier.conn.Subscribe(subject, respond)
		if err != nil {
			return err
		}
		c.asked = append(c.asked, s)
	}
	return c.carrier.conn.FlushTimeout(mostPatience) // an agent may come at once
}

func (c *Coordinator) welcome(m *nats.Msg) {
	var h hello
	if json.Unmarshal(m.Data, &h) != nil {
		return
	}
	w := welcome{Run: c.run, Bundle: c.bundle}
	c.mu.Lock()
	begun := c.order.Phase > gathering
	c.mu.Unlock()
	switch {
	case begun:
		w.Refuse = "the run has begun without it"
	case h.Version != c.version:
		w.Refuse = fmt.Sprintf("it is version %s of stickbench, and the coordinator is version %s: use the same one", h.Version, c.version)
	}
	if w.Refuse != "" {
		c.Say("agent %s was refused: %s", h.Name, w.Refuse)
	}
	m.Respond(encode(w))
}

// Division is the run's id, and its agents with their weights, in the order of their segments. It is for after Prepare.
func (c *Coordinator) Division() (run string, names []string, weights []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run, c.order.Names, c.order.Weights
}

// Join is the address for agents, and the token that they say; "" for none.
func (c *Coordinator) Join() (url, token string) { return c.carrier.join, c.carrier.token }

// watch follows what agents tell.
func (c *Coordinator) watch(ctx context.Context, watcher jetstream.KeyWatcher) {
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case entry, ok := <-watcher.Updates():
			if !ok {
				return
			}
			if entry != nil {
				c.heard(entry)
			}
		}
	}
}

func (c *Coordinator) heard(entry jetstream.KeyValueEntry) {
	name := strings.TrimPrefix(entry.Key(), agentKey(""))
	if entry.Operation() != jetstream.KeyValuePut {
		c.Lose(name, unheard)
		return
	}
	var m member
	if json.Unmarshal(entry.Value(), &m) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.members[name]
	if k == nil {
		if c.order.Phase > gathering {
			return
		}
		k = &known{gone: make(chan struct{}), counts: counter{Counts: Counts{}}}
		c.members[name] = k
		c.Say("agent %s has joined (%s, %d processors)", name, m.Host, m.CPUs)
	}
	if entry.Revision() <= k.revision {
		return
	}
	k.revision, k.heard = entry.Revision(), time.Now()
	if m.State != k.State {
		k.moved = time.Now()
	}
	if k.lost == "" {
		k.member = m
	}
	if k.State == failed && k.lost == "" {
		k.lose(m.Error)
	}
	c.tellChanged()
}

const unheard = "it was not heard of any more"

// refresh asks for the agents that were not heard of for a while: what watches their keys may have missed a server that
// was started again, for longer than the run can wait.
func (c *Coordinator) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, told)
	defer cancel()
	var silent []string
	c.mu.Lock()
	for name, k := range c.members {
		if k.lost == "" && k.State < done && time.Since(k.heard) > 3*told {
			silent = append(silent, name)
		}
	}
	c.mu.Unlock()
	for _, name := range silent {
		entry, err := c.keys.Get(ctx, agentKey(name))
		switch {
		case err == nil:
			c.heard(entry)
		case errors.Is(err, jetstream.ErrKeyNotFound):
			c.Lose(name, unheard)
		}
	}
}

func (c *Coordinator) tellChanged() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (k *known) lose(why string) {
	k.lost = why
	close(k.gone)
}

// Lose says that an agent is gone, and how that is known.
func (c *Coordinator) Lose(name, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.members[name]
	switch {
	case k != nil && c.order.Phase == over: // nobody need wait for it
		k.State = left
		c.tellChanged()
		return
	case k == nil || k.lost != "" || k.State >= done:
		return
	}
	k.lose(why)
	if c.order.Phase == gathering {
		delete(c.members, name)
	}
	c.tellChanged()
}

// await returns once cond holds, which is asked whenever a member changes.
func (c *Coordinator) await(ctx context.Context, cond func() bool) error {
	for {
		c.mu.Lock()
		ok, changed := cond(), c.changed
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write tells the order, which is also how agents know that the coordinator is there.
func (c *Coordinator) write() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c.mu.Lock()
	now := encode(c.order)
	c.mu.Unlock()
	_, err := c.keys.Put(ctx, orderKey, now)
	return err
}

// tell changes the order and says so at once; Run's clock says it again if that fails.
func (c *Coordinator) tell(change func(*order)) error {
	c.mu.Lock()
	change(&c.order)
	c.mu.Unlock()
	return c.write()
}

// repeat is the clock: the order again and again until ctx ends.
func (c *Coordinator) repeat(ctx context.Context) {
	tick := time.NewTicker(told)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.write()
		}
	}
}

// Gather waits for n agents. The error says how many came.
func (c *Coordinator) Gather(ctx context.Context, n int, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go c.repeat(beating)
	err := c.await(ctx, func() bool { return len(c.members) >= n })
	if errors.Is(err, context.DeadlineExceeded) {
		c.mu.Lock()
		defer c.mu.Unlock()
		names := strings.Join(slices.Sorted(maps.Keys(c.members)), ", ")
		if names != "" {
			names = " (" + names + ")"
		}
		return fmt.Errorf("%d of %d agents%s came within %v", len(c.members), n, names, within)
	}
	return err
}

// Prepare has the agents prepare their segments, and waits until all are ready. target is where the laboratory is, ""
// for the plan's own.
func (c *Coordinator) Prepare(ctx context.Context, target string, within time.Duration) error {
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go c.repeat(beating)
	c.mu.Lock()
	names := slices.Sorted(maps.Keys(c.members))
	var weights []int
	for _, name := range names {
		weights = append(weights, max(1, c.members[name].Weight))
	}
	c.mu.Unlock()
	if err := (loadgen.Segment{Weights: weights}).Check(c.plan); err != nil {
		return err
	}
	err := c.tell(func(o *order) { o.Phase, o.Names, o.Weights, o.Target = preparing, names, weights, target })
	if err == nil {
		err = c.ready(ctx, within)
	}
	return err
}

// Begin announces the start, and returns when it has come.
func (c *Coordinator) Begin(ctx context.Context) (time.Time, error) {
	c.start = time.Now().Add(lead)
	if err := c.tell(func(o *order) { o.Phase, o.Start = running, c.start.UnixNano() }); err != nil {
		return time.Time{}, err
	}
	wait := time.NewTimer(time.Until(c.start))
	defer wait.Stop()
	select {
	case <-wait.C:
		return c.start, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// ready waits until all agents are, or one says that it cannot.
func (c *Coordinator) ready(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var missing, refused []string
	err := c.await(ctx, func() bool {
		missing, refused = nil, nil
		for _, name := range c.order.Names {
			k := c.members[name]
			switch {
			case k.lost != "":
				refused = append(refused, name+": "+k.lost)
			case k.State < ready:
				missing = append(missing, name)
			}
		}
		return len(refused) > 0 || len(missing) == 0
	})
	switch {
	case len(refused) > 0:
		return fmt.Errorf("the agents cannot do it: %s", strings.Join(refused, "; "))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("agents %s were not ready within %v", strings.Join(missing, ", "), within)
	}
	return err
}

// Close ends the run for all agents, and the server if it is the coordinator's own. It may be called again, and at once;
// each call returns when that is done.
func (c *Coordinator) Close() { c.end("the coordinator gave it up") }

// end is Close for the reason why.
func (c *Coordinator) end(why string) {
	c.ending.Do(func() {
		if c.keys != nil {
			c.mu.Lock()
			ended := c.order.Phase == over
			c.mu.Unlock()
			if !ended {
				c.tell(func(o *order) { o.Phase, o.Why, o.Kept = over, why, c.kept() })
			}
		}
		if c.watching != nil {
			c.farewell()
			c.watching()
		}
		for _, s := range c.asked {
			s.Unsubscribe()
		}
		if c.keys != nil {
			c.remove()
		}
		c.carrier.close()
	})
}

// kept are the samples of each agent that are with the sink.
func (c *Coordinator) kept() map[string]uint64 {
	all := map[string]uint64{}
	for _, name := range c.order.Names {
		all[name] = c.members[name].recorded
	}
	return all
}

// farewell waits until the agents that are not lost have heard the end, for as long as they would wait for it: one that
// has not takes the coordinator for gone.
func (c *Coordinator) farewell() {
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	c.await(ctx, func() bool {
		for _, k := range c.members {
			if k.lost == "" && k.State != left {
				return false
			}
		}
		return true
	})
}

// remove removes what was the run's from the server.
func (c *Coordinator) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	c.jet.DeleteStream(ctx, bucket(c.run))
	c.jet.DeleteObjectStore(ctx, bucket(c.run))
	c.jet.DeleteKeyValue(ctx, bucket(c.run))
}
