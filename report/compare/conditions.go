package compare

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/stats"
	"stickbench/report"
)

// FailCondition is a condition under which a comparison is a regression. ParseFailCondition reads one:
//
//	condition = metric [ "(" label [ "," node ] ")" ] ( "worse" | comparator threshold )
//	metric    = "average" | "avg" | "stddev" | "p50" | "p95" | "p99" | "error_rate" | "throughput"
//	          | "affinity" | "continuity"
//	label     = a string in double quotes; "" and none mean all samples; so node
//	comparator = ">" | ">=" | "<" | "<="
//	threshold = [ sign ] number unit
//	unit      = "%"                    of the figure before, for every metric but shares
//	          | "us" | "ms" | "s"      for times
//	          | "pp"                   percentage points, for error_rate, affinity and continuity
//	          | "/s"                   for throughput
//
// "p95 > 5%" is met if p95 rose by more than 5 %, "throughput < -10%" if throughput fell by more than
// that, and "p95 worse" if the verdict on it is Worse, margin and all. A comparison is met only where the
// change is not noise, by the p-value that is adjusted for how many metrics were asked about.
type FailCondition struct {
	Text        string
	metric      metric
	label, node string
	worse       bool
	above       bool // > or >=
	orEqual     bool
	threshold   float64
	relative    bool
}

// Condition is a FailCondition, judged.
type Condition struct {
	Text string `json:"text"`
	// Met says that it is a regression, NotJudged that it could not be told whether it is, since a side has
	// nothing to compare: that fails as well. Actual is what was seen.
	Met       bool   `json:"met"`
	NotJudged bool   `json:"not_judged,omitempty"`
	Actual    string `json:"actual"`
}

// defaultMetrics are those over all samples that must not be worse.
var defaultMetrics = []string{"p95", "error_rate", "affinity", "throughput"}

// DefaultConditions are those of a comparison to which none is given.
func DefaultConditions() []FailCondition {
	var list []FailCondition
	for _, name := range defaultMetrics {
		c, _ := ParseFailCondition(name + " worse")
		list = append(list, c)
	}
	return list
}

var conditionShape = regexp.MustCompile(`^\s*(\w+)\s*(?:\(\s*("(?:[^"\\]|\\.)*")\s*(?:,\s*("(?:[^"\\]|\\.)*")\s*)?\))?\s*` +
	`(worse|(>=|<=|>|<)\s*([+-]?[0-9.]+)\s*(%|us|µs|ms|s|pp|/s))\s*$`)

// ParseFailCondition reads a condition. Its error says what is wrong and what is meant.
func ParseFailCondition(text string) (FailCondition, error) {
	parts := conditionShape.FindStringSubmatch(text)
	if parts == nil {
		return FailCondition{}, fmt.Errorf(`%q is no condition: write it like 'p95 > 5%%', 'p95("GET /") > 10ms', 'throughput < -10%%', 'error_rate > 0.5pp' or 'affinity worse'`, text)
	}
	c := FailCondition{Text: strings.TrimSpace(text), worse: parts[4] == "worse"}
	var known []string
	found := false
	for _, m := range slices.Concat(rowMetrics, sessionMetrics) {
		known = append(known, m.name)
		if m.name == parts[1] || m.name == "average" && parts[1] == "avg" {
			c.metric, found = m, true
		}
	}
	if !found {
		return FailCondition{}, fmt.Errorf("%q: there is no metric %s, there are %s", text, parts[1], strings.Join(known, ", "))
	}
	for i, to := range []*string{&c.label, &c.node} {
		if parts[2+i] == "" {
			continue
		}
		s, err := strconv.Unquote(parts[2+i])
		if err != nil {
			return FailCondition{}, fmt.Errorf("%q: %s is no string", text, parts[2+i])
		}
		*to = s
	}
	if c.label == report.TotalLabel {
		c.label = ""
	}
	if c.label+c.node != "" && slices.ContainsFunc(sessionMetrics, func(m metric) bool { return m.name == c.metric.name }) {
		return FailCondition{}, fmt.Errorf("%q: %s is of the whole run, and of no label or node", text, c.metric.name)
	}
	if c.worse {
		return c, nil
	}
	c.above, c.orEqual = parts[5][0] == '>', len(parts[5]) == 2
	return c, c.bound(text, parts[6], parts[7])
}

