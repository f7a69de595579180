package fold

import (
	"stickbench/internal/hist"
	"stickbench/loadgen"
	"stickbench/report"
)

const (
	firstStep = 1000 // milliseconds
	maxPoints = 900
	// pointBits is the scale of a point's histograms: exact to 127 µs, then buckets of at most 1/64 of their
	// values, some 2 KB for the latencies of one second.
	pointBits = 7
	// pointNodes bounds the nodes whose response times are folded by step: those that came first.
	pointNodes = 24
	// heatRows bounds the rows of the heat map.
	heatRows = 24
)

// timelineFold folds requests by the second in which they ended, counted from the start of the run.
// When there would be more than maxPoints seconds, neighbours are added up in pairs, and a step is twice
// as long from then on: so its size is bounded, and nothing of it depends on when that happened.
type timelineFold struct {
	step   int64 // milliseconds; 0 means firstStep
	end    int64 // of the last request, as step
	points []pointFold
	// latest is the point that was asked for last, and from when it begins.
	latest *pointFold
	from   int64
}

// pointFold is one step.
type pointFold struct {
	requests, errors int64
	arrivals         int64 // that began
	users            int32 // the most that were active
	statuses         [report.StatusClasses]int64
	rest             hist.Histogram  // µs, of the requests that nodes has no histogram for
	nodes            []pointNodeFold // by index
	all              *hist.Histogram // all of them together, as of the last freeze
}

// pointNodeFold is one node in one step.
type pointNodeFold struct {
	requests, micros int64
	times            hist.Histogram // µs; of the first pointNodes
}

// add folds the entry of a request.
func (f *timelineFold) add(e *entry, s *loadgen.Sample) {
	f.end = max(f.end, e.end)
	f.at(e.end).add(e, s.Status)
	if s.Arrival {
		f.at(e.start).arrivals++
	}
}

// at is the step of a moment: mostly the one that was asked for last.
func (f *timelineFold) at(ms int64) *pointFold {
	if f.latest != nil && uint64(ms-f.from) < uint64(f.step) {
		return f.latest
	}
	return f.find(ms)
}

// find finds the step of a moment, and makes it if need be.
func (f *timelineFold) find(ms int64) *pointFold {
	f.step = max(f.step, firstStep)
	ms = max(0, ms)
	for ms/f.step >= maxPoints {
		f.double()
	}
	i := int(ms / f.step)
	if missing := i + 1 - len(f.points); missing > 0 {
		f.points = append(f.points, make([]pointFold, missing)...)
	}
	f.latest, f.from = &f.points[i], int64(i)*f.step
	return f.latest
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

func (p *pointFold) add(e *entry, status int) {
	n := e.weight()
	p.requests += n
	p.errors += e.errors
	p.users = max(p.users, e.active)
	p.statuses[min(max(status/100, 0), report.StatusClasses-1)] += n
	times := &p.rest
	if e.node != none {
		p.nodes = reserved(p.nodes, e.node)
		node := &p.nodes[e.node]
		node.requests += n
		node.micros += e.micros
		if e.node < pointNodes {
			times = &node.times
		}
	}
	times.Add(part(e.micros, n), n, pointBits)
}

func (p *pointFold) merge(o *pointFold) {
	p.requests += o.requests
	p.errors += o.errors
	p.arrivals += o.arrivals
	p.users = max(p.users, o.users)
	for i, n := range o.statuses {
		p.statuses[i] += n
	}
	p.rest.Merge(&o.rest)
	p.nodes = reserved(p.nodes, int16(len(o.nodes)-1))
	for i := range o.nodes {
		p.nodes[i].requests += o.nodes[i].requests
		p.nodes[i].micros += o.nodes[i].micros
		p.nodes[i].times.Merge(&o.nodes[i].times)
	}
}

// times are those of all requests of the step. A view of the run freezes it again and again, and of its steps only the
// last ones still change.
func (p *pointFold) times() *hist.Histogram {
	if p.all != nil && p.all.Total == p.requests {
		return p.all
	}
	p.all = &hist.Histogram{}
	p.all.Merge(&p.rest)
	for i := range p.nodes {
		p.all.Merge(&p.nodes[i].times)
	}
	return p.all
}

// freeze makes the timeline; nodes are in the order of the results, and due tells how many arrivals the plan has
// in the first so many milliseconds, nil where that is not known.
func (f *timelineFold) freeze(nodes []*nodeFold, due func(ms int64) float64) report.Timeline {
	t := report.Timeline{StepMS: max(f.step, firstStep), EndMS: f.end, Points: make([]report.Point, len(f.points))}
	all := make([]*hist.Histogram, len(f.points))
	for i := range f.points {
		all[i] = f.points[i].times()
		t.Points[i] = f.points[i].freeze(int64(i)*t.StepMS, nodes, all[i])
		if due != nil {
			from := t.Points[i].AtMS
			t.Points[i].Planned = max(0, due(min(f.end, from+t.StepMS))-due(from))
		}
	}
	t.Heat = newHeat(all)
	return t
}

func (p *pointFold) freeze(at int64, nodes []*nodeFold, all *hist.Histogram) report.Point {
	made := report.Point{AtMS: at, Requests: p.requests, Errors: p.errors, Users: int64(p.users), Arrivals: p.arrivals, Statuses: p.statuses}
	if p.requests > 0 {
		values := all.Percentiles(pointBits, 0.5, 0.95, 0.99)
		made.P50MS, made.P95MS, made.P99MS = float64(values[0])/1000, float64(values[1])/1000, float64(values[2])/1000
	}
	var named int64
	for i := range p.nodes {
		named += p.nodes[i].requests
	}
	for _, n := range nodes {
		node := report.PointNode{Node: n.name}
		if n.index < len(p.nodes) && p.nodes[n.index].requests > 0 {
			have := &p.nodes[n.index]
			node.Requests, node.Share = have.requests, float64(have.requests)/float64(named)
			node.AverageMS = float64(have.micros) / float64(have.requests) / 1000
			if have.times.Total > 0 {
				node.P95MS = float64(have.times.Percentiles(pointBits, 0.95)[0]) / 1000
			}
		}
		made.Nodes = append(made.Nodes, node)
	}
	return made
}

// newHeat counts the times of each step by rows of equal ratios; it is nil without requests.
func newHeat(steps []*hist.Histogram) *report.Heat {
	var sum hist.Histogram
	for i := range steps {
		sum.Merge(steps[i])
	}
	if sum.Total == 0 {
		return nil
	}
	ends := sum.Percentiles(pointBits, 0, 1)
	bounds := hist.RatioBounds(ends[0], ends[1], heatRows)
	h := &report.Heat{Counts: make([][]int64, len(bounds)-1)}
	for _, b := range bounds {
		h.BoundsMS = append(h.BoundsMS, float64(b)/1000)
	}
	for row := range h.Counts {
		h.Counts[row] = make([]int64, len(steps))
	}
	for i := range steps {
		steps[i].Walk(pointBits, func(v, n int64) bool {
			h.Counts[hist.Between(bounds, v)][i] += n
			return true
		})
	}
	return h
}
