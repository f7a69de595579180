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
	case kept.kind == orderExact && (fresh.kind == orderNone || fresh.kind == orderDisturbed) && !repeats(fresh.nodes, len(kept.period)):
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
