package probe

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/natural"
)

// conclude writes the verdict's sentences.
func (r *reporter) conclude() {
	r.Verdict = []string{r.sentenceOfNodes(), r.sentenceOfSticky(), r.sentenceOfSessions()}
	severity := func(f Finding) int { return slices.Index([]Severity{Severe, Warning, Info}, f.Severity) }
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return severity(a) - severity(b) })
}

func (r *reporter) sentenceOfNodes() string {
	switch {
	case r.Node.From == "":
		return "Nothing in the responses tells nodes apart."
	case len(r.Nodes) == 1:
		return fmt.Sprintf("One node was seen, %s (%s).", r.Nodes[0].Node, r.Node.From)
	}
	return fmt.Sprintf("%s were seen, told apart by %s; new sessions are placed %s.", capital(plural(len(r.Nodes), "node")), r.Node.From, r.placed())
}

// placed words the placement.
func (r *reporter) placed() string {
	p := r.Place
	words := map[string]string{
		"exact":                   "in turn" + weightsText(p.Weights) + " (" + p.Algorithm + ")",
		"exact on one connection": "in turn on one connection (" + p.Algorithm + "), with no order across connections",
		"disturbed":               "in turn, with other clients in between (" + p.Algorithm + ")",
		"no visible order":        "without a visible order",
		"hash":                    "by a hash (" + p.Algorithm + ")",
	}[p.Verdict]
	if words == "" {
		return "in a way that cannot be told"
	}
	if len(p.Alternatives) > 0 && p.Algorithm != "unknown" {
		words += fmt.Sprintf(", or %s, which looks the same from here", strings.Join(p.Alternatives, " or "))
	}
	if p.Algorithm == "unknown" && len(p.Alternatives) > 0 {
		words += " (" + strings.Join(p.Alternatives, ", ") + ": cannot tell)"
	}
	return words
}

func weightsText(weights map[string]int) string {
	var parts []string
	equal := true
	for _, node := range slices.SortedFunc(slices.Values(sortedKeys(weights)), natural.Compare) {
		parts = append(parts, fmt.Sprint(weights[node]))
		equal = equal && weights[node] == 1
	}
	if len(parts) == 0 || equal {
		return ""
	}
	return ", weights " + strings.Join(parts, ":")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (r *reporter) sentenceOfSticky() string {
	s := r.Sticky
	switch s.By {
	case "cookie":
		modes := map[string]string{
			"insert":  "which the balancer inserts",
			"prefix":  "in front of whose value the balancer puts the node",
			"rewrite": "whose value the balancer replaces by the node",
			"suffix":  "whose value ends with the node",
			"hash":    "of whose value the balancer takes a hash",
			"table":   "which the balancer looks up in a table",
			"unknown": "by a hash or a table",
		}
		return fmt.Sprintf("Sessions stick by the cookie %s, %s.", s.Name, modes[s.Mode])
	case "source":
		return "Sessions stick by the client's address: all users behind one address share a node, also those of a load generator."
	case "url":
		return "The URL decides the node, so that a session's pages are on different nodes."
	case "connection":
		return "Requests stick to the node of their connection; a session moves with each new connection."
	case "none":
		if s.Name != "" {
			return fmt.Sprintf("Nothing sticks: browsers drop the cookie %s, which would pin.", s.Name)
		}
		return "Nothing sticks: a session's requests go from node to node."
	}
	return "What makes sessions stick cannot be told from here."
}

func (r *reporter) sentenceOfSessions() string {
	s := r.Sessions
	switch {
	case s.Lost > 0 && r.Sticky.By == "cookie" && r.stay.kept == r.stay.n:
		return "Sessions get lost although every request comes to its node: the application does not get its own cookie back."
	case s.Lost > 0 && r.Sticky.By == "cookie":
		return fmt.Sprintf("Sessions get lost at their beginning, %d times here, until their cookie leads to the node that made it.", s.Lost)
	case s.Lost > 0:
		return fmt.Sprintf("Sessions get lost when they move, %d times here: each node has its own.", s.Lost)
	case s.Store == "shared":
		return "Sessions go on when they move: the nodes share them."
	case s.Store == "local":
		return "Sessions go on as long as they stay; one that moves is lost, since each node has its own."
	case s.Store == "lost":
		return "Sessions go on as long as they stay; one that moves is lost for good, also on its way back."
	case s.Continuity != nil:
		return "Sessions go on; what a move would do to them was not seen."
	}
	return "Whether sessions go on cannot be told: no response has a counter that grows with a session."
}
