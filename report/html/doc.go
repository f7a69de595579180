// Package html writes a report or a comparison as one page that needs nothing else: no network, no other
// file, and no script to be understood.
//
//	Results ────┐               tables and facts ─────────┐
//	Comparison ─┴▶ view, scale ─▶ plots: shapes in an SVG ─┴▶ page.html, compare.html (templates) ─▶ io.Writer
//
// Text from outside is escaped by html/template, and the page's policy lets only its own script run.
package html
