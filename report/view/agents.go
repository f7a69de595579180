package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// AgentTable has a row for each machine of a run on many: what it did, and what the run was like for it; and one for
// their coordinator.
func AgentTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Agent", Left: true}}
	host, users, requests, failed, cut := Column{Head: "Host", Left: true}, Column{Head: "Users"}, Column{Head: "Requests"}, Column{Head: "Failed"}, Column{Head: "Cut"}
	load, late, skew := Column{Head: "Processors"}, Column{Head: "Late wakes"}, Column{Head: "Clock off by"}
	for i := range r.Agents {
		a := &r.Agents[i]
		name := format.Clean(a.Agent)
		if a.Lost != "" {
			name += " (lost)"
		}
		t.Label.Cells = append(t.Label.Cells, name)
		host.Cells = append(host.Cells, format.Clean(a.Host))
		users.Cells = append(users.Cells, ranges(a.Users))
		requests.Cells = append(requests.Cells, format.Count(a.OK+a.Failed))
		failed.Cells = append(failed.Cells, format.Count(a.Failed))
		cut.Cells = append(cut.Cells, format.Count(a.Cut))
		wakes := ""
		if a.Generator.Processors > 0 {
			wakes = format.Count(a.Generator.LateWakes)
		}
		load.Cells, late.Cells = append(load.Cells, processors(a.Generator)), append(late.Cells, wakes)
		skew.Cells = append(skew.Cells, fmt.Sprintf("%.2f ms", a.SkewMS))
	}
	if c := r.Coordinator; c != nil {
		t.Label.Cells = append(t.Label.Cells, "coordinator")
		load.Cells = append(load.Cells, processors(c))
		for _, other := range []*Column{&host, &users, &requests, &failed, &cut, &late, &skew} {
			other.Cells = append(other.Cells, "")
		}
	}
	t.Groups = [][]Column{{host, users, requests, failed, cut}, {load, late, skew}}
	return t
}

// Asked says how much of what the plan asks for was done by all machines of a run on many; "" of a run on one.
func Asked(r *report.Results) string {
	a := r.Asked
	if a == nil {
		return ""
	}
	parts := []string{fmt.Sprintf("%s of %s came to their end", format.Count(a.Users), format.Plural(a.OfUsers, "user"))}
	if a.OfIterations > 0 {
		part := fmt.Sprintf("%s of %s done", format.Count(a.Iterations), format.Plural(a.OfIterations, "iteration"))
		if a.LeftOut > 0 {
			part += fmt.Sprintf(" (%s left out, as the plan ended their users)", format.Count(a.LeftOut))
		}
		parts = append(parts, part)
	}
	if a.OfArrivals > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s accounted for", format.Count(a.Arrivals), format.Plural(a.OfArrivals, "arrival")))
	}
	return "Of the plan: " + strings.Join(parts, ", ") + "."
}

// processors is how much of them was used; of an agent that was lost it is not known.
func processors(g *report.Generator) string {
	if g.Processors == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %d", format.Percent(g.Load), g.Processors)
}

// ranges are pairs of first and last, such as 0-499.
func ranges(pairs []int) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf("%d-%d", pairs[i], pairs[i+1]))
	}
	return strings.Join(all, " ")
}
