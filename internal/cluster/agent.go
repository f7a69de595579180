package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"stickbench/internal/redact"
	"stickbench/loadgen"
)

// Agent is one machine of a run.
type Agent struct {
	// URL is where the coordinator is, as its join command has it, Token what it asks for, Credentials a file of NATS.
	URL, Token, Credentials string
	// CA is a file with the authorities that vouch for the server, "" for the system's. A fingerprint in URL needs none.
	CA string
	// Name is the agent's own, single in its run.
	Name string
	// Weight is what it can do compared with others, from 1.
	Weight  int
	Version string
	// Patience is how long it tries to find a coordinator.
	Patience time.Duration
	// File is where samples go that the coordinator has not recorded, when memory is full or the coordinator is gone; "" is
	// one named after run and agent.
	File string
	// Prepare makes the run of the agent's segment out of what the coordinator sent. The target is where the
	// laboratory is, "" for the plan's own.
	Prepare func(bundle []byte, target string, segment loadgen.Segment, sink loadgen.Sink) (*loadgen.Runner, error)
	// Say takes messages for whoever looks at the agent.
	Say func(format string, args ...any)

	room   int // of its outbox, in bytes; 0 is mostKept
	conn   *nats.Conn
	keys   jetstream.KeyValue
	stream jetstream.JetStream
	run    string
	bundle []byte

	renewing sync.Mutex
	revision uint64 // of the agent's key

	mu     sync.Mutex
	member member
	order  order
	heard  int           // orders so far
	news   chan struct{} // closed when an order comes
	gone   context.Context
	lose   context.CancelCauseFunc
}

// The ways in which an agent's work ends before its time.
var (
	// ErrNoCoordinator says that nobody coordinates a run there.
	ErrNoCoordinator = errors.New("nobody coordinates a run there")
	// ErrCoordinatorLost says that the coordinator was not heard of any more.
	ErrCoordinatorLost = errors.New("the coordinator is gone")
	// ErrRefused says that the coordinator did not take the agent.
	ErrRefused = errors.New("refused")
	// ErrLeftBehind says that the coordinator ended the run without all of the agent's samples.
	ErrLeftBehind = errors.New("the run ended without all samples of this agent, which did not reach the coordinator")
	// ErrFenced says that another agent goes by the name now.
	ErrFenced = errors.New("another agent has the name now: this one was silent for too long")
)

// Work joins a run, does a segment of it, and returns when the run is over. When graceful ends, nothing new starts;
// when hard ends, what is in flight is cut.
func (a *Agent) Work(graceful, hard context.Context) error {
	a.news = make(chan struct{})
	a.gone, a.lose = context.WithCancelCause(context.Background())
	defer a.lose(nil)
	var seed [8]byte
	rand.Read(seed[:])
	host, _ := os.Hostname()
	a.member = member{Name: a.Name, Epoch: binary.LittleEndian.Uint64(seed[:]) >> 11, Host: host, CPUs: runtime.GOMAXPROCS(0), Weight: max(1, a.Weight)}
	if err := a.join(graceful); err != nil {
		if a.conn != nil {
			a.conn.Close()
		}
		return err
	}
	defer a.conn.Close()
	a.Say("joined as %s; waiting for the run to begin", a.Name)
	background, end := context.WithCancel(context.Background())
	defer end()
	var beside errgroup.Group
	beside.Go(func() error { return a.watch(background) })
	beside.Go(func() error { return a.listen(background) })
	err := a.work(graceful, hard)
	if a.ordered(over) {
		a.tell(func(m *member) { m.State = left })
	}
	end()
	beside.Wait()
	return err
}

// join finds the coordinator, takes the name, and fetches the plan.
func (a *Agent) join(ctx context.Context) error {
	address, o, err := splitURL(a.URL)
	if err != nil {
		return err
	}
	o = append(o, options("agent "+a.Name)...)
	if a.Token != "" {
		o = append(o, nats.Token(a.Token))
	}
	if a.Credentials != "" {
		o = append(o, nats.UserCredentials(a.Credentials))
	}
	if a.CA != "" {
		o = append(o, nats.RootCAs(a.CA))
	}
	w, err := a.knock(ctx, address, o)
	if err != nil {
		return err
	}
	a.run = w.Run
	if a.stream, err = jetstream.New(a.conn); err == nil {
		a.keys, err = a.stream.KeyValue(ctx, bucket(a.run))
	}
	if err != nil {
		return fmt.Errorf("the run's keys cannot be read: %w", err)
	}
	a.revision, err = a.keys.Create(ctx, agentKey(a.Name), encode(a.member))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("%w: an agent %s is there already; give this one another name with --name", ErrRefused, a.Name)
	}
	if err != nil {
		return err
	}
	if err = a.fetch(ctx, w.Bundle); err != nil {
		return a.leave(err)
	}
	return nil
}

