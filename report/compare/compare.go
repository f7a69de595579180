package compare

import (
	"errors"
	"math"
	"slices"
)

// ComparisonSchema names the layout of a Comparison as JSON. Keys may be added to it, never changed or
// removed.
const ComparisonSchema = "stickbench.comparison/1"

// The verdicts on a metric. Better and worse take two things: the estimate lies beyond the margin, and the
// interval rules out no change (the p-value, of conditions adjusted for how many there are, is below
// Method.Level). Same means that the whole interval lies within the margin (Wellek, 2010). Anything else cannot
// be told, and Change.Needed says what would tell.
const (
	Better        = "better"
	Worse         = "worse"
	Same          = "same"
	CannotTell    = "cannot tell"
	ChangedWithin = "changed, within the margin" // the estimate is, and the interval rules out no change
	// Changed is the verdict on a node's throughput where it would be better or worse elsewhere: what one
	// node has more of, others have less of, as the balancer wants it.
	Changed = "changed"
)

// Comparison is everything that is said of two sides, each of one or more runs: plain data, frozen,
// ready to be rendered. Units are those of Results.
type Comparison struct {
	Schema string `json:"schema"`
	// Verdict is the worst of the verdicts on what the conditions ask about, by default p95, error rate, affinity
	// and throughput over all samples: Worse if one is; else Better if one is; else CannotTell if one is; else Same.
	Verdict string `json:"verdict"`
	// Regression says that a condition of Conditions is met, or could not be judged.
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
	LeftOut    int64 `json:"left_out"` // samples of both
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

// Change is what became of a metric. Before and After are the figures, over several runs their mean, of
// times and throughput the geometric one, or with the Mann-Whitney test their median. Nil figures are not
// defined, or there were no samples.
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
	// Gates says that a condition is about it. Of what is not, the interval is exploratory: one in twenty of
	// those is off by chance.
	Gates bool `json:"gates"`
	// P is the p-value of no change, AdjustedP the same for all that gate together (Holm).
	P         *float64 `json:"p,omitempty"`
	AdjustedP *float64 `json:"adjusted_p,omitempty"`
	// Effect is Cliff's δ over the runs, −1 to 1; only with the Mann-Whitney test.
	Effect  *float64 `json:"effect,omitempty"`
	Verdict string   `json:"verdict,omitempty"` // "" where one side has nothing to compare
	// Certain says of better and worse that the whole interval lies beyond the margin (a minimum-effect test).
	Certain bool   `json:"certain,omitempty"`
	Reason  string `json:"reason,omitempty"` // why it cannot be told
	// Needed is how much data would tell, where that can be said.
	Needed *Needed `json:"needed,omitempty"`

	size size
}

// Needed is a number of runs a side, or the length of a run in seconds; what is not meant is 0. It is where the
// interval would be as narrow as the change is off the margin, or off none, as things look now.
type Needed struct {
	Runs    int     `json:"runs,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Method says how the verdicts came about.
type Method struct {
	// Test is TestBatches, TestStudent or TestRanks.
	Test       string  `json:"test"`
	Confidence float64 `json:"confidence"` // of the intervals
	// Level is what adjusted p-values must be below for a change to be none of chance.
	Level float64 `json:"level"`
	// RunSpread is how much runs are taken to differ by themselves, as a share of times and throughput, because
	// there are too few to tell; 0 where they tell themselves.
	RunSpread float64 `json:"run_spread,omitempty"`
	// Strict says that only what is certainly beyond the margin is a regression.
	Strict bool `json:"strict,omitempty"`
}

// The methods. One run a side tells by its batches what varies within it, and is taken to differ from others by
// Options.RunSpread; so are two and three beside a single one. More are compared by what they differ by
// themselves; from rankRuns a side by ranks, which single odd runs do not move.
const (
	TestBatches = "batch means"
	TestStudent = "Student's t"
	TestRanks   = "Mann-Whitney"
	rankRuns    = 10
	lendingRuns = 4 // so many tell a single run of the other side how much runs differ
)

// DefaultRunSpread is by how much the same run differs from time to time on the same machines, as a standard
// deviation: 3 to 10 % is usual (Maricq & al., 2018), and a single run cannot know.
const DefaultRunSpread = 0.1

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

// Options are the options of Compare. The zero value has no margin and no
// spread: begin with DefaultMargin and DefaultRunSpread.
type Options struct {
	Margin Margin
	WarmUp WarmUp
	// RunSpread is the standard deviation of the logarithm of times and throughput between runs, where there are
	// too few runs to tell. DefaultRunSpread is a good one; 0 believes a single run.
	RunSpread  float64
	Conditions []FailCondition // nil for DefaultConditions
	// Strict makes regressions only of what is certainly beyond the margin.
	Strict bool
}

// ErrNothingToCompare says that a side has no run.
var ErrNothingToCompare = errors.New("a comparison needs a run on each side")

// Compare compares the runs of two sides. It is a function of its arguments alone, and needs some seconds at
// most.
func Compare(before, after []*Series, o Options) (*Comparison, error) {
	if len(before) == 0 || len(after) == 0 {
		return nil, ErrNothingToCompare
	}
	c := &comparer{Options: o, before: newSide(before, o.WarmUp), after: newSide(after, o.WarmUp)}
	result := &Comparison{
		Schema: ComparisonSchema, Margin: o.Margin, Method: c.method(),
		Before: c.before.describe(), After: c.after.describe(),
		Total: c.total(), Labels: c.labels(),
	}
	conditions := o.Conditions
	if conditions == nil {
		conditions = DefaultConditions()
	}
	gating, err := c.gating(result, conditions)
	if err != nil {
		return nil, err
	}
	c.judge(result, gating)
	result.Verdict = overall(result)
	result.Shares = compareShares(c.before, c.after)
	result.Differences = differences(before, after)
	result.Charts = c.charts()
	result.Warnings = c.warnings(result)
	for i := range conditions {
		judged := conditions[i].judge(gating[i], o.Strict, o.Conditions != nil)
		result.Conditions = append(result.Conditions, judged)
		result.Regression = result.Regression || judged.Met || judged.NotJudged
	}
	return result, nil
}

// Gate is a change that the verdict on the whole goes by, in the row of a label or node.
type Gate struct {
	Row *Row
	*Change
}

// Gating are the changes that the verdict on the whole goes by: those that a condition is about, or where there
// is no condition those that one would be about by default.
func (r *Comparison) Gating() (list []Gate) {
	var collect func(row *Row)
	collect = func(row *Row) {
		for i := range row.Changes {
			if row.Changes[i].Gates {
				list = append(list, Gate{row, &row.Changes[i]})
			}
		}
		for i := range row.Nodes {
			collect(&row.Nodes[i])
		}
	}
	collect(&r.Total)
	for i := range r.Labels {
		collect(&r.Labels[i])
	}
	if len(list) > 0 || len(r.Conditions) > 0 {
		return list
	}
	for i := range r.Total.Changes {
		if slices.Contains(defaultMetrics, r.Total.Changes[i].Metric) {
			list = append(list, Gate{&r.Total, &r.Total.Changes[i]})
		}
	}
	return list
}

// overall is the verdict on the whole.
func overall(r *Comparison) string {
	found := map[string]bool{}
	for _, ch := range r.Gating() {
		found[ch.Verdict] = true
	}
	for _, v := range []string{Worse, Better, CannotTell, ChangedWithin, Same} {
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
