package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stickbench/internal/lab"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// runFlags are the options of `stickbench run`.
type runFlags struct {
	overrides
	Out         string
	NoOut       bool
	JSON, Quiet bool
	Repeat      int
	Progress    string // "" is progressAuto
	Metrics     string
}

func (a *app) runCommand() *cobra.Command {
	var o runFlags
	c := &cobra.Command{
		Use:   "run PLAN",
		Short: "Run a plan: a file, - for standard input, or the name of a catalogue plan",
		Long: `Run a plan: a file, - for standard input, or the name of a catalogue plan (stickbench plans).

The report goes to standard output, progress and warnings to standard error. The first Ctrl-C starts
nothing new and lets what is in flight end, the second cuts it; the report is printed either way.

Exit codes: 0 done, expectations met; 1 an expectation failed; 2 wrong usage or an invalid plan;
3 could not run; 130 interrupted.`,
		Args: one("PLAN"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.NoOut && o.Out != "" {
				return errors.New("--out and --no-out exclude each other")
			}
			if err := errors.Join(o.checkProgress(c.Flags().Changed("progress")), checkMetricsAddress(o.Metrics)); err != nil {
				return err
			}
			if c.Flags().Changed("repeat") {
				return a.repeat(args[0], &o, o.over(c))
			}
			plan, err := a.open(args[0], o.over(c))
			if err != nil {
				return err
			}
			return a.run(plan, &o, o.over(c))
		},
	}
	o.overrides.flags(c)
	f := c.Flags()
	f.StringVarP(&o.Out, "out", "o", "", "the run's `folder` (default results/<plan>-<UTC time>)")
	f.BoolVar(&o.NoOut, "no-out", false, "write no folder")
	f.BoolVar(&o.JSON, "json", false, "print the results as one JSON document, and nothing else")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress on standard error")
	f.StringVar(&o.Progress, "progress", progressAuto, "`auto|json|none` on standard error: auto draws bars on a terminal and prints lines elsewhere, json prints a line of JSON every second")
	f.StringVar(&o.Metrics, "metrics", "", "serve Prometheus metrics of the run at /metrics while it lasts, on a loopback `address` such as 127.0.0.1:9464")
	f.IntVar(&o.Repeat, "repeat", 1, "run the plan so many `times`, each in a folder of its own within the run's")
	return c
}

// run is the main job: laboratory, engine, folder, report, verdict.
func (a *app) run(plan *plans.Plan, o *runFlags, over plans.Override) (err error) {
	stops := watchSignals(a.notices)
	defer stops.release()
	laboratory, err := startLab(stops.graceful, plan, nil)
	if err != nil {
		return err
	}
	if laboratory != nil {
		defer func() { err = errors.Join(err, laboratory.Close()) }()
		plan.Load.Target, plan.Load.InProcess = laboratory.URL(), true
	}
	plan.Load.UserAgent = "stickbench/" + version()

	s := &recording{builder: report.NewBuilder(), live: newLive()}
	runner, err := loadgen.New(&plan.Load, s)
	if err != nil {
		return err
	}
	if err := runner.CheckLimits(); err != nil {
		return cannotRun("%w", err)
	}
	if err := runner.Probe(stops.graceful); err != nil {
		return a.unreachable(plan, err)
	}
	metrics, err := a.serveMetrics(o.Metrics, runner, plan, s)
	if err != nil {
		return err
	}
	defer metrics.close()
	steering, err := newSteering(plan, laboratory)
	if err != nil {
		return err
	}
	r := newRecord(plan, over)
	steering.before(r, plan)
	if err := s.open(plan, o, r); err != nil {
		return err
	}
	r.Start = time.Now().UTC()
	account, failure := a.drive(runner, plan, s, steering, stops, r.Start, o.progress())
	r.Warnings = append(r.Warnings, steering.undone()...)
	r.finish(account, s, stops, failure)
	return a.conclude(plan, o, s, r, failure)
}

func (a *app) unreachable(plan *plans.Plan, err error) error {
	hint := "; is the application running? Name another one with --target, or run a catalogue plan in its own laboratory (stickbench plans)"
	if plan.Lab != nil {
		hint = ""
	}
	return cannotRun("%w%s", err, hint)
}

