package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stickbench/internal/format"
)

// NodeNames are what is known of the names of nodes. A balancer's servers and the nodes that responses name are
// two namespaces: an event about s1 says nothing of a node that responses call w1a, unless somebody tells that
// they are the same.
//
//	servers             answered      s1 is
//	s1 s2               s1 s2         judged
//	s1 s2               s2            judged: it may have been drained before
//	s1 s2               w1a w2b       undefined, and warned of
//	s1 s2 (w1a is s1)   s1 w2b        judged; s2 is undefined
//	none known          s1 s2         judged; s9 is undefined, because nobody knows it
type NodeNames struct {
	Servers  map[string]bool   // of the balancer, or of the plan's weights
	Plan     []string          // that the plan knows besides
	Aliases  map[string]string // names that responses give, of servers that are called otherwise
	Answered []string          // as they are counted
}

// NewNodeNames are those of a run by its events and nodes, which r has, and by what is known of it beforehand.
func NewNodeNames(r *Results, run Run) NodeNames {
	n := NodeNames{Servers: map[string]bool{}, Plan: run.Nodes, Aliases: run.Names}
	for name := range run.Weights {
		n.Servers[name] = true
	}
	for i := range r.Events {
		for name := range r.Events[i].Weights { // servers that came during the run
			n.Servers[name] = true
		}
	}
	n.Answered, _ = AnsweringNodes(r.Nodes)
	n.Answered = slices.DeleteFunc(n.Answered, func(name string) bool { return name == OtherNodes })
	return n
}

// strangers are the nodes that answered and are no server.
func (n *NodeNames) strangers() []string {
	if len(n.Servers) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Answered), func(name string) bool { return n.Servers[name] })
}

// named is the node that a plan calls so, by the name under which it is counted. It is an error if nobody knows
// such a node, or if it is a server and responses may call it otherwise.
func (n *NodeNames) named(name string) (string, error) {
	if server, ok := n.Aliases[name]; ok && !n.Servers[name] {
		name = server
	}
	strangers := n.strangers()
	switch {
	case slices.Contains(n.Answered, name):
		return name, nil
	case len(n.Answered) == 0:
		return "", errors.New("no response named its node")
	case n.Servers[name] && len(strangers) > 0:
		return "", fmt.Errorf("no response named %s, but some named %s, which the balancer does not know", name, strings.Join(strangers, ", "))
	case !n.Servers[name] && !slices.Contains(n.Plan, name):
		return "", fmt.Errorf("nobody knows a node %s: responses named %s", name, strings.Join(n.Answered, ", "))
	}
	return name, nil
}

// excuses is why nobody can tell which moves events excuse: they took nodes away that may have other names
// in responses; nil if it can be told.
func (n *NodeNames) excuses(events []Event) error {
	strangers := n.strangers()
	if len(strangers) == 0 {
		return nil
	}
	for i := range events {
		if e := &events[i]; e.OK && Gone(e.State) && !slices.Contains(n.Answered, e.Node) {
			return fmt.Errorf("events took %s away, and nobody knows whether it is one of %s", e.Node, strings.Join(strangers, ", "))
		}
	}
	return nil
}

// strangersWarning says that the balancer's servers and the nodes of the responses have nothing to do with each
// other, as far as is known.
func (n *NodeNames) warning() string {
	strangers := n.strangers()
	if len(strangers) == 0 {
		return ""
	}
	servers := slices.Sorted(maps.Keys(n.Servers))
	slices.SortFunc(servers, CompareNodes)
	return fmt.Sprintf(`Responses named %s, and the balancer's servers are %s: which is which is not known, so that what events and weights say of servers is judged of no node. names = { %s = %q } in [haproxy] would tell.`,
		format.Clean(format.Some(strangers)), format.Clean(format.Some(servers)), bareName(servers[0]), format.Clean(strangers[0]))
}

// bareName is a name as a key of TOML.
func bareName(name string) string {
	if strings.ContainsAny(name, ".:") {
		return fmt.Sprintf("%q", name)
	}
	return name
}
