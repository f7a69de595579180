package report

import (
	"cmp"
	"slices"
	"strings"
)

// maxNodes bounds the nodes that are told apart: more of them are hardly nodes, but a plan that reads
// something else, such as a session id, where it means to read the node.
const maxNodes = 100

// otherNodes is the row of the nodes after the first maxNodes.
const otherNodes = "other nodes"

// nodeFold folds what one node answered, over all labels.
type nodeFold struct {
	name  string
	index int // in order of first appearance, which label folds use
	fold  *rowFold
}

// freeze makes the node's row; nothing of it is a share yet.
func (n *nodeFold) freeze() (Node, Row) {
	row := n.fold.freeze(n.name)
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

// compareNodes orders nodes by name, numbers in them by value: s2 comes before s10, and the row of
// other nodes last.
func compareNodes(a, b string) int {
	if a == otherNodes || b == otherNodes {
		return cmp.Compare(boolInt(a == otherNodes), boolInt(b == otherNodes))
	}
	return natural(a, b)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// natural compares strings with the numbers in them by value.
func natural(a, b string) int {
	for x, y := a, b; ; {
		if x == "" || y == "" {
			return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
		}
		p, q := leadingDigits(x), leadingDigits(y)
		if p > 0 && q > 0 {
			m, n := strings.TrimLeft(x[:p], "0"), strings.TrimLeft(y[:q], "0")
			if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
				return c
			}
			x, y = x[p:], y[q:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
}

// leadingDigits is how many ASCII digits s begins with.
func leadingDigits(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		return len(s)
	}
	return i
}

// sortNodes orders node folds by name.
func sortNodes(folds []*nodeFold) []*nodeFold {
	folds = slices.Clone(folds)
	slices.SortFunc(folds, func(a, b *nodeFold) int { return compareNodes(a.name, b.name) })
	return folds
}
