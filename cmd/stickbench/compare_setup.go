package main

import (
	"fmt"
	"strings"
	"time"

	"stickbench/internal/redact"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report/compare"
)

// setup is what the run was made of, for a comparison with other runs.
func (r *record) setup(plan *plans.Plan) compare.Setup {
	s := setupFacts{}
	s.add("plan", plan.Load.Name, false)
	s.lab(r, plan)
	s.load(&plan.Load)
	for i := range plan.Events {
		e := &plan.Events[i]
		s.add(fmt.Sprintf("event %d", i+1), e.When()+": "+e.String(), false)
	}
	s.add("seed", fmt.Sprint(r.Seed), false)
	s.add("stickbench", r.Version, false)
	s.add("host", fmt.Sprintf("%s/%s, %d CPUs, %s", r.Host.OS, r.Host.Arch, r.Host.CPUs, r.Host.Go), true)
	ended := r.Stopped
	if r.End == nil {
		ended = "not at all: it was killed"
	}
	if ended == "" {
		ended = "as planned"
	}
	s.add("ended", ended, true)
	return compare.Setup{Weights: r.Weights, Facts: s}
}

// setupFacts collects facts.
type setupFacts []compare.Fact

func (s *setupFacts) add(name, value string, load bool) {
	*s = append(*s, compare.Fact{Name: name, Value: value, Load: load})
}

// lab adds what the run hit.
func (s *setupFacts) lab(r *record, plan *plans.Plan) {
	if plan.Lab == nil {
		s.add("target", redact.URL(r.Target), false)
		return
	}
	s.add("target", "laboratory", false)
	s.add("balancer", plan.Lab.Balancer, false)
	s.add("algorithm", plan.Lab.Algorithm, false)
	s.add("sticky", plan.Lab.Sticky, false)
	for _, n := range plan.Lab.Nodes {
		traits := "weight 1"
		if n.Weight != nil {
			traits = fmt.Sprintf("weight %d", *n.Weight)
		}
		if n.Delay > 0 {
			traits += ", delay " + n.Delay.String()
		}
		if n.Stopped {
			traits += ", stopped"
		}
		s.add("node "+n.Tag, traits, false)
	}
}

// load adds what makes the load. Groups are named where there are several.
func (s *setupFacts) load(plan *loadgen.Plan) {
	for i := range plan.Groups {
		g := &plan.Groups[i]
		of := ""
		if len(plan.Groups) > 1 {
			of = " of " + g.Name
		}
		s.add("model"+of, modelWords(g.Arrivals), true)
		s.add("users"+of, fmt.Sprint(g.Users), true)
		if g.Stages != nil {
			s.add("users over time"+of, plans.UserStageWords(g.Stages), true)
		}
		s.add("ramp-up"+of, g.RampUp.String(), true)
		s.add("start delay"+of, g.StartDelay.String(), true)
		s.add("iterations"+of, limit(g.Iterations > 0, fmt.Sprint(g.Iterations)), true)
		s.add("duration"+of, limit(g.Duration > 0, g.Duration.String()), true)
		s.add("cookies"+of, map[loadgen.CookiePolicy]string{loadgen.KeepCookies: "kept", loadgen.ClearCookies: "cleared"}[g.Cookies], true)
		s.add("steps"+of, plans.StepWords(g.Steps), true)
	}
	s.add("timeout", plan.Timeout.Round(time.Millisecond).String(), true)
}

// modelWords are the load model: closed, where users wait for responses, or open, with its rates.
func modelWords(a *loadgen.Arrivals) string {
	if a == nil {
		return "closed"
	}
	words := make([]string, 0, len(a.Stages))
	for _, stage := range a.Stages {
		rate := fmt.Sprintf("%g/s", stage.From)
		if stage.To != stage.From {
			rate = fmt.Sprintf("%g to %g/s", stage.From, stage.To)
		}
		if stage.For > 0 {
			rate += " for " + stage.For.String()
		}
		words = append(words, rate)
	}
	spread := "open, even arrivals: "
	if a.Spread == loadgen.Poisson {
		spread = "open, Poisson arrivals: "
	}
	return spread + strings.Join(words, ", ")
}

func limit(given bool, value string) string {
	if given {
		return value
	}
	return "no limit"
}
