package view

import "stickbench/report"

// Join adds up points; their percentile is that of the worst one.
func Join(points []report.Point) report.Point {
	sum := report.Point{AtMS: points[0].AtMS, Nodes: make([]report.PointNode, len(points[0].Nodes))}
	var named int64
	for _, p := range points {
		sum.Requests += p.Requests
		sum.Errors += p.Errors
		sum.P95MS = max(sum.P95MS, p.P95MS)
		for i, n := range p.Nodes {
			sum.Nodes[i].Node = n.Node
			sum.Nodes[i].Requests += n.Requests
			named += n.Requests
		}
	}
	for i := range sum.Nodes {
		sum.Nodes[i].Share = float64(sum.Nodes[i].Requests) / float64(max(1, named))
	}
	return sum
}
