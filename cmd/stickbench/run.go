package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"stickbench/internal/cluster"
	"stickbench/internal/lab"
	"stickbench/internal/live"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/export"
	"stickbench/report/text"
)

// runFlags are the options of `stickbench run`.
type runFlags struct {
	overrides
	urlFlags
	clusterFlags
	Out         string
	NoOut       bool
	JSON, Quiet bool
	Repeat      int
	Progress    string // "" is live.Auto
	Metrics     string
	Web         string        // the address of the live page; "" for none
	Linger      time.Duration // for which that stays after the run, 0 until it is interrupted
	Report      reportLength
	Open        bool
	JUnit       string
	Summary     string
	Map         []string // of a JMeter plan

	// each takes the results of a run in place of standard output; nil prints them.
	each func(*report.Results)

	Log, LogFormat string // the file of samples that the user names, and its form
	LogColumns     []string
	Dashboard      string      // JMeter's folder of a report; "" for none
	summary        *summariser // JMeter's lines in place of progress; nil for none
}

func (a *app) runCommand() *cobra.Command {
	var o runFlags
	c := &cobra.Command{
		Use:   "run PLAN|URL...",
		Short: "Run a plan: a file, - for standard input, the name of a catalogue plan; or request URLs",
		Long: `Run a plan: a file, - for standard input, or the name of a catalogue plan (stickbench plans). Or
request URLs, without a plan: 10 users for 10 seconds, each with its own cookies and connection, unless
the options say otherwise.

  stickbench run two-users
  stickbench run plan.toml --users 20 --duration 1m
  stickbench run http://127.0.0.1:8080/ -u 50 -d 30s --node header:X-Backend --expect 'affinity == 1'

The report goes to standard output, progress and warnings to standard error. The first Ctrl-C starts
nothing new and lets what is in flight end, the second cuts it; the report is printed either way.

Exit codes: 0 done, expectations met; 1 an expectation failed; 2 wrong usage or an invalid plan;
3 could not run; 130 interrupted.`,
		Args: atLeastOne("PLAN or URL"),
		RunE: func(c *cobra.Command, args []string) error { return a.runArguments(c, &o, args) },
	}
	o.flags(c)
	return c
}

func (o *runFlags) flags(c *cobra.Command) {
	f := c.Flags()
	o.overrides.flags(c)
	o.urlFlags.flags(f)
	o.clusterFlags.flags(f)
	f.IntVarP(&o.Users, "concurrency", "c", 0, "the same as --users")
	f.VarP((*durationFlag)(&o.Duration), "time", "z", "the same as --duration")
	f.IntVar(&o.Repeat, "repeat", 1, "run the plan so many `times`, each in a folder of its own within the run's, and print one table of them")
	mapFlag(f, &o.Map, "with a JMeter plan: ")
	o.outputFlags(f)
	o.logFlags(f)
	o.watchFlags(f)
}

// check refuses options that are wrong, before anything is read or written.
func (o *runFlags) check(c *cobra.Command, args []string) error {
	return errors.Join(atLeastOne("PLAN or URL")(c, args), o.checkWeb(), o.checkOutputs(), o.clusterFlags.check(),
		o.checkProgress(c.Flags().Changed("progress")), checkMetricsAddress(o.Metrics), o.checkLog(c))
}

// runArguments runs what the command line says.
func (a *app) runArguments(c *cobra.Command, o *runFlags, args []string) error {
	args = o.webArguments(args)
	if err := o.check(c, args); err != nil {
		return err
	}
	alias(c, "users", "concurrency")
	alias(c, "duration", "time")
	j, err := a.job(c, o, args)
	if err != nil {
		return err
	}
	if j.urls && o.Report == "" {
		o.Report = fullReport
	}
	plan, err := j.read()
	if err == nil && o.Save != "" {
		err = save("--save", o.Save, j.source)
	}
	switch {
	case err != nil:
		return err
	case c.Flags().Changed("repeat"):
		return a.repeat(j, plan, o)
	}
	return a.run(plan, o, j.over)
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
		defer laboratory.Close() // on the ways out before the run; closing again is nothing
		plan.Load.Target, plan.Load.InProcess = laboratory.URL(), true
	}
	plan.Load.UserAgent = "stickbench/" + version()

	s := newRecording(plan)
	runner, err := a.engine(plan, o, over, s)
	if err != nil {
		return err
	}
	defer runner.close()
	if err := runner.ready(stops.graceful); err != nil {
		if stops.graceful.Err() != nil {
			return errInterrupted
		}
		return err
	}
	metrics, err := a.serveMetrics(o.Metrics, runner, plan, s)
	if err != nil {
		return err
	}
	defer metrics.Close()
	web, err := a.listenWeb(o, &s.control)
	if err != nil {
		return err
	}
	defer web.close()
	steering, err := newSteering(plan, laboratory, s)
	if err != nil {
		return err
	}
	r := newRecord(plan, over)
	steering.before(r, plan)
	runner.divided(r)
	if err := s.open(plan, o, r, a.notices); err != nil {
		return err
	}
	if o.summary != nil {
		o.summary.progress = runner.Progress
	}
	outcome := a.drive(runner, plan, s, steering, stops, web, o.progress())
	if laboratory != nil {
		outcome.failure = errors.Join(outcome.failure, laboratory.Close())
	}
	r.Warnings = append(r.Warnings, steering.undone()...)
	r.PlacedAll = steering != nil && steering.driver.PlacedAll()
	r.finish(outcome)
	runner.told(r)
	err = a.conclude(plan, o, s, r, outcome.failure)
	web.stay(a, s, r, plan, stops)
	return err
}

