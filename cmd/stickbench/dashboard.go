package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/export"
	"stickbench/report/html"
	"stickbench/report/jtl"
)

// The files of JMeter's folder of a report.
const (
	indexFile      = "index.html"
	statisticsFile = "statistics.json"
)

// writeDashboard writes the folder that JMeter's -e -o writes: our page, and JMeter's statistics.
func writeDashboard(dir string, r *report.Results, facts html.Facts) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return cannotRun("-o: %w", err)
	}
	f := &folder{dir}
	var page, statistics bytes.Buffer
	err := errors.Join(html.Write(&page, r, facts), export.WriteDashboard(&statistics, r))
	if err == nil {
		err = errors.Join(f.write(indexFile, page.Bytes(), fileMode), f.write(statisticsFile, statistics.Bytes(), fileMode))
	}
	if err != nil {
		return cannotRun("-o: %w", err)
	}
	return nil
}

// dashboardFacts are those of a run that may have no folder of its own.
func dashboardFacts(r *record, plan *plans.Plan, first *firstExchanges) html.Facts {
	facts := r.htmlFacts(plan.Source)
	facts.Diagram = first.diagram()
	return facts
}

// logFlags name the file of samples that is written for others.
func (o *runFlags) logFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.Log, "jtl", "l", "", "write the samples into `FILE`, too; a file that is there is continued, as JMeter does")
	f.StringVar(&o.LogFormat, "jtl-format", "csv", "`csv|xml` of that file")
	f.StringSliceVar(&o.LogColumns, "jtl-columns", nil, "`columns` of that file, such as timeStamp,elapsed,label,success; jmeter are JMeter's own")
}

// checkLog refuses a form that --jtl does not know, and its options without it.
func (o *runFlags) checkLog(c *cobra.Command) error {
	given := c.Flags().Changed("jtl-format") || c.Flags().Changed("jtl-columns")
	switch {
	case o.Log == "" && given:
		return errors.New("--jtl-format and --jtl-columns are for the file of --jtl")
	case !slices.Contains([]string{"csv", "xml"}, o.LogFormat):
		return fmt.Errorf("invalid --jtl-format %s: want csv or xml", o.LogFormat)
	case o.LogFormat == "xml" && len(o.LogColumns) > 0:
		return errors.New("--jtl-columns are for CSV: XML has JMeter's attributes")
	case o.Log != "" && o.Repeat > 1:
		return errors.New("--jtl and --repeat exclude each other: each repetition has a samples.jtl in its folder")
	}
	return nil
}

// openLog opens the file of samples that the user named; late says that the run has arrivals.
func (o *runFlags) openLog(late bool) (*jtl.File, error) {
	options := jtl.FileOptions{XML: o.LogFormat == "xml", Columns: o.LogColumns, Late: late}
	if slices.Equal(o.LogColumns, []string{"jmeter"}) {
		options.Columns = jtl.JMeterColumns
	}
	if err := os.MkdirAll(filepath.Dir(o.Log), 0o777); err != nil {
		return nil, cannotRun("--jtl: %w", err)
	}
	f, err := jtl.OpenFile(o.Log, options)
	var path *os.PathError
	if errors.As(err, &path) {
		return nil, cannotRun("--jtl: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("--jtl %w", err)
	}
	return f, nil
}
