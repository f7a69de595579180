package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"stickbench/assert"
	"stickbench/internal/capacity"
	"stickbench/internal/format"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report/html"
	"stickbench/report/text"
)

// limitFlags are the options of `stickbench limit`.
type limitFlags struct {
	overrides
	Expect         []string
	Of, Out        string
	From, Most     float64
	Within         float64
	Settle, Step   time.Duration
	Whole          time.Duration
	JSON, NoOut, Q bool
}

func (a *app) limitCommand() *cobra.Command {
	var o limitFlags
	c := &cobra.Command{
		Use:   "limit PLAN",
		Short: "Find the highest rate, or number of users, at which an expectation holds",
		Long: `Find the highest rate, or number of users, at which an expectation holds: the load is doubled until it does
not hold; then loads between are tried, again where they disagree, until the interval is narrow. Every step
settles first and lets its requests end. At a rate, iterations begin at it whatever responses take, and the
target must keep up with them.

  stickbench limit plan.toml --expect 'affinity == 1 && p95("GET /") < 250ms'

The answer is an interval, and what was the limit. It does not blame the target where the machine that made the
load was in the way. The folder has limit.json and limit.html, a page with the curves. The plan's events
do not happen.

Exit codes: 0 found, or nothing failed up to --max; 1 not found; 2 wrong usage or an invalid plan; 3 could not
run; 130 interrupted.`,
		Args: one("PLAN"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			plan, err := a.open(args[0], o.over(c))
			if err != nil {
				return err
			}
			l, err := a.newLimit(plan, &o)
			if err != nil {
				return err
			}
			return l.run()
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.Expect, "expect", nil, "the `expectation` that must hold; may be repeated (default: those of the plan)")
	f.StringVar(&o.Of, "of", "rate", "`rate|users`: iterations that begin in a second, or users at the same time")
	f.Float64Var(&o.From, "from", 0, "the `load` to begin with (10 per second, or 1 user)")
	f.Float64Var(&o.Most, "max", 100_000, "the highest `load` to try")
	f.Float64Var(&o.Within, "within", 5, "how narrow the interval is to be, in `percent`")
	o.Settle, o.Step, o.Whole = 2*time.Second, 5*time.Second, 10*time.Minute
	f.Var((*durationFlag)(&o.Settle), "settle", "the beginning of each step, which is not judged")
	f.Var((*durationFlag)(&o.Step), "step", "how long each step is judged")
	f.VarP((*durationFlag)(&o.Whole), "duration", "d", "when to begin no step any more")
	f.IntVarP(&o.Users, "users", "u", 0, "users at the same time at a rate (default: as many as it begins in two seconds)")
	o.planFlags(f)
	f.StringVarP(&o.Out, "out", "o", "", "the `folder` (default results/<plan>-limit-<UTC time>)")
	f.BoolVar(&o.NoOut, "no-out", false, "write no folder")
	f.BoolVar(&o.JSON, "json", false, "print the answer as one JSON document, and nothing else")
	quietVar(f, &o.Q, "")
	return c
}

// over is what was given of the plan: users and duration are the search's own.
func (o *limitFlags) over(c *cobra.Command) plans.Override {
	p := o.overrides.over(c)
	p.Users, p.Duration = nil, nil
	return p
}

func (o *limitFlags) check() error {
	if o.From == 0 {
		o.From = map[string]float64{"rate": 10, "users": 1}[o.Of]
	}
	switch {
	case o.Of != "rate" && o.Of != "users":
		return fmt.Errorf("--of %s: want rate or users", o.Of)
	case !(o.From > 0 && o.From <= o.Most) || math.IsInf(o.Most, 1) || o.Of == "rate" && o.Most > loadgen.MostArrivals:
		return fmt.Errorf("--from %g --max %g: want 0 < from ≤ max", o.From, o.Most)
	case o.Of == "users" && (o.From != math.Trunc(o.From) || o.Most != math.Trunc(o.Most)):
		return fmt.Errorf("--from %g --max %g: users are whole", o.From, o.Most)
	case !(o.Within >= 1 && o.Within <= 50):
		return fmt.Errorf("--within %g: want 1 to 50 percent", o.Within)
	case o.Step < time.Second || o.Settle < 0:
		return fmt.Errorf("--step %v --settle %v: want a step of at least 1s", o.Step, o.Settle)
	}
	return nil
}

// limitSearch is a search under way.
type limitSearch struct {
	*app
	*limitFlags
	plan   *plans.Plan
	expect []*assert.Expectation
	// weights are the parts of the load that the plan's groups have, 0 for setup and teardown.
	weights []float64
	stops   *stops
	began   time.Time
	tried   uint64 // steps
}

// newLimit compiles what must hold, part by part, so that the answer can name the one that did not.
func (a *app) newLimit(plan *plans.Plan, o *limitFlags) (*limitSearch, error) {
	l := &limitSearch{app: a, limitFlags: o, plan: plan}
	known := assert.Known{Labels: plan.Labels(), Nodes: plan.NodeNames}
	for _, source := range o.Expect {
		if _, err := known.CompileExpectation(source); err != nil {
			return nil, fmt.Errorf("--expect: %w", err)
		}
		for _, part := range assert.Conjuncts(source) {
			e, err := known.CompileExpectation(part)
			if err != nil {
				return nil, fmt.Errorf("--expect: %w", err)
			}
			l.expect = append(l.expect, e)
		}
	}
	if len(o.Expect) == 0 {
		l.expect = plan.Expect
	}
	if len(l.expect) == 0 {
		return nil, fmt.Errorf("what must hold? Say so with --expect 'errors == 0 && p95() < 250ms'")
	}
	l.weights = weights(plan.Load.Groups)
	if plan.Load.Serial && l.mains() > 1 {
		return nil, fmt.Errorf("%s runs its groups one after the other: a limit is that of groups that run at the same time", plan.Path)
	}
	return l, nil
}

func (l *limitSearch) run() error {
	l.stops = watchSignals(l.notices)
	defer l.stops.release()
	laboratory, err := startLab(l.stops.graceful, l.plan, nil)
	if err != nil {
		return err
	}
	if laboratory != nil {
		defer laboratory.Close()
		l.plan.Load.Target, l.plan.Load.InProcess = laboratory.URL(), true
	}
	l.plan.Load.UserAgent = "stickbench/" + version()
	l.began = time.Now()
	var f *folder
	_, missing := os.Stat(l.Out)
	if !l.NoOut {
		if f, err = newFolder(l.Out, l.plan.Load.Name+"-limit", l.began); err != nil {
			return err
		}
	}
	over := func() bool { return l.stops.graceful.Err() != nil || time.Since(l.began) >= l.Whole }
	search := capacity.Search{From: l.From, Most: l.Most, Within: l.Within / 100, Whole: l.Of == "users", Over: over}
	found, err := search.Run(l.try)
	if err != nil {
		if f != nil && missing != nil {
			os.Remove(f.dir) // empty, and ours
		}
		return err
	}
	if found.Of = l.Of; len(l.Expect) > 0 {
		found.Expect = l.Expect[0]
	}
	return l.conclude(&found, f)
}

// conclude prints the answer and completes the folder.
func (l *limitSearch) conclude(found *capacity.Result, f *folder) error {
	said, steps := found.Said(), found.Table()
	written, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	written = append(written, '\n')
	if l.JSON {
		_, err = l.stdout.Write(written)
	} else {
		err = text.WriteLimit(l.stdout, format.Clean(l.plan.Load.Name)+" — "+said, &steps, l.textOptions())
	}
	if err != nil {
		return cannotRun("the answer could not be printed: %w", err)
	}
	if f != nil {
		page := &html.Limit{Title: "Limit of " + format.Clean(l.plan.Load.Name), Said: said, Found: found.Found(), Charts: found.Charts(), Steps: steps}
		if err := f.writeLimit(written, l.plan.Source, page); err != nil {
			return cannotRun("the folder of the search: %w", err)
		}
		fmt.Fprintf(l.stderr, "recorded in %s\n", f.dir)
	}
	switch {
	case l.stops.graceful.Err() != nil:
		return &exitError{code: exitInterrupted}
	case !found.Found():
		return &exitError{code: exitFailed}
	}
	return nil
}

func (f *folder) writeLimit(found, plan []byte, page *html.Limit) error {
	var b bytes.Buffer
	if err := html.WriteLimit(&b, page, version()); err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content []byte
		mode    os.FileMode
	}{{planFile, plan, planMode}, {"limit.json", found, fileMode}, {"limit.html", b.Bytes(), fileMode}} {
		if err := f.write(file.name, file.content, file.mode); err != nil {
			return err
		}
	}
	return nil
}

