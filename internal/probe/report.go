package probe

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/internal/natural"
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

// judgeSticky says what makes a session stick.
func (r *reporter) judgeSticky() {
	r.Sticky.By = "unknown"
	if s := r.stay; s.n > 0 {
		affinity := float64(s.kept) / float64(s.n)
		r.Sessions.Affinity = &affinity
	}
	pin := r.pin()
	switch {
	case len(r.fields) == 0:
		r.find(Finding{About: "sticky", Severity: Warning, What: "cannot tell what makes sessions stick", Evidence: "the nodes cannot be told apart"})
	case !r.told():
		r.judgeOne()
	case pin != "" && r.view.cookie(pin).refused == "":
		r.stickyByCookie(pin)
	case pin != "":
		r.pinRefused(pin)
	case r.order(PhaseOrder).kind == orderConstant:
		r.Sticky.By = "connection"
		o := r.order(PhaseOrder)
		r.find(Finding{About: "sticky", What: "requests stick to the node of their connection", Chance: math.Pow(r.same(), float64(o.n-1)),
			Evidence: fmt.Sprintf("%d requests on one connection came to one node, those on new connections to %d", o.n, len(r.shares))})
	default:
		r.judgeLoose()
	}
}

// stickyByCookie is the case of a cookie that pins alone.
func (r *reporter) stickyByCookie(pin string) {
	c, t := r.view.cookie(pin), r.view.trials(PhaseCookie, pin)
	r.Sticky.By, r.Sticky.Name = "cookie", pin
	r.Sticky.Mode, r.Sticky.SetBy = r.mode(&c)
	r.find(Finding{About: "sticky", What: fmt.Sprintf("the cookie %s makes sessions stick", pin), Chance: t.chance,
		Evidence: fmt.Sprintf("sent alone, from sessions on different nodes in random order, it came home %d of %d times", t.hits, t.n)})
	if w := r.view.trials(PhaseWithout, pin); w.all() {
		r.find(Finding{About: "sticky", What: "another cookie pins as well", Evidence: fmt.Sprintf("without %s, %d of %d requests came home", pin, w.hits, w.n), Chance: w.chance})
	} else if w.hits < w.n {
		r.find(Finding{About: "sticky", What: "no other cookie does", Evidence: fmt.Sprintf("without it, %d of %d requests came home", w.hits, w.n)})
	}
}

// pinRefused is the case of a cookie that would pin, if browsers kept it.
func (r *reporter) pinRefused(pin string) {
	c, t := r.view.cookie(pin), r.view.trials(PhaseCookie, pin)
	r.Sticky.By, r.Sticky.Name = "none", pin
	r.Sticky.Mode, r.Sticky.SetBy = r.mode(&c)
	r.find(Finding{About: "sticky", Severity: Severe, What: fmt.Sprintf("nothing sticks: browsers drop the cookie %s, which would pin", pin), Chance: t.chance,
		Evidence:  fmt.Sprintf("%s; sent nevertheless, it came home %d of %d times; a browser's sessions stayed %d of %d times", c.refused, t.hits, t.n, r.stay.kept, r.stay.n),
		WouldTell: "the https URL"})
}

// judgeLoose is the case of no cookie that pins alone.
func (r *reporter) judgeLoose() {
	s := r.stay
	evidence := fmt.Sprintf("%d of %d requests of %s came to the node of the one before, by chance it were %.0f", s.kept, s.n, plural(s.sessions, "session"), r.same()*float64(s.n))
	switch {
	case s.n < leastDecided:
		r.find(Finding{About: "sticky", Severity: Warning, What: "cannot tell what makes sessions stick", Evidence: fmt.Sprintf("only %d requests of sessions", s.n), WouldTell: "more --requests, or a longer --duration"})
	case s.kept == s.n:
		r.find(Finding{About: "sticky", Severity: Warning, What: "sessions stick, and no cookie alone explains it", Evidence: evidence, Chance: s.chance, CannotTell: "cookies together, or something else of the session"})
	case s.chance > sure:
		r.Sticky.By = "none"
		r.find(Finding{About: "sticky", Severity: Severe, What: "nothing sticks: a session moves from node to node", Evidence: evidence})
	default:
		r.find(Finding{About: "sticky", Severity: Warning, What: "sessions stick in part", Evidence: evidence, Chance: s.chance, CannotTell: "a key that changes within a session, or nodes that come and go"})
	}
}

