package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"stickbench/plans"
)

// defaultRepeat is how often `compare --run` runs each plan: five runs a side are the least of which
// Mann-Whitney's test, adjusted for the metrics of a comparison, can tell anything.
const defaultRepeat = 5

// mostRepeat bounds it.
const mostRepeat = 1000

// repeated is a plan to be run several times, each time read anew and with a laboratory of its own.
type repeated struct {
	path   string
	source []byte
	// out is the folder that holds the runs' folders, named by their number; "" for none.
	out string
}

// openRepeated opens the plan that name means, and reads it once to see that it is one.
func (a *app) openRepeated(name string, over plans.Override) (*repeated, *plans.Plan, error) {
	path, source, err := plans.Open(name, a.stdin)
	if err != nil {
		return nil, nil, err
	}
	plan, err := plans.Read(path, source, over)
	return &repeated{path: path, source: source}, plan, err
}

// inTurns runs the plans, one after the other and again from the first: A B A B. What drifts, such as the
// temperature of the machine, meets all of them alike. Expectations that fail do not end it; they are its
// error at the end.
func (a *app) inTurns(list []*repeated, times int, o runFlags, over plans.Override) error {
	failed := false
	for i := range times {
		for _, p := range list {
			plan, err := plans.Read(p.path, p.source, over)
			if err != nil {
				return err
			}
			if times > 1 || len(list) > 1 {
				fmt.Fprintf(a.stderr, "run %d of %d: %s\n", i+1, times, plan.Load.Name)
			}
			if p.out != "" {
				o.Out = filepath.Join(p.out, strconv.Itoa(i+1))
			}
			err = a.run(plan, &o, over)
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
func (a *app) repeat(name string, o *runFlags, over plans.Override) error {
	if err := repeatable(o.Repeat); err != nil {
		return err
	}
	if o.JSON {
		return errors.New("--json prints one document: leave it out with --repeat, and see run.json in each run's folder")
	}
	p, plan, err := a.openRepeated(name, over)
	if err != nil {
		return err
	}
	if !o.NoOut {
		p.out = o.Out
		if p.out == "" {
			p.out = resultsFolder(plan.Load.Name)
		}
	}
	return a.inTurns([]*repeated{p}, o.Repeat, *o, over)
}

// runInTurns runs the two plans of `compare --run`, and notes where their runs are.
func (a *app) runInTurns(o *compareFlags, names []string, over plans.Override) error {
	if err := repeatable(o.Repeat); err != nil {
		return err
	}
	if o.Out == "" {
		o.Out = resultsFolder("compare")
	}
	o.Before, o.After = []string{filepath.Join(o.Out, "before")}, []string{filepath.Join(o.Out, "after")}
	var list []*repeated
	for i, name := range names {
		p, _, err := a.openRepeated(name, over)
		if err != nil {
			return err
		}
		p.out = []string{o.Before[0], o.After[0]}[i]
		list = append(list, p)
	}
	silent := *a
	silent.stdout = io.Discard
	err := silent.inTurns(list, o.Repeat, runFlags{overrides: o.overrides, Quiet: o.Quiet}, over)
	var e *exitError
	if errors.As(err, &e) && e.code == exitFailed {
		fmt.Fprintln(a.stderr, "expectations of the plans failed in some runs: stickbench report RUN says which")
		return nil
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
