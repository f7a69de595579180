package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/text"
)

// defaultRepeat is how often `compare --run` runs each plan: five runs a side, which differ by 3 % by themselves,
// tell a change of 5 % (Student's t).
const defaultRepeat = 5

// mostRepeat bounds it.
const mostRepeat = 1000

// job is what is to be run: a plan's source, to be read anew for each run.
type job struct {
	path   string // for messages
	source []byte
	over   plans.Override
	urls   bool // the source was made of URLs and options
	jmx    bool // the source was imported
	// out is the folder that holds the runs' folders, named by their number; "" for none.
	out string
}

func (j *job) read() (*plans.Plan, error) {
	plan, err := plans.Read(j.path, j.source, j.over)
	if j.urls {
		err = inOptions(err)
	}
	if j.jmx && err != nil {
		err = fmt.Errorf("%w\nThe lines are those of the imported plan: `stickbench import %s` prints it", err, j.path)
	}
	return plan, err
}

// inTurns runs the plans, one after the other and again from the first: A B A B. What drifts, such as the
// temperature of the machine, meets all of them alike. Expectations that fail do not end it; they are its
// error at the end.
func (a *app) inTurns(list []*job, times int, o runFlags) error {
	failed := false
	for i := range times {
		for _, p := range list {
			plan, err := p.read()
			if err != nil {
				return err
			}
			if times > 1 || len(list) > 1 {
				fmt.Fprintf(a.stderr, "run %d of %d: %s\n", i+1, times, plan.Load.Name)
			}
			if p.out != "" {
				o.Out = filepath.Join(p.out, strconv.Itoa(i+1))
			}
			err = a.run(plan, &o, p.over)
			var e *exitError
			if errors.As(err, &e) && e.code == exitFailed {
				failed = true
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	if failed {
		return &exitError{code: exitFailed}
	}
	return nil
}

// repeat is `stickbench run --repeat`.
func (a *app) repeat(p *job, plan *plans.Plan, o *runFlags) error {
	if err := repeatable(o.Repeat); err != nil {
		return err
	}
	if o.JSON {
		return errors.New("--json prints one document: leave it out with --repeat, and see run.json in each run's folder")
	}
	if !o.NoOut {
		p.out = o.Out
		if p.out == "" {
			p.out = resultsFolder(plan.Load.Name)
		}
	}
	var runs []*report.Results
	o.each = func(r *report.Results) { runs = append(runs, r) }
	err := a.inTurns([]*job{p}, o.Repeat, *o)
	if len(runs) == 0 {
		return err
	}
	if printErr := text.WriteRuns(a.stdout, runs, a.textOptions()); printErr != nil && err == nil {
		return cannotRun("the table could not be printed: %w", printErr)
	}
	return err
}

// runInTurns runs the two plans of `compare --run`, and notes where their runs are. design is what so many runs can
// tell, said beforehand.
func (a *app) runInTurns(o *compareFlags, names []string, over plans.Override, design string) error {
	if err := repeatable(o.Repeat); err != nil {
		return err
	}
	if o.Out == "" {
		o.Out = resultsFolder("compare")
	}
	o.Before, o.After = []string{filepath.Join(o.Out, "before")}, []string{filepath.Join(o.Out, "after")}
	var list []*job
	for i, name := range names {
		path, source, err := plans.Open(name, a.stdin)
		if err != nil {
			return err
		}
		p := &job{path: path, source: source, over: over, out: []string{o.Before[0], o.After[0]}[i]}
		if _, err := p.read(); err != nil {
			return err
		}
		list = append(list, p)
	}
	if design != "" {
		fmt.Fprintln(a.stderr, design)
	}
	silent := *a
	silent.stdout = io.Discard
	err := silent.inTurns(list, o.Repeat, runFlags{overrides: o.overrides, Quiet: o.Quiet})
	var e *exitError
	if errors.As(err, &e) && e.code == exitFailed {
		fmt.Fprintln(a.stderr, "expectations of the plans failed in some runs: stickbench report RUN says which")
		return nil
	}
	if e != nil && e.code == exitInterrupted {
		fmt.Fprintf(a.stderr, "nothing is compared; what there is: stickbench compare %s %s\n", o.Before[0], o.After[0])
	}
	return err
}

// resultsFolder is where runs go that belong together and have no folder of their own.
func resultsFolder(name string) string {
	return filepath.Join("results", slug(name)+"-"+time.Now().UTC().Format("20060102-150405"))
}

func repeatable(times int) error {
	if times < 1 || times > mostRepeat {
		return fmt.Errorf("--repeat %d: expected 1 to %d", times, mostRepeat)
	}
	return nil
}
