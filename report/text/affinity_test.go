package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
	"stickbench/report/view"
)

func TestAffinityBlock(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"-", ""},
		{"s1 clear s2", `
Affinity  not defined: no session got a second response (2 sessions).`},
		{"s1 s1", `
Sessions        1   it never moved
Transitions     1   from one response to the next of the same session
Affinity     100%   stayed on their node
Continuity      –   no counters to compare, redirects left out
Moves           0
Lost            0`},
		{":1 :2 :2 :9", `
Sessions        1   it never moved
Continuity  33.3%   the counter went up by one in the same session
Lost            0
Jumps           1   the counter went up by more than one
Repeats         1   the counter stayed as it was: a cached response?`},
		{"s1:1:a s1:2:a s2:1:b s2 s2:1:c clear s1:1:d s1:2:d", `
Sessions         2   one of them never moved
Transitions      5   from one response to the next of the same session
Affinity     80.0%   stayed on their node; by chance alone 51.0% would
Continuity   50.0%   of 4 counters went up by one in the same session
Moves            1   to another node
Lost             1   session, 2 times, 1 on the own node`},
		{"s1:1:a s1:1:b s1:1:c", `
Sessions        1   it never moved
Transitions     2   from one response to the next of the same session
Affinity     100%   stayed on their node
Continuity     0%   the counter went up by one in the same session
Moves           0
Lost            1   session, 2 times, on the own node: restarted or expired?`},
	} {
		p := &page{width: 76}
		writeAffinity(p, reporttest.Fold(sampletest.Responses(1, test.script), report.Run{}))
		if diff := cmp.Diff(test.want, strings.TrimSuffix(p.text.String(), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.script, diff)
		}
	}
}

// Moves that a maintenance excuses are said in the verdict and in the block.
func TestExcusedMoves(t *testing.T) {
	r := reporttest.Fold(sampletest.Responses(1, "s1:1:a s1:2:a s1:3:a s2:1:b s2:2:b s2:3:b"), report.Run{})
	r.Affinity.Excused, r.Affinity.Unexcused, r.Affinity.LostUnexcused = 1, 0, 0
	if got, want := view.SessionVerdict(r), "sessions stick: 1 of 5 transitions left the node, excused by its maintenance or because it was down; 1 lost the session"; got != want {
		t.Errorf("%s", got)
	}
	p := &page{width: 80}
	writeAffinity(p, r)
	for _, want := range []string{
		"\nExcused          1   moves away from a node in maintenance or down\n", "\nUnexcused        0\n",
		"session, each by a move to another node; all excused\n",
	} {
		if !strings.Contains(p.text.String(), want) {
			t.Errorf("no %q in %s", want, p.text.String())
		}
	}
}
