package jmx

import "slices"

// effect does what a call such as vars.put("a", "b") does; it reports false for what is no such call.
func (s *script) effect(owner string) bool {
	sample := owner == "SampleResult" // not prev: of a script's own sample nobody reads the response
	if local := s.locals[owner]; local != nil && local.op == opObject {
		owner = local.s
	} else if o := given[owner]; o != nil {
		owner = o.s
	}
	s.at++
	if !s.skip(".") || s.now().sort != 'n' {
		return false
	}
	name := s.name()
	if owner == "ctx" && slices.Contains([]string{"getThread", "thread", "getEngine", "engine", "getThreadGroup"}, name) {
		return s.control(name)
	}
	if !s.is("(") {
		return s.put(owner, name)
	}
	args := s.callArguments()
	switch owner + "." + name {
	case "vars.put", "vars.putObject":
		s.need2(args)
		s.set(s.literal(args[0]), args[1].plain(&s.parser))
	case "vars.remove":
		s.set(s.literal(s.one(args)), text(""))
	case "props.put", "props.setProperty":
		s.need2(args)
		s.do(action{do: "share", name: s.literal(args[0]), value: args[1].plain(&s.parser)})
	case "result.setSuccessful", "result.setSuccess":
		s.succeeds(s.one(args).asTruth())
	case "assertion.setFailure", "assertion.setError":
		s.verdict(s.one(args).asTruth())
	case "assertion.setFailureMessage", "result.setDataEncoding", "result.setDataType", "result.setContentType", "result.setResponseMessage",
		"result.setSamplerData", "result.setResponseMessageOK":
	case "result.setStopThread":
		s.do(action{do: "stop", name: "user"})
	case "result.setStopTest", "result.setStopTestNow":
		s.do(action{do: "stop", name: "run"})
	case "result.setStartNextThreadLoop":
		s.do(action{do: "next"})
	case "Thread.sleep":
		s.do(action{do: "think", value: s.one(args).asNumber()})
	case "result.setResponseData", "result.setResponseHeaders", "result.setRequestHeaders", "result.setResponseCode", "result.setResponseCodeOK":
		return sample
	default:
		return false
	}
	return true
}

func (s *script) need2(args []*ex) {
	if len(args) != 2 {
		s.fail("a call with %d arguments", len(args))
	}
}

// put is vars.name = value, in Groovy.
func (s *script) put(owner, name string) bool {
	if owner != "vars" || !s.skip("=") {
		return false
	}
	s.set(name, s.expression(0).plain(&s.parser))
	return true
}

// set gives a variable a value; locals that were made of its old one keep that.
func (s *script) set(name string, x *ex) {
	target := s.target(name)
	for local, old := range s.locals {
		uses := false
		old.uses(func(used string) { uses = uses || used == target })
		if uses && old.op != opObject {
			s.do(action{do: "set", name: local, value: old, temp: true})
			s.locals[local] = variable(local)
		}
	}
	s.do(action{do: "set", name: target, value: x})
}

// control is ctx.getThread().stop() and the like.
func (s *script) control(owner string) bool {
	if s.is("(") {
		s.callArguments()
	}
	if !s.skip(".") || s.now().sort != 'n' {
		return false
	}
	name := s.name()
	if s.is("(") {
		s.callArguments()
	}
	what := map[string]string{"stop": "user", "stopTest": "run", "askThreadsToStop": "run", "stopTestNow": "run", "tellThreadsToStop": "run"}[name]
	if what == "" {
		return false
	}
	s.do(action{do: "stop", name: what})
	return true
}

// tidy leaves out the script's own variables that nothing uses, and puts the expression in the place of one
// that is used once.
func tidy(actions []action) []action {
	for i := len(actions) - 1; i >= 0; i-- {
		a := actions[i]
		if !a.temp {
			continue
		}
		places := uses(actions[i+1:], a.name)
		switch {
		case len(places) == 0:
			actions = slices.Delete(actions, i, i+1)
		case len(places) == 1 && !slices.ContainsFunc(actions[i+1:], func(b action) bool { return b.do == "set" && changes([]action{b}, a.value) }):
			*places[0] = *a.value
			actions = slices.Delete(actions, i, i+1)
		}
	}
	return actions
}

// uses are the places at which the actions use a variable.
func uses(actions []action, name string) []*ex {
	var all []*ex
	for _, a := range actions {
		if a.value != nil {
			all = append(all, a.value.places(name)...)
		}
		all = append(all, uses(a.then, name)...)
	}
	return all
}

func (x *ex) places(name string) []*ex {
	if (x.op == opVar || x.op == opCode) && x.s == name {
		return []*ex{x}
	}
	var all []*ex
	for _, y := range x.in {
		all = append(all, y.places(name)...)
	}
	return all
}
