package probe

import (
	"fmt"
	"math"
	"strings"
)

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
	f := Finding{About: "sticky", Severity: Warning, Chance: s.chance(),
		Evidence: fmt.Sprintf("%d of %d requests of %s with the same cookies as before came to the same node, by chance it were %.0f", s.steady, s.settled, plural(s.sessions, "session"), s.byChance)}
	if s.settled == 0 {
		f.Evidence = "no session made two requests with the same cookies"
	}
	switch sticks, moves := s.sticks(), s.moves(); {
	case moves && !sticks:
		r.Sticky.By = "none"
		f.Severity, f.What, f.Chance = Severe, "nothing sticks: a session moves from node to node", 0
	case moves:
		f.What, f.CannotTell = "sessions stick in part", "a key that changes within a session, or nodes that come and go"
	case sticks:
		f.What, f.CannotTell = "sessions stick, and no cookie alone explains it", "cookies together, or something else of the session"
	default:
		f.What, f.WouldTell, f.Chance = "cannot tell what makes sessions stick", "more --requests, or a longer --duration", 0
	}
	r.find(f)
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
