package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/pflag"

	"stickbench/report"
	"stickbench/report/export"
)

// outputFlags say what is written, and where.
func (o *runFlags) outputFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.Out, "out", "o", "", "the run's `folder` (default results/<plan>-<UTC time>)")
	f.BoolVar(&o.NoOut, "no-out", false, "write no folder")
	f.BoolVar(&o.JSON, "json", false, "print the results as one JSON document, and nothing else")
	lengthVar(f, &o.Report, "default: full with a URL, else summary")
	f.BoolVar(&o.Open, "open", false, "open the report's page in the browser at the end")
	f.StringVar(&o.JUnit, "junit", "", "write the expectations into `FILE`, as JUnit's test cases")
	f.StringVar(&o.Summary, "summary", "", "add the report to `FILE` as Markdown, for a pull request or a job's summary")
}

// checkOutputs refuses options that exclude each other, and files that could not be written at the end of a run.
func (o *runFlags) checkOutputs() error {
	switch {
	case o.NoOut && o.Out != "":
		return errors.New("--out and --no-out exclude each other")
	case o.NoOut && o.Open:
		return errors.New("--open and --no-out exclude each other: the page is in the run's folder")
	case o.Repeat > 1 && o.JUnit != "":
		return errors.New("--junit is for one run: leave it out with --repeat, and see `stickbench report --format junit` of each")
	case o.Repeat > 1 && o.Open:
		return errors.New("--open is for one run: leave it out with --repeat")
	}
	for flag, name := range map[string]string{"--junit": o.JUnit, "--summary": o.Summary} {
		if name == "" {
			continue
		}
		_, missing := os.Stat(name)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return cannotRun("%s: %w", flag, err)
		}
		f.Close()
		if missing != nil { // a run that comes to nothing leaves no empty file
			os.Remove(name)
		}
	}
	return nil
}

// writeBeside writes what is wanted beside the report.
func (o *runFlags) writeBeside(r *report.Results) error {
	for _, out := range []struct {
		flag, name string
		how        int
		write      func(io.Writer, *report.Results) error
	}{
		{"--junit", o.JUnit, os.O_TRUNC, export.WriteJUnit},
		{"--summary", o.Summary, os.O_APPEND, export.WriteMarkdown},
	} {
		if out.name == "" {
			continue
		}
		f, err := os.OpenFile(out.name, os.O_WRONLY|os.O_CREATE|out.how, 0o666)
		if err == nil {
			err = errors.Join(out.write(f, r), f.Close())
		}
		if err != nil {
			return cannotRun("%s: %w", out.flag, err)
		}
	}
	return nil
}
