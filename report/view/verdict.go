package view

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/report"
)

// Verdict is what a report begins with: why the run ended early, if it did, and what became of the sessions.
func Verdict(r *report.Results) string {
	said := SessionVerdict(r)
	if s := r.Steered; s != nil {
		said = steered(s) + "; " + said
	}
	if r.Stopped == report.StoppedEarly {
		said = "stopped early: " + format.Clean(r.StopReason) + "; " + said
	}
	return said
}

// steered says that a run was not left to its plan.
func steered(s *report.Steered) string {
	said := "steered by hand (" + format.Plural(int64(s.Times), "time")
	if s.PausedMS > 0 {
		said += ", paused for " + format.Span(s.PausedMS)
	}
	return said + ")"
}

// SessionVerdict is one sentence on what became of the sessions, without a full stop.
func SessionVerdict(r *report.Results) string {
	a := &r.Affinity
	answered, _ := report.AnsweringNodes(r.Nodes)
	switch {
	case r.Total.Samples == 0:
		return "nothing was recorded"
	case len(answered) == 0:
		return "no response named its node, so whether sessions stuck cannot be told"
	case a.Transitions == 0:
		return "no session got a second response, so whether sessions stick cannot be told"
	case a.Moves == 0:
		return stayed(a, answered)
	case a.Sticks():
		return left(a)
	}
	return nothingSticks(a)
}

// stayed is the sentence where no session moved.
func stayed(a *report.Affinity, answered []string) string {
	s := "every session stayed on its node"
	if len(answered) == 1 {
		s = "every session stayed on " + format.Clean(answered[0]) + ", the only node that answered"
	}
	if a.Lost > 0 {
		return s + fmt.Sprintf(", yet %s lost the session there", format.Plural(a.Lost, "transition"))
	}
	return s + ": " + ofTransitions(a, a.Transitions) + ", no session lost"
}

// left is the sentence where sessions stick but some moved.
func left(a *report.Affinity) string {
	s := fmt.Sprintf("sessions stick, but %s left the node", ofTransitions(a, a.Moves))
	switch {
	case a.Excused == a.Moves:
		s = fmt.Sprintf("sessions stick: %s left the node, excused by its maintenance or because it was down", ofTransitions(a, a.Moves))
	case a.Excused > 0:
		s += fmt.Sprintf(" (%s excused)", format.Count(a.Excused))
	}
	if a.Lost == 0 {
		return s + "; no session lost"
	}
	return s + "; " + format.Count(a.Lost) + " lost the session"
}

// nothingSticks is the sentence where the balancer places every request anew.
func nothingSticks(a *report.Affinity) string {
	s := "nothing sticks: "
	if a.Moves == a.Transitions {
		s += "every response came from another node"
	} else {
		s += fmt.Sprintf("%s of the transitions stayed on their node, by chance alone %s would", format.Percent(*a.Affinity), format.Percent(*a.Chance))
	}
	switch {
	case a.Lost == 0:
		return s + ", though no session was lost"
	case a.Lost == a.Transitions:
		return s + " and began a new session"
	}
	return s + ", and " + format.Count(a.Lost) + " lost the session"
}

// ofTransitions is "12 of 1998 transitions".
func ofTransitions(a *report.Affinity, n int64) string {
	return format.Count(n) + " of " + format.Plural(a.Transitions, "transition")
}
