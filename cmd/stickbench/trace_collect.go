package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"stickbench/internal/lab"
	"stickbench/internal/sequence"
	"stickbench/loadgen"
	"stickbench/plans"
)

// mostTraced is how many users are traced unless --users says otherwise: more lifelines are no picture,
// and Mermaid refuses a source of more than 50 000 characters.
const mostTraced = 12

// traceHeader goes with every request to a laboratory and comes to its nodes, so that what a node saw is
// put beside what the user saw. Its value names the user, the iteration and the step.
const traceHeader = "X-Stickbench-Trace"

// A tracer collects what users and nodes saw of a plan's first exchanges. The engine and the laboratory
// call it from goroutines of their own.
type tracer struct {
	plan     *plans.Plan
	each     int      // exchanges of each user
	warnings []string // about the picture, to be told before

	mu           sync.Mutex
	users        map[int]int // exchanges so far, by user
	seen         []*loadgen.Exchange
	observations map[string][]lab.NodeExchange // by traceHeader, in the order of their arrival
	steps        map[*loadgen.Request]int      // the part of a step in traceHeader; nil without a laboratory
}

// newTracer cuts plan down to what is drawn: so many exchanges of each user, and of many users only some
// unless all are wanted.
func newTracer(plan *plans.Plan, each int, all bool) *tracer {
	t := &tracer{plan: plan, each: each, users: map[int]int{}, observations: map[string][]lab.NodeExchange{}}
	users := 0
	for i := range plan.Load.Groups {
		g := &plan.Load.Groups[i]
		if users += g.Users; g.Iterations == 0 || g.Iterations > each {
			g.Iterations = each
		}
	}
	if len(plan.Events) > 0 {
		t.warnings = append(t.warnings, "the plan's events do not happen in a trace")
	}
	if users > mostTraced && !all {
		t.warnings = append(t.warnings, t.fewer(users))
	}
	return t
}

// fewer leaves out users, alike in all groups; those who stay start when they would have.
func (t *tracer) fewer(users int) (warning string) {
	rest := 0
	for i := range t.plan.Load.Groups {
		g := &t.plan.Load.Groups[i]
		some := max(1, g.Users*mostTraced/users)
		g.RampUp = g.StartOffset(some) - g.StartDelay
		g.Users = some
		rest += some
	}
	return fmt.Sprintf("only %d of the plan's %d users are traced; --users says how many of each group", rest, users)
}

// watchNodes makes every request name itself to the laboratory's nodes.
func (t *tracer) watchNodes() {
	t.steps = map[*loadgen.Request]int{}
	for i := range t.plan.Load.Groups {
		for s := range loadgen.All(t.plan.Load.Groups[i].Steps) {
			r := s.Request
			if r == nil {
				continue
			}
			t.steps[r] = len(t.steps)
			value, err := loadgen.ParseTemplate(traceKey("${"+loadgen.VarUser+"}", "${"+loadgen.VarIteration+"}", t.steps[r]))
			if err != nil {
				panic(err) // it does not depend on the plan
			}
			r.Header = append(r.Header, loadgen.Field{Name: traceHeader, Value: value})
		}
	}
}

func traceKey(user, iteration any, step int) string {
	return fmt.Sprintf("%v.%v.%d", user, iteration, step)
}

// exchange takes what a user saw (loadgen.Runner.Trace).
func (t *tracer) exchange(x *loadgen.Exchange) (more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users[x.User] < t.each {
		t.users[x.User]++
		t.seen = append(t.seen, x)
	}
	return t.users[x.User] < t.each
}

// observed takes what a node saw (lab.Config.Observe), unless it is a health check.
func (t *tracer) observed(n lab.NodeExchange) {
	if key := n.Header.Get(traceHeader); key != "" {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.observations[key] = append(t.observations[key], n)
	}
}

// freeze is the diagram of all that was seen. It is for after the run, once the laboratory is closed.
func (t *tracer) freeze() *sequence.Diagram {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := sequence.Builder{Title: t.plan.Load.Name}
	if t.plan.Lab != nil {
		for _, n := range t.plan.Lab.Nodes {
			name := n.Tag
			if n.Stopped {
				name += " (stopped)"
			}
			b.Nodes = append(b.Nodes, sequence.Lifeline{ID: n.Tag, Name: name})
		}
	}
	for _, x := range t.seen {
		b.Add(t.drawn(x))
	}
	return b.Freeze()
}

// drawn is an exchange as the diagram wants it.
func (t *tracer) drawn(x *loadgen.Exchange) sequence.Exchange {
	d := sequence.Exchange{
		User: x.User, Life: x.Life, Start: x.Start, Method: x.Method, Cookie: x.Cookie,
		Outcome: outcome(x), Status: x.Status, Reason: x.Reason, SetCookie: x.SetCookie, Held: x.Held,
		Kind: string(x.Kind), Failure: x.Failure, Node: x.Node, Label: x.Request.Label,
	}
	d.Server, d.Path = t.place(x.URL)
	if x.HasCounter {
		d.Detail = fmt.Sprintf("counter %d", x.Counter)
	}
	if t.steps != nil && d.Server == "" {
		d.Node, d.Detail, d.Seen = "", "", t.observationsOf(x)
	}
	return d
}

func outcome(x *loadgen.Exchange) sequence.Outcome {
	switch {
	case x.Responded:
		return sequence.Answered
	case x.Sent:
		return sequence.NoResponse
	case x.Kind == loadgen.KindVariable:
		return sequence.Unsent
	}
	return sequence.Unreached
}

// place splits a URL into the host, "" for the plan's target or for a plan's only host, and the path.
func (t *tracer) place(rawURL string) (host, path string) {
	u, err := url.Parse(rawURL)
	if err != nil || rawURL == "" {
		return "", ""
	}
	target, err := url.Parse(t.plan.Load.Target)
	if err != nil || target.Host == "" && t.soleHost(u.Host) || target.Host == u.Host {
		return "", u.RequestURI()
	}
	return u.Host, u.RequestURI()
}

// soleHost reports whether all exchanges went to that host: in a plan without a target it is the balancer.
func (t *tracer) soleHost(host string) bool {
	for _, x := range t.seen {
		if u, err := url.Parse(x.URL); err == nil && x.URL != "" && u.Host != host {
			return false
		}
	}
	return true
}

// observationsOf are what nodes saw of x, empty for nothing. They saw all of its sample for x: no node of a
// laboratory redirects.
func (t *tracer) observationsOf(x *loadgen.Exchange) []sequence.Observation {
	observations := []sequence.Observation{}
	for _, n := range t.observations[traceKey(x.User, x.Iteration, t.steps[x.Request])] {
		observations = append(observations, sequence.Observation{
			Node: n.Node, Method: n.Method, Path: n.URI, Cookie: strings.Join(n.Header["Cookie"], "; "),
			Status: n.Status, Reason: http.StatusText(n.Status), SetCookie: n.SetCookie, Detail: labSays(n.Body),
		})
	}
	return observations
}

// labSays is what matters of the laboratory's response; "" if it is another one.
func labSays(body []byte) string {
	var answer struct {
		Tag   string `json:"tag"`
		Views *int64 `json:"sessionViews"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Views == nil {
		return ""
	}
	return fmt.Sprintf("tag %s, sessionViews %d", answer.Tag, *answer.Views)
}
