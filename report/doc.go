// Package report is what a run is found to have done: Results, plain data, frozen, and what follows from them alone.
//
//	report/fold ─▶ Results ─┬▶ Judge          verdict, by the figures that expectations ask for
//	                        ├▶ EventWarnings
//	                        ├▶ report/view ─▶ report/text, report/html
//	                        └▶ report/export
//
// Renderings are functions of results alone: they know neither the samples nor how these were folded.
package report
