// Package view is what a report and a comparison show, before anyone says how: tables of finished cells, the
// facts on affinity, the verdict in a sentence. Text, HTML and Markdown lay out the same view and so say the
// same.
//
//	report.Results ─────┐   SummaryTable, NodeTable, PhaseTable, AffinityFacts, Verdict, EventText …
//	compare.Comparison ─┴▶  ChangesTable, OverviewTable, SharesTable, Headline, Reasons …
//	                           │
//	                           └▶ report/text, report/html, report/export
package view
