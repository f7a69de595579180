package fold

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/natural"
	"stickbench/loadgen"
	"stickbench/report"
)

// maxUsers bounds the rows of users.
const maxUsers = 200

// usersFold folds what each of the first users met. Its size is that of maxUsers × nodes.
type usersFold struct {
	rows   []*userFold
	others userFold
}

// userFold is one user's row.
type userFold struct {
	number                                   int
	thread                                   string
	sessions, responses, moves, lost, losers int64
	nodes                                    []int64 // by index
	path                                     []int16
}

// add folds a sample that meant is to its session and was answered by the node with that index, or none.
func (f *usersFold) add(now *session, s *loadgen.Sample, node int16, is traits) {
	if now.user == nil {
		now.user = f.row(s)
	}
	u := now.user
	u.responses++
	u.sessions += boolInt(is&isOpening != 0)
	u.moves += boolInt(is&isMoved != 0)
	u.lost += boolInt(is&isLost != 0)
	u.losers += boolInt(is&isFirstLoss != 0)
	if node == none {
		return
	}
	u.nodes = reserved(u.nodes, node)
	u.nodes[node]++
	if n := len(u.path); u != &f.others && n < report.MaxPath && (n == 0 || u.path[n-1] != node) {
		u.path = append(u.path, node)
	}
}

// row is a row for the sample's user, while there is room.
func (f *usersFold) row(s *loadgen.Sample) *userFold {
	if len(f.rows) == maxUsers {
		return &f.others
	}
	u := &userFold{number: s.User}
	if s.User == 0 {
		u.thread = strings.Clone(s.Thread)
	}
	f.rows = append(f.rows, u)
	return u
}

// freeze makes the rows; users are all that said something, nodes the folds in the order of the results. It is
// nil where no node is known.
func (f *usersFold) freeze(users int, nodes []*nodeFold) *report.Users {
	if len(nodes) == 0 {
		return nil
	}
	names := make([]string, len(nodes))
	for _, n := range nodes {
		names[n.index] = n.name
	}
	made := &report.Users{Users: int64(users), Rows: make([]report.User, 0, len(f.rows))}
	rows := slices.Clone(f.rows)
	slices.SortFunc(rows, func(a, b *userFold) int {
		return cmp.Or(cmp.Compare(a.number, b.number), natural.Compare(a.thread, b.thread))
	})
	for _, u := range rows {
		name := u.thread
		if u.number != 0 {
			name = strconv.Itoa(u.number)
		}
		made.Rows = append(made.Rows, u.freeze(name, names, nodes))
	}
	if f.others.responses > 0 {
		others := f.others.freeze("others", names, nodes)
		made.Others = &others
	}
	return made
}

func (u *userFold) freeze(name string, names []string, nodes []*nodeFold) report.User {
	made := report.User{
		User: name, Sessions: u.sessions, Responses: u.responses, Moves: u.moves, Lost: u.lost, LostSessions: u.losers, Nodes: []report.UserNode{},
	}
	for _, n := range nodes {
		if n.index < len(u.nodes) && u.nodes[n.index] > 0 {
			made.Nodes = append(made.Nodes, report.UserNode{Node: n.name, Responses: u.nodes[n.index]})
		}
	}
	for _, i := range u.path {
		made.Path = append(made.Path, names[i])
	}
	return made
}
