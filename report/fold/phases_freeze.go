package fold

import (
	"math"
	"slices"

	"stickbench/report"
)

// phaseInterval is a time that a phase lasted, in milliseconds since the start of the run.
type phaseInterval struct{ from, to int64 }

// intervals are the times of each phase; those without time are left out.
func (g *phaseTracker) intervals(end int64) map[*phaseFold][]phaseInterval {
	all := map[*phaseFold][]phaseInterval{}
	for i, s := range g.segments {
		from, to := max(0, s.from), end
		if i+1 < len(g.segments) {
			to = min(end, g.segments[i+1].from)
		}
		if to <= from {
			continue
		}
		list := all[s.phase]
		if last := len(list) - 1; last >= 0 && list[last].to == from && s.phaseFrom < s.from {
			list[last].to = to
			continue
		}
		all[s.phase] = append(list, phaseInterval{from, to})
	}
	return all
}

// freezePhases makes the phases, in the order of their first appearance; none if no event began one.
func (b *Builder) freezePhases(g *phaseTracker, r *report.Results, j *shareJudge, nodes []*nodeFold) []report.Phase {
	phases := []report.Phase{}
	if len(g.phases) < 2 {
		return phases
	}
	times := g.intervals(j.end)
	for _, fold := range g.phases {
		if total := fold.total(); len(times[fold]) > 0 || total.count > 0 {
			phases = append(phases, b.freezePhase(fold, total, times[fold], j, nodes))
		}
	}
	slices.SortStableFunc(phases, func(x, y report.Phase) int { return int(x.FromMS - y.FromMS) })
	return phases
}

func (b *Builder) freezePhase(fold *phaseFold, total *rowFold, times []phaseInterval, j *shareJudge, nodes []*nodeFold) report.Phase {
	p := report.Phase{Name: fold.name, Times: max(1, len(times)), Nodes: []report.Node{}, Labels: []report.Row{}}
	for i, t := range times {
		if i == 0 {
			p.FromMS = t.from
		}
		p.ToMS = t.to
		p.DurationMS += t.to - t.from
	}
	p.Total = over(total.freeze(report.TotalLabel), total, p.DurationMS)
	row := &p.Total
	p.Requests, p.Errors, p.ErrorRate, p.Throughput = row.Samples, row.Errors, row.ErrorRate, row.Throughput
	p.AverageMS, p.P50MS, p.P95MS, p.P99MS = row.AverageMS, row.P50MS, row.P95MS, row.P99MS
	fold.sessionsOf(&p)
	fits := func(s *segment) bool { return s.phase == fold }
	p.Nodes = fold.freezeNodes(j, nodes, fits)
	p.Distribution = j.distribution(fits)
	p.Labels = b.freezePhaseLabels(fold, p.DurationMS)
	return p
}

// sessionsOf sets what became of the sessions.
func (fold *phaseFold) sessionsOf(p *report.Phase) {
	p.Sessions, p.Transitions, p.Moves, p.Excused = fold.sessions, fold.named, fold.moves, fold.excused
	p.Unexcused, p.Lost, p.LostUnexcused = fold.moves-fold.excused, fold.lost, fold.lost-fold.lostExcused
	p.LostSessions, p.Renewed = fold.losers, fold.renewed
	if fold.named > 0 {
		p.Affinity = report.Ratio(fold.named-fold.moves, fold.named)
	}
	if fold.counted > 0 {
		p.Continuity = report.Ratio(fold.continued, fold.counted)
	}
}

// freezeNodes makes the nodes of a phase: all of the run.
func (fold *phaseFold) freezeNodes(j *shareJudge, folds []*nodeFold, fits func(*segment) bool) []report.Node {
	decisions, expected := j.decisions(fits), j.expected(fits)
	list := make([]report.Node, 0, len(j.nodes))
	for _, name := range j.nodes {
		node := report.Node{Node: name, Decisions: decisions[name], ExpectedShare: expected[name]}
		i := slices.IndexFunc(folds, func(n *nodeFold) bool { return n.name == name })
		if i >= 0 && folds[i].index < len(fold.nodes) && fold.nodes[folds[i].index] != nil {
			row := fold.nodes[folds[i].index].freeze(name)
			node.Requests, node.Errors, node.AverageMS, node.P95MS = row.Samples, row.Errors, row.AverageMS, row.P95MS
		}
		list = append(list, node)
	}
	share(list)
	return list
}

// freezePhaseLabels makes the rows of the phase's labels, marks included, in the order of the results.
func (b *Builder) freezePhaseLabels(fold *phaseFold, ms int64) []report.Row {
	rows := []report.Row{}
	for _, l := range b.order {
		sum := &rowFold{}
		for _, list := range [][]*rowFold{fold.requests, fold.marks} {
			if l.index < len(list) && list[l.index] != nil {
				sum.merge(list[l.index])
			}
		}
		if sum.count > 0 && l.label != report.TotalLabel {
			row := over(sum.freeze(l.label), sum, ms)
			row.Mark, row.Transaction = l.marks, l.transactions
			rows = append(rows, row)
		}
	}
	return rows
}

// expected are the expected shares of the decisions in the segments that fit, by name: those in force,
// weighted by the decisions that were made. They are nil where weights do not decide or are not known.
func (j *shareJudge) expected(fits func(*segment) bool) map[string]*float64 {
	shares, weight := map[string]*float64{}, 0.0
	if j.law == noLaw {
		return shares
	}
	for i, s := range j.segments {
		f := &j.forces[i]
		if f.shares == nil || !fits(s) {
			continue
		}
		n := 0.0
		for node := range j.names {
			n += float64(s.total(node, j.way))
		}
		if weight > 0 && n == 0 {
			continue
		}
		if weight == 0 {
			shares = map[string]*float64{} // what was in force when nobody came does not count
		}
		for name, share := range f.shares {
			if shares[name] == nil {
				shares[name] = new(float64)
			}
			was := *shares[name]
			*shares[name] = was + (share-was)*n/max(1, weight+n)
			if n == 0 {
				*shares[name] = share
			}
		}
		weight += n
	}
	return shares
}

// freezeStates are the states that the nodes were in, by the time they began.
func (g *phaseTracker) freezeStates(end int64) []report.StateInterval {
	list := []report.StateInterval{}
	for _, c := range g.histories {
		for _, s := range c.intervals {
			interval := report.StateInterval{
				Node: c.node, State: s.state, FromMS: s.from, ToMS: s.until,
				Answered: s.answered, Placed: s.placed, Moved: s.moved, Left: s.left, Again: s.again, Unnamed: s.unnamed,
			}
			if s.until == math.MaxInt64 {
				interval.ToMS = max(end, s.from)
			}
			list = append(list, interval)
		}
	}
	slices.SortFunc(list, func(a, b report.StateInterval) int {
		if a.FromMS != b.FromMS {
			return int(a.FromMS - b.FromMS)
		}
		return report.CompareNodes(a.Node, b.Node)
	})
	return list
}
