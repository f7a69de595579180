package view

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/report"
)

// Fact is a line of the affinity block: a name, a figure, and what it means.
type Fact struct{ Name, Figure, Remark string }

// AffinityFacts are the lines of the affinity block, or the reason why there is nothing to say.
func AffinityFacts(r *report.Results) (facts []Fact, reason string) {
	a := &r.Affinity
	answered, _ := report.AnsweringNodes(r.Nodes)
	switch {
	case r.Total.Samples == 0:
		return nil, "not defined: nothing was recorded."
	case a.Sessions == 0:
		return nil, "not defined: the samples name no node, no counter and no session."
	case a.Transitions == 0 && a.Counted == 0:
		return nil, fmt.Sprintf("not defined: no session got a second response (%s).", format.Plural(a.Sessions, "session"))
	}
	facts = append(facts, Fact{"Sessions", format.Count(a.Sessions), stickyRemark(a)})
	placed := len(answered) > 0
	if placed {
		facts = append(facts, Fact{"Transitions", format.Count(a.Transitions), "from one response to the next of the same session"})
	}
	if a.Affinity != nil {
		remark := "stayed on their node"
		if a.Chance != nil {
			remark += "; by chance alone " + format.Percent(*a.Chance) + " would"
		}
		facts = append(facts, Fact{"Affinity", format.Percent(*a.Affinity), remark})
	}
	facts = append(facts, continuityFact(a))
	if placed {
		facts = append(facts, moveFacts(a)...)
	}
	return append(facts, lossFacts(a)...), ""
}

func stickyRemark(a *report.Affinity) string {
	switch {
	case a.Sessions == 1 && a.Sticky == 1:
		return "it never moved"
	case a.Sessions == 1:
		return "it moved"
	case a.Sticky == a.Sessions:
		return "none of them ever moved"
	case a.Sticky == 0:
		return "every one of them moved"
	}
	if a.Sticky == 1 {
		return "one of them never moved"
	}
	return format.Count(a.Sticky) + " of them never moved"
}

// moveFacts are the figures of moves.
func moveFacts(a *report.Affinity) []Fact {
	facts := []Fact{{"Moves", format.Count(a.Moves), ""}}
	if a.Moves > 0 {
		facts[0].Remark = "to another node"
	}
	if a.Excused > 0 {
		facts = append(facts,
			Fact{"Excused", format.Count(a.Excused), "moves away from a node in maintenance or down"},
			Fact{"Unexcused", format.Count(a.Unexcused), ""})
	}
	return facts
}

func continuityFact(a *report.Affinity) Fact {
	if a.Continuity == nil {
		return Fact{"Continuity", "–", "no counters to compare, redirects left out"}
	}
	remark := "the counter went up by one in the same session"
	if a.Counted != a.Transitions && a.Transitions > 0 {
		remark = fmt.Sprintf("of %s went up by one in the same session", format.Plural(a.Counted, "counter"))
	}
	return Fact{"Continuity", format.Percent(*a.Continuity), remark}
}

// lossFacts are the figures of lost sessions and odd counters.
func lossFacts(a *report.Affinity) []Fact {
	facts := []Fact{{"Lost", format.Count(a.LostSessions), lostRemark(a)}}
	if a.Renewed > 0 {
		facts = append(facts, Fact{"Renewed", format.Count(a.Renewed), "new ids under which the counter went on: a login?"})
	}
	if a.Jumps > 0 {
		facts = append(facts, Fact{"Jumps", format.Count(a.Jumps), "the counter went up by more than one"})
	}
	if a.Repeats > 0 {
		facts = append(facts, Fact{"Repeats", format.Count(a.Repeats), "the counter stayed as it was: a cached response?"})
	}
	return facts
}

func lostRemark(a *report.Affinity) string {
	remark := "sessions"
	if a.LostSessions == 1 {
		remark = "session"
	}
	if a.Lost > a.LostSessions {
		remark += fmt.Sprintf(", %s times", format.Count(a.Lost))
	}
	switch {
	case a.Lost == 0:
		return ""
	case a.Resets == 0:
		remark += ", each by a move to another node"
	case a.Resets == a.Lost:
		remark += ", on the own node: restarted or expired?"
	default:
		remark += fmt.Sprintf(", %s on the own node", format.Count(a.Resets))
	}
	switch {
	case a.LostUnexcused == a.Lost:
		return remark
	case a.LostUnexcused == 0:
		return remark + "; all excused"
	}
	return remark + fmt.Sprintf("; %s excused", format.Count(a.Lost-a.LostUnexcused))
}
