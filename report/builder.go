package report

import (
	"slices"
	"strings"

	"stickbench/assert"
	"stickbench/loadgen"
)

// Run holds the facts of a run that are not samples. The zero value is right for a recording of which
// nothing else is known.
type Run struct {
	Plan string
	// Expectations are judged, in their order, when the results are frozen.
	Expectations []*assert.Expectation
	// Requests is the engine's account, nil where only a recording is known.
	Requests *Requests
	// Events are listed where the Builder was told of none.
	Events []Event
	// Warnings are doubts that came up elsewhere; those that the samples give rise to are added.
	Warnings []string
	// NodeSource is where the plan reads the node of an answer, such as "json:tag"; "" if it does not.
	NodeSource string
	// Weights are the weights that the nodes had at the start, by name, of all nodes that the balancer
	// knows: 0 for one that begins in drain; nil when unknown. Events change them.
	Weights map[string]float64
	// Algorithm is the balancer's, as HAProxy writes it ("roundrobin", "random(2)"), "" if unknown.
	Algorithm string
	// ExpectedShares gives the shares of the decisions, 0 to 1, that the algorithm makes of weights; it is
	// asked for each combination of weights that the run had, with 0 for nodes in drain, maint or down.
	// nil means in proportion to the weights. HAProxy's random needs it, because its shares are those of
	// its ring.
	ExpectedShares func(weights map[string]float64) map[string]float64
}

// Builder folds samples into Results: the same ones for a run that goes on and for its recording. What
// it holds grows with labels × nodes, users, and sorts of failure (the latter and the nodes bounded),
// not with samples. It is not safe for concurrent use: Add and Freeze belong to one goroutine, or
// behind one lock.
type Builder struct {
	labels map[string]*labelFold
	order  []*labelFold // by first appearance
	nodes  map[string]*nodeFold
	seen   []*nodeFold // by first appearance
	total  *rowFold

	affinity *affinityFold
	errors   *errorFold
	doubts   doubtFold
}

// labelFold folds the samples of one label.
type labelFold struct {
	label string
	fold  *rowFold
	nodes []*rowFold // by nodeFold.index; nil where the node never answered
	marks bool       // nothing but marks so far
}

// totalLabel is the label of the row over all samples.
const totalLabel = "TOTAL"

// NewBuilder makes an empty Builder.
func NewBuilder() *Builder {
	return &Builder{
		labels: map[string]*labelFold{}, nodes: map[string]*nodeFold{}, total: &rowFold{},
		affinity: newAffinityFold(), errors: newErrorFold(),
	}
}

// Add folds one sample. Samples come in the order in which they were recorded. The Builder does not
// keep s, but may keep its strings.
func (b *Builder) Add(s *loadgen.Sample) {
	b.total.add(s)
	label := b.label(s)
	label.fold.add(s)
	label.marks = label.marks && s.Mark
	b.doubts.add(s)
	b.errors.add(s)
	first := b.affinity.add(s)
	if s.Node == "" || s.Mark {
		return
	}
	node := b.node(s.Node)
	node.fold.add(s)
	if first {
		node.first++
	}
	label.node(node.index).add(s)
}

// label is the fold of the sample's label.
func (b *Builder) label(s *loadgen.Sample) *labelFold {
	if l := b.labels[s.Label]; l != nil {
		return l
	}
	l := &labelFold{label: strings.Clone(s.Label), fold: &rowFold{}, marks: true}
	b.labels[l.label] = l
	b.order = append(b.order, l)
	return l
}

// node is the fold of a node.
func (b *Builder) node(name string) *nodeFold {
	if n := b.nodes[name]; n != nil {
		return n
	}
	if len(b.seen) >= maxNodes {
		name = otherNodes
		if n := b.nodes[name]; n != nil {
			return n
		}
	}
	n := &nodeFold{name: strings.Clone(name), index: len(b.seen), fold: &rowFold{}}
	b.nodes[n.name] = n
	b.seen = append(b.seen, n)
	return n
}

// node is the fold of the label on the node with that index.
func (l *labelFold) node(index int) *rowFold {
	if index >= len(l.nodes) {
		l.nodes = append(l.nodes, make([]*rowFold, index+1-len(l.nodes))...)
	}
	if l.nodes[index] == nil {
		l.nodes[index] = &rowFold{}
	}
	return l.nodes[index]
}

// Freeze makes the results of the samples added so far. Later Adds do not change them, so that a view
// of the run can freeze while it goes on.
func (b *Builder) Freeze(run Run) *Results {
	nodes := sortNodes(b.seen)
	r := &Results{
		Schema: Schema, Plan: run.Plan, Verdict: "none",
		Labels: b.freezeLabels(nodes), Total: b.total.freeze(totalLabel),
		DurationMS: b.doubts.duration(), WholeMillis: b.doubts.whole,
		Requests: run.Requests, Errors: b.errors.freeze(),
		Expectations: []Expectation{}, Events: append([]Event{}, run.Events...),
	}
	b.freezeNodes(r, nodes, run.Weights)
	r.Affinity = b.affinity.freeze(r.Nodes)
	decide(r.Nodes, &r.Affinity)
	r.Distribution = distribution(r.Nodes)
	r.Warnings = append(append([]string{}, run.Warnings...), b.warnings(r, run)...)
	judge(r, run.Expectations)
	return r
}

// freezeLabels makes the rows of all labels. One that is named TOTAL has no row of its own: as in
// JMeter, it merges into the row over all samples. JMeter then counts its samples twice there
// (SummaryReport.add finds the same row as label and as total); that harms every figure of the row and
// helps nobody, so here they count once, and a warning says so.
func (b *Builder) freezeLabels(nodes []*nodeFold) []Row {
	rows := make([]Row, 0, len(b.order))
	for _, l := range b.order {
		if l.label == totalLabel {
			continue
		}
		row := l.fold.freeze(l.label)
		row.Mark = l.marks
		for _, n := range nodes {
			if n.index < len(l.nodes) && l.nodes[n.index] != nil {
				row.Nodes = append(row.Nodes, l.nodes[n.index].freeze(n.name))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// freezeNodes makes the nodes of the results: those that answered, and those of the weights that did not.
func (b *Builder) freezeNodes(r *Results, nodes []*nodeFold, weights map[string]float64) {
	r.Nodes = make([]Node, 0, len(nodes))
	for _, n := range nodes {
		node, row := n.freeze()
		r.Nodes = append(r.Nodes, node)
		r.Total.Nodes = append(r.Total.Nodes, row)
	}
	for name := range weights {
		if b.nodes[name] == nil {
			r.Nodes = append(r.Nodes, Node{Node: name})
		}
	}
	slices.SortFunc(r.Nodes, func(x, y Node) int { return compareNodes(x.Node, y.Node) })
	share(r.Nodes, weights)
}

// judge judges the expectations.
func judge(r *Results, expectations []*assert.Expectation) {
	if len(expectations) == 0 {
		return
	}
	r.Verdict = "pass"
	for _, e := range expectations {
		v := e.Judge(r)
		r.Expectations = append(r.Expectations, Expectation{Text: v.Text, OK: v.OK, Actual: v.Actual})
		if !v.OK {
			r.Verdict = "fail"
		}
	}
}
