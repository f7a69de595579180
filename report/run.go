package report

import "stickbench/assert"

// Run holds the facts of a run that are not samples. The zero value is right for a recording of which
// nothing else is known.
type Run struct {
	Plan string
	// Expectations are judged, in their order, when the results are frozen.
	Expectations []*assert.Expectation
	// Requests is the engine's account, nil where only a recording is known.
	Requests *Requests
	// Model is the model of load and PlannedUsers the users of all groups, as the plan has them; "" and 0
	// where only a recording is known.
	Model        string
	PlannedUsers int64
	// Arrivals is the engine's account of the arrivals of open groups, nil where there are none, and
	// Generator that of the machine that made the load; nil where only a recording is known.
	Arrivals  *Arrivals
	Generator *Generator
	// Agents are the machines of a run on many; nil of a run on one.
	Agents []Agent
	// Asked compares what they did with what the plan asks for; nil of a run on one machine.
	Asked *Asked
	// Coordinator is what the run was like for what coordinated them.
	Coordinator *Generator
	// Warnings came up elsewhere; those that the samples give rise to are added.
	Warnings []string
	// NodeSource is where the plan reads the node of a response, such as "json:tag"; "" if it does not.
	NodeSource string
	// Weights are the weights that the nodes had at the start, by name, of all nodes that the balancer
	// knows; nil when unknown. States are what they were in at the start, "drain", "maint" or "down", of
	// those that did not take new sessions. Events change both. A node counts with weight 0 while it
	// does not take new sessions.
	Weights map[string]float64
	States  map[string]string
	// Names are the nodes of Weights by other names that responses give them. Samples must have been given the
	// former names already (a run does so before it counts and records them).
	Names map[string]string
	// Due tells how many arrivals the plan has in the first so many milliseconds, on average; nil without open
	// groups, and where only a recording is known.
	Due func(ms int64) float64
	// Nodes are further nodes that the plan knows, and Labels the labels that its samples can have: what never
	// occurred is 0 of these, and undefined of others.
	Nodes, Labels []string
	// Sticky is what is known of the balancer: false says that it places every request anew, so that every
	// response is a decision, however many happened to stay on their node. nil and true leave it to the
	// data, since users without cookies stick nowhere.
	Sticky *bool
	// Stopped is why the run did not finish: "interrupted" by its user, "failed" by an error of its own, or
	// StoppedEarly, for the Reason; "" if it did.
	Stopped, Reason string
	// Algorithm is the balancer's, as HAProxy writes it ("roundrobin", "random(2)"), "" if unknown.
	Algorithm string
	// ExpectedShares gives the shares of the decisions, 0 to 1, that the algorithm makes of weights; it is
	// asked for each combination of weights that the run had, with 0 for nodes in drain, maint or down.
	// nil means in proportion to the weights; HAProxy's random, whose shares are those of its ring, is then
	// not judged.
	ExpectedShares func(weights map[string]float64) map[string]float64
}

// NotTrustworthy is the verdict of a run that was limited by its own machine.
const NotTrustworthy = "not trustworthy"

// StoppedEarly is said of a run that its plan's conditions to stop ended, or the loss of its target.
const StoppedEarly = "stopped"

// UnknownAlgorithm is HAProxy's word for an algorithm that it does not name: random, which is its default from
// 3.3 on (2.6 to 3.5).
const UnknownAlgorithm = "unknown"
