package probe

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"stickbench/internal/format"
	"stickbench/internal/stats"
)

// mode is what kind of cookie pins, and who sets it.
//
//	values     alone pins  never sent yet  invented pins  reads as
//	per node   yes                         no             insert; rewrite where the application loses its own
//	in part    yes                         no             prefix, suffix
//	unique     yes         anywhere        yes            hash
//	unique     yes         home            no             table, or an encrypted node
func (r *reporter) mode(c *cookieFacts) (mode, setBy string) {
	switch {
	case c.values == cookiePerNode && c.sent > 0 && c.again == c.sent && r.stay.lost > 0 && r.stay.continued == 0:
		return "rewrite", "balancer"
	case c.values == cookiePerNode, c.values == cookiePart && c.separator == "|":
		return "insert", "balancer"
	case c.values == cookiePart && c.behind:
		return "suffix", "application"
	case c.values == cookiePart:
		return "prefix", "balancer"
	}
	setBy = "unknown"
	if c.application {
		setBy = "application"
	} else if r.stay.marker.counter != "" {
		setBy = "balancer" // the application's session goes by another one
	}
	fresh, forged := r.trials(PhaseFresh, c.name), r.forged(c.name)
	switch {
	case forged.repeats >= leastDecided && forged.steady && forged.chance < sure, fresh.n-fresh.hits >= 2:
		return "hash", setBy
	case fresh.all() && (c.application || forged.keys > 0 && !forged.steady):
		return "table", setBy
	}
	return "unknown", setBy
}

// judgePlacement says how decisions are placed.
func (r *reporter) judgePlacement() {
	r.Place = Placement{Algorithm: "unknown", Alternatives: []string{}}
	switch {
	case len(r.fields) == 0:
		r.Place.Verdict = "cannot tell"
		return
	case r.Sticky.By == "source":
		r.placedBySource()
		return
	case r.Sticky.By == "url":
		r.placedByURL()
		return
	case !r.told():
		r.Place.Verdict = "one node"
		return
	}
	kept, fresh := r.order(PhaseOrder), r.order(PhaseConnections)
	switch {
	case r.Sticky.Mode == "hash" && r.trials(PhaseFresh, r.Sticky.Name).all():
		r.placedByKey()
	case r.Sticky.By == "connection" || kept.kind == orderConstant:
		r.placedInOrder(fresh, "new connections")
	case kept.kind == orderExact && r.closes():
		r.placedInOrder(kept, "new connections")
	case kept.kind == orderExact && (fresh.kind == orderNone || fresh.kind == orderDisturbed):
		r.placedPerWorker(kept, fresh)
	case kept.kind == orderExact, kept.kind == orderDisturbed && fresh.kind != orderExact:
		r.placedInOrder(kept, "one connection")
	case fresh.kind == orderExact:
		r.placedInOrder(fresh, "new connections")
	default:
		r.placedInOrder(kept, "one connection")
	}
}

// closes reports whether the target ends its connections so often that there was no one connection.
func (r *reporter) closes() bool {
	conns := map[int]bool{}
	for _, e := range r.of(PhaseOrder) {
		conns[e.Conn] = true
	}
	return len(conns) > orderRequests/burstLength
}

// placedByKey is a hash of a value that the balancer invents for a new session.
func (r *reporter) placedByKey() {
	r.Place.Algorithm, r.Place.Verdict = "hash", "hash"
	t := r.trials(PhaseFresh, r.Sticky.Name)
	r.find(Finding{About: "placement", What: "new sessions are placed by the hash of the " + r.Sticky.Name + " that they get", Chance: t.chance,
		Evidence: fmt.Sprintf("values that were never sent came to the node that had issued them %d of %d times; %s", t.hits, t.n, r.sharesText())})
}

// placedInOrder is the placement that a sequence of decisions shows.
func (r *reporter) placedInOrder(o order, where string) {
	r.Place.Alternatives = []string{}
	switch o.kind {
	case orderExact:
		r.Place.Algorithm, r.Place.Verdict, r.Place.Weights = "roundrobin", "exact", r.weights(o)
		f := Finding{About: "placement", What: "new sessions are placed in turn: " + strings.Join(o.period, " "), Chance: o.chance,
			Evidence: fmt.Sprintf("%d decisions on %s follow it without an exception", o.n, where)}
		r.restOrLeast(&f)
		r.find(f)
	case orderDisturbed:
		r.Place.Algorithm, r.Place.Verdict = "roundrobin", "disturbed"
		f := Finding{About: "placement", What: "new sessions are placed in turn, with other clients in between", Chance: o.chance,
			Evidence: fmt.Sprintf("%s of %d decisions on %s came to the node that mostly follows", format.Percent(o.follow), o.n, where)}
		r.restOrLeast(&f)
		r.find(f)
	case orderNone:
		r.Place.Verdict, r.Place.Alternatives = "no visible order", []string{"random", "leastconn", "roundrobin"}
		f := Finding{About: "placement", What: "new sessions are placed without a visible order",
			Evidence:   fmt.Sprintf("%d decisions on %s; %s", o.n, where, r.sharesText()),
			CannotTell: "random, least connections that draws among equals (Caddy), or round robin behind other clients' requests" + r.hidden(),
			WouldTell:  "--slow-path, and the same probe when nobody else is there"}
		r.busy(&f)
		r.find(f)
	default:
		r.Place.Verdict = "cannot tell"
		r.find(Finding{About: "placement", Severity: Warning, What: "cannot tell how new sessions are placed", Evidence: fmt.Sprintf("only %d decisions on %s", o.n, where), WouldTell: "more --requests, or a longer --duration"})
	}
}

