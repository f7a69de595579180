// Package jtl writes and reads recordings: JMeter's CSV with the columns of stickbench behind its own, and
// what JMeter itself writes, as CSV of any of its versions or as XML.
//
//	Sample ─▶ Writer ─▶ samples.jtl
//
//	file ─▶ Read ─┬─ sniff: gzip? XML? a header? ─▶ layout: which column is what
//	              │
//	              ├─ csvReader ─▶ row.take ─┬─ scan: as in the row before, or a short number ─┐
//	              │                         └─ field ─▶ row.set ──────────────────────────────┤
//	              └─ xmlReader ─▶ attrs ──────────────▶ row.set ──────────────────────────────┴▶ row.finish ─▶ Sample ─▶ each
//
// A sample that was written and read again is the same sample; what a file cannot hold is said at
// loadgen.Sample. A line that was cut short by a kill is left out and counted in Info; anything else that
// is no row is an *Error with its place.
package jtl
