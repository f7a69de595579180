package fold

import (
	"slices"
	"strings"

	"stickbench/loadgen"
	"stickbench/report"
)

// Builder folds samples into Results: the same ones for a run that goes on and for its recording. What
// it holds grows with labels × nodes, users, and distinct errors (the latter and the nodes bounded),
// not with samples. It is not safe for concurrent use: Add and Freeze belong to one goroutine, or
// behind one lock.
type Builder struct {
	// Apdex are the times of Row.Apdex, to be set before the first sample; NewBuilder sets DefaultApdex.
	Apdex report.Apdex

	labels       map[string]*labelFold
	recentLabels recent[labelFold]
	order        []*labelFold // by first appearance
	// inner folds what is within transactions that stand for it, for what is not told by label.
	inner *labelFold
	// nodeRows are the rows of labels and nodes.
	nodeRows    int
	nodes       map[string]*nodeFold
	recentNodes recent[nodeFold]
	seen        []*nodeFold // by first appearance
	marks       rowFold     // of all labels
	failed      times       // of requests
	jmeter      calculator  // of the row over all samples
	// counted is of what JMeter's tables count for TOTAL; nil until that is something else than all samples.
	counted *calculator

	affinity *affinityFold
	users    usersFold
	errors   *errorFold
	checks   sampleChecks
	exchange exchangeFold
	phases   *phaseTracker
	timeline timelineFold
	windows  windowsFold
}

// labelFold folds the samples of one label, each in one row; their sums are made when the results are frozen.
type labelFold struct {
	label  string
	index  int // in order of first appearance
	jmeter calculator
	nodes  []*rowFold // by nodeFold.index; nil where the node never answered
	// rest folds what nodes answered for whose rows there was no room, unnamed the requests that named no node, and
	// others what is no request.
	rest, unnamed, others rowFold
	// marks and transactions say that there was nothing else so far.
	marks, transactions bool
}

// NewBuilder makes an empty Builder.
func NewBuilder() *Builder {
	return &Builder{
		Apdex:  report.DefaultApdex,
		labels: map[string]*labelFold{}, inner: newLabelFold("", maxLabels), nodes: map[string]*nodeFold{},
		affinity: newAffinityFold(), errors: newErrorFold(), phases: newPhaseTracker(),
	}
}

// Add folds one sample. Samples come in the order in which they were recorded. The Builder does not
// keep s, but may keep its strings.
func (b *Builder) Add(s *loadgen.Sample) {
	if !b.phases.begun {
		b.phases.origin, b.phases.begun = s.StartMillis(), true
	}
	label := b.label(s)
	e := entry{active: int32(s.ActiveAll), label: int16(min(label.index, maxLabels)), node: none}
	m := &e.measurement
	m.measure(s, b.phases.origin, b.Apdex)
	if b.counted != nil || s.Transaction || s.Inner {
		b.count(s, m)
	}
	label.jmeter.add(m)
	label.marks = label.marks && s.Mark
	label.transactions = label.transactions && s.Transaction
	switch {
	case s.Transaction: // whose requests are counted for themselves
		e.is = isMark
		label.others.addSample(s, m)
	case s.Mark:
		e.is = isMark
		label.others.addSample(s, m)
		b.marks.addSample(s, m)
		b.all(s, m)
	default:
		b.all(s, m)
		e.node = b.request(label, s, m)
		if user := b.affinity.add(s, &e); user != nil {
			b.users.add(user, s, e.node, e.is)
		}
		b.timeline.add(&e, s)
		b.windows.add(&e, label.label, b.timeline.end)
	}
	b.phases.push(&e)
}

// all folds what counts in the row over all samples.
func (b *Builder) all(s *loadgen.Sample, m *measurement) {
	b.jmeter.add(m)
	if s.Elapsed < 0 {
		b.checks.backward(m)
	}
	if m.errors > 0 {
		b.errors.add(s)
	}
}

