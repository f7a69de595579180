// Package text writes reports and comparisons for a terminal.
//
//	Results ────┐                     section by section             wrapped, cut and padded to a width
//	Comparison ─┴▶ view: tables, facts ────────────────▶ page.line ──────────────────────────────────▶ io.Writer
//
// A table that is too wide is broken up by layoutTable. No line is longer than the width, text from outside
// is escaped, and no meaning depends on a colour.
package text
