package export

import (
	"encoding/json"
	"fmt"
	"io"

	"stickbench/report/compare"
)

// WriteComparisonJSON writes the comparison as one indented JSON document, in the layout that
// ComparisonSchema names, and a line feed. Empty lists are [], never null. Text stands as it is, as with
// WriteJSON.
func WriteComparisonJSON(w io.Writer, r *compare.Comparison) error {
	c := *r
	c.Labels, c.Conditions = list(c.Labels), list(c.Conditions)
	c.Differences, c.Warnings = list(c.Differences), list(c.Warnings)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(&c); err != nil {
		return fmt.Errorf("write comparison as JSON: %w", err)
	}
	return nil
}
