package text

import (
	"fmt"
	"io"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// WriteRuns writes one table of the runs of one plan, with the median and the spread of each figure.
func WriteRuns(w io.Writer, runs []*report.Results, opt Options) error {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color}
	if opt.Width == 0 {
		p.width = defaultWidth
	}
	if len(runs) > 0 && runs[0].Plan != "" {
		p.hang(bold, format.Plural(int64(len(runs)), "run"), format.Clean(runs[0].Plan))
		p.line(plain, "")
	}
	t := view.RunsTable(runs)
	printTable(&t, p)
	p.note("Times in ms. Spread is the largest less the smallest.")
	if _, err := w.Write(p.text.Bytes()); err != nil {
		return fmt.Errorf("write the table of runs: %w", err)
	}
	return nil
}
