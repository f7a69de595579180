package fold

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/internal/stats"
	"stickbench/report"
)

// shareJudge judges shares against weights, segment by segment, because what is in force changes from one
// to the next.
//
// Round robin is exact: in each segment every node must have its part of the decisions, give or take one
// for each other node, because a segment begins and ends within a turn. What else moves a count by
// one is counted and allowed for: requests that named no node may have taken a turn, and where a segment
// begins or ends during the run, so may those that were on their way. A χ² test would be no test
// here, since turns vary far less than draws.
//
// Draws are tested together where the same shares are in force.
type shareJudge struct {
	law       law
	algorithm string // without arguments
	way       int    // what a decision is
	names     []string
	nodes     []string // in the order of the results
	segments  []*segment
	forces    []inForce
	cut       int64 // requests that were in flight at the end
	// otherNames says that the weights are of other nodes than those that answered; "" if they are not.
	otherNames string
	end        int64 // of the run, ms
}

// judged is a segment, or several with the same shares, of which the shares can be judged.
type judged struct {
	force    *inForce
	eligible []string
	counts   map[string]int64
	n        int64
	allowed  int64 // by how much disturbances may have moved a count
	unnamed  int64 // requests that named no node, which may all be one node's
}

// newShareJudge judges the segments of g by what is known of the run.
func newShareJudge(g *phaseTracker, r *report.Results, run report.Run, way int, end int64) *shareJudge {
	j := &shareJudge{
		algorithm: algorithmName(run.Algorithm), way: way, names: g.names, segments: g.segments, end: end,
	}
	j.law = laws[j.algorithm]
	if j.algorithm == "random" && run.ExpectedShares == nil {
		j.law = noLaw
	}
	j.forces = g.forces(run)
	for i := range r.Nodes {
		j.nodes = append(j.nodes, r.Nodes[i].Node)
	}
	for i := range j.forces {
		if !j.forces[i].names(g.names) {
			if j.forces[i].weights != nil {
				j.otherNames = fmt.Sprintf("the weights are of %s, and responses named %s: shares are not judged",
					format.Clean(format.Some(slices.SortedFunc(maps.Keys(j.forces[i].weights), report.CompareNodes))), format.Clean(format.Some(g.names)))
			}
			j.forces[i] = inForce{}
		}
	}
	if run.Requests != nil {
		j.cut = run.Requests.Cut
	}
	return j
}

// decisions are all decisions for each node in the segments that fit, by name.
func (j *shareJudge) decisions(fits func(*segment) bool) map[string]int64 {
	all := map[string]int64{}
	for _, s := range j.segments {
		for i, name := range j.names {
			if n := s.total(i, j.way); n > 0 && fits(s) {
				all[name] += n
			}
		}
	}
	return all
}

// distribution is the verdict on the segments that fit, nil where no node is known.
func (j *shareJudge) distribution(fits func(*segment) bool) *report.Distribution {
	if len(j.nodes) == 0 {
		return nil
	}
	d := &report.Distribution{Unit: "decisions", Verdict: report.NotJudged}
	for _, n := range j.decisions(fits) {
		d.N += n
	}
	parts, alone, known := j.parts(fits, d)
	switch {
	case j.law == noLaw:
		d.Explanation = reasons[j.algorithm] + ": shares are not judged"
	case len(parts) > 0:
		j.weigh(d, parts)
	case known && alone != "":
		d.Explanation = fmt.Sprintf("%s: %s", format.Plural(d.N, "decision"), alone)
	case d.N < stats.DrawsToTell(1./2, 2./3):
		d.Verdict, d.Needed = report.TooFew, stats.DrawsToTell(1./2, 2./3)
		d.Explanation = tooFew(d.N, d.Needed, "1:1", "2:1")
	case known:
		d.Explanation = "no decision was made while weights were in force: shares are not judged"
	default:
		d.Explanation = cmp.Or(j.otherNames, report.WeightsUnknown)
	}
	return d
}

// parts are the segments that can be judged. alone says why none can be where only one node could be
// chosen, known whether weights are known at all.
func (j *shareJudge) parts(fits func(*segment) bool, d *report.Distribution) (parts []judged, alone string, known bool) {
	for i, s := range j.segments {
		if !fits(s) {
			continue
		}
		f := &j.forces[i]
		eligible := f.eligible()
		known = known || f.shares != nil
		switch {
		case f.shares == nil:
			continue
		case len(eligible) == 0:
			alone = "no node could be chosen, so shares are not judged"
			continue
		case len(eligible) == 1:
			alone = "only " + format.Clean(eligible[0]) + " could be chosen, so shares are not judged"
			continue
		}
		part := judged{force: f, eligible: eligible, counts: map[string]int64{}, allowed: j.allowed(i), unnamed: s.unnamed}
		for node, name := range j.names {
			if node < len(s.nodes) {
				part.counts[name] = s.nodes[node].judged[j.way]
				part.n += s.nodes[node].judged[j.way]
				d.Skipped += s.nodes[node].skipped[j.way]
			}
		}
		if part.n > 0 {
			parts = append(parts, part)
		}
	}
	return parts, alone, known
}