// request folds a request, and returns the index of the node that answered it, or none.
func (b *Builder) request(l *labelFold, s *loadgen.Sample, m *measurement) (node int16) {
	row := &l.unnamed
	node = none
	if s.Node != "" {
		n := b.node(s.Node)
		row, node = b.row(l, n.index), int16(n.index)
		if row == &l.rest {
			n.rest.addSample(s, m)
		}
	}
	if s.Status >= 200 && s.Status <= 299 {
		b.checks.responses++
		b.checks.unnamed += boolInt(node == none)
	}
	row.addSample(s, m)
	if m.errors > 0 {
		b.failed.add(m, m.errors)
	}
	b.exchange.add(s, m.samples)
	return node
}

// count counts as JMeter does, from the first sample on that it would not count as b.jmeter does: the rows of
// transactions, and nothing within those that stand for it.
func (b *Builder) count(s *loadgen.Sample, m *measurement) {
	if b.counted == nil {
		all := b.jmeter
		b.counted = &all
	}
	if !s.Inner {
		b.counted.add(m)
	}
}

// Labels and their nodes have rows, of some KB each, until there are so many.
const (
	maxLabelRows = 5000
	maxNodeRows  = 20_000
)

// otherLabels is the row of the labels after the first maxLabelRows.
const otherLabels = "other labels"

func newLabelFold(label string, index int) *labelFold {
	return &labelFold{label: label, index: index, marks: true, transactions: true}
}

// folds are those of all labels, and of what has none.
func (b *Builder) folds() []*labelFold { return append(b.order[:len(b.order):len(b.order)], b.inner) }

// label is the fold of the sample's label.
func (b *Builder) label(s *loadgen.Sample) *labelFold {
	if s.Inner {
		return b.inner
	}
	place := b.recentLabels.place(s.Label)
	if place.of == nil || place.text != s.Label {
		place.text, place.of = s.Label, b.labelOf(s.Label)
	}
	return place.of
}

// labelOf is the fold of a label, made if it is new.
func (b *Builder) labelOf(name string) *labelFold {
	if l := b.labels[name]; l != nil {
		return l
	}
	if len(b.order) >= maxLabelRows {
		if l := b.labels[otherLabels]; l != nil {
			return l
		}
		name = otherLabels
	}
	l := newLabelFold(strings.Clone(name), len(b.order))
	b.labels[l.label] = l
	b.order = append(b.order, l)
	return l
}

// node is the fold of a node.
func (b *Builder) node(name string) *nodeFold {
	place := b.recentNodes.place(name)
	if place.of == nil || place.text != name {
		place.text, place.of = name, b.nodeOf(name)
	}
	return place.of
}

// nodeOf is the fold of a node, made if it is new.
func (b *Builder) nodeOf(name string) *nodeFold {
	if n := b.nodes[name]; n != nil {
		return n
	}
	if len(b.seen) >= maxNodes {
		name = report.OtherNodes
		if n := b.nodes[name]; n != nil {
			return n
		}
	}
	n := &nodeFold{name: strings.Clone(name), index: len(b.seen)}
	b.nodes[n.name] = n
	b.seen = append(b.seen, n)
	b.phases.firstSeen(n.name)
	b.windows.nodes = append(b.windows.nodes, n.name)
	return n
}

// row is the fold of the label on the node with that index, its rest where there is no room for more.
func (b *Builder) row(l *labelFold, index int) *rowFold {
	if index < len(l.nodes) && l.nodes[index] != nil {
		return l.nodes[index]
	}
	if b.nodeRows >= maxNodeRows {
		return &l.rest
	}
	b.nodeRows++
	l.nodes = reserved(l.nodes, int16(index))
	l.nodes[index] = &rowFold{}
	return l.nodes[index]
}

// requests are the sum of the label's requests.
func (l *labelFold) requests() *rowFold {
	sum := l.rest.clone()
	sum.merge(&l.unnamed)
	for _, row := range l.nodes {
		if row != nil {
			sum.merge(row)
		}
	}
	return sum
}