// weights are the nodes' places in the period, for as many nodes as it has.
func (r *reporter) weights(o order) map[string]int {
	weights := map[string]int{}
	for _, node := range o.period {
		if !strings.HasPrefix(node, "status ") {
			weights[node]++
		}
	}
	return weights
}

// sharesText are the shares with their intervals at 95 % (Wilson).
func (r *reporter) sharesText() string {
	var parts []string
	for _, n := range r.Nodes {
		low, high := stats.Wilson(int64(n.Decisions), int64(r.decided))
		parts = append(parts, fmt.Sprintf("%s %s (%s to %s)", n.Node, format.Percent(n.Share), format.Percent(low), format.Percent(high)))
	}
	return strings.Join(parts, ", ")
}

// hidden says how many requests of other clients it takes to hide round robin: one for each tenth of our
// own is still seen through in 40 decisions.
func (r *reporter) hidden() string {
	var gaps []int64
	decisions := r.of(PhaseOrder)
	for i := 1; i < len(decisions); i++ {
		if gap := decisions[i].StartUS - decisions[i-1].StartUS; gap > 0 {
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) == 0 {
		return ""
	}
	slices.Sort(gaps)
	gap := time.Duration(gaps[len(gaps)/2]) * time.Microsecond
	return fmt.Sprintf(", of which it takes some %.0f per second", 0.1/gap.Seconds())
}

// restOrLeast tells round robin from least connections, as far as a held request does.
func (r *reporter) restOrLeast(f *Finding) {
	absent, n, chance, node := r.meanwhile()
	switch {
	case n == 0:
		r.Place.Alternatives = []string{"leastconn"}
		f.CannotTell, f.WouldTell = "round robin, or least connections while no request lasts", "--slow-path, a page that takes a second or so"
	case absent && chance < sure:
		r.Place.Algorithm = "leastconn"
		f.Evidence += fmt.Sprintf("; while %s was busy with the slow path, none of %d decisions came to it (by chance: %s)", node, n, chanceText(chance))
		f.What = "new sessions go to the node with the fewest connections, in turn where these are equal"
	case absent:
		r.Place.Alternatives = []string{"leastconn"}
		f.CannotTell, f.WouldTell = "round robin, or least connections", "a slower --slow-path: only "+plural(n, "decision")+" while it lasted"
	default:
		f.Evidence += fmt.Sprintf("; %s also got decisions while it was busy with the slow path", node)
	}
}

// busy adds what a held request says of decisions without order.
func (r *reporter) busy(f *Finding) {
	absent, n, chance, node := r.meanwhile()
	switch {
	case n == 0:
	case absent && chance < sure:
		r.Place.Alternatives = []string{"random", "leastconn"}
		f.Evidence += fmt.Sprintf("; while %s was busy, none of %d decisions came to it (by chance: %s)", node, n, chanceText(chance))
		f.CannotTell, f.WouldTell = "random among the less busy (HAProxy's random, which draws twice), or least connections", ""
	case !absent:
		r.Place.Alternatives = []string{"random", "roundrobin"}
		f.Evidence += fmt.Sprintf("; %s also got decisions while it was busy", node)
		f.CannotTell, f.WouldTell = "random, or round robin behind other clients' requests"+r.hidden(), "the same probe when nobody else is there"
	}
}

// meanwhile are the decisions made while the slow request lasted: whether its node is absent from them.
func (r *reporter) meanwhile() (absent bool, n int, chance float64, node string) {
	held := r.of(PhaseHeld)
	if len(held) == 0 || r.view.node(held[0]) == "" {
		return false, 0, 1, ""
	}
	node, absent = r.view.node(held[0]), true
	for _, e := range r.of(PhaseMeanwhile) {
		other := r.view.node(e)
		if other == "" || e.EndUS > held[0].EndUS || e.StartUS < held[0].StartUS {
			continue
		}
		n++
		absent = absent && other != node
	}
	return absent, n, math.Pow(1-r.shares[node], float64(n)), node
}

// placedPerWorker is round robin of which each worker has its own.
func (r *reporter) placedPerWorker(kept, fresh order) {
	r.Place.Algorithm, r.Place.Verdict, r.Place.Weights = "roundrobin", "exact on one connection", r.weights(kept)
	f := Finding{About: "placement", Chance: kept.chance,
		What:     "new sessions are placed in turn on one connection, and not across connections",
		Evidence: fmt.Sprintf("%d decisions on one connection follow %s without an exception, %d on new connections do not", kept.n, strings.Join(kept.period, " "), fresh.n),
	}
	r.restOrLeast(&f)
	f.CannotTell = "workers of the balancer that have each their own turn (nginx without zone), several balancers, other clients that came just then" + map[bool]string{true: ", or least connections"}[len(r.Place.Alternatives) > 0]
	r.find(f)
}

// placedBySource is a hash of the address, or a table of addresses.
func (r *reporter) placedBySource() {
	if r.Sticky.Mode == "table" {
		r.placedInOrder(r.firstBySource(), "new addresses")
		return
	}
	r.Place.Algorithm, r.Place.Verdict, r.Place.Alternatives = "source", "hash", []string{"a table of addresses"}
}

// placedByURL is a hash of the path, with or without the query.
func (r *reporter) placedByURL() {
	path, query := r.byPath(), r.byQuery()
	r.Place.Algorithm, r.Place.Verdict = "uri", "hash"
	switch {
	case query.decides():
		r.Place.Algorithm = "uri whole"
		r.find(Finding{About: "placement", What: "the node goes by a hash of the path with its query", Chance: query.chance,
			Evidence: fmt.Sprintf("%d queries came to %d nodes, each to its own", query.keys, query.nodes)})
	case query.nodes == 1 && query.keys > inventedQueries:
		r.find(Finding{About: "placement", What: "the node goes by a hash of the path; the query does not count", Chance: math.Pow(0.5, float64(query.keys)),
			Evidence: fmt.Sprintf("%d queries came to one node, %d paths to %d", query.keys, path.keys, path.nodes)})
	default:
		r.Place.Alternatives = []string{"uri whole"}
	}
}

// judgeSessions reports whether sessions live.
func (r *reporter) judgeSessions() {
	s, m := r.stay, r.stay.marker
	r.Sessions.Store, r.Sessions.Lost = string(r.store()), s.lost
	if !m.suspected {
		r.Sessions.Counter, r.Sessions.ID = m.counter, m.id
	} else {
		r.Sessions.Counter, r.Sessions.ID = m.counter, m.id
	}
	if n := s.continued + s.lost; n > 0 {
		continuity := float64(s.continued) / float64(n)
		r.Sessions.Continuity = &continuity
	}
	how := "the counter " + m.counter
	if m.counter == "" {
		how = m.id
	}
	switch {
	case !m.known():
		r.find(Finding{About: "sessions", What: "cannot tell whether sessions go on", Evidence: "no number of the responses grows with a session's requests, and no text is a session's own",
			CannotTell: "sessions that go on, sessions that are lost, or no sessions at all", WouldTell: "a page that shows a visitor's count or name"})
	case s.lost > 0:
		r.lostSessions(how)
	case s.continued > 0:
		r.find(Finding{About: "sessions", What: "sessions go on", Evidence: fmt.Sprintf("%s grew by one in %d of %d steps of %s", how, s.continued, s.continued, plural(s.sessions, "session"))})
	default:
		r.find(Finding{About: "sessions", What: "no new session was begun", Evidence: m.id + " stayed the same in each session", CannotTell: "sessions that go on, or an application that takes up any id with an empty session", WouldTell: "a page that shows a visitor's count or name"})
	}
	r.moved()
}

// lostSessions names the fault: nothing sticks, or it sticks and the session is lost all the same.
func (r *reporter) lostSessions(how string) {
	s := r.stay
	f := Finding{About: "sessions", Severity: Severe, What: "sessions get lost when they move", Evidence: fmt.Sprintf("%s began anew in %d of %d steps, %d of them with a move", how, s.lost, s.lost+s.continued, s.movedLost)}
	switch {
	case s.n > 0 && s.kept == s.n && r.Sticky.By == "cookie":
		f.What = "sessions get lost although every request comes to its node"
		f.Evidence += fmt.Sprintf("; %d of %d requests stayed, and the application began a session with each", s.kept, s.n)
		f.CannotTell = "which of the two: the balancer replaces the application's cookie " + r.Sticky.Name + ", or keeps it from the application"
		if r.Sticky.Mode == "rewrite" {
			f.CannotTell = ""
			f.Evidence += fmt.Sprintf("; %s holds the node where the application's own value was", r.Sticky.Name)
		}
	case r.Sticky.By == "cookie" && r.Sticky.Mode == "hash":
		f.What = "sessions get lost at their beginning"
		f.Evidence += "; the hash of a new id leads anywhere, and only to the node that made it by chance"
	case r.Sticky.By == "connection":
		f.What = "sessions get lost with each new connection"
	}
	r.find(f)
}

// moved says what became of the session that was moved on purpose.
func (r *reporter) moved() {
	steps := r.of(PhaseMove)
	if len(steps) < 4 {
		return
	}
	var path []string
	counter := r.stay.marker.counter
	for _, e := range steps {
		path = append(path, strings.TrimSpace(r.view.node(e)+" "+r.valuesOf(e)[counter]))
	}
	f := Finding{About: "sessions", Evidence: "moved on purpose and back: " + strings.Join(path, " → ")}
	switch r.Sessions.Store {
	case string(storeShared):
		f.What = "the nodes share their sessions"
	case string(storeLocal):
		f.What = "each node has its own sessions: one that moves is lost there, and is there again when it comes back"
	case string(storeLost):
		f.What, f.Severity = "a move ends a session for good", Warning
	default:
		f.What, f.CannotTell, f.WouldTell = "cannot tell whether the nodes share their sessions", "a shared store, or sessions in each node", "a page that shows a visitor's count or name"
	}
	r.find(f)
}

// judgeBehaviour is about HEAD, parallel requests and HTTP/2.
func (r *reporter) judgeBehaviour() {
	if r.Sticky.By != "cookie" && r.Sticky.By != "source" {
		return
	}
	for _, b := range []struct {
		phase Phase
		what  string
	}{{PhaseHead, "HEAD requests"}, {PhaseParallel, "parallel requests of one session"}, {PhaseHTTP2, "requests over HTTP/2"}} {
		home, away := 0, 0
		for _, e := range r.of(b.phase) {
			node, at := r.view.node(e), r.nodeAt(e.Home)
			switch {
			case e.Session == 0 || node == "" || at == "":
			case node == at:
				home++
			default:
				away++
			}
		}
		switch {
		case away > 0:
			r.find(Finding{About: "behaviour", Severity: Warning, What: b.what + " leave their node", Evidence: fmt.Sprintf("%d of %d", away, home+away)})
		case home > 0:
			r.find(Finding{About: "behaviour", What: b.what + " stay on their node", Evidence: fmt.Sprintf("%d of %d", home, home)})
		}
	}
}

// judgeTarget is about the probe itself and what it was given.
func (r *reporter) judgeTarget() {
	if r.record.Given != "" {
		r.find(Finding{About: "target", What: "the URL redirects, the page behind it was probed", Evidence: r.record.Given + " leads to " + r.record.URL})
	}
	if len(r.record.Others) > 0 {
		r.find(Finding{About: "target", What: "the name has other addresses, which were left alone", Evidence: fmt.Sprintf("%s was asked, not %s", r.record.Address, strings.Join(r.record.Others, ", ")), CannotTell: "whether they have the same nodes and the same turn", WouldTell: "a probe of each address"})
	}
	if r.record.Stopped != "" {
		r.find(Finding{About: "target", Severity: Warning, What: "not all experiments were made", Evidence: r.record.Stopped})
	}
	r.failures()
}

// failures are about nodes that respond with errors, and requests without response.
func (r *reporter) failures() {
	failed, all, cached := map[string]int{}, map[string]int{}, 0
	for _, e := range r.exchanges {
		name := r.symbol(e)
		if e.Error != "" {
			name = e.Error
		}
		all[name]++
		if e.failed() {
			failed[name]++
		}
		if e.cached() {
			cached++
		}
	}
	for _, name := range sortedKeys(failed) {
		f := Finding{About: "target", Severity: Severe, What: name + " responds with errors", Evidence: fmt.Sprintf("%d of its %s failed", failed[name], plural(all[name], "response"))}
		switch {
		case failed[name] < all[name]:
			f.Severity = Warning
		case slices.Contains(r.view.nodes(), name):
		default:
			f.What, f.Evidence = "requests failed: "+name, fmt.Sprintf("%d of %d", failed[name], len(r.exchanges))
			f.CannotTell = "a node that is broken, or a limit of the balancer"
		}
		r.find(f)
	}
	if cached > 0 {
		r.find(Finding{About: "target", Severity: Warning, What: "a cache gave responses, which say nothing of nodes", Evidence: fmt.Sprintf("%d of %d", cached, len(r.exchanges)), WouldTell: "a page that no cache keeps"})
	}
}
