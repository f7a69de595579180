package html

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// maxMatrixNodes bounds the nodes that have a column of their own.
const maxMatrixNodes = 24

// userMatrix says which user met which node: a row for each user, a column for each node.
type userMatrix struct {
	Said   string // who moved, in a sentence
	Nodes  []string
	Rows   []matrixRow
	Hidden string // what is not shown
}

// matrixRow is a user.
type matrixRow struct {
	User                  string
	Cells                 []matrixCell
	Sessions, Moves, Lost string
	Path                  string // the nodes in the order in which the user came to them
	Moved                 bool
}

// matrixCell counts a node's responses to the user; Shade, from 1 to 9, is what part of all it is, 0 for none.
type matrixCell struct {
	Text  string
	Shade int
}

func newUserMatrix(r *report.Results) *userMatrix {
	if r.Users == nil {
		return nil
	}
	m := &userMatrix{Said: moversText(r.Users)}
	columns := map[string]int{}
	for _, n := range r.Nodes {
		if n.Requests == 0 {
			continue
		}
		if len(m.Nodes) == maxMatrixNodes {
			m.Nodes = append(m.Nodes, "others")
			m.Hidden = fmt.Sprintf("The nodes after the first %d are taken together. ", maxMatrixNodes)
		}
		columns[n.Node] = min(len(m.Nodes), maxMatrixNodes)
		if len(m.Nodes) < maxMatrixNodes {
			m.Nodes = append(m.Nodes, format.Clean(n.Node))
		}
	}
	for i := range r.Users.Rows {
		m.Rows = append(m.Rows, m.row(&r.Users.Rows[i], columns))
	}
	if others := r.Users.Others; others != nil {
		row := m.row(others, columns)
		rest := r.Users.Users - int64(len(r.Users.Rows))
		row.User = fmt.Sprintf("%s others", format.Count(rest))
		m.Rows = append(m.Rows, row)
		m.Hidden += fmt.Sprintf("The first %d users that got a response have a row of their own.", len(r.Users.Rows))
	}
	return m
}

func (m *userMatrix) row(u *report.User, columns map[string]int) matrixRow {
	row := matrixRow{
		User: format.Clean(u.User), Cells: make([]matrixCell, len(m.Nodes)), Moved: u.Moves > 0,
		Sessions: format.Count(u.Sessions), Moves: format.Count(u.Moves), Lost: format.Count(u.LostSessions),
	}
	responses, all := make([]int64, len(m.Nodes)), int64(0)
	for _, n := range u.Nodes {
		responses[columns[n.Node]] += n.Responses
		all += n.Responses
	}
	for i, n := range responses {
		if n > 0 {
			row.Cells[i] = matrixCell{format.Count(n), int(1 + 8*n/all)}
		}
	}
	path := make([]string, len(u.Path))
	for i, n := range u.Path {
		path[i] = format.Clean(n)
	}
	if row.Path = strings.Join(path, " → "); len(path) == report.MaxPath {
		row.Path += " …"
	}
	return row
}

// moversText says who moved.
func moversText(u *report.Users) string {
	const most = 12
	var moved []string
	n := 0
	for i := range u.Rows {
		if u.Rows[i].Moves == 0 {
			continue
		}
		if n++; n <= most {
			moved = append(moved, format.Clean(u.Rows[i].User))
		}
	}
	said := fmt.Sprintf("%d of the %s listed moved", n, format.Plural(int64(len(u.Rows)), "user"))
	switch {
	case n == 0 && u.Others == nil:
		return "No user moved within a session."
	case n == 0:
		said = "None of the users listed moved"
	case n == len(u.Rows) && n > most:
		said = fmt.Sprintf("All %s listed moved", format.Plural(int64(n), "user"))
	case n <= most:
		said += ": " + strings.Join(moved, ", ")
	}
	if u.Others != nil && u.Others.Moves > 0 {
		said += fmt.Sprintf("; the others made %s", format.Plural(u.Others.Moves, "move"))
	}
	return said + "."
}