// sums are all samples of each of folds, and all requests.
func (b *Builder) sums() (labels []*rowFold, requests *rowFold) {
	requests = &rowFold{}
	for _, l := range b.folds() {
		sum := l.requests()
		requests.merge(sum)
		sum.merge(&l.others)
		labels = append(labels, sum)
	}
	return labels, requests
}

// Freeze makes the results of the samples added so far. Later Adds do not change them, so that a view
// of the run can freeze while it goes on.
func (b *Builder) Freeze(run report.Run) *report.Results {
	r := b.figures(run)
	r.InWindows = b.windows.freeze(b.timeline.end)
	r.Judge(run)
	return r
}

// figures are the results without their verdict.
func (b *Builder) figures(run report.Run) *report.Results {
	nodes := sortNodes(b.seen)
	labels, requests := b.sums()
	total := requests.clone()
	total.merge(&b.marks)
	g := b.phases.settledCopy()
	first, last := b.checks.ends(total)
	r := &report.Results{
		Schema: report.Schema, Plan: run.Plan, Verdict: "none",
		Labels: b.freezeLabels(labels, nodes), Total: b.jmeter.row(report.TotalLabel, total),
		Apdex: b.Apdex.Times(), DurationMS: last - first, WholeMillis: requests.times.coarse.Total > 0,
		Requests: run.Requests, Arrivals: run.Arrivals, Generator: run.Generator, Agents: run.Agents, Asked: run.Asked, Coordinator: run.Coordinator, PlannedUsers: run.PlannedUsers,
		Errors:       b.errors.freeze(),
		Expectations: []report.Expectation{}, Events: g.events, Timeline: b.timeline.freeze(nodes, run.Due),
	}
	if b.counted != nil {
		all := &rowFold{}
		for _, l := range labels[:len(b.order)] {
			all.merge(l)
		}
		row := b.counted.freeze(all)
		r.JMeterTotal = &row
	}
	b.addDropped(r, labels, total)
	r.Model = model(&run, &r.Total)
	if r.Events == nil {
		r.Events = []report.Event{}
	}
	r.Steered = steeredBy(r.Events, b.timeline.end)
	b.freezeNodes(r, nodes, run.Weights)
	r.Affinity = b.affinity.freeze(r.Nodes)
	r.Affinity.Free = run.Sticky != nil && !*run.Sticky
	g.excuse(&r.Affinity)
	r.Latency = requests.latency(&b.failed)
	r.Statuses, r.Connect, r.FirstByte = b.exchange.freeze(requests.count), b.exchange.connect.freeze(), b.exchange.firstByte.freeze()
	r.Users = b.users.freeze(len(b.affinity.users)+len(b.affinity.threads), nodes)
	b.freezeStage(g, r, run, nodes, last)
	r.Names, r.Planned = report.NewNodeNames(r, run), run.Labels
	r.Warnings = append(append([]string{}, run.Warnings...), b.warnings(r, run, requests, total)...)
	return r
}

// addDropped adds the arrivals that never began to the response times of the whole, and to those of the only label
// with arrivals; of several, nobody knows which was theirs.
func (b *Builder) addDropped(r *report.Results, labels []*rowFold, total *rowFold) {
	r.Total.Response = total.response.with(r.Arrivals).freeze()
	only := none
	for i := range b.order {
		if labels[i].response == nil {
			continue
		}
		if only != none {
			return
		}
		only = i
	}
	for i := range r.Labels {
		if only != none && r.Labels[i].Label == b.order[only].label {
			r.Labels[i].Response = labels[only].response.with(r.Arrivals).freeze()
		}
	}
}

