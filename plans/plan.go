// Package plans reads plans: it turns the TOML that a user writes into what the engine runs, and says
// everything that is wrong with it at once, with line and column. It also holds the catalogue, the
// plans that come with stickbench.
//
//	Open ─▶ source ─▶ toml ─▶ map[string]any ─┬▶ table readers ─▶ Plan ─▶ loadgen.Run, lab, events
//	                    └───▶ positions ──────┘        └───────▶ Problems
//
// TOML's decoder knows no positions of keys, so that a scanner of the source (positions.go) finds them;
// a decoder into structs would stop at the first wrong type and word it in Go's terms, so that the plan
// is walked as a tree of maps with typed readers (table.go).
package plans

import (
	"time"

	"stickbench/assert"
	"stickbench/internal/lab"
	"stickbench/loadgen"
)

// Plan is a plan as read: what the engine runs, and what is around it.
type Plan struct {
	Load loadgen.Plan
	// Path is where the plan was read from, and Source its text as it was there.
	Path   string
	Source []byte
	// Description is the plan's own, "" if it has none.
	Description string
	// Expect are the expectations to be judged at the end of the run.
	Expect []*assert.Expectation
	// Apdex is nil where the plan does not say.
	Apdex *Apdex
	// Stops end the run early once one of them is true.
	Stops []*assert.Expectation
	// Lab is the laboratory to start for the run; nil when the plan has a target of its own or was given
	// one. Load.Target is "" then, until the laboratory tells its address.
	Lab *lab.Config
	// HAProxy is where the Runtime API of the plan's own balancer answers; nil without one, and nil with
	// Lab, which has its own.
	HAProxy *HAProxy
	Events  []Event
	// NodeNames are the nodes that the plan tells of: the laboratory's, and those with an address or a weight.
	NodeNames []string
	// Nodes are the nodes' own addresses, such as http://127.0.0.1:4000, by their names, of [target] and
	// [haproxy]; empty if the plan gives none.
	Nodes map[string]string
	// Weights are those of the nodes behind a balancer of the plan's own, by the names that answers give
	// them, and Algorithm is how it places sessions, in HAProxy's words: what shares are to be expected
	// where no Runtime API tells. nil and "" where the plan does not say, and with Lab.
	Weights   map[string]float64
	Algorithm string

	positions *positions
	vars      []string // as the plan words them
	data      []*loadgen.Data
}

// Apdex are the times up to which samples satisfy their users, and up to which these put up with them.
type Apdex struct {
	Satisfied time.Duration `json:"satisfied_ns"`
	Tolerated time.Duration `json:"tolerated_ns"` // not less
}

// ApdexOf is that of a time that satisfies: four times as long is tolerated (Apdex Technical Specification 1.1).
func ApdexOf(satisfied time.Duration) Apdex { return Apdex{satisfied, 4 * satisfied} }

// Problem is something wrong with a key of the plan that only a run can find, such as what a real haproxy
// refuses of "lab.algorithm", with the place of the key's value.
func (p *Plan) Problem(key, message string) error {
	q := problems{positions: p.positions}
	q.value(key, "%s", message)
	return q.err(p.Path)
}

// HAProxy is the Runtime API of a balancer that the run did not start.
type HAProxy struct {
	API     string // tcp://HOST:PORT or unix:///PATH
	Backend string // whose servers are the nodes
	// Names are what responses call the servers, by the servers' names, where nothing else tells.
	Names map[string]string
}
