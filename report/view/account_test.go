package view

import (
	"testing"

	"stickbench/report"
)

func TestModelWords(t *testing.T) {
	for want, r := range map[string]report.Results{
		"":                      {},
		"open model":            {Model: report.OpenModel, PlannedUsers: 5}, // killed, or a recording alone
		"closed model":          {Model: report.ClosedModel},
		"closed model: 1 user":  {Model: report.ClosedModel, PlannedUsers: 1},
		"closed model: 2 users": {Model: report.ClosedModel, PlannedUsers: 2},
		"open model: 1 of 1 arrival started, 0 late, 0 dropped":             {Model: report.OpenModel, Arrivals: &report.Arrivals{Planned: 1, Started: 1}},
		"mixed model: 9990 of 10 000 arrivals started, 12 late, 10 dropped": {Model: report.MixedModel, PlannedUsers: 5, Arrivals: &report.Arrivals{Planned: 10000, Started: 9990, Late: 12, Dropped: 10}},
	} {
		if got := modelWords(&r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
