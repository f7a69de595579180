package probe

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
)

// Report is what a record says of a balancer. Its JSON is a contract: keys are added, none changes.
type Report struct {
	Schema   string      `json:"schema"` // stickbench.probe/1
	URL      string      `json:"url"`
	Address  string      `json:"address"`
	Requests int         `json:"requests"`
	Status   int         `json:"status"`             // of the first response
	Insecure bool        `json:"insecure,omitempty"` // any certificate was accepted
	Verdict  []string    `json:"verdict"`            // three sentences: nodes and placement, stickiness, sessions
	Node     NodeField   `json:"node"`
	Nodes    []NodeShare `json:"nodes"`
	Sticky   Sticky      `json:"sticky"`
	Place    Placement   `json:"placement"`
	Sessions Sessions    `json:"sessions"`
	Findings []Finding   `json:"findings"`
	// Stopped says why not all experiments were made.
	Stopped string `json:"stopped,omitempty"`
}

// NodeField is how nodes can be told apart, in the words of a plan's [session].
type NodeField struct {
	// From is "" where nothing tells them apart.
	From string `json:"from"`
	// Candidates are all that tell the same, From the first.
	Candidates []string `json:"candidates"`
}

// NodeShare is a node and its part of the decisions.
type NodeShare struct {
	Node      string  `json:"node"`
	Decisions int     `json:"decisions"`
	Share     float64 `json:"share"`
}

// Sticky is what makes a session stick.
type Sticky struct {
	// By is cookie, source, connection, url, none or unknown.
	By string `json:"by"`
	// Name is the cookie's.
	Name string `json:"name,omitempty"`
	// SetBy is balancer, application or unknown.
	SetBy string `json:"set_by,omitempty"`
	// Mode of a cookie is insert, prefix, rewrite, suffix (as Tomcat's jvmRoute), hash, table or unknown;
	// of a source address hash, table or unknown.
	Mode string `json:"mode,omitempty"`
}

// Placement is how new sessions come to nodes.
type Placement struct {
	// Algorithm is HAProxy's word, or unknown.
	Algorithm string `json:"algorithm"`
	// Alternatives are what fits as well, in HAProxy's words where it has one.
	Alternatives []string `json:"alternatives"`
	// Weights are the smallest that an exact order shows.
	Weights map[string]int `json:"weights,omitempty"`
	// Verdict is exact, exact on one connection, disturbed, no visible order, hash, or one node.
	Verdict string `json:"verdict"`
}

// Sessions is what becomes of the sessions of a browser. Figures are null where they cannot be told.
type Sessions struct {
	// Affinity is the share of a session's requests that came to the node of the one before.
	Affinity *float64 `json:"affinity"`
	// Continuity is the share of them whose counter went on.
	Continuity *float64 `json:"continuity"`
	Lost       int      `json:"lost"`
	// Store is shared, local, lost or unknown.
	Store string `json:"store"`
	// Counter and ID are what tells, in the words of a plan's [session].
	Counter string `json:"counter,omitempty"`
	ID      string `json:"id,omitempty"`
}

// Severity is a finding's weight.
type Severity string

// Severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Severe  Severity = "error"
)

// Finding is one thing that was found, or that could not be.
type Finding struct {
	// About is nodes, placement, sticky, cookie, sessions or behaviour.
	About    string   `json:"about"`
	What     string   `json:"what"`
	Evidence string   `json:"evidence"`
	Severity Severity `json:"severity"`
	// Chance is how often luck alone gives such evidence; 0 where no chance was at work.
	Chance float64 `json:"chance,omitempty"`
	// CannotTell is what could not be told apart, and WouldTell what would tell.
	CannotTell string `json:"cannot_tell,omitempty"`
	WouldTell  string `json:"would_tell,omitempty"`
}

// Failed reports whether nothing sticks or sessions get lost.
func (r *Report) Failed() bool { return r.Sticky.By == "none" || r.Sessions.Lost > 0 }

// reporter collects the findings of a view.
type reporter struct {
	*view
	*Report
	stay stay
}