// judgeOne is the case of one node for the URL, from one address.
func (r *reporter) judgeOne() {
	source := r.bySource()
	path, query := r.byPath(), r.byQuery()
	switch {
	case source.decides():
		r.Sticky.By, r.Sticky.Mode = "source", "unknown"
		f := Finding{About: "sticky", What: "the client's address decides the node", Chance: source.chance,
			Evidence: fmt.Sprintf("%d addresses of this machine, %d nodes; each address kept its node in %d repetitions", source.keys, source.nodes, source.repeats)}
		if o := r.firstBySource(); o.kind == orderExact {
			r.Sticky.Mode = "table"
			f.Evidence += fmt.Sprintf("; new addresses came in turn (%s), as a table is filled (by chance: %s)", strings.Join(o.period, " "), chanceText(o.chance))
		} else {
			f.CannotTell, f.WouldTell = "a hash of the address, or a table that is filled without visible order", "a restart of the balancer: a hash stays, a table is filled anew"
		}
		r.find(f)
	case query.decides(), path.decides():
		r.Sticky.By = "url"
		r.find(Finding{About: "sticky", Severity: Warning, What: "the URL decides the node: a session's pages are on different nodes", Chance: min(query.chance, path.chance),
			Evidence: fmt.Sprintf("%d paths on %d nodes, %d queries on %d; each kept its node", path.keys, path.nodes, query.keys, query.nodes)})
	case source.nodes >= 2 && !source.steady:
		r.find(Finding{About: "sticky", Severity: Warning, What: "sessions from one address stay on one node, others move", Evidence: fmt.Sprintf("%d addresses, %d nodes", source.keys, source.nodes), CannotTell: "a rule of the balancer for addresses, or nodes that come and go"})
	default:
		f := Finding{About: "sticky", Severity: Warning, What: "cannot tell what makes sessions stick: all came to one node",
			Evidence: fmt.Sprintf("%d decisions", r.decided), CannotTell: r.oneNodeReasons(source, path), WouldTell: "--source ADDRESS for other addresses of this machine, --path for other pages"}
		r.find(f)
	}
}

// bySource is whether a client's address decides its node. The address that the system chose is one of
// them.
func (r *reporter) bySource() consistency {
	return consistent(r.view, append(r.of(PhaseSource), r.decisions()...), func(e *Exchange) string { return "from " + e.Source })
}

// byPath and byQuery are whether the URL decides the node. The URL that is probed is one of them.
func (r *reporter) byPath() consistency {
	return consistent(r.view, append(r.of(PhasePath), r.decisions()...), pathOf)
}

func (r *reporter) byQuery() consistency {
	return consistent(r.view, append(r.of(PhaseQuery), r.decisions()...), pathOf)
}

// firstBySource is the order in which new addresses were placed.
func (r *reporter) firstBySource() order {
	seen := map[string]bool{}
	var nodes []string
	for _, e := range r.of(PhaseSource) {
		if node := r.view.node(e); !seen[e.Source] && node != "" {
			nodes = append(nodes, node)
		}
		seen[e.Source] = true
	}
	return readOrder([][]string{nodes}, r.record.Seed)
}

func pathOf(e *Exchange) string { return e.Path }

// oneNodeReasons are what is left when all came to one node.
func (r *reporter) oneNodeReasons(source, path consistency) string {
	reasons := []string{"one node only", "one active node with others in reserve (HAProxy's first, backup servers)"}
	if source.keys < 2 {
		reasons = append(reasons, "a hash of the client's address")
	}
	if path.keys < 3 {
		reasons = append(reasons, "a hash of the URL (responses to other paths name no node)")
	}
	return strings.Join(reasons, "; ")
}

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
