package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/internal/stats"
	"stickbench/report"
)

// The verdicts on a node's share of the decisions, beside Same and CannotTell.
const (
	ShareExpected   = "as expected"     // its interval holds the share that the weights after give
	ShareUnexpected = "not as expected" // it does not
	ShareChanged    = "changed"         // beyond chance; no weights are known
)

// leastDecisions is the number of decisions a side that tells shares of 1:1 from 2:1.
var leastDecisions = stats.DrawsToTell(1./2, 2./3)

// sameShare is how little a share may have changed to be the same: 5 percentage points.
const sameShare = 5 * unitPoints

// Shares is how the balancer's decisions were distributed, before and after. Decisions and not
// requests: within a session that sticks, requests follow their first one. They are those of the whole
// runs, beginnings and ends included, because sessions are placed at the beginning.
type Shares struct {
	Verdict string `json:"verdict"` // the worst of the nodes', or TooFew
	// WeightsBefore and WeightsAfter are those at the start of the runs, such as "1:1" in the order of
	// Nodes; "" where they are not known.
	WeightsBefore   string        `json:"weights_before,omitempty"`
	WeightsAfter    string        `json:"weights_after,omitempty"`
	DecisionsBefore int64         `json:"decisions_before"`
	DecisionsAfter  int64         `json:"decisions_after"`
	Nodes           []ShareChange `json:"nodes"`
	// Explanation says it in a sentence.
	Explanation string `json:"explanation"`
}

// ShareChange is what became of one node's share of the decisions, 0 to 1.
type ShareChange struct {
	Node            string   `json:"node"`
	DecisionsBefore int64    `json:"decisions_before"`
	DecisionsAfter  int64    `json:"decisions_after"`
	Before          *float64 `json:"before"`
	After           *float64 `json:"after"`
	// Low to High is the interval of the change (Newcombe, 1998), at a level at which those of all nodes
	// hold together with 95 % (Bonferroni). It takes the decisions to be independent draws; of a balancer
	// that takes turns it is wider than need be.
	Low            float64  `json:"low"`
	High           float64  `json:"high"`
	ExpectedBefore *float64 `json:"expected_before,omitempty"`
	ExpectedAfter  *float64 `json:"expected_after,omitempty"`
	Verdict        string   `json:"verdict"`
}

// compareShares is nil where no node is known.
func compareShares(before, after *side) *Shares {
	names := nodeNames(before, after)
	if len(names) == 0 {
		return nil
	}
	s := &Shares{}
	x, n := before.decisions()
	y, m := after.decisions()
	s.DecisionsBefore, s.DecisionsAfter = n, m
	s.WeightsBefore, s.WeightsAfter = weightWords(before.weights(), names), weightWords(after.weights(), names)
	level := 1 - stats.Alpha/float64(len(names))
	ok := after.asExpected()
	for _, name := range names {
		ci := stats.Newcombe(x[name], n, y[name], m, level)
		c := ShareChange{
			Node: name, DecisionsBefore: x[name], DecisionsAfter: y[name], Low: ci.Low, High: ci.High,
			ExpectedBefore: before.expected(name), ExpectedAfter: after.expected(name),
		}
		if n > 0 {
			c.Before = report.Ratio(c.DecisionsBefore, n)
		}
		if m > 0 {
			c.After = report.Ratio(c.DecisionsAfter, m)
		}
		c.Verdict = c.judge(n, m, level, ok)
		s.Nodes = append(s.Nodes, c)
	}
	s.Verdict = shareVerdict(s.Nodes)
	s.Explanation = s.explain(names)
	return s
}

// judge is the verdict on the node; ok is that on the runs after, where they were judged themselves.
func (c *ShareChange) judge(n, m int64, level float64, ok *bool) string {
	switch {
	case ok != nil && *ok:
		return ShareExpected
	case m < leastDecisions || n < leastDecisions && c.ExpectedAfter == nil:
		return report.TooFew
	case c.ExpectedAfter != nil:
		ci := stats.WilsonAt(c.DecisionsAfter, m, level)
		if *c.ExpectedAfter >= ci.Low && *c.ExpectedAfter <= ci.High {
			return ShareExpected
		}
		return ShareUnexpected
	case c.Low > 0 || c.High < 0:
		return ShareChanged
	case c.Low >= -sameShare && c.High <= sameShare:
		return Same
	}
	return CannotTell
}

// shareVerdict is the worst verdict of the nodes.
func shareVerdict(nodes []ShareChange) string {
	for _, v := range []string{report.TooFew, ShareUnexpected, ShareChanged, CannotTell, ShareExpected} {
		if slices.ContainsFunc(nodes, func(c ShareChange) bool { return c.Verdict == v }) {
			return v
		}
	}
	return Same
}

