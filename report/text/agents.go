package text

import (
	"stickbench/report"
	"stickbench/report/view"
)

// writeAgents writes what each machine of a run on many did.
func writeAgents(p *page, r *report.Results) {
	if len(r.Agents) == 0 {
		return
	}
	t := view.AgentTable(r)
	p.section("")
	printTable(&t, p)
	if said := view.Asked(r); said != "" {
		p.note(said)
	}
}
