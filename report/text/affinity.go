package text

import (
	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

func writeAffinity(p *page, r *report.Results) {
	if len(r.Nodes) == 0 && r.Affinity.Sessions == 0 {
		return // the verdict says that nothing names a node
	}
	p.section("")
	facts, reason := view.AffinityFacts(r)
	if reason != "" {
		p.hang(bold, "Affinity", reason)
		return
	}
	columns := []view.Column{{Left: true}, {}, {Left: true}}
	for _, f := range facts {
		for i, cell := range []string{f.Name, f.Figure, f.Remark} {
			columns[i].Cells = append(columns[i].Cells, cell)
		}
	}
	width := [3]int{columnWidth(&columns[0], false), columnWidth(&columns[1], false)}
	for _, f := range facts {
		p.line(plain, p.styled(bold, format.Pad(f.Name, width[0], false))+gap+format.Pad(f.Figure, width[1], true)+
			suffix(gap+" ", format.Cut(f.Remark, p.width-width[0]-width[1]-5)))
	}
}

// suffix is s after a separator, or nothing.
func suffix(separator, s string) string {
	if s == "" {
		return ""
	}
	return separator + s
}