// units are the units of thresholds: of which metrics, and how much of their unit.
var units = map[string]struct {
	of    string
	scale float64
}{
	"us": {UnitMS, 0.001}, "µs": {UnitMS, 0.001}, "ms": {UnitMS, 1}, "s": {UnitMS, 1000},
	"pp": {UnitShare, unitPoints}, "/s": {UnitRate, 1},
}

// bound sets the threshold.
func (c *FailCondition) bound(text, number, unit string) error {
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf("%q: invalid number %s", text, number)
	}
	if unit == "%" {
		if c.metric.unit == UnitShare {
			return fmt.Errorf("%q: %s is itself in percent; say by how many percentage points it may change, such as 0.5pp", text, c.metric.name)
		}
		c.threshold, c.relative = x/100, true
		return nil
	}
	u := units[unit]
	if u.of != c.metric.unit {
		return fmt.Errorf("%q: %s is no unit of %s: expected %s", text, unit, c.metric.name, map[string]string{
			UnitMS: "%, us, ms or s", UnitShare: "pp", UnitRate: "% or /s"}[c.metric.unit])
	}
	c.threshold = x * u.scale
	return nil
}

// gating are the changes that the conditions are about, nil where one is not defined on either side.
func (c *comparer) gating(r *Comparison, conditions []FailCondition) ([]*Change, error) {
	var list []*Change
	for i := range conditions {
		ch, err := conditions[i].find(r)
		if err != nil {
			return nil, err
		}
		list = append(list, ch)
	}
	return list, nil
}

// judge judges the condition on a change. Asked says that the condition was asked for: it fails where it
// cannot be answered, while one by default fails only where it can be on one side.
func (c *FailCondition) judge(ch *Change, strict, asked bool) Condition {
	switch {
	case ch == nil || ch.Before == nil && ch.After == nil:
		return Condition{Text: c.Text, Actual: "not defined here", NotJudged: asked}
	case ch.Before == nil:
		return Condition{Text: c.Text, Actual: "not judged: there is none before", NotJudged: true}
	case ch.After == nil:
		return Condition{Text: c.Text, Actual: "not judged: there is none after", NotJudged: true}
	case c.worse:
		return Condition{Text: c.Text, Actual: ChangeText(ch) + ", " + VerdictText(ch), Met: ch.Verdict == Worse && (ch.Certain || !strict)}
	}
	judged := Condition{Text: c.Text, Actual: ChangeText(ch) + ", " + VerdictText(ch)}
	exceeds := c.exceeds(ch, ch.Delta)
	sure := ch.AdjustedP != nil && *ch.AdjustedP < stats.Alpha
	if strict {
		end := ch.High
		if c.above {
			end = ch.Low
		}
		sure = sure && end != nil && c.exceeds(ch, end)
	}
	judged.Met = exceeds && sure && *ch.Delta != 0
	if exceeds && !judged.Met {
		judged.Actual = ChangeText(ch) + ", " + cmp.Or(ch.Reason, "which may be noise")
	}
	return judged
}

// exceeds reports whether a change of delta is beyond the threshold. What rose from 0 rose without bound.
func (c *FailCondition) exceeds(ch *Change, delta *float64) bool {
	x := *delta
	if c.relative && *ch.Before != 0 {
		x /= *ch.Before
	} else if c.relative && x != 0 {
		x = math.Copysign(math.Inf(1), x)
	}
	return c.above && x > c.threshold || !c.above && x < c.threshold || c.orEqual && x == c.threshold
}

// find is the change that the condition is about; nil if the metric is not defined there.
func (c *FailCondition) find(r *Comparison) (*Change, error) {
	row := &r.Total
	if c.label != "" {
		i := slices.IndexFunc(r.Labels, func(l Row) bool { return l.Label == c.label })
		if i < 0 {
			return nil, fmt.Errorf("%s: no sample has the label %q", c.Text, c.label)
		}
		row = &r.Labels[i]
	}
	if c.node != "" {
		i := slices.IndexFunc(row.Nodes, func(n Row) bool { return n.Node == c.node })
		if i < 0 {
			return nil, fmt.Errorf("%s: no response came from the node %q", c.Text, c.node)
		}
		row = &row.Nodes[i]
	}
	for i := range row.Changes {
		if row.Changes[i].Metric == c.metric.name {
			return &row.Changes[i], nil
		}
	}
	return nil, nil
}
