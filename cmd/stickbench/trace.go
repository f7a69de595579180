package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stickbench/internal/live"
	"stickbench/internal/sequence"
	"stickbench/loadgen"
	"stickbench/plans"
)

// traceFlags are the options of `stickbench trace`.
type traceFlags struct {
	overrides
	Exchanges int
	Limit     time.Duration
	Format    string
}

// traceFormats are what `stickbench trace --format` knows.
var traceFormats = map[string]func(io.Writer, *sequence.Diagram) error{
	"mermaid": sequence.WriteMermaid,
	"text":    func(w io.Writer, d *sequence.Diagram) error { return sequence.WriteText(w, d, traceWidth(w)) },
}

// traceWidth is the terminal's, at most 100 columns, which are also a file's.
func traceWidth(w io.Writer) int {
	const most = 100
	if columns, ok := live.Terminal(w); ok {
		return min(columns, most)
	}
	return most
}

func (a *app) traceCommand() *cobra.Command {
	var o traceFlags
	c := &cobra.Command{
		Use:   "trace PLAN",
		Short: "Draw the first exchanges of each user as a sequence diagram",
		Long: `Draw the first exchanges of each user as a sequence diagram: the cookies that the browser sent and got,
what the balancer inserted, removed or rewrote on the way, and which node sent what back.

In a plan's laboratory the nodes' side is what the nodes really received; of a target's nodes only what
the responses say is known, and it is marked as inferred. Values of cookies are shown by their first six
characters. Nothing is recorded and no expectation is judged, and the plan's events do not happen.

Formats: mermaid, for Markdown files and mermaid.live; text, for the terminal.`,
		Args: one("PLAN"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			plan, err := a.open(args[0], o.over(c))
			if err != nil {
				return err
			}
			return a.trace(plan, &o)
		},
	}
	o.overrides.flags(c)
	f := c.Flags()
	f.IntVar(&o.Exchanges, "exchanges", 3, "exchanges of each user to draw; a redirect that is followed is one of its own")
	o.Limit = 30 * time.Second
	f.Var((*durationFlag)(&o.Limit), "limit", "when to stop at the latest")
	f.StringVarP(&o.Format, "format", "f", "mermaid", "`mermaid|text`")
	return c
}

// check refuses options that are wrong.
func (o *traceFlags) check() error {
	if _, ok := traceFormats[o.Format]; !ok {
		return fmt.Errorf("--format %s: expected %s", o.Format, strings.Join(slices.Sorted(maps.Keys(traceFormats)), " or "))
	}
	if o.Exchanges < 1 {
		return fmt.Errorf("--exchanges must be 1 or more, not %d", o.Exchanges)
	}
	if o.Limit <= 0 {
		return fmt.Errorf("--limit must be longer than %v", o.Limit)
	}
	return nil
}

// trace makes the exchanges and draws them.
func (a *app) trace(plan *plans.Plan, o *traceFlags) error {
	stops := watchSignals(a.notices)
	defer stops.release()
	t := newTracer(plan, o.Exchanges, o.Users > 0)
	for _, warning := range t.warnings {
		fmt.Fprintf(a.stderr, "%s\n", warning)
	}
	late, err := a.exchange(t, stops, o.Limit)
	if err != nil {
		return err
	}
	d := t.freeze()
	if err := traceFormats[o.Format](a.stdout, d); err != nil {
		return cannotRun("the diagram could not be printed: %w", err)
	}
	switch {
	case stops.graceful.Err() != nil:
		return &exitError{code: exitInterrupted}
	case late:
		fmt.Fprintf(a.stderr, "stopped after %v (--limit): there would have been more to draw\n", o.Limit)
	case len(d.Blocks) == 0:
		fmt.Fprintln(a.stderr, "the plan made no request")
	}
	return nil
}

// exchange lets the users make their first exchanges. When it returns the laboratory is closed, so that
// its nodes have told all that they saw. late reports whether the limit ended it.
func (a *app) exchange(t *tracer, stops *stops, limit time.Duration) (late bool, err error) {
	plan := t.plan
	laboratory, err := startLab(stops.graceful, plan, t.observed)
	if err != nil {
		return false, err
	}
	if laboratory != nil {
		defer func() { err = errors.Join(err, laboratory.Close()) }()
		plan.Load.Target = laboratory.URL()
		t.watchNodes()
	}
	plan.Load.UserAgent = "stickbench/" + version()
	runner, err := loadgen.New(&plan.Load, loadgen.Sinks{})
	if err != nil {
		return false, err
	}
	runner.Trace = t.exchange
	if err := runner.Probe(stops.graceful); err != nil {
		return false, a.unreachable(plan, err)
	}
	graceful, cancel := context.WithTimeout(stops.graceful, limit)
	defer cancel()
	hard, cut := context.WithTimeout(stops.hard, limit)
	defer cut()
	_, err = runner.Run(graceful, hard)
	return hard.Err() != nil && stops.hard.Err() == nil, err
}