// nodeNames are the nodes of all runs, by name.
func nodeNames(before, after *side) []string {
	var names []string
	for _, r := range slices.Concat(before.runs, after.runs) {
		for i := range r.Results.Nodes {
			names = append(names, r.Results.Nodes[i].Node)
		}
	}
	slices.SortFunc(names, report.CompareNodes)
	return slices.Compact(names)
}

// asExpected reports whether the shares of all runs are as each run's own verdict has it (Distribution), which
// knows of turns and of changes during the run; nil if one was not judged.
func (s *side) asExpected() *bool {
	all := true
	for _, r := range s.runs {
		d := r.Results.Distribution
		if d == nil || d.OK == nil {
			return nil
		}
		all = all && *d.OK
	}
	return &all
}

// decisions are those of all runs, by node and in all.
func (s *side) decisions() (nodes map[string]int64, all int64) {
	nodes = map[string]int64{}
	for _, r := range s.runs {
		for i := range r.Results.Nodes {
			nodes[r.Results.Nodes[i].Node] += r.Results.Nodes[i].Decisions
			all += r.Results.Nodes[i].Decisions
		}
	}
	return nodes, all
}

// weights are those of the runs of the side, nil if they are not known of all or not the same.
func (s *side) weights() map[string]float64 {
	first := s.runs[0].Setup.Weights
	for _, r := range s.runs {
		if weightsChange(r.Results.Events) {
			return nil
		}
		for name, w := range first {
			if v, known := r.Setup.Weights[name]; !known || v != w {
				return nil
			}
		}
		if len(r.Setup.Weights) != len(first) {
			return nil
		}
	}
	return first
}

// weightsChange reports whether weights or states of nodes were changed during the run, so that those at
// its start say nothing of the whole.
func weightsChange(events []report.Event) bool {
	return slices.ContainsFunc(events, func(e report.Event) bool { return e.OK && (e.Weights != nil || e.State != "") })
}

// expected is the node's share of the decisions by its weight, nil if it is not known, or not the same for
// all runs.
func (s *side) expected(node string) *float64 {
	var share *float64
	for _, r := range s.runs {
		i := slices.IndexFunc(r.Results.Nodes, func(n report.Node) bool { return n.Node == node })
		if i < 0 || r.Results.Nodes[i].ExpectedShare == nil {
			return nil
		}
		if share != nil && math.Abs(*share-*r.Results.Nodes[i].ExpectedShare) > 1e-9 {
			return nil
		}
		share = r.Results.Nodes[i].ExpectedShare
	}
	return share
}

// weightWords are the weights in the order of the nodes, "1:1", in lowest terms where they are whole. Maps are
// walked in the order of the nodes: in theirs, fractions would come out differently from time to time.
func weightWords(weights map[string]float64, names []string) string {
	if len(weights) == 0 {
		return ""
	}
	divisor := 0.0
	for _, name := range names {
		if divisor = stats.GCD(divisor, weights[name]); weights[name] != math.Trunc(weights[name]) {
			break
		}
	}
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = strconv.FormatFloat(weights[name]/max(divisor, 1), 'f', -1, 64)
	}
	return strings.Join(words, ":")
}

// mostExplained bounds the nodes that the sentence names.
const mostExplained = 3

// explain says the shares in a sentence.
func (s *Shares) explain(names []string) string {
	var parts []string
	switch {
	case s.WeightsAfter == "":
	case s.WeightsBefore == s.WeightsAfter:
		parts = append(parts, "weights "+s.WeightsAfter+" as before")
	case s.WeightsBefore == "":
		parts = append(parts, "weights "+s.WeightsAfter)
	default:
		parts = append(parts, "weights "+s.WeightsBefore+" → "+s.WeightsAfter)
	}
	if len(parts) > 0 && len(names) <= mostExplained {
		parts[0] += " (" + format.Clean(strings.Join(names, ":")) + ")"
	}
	var nodes []string
	for i := range s.Nodes[:min(len(s.Nodes), mostExplained)] {
		c := &s.Nodes[i]
		if len(s.Nodes) == 2 && i == 1 {
			break // it follows from the other one
		}
		nodes = append(nodes, fmt.Sprintf("%s %s → %s", format.Clean(c.Node), ShareText(c.Before), ShareText(c.After)))
	}
	said := "decisions of " + strings.Join(nodes, ", ")
	if len(s.Nodes) > mostExplained {
		said += fmt.Sprintf(" and %d more", len(s.Nodes)-mostExplained)
	}
	said += ", " + s.Verdict
	if s.Verdict == report.TooFew {
		said += fmt.Sprintf(" (%s → %s decisions, %d a side tell 1:1 from 2:1)", format.Count(s.DecisionsBefore), format.Count(s.DecisionsAfter), leastDecisions)
	}
	if len(parts) == 0 {
		return said
	}
	return parts[0] + ": " + said
}

// ShareText writes a share that may be missing.
func ShareText(share *float64) string {
	if share == nil {
		return "–"
	}
	return format.Percent(*share)
}
