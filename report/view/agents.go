package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// AgentTable has a row for each machine of a run on many: what it did, and what the run was like for it.
func AgentTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Agent", Left: true}}
	users, requests, failed, cut := Column{Head: "Users"}, Column{Head: "Requests"}, Column{Head: "Failed"}, Column{Head: "Cut"}
	load, late, skew, lost := Column{Head: "Processors"}, Column{Head: "Late wakes"}, Column{Head: "Clock off by"}, Column{Left: true}
	for i := range r.Agents {
		a := &r.Agents[i]
		t.Label.Cells = append(t.Label.Cells, format.Clean(a.Agent))
		users.Cells = append(users.Cells, ranges(a.Users))
		requests.Cells = append(requests.Cells, format.Count(a.OK+a.Failed))
		failed.Cells = append(failed.Cells, format.Count(a.Failed))
		cut.Cells = append(cut.Cells, format.Count(a.Cut))
		used, wakes := "", ""
		if g := a.Generator; g.Processors > 0 { // one that was lost did not tell
			used, wakes = fmt.Sprintf("%s of %d", format.Percent(g.Load), g.Processors), format.Count(g.LateWakes)
		}
		load.Cells, late.Cells = append(load.Cells, used), append(late.Cells, wakes)
		skew.Cells = append(skew.Cells, fmt.Sprintf("%.2f ms", a.SkewMS))
		word := ""
		if a.Lost != "" {
			word = "lost"
		}
		lost.Cells = append(lost.Cells, word)
	}
	t.Groups = [][]Column{{users, requests, failed, cut}, {load, late, skew, lost}}
	return t
}

// ranges are pairs of first and last, such as 0-499.
func ranges(pairs []int) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf("%d-%d", pairs[i], pairs[i+1]))
	}
	return strings.Join(all, " ")
}
