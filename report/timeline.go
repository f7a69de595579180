package report

import (
	"stickbench/internal/hist"
)

const (
	firstStep = 1000 // milliseconds
	maxPoints = 1800
	// pointBits is the scale of a point's histogram: exact to 127 µs, then buckets of at most 1/64 of their
	// values, some 2 KB for the latencies of one second.
	pointBits = 7
)

// timelineFold folds requests by the second in which they ended, counted from the start of the run.
// When there would be more than maxPoints seconds, neighbours are added up in pairs, and a step is twice
// as long from then on: so its size is bounded, and nothing of it depends on when that happened.
type timelineFold struct {
	step   int64 // milliseconds; 0 means firstStep
	points []pointFold
}

// pointFold is one step.
type pointFold struct {
	requests, errors int64
	micros           hist.Histogram
	nodes            []pointNodeFold // by index
}

// pointNodeFold is one node in one step.
type pointNodeFold struct{ requests, micros int64 }

// add folds an entry, unless it is a mark.
func (f *timelineFold) add(e *entry) {
	if e.has(isMark) {
		return
	}
	f.step = max(f.step, firstStep)
	at := max(0, e.end)
	for at/f.step >= maxPoints {
		f.double()
	}
	i := int(at / f.step)
	if missing := i + 1 - len(f.points); missing > 0 {
		f.points = append(f.points, make([]pointFold, missing)...)
	}
	f.points[i].add(e)
}

// double adds up neighbours.
func (f *timelineFold) double() {
	f.step *= 2
	for i := range f.points {
		if i%2 == 1 {
			f.points[i/2].merge(&f.points[i])
		} else if i > 0 {
			f.points[i/2] = f.points[i]
		}
	}
	kept := (len(f.points) + 1) / 2
	clear(f.points[kept:])
	f.points = f.points[:kept]
}

func (p *pointFold) add(e *entry) {
	n := e.weight()
	micros := e.elapsed.Microseconds()
	p.requests += n
	p.errors += e.errors
	p.micros.Add(micros/n, n, pointBits)
	if e.node == none {
		return
	}
	p.reserve(int(e.node) + 1)
	p.nodes[e.node].requests += n
	p.nodes[e.node].micros += micros
}

func (p *pointFold) reserve(nodes int) {
	if missing := nodes - len(p.nodes); missing > 0 {
		p.nodes = append(p.nodes, make([]pointNodeFold, missing)...)
	}
}

func (p *pointFold) merge(o *pointFold) {
	p.requests += o.requests
	p.errors += o.errors
	p.micros.Merge(&o.micros)
	p.reserve(len(o.nodes))
	for i, n := range o.nodes {
		p.nodes[i].requests += n.requests
		p.nodes[i].micros += n.micros
	}
}

// freeze makes the timeline; nodes are in the order of the results.
func (f *timelineFold) freeze(nodes []*nodeFold) Timeline {
	t := Timeline{StepMS: max(f.step, firstStep), Points: make([]Point, len(f.points))}
	for i := range f.points {
		t.Points[i] = f.points[i].freeze(int64(i)*t.StepMS, nodes)
	}
	return t
}

func (p *pointFold) freeze(at int64, nodes []*nodeFold) Point {
	made := Point{AtMS: at, Requests: p.requests, Errors: p.errors}
	if p.requests > 0 {
		values := p.micros.Percentiles(pointBits, 0.5, 0.95, 0.99)
		made.P50MS, made.P95MS, made.P99MS = float64(values[0])/1000, float64(values[1])/1000, float64(values[2])/1000
	}
	var named int64
	for _, n := range p.nodes {
		named += n.requests
	}
	for _, n := range nodes {
		node := PointNode{Node: n.name}
		if n.index < len(p.nodes) && p.nodes[n.index].requests > 0 {
			have := p.nodes[n.index]
			node.Requests, node.Share = have.requests, float64(have.requests)/float64(named)
			node.AverageMS = float64(have.micros) / float64(have.requests) / 1000
		}
		made.Nodes = append(made.Nodes, node)
	}
	return made
}
