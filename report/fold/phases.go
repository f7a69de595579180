package fold

import (
	"slices"
	"strings"
)

const (
	// maxPhases bounds the phases that are told apart, and otherPhases is the one of those beyond.
	maxPhases   = 100
	otherPhases = "other phases"
	// maxPhaseRows bounds the rows of labels and nodes that all phases have, at some 20 KB each; maxLabels
	// the labels of a phase.
	maxPhaseRows = 2000
	maxLabels    = 1000
)

// phaseFold folds what happened in the phases of one name.
type phaseFold struct {
	name string
	// requests and marks are by the index of their label, nodes by that of the node. rest are the requests
	// for whose label there is no row.
	requests, marks, nodes []*rowFold
	rest                   *rowFold

	sessions, named, moves, excused       int64
	counted, continued, lost, lostExcused int64
	losers, renewed                       int64
}

// phase is the fold of the phases of that name.
func (g *phaseTracker) phase(name string) *phaseFold {
	find := func() int {
		return slices.IndexFunc(g.phases, func(p *phaseFold) bool { return p.name == name })
	}
	i := find()
	if i < 0 && len(g.phases) >= maxPhases {
		name = otherPhases
		i = find()
	}
	if i < 0 {
		i = len(g.phases)
		g.phases = append(g.phases, &phaseFold{name: strings.Clone(name), rest: &rowFold{}})
	}
	return g.phases[i]
}

func (p *phaseFold) clone() *phaseFold {
	c := *p
	c.requests, c.marks, c.nodes = cloneRows(p.requests), cloneRows(p.marks), cloneRows(p.nodes)
	c.rest = p.rest.clone()
	return &c
}

func cloneRows(rows []*rowFold) []*rowFold {
	list := make([]*rowFold, len(rows))
	for i, r := range rows {
		if r != nil {
			list[i] = r.clone()
		}
	}
	return list
}

// foldRows folds the entry into the rows of the phase.
func (g *phaseTracker) foldRows(p *phaseFold, e *entry) {
	list := &p.requests
	if e.has(isMark) {
		list = &p.marks
	}
	if row := g.row(list, e.label, maxLabels); row != nil {
		row.add(&e.measurement)
	} else if !e.has(isMark) {
		p.rest.add(&e.measurement)
	}
	if e.node == none || e.has(isMark) {
		return
	}
	if row := g.row(&p.nodes, e.node, maxNodes+1); row != nil {
		row.add(&e.measurement)
	}
}

// row is the row with that index, nil where there are too many.
func (g *phaseTracker) row(list *[]*rowFold, index int16, most int) *rowFold {
	i := int(index)
	if i < len(*list) && (*list)[i] != nil {
		return (*list)[i]
	}
	if i >= most || g.rows >= maxPhaseRows {
		return nil
	}
	g.rows++
	*list = reserved(*list, index)
	(*list)[i] = &rowFold{}
	return (*list)[i]
}

// add folds what the entry says of its session. The phase last began at from; movedExcused and
// lostExcused report whether the move and the loss are excused.
func (p *phaseFold) add(e *entry, from int64, movedExcused, lostExcused bool) {
	if !e.has(isSaid) {
		return
	}
	if e.has(isOpening) || e.previous < from {
		p.sessions++
	}
	p.named += e.one(isNamed)
	p.moves += e.one(isMoved)
	p.excused += boolInt(movedExcused)
	p.counted += e.one(isCounted)
	p.continued += e.one(isContinued)
	p.lost += e.one(isLost)
	p.lostExcused += boolInt(lostExcused)
	p.losers += boolInt(e.has(isFirstLoss) || e.has(isLost) && e.lostBefore < from)
	p.renewed += e.one(isRenewed)
}

// total is the row of all requests of the phase.
func (p *phaseFold) total() *rowFold {
	t := p.rest.clone()
	for _, r := range p.requests {
		if r != nil {
			t.merge(r)
		}
	}
	return t
}