// try is one step of the search.
func (l *limitSearch) try(at float64) (capacity.Step, error) {
	load := l.loadOf(at)
	load.Seed += l.tried // a step that is repeated is another sample of what is random
	l.tried++
	s := newLimitStep(l, at)
	runner, err := loadgen.New(load, s)
	if err != nil {
		return capacity.Step{}, err
	}
	runner.Meet = s.meet
	if err := runner.CheckLimits(); err != nil {
		return capacity.Step{At: at, Why: err.Error(), Generator: err.Error()}, nil
	}
	if err := runner.Probe(l.stops.graceful); err != nil {
		return capacity.Step{}, l.unreachable(l.plan, err)
	}
	if err := runner.Preconnect(l.stops.graceful); err != nil {
		return capacity.Step{}, cannotRun("%w", err)
	}
	if l.mains() == len(l.weights) { // else when setup has ended
		s.begin()
	}
	account, err := runner.Run(l.stops.graceful, l.stops.hard)
	if err != nil {
		return capacity.Step{}, cannotRun("%w", err)
	}
	if l.stops.graceful.Err() != nil {
		return capacity.Step{}, capacity.ErrCut
	}
	step := s.judge(&account)
	if !l.Q {
		fmt.Fprintln(l.stderr, step.Line(l.Of))
	}
	return step, nil
}

