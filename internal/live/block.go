package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stickbench/internal/format"
	"stickbench/report"
)

// nodeRows is how many nodes are told apart beneath the bars, where so many lines are left: the others are one row.
// Above and below them are a blank line, the heading, the marks, the events, what is waited for, and the keys.
func nodeRows(lines int) int {
	const others = 2 + 1 + mostLegend + 3
	return min(max(lines-others, 2), 40)
}

// mostLegend are the events that are told beneath the chart, the last ones.
const mostLegend = 3

// mostMachines are told of beneath the bars.
const mostMachines = 8

// view is what is shown beneath the bars: a run at one moment, as plain data.
type view struct {
	nodes    []nodeNow
	until    time.Duration // the end, since the run began, of the last slot of the nodes' histories
	past     []report.Event
	first    int       // the number of the first one of them, from 0
	next     *Upcoming // nil: nothing comes
	machines []Machine // of a run on many
	// waiting says what is waited for once nothing new starts.
	waiting string
	line    string // the last one
}

// block are the lines beneath the bars, at most so many and none wider than columns: what each node does
// and did, where events were, the last events, the next one, and what is waited for. The nodes give way to the events.
//
//	node  req/s  share  so far      p95  errors  last 8 s
//	s1       79    40%     66%  1.02 ms       0  ▃▃▃▃▃▃▃▃▃▃▅▅▅▅▅▅
//	s2      120    60%     34%  1.10 ms       0  ▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅
//	                                             a        b
//	a drain s1 at 0:01: set server nodes/s1 state drain
//	b ready s1 at 0:05: set server nodes/s1 state ready
//	▷ drain s2 in 0:04
func (v *view) block(columns, lines int, p paint) []string {
	if columns < 1 {
		return nil
	}
	events := v.events(columns, p)
	events = events[max(0, len(events)-max(0, lines)):]
	return append(v.table(columns, lines-len(events), p), events...)
}

// events are the last events, the next one, and what is waited for.
func (v *view) events(columns int, p paint) []string {
	var lines []string
	for i := max(0, len(v.past)-mostLegend); i < len(v.past); i++ {
		e := &v.past[i]
		as, failed := bold, ""
		if !e.OK {
			as, failed = red, "✗ "
		}
		lines = append(lines, p.styled(as, v.letter(i)+" "+failed)+fit(happened(e), columns-2-len([]rune(failed))))
	}
	if v.next != nil {
		text := v.next.Name
		if v.next.In >= 0 {
			text += " in " + clock(v.next.In+time.Second/2) // 0:00 is when it happens, not half a second before
		} else if v.next.Left >= 0 {
			text += fmt.Sprintf(", %s to go", format.Count(v.next.Left))
		}
		lines = append(lines, p.styled(dim, "▷ ")+fit(text, columns-2))
	}
	for i := range v.machines[:min(len(v.machines), mostMachines)] {
		lines = append(lines, fit(v.machines[i].line(), columns))
	}
	if more := len(v.machines) - mostMachines; more > 0 {
		lines = append(lines, p.styled(dim, fit(fmt.Sprintf("and %d more", more), columns)))
	}
	if v.waiting != "" {
		lines = append(lines, p.styled(bold, fit(v.waiting, columns)))
	}
	if v.line != "" {
		lines = append(lines, p.styled(dim, fit(v.line, columns)))
	}
	return lines
}

// letter marks the event of that index.
func (v *view) letter(i int) string { return string('a' + rune((v.first+i)%26)) }

// happened is an event in words.
func happened(e *report.Event) string {
	text := "at " + clock(time.Duration(e.AtMS)*time.Millisecond) + ": " + e.Text
	if e.Name != "" && e.Name != e.Text {
		text = e.Name + " " + text
	}
	if e.Answer != "" && !e.OK {
		text += " → " + e.Answer
	}
	return text
}

// table are the rows of the nodes, and beneath them the marks of the events.
func (v *view) table(columns, lines int, p paint) []string {
	if len(v.nodes) == 0 || lines < 2 {
		return nil
	}
	names, numbers := v.names(columns), slices.Clone(nodeColumns)
	for leaves := 1; width(names, numbers) > columns && len(numbers) > 1; leaves++ {
		numbers = slices.DeleteFunc(numbers, func(c nodeColumn) bool { return c.leaves == leaves })
	}
	c := v.chart(columns - width(names, numbers) - len(columnGap))
	rows := []string{p.styled(dim, heading(names[0], numbers, c))}
	for i := range v.nodes {
		row := names[i+1]
		for _, n := range numbers {
			row += columnGap + n.cell(&v.nodes[i], p)
		}
		if more := v.nodes[i].more; len(more) == 0 {
			row += c.draw(&v.nodes[i])
		} else if room := columns - width(names, numbers) - len(columnGap); room >= leastChart {
			row += columnGap + fit(strings.Join(more, " "), room)
		}
		rows = append(rows, row)
	}
	if marks := c.marks(v); marks != "" {
		rows = append(rows, strings.Repeat(" ", width(names, numbers))+p.styled(bold, marks))
	}
	return rows[:min(len(rows), lines)]
}

func heading(name string, numbers []nodeColumn, c *chart) string {
	for _, n := range numbers {
		name += columnGap + format.Pad(n.heading, n.width, true)
	}
	return name + c.heading()
}

// names are the heading of the names and the names, all equally wide.
func (v *view) names(columns int) []string {
	names, most := []string{"node"}, 4
	for i := range v.nodes {
		name := format.Clean(rowName(&v.nodes[i], len(v.nodes) == 1))
		names = append(names, name)
		most = max(most, format.Cells.StringWidth(name))
	}
	most = min(most, max(4, columns/4))
	for i := range names {
		names[i] = format.Pad(format.Cut(names[i], most), most, false)
	}
	return names
}

func rowName(n *nodeNow, only bool) string {
	switch {
	case n.nodes > 1:
		return fmt.Sprintf("and %d more:", n.nodes)
	case n.name == "" && only:
		return "all"
	case n.name == "":
		return "no node"
	}
	return n.name
}

func width(names []string, numbers []nodeColumn) int {
	w := format.Cells.StringWidth(names[0])
	for _, n := range numbers {
		w += len(columnGap) + n.width
	}
	return w
}
