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