// errInterrupted is a Ctrl-C before there was anything to report.
var errInterrupted = &exitError{exitInterrupted, errors.New("interrupted before the run began")}

func (a *app) unreachable(plan *plans.Plan, err error) error {
	hint := "; is the application running? Name another one with --target, or run a catalogue plan in its own laboratory (stickbench plans)"
	switch {
	case plan.Lab != nil || loadgen.KindOf(err) == loadgen.KindTLS: // who refuses TLS is running
		hint = ""
	case isURL(plan.Path):
		hint = "; is the application running?"
	}
	return cannotRun("%w%s", err, hint)
}

// runOutcome is how the engine's run went.
type runOutcome struct {
	account     loadgen.Account
	interrupted bool   // by the user, before the plan was done
	stopped     string // why a condition to stop, or the loss of the target, ended the run; "" if none did
	failure     error  // of the recording, of an event, or of the laboratory
}

// drive runs the engine, with the plan's events and with progress beside it.
func (a *app) drive(runner engine, plan *plans.Plan, s *recording, steering *steering, stops *stops, web *webPage, progress string) runOutcome {
	start, err := runner.begin(stops.graceful)
	if err != nil {
		return runOutcome{interrupted: stops.graceful.Err() != nil, failure: err}
	}
	began := s.begin(start)
	web.begin(runner, plan, s)
	p := a.showProgress(runner, plan, s, steering, stops, began, progress)
	defer p.keys.Stop() // a panic, too, leaves the terminal as it was
	graceful, stop := context.WithCancel(stops.graceful)
	defer stop()
	steering.start(runner, s, began, stop)
	server := a.letSteer(runner, plan, s, steering, stops)
	met := s.watchStops(graceful, plan, stop)
	account, err := runner.Run(graceful, stops.hard)
	s.control.End()
	server.Close()
	stopped := cmp.Or(met(), account.Gone)
	// What comes after, such as putting a balancer back, may take long: a Ctrl-C then interrupts no run.
	interrupted := stops.graceful.Err() != nil
	p.stop()
	return runOutcome{account, interrupted, stopped, errors.Join(steering.stop(s), recordingFailed(err))}
}

// recordingFailed is what the sink's error means for the user.
func recordingFailed(err error) error {
	var missing *cluster.Incomplete
	if err == nil || errors.As(err, &missing) {
		return err
	}
	return fmt.Errorf("the recording is incomplete: %w", err)
}

// conclude prints the report, completes the folder and returns the verdict as an exit code. Whatever
// fails on the way, the report is printed.
func (a *app) conclude(plan *plans.Plan, o *runFlags, s *recording, r *record, failure error) error {
	r.Results = s.results.Freeze(r.facts(plan))
	folderErr := s.close(r)
	if o.Dashboard != "" {
		folderErr = errors.Join(folderErr, writeDashboard(o.Dashboard, r.Results, dashboardFacts(r, plan, s.first)))
	}
	printErr := a.print(r.Results, o)
	besideErr := o.writeBeside(r.Results)
	if s.folder != nil && folderErr == nil {
		a.recordedIn(s.folder, r.Results, o)
		if o.Open {
			a.openPage(s.folder.path(reportFile))
		}
	}
	if failure == nil { // a full disk that ended the run is in the way of the rest, too
		failure = recordingFailed(folderErr)
	}
	if failure != nil {
		return cannotRun("%w", failure)
	}
	switch {
	case printErr != nil:
		return cannotRun("the report could not be printed: %w", printErr)
	case besideErr != nil:
		return besideErr
	case r.Stopped == stoppedByUser:
		return &exitError{code: exitInterrupted}
	case r.Results.Verdict == "fail", r.Results.Verdict == report.NotTrustworthy && len(r.Results.Expectations) > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

// recordedIn says where the run is. On a terminal, which the report may have filled, the verdict stands before it once
// more, and the page that can be opened from there.
func (a *app) recordedIn(f *folder, r *report.Results, o *runFlags) {
	columns, ok := live.Terminal(a.stderr)
	if !ok || o.JSON || o.each != nil {
		fmt.Fprintf(a.stderr, "recorded in %s\n", f.dir)
		return
	}
	fmt.Fprintf(a.stderr, "\n%sreport: %s\n", text.Verdict(r, text.Options{Width: columns}), f.path(reportFile))
}

func (a *app) print(r *report.Results, o *runFlags) error {
	switch {
	case o.each != nil:
		o.each(r)
		return nil
	case o.JSON:
		return export.WriteJSON(a.stdout, r)
	}
	return a.writeText(r, o.Report)
}

// startLab starts the plan's laboratory; it is nil if the plan has a target.
func startLab(ctx context.Context, plan *plans.Plan, observe func(lab.NodeExchange)) (*lab.Lab, error) {
	if plan.Lab == nil {
		return nil, nil
	}
	c := *plan.Lab
	c.Observe = observe
	l, err := lab.Start(ctx, c)
	var refused *lab.ConfigError
	switch {
	case errors.As(err, &refused) && refused.Key != "":
		return nil, plan.Problem("lab."+refused.Key, refused.Error())
	case errors.Is(err, lab.ErrNoHAProxy), refused != nil:
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	if err != nil {
		return nil, cannotRun("the laboratory did not start: %w", err)
	}
	return l, nil
}