// weights are the parts of the load that the groups have in the plan itself: by their highest rates if all besides setup
// and teardown, which have none, have arrivals, else by their users.
func weights(groups []loadgen.Group) []float64 {
	users, rates, open := make([]float64, len(groups)), make([]float64, len(groups)), true
	for i := range groups {
		if g := &groups[i]; g.Phase == loadgen.Main {
			users[i], rates[i] = float64(g.Users), g.HighestRate()
			open = open && rates[i] > 0
		}
	}
	if open {
		return rates
	}
	return users
}

// mains is the number of groups besides setup and teardown.
func (l *limitSearch) mains() (n int) {
	for _, weight := range l.weights {
		if weight > 0 {
			n++
		}
	}
	return n
}

// loadOf is the plan's load, with the groups that are neither setup nor teardown at the load that is tried, together.
func (l *limitSearch) loadOf(at float64) *loadgen.Plan {
	load := l.plan.Load
	load.Groups = nil
	var whole, before float64
	for _, weight := range l.weights {
		whole += weight
	}
	for i, g := range l.plan.Load.Groups {
		if weight := l.weights[i]; weight > 0 {
			l.setLoad(&g, at*before/whole, at*(before+weight)/whole)
			before += weight
		}
		if g.Users > 0 { // a small number of users leaves groups without one
			load.Groups = append(load.Groups, g)
		}
	}
	return &load
}

// setLoad gives a group the part of the load between from and to.
func (l *limitSearch) setLoad(g *loadgen.Group, from, to float64) {
	g.Duration, g.Iterations, g.Stages, g.RampUp, g.StartDelay = l.Settle+l.Step, 0, nil, 0, 0
	if l.Of == "users" {
		g.Arrivals, g.Users, g.RampUp = nil, int(math.Round(to))-int(math.Round(from)), l.Settle/2
		return
	}
	spread := loadgen.Even
	if g.Arrivals != nil {
		spread = g.Arrivals.Spread
	}
	g.Arrivals = &loadgen.Arrivals{Stages: []loadgen.Stage{{From: to - from, To: to - from}}, Spread: spread}
	if g.Users = l.Users; g.Users == 0 {
		g.Users = max(10, int(math.Ceil(2*(to-from))))
	}
}
