package fold

import (
	"fmt"
	"slices"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

func TestUsers(t *testing.T) {
	samples := slices.Concat(sampletest.Responses(10, "s1:1:a s1:2:a s2:1:b"), sampletest.Responses(9, "s2:1:c s2:2:c"))
	u := fold(samples, report.Run{Weights: map[string]float64{"s0": 1, "s1": 1, "s2": 1}}).Users
	if u == nil || u.Users != 2 || len(u.Rows) != 2 || u.Others != nil {
		t.Fatalf("%+v", u)
	}
	nine, ten := u.Rows[0], u.Rows[1]
	if nine.User != "9" || nine.Responses != 2 || nine.Moves != 0 || !slices.Equal(nine.Path, []string{"s2"}) || !slices.Equal(nine.Nodes, []report.UserNode{{Node: "s2", Responses: 2}}) {
		t.Errorf("%+v", nine)
	}
	if ten.User != "10" || ten.Moves != 1 || ten.Lost != 1 || ten.LostSessions != 1 || ten.Sessions != 1 || !slices.Equal(ten.Path, []string{"s1", "s2"}) || !slices.Equal(ten.Nodes, []report.UserNode{{Node: "s1", Responses: 2}, {Node: "s2", Responses: 1}}) {
		t.Errorf("%+v", ten)
	}
	if u := fold(sampletest.Foreign(), report.Run{}).Users; u != nil {
		t.Errorf("without nodes: %+v", u)
	}
}

// However many users there are, so many have a row; and no response and no move is lost.
func TestUsersAreBounded(t *testing.T) {
	var samples []*loadgen.Sample
	for i := range 3 * maxUsers {
		samples = append(samples, sampletest.Responses(i+1, fmt.Sprintf("s%d:1:a s1:2:a", i%2+1))...)
	}
	r := fold(samples, report.Run{})
	u := r.Users
	if u.Users != 3*maxUsers || len(u.Rows) != maxUsers || u.Others == nil || u.Others.Path != nil {
		t.Fatalf("%d users, %d rows, others %+v", u.Users, len(u.Rows), u.Others)
	}
	sum := *u.Others
	for _, row := range u.Rows {
		sum.Responses, sum.Moves, sum.Sessions, sum.Lost = sum.Responses+row.Responses, sum.Moves+row.Moves, sum.Sessions+row.Sessions, sum.Lost+row.Lost
	}
	a := r.Affinity
	if sum.Responses != int64(len(samples)) || sum.Moves != a.Moves || sum.Sessions != a.Sessions || sum.Lost != a.Lost {
		t.Errorf("%+v of %+v", sum, a)
	}
}

// Recordings of other tools have threads for users.
func TestUsersOfThreads(t *testing.T) {
	samples := slices.Concat(sampletest.Responses(1, "s1:1:a s1:2:a"), sampletest.Responses(2, "s2:1:b"))
	for _, s := range samples {
		s.Thread, s.User = fmt.Sprintf("Thread Group 1-%d", s.User), 0
	}
	u := fold(samples, report.Run{}).Users
	if u.Users != 2 || u.Rows[0].User != "Thread Group 1-1" || u.Rows[1].Responses != 1 {
		t.Errorf("%+v", u)
	}
}
