package plans

import (
	"fmt"
	"slices"

	"stickbench/loadgen"
)

// The most that a plan may ask for; more is a slip of the keyboard.
const (
	mostUsers      = 100_000
	mostIterations = 1_000_000_000
	mostRedirects  = 100
)

// DefaultRedirects is how many redirects are followed where the plan says nothing, as browsers do.
const DefaultRedirects = 20

var (
	cookiePolicies = map[string]loadgen.CookiePolicy{"keep": loadgen.KeepCookies, "clear": loadgen.ClearCookies, "off": loadgen.NoCookies}
	errorActions   = map[string]loadgen.ErrorAction{
		"continue": loadgen.Continue, "next-iteration": loadgen.NextIteration,
		"stop-user": loadgen.StopUser, "stop": loadgen.StopRun,
	}
)

func (r *reader) groups(t table) {
	if !t.has("group") {
		r.option("", `no group: add a [[group]] with a [[group.step]], such as request = "GET /"`)
		return
	}
	groups := t.tables("group", groupShape)
	if len(groups) == 0 && len(r.list) == 0 {
		t.value("group", "needs at least one group")
	}
	r.setup = &names{all: map[string]string{}, lists: map[string]bool{}}
	for _, g := range groups {
		if g.values["phase"] == "setup" {
			scope{reader: r, names: r.setup}.declareAll(g.path, g.values["step"], nil)
		}
	}
	names := map[string]string{}
	for i, g := range groups {
		group := r.group(g, i)
		if first, taken := names[group.Name]; taken {
			g.value(g.at("name"), "%s is the name of %s already: the report could not tell them apart", quoted(group.Name), first)
		}
		names[group.Name] = g.path
		r.plan.Load.Groups = append(r.plan.Load.Groups, group)
	}
}

func (r *reader) group(t table, i int) loadgen.Group {
	g := loadgen.Group{Name: fmt.Sprintf("group %d", i+1), Users: 1}
	if name, ok := t.line("name"); ok {
		g.Name = name
	}
	if _, ok := tablesOf(t.values["users"]); ok {
		t.userStages(&g)
	} else if n, ok := t.count("users"); ok {
		g.Users = n
	}
	g.RampUp, _ = t.duration("ramp_up")
	g.StartDelay, _ = t.duration("start_delay")
	if t.values["iterations"] != forever {
		g.Iterations, _ = t.count("iterations")
	}
	g.Duration, _ = t.duration("duration")
	if word, ok := t.word("cookies"); ok {
		g.Cookies = cookiePolicies[word]
	}
	g.Connections = t.connections()
	g.OnError = t.onError()
	if word, ok := t.word("phase"); ok {
		g.Phase = phases[word]
	}
	t.arrivals(&g)
	if g.Phase == loadgen.Main { // of the others there is one user to prepare and to clean up
		r.override.apply(&g)
	}
	t.bounded(&g)
	r.steps(t, &g)
	return g
}

// userStages reads a number of users that goes up and down.
func (t table) userStages(g *loadgen.Group) {
	g.Stages = []loadgen.UserStage{}
	most, long := 0, false
	for _, stage := range t.tables("users", userStageShape) {
		var s loadgen.UserStage
		n, ok := stage.whole("to")
		if !ok && !stage.has("to") {
			stage.key(stage.path, "needs how many users there are at its end, such as to = 50")
		}
		s.To = int(n)
		d, ok := stage.duration("for")
		if !ok && !stage.has("for") {
			stage.key(stage.path, `needs its duration, such as for = "30s"`)
		}
		s.For = d
		most, long = max(most, s.To), long || d > 0
		g.Stages = append(g.Stages, s)
	}
	g.Users = max(1, most)
	switch {
	case most == 0 && len(t.list) == 0:
		t.value(t.at("users"), "there are never any users: a stage needs to = 1 or more")
	case !long && len(t.list) == 0:
		t.value(t.at("users"), "the stages take no time: one needs for = \"30s\" or so")
	}
	if t.has("ramp_up") {
		t.key(t.at("ramp_up"), `goes with one number of users: with stages the first one is the ramp, such as { to = 50, for = "1m" }`)
	}
	if t.has("arrivals") {
		t.key(t.at("arrivals"), "go with one number of users, the most that are at work at the same time: the rate is what changes")
	}
}

// forever is what iterations are that only the end of the run ends.
const forever = "forever"

// onError is what a user does after a failed request.
func (t table) onError() loadgen.ErrorAction {
	word, _ := t.word("on_error")
	return errorActions[word]
}

var phases = map[string]loadgen.Phase{"setup": loadgen.Setup, "teardown": loadgen.Teardown}

func (r *reader) steps(t table, g *loadgen.Group) {
	if !t.has("step") {
		t.key(t.path, `needs a step: add a [[group.step]], such as request = "GET /"`)
		return
	}
	if list, ok := tablesOf(t.values["step"]); ok && !slices.ContainsFunc(list, requests) {
		t.key(t.at("step"), "no step requests anything: one needs a request, such as \"GET /\"")
	}
	s := r.newScope(t.path, t.values).under(t)
	g.Steps = s.below(t)
	g.Preset = s.presetCookies(t)
	g.Vars = r.laterVars(s.used)
	for _, d := range r.data {
		if slices.ContainsFunc(d.Columns, func(name string) bool { return s.used[name] }) {
			g.Data = append(g.Data, d)
		}
	}
}

// laterVars are the variables that are worked out during the run and that are used, or that others need that are.
func (r *reader) laterVars(used map[string]bool) []loadgen.Assignment {
	var vars []loadgen.Assignment
	for _, v := range slices.Backward(r.variables.later) {
		if !used[v.Name] {
			continue
		}
		vars = append(vars, v)
		for _, name := range v.Value.Variables() {
			used[name] = true
		}
	}
	slices.Reverse(vars)
	return vars
}

// requests reports whether a step may be meant as a request or have one below it: one that is nothing is a problem
// of its own.
func requests(step map[string]any) bool {
	if below, ok := tablesOf(step["step"]); ok && slices.ContainsFunc(below, requests) {
		return true
	}
	of := kindsOf(table{values: step, problems: &problems{positions: &positions{}}})
	return len(of) == 0 && step["step"] == nil || slices.ContainsFunc(of, func(k kind) bool { return k.key == "request" || k.key == "use" || k.key == "mark" })
}
