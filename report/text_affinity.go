package report

import "fmt"

// fact is a line of the affinity block: a name, a figure, and what it means.
type fact struct{ name, figure, remark string }

func writeAffinity(p *page, r *Results) {
	p.section("")
	facts, reason := affinityFacts(r)
	if reason != "" {
		p.hang(bold, "Affinity", reason)
		return
	}
	columns := []textColumn{{left: true}, {}, {left: true}}
	for _, f := range facts {
		for i, cell := range []string{f.name, f.figure, f.remark} {
			columns[i].cells = append(columns[i].cells, cell)
		}
	}
	width := [3]int{columns[0].width(false), columns[1].width(false)}
	for _, f := range facts {
		p.line(plain, p.styled(bold, pad(f.name, width[0], false))+gap+pad(f.figure, width[1], true)+
			suffix(gap+" ", cut(f.remark, p.width-width[0]-width[1]-5)))
	}
}

// suffix is s after a separator, or nothing.
func suffix(separator, s string) string {
	if s == "" {
		return ""
	}
	return separator + s
}

// affinityFacts are the lines of the affinity block, or the reason why there is nothing to say.
func affinityFacts(r *Results) (facts []fact, reason string) {
	a := &r.Affinity
	answered, _ := answeringNodes(r.Nodes)
	switch {
	case r.Total.Samples == 0:
		return nil, "not defined: nothing was recorded."
	case a.Sessions == 0:
		return nil, "not defined: the samples name no node, no counter and no session."
	case a.Transitions == 0 && a.Counted == 0:
		return nil, fmt.Sprintf("not defined: no session got a second answer (%s).", plural(a.Sessions, "session"))
	}
	facts = append(facts, fact{"Sessions", count(a.Sessions), stickyRemark(a)})
	placed := len(answered) > 0
	if placed {
		facts = append(facts, fact{"Transitions", count(a.Transitions), "from one answer to the next of the same session"})
	}
	if a.Affinity != nil {
		remark := "stayed on their node"
		if a.Chance != nil {
			remark += "; by chance alone " + percent(*a.Chance) + " would"
		}
		facts = append(facts, fact{"Affinity", percent(*a.Affinity), remark})
	}
	facts = append(facts, continuityFact(a))
	if placed {
		facts = append(facts, moveFacts(a)...)
	}
	return append(facts, lossFacts(a)...), ""
}

func stickyRemark(a *Affinity) string {
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
	return count(a.Sticky) + " of them never moved"
}

// moveFacts are the figures of moves.
func moveFacts(a *Affinity) []fact {
	facts := []fact{{"Moves", count(a.Moves), ""}}
	if a.Moves > 0 {
		facts[0].remark = "to another node"
	}
	if a.Excused > 0 {
		facts = append(facts,
			fact{"Excused", count(a.Excused), "moves away from a node in maintenance or down"},
			fact{"Unexcused", count(a.Unexcused), ""})
	}
	return facts
}

func continuityFact(a *Affinity) fact {
	if a.Continuity == nil {
		return fact{"Continuity", "–", "no counters to compare, redirects left out"}
	}
	remark := "the counter went up by one in the same session"
	if a.Counted != a.Transitions && a.Transitions > 0 {
		remark = fmt.Sprintf("of %s went up by one in the same session", plural(a.Counted, "counter"))
	}
	return fact{"Continuity", percent(*a.Continuity), remark}
}

// lossFacts are the figures of lost sessions and odd counters.
func lossFacts(a *Affinity) []fact {
	facts := []fact{{"Lost", count(a.Lost), lostRemark(a)}}
	if a.Jumps > 0 {
		facts = append(facts, fact{"Jumps", count(a.Jumps), "the counter went up by more than one"})
	}
	if a.Repeats > 0 {
		facts = append(facts, fact{"Repeats", count(a.Repeats), "the counter stayed as it was: a cached answer?"})
	}
	return facts
}

func lostRemark(a *Affinity) string {
	remark := ""
	switch {
	case a.Lost == 0:
		return ""
	case a.Resets == 0:
		remark = "sessions, each by a move to another node"
	case a.Resets == a.Lost:
		remark = "sessions, on their own node: restarted or expired?"
	default:
		remark = fmt.Sprintf("sessions, %s of them on their own node", count(a.Resets))
	}
	switch {
	case a.LostUnexcused == a.Lost:
		return remark
	case a.LostUnexcused == 0:
		return remark + "; all excused"
	}
	return remark + fmt.Sprintf("; %s excused", count(a.Lost-a.LostUnexcused))
}
