// Package compare judges what changed between two sides of one or more runs each. It computes and renders
// nothing: a Comparison is plain data.
//
//	Sample ─▶ SeriesBuilder.Add ─▶ Series            one run: its results, and each row cut into windows
//	                                  │
//	Series… before ─▶ side ─┐         ├─ steady state: warm-up and cool-down left out
//	Series… after  ─▶ side ─┴▶ Compare ─▶ per row and metric: estimate, interval, p-value (internal/stats)
//	                              │              └▶ verdict against the margin
//	                              ├─ shares of the decisions, differences of the set-ups, charts
//	                              └▶ conditions (those of --fail-on) ─▶ Comparison.Regression
package compare
