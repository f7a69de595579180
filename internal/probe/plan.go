package probe

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"stickbench/internal/draft"
	"stickbench/internal/natural"
)

// Plan is a plan to go on with, as TOML: the target and the session as they were found, and expectations
// that hold if the balancer goes on as it did.
func (r *Report) Plan() string {
	var p draft.Table
	base, request := split(r.URL)
	p.Comment("What stickbench probe %s found:", r.URL)
	for _, sentence := range r.Verdict {
		p.Comment("%s", sentence)
	}
	for _, f := range r.Findings {
		if f.Severity != Info {
			p.Comment("%s: %s (%s)", f.Severity, f.What, f.Evidence)
		}
	}
	p.Set("name", "probed "+strings.TrimPrefix(strings.TrimPrefix(base, "http://"), "https://"))
	p.Set("expect", r.Expectations())
	r.Target(&p)
	g := p.Append("group")
	g.Comment("More users, or a longer duration, once this holds.")
	g.Set("name", "users")
	g.Set("users", 10)
	g.Set("ramp_up", "1s")
	g.Set("iterations", 20)
	g.Set("cookies", r.planCookies())
	step := g.Append("step")
	step.Set("request", "GET "+draft.Escape(request))
	if r.Status > 0 {
		step.Set("assert", draft.List{draft.Expression(fmt.Sprintf("status == %d", r.Status))})
	}
	return p.String()
}

// Target adds [target] and [session] to a plan, as they were found.
func (r *Report) Target(p *draft.Table) {
	base, _ := split(r.URL)
	target := p.Table("target")
	target.Set("url", draft.Escape(base))
	if r.Insecure {
		target.Set("insecure", true)
	}
	r.planPlacement(target)
	r.planSession(p)
}

// split is a URL without its path, and the path with its query.
func split(s string) (base, request string) {
	u, err := url.Parse(s)
	if err != nil {
		return s, "/"
	}
	return u.Scheme + "://" + u.Host, u.RequestURI()
}

// Expectations are what was found, as a run can judge it.
func (r *Report) Expectations() draft.Lines {
	node, all := r.PlanNode(), draft.Lines{draft.Expression("errors == 0")}
	sticks := slices.Contains([]string{"cookie", "source", "connection"}, r.Sticky.By)
	if node != "" && r.Sticky.By != "source" && len(r.Nodes) > 0 {
		all = append(all, draft.Expression(fmt.Sprintf("nodes == %d", len(r.Nodes))))
	}
	if node != "" && sticks {
		all = append(all, draft.Expression("affinity == 1"))
	}
	if r.Sessions.Counter != "" && (sticks || r.Sessions.Store == string(storeShared)) {
		all = append(all, draft.Expression("continuity == 1"))
	}
	return all
}

// PlanNode is where a run can read the node from, in the words of a plan's [session]; "" for nowhere. What
// is behind a cookie's value a run does not read.
func (r *Report) PlanNode() string {
	for _, from := range r.Node.Candidates {
		if !strings.HasSuffix(from, " suffix") {
			return from
		}
	}
	return ""
}

// planPlacement are the weights that were found.
func (r *Report) planPlacement(target *draft.Table) {
	if len(r.Place.Weights) == 0 || r.PlanNode() == "" {
		return
	}
	var weights draft.Inline
	for _, node := range slices.SortedFunc(slices.Values(sortedKeys(r.Place.Weights)), natural.Compare) {
		weights = append(weights, draft.Pair{Key: node, Value: r.Place.Weights[node]})
	}
	target.Set("weights", weights)
	if r.Place.Algorithm == "roundrobin" && r.Place.Verdict == "exact" {
		target.Set("algorithm", "roundrobin")
	}
}

// planSession is how a run knows nodes and sessions.
func (r *Report) planSession(p *draft.Table) {
	keys := []draft.Pair{{Key: "node", Value: r.PlanNode()}, {Key: "counter", Value: r.Sessions.Counter}, {Key: "id", Value: r.Sessions.ID}}
	keys = slices.DeleteFunc(keys, func(k draft.Pair) bool { return k.Value == "" })
	if len(keys) == 0 {
		return
	}
	session := p.Table("session")
	for _, k := range keys {
		session.Set(k.Key, k.Value)
	}
}

// planCookies keeps users' cookies, where there are sessions to keep.
func (r *Report) planCookies() string {
	if r.Sticky.By == "none" && r.Sessions.Counter == "" {
		return "clear"
	}
	return "keep"
}