// freezeStage makes what depends on events: decisions and shares, phases, and the states of nodes; the run ended at last.
func (b *Builder) freezeStage(g *phaseTracker, r *report.Results, run report.Run, nodes []*nodeFold, last int64) {
	way := byResponse
	if r.Affinity.Sticks() {
		way = bySession
	}
	all := func(*segment) bool { return true }
	j := newShareJudge(g, r, run, way, last)
	decisions, expected := j.decisions(all), j.expected(all)
	for i := range r.Nodes {
		n := &r.Nodes[i]
		n.Decisions, n.ExpectedShare = decisions[n.Node], expected[n.Node]
		if f := b.nodes[n.Node]; f != nil {
			n.Returned = g.returns[f.index]
		}
	}
	r.Distribution = j.distribution(all)
	chanceOfOne(&r.Affinity, r.Nodes, len(g.events) == 0)
	r.Phases = b.freezePhases(g, r, j, nodes)
	r.States = g.freezeStates(j.end)
}

// freezeLabels makes the rows of all labels. One that is named TOTAL has no row of its own: as in
// JMeter, it merges into the row over all samples. JMeter then counts its samples twice there
// (SummaryReport.add finds the same row as label and as total); that harms every figure of the row and
// helps nobody, so here they count once, and a warning says so.
func (b *Builder) freezeLabels(sums []*rowFold, nodes []*nodeFold) []report.Row {
	rows := make([]report.Row, 0, len(b.order))
	for i, l := range b.order {
		if l.label == report.TotalLabel {
			continue
		}
		row := l.jmeter.row(l.label, sums[i])
		row.Mark, row.Transaction = l.marks, l.transactions
		row.Nodes = l.freezeNodes(nodes)
		if len(row.Nodes) > 0 && l.unnamed.count > 0 {
			unnamed := l.unnamed.freeze(report.NoNode)
			row.Unnamed = &unnamed
		}
		rows = append(rows, row)
	}
	return rows
}

// freezeNodes makes the rows of the label's nodes.
func (l *labelFold) freezeNodes(nodes []*nodeFold) (rows []report.Row) {
	rest := l.rest.clone()
	for _, n := range nodes {
		switch {
		case n.index >= len(l.nodes) || l.nodes[n.index] == nil:
		case n.name == report.OtherNodes:
			rest.merge(l.nodes[n.index])
		default:
			rows = append(rows, l.nodes[n.index].freeze(n.name))
		}
	}
	if rest.count > 0 {
		rows = append(rows, rest.freeze(report.OtherNodes))
	}
	return rows
}

// freezeUnnamed is the row of all requests that named no node, nil if there are none.
func (b *Builder) freezeUnnamed() *report.Row {
	sum := &rowFold{}
	for _, l := range b.folds() {
		sum.merge(&l.unnamed)
	}
	if sum.count == 0 {
		return nil
	}
	row := sum.freeze(report.NoNode)
	return &row
}

// freezeNodes makes the nodes of the results: those that answered, and those of the weights that did not.
func (b *Builder) freezeNodes(r *report.Results, nodes []*nodeFold, weights map[string]float64) {
	r.Nodes = make([]report.Node, 0, len(nodes))
	for _, n := range nodes {
		node, row := n.freeze(b.folds())
		r.Nodes = append(r.Nodes, node)
		r.Total.Nodes = append(r.Total.Nodes, row)
	}
	if len(nodes) > 0 {
		r.Total.Unnamed = b.freezeUnnamed()
	}
	for name := range weights {
		if b.nodes[name] == nil {
			r.Nodes = append(r.Nodes, report.Node{Node: name})
		}
	}
	slices.SortFunc(r.Nodes, func(x, y report.Node) int { return report.CompareNodes(x.Node, y.Node) })
	share(r.Nodes)
}

// model is the run's model of load. Where only a recording is known, an arrival in it tells of an open one;
// without any, it may be any other tool's and is "".
func model(run *report.Run, total *report.Row) string {
	if run.Model == "" && total.Response != nil {
		return report.OpenModel
	}
	return run.Model
}
