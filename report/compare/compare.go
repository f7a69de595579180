package compare

import (
	"errors"
	"math"
	"stickbench/internal/stats"
)

// ComparisonSchema names the layout of a Comparison as JSON. Keys may be added to it, never changed or
// removed.
const ComparisonSchema = "stickbench.comparison/1"

// The verdicts on a metric. Better and worse take two things: a change beyond the margin, and one that
// is not noise (its p-value, adjusted for how many were asked about, below Method.Level). Same means that the
// 95 % interval of the change lies within the margin: no worse than that, for all that is known.
// Anything else cannot be told, and more or longer runs may tell.
const (
	Better     = "better"
	Worse      = "worse"
	Same       = "same"
	CannotTell = "cannot tell"
	// Changed is the verdict on a node's throughput where it would be better or worse elsewhere: what one
	// node has more of, others have less of, as the balancer wants it.
	Changed = "changed"
)

// Comparison is everything that is said of two sides, each of one or more runs: plain data, frozen,
// ready to be rendered. Units are those of Results.
type Comparison struct {
	Schema string `json:"schema"`
	// Verdict is the worst of the verdicts on p95, error rate, affinity and throughput over all samples:
	// Worse if one is; else Better if one is; else CannotTell if one is; else Same.
	Verdict string `json:"verdict"`
	// Regression says that a condition of Conditions is met.
	Regression bool   `json:"regression"`
	Before     Side   `json:"before"`
	After      Side   `json:"after"`
	Margin     Margin `json:"margin"`
	Method     Method `json:"method"`

	Total  Row     `json:"total"`
	Labels []Row   `json:"labels"` // in order of first appearance, those of before first
	Shares *Shares `json:"shares,omitempty"`

	Conditions  []Condition  `json:"conditions"`
	Differences []Difference `json:"differences"`
	Warnings    []string     `json:"warnings"`

	// Charts are for looking at; nil in a comparison that was read from JSON.
	Charts *Charts `json:"-"`
}

// Side are the runs of a side.
type Side struct {
	Name string    `json:"name"` // the plan's, or the file's
	Runs []SideRun `json:"runs"`
}

// SideRun is one run of a side, and which part of it was compared.
type SideRun struct {
	Name       string `json:"name"`
	Samples    int64  `json:"samples"` // requests, marks left out
	DurationMS int64  `json:"duration_ms"`
	WindowMS   int64  `json:"window_ms"` // into which the run was cut
	// WarmUpMS and CoolDownMS are what was left out at its beginning and its end.
	WarmUpMS   int64 `json:"warm_up_ms"`
	CoolDownMS int64 `json:"cool_down_ms"`
}

// Row is a label, a node, or everything, with its metrics.
type Row struct {
	Label string `json:"label"`
	Node  string `json:"node,omitempty"`
	// SamplesBefore and SamplesAfter are those that were compared, over all runs of the side.
	SamplesBefore int64    `json:"samples_before"`
	SamplesAfter  int64    `json:"samples_after"`
	Changes       []Change `json:"changes"`
	Nodes         []Row    `json:"nodes,omitempty"`
}