// knock connects and says hello until a coordinator answers.
func (a *Agent) knock(ctx context.Context, address string, o []nats.Option) (w welcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.Patience)
	defer cancel()
	for {
		if a.conn == nil {
			if a.conn, err = nats.Connect(address, o...); err != nil {
				a.conn = nil
			}
		}
		switch {
		case errors.Is(err, nats.ErrAuthorization):
			return w, fmt.Errorf("%w: the token is wrong, or missing: --token, as in the coordinator's join command", ErrRefused)
		case a.conn != nil:
			var m *nats.Msg
			if m, err = a.conn.RequestWithContext(ctx, helloSubject, encode(hello{a.Name, a.Version})); err == nil {
				if err = json.Unmarshal(m.Data, &w); err == nil && w.Refuse != "" {
					a.conn.Close()
					return w, fmt.Errorf("%w: %s", ErrRefused, w.Refuse)
				}
				return w, err
			}
			if errors.Is(err, nats.ErrNoResponders) {
				err = ErrNoCoordinator
			}
		}
		again := time.NewTimer(500 * time.Millisecond)
		select {
		case <-again.C:
		case <-ctx.Done():
			if a.conn != nil {
				a.conn.Close()
			}
			if errors.Is(ctx.Err(), context.Canceled) {
				err = ctx.Err() // whatever it was waiting for
			}
			return w, fmt.Errorf("%s: %w", redact.URL(a.URL), err)
		}
	}
}

// fetch fetches the plan and what belongs to it.
func (a *Agent) fetch(ctx context.Context, hash string) error {
	objects, err := a.stream.ObjectStore(ctx, bucket(a.run))
	if err == nil {
		a.bundle, err = objects.GetBytes(ctx, hash)
	}
	if err != nil {
		return fmt.Errorf("the plan cannot be fetched: %w", err)
	}
	if sum := sha256.Sum256(a.bundle); hex.EncodeToString(sum[:]) != hash {
		return fmt.Errorf("%w: the plan that came is not the coordinator's: its hash is %x, not %s", ErrRefused, sum, hash)
	}
	return nil
}

// watch follows the orders, and loses the coordinator when none has come for too long. It counts the looks at the
// clock, and not the time: an agent that was itself stopped for a while has missed nothing.
func (a *Agent) watch(ctx context.Context) error {
	watcher, err := a.keys.Watch(ctx, orderKey)
	if err != nil {
		a.lose(err)
		return err
	}
	defer watcher.Stop()
	tick := time.NewTicker(told)
	defer tick.Stop()
	silent, seen := 0, uint64(0)
	take := func(entry jetstream.KeyValueEntry) {
		var next order
		if entry.Revision() <= seen || entry.Operation() != jetstream.KeyValuePut || json.Unmarshal(entry.Value(), &next) != nil {
			return
		}
		silent, seen = 0, entry.Revision()
		a.mu.Lock()
		a.order = next
		a.heard++
		close(a.news)
		a.news = make(chan struct{})
		a.mu.Unlock()
	}
	updates := watcher.Updates()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if silent++; silent > int(silence/told) {
				a.lose(ErrCoordinatorLost)
				return nil
			}
			if silent > 2 { // the watcher may have missed a server that was started again
				ask, cancel := context.WithTimeout(ctx, told)
				if entry, err := a.keys.Get(ask, orderKey); err == nil {
					take(entry)
				}
				cancel()
			}
		case entry, ok := <-updates:
			if !ok {
				updates = nil
			} else if entry != nil {
				take(entry)
			}
		}
	}
}

// await returns the first order that is as wanted. The error is why there will be none.
func (a *Agent) await(ctx context.Context, wanted func(*order) bool) (order, error) {
	for {
		a.mu.Lock()
		now, heard, news := a.order, a.heard, a.news
		a.mu.Unlock()
		if heard > 0 && wanted(&now) {
			return now, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return now, ctx.Err()
		case <-a.gone.Done():
			return now, context.Cause(a.gone)
		}
	}
}

