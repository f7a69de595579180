// Package fold folds samples into results.
//
//	events ─────────────────────────▶ Builder.Event ─┐
//	loadgen.Run ─▶ Sample ──────────▶ Builder.Add ───┴▶ Builder.Freeze ─▶ report.Results
//	                  │                    ▲
//	             jtl.Writer                │
//	                  ▼                    │
//	             samples.jtl ─▶ jtl.Read ──┘
//
//	Builder.Add ─┬▶ rowFold        by label and node; labels, nodes and the whole are sums, made by Freeze
//	             ├▶ calculator     by label and in all: JMeter's figures, which depend on the order
//	             ├▶ affinityFold   what a response means to its session: moved, lost, went on
//	             ├▶ timelineFold   by the second
//	             ├▶ windowsFold    by the windows that expectations ask for
//	             ├▶ phaseTracker   by phase, state of the nodes and weights, once no event can come before it;
//	             │                 shareJudge weighs what it decided
//	             ├▶ usersFold, errorFold, exchangeFold
//	             └▶ sampleChecks   warnings
//
// A recording goes through the same folds as the run it was made of, and gives the same results. Folds
// keep no samples but the last 65536, for events that are told late: their size is that of what they tell
// apart (labels, nodes, users, phases, distinct errors).
package fold