// Judge says what the record shows. It is a function of the record alone.
func Judge(record *Record) *Report {
	v := newView(record)
	r := &reporter{view: v, stay: v.stays(), Report: &Report{
		Schema: "stickbench.probe/1", URL: record.URL, Address: record.Address, Requests: len(record.Exchanges), Insecure: record.Insecure, Stopped: record.Stopped,
		Node: NodeField{Candidates: []string{}}, Nodes: []NodeShare{}, Findings: []Finding{},
	}}
	if first := v.of(PhaseFirst); len(first) > 0 {
		r.Status = first[0].Status
	}
	r.judgeNodes()
	r.judgeSticky()
	r.judgePlacement()
	r.judgeCookies()
	r.judgeSessions()
	r.judgeBehaviour()
	r.judgeTarget()
	r.conclude()
	return r.Report
}

func (r *reporter) find(f Finding) {
	if f.Severity == "" {
		f.Severity = Info
	}
	r.Findings = append(r.Findings, f)
}

// judgeNodes says how nodes can be told apart, and how many were seen.
func (r *reporter) judgeNodes() {
	for _, c := range r.fields {
		r.Node.Candidates = append(r.Node.Candidates, c.from)
	}
	decided := map[string]int{}
	for _, e := range r.decisions() {
		decided[r.node(e)]++
	}
	for _, node := range r.view.nodes() {
		r.Nodes = append(r.Nodes, NodeShare{node, decided[node], r.shares[node]})
	}
	if len(r.fields) == 0 {
		r.find(Finding{About: "nodes", Severity: Warning, What: "nothing tells the nodes apart",
			Evidence:   fmt.Sprintf("no header field, cookie, JSON member or word of %s has a few values that come again and again", plural(len(r.decisions()), "response")),
			CannotTell: "one node, or several that are alike", WouldTell: "a field such as X-Backend, set by the balancer or the application"})
		return
	}
	r.Node.From = r.fields[0].from
	r.seen()
	r.nodeWarnings()
}

// seen says how many nodes there were, and how large one can be that was not seen.
func (r *reporter) seen() {
	f := r.fields[0]
	what := fmt.Sprintf("%s told apart by %s: %s", plural(len(r.Nodes), "node"), f.from, strings.Join(names(r.Nodes), ", "))
	if len(r.Nodes) == 1 {
		what = fmt.Sprintf("one node seen, %s by %s", r.Nodes[0].Node, f.from)
	}
	evidence := plural(r.decided, "decision")
	if r.told() {
		evidence += fmt.Sprintf("; another node with more than %s of new sessions is unlikely", format.Percent(unseen(r.decided)))
	}
	if len(r.fields) > 1 {
		evidence += "; agrees with " + strings.Join(r.Node.Candidates[1:], ", ")
	}
	r.find(Finding{About: "nodes", What: what, Evidence: evidence, CannotTell: "backup, drained and down nodes: they get no requests"})
}

// nodeWarnings are about the field that tells the nodes apart.
func (r *reporter) nodeWarnings() {
	f := r.fields[0]
	switch f.tier {
	case tierWeak:
		r.find(Finding{About: "nodes", Severity: Warning, What: f.from + " tells groups of nodes apart, not nodes",
			Evidence: "it names no node: nodes that are alike have the same one", CannotTell: "how many nodes a group has"})
	case tierCookie:
		r.find(Finding{About: "nodes", Severity: Warning, What: "only a cookie tells the nodes apart",
			Evidence: "no response says who gave it", CannotTell: "whether a request came to the node that its cookie names, beyond the balancer's word", WouldTell: "a field such as X-Backend"})
	case tierWorker:
		r.find(Finding{About: "nodes", Severity: Warning, What: f.from + " names a process, and a machine may have several",
			Evidence: "its name", CannotTell: "how many machines there are"})
	}
	for _, c := range r.refused {
		r.find(Finding{About: "nodes", What: c.from + " is not taken for a node", Evidence: fmt.Sprintf("%d values in %s: %s", c.distinct, plural(len(c.values), "response"), c.refused)})
	}
}

func names(nodes []NodeShare) (all []string) {
	for _, n := range nodes {
		all = append(all, n.Node)
	}
	return all
}

func plural(n int, noun string) string { return format.Plural(int64(n), noun) }