// drive runs the engine, with the plan's events and with progress beside it.
func (a *app) drive(runner *loadgen.Runner, plan *plans.Plan, s *recording, steering *steering, stops *stops, began time.Time, progress string) (loadgen.Account, error) {
	p := a.showProgress(runner, plan, s.live, steering, began, progress)
	graceful, stop := context.WithCancel(stops.graceful)
	defer stop()
	s.builder.Begin(began)
	steering.start(runner, s, began, stop)
	account, err := runner.Run(graceful, stops.hard)
	p.stop()
	return account, errors.Join(steering.stop(s), recordingFailed(err))
}

// recordingFailed says what the sink's error means for the user.
func recordingFailed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the recording is incomplete: %w", err)
}

// conclude prints the report, completes the folder and returns the verdict as an exit code. Whatever
// fails on the way, the report is printed.
func (a *app) conclude(plan *plans.Plan, o *runFlags, s *recording, r *record, failure error) error {
	r.Results = s.builder.Freeze(r.facts(plan))
	folderErr := s.close(r)
	printErr := a.print(r.Results, o.JSON)
	if s.folder != nil && folderErr == nil {
		fmt.Fprintf(a.stderr, "recorded in %s\n", s.folder.dir)
	}
	if err := errors.Join(failure, recordingFailed(folderErr)); err != nil {
		return cannotRun("%w", err)
	}
	switch {
	case printErr != nil:
		return cannotRun("the report could not be printed: %w", printErr)
	case r.Stopped == stoppedByUser:
		return &exitError{code: exitInterrupted}
	case r.Results.Verdict == "fail":
		return &exitError{code: exitFailed}
	}
	return nil
}

func (a *app) print(r *report.Results, asJSON bool) error {
	if asJSON {
		return report.WriteJSON(a.stdout, r)
	}
	return report.WriteText(a.stdout, r, a.textOptions())
}

// startLab starts the plan's laboratory; it is nil if the plan has a target.
func startLab(ctx context.Context, plan *plans.Plan, observe func(lab.NodeExchange)) (*lab.Lab, error) {
	if plan.Lab == nil {
		return nil, nil
	}
	c := labConfig(plan.Lab)
	c.Observe = observe
	l, err := lab.Start(ctx, c)
	var refused *lab.ConfigError
	if errors.Is(err, lab.ErrNoHAProxy) || errors.As(err, &refused) {
		return nil, err
	}
	if err != nil {
		return nil, cannotRun("the laboratory did not start: %w", err)
	}
	return l, nil
}

func labConfig(p *plans.Lab) lab.Config {
	c := lab.Config{Balancer: p.Balancer, Algorithm: p.Algorithm, Sticky: p.Sticky}
	for _, n := range p.Nodes {
		c.Nodes = append(c.Nodes, lab.Node{Tag: n.Tag, Weight: n.Weight, Delay: n.Delay, Stopped: n.Stopped})
	}
	return c
}

// recording is where samples and events go: into the report, into the live view, and into the folder.
type recording struct {
	mu      sync.Mutex // samples and events come from different goroutines
	builder *report.Builder
	events  []report.Event
	live    *live
	meter   *meter // nil unless metrics are served
	first   firstExchanges
	folder  *folder
	file    io.Closer
	jtl     *report.JTLWriter
}

// open makes the folder, unless none is wanted.
func (s *recording) open(plan *plans.Plan, o *runFlags, r *record) error {
	if o.NoOut {
		return nil
	}
	f, err := newFolder(o.Out, r.Plan, r.Start)
	if err != nil {
		return err
	}
	err = f.write(planFile, plan.Source)
	if err == nil {
		err = f.writeRecord(r)
	}
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	file, err := os.Create(f.path(samplesFile))
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	s.folder, s.file, s.jtl = f, file, report.NewJTLWriter(file)
	if plan.Load.Open() {
		s.jtl.WithLate()
	}
	return nil
}

