package fold

import (
	"slices"

	"stickbench/report"
)

// maxNodes bounds the nodes that are told apart: more of them are hardly nodes, but a plan that reads
// something else, such as a session id, where it means to read the node.
const maxNodes = 100

// nodeFold is one node.
type nodeFold struct {
	name  string
	index int     // in order of first appearance, which label folds use
	rest  rowFold // what it answered to labels that have no row of it
}

// freeze makes the node's row, over all labels; nothing of it is a share yet.
func (n *nodeFold) freeze(labels []*labelFold) (report.Node, report.Row) {
	sum := n.rest.clone()
	for _, l := range labels {
		if n.index < len(l.nodes) && l.nodes[n.index] != nil {
			sum.merge(l.nodes[n.index])
		}
	}
	row := sum.freeze(n.name)
	return report.Node{
		Node: n.name, Requests: row.Samples,
		Errors: row.Errors, AverageMS: row.AverageMS, P95MS: row.P95MS,
	}, row
}

// share sets the shares of the requests.
func share(nodes []report.Node) {
	var requests int64
	for i := range nodes {
		requests += nodes[i].Requests
	}
	for i := range nodes {
		if n := &nodes[i]; requests > 0 {
			n.Share = float64(n.Requests) / float64(requests)
		}
	}
}

// reserved is the list with a place for that index.
func reserved[T any](list []T, index int16) []T {
	if int(index) < len(list) {
		return list
	}
	return append(list, make([]T, int(index)+1-len(list))...)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// sortNodes orders node folds by name.
func sortNodes(folds []*nodeFold) []*nodeFold {
	folds = slices.Clone(folds)
	slices.SortFunc(folds, func(a, b *nodeFold) int { return report.CompareNodes(a.name, b.name) })
	return folds
}
