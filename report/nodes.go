package report

import "stickbench/internal/natural"

// OtherNodes is the row of the nodes after the first maxNodes.
const OtherNodes = "other nodes"

// NoNode is the label of the row of the requests that named no node.
const NoNode = "no node"

// CompareNodes orders nodes by name, numbers in them by value: s2 comes before s10, and the row of
// other nodes last.
func CompareNodes(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == OtherNodes:
		return 1
	case b == OtherNodes:
		return -1
	}
	return natural.Compare(a, b)
}

// AnsweringNodes are the nodes that answered, and those with a positive weight.
func AnsweringNodes(nodes []Node) (answered, expected []string) {
	for i := range nodes {
		if nodes[i].Requests > 0 {
			answered = append(answered, nodes[i].Node)
		}
		if nodes[i].ExpectedShare != nil && *nodes[i].ExpectedShare > 0 {
			expected = append(expected, nodes[i].Node)
		}
	}
	return answered, expected
}

// nodeNamed is the node of that name; one of which there is nothing has nothing.
func nodeNamed(nodes []Node, name string) (n Node) {
	for i := range nodes {
		if nodes[i].Node == name {
			n = nodes[i]
		}
	}
	return n
}
