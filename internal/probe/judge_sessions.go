package probe

import (
	"fmt"
	"slices"
	"strings"
)

// judgeSessions reports whether sessions live.
func (r *reporter) judgeSessions() {
	s, m := r.stay, r.stay.marker
	r.Sessions.Store, r.Sessions.Lost = string(r.store()), s.lost
	r.Sessions.Counter, r.Sessions.ID = m.counter, m.id
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

// judgeBehaviour is about HEAD, parallel requests, redirects and HTTP/2.
func (r *reporter) judgeBehaviour() {
	if r.Sticky.By != "cookie" && r.Sticky.By != "source" {
		return
	}
	for _, b := range []struct {
		phase Phase
		what  string
	}{{PhaseHead, "HEAD requests"}, {PhaseParallel, "parallel requests of one session"}, {PhaseRedirect, "sessions that begin with a redirect"}, {PhaseHTTP2, "requests over HTTP/2"}} {
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
		if e.Error == cut {
			continue // that was not the target's doing
		}
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
			if o := r.order(PhaseOrder); o.kind == orderExact && slices.Contains(o.period, name) {
				f.What, f.CannotTell = "a node in the turn is dead: new sessions get "+name, ""
			}
		}
		r.find(f)
	}
	if cached > 0 {
		r.find(Finding{About: "target", Severity: Warning, What: "a cache gave responses, which say nothing of nodes", Evidence: fmt.Sprintf("%d of %d", cached, len(r.exchanges)), WouldTell: "a page that no cache keeps"})
	}
}
