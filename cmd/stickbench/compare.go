package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stickbench/report/compare"
	"stickbench/report/export"
	"stickbench/report/html"
	"stickbench/report/text"
)

// compareFlags are the options of `stickbench compare`.
type compareFlags struct {
	Before, After          []string
	Format, Margin, WarmUp string
	RunSpread              string
	FailOn                 []string
	Details, Strict, Open  bool

	// Those of --run.
	Run    bool
	Repeat int
	Out    string
	Quiet  bool
	overrides
}

// comparisonFormats are what `stickbench compare --format` knows.
var comparisonFormats = map[string]func(a *app, r *compare.Comparison, o *compareFlags) error{
	"text": func(a *app, r *compare.Comparison, o *compareFlags) error {
		return text.WriteComparison(a.stdout, r, text.ComparisonOptions{Options: a.textOptions(), Details: o.Details})
	},
	"json": func(a *app, r *compare.Comparison, _ *compareFlags) error {
		return export.WriteComparisonJSON(a.stdout, r)
	},
	"markdown": func(a *app, r *compare.Comparison, _ *compareFlags) error {
		return export.WriteComparisonMarkdown(a.stdout, r)
	},
	"junit": func(a *app, r *compare.Comparison, _ *compareFlags) error {
		return export.WriteComparisonJUnit(a.stdout, r)
	},
	"html": func(a *app, r *compare.Comparison, _ *compareFlags) error {
		return html.WriteComparison(a.stdout, r, version())
	},
}

