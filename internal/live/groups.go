package live

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
)

// leastBar are the columns of a bar that still says something.
const leastBar = 8

// groupBars are lines of at most that many columns, one for each group, with all figures in columns. The bar
// takes what the words leave, and words that do not fit are left out from the right.
//
//	old users 4/4 users ━━━━━━━━─────────   51%  109/s    0 errors  0:07 left
//	new users 3/3 users ━━━━━━━━─────────   49%   31/s  105 errors  0:07 left
func groupBars(groups []status, columns int) []string {
	heads, tails := make([]string, len(groups)), make([]string, len(groups))
	for i := range groups {
		s := &groups[i]
		heads[i] = fmt.Sprintf("%s %d/%d users ", fit(s.Group, 20), s.Active, s.Users)
	}
	room := columns - leastBar - align(heads, false)
	for _, figure := range groupFigures {
		texts := make([]string, len(groups))
		for i := range groups {
			texts[i] = figure.text(&groups[i], len(groups))
		}
		if n := align(texts, figure.right); n > 0 && n <= room-2 {
			room -= n + 2
			for i := range tails {
				tails[i] += "  " + texts[i]
			}
		}
	}
	lines := make([]string, len(groups))
	for i := range groups {
		lines[i] = groups[i].bar(heads[i], tails[i], room+leastBar, columns)
	}
	return lines
}

// align makes texts equally wide and returns how wide.
func align(texts []string, right bool) int {
	most := 0
	for _, t := range texts {
		most = max(most, format.Cells.StringWidth(t))
	}
	for i := range texts {
		texts[i] = format.Pad(texts[i], most, right)
	}
	return most
}

// bar is a line whose bar has that many columns.
func (s *status) bar(head, tail string, room, columns int) string {
	if room < 1 {
		return format.Cells.Truncate(head+tail, max(0, columns), "")
	}
	full := int(s.part() * float64(room))
	return strings.TrimRight(head+strings.Repeat("━", full)+strings.Repeat("─", room-full)+tail, " ")
}

// groupFigures are what is said behind a bar, the most important first.
var groupFigures = []struct {
	right bool // aligned
	text  func(s *status, groups int) string
}{
	{true, func(s *status, _ int) string { return fmt.Sprintf("%3.0f%%", 100*s.part()) }},
	{true, func(s *status, _ int) string { return format.Decimal(s.perSecond, 0) + "/s" }},
	{true, func(s *status, _ int) string { return format.Plural(s.errors, "error") }},
	{true, func(s *status, _ int) string {
		if left := s.left(); left >= 0 && s.Ended < s.Users {
			return clock(left) + " left"
		}
		return ""
	}},
	{false, func(s *status, groups int) string {
		if groups == 1 {
			return "" // those of the only group are beneath
		}
		return s.nodes()
	}},
	{true, func(s *status, _ int) string {
		if s.OfIterations == 0 {
			return ""
		}
		return fmt.Sprintf("%d of %d", s.Iterations, s.OfIterations)
	}},
}
