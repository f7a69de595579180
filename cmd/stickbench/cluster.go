package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"stickbench/internal/cluster"
	"stickbench/internal/format"
	"stickbench/internal/live"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// engine makes the load of a run: this process, or agents on many machines.
type engine interface {
	// ready makes sure that all is there that the run needs.
	ready(context.Context) error
	// begin returns when the run begins, and when that is.
	begin(context.Context) (time.Time, error)
	Progress(time.Time) []loadgen.Progress
	Run(graceful, hard context.Context) (loadgen.Account, error)
	// Steer steers the run (loadgen.Runner.Steer).
	Steer([]loadgen.Steering) error
	// divided notes how the run is divided.
	divided(*record)
	// machines are the agents while they work; nil of this process alone.
	machines() []live.Machine
	// told notes, after Run, what many machines did; nothing of this process alone.
	told(*record)
	close()
}

// engine is what makes the load that the options ask for.
func (a *app) engine(plan *plans.Plan, o *runFlags, over plans.Override, sink loadgen.Sink) (engine, error) {
	if o.clusterFlags.wanted() {
		return a.coordinate(plan, &o.clusterFlags, over, sink)
	}
	r, err := loadgen.New(&plan.Load, sink)
	return &single{r, a, plan}, err
}

// single is this process alone.
type single struct {
	*loadgen.Runner
	app  *app
	plan *plans.Plan
}

func (s *single) ready(ctx context.Context) error {
	if err := s.CheckLimits(); err != nil {
		return cannotRun("%w", err)
	}
	if err := s.Probe(ctx); err != nil {
		return s.app.unreachable(s.plan, err)
	}
	if err := s.Preconnect(ctx); err != nil {
		return cannotRun("%w", err)
	}
	return nil
}

func (s *single) begin(context.Context) (time.Time, error) {
	s.Start = time.Now()
	return s.Start, nil
}

func (s *single) Steer(history []loadgen.Steering) error {
	s.Runner.Steer(history)
	return nil
}

func (s *single) told(*record)             {}
func (s *single) machines() []live.Machine { return nil }
func (s *single) divided(*record)          {}
func (s *single) close()                   {}

// clusterFlags are the options of a run on many machines.
type clusterFlags struct {
	Agents, WaitFor int
	Within          time.Duration
	Server          cluster.Server
	OnLoss          string
}

func (o *clusterFlags) flags(f *pflag.FlagSet) {
	f.IntVar(&o.Agents, "agents", 0, "make the load with so many `processes` of this machine")
	f.IntVar(&o.WaitFor, "wait-for", 0, "make the load with so many `agents`, on any machines: those of --agents, and those that join")
	o.Within = 5 * time.Minute
	f.Var((*durationFlag)(&o.Within), "agents-within", "how long to wait for them")
	f.StringVar(&o.OnLoss, "on-agent-loss", "continue", "`continue|stop`: what the others do when an agent is lost; the exit code is 3 either way")
	f.StringVar(&o.Server.URL, "nats", "", "the NATS server with JetStream at `URL`, instead of one within this process")
	f.StringVar(&o.Server.Credentials, "nats-creds", "", "`FILE` of credentials for it")
	f.StringVar(&o.Server.Listen, "listen", "", "`HOST:PORT` for agents of other machines, with TLS; without it only those of this one can join")
	f.StringVar(&o.Server.Certificate, "tls-cert", "", "`FILE` of the certificate for that, instead of a new one")
	f.StringVar(&o.Server.Key, "tls-key", "", "`FILE` of its key")
}

// wanted reports whether there are to be agents.
func (o *clusterFlags) wanted() bool { return o.Agents > 0 || o.WaitFor > 0 }

func (o *clusterFlags) check() error {
	s := &o.Server
	switch {
	case o.Agents < 0 || o.WaitFor < 0 || o.Agents > 1000:
		return errors.New("--agents takes a number from 1 to 1000, --wait-for one from 1")
	case !o.wanted() && *s != (cluster.Server{}):
		return errors.New("--nats, --listen and what goes with them are for a run on many machines: add --agents N or --wait-for N")
	case o.WaitFor > 0 && o.WaitFor < o.Agents:
		return errors.New("--wait-for counts all agents, those of --agents among them")
	case o.OnLoss != "continue" && o.OnLoss != "stop" && o.OnLoss != "":
		return fmt.Errorf("--on-agent-loss %s: want continue or stop", o.OnLoss)
	case s.URL != "" && s.Listen != "":
		return errors.New("--nats and --listen exclude each other: agents join at the existing server")
	case (s.Certificate == "") != (s.Key == ""):
		return errors.New("--tls-cert and --tls-key go together")
	}
	return nil
}

// bundle is what an agent makes the run of: the plan, and all that it takes from this machine.
type bundle struct {
	Path     string         `json:"path"`
	Source   []byte         `json:"source"`
	Override plans.Override `json:"override"`
	Proxy    string         `json:"proxy,omitempty"` // which an Override does not write
	From     plans.Bundle   `json:"from"`
}