// Change is what became of a metric. Before and After are the figures, over several runs their mean, or
// with the Mann-Whitney test their median. Nil figures are not defined, or there were no samples.
type Change struct {
	Metric string   `json:"metric"` // average, stddev, p50, p95, p99, error_rate, throughput, affinity or continuity
	Unit   string   `json:"unit"`   // "ms", "per second", or "share" (0 to 1)
	Before *float64 `json:"before"`
	After  *float64 `json:"after"`
	// Delta is the change, in the metric's unit, and Low to High its 95 % interval, nil where nothing
	// bounds it. Relative is Delta divided by Before.
	Delta    *float64 `json:"delta"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Relative *float64 `json:"relative"`
	// Margin is the change, in the metric's unit, that is held to be none.
	Margin float64 `json:"margin"`
	// P is the p-value of no change, AdjustedP the same for the family of metrics (Holm).
	P         *float64 `json:"p,omitempty"`
	AdjustedP *float64 `json:"adjusted_p,omitempty"`
	// Effect is Cliff's δ over the runs, −1 to 1; only with the Mann-Whitney test.
	Effect  *float64 `json:"effect,omitempty"`
	Verdict string   `json:"verdict,omitempty"` // "" where one side has nothing to compare
	Reason  string   `json:"reason,omitempty"`  // why it cannot be told
}

// Method says how the verdicts came about.
type Method struct {
	// Test is "block bootstrap" or "Mann-Whitney".
	Test       string  `json:"test"`
	Confidence float64 `json:"confidence"` // of the intervals
	// Level is what adjusted p-values must be below for a change to be none of chance.
	Level     float64 `json:"level"`
	Resamples int     `json:"resamples,omitempty"`
	Seed      int64   `json:"seed,omitempty"`
}

// The methods: with rankRuns or more runs a side, the runs' figures are compared with each other; with
// fewer, the variation within the runs stands in for that between them.
const (
	testBootstrap = "block bootstrap"
	TestRanks     = "Mann-Whitney"
	rankRuns      = 4
	// bootstrapLevel is half the usual level: Mann-Whitney's p-values are exact, but those of a bootstrap
	// hold for long runs only, and come out up to twice too small where requests depend strongly on each
	// other.
	bootstrapLevel = stats.Alpha / 2
)

// Difference is something that the runs of the two sides do not have in common.
type Difference struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
	// Load says that it makes the load what it is, so that the runs are hardly comparable.
	Load bool `json:"load"`
}

// Margin is the change that is held to be none.
type Margin struct {
	// Relative is for times and throughput, as a share of the figure before: 0.05 is 5 %.
	Relative float64 `json:"relative"`
	// MS is the least margin for times, in milliseconds.
	MS float64 `json:"ms"`
	// Share is the margin for error rate, affinity and continuity: 0.002 is 0.2 percentage points.
	Share float64 `json:"share"`
}

// DefaultMargin is 5 %, the change that a benchmark on a machine of one's own does not show by itself
// from one day to the next; at least 0.1 ms for times, since below that they are the scheduler's and the
// kernel's rather than the target's; and 0.2 percentage points for shares, which is what two runs of 2000
// requests without a failure, or of as many transitions without a move, can rule out. For recordings in
// whole milliseconds the margin for times is at least 1 ms.
var DefaultMargin = Margin{Relative: 0.05, MS: 0.1, Share: 0.002}

// of is the margin of a metric with that figure before.
func (m Margin) of(unit string, before float64, whole bool) float64 {
	switch {
	case unit == UnitShare:
		return m.Share
	case unit == UnitMS && whole:
		return max(m.Relative*before, m.MS, 1)
	case unit == UnitMS:
		return max(m.Relative*before, m.MS)
	}
	return m.Relative * before
}

// WarmUp says how much of the beginning of each run is left out: by rule, or the first MS milliseconds if
// Fixed.
type WarmUp struct {
	Fixed bool
	MS    int64
}

// Options are the options of Compare. The zero value has no margin: begin with DefaultMargin.
type Options struct {
	Margin     Margin
	WarmUp     WarmUp
	Conditions []FailCondition // nil for DefaultConditions
}

// ErrNothingToCompare says that a side has no run.
var ErrNothingToCompare = errors.New("a comparison needs a run on each side")

// Compare compares the runs of two sides. It is a function of its arguments alone: what is drawn at
// random is drawn from a fixed seed. It needs some seconds at most.
func Compare(before, after []*Series, o Options) (*Comparison, error) {
	if len(before) == 0 || len(after) == 0 {
		return nil, ErrNothingToCompare
	}
	c := &comparer{margin: o.Margin, before: newSide(before, o.WarmUp), after: newSide(after, o.WarmUp)}
	result := &Comparison{
		Schema: ComparisonSchema, Margin: o.Margin, Method: c.method(),
		Before: c.before.describe(), After: c.after.describe(),
		Total: c.total(), Labels: c.labels(),
	}
	c.judge(&result.Total, result.Labels)
	result.Verdict = overall(result.Total.Changes)
	result.Shares = compareShares(c.before, c.after)
	result.Differences = differences(before, after)
	result.Charts = c.charts()
	result.Warnings = c.warnings(result)
	conditions := o.Conditions
	if conditions == nil {
		conditions = DefaultConditions()
	}
	for _, f := range conditions {
		judged, err := f.judge(result)
		if err != nil {
			return nil, err
		}
		result.Conditions = append(result.Conditions, judged)
		result.Regression = result.Regression || judged.Met
	}
	return result, nil
}

// Gates are the metrics that the verdict on the whole goes by.
var Gates = map[string]bool{"p95": true, "error_rate": true, "affinity": true, "throughput": true}

// overall is the verdict on the whole.
func overall(changes []Change) string {
	found := map[string]bool{}
	for i := range changes {
		if Gates[changes[i].Metric] {
			found[changes[i].Verdict] = true
		}
	}
	for _, v := range []string{Worse, Better, CannotTell, Same} {
		if found[v] {
			return v
		}
	}
	return CannotTell
}

// finite is a pointer to x, nil if it is infinite or not a number.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}