// allowed is by how much disturbances may have moved a count in a segment.
func (j *shareJudge) allowed(i int) int64 {
	s := j.segments[i]
	allowed := s.unnamed
	if i > 0 {
		allowed += s.active
	}
	if i+1 < len(j.segments) && j.segments[i+1].from <= j.end {
		allowed += s.active
	} else {
		allowed += j.cut
	}
	return allowed
}

// weigh judges the parts, of which there are some.
func (j *shareJudge) weigh(d *report.Distribution, parts []judged) {
	for i := range parts {
		d.Judged += parts[i].n
	}
	fillShares(d, parts, j.nodes)
	largest := slices.MaxFunc(parts, func(a, b judged) int { return cmp.Compare(a.n, b.n) })
	p := largest.force.pair()
	needed := stats.DrawsToTell(p.p, p.q)
	turns := min(needed, p.neededTurns(len(largest.eligible)-1))
	if j.law == turnLaw && d.Judged < turns || j.law == drawLaw && d.Judged < needed {
		d.Verdict, d.Needed = report.TooFew, needed
		d.Explanation = tooFew(d.Judged, needed, p.expected, p.other)
		if d.Judged+d.Skipped < d.N {
			d.Explanation = fmt.Sprintf("of %s, ", format.Plural(d.N, "decision")) + format.Count(d.Judged) + " had a choice" + strings.TrimPrefix(d.Explanation, format.Plural(d.Judged, "decision"))
		}
		if j.law == turnLaw && turns < needed {
			d.Explanation += fmt.Sprintf(" (%s in %s)", format.Count(turns), j.algorithm)
		}
	} else if j.law == turnLaw {
		j.weighTurns(d, parts)
	} else {
		j.weighDraws(d, parts)
	}
	if d.Skipped > 0 {
		d.Explanation += fmt.Sprintf("; left out: %s too soon after a change", format.Plural(d.Skipped, "decision"))
	}
}

// fillShares fills in the shares and how far off they are.
func fillShares(d *report.Distribution, parts []judged, nodes []string) {
	variation, most := 0.0, 0.0
	for _, name := range nodes {
		var n int64
		expected := 0.0
		for i := range parts {
			n += parts[i].counts[name]
			expected += parts[i].force.shares[name] * float64(parts[i].n)
		}
		expected /= float64(d.Judged)
		share := report.NodeShare{Node: name, Decisions: n, Share: float64(n) / float64(d.Judged), Expected: expected}
		share.Low, share.High = stats.Wilson(n, d.Judged)
		d.Nodes = append(d.Nodes, share)
		off := math.Abs(share.Share - expected)
		variation, most = variation+off/2, max(most, off*100)
	}
	d.TotalVariation, d.MaxDeviation = &variation, &most
}

// farthest is the node whose share is farthest off.
func farthest(d *report.Distribution) report.NodeShare {
	return slices.MaxFunc(d.Nodes, func(a, b report.NodeShare) int {
		return cmp.Compare(math.Abs(a.Share-a.Expected), math.Abs(b.Share-b.Expected))
	})
}

// weighTurns judges round robin.
func (j *shareJudge) weighTurns(d *report.Distribution, parts []judged) {
	exact, ok, worst, allowed := true, true, 0.0, int64(0)
	for i := range parts {
		part := &parts[i]
		off, tolerance := part.off(), float64(len(part.eligible)-1)
		worst = max(worst, off)
		exact = exact && off <= tolerance+1e-6
		ok = ok && off <= tolerance+float64(part.allowed)+1e-6
		allowed += part.allowed
	}
	if hidden := hidden(parts); ok && !exact && hidden > 0 {
		d.Verdict, d.Needed = report.TooFew, hidden
		d.Explanation = fmt.Sprintf("%s: too few to judge the shares, since requests that named no node, or were under way when something changed, may have moved %s",
			format.Plural(d.Judged, "decision"), format.Plural(allowed, "decision"))
		return
	}
	d.OK = &ok
	law := fmt.Sprintf("%s by weights %s", j.algorithm, ratios(parts))
	if exact {
		d.Verdict = report.Exact
		d.Explanation = fmt.Sprintf("%s, exact: %s, as %s gives", format.Plural(d.Judged, "decision"), shareList(d), law)
		return
	}
	d.Verdict = "off by " + format.Count(int64(math.Ceil(worst-1e-6)))
	d.Explanation = fmt.Sprintf("%s, %s: %s, where %s gives %s", format.Plural(d.Judged, "decision"), d.Verdict, shareList(d), law, expectedList(d))
	switch {
	case ok:
		d.Explanation += fmt.Sprintf("; requests that named no node, or were under way when something changed, may have moved %s", format.Plural(allowed, "decision"))
	default:
		d.Explanation += "; has somebody else been using the balancer?"
	}
}

