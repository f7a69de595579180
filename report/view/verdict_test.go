package view

import (
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
)

func TestSessionVerdict(t *testing.T) {
	for script, want := range map[string]string{
		"":                                  "nothing was recorded",
		"- -":                               "no response named its node, so whether sessions stuck cannot be told",
		"s1 clear s2":                       "no session got a second response, so whether sessions stick cannot be told",
		"s1:1:a s1:2:a":                     "every session stayed on s1, the only node that answered: 1 of 1 transition, no session lost",
		"s1:1:a s1:2:a clear s2:1:b s2:2:b": "every session stayed on its node: 2 of 2 transitions, no session lost",
		"s1:1:a s1:1:b clear s2:1:c s2:1:d": "every session stayed on its node, yet 2 transitions lost the session there",
		"s1:1:a s2:1:b s1:1:c":              "nothing sticks: every response came from another node and began a new session",
		"s1:1:a s2:2:a s1:3:a":              "nothing sticks: every response came from another node, though no session was lost",
		"s1:1:a" + strings.Repeat(" s1", 18) + strings.Repeat(" s2", 18) + " s2:1:b": "sessions stick, but 1 of 37 transitions left the node; 1 lost the session",
		"s1" + strings.Repeat(" s1", 18) + strings.Repeat(" s2", 19):                 "sessions stick, but 1 of 37 transitions left the node; no session lost",
	} {
		if got := SessionVerdict(reporttest.Fold(sampletest.Responses(1, script), report.Run{})); got != want {
			t.Errorf("%s:\n got %s\nwant %s", script, got, want)
		}
	}
}

// Without stickiness, two users in step stay on their node far more often than by chance. Taken for
// sessions that stick, their first responses would be the only decisions, and the report would say that
// sessions stick but 904 of 1998 transitions left the node.
func TestKnownFreeBalancer(t *testing.T) {
	script := strings.Repeat("s1:1:a ", 30) + strings.Repeat("s2:1:b ", 30)
	no, yes := false, true
	for _, test := range []struct {
		sticky    *bool
		decisions int64
		says      string
	}{
		{&no, 30, "nothing sticks: 98.3% of the transitions stayed on their node, by chance alone 50.0% would, and 1 lost the session"},
		{&yes, 1, "sessions stick, but 1 of 59 transitions left the node; 1 lost the session"},
		{nil, 1, "sessions stick, but 1 of 59 transitions left the node; 1 lost the session"},
	} {
		r := reporttest.Fold(sampletest.Responses(1, script), report.Run{Sticky: test.sticky})
		if got := SessionVerdict(r); got != test.says || r.Nodes[0].Decisions != test.decisions {
			t.Errorf("%d decisions, %s\nwant %d, %s", r.Nodes[0].Decisions, got, test.decisions, test.says)
		}
	}
}