// tell changes how the agent is, and says so at once.
func (a *Agent) tell(change func(*member)) {
	a.mu.Lock()
	change(&a.member)
	a.mu.Unlock()
	a.renew()
}

// renew writes the agent's key. Whoever has it now is who wrote it last: this very agent, or the name is another's.
func (a *Agent) renew() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	a.renewing.Lock()
	defer a.renewing.Unlock()
	a.mu.Lock()
	now := encode(a.member)
	a.mu.Unlock()
	revision, err := a.keys.Update(ctx, agentKey(a.Name), now, a.revision)
	if err == nil {
		a.revision = revision
		return
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return // the network is away: again with the next one
	}
	entry, err := a.keys.Get(ctx, agentKey(a.Name))
	var holder member
	if err == nil && json.Unmarshal(entry.Value(), &holder) == nil {
		if holder.Epoch == a.member.Epoch {
			a.revision = entry.Revision() // the answer to an earlier one was lost
			return
		}
		a.lose(ErrFenced)
	} else if errors.Is(err, jetstream.ErrKeyNotFound) {
		a.lose(ErrFenced)
	}
}

// listen renews the lease.
func (a *Agent) listen(ctx context.Context) error {
	tick := time.NewTicker(told)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			a.renew()
		}
	}
}

// work does the agent's segment.
func (a *Agent) work(graceful, hard context.Context) error {
	o, err := a.await(graceful, func(o *order) bool { return o.Phase >= preparing })
	if err != nil {
		return a.leave(err)
	}
	if o.Phase == over {
		return fmt.Errorf("the run was given up: %s", o.Why)
	}
	at := slices.Index(o.Names, a.Name)
	if o.Phase != preparing || at < 0 {
		return fmt.Errorf("%w: the run began without this agent, which came too late", ErrRefused)
	}
	if a.File == "" {
		a.File = fmt.Sprintf("stickbench-%s-%s.samples", a.run, a.Name)
	}
	box := newOutbox(a.Name, a.member.Epoch, a.File)
	box.room = cmp.Or(a.room, box.room)
	runner, err := a.Prepare(a.bundle, o.Target, loadgen.Segment{Index: at, Weights: o.Weights}, box)
	if err != nil {
		a.tell(func(m *member) { m.State, m.Error = failed, err.Error() })
		return err
	}
	skew, trip := a.compareClocks(graceful)
	a.tell(func(m *member) { m.State, m.Skew, m.RoundTrip = ready, int64(skew), int64(trip) })
	o, err = a.await(graceful, func(o *order) bool { return o.Phase >= running })
	if err != nil {
		return a.leave(err)
	}
	if o.Phase == over {
		return fmt.Errorf("the run was given up: %s", o.Why)
	}
	runner.Salt, runner.Ahead = o.Salt, skew
	now := time.Now()
	runner.Start = now.Add(time.Unix(0, o.Start).Add(skew).Sub(now.Round(0)))
	runner.Stopping = func(why string) { go a.tell(func(m *member) { m.Stopped = why }) }
	runner.Meet = a.meet
	return a.load(graceful, hard, runner, box)
}

// leave tells the coordinator that the agent goes.
func (a *Agent) leave(err error) error {
	a.tell(func(m *member) { m.State, m.Error = failed, "it left: "+err.Error() })
	return err
}

// load makes the load, and returns when the coordinator has all of it.
func (a *Agent) load(graceful, hard context.Context, runner *loadgen.Runner, box *outbox) error {
	graceful, stop := context.WithCancel(graceful)
	defer stop()
	hard, cut := context.WithCancel(hard)
	defer cut()
	context.AfterFunc(a.gone, stop)
	context.AfterFunc(a.gone, cut)
	go func() {
		if _, err := a.await(hard, func(o *order) bool { return o.Phase >= stopping }); err == nil {
			stop()
		}
		if _, err := a.await(hard, func(o *order) bool { return o.Phase >= cutting }); err == nil {
			cut()
		}
	}()
	go a.steer(hard, runner)
	sending, endSending := context.WithCancel(context.Background())
	defer endSending()
	var beside errgroup.Group
	beside.Go(func() error {
		box.send(sending, a.publish)
		return nil
	})
	ticking, endTicks := context.WithCancel(context.Background())
	beside.Go(func() error {
		a.ticks(ticking, runner, box)
		return nil
	})
	a.tell(func(m *member) { m.State = atWork })
	account, runErr := runner.Run(graceful, hard)
	endTicks()
	interrupted := graceful.Err() != nil && a.gone.Err() == nil && !a.ordered(stopping) && account.Stopped == "" && account.Gone == ""
	box.tick(endOfTime)
	a.mu.Lock()
	a.member.State, a.member.Ledger, a.member.Progress = done, box.ledger(account), runner.Progress(time.Now())
	if runErr != nil {
		a.member.Error = runErr.Error()
	} else if interrupted {
		a.member.Error = "it was interrupted"
	}
	a.mu.Unlock()
	err := a.deliver(box)
	endSending()
	beside.Wait()
	switch {
	case err != nil:
		return a.salvage(box, err)
	case interrupted:
		return context.Canceled
	}
	return runErr
}