// hidden is how many decisions it would take for what disturbances may have moved to hide no other weights, 0 if it
// hides none: an allowance as large as the effect allows everything.
func hidden(parts []judged) int64 {
	for i := range parts {
		p := parts[i].force.pair()
		if needed := p.neededTurns(len(parts[i].eligible) - 1 + int(parts[i].allowed)); parts[i].allowed > 0 && parts[i].n < needed {
			return needed
		}
	}
	return 0
}

// off is by how many decisions the count of one node is off its part at most.
func (p *judged) off() float64 {
	worst := 0.0
	for name, n := range p.counts {
		worst = max(worst, math.Abs(float64(n)-p.force.shares[name]*float64(p.n)))
	}
	for _, name := range p.eligible {
		worst = max(worst, math.Abs(float64(p.counts[name])-p.force.shares[name]*float64(p.n)))
	}
	return worst
}

// weighDraws judges shares that are drawn.
func (j *shareJudge) weighDraws(d *report.Distribution, parts []judged) {
	p := pooledPValue(mergeSameShares(parts), j.nodes)
	ok := p >= stats.Alpha01
	d.PValue, d.OK = &p, &ok
	what := "by chance alone"
	if j.algorithm == "" {
		what = "if each is drawn by itself, the algorithm being unknown"
	}
	if ok {
		d.Verdict = report.AsExpected
		d.Explanation = fmt.Sprintf("%s, as expected: %s where %s are expected; %s they are so far off with p = %s",
			format.Plural(d.Judged, "decision"), shareList(d), expectedList(d), what, probability(p))
		return
	}
	if unnamed := filled(parts); unnamed > 0 && pooledPValue(mergeSameShares(parts), j.nodes) >= stats.Alpha01 {
		d.Verdict, d.OK = report.TooFew, nil
		d.Explanation = fmt.Sprintf("%s: too few to judge the shares, since %s that named no node may be what is missing: %s where %s are expected",
			format.Plural(d.Judged, "decision"), format.Plural(unnamed, "request"), shareList(d), expectedList(d))
		return
	}
	d.Verdict = report.Differs
	far := farthest(d)
	d.Explanation = fmt.Sprintf("%s, and the shares differ: %s has %s where %s is expected; %s they are so far off with p = %s",
		format.Plural(d.Judged, "decision"), format.Clean(far.Node), format.Percent(far.Share), format.Percent(far.Expected), what, probability(p))
}

// filled gives the requests that named no node to the nodes that have too few decisions, as far off as each is, and says
// how many they were.
func filled(parts []judged) (unnamed int64) {
	for i := range parts {
		p := &parts[i]
		n, missing := float64(p.n+p.unnamed), 0.0
		lacks := func(node string) float64 { return max(0, p.force.shares[node]*n-float64(p.counts[node])) }
		for _, node := range p.eligible {
			missing += lacks(node)
		}
		for _, node := range p.eligible {
			if missing > 0 {
				more := int64(math.Round(float64(p.unnamed) * lacks(node) / missing))
				p.counts[node], p.n = p.counts[node]+more, p.n+more
			}
		}
		unnamed += p.unnamed
	}
	return unnamed
}

// mergeSameShares adds up the parts in which the same shares are in force.
func mergeSameShares(parts []judged) []judged {
	var groups []judged
	for _, p := range parts {
		same := slices.IndexFunc(groups, func(g judged) bool { return equalShares(g.force.shares, p.force.shares) })
		if same < 0 {
			counts := map[string]int64{}
			for name, n := range p.counts {
				counts[name] = n
			}
			p.counts = counts
			groups = append(groups, p)
			continue
		}
		groups[same].n += p.n
		for name, n := range p.counts {
			groups[same].counts[name] += n
		}
	}
	return groups
}

func equalShares(a, b map[string]float64) bool {
	for name := range a {
		if math.Abs(a[name]-b[name]) > 1e-12 {
			return false
		}
	}
	return len(a) == len(b)
}

// pooledPValue is the probability of groups of draws: of a single one as drawn has it, of several by the
// sum of those G statistics to which every group contributes that expects enough.
func pooledPValue(groups []judged, nodes []string) float64 {
	sum, degrees := 0.0, 0
	for i := range groups {
		counts, shares, cells := make([]int64, len(nodes)), make([]float64, len(nodes)), []stats.Cell(nil)
		for k, name := range nodes {
			counts[k], shares[k] = groups[i].counts[name], groups[i].force.shares[name]
			switch {
			case shares[k] > 0:
				cells = append(cells, stats.Cell{Count: counts[k], Share: shares[k]})
			case counts[k] > 0:
				return 0
			}
		}
		if len(groups) == 1 {
			return stats.PValue(counts, shares)
		}
		g, d := stats.GStatistic(cells, groups[i].n)
		sum, degrees = sum+g, degrees+d
	}
	return stats.ChiSquaredP(sum, degrees)
}