func (a *app) compareCommand() *cobra.Command {
	var o compareFlags
	c := &cobra.Command{
		Use:   "compare [BEFORE AFTER]",
		Short: "Compare two runs, or two sides of several runs each, with a verdict",
		Long: `Compare two runs, or two sides of several runs each, with a verdict. A run is its folder or any
JTL file, JMeter's included; a folder with runs in it, as --repeat makes, is all of them.

  stickbench compare BEFORE AFTER
  stickbench compare                                    the two latest runs of one plan in results/
  stickbench compare --before A1,A2,A3,A4,A5 --after B1,B2,B3,B4,B5
  stickbench compare --run PLAN_A PLAN_B --repeat 5     runs A B A B …, then compares

Each metric is better, worse, the same within the margin, or it cannot be told, and then what would tell is said.
Worse takes an interval that rules out no change, and an estimate beyond the margin. Requests of one run
depend on each other and are never tested one by one, and one run does not know how much runs differ:
--run-spread is taken for that. From two runs a side, runs are compared with runs. What the first part of a run
has of warm-up is left out by rule (MSER-5), and said. stickbench help compare has the method.

A comparison is a regression, exit code 1, if p95, error rate, affinity or throughput got worse, or, with
--fail-on, if one of your own conditions is met. A condition is a change, and is met only where the
change is not noise. One that a side has nothing for is not judged, which is exit code 1 too:
  'p95 > 5%'                    rose by more than 5 % (also <, >=, <=)
  'p95("GET /") > 10ms'         of one label, by more than 10 ms
  'average("GET /", "s1") > 5%' of one node within it; "" is all labels
  'throughput < -10%'           fell by more than 10 %
  'error_rate > 0.5pp'          rose by more than half a percentage point
  'affinity worse'              the verdict itself
  none                          nothing fails
Metrics: average, stddev, p50, p95, p99, error_rate, throughput, affinity, continuity.

Exit codes: 0 no regression; 1 a regression; 2 wrong usage or an invalid file; with --run also those of run.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return a.compare(c, &o, args) },
	}
	f := c.Flags()
	a.readingFlags(f)
	f.StringSliceVar(&o.Before, "before", nil, "`runs` or files of the side before")
	f.StringSliceVar(&o.After, "after", nil, "`runs` or files of the side after")
	f.StringArrayVar(&o.FailOn, "fail-on", nil, "`condition` of a regression, instead of the usual ones; may be repeated")
	f.StringVar(&o.Margin, "margin", "5%,0.1ms,0.2pp", "`change` held to be none: of times and throughput, at least for times, for shares")
	f.StringVar(&o.RunSpread, "run-spread", "10%", "how much the same run is taken to differ from time to time, in times and throughput, where there are too few runs to tell: `share`, or 0")
	f.BoolVar(&o.Strict, "strict-margin", false, "only what is certainly beyond the margin, interval and all, is a regression")
	f.StringVar(&o.WarmUp, "warm-up", "auto", "what to leave out at the start of each run: `auto|none|DURATION`")
	f.StringVarP(&o.Format, "format", "f", "text", "`text|json|markdown|html|junit`")
	f.BoolVar(&o.Details, "details", false, "all metrics of every label and node, in text")
	f.BoolVar(&o.Open, "open", false, "open the comparison as a page in the browser, and print nothing")
	f.BoolVar(&o.Run, "run", false, "BEFORE and AFTER are plans: run them in turns, then compare")
	f.IntVar(&o.Repeat, "repeat", defaultRepeat, "with --run, how often each plan is run")
	f.StringVarP(&o.Out, "out", "o", "", "with --run, the `folder` for the runs (default results/compare-<UTC time>)")
	quietVar(f, &o.Quiet, "with --run, ")
	o.overrides.flags(c)
	return c
}

// compare reads both sides, or runs them first, and compares them.
func (a *app) compare(c *cobra.Command, o *compareFlags, args []string) error {
	write, ok := comparisonFormats[o.Format]
	if !ok {
		return fmt.Errorf("--format %s: expected text, json, markdown, html or junit", o.Format)
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	if err := a.sides(o, c, args); err != nil {
		return err
	}
	if o.Run {
		if err := a.runInTurns(o, args, o.over(c), options.DesignText(o.Repeat)); err != nil {
			return err
		}
	}
	before, err := a.series(o.Before)
	if err != nil {
		return err
	}
	after, err := a.series(o.After)
	if err != nil {
		return err
	}
	r, err := compare.Compare(before, after, options)
	if err != nil {
		return err
	}
	if o.Open {
		err = a.openTemporary(func(f *os.File) error { return html.WriteComparison(f, r, version()) })
	} else if err = write(a, r, o); err != nil {
		err = cannotRun("the comparison could not be printed: %w", err)
	}
	if err != nil {
		return err
	}
	if r.Regression {
		return &exitError{code: exitFailed}
	}
	return nil
}

// options are those of the comparison itself.
func (o *compareFlags) options() (compare.Options, error) {
	var c compare.Options
	var err error
	if c.Margin, err = compare.ParseMargin(o.Margin); err != nil {
		return c, fmt.Errorf("--margin: %w", err)
	}
	if c.RunSpread, err = compare.ParseRunSpread(o.RunSpread); err != nil {
		return c, fmt.Errorf("--run-spread: %w", err)
	}
	c.Strict = o.Strict
	switch o.WarmUp {
	case "auto":
	case "none":
		c.WarmUp = compare.WarmUp{Fixed: true}
	default:
		d, err := time.ParseDuration(o.WarmUp)
		if err != nil || d < 0 {
			return c, fmt.Errorf("--warm-up %s: expected auto, none or a duration such as 5s", o.WarmUp)
		}
		c.WarmUp = compare.WarmUp{Fixed: true, MS: d.Milliseconds()}
	}
	if len(o.FailOn) == 0 {
		return c, nil
	}
	c.Conditions = []compare.FailCondition{}
	for _, text := range o.FailOn {
		if text == "none" && len(o.FailOn) == 1 {
			break
		}
		condition, err := compare.ParseFailCondition(text)
		if err != nil {
			return c, fmt.Errorf("--fail-on: %w", err)
		}
		c.Conditions = append(c.Conditions, condition)
	}
	return c, nil
}

// sides finds out what is to be compared: the two arguments, what --before and --after name, or the latest runs.
func (a *app) sides(o *compareFlags, c *cobra.Command, args []string) error {
	listed := len(o.Before) + len(o.After)
	switch {
	case o.Run && listed > 0:
		return errors.New("--run takes two plans; --before and --after are for runs that are there already")
	case o.Run && len(args) != 2:
		return fmt.Errorf("--run takes two plans, not %d", len(args))
	case o.Run:
		return nil
	case c.Flags().Changed("repeat"), c.Flags().Changed("out"):
		return errors.New("--repeat and --out are for --run, which runs two plans first")
	case listed > 0 && len(args) > 0:
		return errors.New("name the sides either as two arguments or with --before and --after")
	case listed > 0 && (len(o.Before) == 0 || len(o.After) == 0):
		return errors.New("--before and --after go together")
	case listed == 0 && len(args) == 0:
		before, after, err := a.latestTwo()
		o.Before, o.After = []string{before}, []string{after}
		return err
	case listed == 0 && len(args) != 2:
		return fmt.Errorf("compare takes two runs or files, BEFORE and AFTER, not %d; several a side go with --before and --after\nSee: %s --help", len(args), c.CommandPath())
	case listed == 0:
		o.Before, o.After = args[:1], args[1:]
	}
	return nil
}

// series reads the runs of a side.
func (a *app) series(paths []string) ([]*compare.Series, error) {
	var all []*compare.Series
	for _, path := range expand(paths) {
		r, err := a.recorded(path)
		if err != nil {
			return nil, err
		}
		b := newBuilder(r.apdex)
		s := compare.NewSeriesBuilder(b)
		results, err := r.fold(b, s.Add)
		if err != nil {
			return nil, err
		}
		if results.Total.Samples == 0 {
			return nil, fmt.Errorf("%s has no samples to compare", r.name)
		}
		all = append(all, s.Freeze(path, results, r.setup))
	}
	return all, nil
}

// expand replaces folders that hold runs' folders by those, in the order of their names, numbers by value.
func expand(paths []string) []string {
	var all []string
	for _, path := range paths {
		runs, err := filepath.Glob(filepath.Join(path, "*", recordFile))
		if _, missing := os.Stat(filepath.Join(path, recordFile)); err != nil || missing == nil || len(runs) == 0 {
			all = append(all, path)
			continue
		}
		for i := range runs {
			runs[i] = filepath.Dir(runs[i])
		}
		slices.SortFunc(runs, func(x, y string) int {
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			return strings.Compare(x, y)
		})
		all = append(all, runs...)
	}
	return all
}
