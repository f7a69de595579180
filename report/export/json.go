package export

import (
	"encoding/json"
	"fmt"
	"io"

	"stickbench/report"
)

// WriteJSON writes the results as one indented JSON document, in the layout that Schema names, and a
// line feed. Empty lists are [], never null. Text stands as it is: < > and & are not escaped, because
// the document is not meant to be pasted into HTML.
func WriteJSON(w io.Writer, r *report.Results) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(listed(r)); err != nil {
		return fmt.Errorf("write results as JSON: %w", err)
	}
	return nil
}

// listed is r with empty lists for nil ones.
func listed(r *report.Results) *report.Results {
	c := *r
	c.Labels, c.Nodes, c.Errors = list(c.Labels), list(c.Nodes), list(c.Errors)
	c.Expectations, c.Events, c.Warnings = list(c.Expectations), list(c.Events), list(c.Warnings)
	c.Statuses = list(c.Statuses)
	c.Phases, c.States, c.Timeline.Points = list(c.Phases), list(c.States), list(c.Timeline.Points)
	return &c
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