// Record takes a sample (loadgen.Sink). The report has it even if the disk is full.
func (s *recording) Record(sample *loadgen.Sample) error {
	s.mu.Lock()
	s.builder.Add(sample)
	s.mu.Unlock()
	s.first.add(sample)
	s.live.add(sample)
	s.meter.add(sample)
	if s.jtl == nil {
		return nil
	}
	return s.jtl.Write(sample)
}

// happened takes an event that was done or seen.
func (s *recording) happened(e report.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e = s.builder.Event(e)
	s.events = append(s.events, e)
	s.live.happened(e)
}

// Flush ends a batch (loadgen.Sink).
func (s *recording) Flush() error {
	if s.jtl == nil {
		return nil
	}
	return s.jtl.Flush()
}

func (s *recording) close(r *record) error {
	if s.folder == nil {
		return nil
	}
	return errors.Join(s.jtl.Flush(), s.file.Close(), s.folder.writeRecord(r), s.folder.writeHTML(r, &s.first))
}

const (
	stoppedByUser    = "interrupted"
	stoppedByFailure = "failed"
)

func newRecord(plan *plans.Plan, over plans.Override) *record {
	r := &record{
		Schema: recordSchema, Version: version(), Plan: plan.Load.Name, PlanFile: plan.Path,
		Seed: plan.Load.Seed, Target: plan.Load.Target, Override: over, Host: thisHost(),
		Start: time.Now().UTC(), Events: []report.Event{}, Warnings: []string{},
	}
	if x := plan.Load.Session.Node; x != nil {
		r.NodeSource = x.String()
	}
	return r
}

// finish notes how the run went.
func (r *record) finish(account loadgen.Account, s *recording, stops *stops, failure error) {
	end := time.Now().UTC()
	r.End = &end
	r.Events = append(r.Events, s.events...)
	switch {
	case failure != nil:
		r.Stopped = stoppedByFailure
		r.Warnings = append(r.Warnings, failure.Error())
	case stops.graceful.Err() != nil:
		r.Stopped = stoppedByUser
		r.Warnings = append(r.Warnings, "the run was interrupted before its plan was done")
	}
	r.Requests = &report.Requests{
		Started: account.Started, OK: account.OK, Failed: account.Failed, Cut: account.Cut,
		Redirects: account.Redirects, Connections: account.Connections,
	}
	r.Arrivals, r.Generator = arrivalsOf(&account), generatorOf(&account)
	r.Warnings = append(r.Warnings, account.Warnings...)
	if account.Cut > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d requests were in flight when the run was cut, and are in no figure", account.Cut))
	}
	if account.Stalls > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("users waited %d times, %s in all, because samples could not be recorded fast enough: the load was less than planned", account.Stalls, account.Stalled.Round(time.Millisecond)))
	}
}

// facts are what the report must know beside the samples.
func (r *record) facts(plan *plans.Plan) report.Run {
	model, users := modelOf(&plan.Load)
	return report.Run{
		Model: model, PlannedUsers: users, Arrivals: r.Arrivals, Generator: r.Generator,
		Plan: r.Plan, Expectations: plan.Expect, Requests: r.Requests, Events: r.Events,
		Warnings: r.Warnings, NodeSource: r.NodeSource,
		Weights: r.Weights, States: r.States, Algorithm: r.Algorithm, ExpectedShares: expectedShares(r.Algorithm),
	}
}

// expectedShares is what an algorithm makes of weights where that is not their proportion; nil where it
// is, or where nothing is known of the algorithm.
func expectedShares(algorithm string) func(map[string]float64) map[string]float64 {
	if !strings.HasPrefix(algorithm, "random") {
		return nil
	}
	return func(weights map[string]float64) map[string]float64 {
		names := slices.Sorted(maps.Keys(weights))
		whole := make([]int, len(names))
		for i, name := range names {
			whole[i] = int(weights[name])
		}
		shares, law := lab.ExpectedShares(algorithm, whole)
		if !law {
			return nil
		}
		named := make(map[string]float64, len(names))
		for i, name := range names {
			named[name] = shares[i]
		}
		return named
	}
}
