package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

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

func (a *app) reportCommand() *cobra.Command {
	var format string
	var length reportLength
	var open bool
	var merge string
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
			if merge != "" {
				return atLeastOne("file of an agent")(c, args)
			}
			return cobra.MaximumNArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if merge != "" {
				if err := a.merge(merge, args); err != nil {
					return err
				}
				args = []string{merge}
			}
			path, err := a.oneOrLatest(args)
			switch {
			case err != nil:
				return err
			case open && c.Flags().Changed("format"):
				return errors.New("--open opens the page: leave out --format")
			case open:
				return a.openReport(path)
			case format == "html":
				return a.reportHTML(path, a.stdout)
			}
			write, ok := formats[format]
			if format == "text" {
				write, ok = func(a *app, r *report.Results) error { return a.writeText(r, length) }, true
			}
			if !ok {
				return fmt.Errorf("--format %s: want %s", format, strings.ReplaceAll(formatNames, "|", ", "))
			}
			r, err := a.results(path)
			if err != nil {
				return err
			}
			if err := write(a, r); err != nil {
				return cannotRun("the report could not be printed: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&merge, "merge", "", "first add to the run in `FOLDER` what the files of its agents have, which lost their coordinator")
	c.Flags().BoolVar(&open, "open", false, "open the report as a page in the browser, and print nothing")
	c.Flags().Var(&length, "report", "`summary|full`: with where time went, a histogram of it, and statuses (default summary)")
	c.Flags().StringVarP(&format, "format", "f", "text", "`"+formatNames+"`")
	apdexVar(c.Flags(), &a.apdex)
	a.readingFlags(c.Flags())
	return c
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
