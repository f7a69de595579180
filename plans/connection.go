package plans

import "stickbench/loadgen"

var connectionPolicies = map[string]loadgen.ConnectionPolicy{
	"keep": loadgen.KeepConnections, "iteration": loadgen.PerIteration, "request": loadgen.PerRequest,
}

// connections reads how long the connections of a group's users live.
func (t table) connections() loadgen.ConnectionPolicy {
	word, _ := t.word("connections")
	return connectionPolicies[word]
}

// connectionWords say how long connections live where that is not as long as they can.
func connectionWords(g *loadgen.Group) string {
	switch g.Connections {
	case loadgen.PerIteration:
		return ", a connection per iteration"
	case loadgen.PerRequest:
		return ", a connection per request"
	}
	return ""
}
