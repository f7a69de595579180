// Package starter writes plans to start from: commented, valid, and such that they run at once.
//
//	template (what users do) × place (the laboratory, a URL, a URL with what probe found) ─▶ TOML
package starter

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stickbench/internal/draft"
	"stickbench/internal/nearest"
	"stickbench/internal/probe"
)

// Options say what the plan is to be about.
type Options struct {
	// Template is one of Templates, or "" for users that make a few requests each.
	Template string
	// URL is the target; "" means the laboratory.
	URL string
	// Found is what a probe of the URL found, nil without one.
	Found *probe.Report
}

// A plan is a plan that is being written.
type plan struct {
	draft.Table
	Options
	request string // of the first step
	base    string // of the target
}

// template is what users do.
type template struct {
	says  string
	write func(*plan)
}

var templates = map[string]template{
	"":         {"Users who make a few requests each.", (*plan).users},
	"open":     {"An open model: new sessions arrive at a rate, whatever responses take. A list of stages such as\n{ to = \"50/s\", for = \"1m\" } in place of the rate lets it rise and fall.", (*plan).open},
	"stages":   {"Stages: the number of users rises, stays and falls.", (*plan).stages},
	"sessions": {"Sessions of several pages, one after the other: each begins with an empty cookie jar.", (*plan).sessions},
	"weights":  {"Weights: each request begins a session, which the balancer is free to place.", (*plan).weights},
	"drain":    {"A drain: a node is taken out of service while users are on it.", (*plan).drain},
}

// schemaLine names the plan's schema to editors.
const schemaLine = "#:schema plan.schema.json\n"

// Templates are the names of the templates.
func Templates() []string { return slices.Sorted(maps.Keys(templates))[1:] }

// Plan is the plan as TOML. Errors: an unknown template, or an invalid URL.
func Plan(o Options) (string, error) {
	t, ok := templates[o.Template]
	if !ok {
		return "", fmt.Errorf("unknown template %q%s; want %s", o.Template, nearest.Hint(o.Template, Templates()), strings.Join(Templates(), ", "))
	}
	p := &plan{Options: o, request: "GET /"}
	if o.URL != "" {
		u, err := probe.ParseURL(o.URL)
		if err != nil {
			return "", err
		}
		p.base, p.request = draft.Escape(u.Scheme+"://"+u.Host), "GET "+draft.Escape(u.RequestURI())
	}
	p.Comment("%s\n\nstickbench check FILE explains this plan, stickbench run FILE runs it, and stickbench help plans has\nevery key. Editors complete and check it with the output of stickbench schema in plan.schema.json.", t.says)
	t.write(p)
	return schemaLine + p.String(), nil
}

// begin writes all above the groups. Expectations are those that what is known of the target lets hope for,
// and others.
func (p *plan) begin(name string, others ...string) {
	p.Set("name", name)
	p.Set("expect", p.expectations(others))
	p.place()
}

func (p *plan) expectations(others []string) (all draft.Lines) {
	switch {
	case p.URL == "":
		for _, e := range []string{"errors == 0", "affinity == 1", "continuity == 1"} {
			all = append(all, draft.Expression(e))
		}
	case p.Found != nil:
		all = p.Found.Expectations()
	default:
		all = draft.Lines{draft.Expression("errors == 0")}
	}
	for _, e := range others {
		all = append(all, draft.Expression(e))
	}
	return all
}

// place writes where the plan runs.
func (p *plan) place() {
	switch {
	case p.URL == "":
		p.lab()
	case p.Found != nil:
		p.Found.Target(&p.Table)
	default:
		p.target()
	}
}

// lab is the laboratory.
func (p *plan) lab() {
	lab := p.Table.Table("lab")
	lab.Comment("The laboratory: a balancer in front of two nodes that count a session's views. In its place,\n[target] with url = \"http://BALANCER\" is an application of your own.")
	lab.Set("balancer", draft.Noted{Value: "embedded", Note: `or "haproxy", the real one`})
	lab.Set("sticky", draft.Noted{Value: "cookie SERVERID insert indirect nocache", Note: "HAProxy's words; without it nothing sticks"})
	weight := 1
	if p.Template == "weights" {
		weight = 2
	}
	lab.Set("node", draft.List{
		draft.Inline{{Key: "tag", Value: "s1"}, {Key: "weight", Value: weight}},
		draft.Inline{{Key: "tag", Value: "s2"}, {Key: "weight", Value: 1}},
	})
}

// target is a URL of which nothing is known.
func (p *plan) target() {
	target := p.Table.Table("target")
	target.Set("url", p.base)
	target.Comment("Where responses name their node, the session's counter and its id, a plan says in [session]:\n\n"+
		"    [session]\n    node    = \"header:X-Backend\"     # or json:<path>, cookie:<name>, regex:<expression with one group>\n"+
		"    counter = \"json:views\"           # goes up by one with every request of a session\n    id      = \"cookie:JSESSIONID\"\n\n"+
		"and then expects affinity == 1 and continuity == 1. stickbench probe %s finds out.", p.base)
}

// group begins a group of users.
func (p *plan) group(comment, name string) *draft.Table {
	g := p.Append("group")
	g.Comment("%s", comment)
	g.Set("name", name)
	return g
}

