package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// formats are what `stickbench report --format` knows.
var formats = map[string]func(a *app, r *report.Results) error{
	"text":   func(a *app, r *report.Results) error { return report.WriteText(a.stdout, r, a.textOptions()) },
	"json":   func(a *app, r *report.Results) error { return report.WriteJSON(a.stdout, r) },
	"jmeter": func(a *app, r *report.Results) error { return report.WriteJMeterTable(a.stdout, r) },
	"csv":    func(a *app, r *report.Results) error { return report.WriteJMeterCSV(a.stdout, r) },
}

func (a *app) reportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "report RUN|FILE.jtl",
		Short: "Print the report of a run again, or of any JTL file, JMeter's included",
		Long: `Print the report of a run again, from its folder, or of any JTL file, JMeter's included.

Formats: text, what run prints; json; jmeter, JMeter's Summary Report with its own arithmetic and
number formats; csv, that table as JMeter saves it.`,
		Args: one("RUN or FILE.jtl"),
		RunE: func(_ *cobra.Command, args []string) error {
			write, ok := formats[format]
			if !ok {
				return fmt.Errorf("--format %s: expected %s", format, "text, json, jmeter or csv")
			}
			r, err := a.results(args[0])
			if err != nil {
				return err
			}
			if err := write(a, r); err != nil {
				return cannotRun("the report could not be printed: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&format, "format", "f", "text", "`text|json|jmeter|csv`")
	return c
}

// results are those of a run's folder, or of a file of samples.
func (a *app) results(path string) (*report.Results, error) {
	if path == "-" {
		return readSamples(a.stdin, "standard input", time.Time{}, report.Run{Plan: "standard input"})
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: no such run or file; the runs here are in results/", path)
	}
	if info.IsDir() {
		return runResults(&folder{path})
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return readSamples(f, path, time.Time{}, report.Run{Plan: name})
}

// runResults folds a run's samples again, with what run.json and plan.toml know beside them.
func runResults(f *folder) (*report.Results, error) {
	r, err := f.readRecord()
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(f.path(planFile))
	if err != nil {
		return nil, err
	}
	plan, err := plans.Read(f.path(planFile), source, r.Override)
	if err != nil {
		return nil, err
	}
	run := r.facts(plan)
	if r.End == nil {
		run.Warnings = append(slices.Clone(run.Warnings), "the run did not come to its end: this is what it had recorded")
	}
	file, err := os.Open(f.path(samplesFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readSamples(file, f.path(samplesFile), r.Start, run)
}

// readSamples folds a recording. What happened during its run is told beforehand.
func readSamples(in io.Reader, name string, start time.Time, run report.Run) (*report.Results, error) {
	b := report.NewBuilder()
	if !start.IsZero() {
		b.Begin(start)
	}
	for _, e := range run.Events {
		b.Event(e)
	}
	take := func(s *loadgen.Sample) error { b.Add(s); return nil }
	info, err := report.ReadJTL(in, take)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	run.Warnings = append(slices.Clone(run.Warnings), info.Warnings...)
	return b.Freeze(run), nil
}
