package report

import (
	"cmp"
	"slices"

	"stickbench/internal/natural"
)

// maxNodes bounds the nodes that are told apart: more of them are hardly nodes, but a plan that reads
// something else, such as a session id, where it means to read the node.
const maxNodes = 100

// otherNodes is the row of the nodes after the first maxNodes.
const otherNodes = "other nodes"

// NoNode is the label of the row of the requests that named no node.
const NoNode = "no node"

// nodeFold is one node.
type nodeFold struct {
	name  string
	index int     // in order of first appearance, which label folds use
	rest  rowFold // what it answered to labels that have no row of it
}

// freeze makes the node's row, over all labels; nothing of it is a share yet.
func (n *nodeFold) freeze(labels []*labelFold) (Node, Row) {
	sum := n.rest.clone()
	for _, l := range labels {
		if n.index < len(l.nodes) && l.nodes[n.index] != nil {
			sum.merge(l.nodes[n.index])
		}
	}
	row := sum.freeze(n.name)
	return Node{
		Node: n.name, Requests: row.Samples,
		Errors: row.Errors, AverageMS: row.AverageMS, P95MS: row.P95MS,
	}, row
}

// share sets the shares of the requests.
func share(nodes []Node) {
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

// CompareNodes orders nodes by name, numbers in them by value: s2 comes before s10, and the row of
// other nodes last.
func CompareNodes(a, b string) int {
	if a == otherNodes || b == otherNodes {
		return cmp.Compare(boolInt(a == otherNodes), boolInt(b == otherNodes))
	}
	return natural.Compare(a, b)
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
	slices.SortFunc(folds, func(a, b *nodeFold) int { return CompareNodes(a.name, b.name) })
	return folds
}
