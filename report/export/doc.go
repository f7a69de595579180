// Package export writes results and comparisons for programs and for other tools' readers.
//
//	Results ────┬▶ WriteJSON                             the contract that scripts rely on
//	            ├▶ WriteJMeterTable, WriteJMeterCSV      JMeter's Summary Report
//	            ├▶ WriteJUnit                            a test case for each expectation
//	            └▶ WritePrometheus ─▶ Family ─▶ WriteFamilies (--metrics writes its own families)
//	Comparison ─┬▶ WriteComparisonJSON
//	            └▶ WriteComparisonMarkdown               for a pull request
package export