// step is a request with what is expected of each response.
func (p *plan) step(g *draft.Table, assert ...string) {
	s := g.Append("step")
	s.Set("request", p.request)
	status := 200
	if p.Found != nil && p.Found.Status > 0 {
		status = p.Found.Status
	}
	all := draft.List{draft.Expression(fmt.Sprintf("status == %d", status))}
	for _, a := range assert {
		all = append(all, draft.Expression(a))
	}
	s.Set("assert", all)
}

func think(g *draft.Table, pause string) { g.Append("step").Set("think", pause) }

// goesOn is the assertion that the session goes on, where responses tell and it is to be hoped for.
func (p *plan) goesOn() []string {
	if p.URL == "" || p.Found != nil && slices.Contains(p.Found.Expectations(), any(draft.Expression("continuity == 1"))) {
		return []string{"increments()"}
	}
	return nil
}

func (p *plan) users() {
	p.begin("users")
	g := p.group("Ten users, each with its own cookies and its own connection. In place of iterations, a duration such\nas \"1m\" ends the run.", "users")
	g.Set("users", 10)
	g.Set("ramp_up", draft.Noted{Value: "1s", Note: "they do not all begin at once"})
	g.Set("iterations", 20)
	p.step(g, p.goesOn()...)
	think(g, "uniform 20ms 80ms")
}

func (p *plan) open() {
	p.begin("open model")
	g := p.group("Each arrival is a session: an empty cookie jar, the steps below, and the end.", "arrivals")
	g.Set("arrivals", draft.Noted{Value: "20/s", Note: "or 1200/min"})
	g.Set("spread", draft.Noted{Value: "poisson", Note: `as people come; or "even"`})
	g.Set("duration", "5s")
	g.Set("users", draft.Noted{Value: 100, Note: "at work at the same time, at most"})
	p.step(g)
	think(g, "uniform 50ms 150ms")
	p.step(g, p.goesOn()...)
}

func (p *plan) stages() {
	p.begin("stages")
	g := p.group("Users come and go from one stage's end to the next; one who is to go ends its iteration first.", "users")
	stage := func(to int, during string) draft.Inline {
		return draft.Inline{{Key: "to", Value: to}, {Key: "for", Value: during}}
	}
	g.Set("users", draft.Lines{stage(20, "3s"), stage(20, "4s"), stage(0, "3s")})
	p.step(g)
	think(g, "uniform 50ms 150ms")
	p.step(g, p.goesOn()...)
}

func (p *plan) sessions() {
	p.begin("sessions")
	g := p.group("Each iteration is a session: the cookies of the one before are gone.", "visitors")
	g.Set("users", 10)
	g.Set("ramp_up", "1s")
	g.Set("iterations", 5)
	g.Set("cookies", "clear")
	p.step(g)
	for range 3 {
		think(g, "uniform 50ms 150ms")
		p.step(g, p.goesOn()...)
	}
}

func (p *plan) weights() {
	var others []string
	if p.URL == "" || p.Found != nil && len(p.Found.Place.Weights) > 0 && p.Found.PlanNode() != "" {
		others = append(others, "shares_ok")
	}
	p.Set("name", "weights")
	expect := draft.Lines{draft.Expression("errors == 0")}
	for _, e := range others {
		expect = append(expect, draft.Expression(e))
	}
	p.Set("expect", expect)
	p.place()
	comment := "Every request begins a session, so that each is one that the balancer was free to place. 103 of them tell\nweights of 2:1 from 1:1."
	if others == nil {
		comment += "\n\nWeights to be expected stand in [target]: weights = { s1 = 2, s2 = 1 }, and then `expect` has shares_ok."
	}
	g := p.group(comment, "new sessions")
	g.Set("users", 4)
	g.Set("iterations", 60)
	g.Set("cookies", "clear")
	p.step(g)
}

func (p *plan) drain() {
	if p.URL == "" {
		p.begin("drain", "moves == 0", `drained("s1")`)
	} else {
		p.begin("drain")
	}
	g := p.group("Users who keep their cookies: those on the drained node are to stay there.", "old users")
	g.Set("users", 4)
	g.Set("iterations", 80)
	p.step(g, p.goesOn()...)
	think(g, "50ms")
	g = p.group("New sessions, none of which is to come to the drained node.", "new users")
	g.Set("users", 2)
	g.Set("start_delay", "300ms")
	g.Set("iterations", 80)
	g.Set("cookies", "clear")
	if p.URL != "" {
		g.Comment("\nThe drain itself needs HAProxy's Runtime API, of which nothing is known here:\n\n" +
			"    [haproxy]\n    api     = \"tcp://BALANCER:9999\"\n    backend = \"nodes\"\n\n" +
			"    [[event]]\n    name             = \"drain\"\n    after_iterations = 100\n    haproxy          = \"set server nodes/s1 state drain\"")
	}
	p.step(g)
	think(g, "50ms")
	if p.URL != "" {
		return
	}
	event := p.Append("event")
	event.Comment("The Runtime API's own words. The run puts back what it changed.")
	event.Set("name", "drain")
	event.Set("after_iterations", 100)
	event.Set("haproxy", "set server nodes/s1 state drain")
}