func bundled(plan *plans.Plan, over plans.Override) ([]byte, error) {
	b := bundle{Path: filepath.Base(plan.Path), Source: plan.Source, Override: over, Proxy: over.Proxy}
	over.Keep = &b.From
	if _, err := plans.Read(plan.Path, plan.Source, over); err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// plan is the plan of a bundle; it reads nothing of this machine.
func (b *bundle) plan() (*plans.Plan, error) {
	over := b.Override
	over.Proxy, over.From = b.Proxy, &b.From
	return plans.Read(b.Path, b.Source, over)
}

// many is a run on many machines.
type many struct {
	*cluster.Coordinator
	app   *app
	plan  *plans.Plan
	flags *clusterFlags
	ended sync.WaitGroup
	stop  context.CancelFunc // of the local ones
}

func (a *app) coordinate(plan *plans.Plan, o *clusterFlags, over plans.Override, sink loadgen.Sink) (engine, error) {
	if plan.Lab != nil && o.Server.Listen != "" {
		return nil, errors.New("--listen: the plan's laboratory is on this machine only, where agents of others do not reach it: name a target with --target")
	}
	content, err := bundled(plan, over)
	if err != nil {
		return nil, err
	}
	c, err := cluster.Open(context.Background(), o.Server, version(), &plan.Load, content, sink)
	if err != nil {
		return nil, cannotRun("%w", err)
	}
	c.StopOnLoss = o.OnLoss == "stop"
	c.Say = func(format string, args ...any) { fmt.Fprintf(a.notices, format+"\n", args...) }
	return &many{Coordinator: c, app: a, plan: plan, flags: o, stop: func() {}}, nil
}

// ready starts the agents of this machine, waits for the others, and has all of them prepare.
func (m *many) ready(ctx context.Context) error {
	n := max(m.flags.Agents, m.flags.WaitFor)
	if err := m.start(); err != nil {
		return cannotRun("%w", err)
	}
	how := m.joinCommand()
	if n > m.flags.Agents {
		fmt.Fprintf(m.app.notices, "waiting for %s, started with\n  %s\n", format.Plural(int64(n-m.flags.Agents), "agent"), how)
	}
	if err := m.Gather(ctx, n, m.flags.Within); err != nil {
		return cannotRun("%w; start more with %s", err, how)
	}
	target := ""
	if m.plan.Lab != nil {
		target = m.plan.Load.Target
	}
	_, users := modelOf(&m.plan.Load)
	if err := m.Prepare(ctx, target, m.plan.Load.Timeout+30*time.Second+time.Duration(users)*perUser); err != nil {
		return cannotRun("%w", err)
	}
	return nil
}

// perUser is what a user may take at most until it is ready, on the slowest machine, with its connection if wanted.
const perUser = 10 * time.Millisecond

// joinCommand is what starts an agent on another machine.
func (m *many) joinCommand() string {
	url, token := m.Join()
	command := "stickbench agent " + url
	if token != "" {
		command += " --token " + token
	}
	return command
}

// tokenVariable gives an agent its token without showing it to all users of the machine.
const tokenVariable = "STICKBENCH_TOKEN"

// start starts the agents of this machine.
func (m *many) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	url, token := m.Join()
	for i := range m.flags.Agents {
		name := "a" + strconv.Itoa(i+1)
		c := exec.CommandContext(ctx, self)
		c.Args = []string{"stickbench", "agent", url, "--name", name, "--local"}
		if s := m.flags.Server.Credentials; s != "" {
			c.Args = append(c.Args, "--nats-creds", s)
		}
		c.Env = append(os.Environ(), tokenVariable+"="+token)
		c.Stderr = &prefixed{out: m.app.notices, prefix: name + ": "}
		c.WaitDelay = time.Second
		if err := c.Start(); err != nil {
			return fmt.Errorf("agent %s: %w", name, err)
		}
		m.ended.Go(func() {
			c.Wait()
			m.Lose(name, "its process ended: "+c.ProcessState.String())
		})
	}
	return nil
}

// prefixed puts a prefix before each line.
type prefixed struct {
	out    io.Writer
	prefix string
	rest   string
}

func (p *prefixed) Write(b []byte) (int, error) {
	p.rest += string(b)
	for {
		line, rest, ok := strings.Cut(p.rest, "\n")
		if !ok {
			return len(b), nil
		}
		p.rest = rest
		fmt.Fprintf(p.out, "%s%s\n", p.prefix, line)
	}
}

func (m *many) begin(ctx context.Context) (time.Time, error) {
	at, err := m.Begin(ctx)
	if err != nil {
		err = fmt.Errorf("the start: %w", err)
	}
	return at, err
}

func (m *many) machines() (all []live.Machine) {
	for _, r := range m.Coordinator.Agents() {
		x := live.Machine{Agent: r.Name, Host: r.Host, Samples: int64(r.Recorded), Done: r.Ledger != nil, Lost: r.Lost}
		for _, p := range r.Progress {
			x.Users += p.Active
			x.OfUsers += p.Users
			x.Iterations += p.Iterations
		}
		all = append(all, x)
	}
	return all
}

func (m *many) divided(r *record) {
	run, names, weights := m.Division()
	r.Cluster = &agentsRecord{Run: run, Names: names, Weights: weights}
}

func (m *many) told(to *record) {
	for _, r := range m.Coordinator.Agents() {
		x := report.Agent{
			Agent: r.Name, Host: r.Host, Users: usersOf(r.Users), Started: r.Account.Started, OK: r.Account.OK, Failed: r.Account.Failed, Cut: r.Account.Cut,
			SkewMS: milliseconds(r.Skew), UncertainMS: milliseconds(r.RoundTrip / 2), Generator: generatorOf(&r.Account), Lost: r.Lost,
		}
		if r.Ledger != nil {
			x.WireBytes = r.Ledger.Wire
		}
		to.Agents = append(to.Agents, x)
	}
	to.Asked = (*report.Asked)(new(m.Asked()))
	to.Coordinator = generatorOf(&loadgen.Account{Generator: m.Generator})
}

// usersOf are ranges of users as the results have them.
func usersOf(ranges [][2]int) []int {
	all := []int{}
	for _, u := range ranges {
		all = append(all, u[0], u[1])
	}
	return all
}

// close ends the run for agents that are still there, and waits for those of this machine.
func (m *many) close() {
	m.Close()
	ended := make(chan struct{})
	go func() {
		m.ended.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
	}
	m.stop()
	<-ended
}