// steer steers the run as the coordinator is told to.
func (a *Agent) steer(ctx context.Context, runner *loadgen.Runner) {
	for done := 0; ; {
		o, err := a.await(ctx, func(o *order) bool { return len(o.Steered) > done })
		if err != nil {
			return
		}
		done = len(o.Steered)
		runner.Steer(o.Steered)
	}
}

// ordered reports whether the coordinator wanted that.
func (a *Agent) ordered(p phase) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.order.Phase >= p
}

// publish sends a batch. The server drops what it was sent before: the id is the same.
func (a *Agent) publish(wire []byte, number uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := a.stream.Publish(ctx, samplesSubject(a.run, a.Name), wire, jetstream.WithMsgID(fmt.Sprintf("%s-%d-%d", a.Name, a.member.Epoch, number)))
	return err
}

// ticks makes batches by the clock, forgets what is recorded, and looks how far the run is.
func (a *Agent) ticks(ctx context.Context, runner *loadgen.Runner, box *outbox) {
	tick := time.NewTicker(batchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			// What ended before this has been handed over: the engine's collector comes a hundred times a second.
			box.tick(now.Add(-runner.Ahead - batchEvery/2).UnixMicro())
			a.mu.Lock()
			a.member.Progress = runner.Progress(now)
			kept := a.order.Kept[a.Name]
			a.mu.Unlock()
			box.recorded(kept)
		}
	}
}

// deliver waits until the coordinator has everything, or goes on without what does not reach it: it says so with the end
// of the run.
func (a *Agent) deliver(box *outbox) error {
	a.renew()
	o, err := a.await(context.Background(), func(o *order) bool { return o.Phase == over })
	box.recorded(o.Kept[a.Name])
	if err == nil && o.Kept[a.Name] < box.samples() {
		err = ErrLeftBehind
	}
	return err
}

// salvage keeps in a file what the coordinator may not have.
func (a *Agent) salvage(box *outbox, cause error) error {
	a.mu.Lock()
	m := a.member
	a.mu.Unlock()
	samples, err := box.keep(a.run, &m)
	if err != nil {
		return fmt.Errorf("%w, and what it has not recorded is lost, %d samples or more: %w", cause, samples, err)
	}
	return fmt.Errorf("%w: %d samples that it may not have are in %s; `stickbench report --merge FOLDER %s` adds them to the run", cause, samples, box.file, box.file)
}

// meet waits for the other agents between the phases of the plan.
func (a *Agent) meet(ended loadgen.Phase, left map[string]loadgen.Shared) (map[string]loadgen.Shared, error) {
	a.tell(func(m *member) {
		m.Ended = append(m.Ended, ended)
		if ended == loadgen.Setup {
			m.Left = left
		}
	})
	o, err := a.await(context.Background(), func(o *order) bool { return slices.Contains(o.Met, ended) || o.Phase >= cutting })
	return o.Shared, err
}

// compareClocks is how far this machine's clock is ahead of the coordinator's, by the quickest of several questions,
// and how long that one took. The true difference is within half of it.
func (a *Agent) compareClocks(ctx context.Context) (ahead, trip time.Duration) {
	trip = time.Hour
	for range 16 {
		ask, cancel := context.WithTimeout(ctx, time.Second)
		sent := time.Now()
		m, err := a.conn.RequestWithContext(ask, clockSubject(a.run), nil)
		took := time.Since(sent)
		cancel()
		if err != nil || len(m.Data) != 8 || took >= trip {
			continue
		}
		trip = took
		theirs := time.Unix(0, int64(binary.LittleEndian.Uint64(m.Data)))
		ahead = sent.Add(took / 2).Round(0).Sub(theirs)
	}
	return ahead, trip
}
