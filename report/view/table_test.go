package view

import (
	"slices"
	"testing"

	"stickbench/report"
)

// A phase in which nobody came has no response times: 0 would be the fastest of all.
func TestTimesOfNoRequests(t *testing.T) {
	p := PhaseTable(&report.Results{Phases: []report.Phase{{Name: "start", Requests: 1, AverageMS: 3, P95MS: 4}, {Name: "empty"}}})
	n := NodeTable(&report.Results{Nodes: []report.Node{{Node: "s1", Requests: 1, AverageMS: 3, P95MS: 4}, {Node: "s2"}}})
	for _, made := range []Table{p, n} {
		found := 0
		for _, c := range slices.Concat(made.Groups...) {
			if c.Head == "Average" || c.Head == "p95" {
				found++
				if c.Cells[0] == "–" || c.Cells[1] != "–" {
					t.Errorf("%s: %q", c.Head, c.Cells)
				}
			}
		}
		if found != 2 {
			t.Errorf("%d columns of times", found)
		}
	}
}

// A balancer may know thousands of servers, of which the run saw some.
func TestManyIdleNodes(t *testing.T) {
	r := &report.Results{Nodes: make([]report.Node, 15_000)}
	r.Nodes[14_000].Requests = 1
	cells := NodeTable(r).Label.Cells
	if n := len(cells); n != MaxRows+2 || cells[n-1] != "… and 14 879 servers without a request" {
		t.Errorf("%d rows, the last %q", n, cells[n-1])
	}
}
