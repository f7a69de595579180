// Package html writes a report or a comparison as one page that needs nothing else: no network, no other
// file, and no script to be understood.
//
//	Results ────┐                        ┌▶ draw, scale ─▶ still pictures ─┐
//	Comparison ─┴▶ view: tables, charts ─┴▶ data, as JSON ─▶ script ───────┴▶ page.html, compare.html (templates)
//
// A chart is described once (view.Chart), and drawn twice from that: as a still picture, and by the script, which takes
// its place where scripts run, and answers to pointing, dragging and keys. The script has rooms as the Go side has:
// scales.js, series.js, interaction.js, tables.js and live.js.
//
// Text from outside is escaped by html/template, and the page's policy lets only its own script run.
package html
