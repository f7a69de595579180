package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/report"
	"stickbench/report/export"
	"stickbench/report/text"
)

// formats are what `stickbench report --format` knows beside text and html, which need more than the results.
var formats = map[string]func(a *app, r *report.Results) error{
	"json":           func(a *app, r *report.Results) error { return export.WriteJSON(a.stdout, r) },
	"jmeter":         func(a *app, r *report.Results) error { return export.SummaryReport.Write(a.stdout, r) },
	"csv":            func(a *app, r *report.Results) error { return export.SummaryReport.WriteCSV(a.stdout, r) },
	"aggregate":      func(a *app, r *report.Results) error { return export.AggregateReport.Write(a.stdout, r) },
	"aggregate-csv":  func(a *app, r *report.Results) error { return export.AggregateReport.WriteCSV(a.stdout, r) },
	"dashboard-json": func(a *app, r *report.Results) error { return export.WriteDashboard(a.stdout, r) },
	"junit":          func(a *app, r *report.Results) error { return export.WriteJUnit(a.stdout, r) },
	"prometheus":     func(a *app, r *report.Results) error { return export.WritePrometheus(a.stdout, r) },
	"markdown":       func(a *app, r *report.Results) error { return export.WriteMarkdown(a.stdout, r) },
}

// formatNames are the formats, html among them.
const formatNames = "text|json|jmeter|csv|aggregate|aggregate-csv|dashboard-json|html|junit|prometheus|markdown"

// reportFlags are the options of `stickbench report`.
type reportFlags struct {
	Format string
	Length reportLength
	Open   bool
	Merge  string // the folder of a run; "" for none
}

func (a *app) reportCommand() *cobra.Command {
	var o reportFlags
	c := &cobra.Command{
		Use:   "report [RUN|FILE.jtl]",
		Short: "Print the report of a run again, or of any JTL file, JMeter's included",
		Long: `Print the report of a run again, from its folder, or of any JTL file, JMeter's included; without
either, of the latest run in results/.

Formats: text, what run prints; json; jmeter, JMeter's Summary Report with its own arithmetic and
number formats; csv, that table as JMeter saves it; aggregate and aggregate-csv, its Aggregate Report, with
the median and the 90, 95 and 99 % lines by JMeter's rule; dashboard-json, the statistics.json of its HTML
dashboard, whose percentiles interpolate; html, a page with charts that needs nothing else, the
one that is report.html in a run's folder; junit, the expectations as JUnit's test cases; prometheus, the
figures as Prometheus's metrics; markdown, for a pull request or a job's summary.`,
		Args: func(c *cobra.Command, args []string) error {
			if o.Merge != "" {
				return atLeastOne("file of an agent")(c, args)
			}
			return cobra.MaximumNArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error { return a.report(c, &o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.Merge, "merge", "", "first add to the run in `FOLDER` what the files of its agents have, which lost their coordinator")
	f.BoolVar(&o.Open, "open", false, "open the report as a page in the browser, and print nothing")
	lengthVar(f, &o.Length, "default summary")
	f.StringVarP(&o.Format, "format", "f", "text", "`"+formatNames+"`")
	apdexVar(f, &a.apdex)
	a.readingFlags(f)
	return c
}

// report prints the report of a recording, or opens its page.
func (a *app) report(c *cobra.Command, o *reportFlags, args []string) error {
	if o.Merge != "" {
		if err := a.merge(o.Merge, args); err != nil {
			return err
		}
		args = []string{o.Merge}
	}
	path, err := a.oneOrLatest(args)
	switch {
	case err != nil:
		return err
	case o.Open && c.Flags().Changed("format"):
		return errors.New("--open opens the page: leave out --format")
	case o.Open:
		return a.openReport(path)
	case o.Format == "html":
		return a.reportHTML(path, a.stdout)
	}
	write, ok := formats[o.Format]
	if o.Format == "text" {
		write, ok = func(a *app, r *report.Results) error { return a.writeText(r, o.Length) }, true
	}
	if !ok {
		return fmt.Errorf("--format %s: want %s", o.Format, strings.ReplaceAll(formatNames, "|", ", "))
	}
	r, err := a.results(path)
	if err != nil {
		return err
	}
	if err := write(a, r); err != nil {
		return cannotRun("the report could not be printed: %w", err)
	}
	return nil
}

// oneOrLatest is the recording that is meant.
func (a *app) oneOrLatest(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	return a.latest()
}

// openReport opens the page of a run, or one of any recording.
func (a *app) openReport(path string) error {
	page := (&folder{path}).path(reportFile)
	if _, err := os.Stat(page); err == nil {
		a.openPage(page)
		return nil
	}
	return a.openTemporary(func(f *os.File) error { return a.reportHTML(path, f) })
}

// results are those of a run's folder, or of a file of samples.
func (a *app) results(path string) (*report.Results, error) {
	r, err := a.recorded(path)
	if err != nil {
		return nil, err
	}
	b := newBuilder(r.apdex)
	return r.fold(b, b.Add)
}

// reportLength is how much a report in text tells; "" is a summary.
type reportLength string

const (
	summaryReport reportLength = "summary"
	fullReport    reportLength = "full"
)

// lengthVar is --report, with what it is if it is not given.
func lengthVar(f *pflag.FlagSet, to *reportLength, otherwise string) {
	f.Var(to, "report", "`summary|full`: with where time went, a histogram of it, and statuses ("+otherwise+")")
}

func (l *reportLength) Set(s string) error {
	if *l = reportLength(s); *l != summaryReport && *l != fullReport {
		return fmt.Errorf("want summary or full")
	}
	return nil
}

func (l *reportLength) String() string { return string(*l) }
func (l *reportLength) Type() string   { return "length" }

// writeText prints the report.
func (a *app) writeText(r *report.Results, length reportLength) error {
	o := a.textOptions()
	o.Full = length == fullReport
	return text.Write(a.stdout, r, o)
}
