package plans

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"stickbench/internal/lab"
	"stickbench/loadgen"
)

// notes are what a report of the plan cannot judge, and what is likely not meant.
func (p *Plan) notes() []string {
	var notes []string
	s := p.Load.Session
	switch {
	case s.Node == nil:
		notes = append(notes, "no verdict on stickiness: without [session] node nobody knows which node answered")
	case s.Counter == nil:
		notes = append(notes, "no verdict on continuity: without [session] counter nobody knows whether a session goes on")
	}
	if len(p.Expect) == 0 && len(p.Stops) == 0 {
		notes = append(notes, "nothing is expected: the run never fails, whatever the report says")
	}
	for i := range p.Load.Groups {
		notes = append(notes, groupNotes(&p.Load.Groups[i])...)
	}
	notes = append(notes, p.eventNotes()...)
	if decisions, few := p.fewDecisions(); few {
		notes = append(notes, fmt.Sprintf("shares of the nodes: only %s, one per session, say little about weights", counted(decisions, "decision")))
	}
	return notes
}

// mostSilent is how many requests of a group that assert nothing are named one by one.
const mostSilent = 4

func groupNotes(g *loadgen.Group) []string {
	var notes []string
	if started := startedUsers(g); started < g.Users {
		notes = append(notes, fmt.Sprintf("%s: the duration of %s ends during the ramp-up of %s, only %d of %s start",
			g.Name, short(g.Duration), short(g.RampUp), started, counted(int64(g.Users), "user")))
	}
	var silent []string
	for s := range loadgen.All(g.Steps) {
		if s.Request != nil && len(s.Request.Assert) == 0 && !slices.Contains(silent, s.Request.Label) {
			silent = append(silent, s.Request.Label)
		}
	}
	if len(silent) > mostSilent {
		return append(notes, fmt.Sprintf("%s: %d requests assert nothing, such as %s: every status from 200 to 399 is good", g.Name, len(silent), silent[0]))
	}
	for _, label := range silent {
		notes = append(notes, label+" asserts nothing: every status from 200 to 399 is good")
	}
	return notes
}

// eventNotes are of events that an option of the command line leaves without their time; where the plan
// itself does, they are problems.
func (p *Plan) eventNotes() []string {
	var notes []string
	for i := range p.Events {
		if why := p.neverDone(&p.Events[i]); why != "" {
			notes = append(notes, fmt.Sprintf("event %q is never done: %s", p.Events[i].String(), why))
		}
	}
	return notes
}

// neverDone is why the time of an event does not come; "" if it may.
func (p *Plan) neverDone(e *Event) string {
	iterations, end, limited, random := int64(0), time.Duration(0), true, false
	for i := range p.Load.Groups {
		g := &p.Load.Groups[i]
		limited = limited && iterationsOf(g) > 0
		random = random || g.Arrivals != nil && g.Arrivals.Spread == loadgen.Poisson
		iterations = add(iterations, iterationsOf(g))
		if g.Duration == 0 || end < 0 {
			end = -1 // nobody knows how long iterations take
			continue
		}
		end = max(end, g.StartDelay+g.Duration)
	}
	requests := p.Requests()
	switch {
	case len(p.Load.Groups) == 0:
	case e.AfterIterations > 0 && limited && !random && e.AfterIterations > iterations:
		return "the plan has only " + counted(iterations, "iteration")
	case e.AfterSamples > 0 && !requests.Open && !requests.About && e.AfterSamples > requests.N:
		return "the plan has only " + counted(requests.N, "request")
	case e.AfterIterations == 0 && e.AfterSamples == 0 && end >= 0 && e.At > end:
		return "the plan ends after " + short(end)
	}
	return ""
}

// startedUsers are the users of a group that start before its duration is over.
func startedUsers(g *loadgen.Group) int {
	if g.Duration == 0 || g.Arrivals != nil || g.Stages != nil {
		return g.Users
	}
	return sort.Search(g.Users, func(i int) bool { return g.StartOffset(i)-g.StartDelay >= g.Duration })
}

// enoughDecisions tell weights of 1:1 from 2:1 in four of five runs at a level of 1 %, where lots are
// drawn. enoughTurns do so for each node but one where nodes come in turn, which is exact to one decision.
const (
	enoughDecisions = 103
	enoughTurns     = 12
)

// enough is the number of decisions of a laboratory's balancer that tell weights apart; ok is false where the
// algorithm goes by something else.
func enough(l *lab.Config) (decisions int64, ok bool) {
	switch name, _, _ := strings.Cut(l.Algorithm, "("); name {
	case "roundrobin", "static-rr":
		return enoughTurns * int64(len(l.Nodes)-1), true
	case "random":
		return enoughDecisions, true
	}
	return 0, false
}

// fewDecisions reports whether the laboratory's balancer has fewer decisions to make than tell weights
// apart: one per session where sessions stick.
func (p *Plan) fewDecisions() (decisions int64, few bool) {
	if p.Lab == nil || p.Lab.Sticky == "" || len(p.Lab.Nodes) < 2 {
		return 0, false
	}
	least, ok := enough(p.Lab)
	if !ok {
		return 0, false
	}
	for _, g := range p.Load.Groups {
		sessions := int64(g.Users)
		if g.Cookies == loadgen.ClearCookies {
			if sessions = iterationsOf(&g); sessions == 0 {
				return 0, false
			}
		}
		decisions = add(decisions, sessions)
	}
	return decisions, decisions < least
}
