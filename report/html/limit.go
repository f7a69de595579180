package html

import (
	"fmt"
	"io"

	"stickbench/report/view"
)

// Limit is the page of a search for a limit: what was found, its curves, and a table of the steps.
type Limit struct {
	Title, Said string
	Found       bool
	Charts      []view.Chart
	Steps       view.Table
}

// WriteLimit writes the page of a search, in the manner of Write. The error is w's.
func WriteLimit(w io.Writer, l *Limit, version string) error {
	page := struct {
		htmlFrame
		Title, Said string
		Found       bool
		Curves      []plot
		Steps       htmlTable
	}{newHTMLFrame(l.Title, version, l.Charts), l.Title, l.Said, l.Found, drawAll(l.Charts), tableOf(l.Steps)}
	if err := writePage(w, "limit.html", page); err != nil {
		return fmt.Errorf("write limit as HTML: %w", err)
	}
	return nil
}
