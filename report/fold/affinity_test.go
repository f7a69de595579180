package fold

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

func float(x float64) *float64 { return &x }

func TestAffinity(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         report.Affinity
	}{
		{"nothing", "", report.Affinity{}},
		{"one response", "s1:1:a", report.Affinity{Sessions: 1, Sticky: 1}},
		{"sticks", "s1:1:a s1:2:a s1:3:a",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 2, Affinity: float(1), Continuity: float(1), Counted: 2}},
		{"marks are no responses", "s1:1:a mark s1:2:a",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 1, Affinity: float(1), Continuity: float(1), Counted: 1}},
		{"an error page between does not break", "s1:1:a - s1:2:a -",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 1, Affinity: float(1), Continuity: float(1), Counted: 1}},
		{"round robin", "s1:1:a s2:1:b s1:1:c s2:1:d",
			report.Affinity{Sessions: 1, Transitions: 3, Affinity: float(0), Chance: float(0.5), Continuity: float(0), Counted: 3,
				Moves: 3, Lost: 3, NewSessions: 3}},
		{"moved with the session (shared store)", "s1:1:a s2:2:a",
			report.Affinity{Sessions: 1, Transitions: 1, Affinity: float(0), Chance: float(0.5), Continuity: float(1), Counted: 1, Moves: 1}},
		{"moved, no ids, counter begins again", "s1:7 s2:1",
			report.Affinity{Sessions: 1, Transitions: 1, Affinity: float(0), Chance: float(0.5), Continuity: float(0), Counted: 1, Moves: 1, Lost: 1}},
		{"moved, no ids, both at 1", "s1:1 s2:1",
			report.Affinity{Sessions: 1, Transitions: 1, Affinity: float(0), Chance: float(0.5), Continuity: float(0), Counted: 1, Moves: 1, Lost: 1}},
		{"moved, the same id and counter", "s1:1:a s2:1:a",
			report.Affinity{Sessions: 1, Transitions: 1, Affinity: float(0), Chance: float(0.5), Continuity: float(0), Counted: 1, Moves: 1, Repeats: 1}},
		{"cookie rewritten: another session each time", "s1:1:a s1:1:b",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 1, Affinity: float(1), Continuity: float(0), Counted: 1,
				Lost: 1, NewSessions: 1, Resets: 1}},
		{"node restarted, the id kept", "s1:8:a s1:1:a",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 1, Affinity: float(1), Continuity: float(0), Counted: 1,
				Lost: 1, Resets: 1}},
		{"jump and repeat", "s1:1:a s1:3:a s1:3:a",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 2, Affinity: float(1), Continuity: float(0), Counted: 2,
				Jumps: 1, Repeats: 1}},
		{"the id renewed while the counter goes on", "s1:1:a s1:2:a s1:3:b s1:4:b",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 3, Affinity: float(1), Continuity: float(2. / 3), Counted: 3, NewSessions: 1, Renewed: 1}},
		{"one session, lost over and over", "s1:1:a s1:1:b s1:1:c s1:1:d", // "1 session was lost", not "3 sessions lost"
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 3, Affinity: float(1), Continuity: float(0), Counted: 3,
				Lost: 3, NewSessions: 3, Resets: 3}},
		{"back under the old id", "s1:1:a s2:1:b s1:2:a",
			report.Affinity{Sessions: 1, Transitions: 2, Affinity: float(0), Chance: float(5. / 9), Continuity: float(0), Counted: 2,
				Moves: 2, Lost: 2, NewSessions: 2}},
		{"responses without counter between", "s1:1:a s1::a s1:2:a",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 2, Affinity: float(1), Continuity: float(1), Counted: 1}},
		{"a new id without counter ends the old counter", "s1:5:a s1::b s1:1:b",
			report.Affinity{Sessions: 1, Sticky: 1, Transitions: 2, Affinity: float(1), Lost: 1, NewSessions: 1, Resets: 1}},
		{"counters without nodes", ":1:a :2:a",
			report.Affinity{Sessions: 1, Sticky: 1, Continuity: float(1), Counted: 1}},
		{"a cleared jar is a new session", "s1:1:a clear s2:1:b clear s1:1:c",
			report.Affinity{Sessions: 3, Sticky: 3}},
		{"a life without a response is no session", "s1:1:a clear - clear s1:1:c",
			report.Affinity{Sessions: 2, Sticky: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := fold(sampletest.Responses(1, test.script), report.Run{}).Affinity
			test.want.LostSessions = min(test.want.Lost, 1)                                // all are of one session
			test.want.Unexcused, test.want.LostUnexcused = test.want.Moves, test.want.Lost // there are no events
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.script, diff)
			}
		})
	}
}

// Two users' responses that arrive in turn are two sessions, not one that moves to and fro.
func TestAffinityKeepsUsersApart(t *testing.T) {
	one, two := sampletest.Responses(1, "s1:1:a s1:2:a"), sampletest.Responses(2, "s2:1:b s2:2:b")
	got := fold([]*loadgen.Sample{one[0], two[0], one[1], two[1]}, report.Run{}).Affinity
	want := report.Affinity{Sessions: 2, Sticky: 2, Transitions: 2, Affinity: float(1), Chance: float(0.5), Continuity: float(1), Counted: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range append(one, two...) { // another tool's recording: threads stand for users
		s.Thread, s.User, s.Life = "Thread Group 1-"+string(rune('0'+s.User)), 0, 0
	}
	got = fold([]*loadgen.Sample{one[0], two[0], one[1], two[1]}, report.Run{}).Affinity
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("threads (-want +got):\n%s", diff)
	}
}

func TestSticks(t *testing.T) {
	for _, test := range []struct {
		stays, moves int64
		chance       float64
		want         bool
	}{
		{0, 0, 0, true},    // one request per session
		{1, 0, 0.5, true},  // never moved
		{1998, 0, 1, true}, // one node
		{0, 1, 0.5, false}, // never stayed
		{500, 500, 0.5, false},
		{540, 460, 0.5, false}, // 2.5 standard deviations
		{550, 450, 0.5, false},
		{810, 190, 0.5, false}, // a rhythm: far above chance, but half-way to perfect
		{890, 110, 0.5, false},
		{910, 90, 0.5, true},
		{1990, 8, 0.5, true},
		{3, 2, 0.5, false},
		{4, 1, 0.05, false}, // above chance, but less than 80 % of the way
		{9, 1, 0.5, false},  // too few: even 10 of 10 would be hardly clear
		{10, 90, 0.083, false},
		{50, 50, 0.083, false},
	} {
		n := test.stays + test.moves
		a := report.Affinity{Transitions: n, Moves: test.moves}
		if n > 0 {
			a.Affinity, a.Chance = report.Ratio(test.stays, n), &test.chance
		}
		if got := a.Sticks(); got != test.want {
			t.Errorf("%d stayed, %d moved, chance %g: sticks is %v", test.stays, test.moves, test.chance, got)
		}
	}
}

// A login that redirects to a page counts twice, and a request that timed out may have counted: neither
// is somebody else in the session, and neither breaks its continuity. What is more than that still is.
func TestUnseenCounts(t *testing.T) {
	for _, test := range []struct {
		name, script                        string // "+" before a response: redirects led to it; "x": no response came
		counted, continued, jumps, lost, in int64
	}{
		{"redirected", "s1:1:a +s1:3:a s1:4:a", 1, 1, 0, 0, 1},
		{"redirected to another session", "s1:1:a +s1:1:b", 1, 0, 0, 1, 1},
		{"redirected, and the counter fell", "s1:5:a +s1:2:a", 1, 0, 0, 1, 1},
		{"timed out and counted", "s1:1:a x s1:3:a s1:4:a", 1, 1, 0, 0, 1},
		{"timed out and did not count", "s1:1:a x s1:2:a", 1, 1, 0, 0, 1},
		{"timed out and counted late", "s1:1:a x s1:2:a s1:4:a", 1, 1, 0, 0, 1},
		{"two timed out, one counted twice", "s1:1:a x x s1:5:a", 1, 0, 1, 0, 1},
		{"timed out once, jumps twice", "s1:1:a x s1:3:a s1:5:a", 1, 0, 1, 0, 1},
		{"a new jar forgets", "s1:1:a x clear s1:1:b s1:3:b", 1, 0, 1, 0, 2},
		{"a timeout alone is no session", "x", 0, 0, 0, 0, 0},
	} {
		samples := sampletest.Responses(1, strings.NewReplacer("+", "", "x", "-").Replace(test.script))
		words := strings.Fields(strings.ReplaceAll(test.script, "clear ", ""))
		for i, s := range samples {
			switch {
			case words[i] == "x":
				s.Status, s.Kind = 0, loadgen.KindTimeout
			case words[i][0] == '+':
				s.Hops = 1
			}
		}
		a := fold(samples, report.Run{}).Affinity
		continued := int64(0)
		if a.Continuity != nil {
			continued = int64(*a.Continuity*float64(a.Counted) + 0.5)
		}
		got := [...]int64{a.Counted, continued, a.Jumps, a.Lost, a.Sessions}
		if want := [...]int64{test.counted, test.continued, test.jumps, test.lost, test.in}; got != want {
			t.Errorf("%s: %s: counted, continued, jumps, lost, sessions are %v, want %v", test.name, test.script, got, want)
		}
	}
}

// Where all responses came from one of several nodes, the share seen would make "100 % by chance alone" of
// a balancer that sends everybody to the same node.
func TestChanceOfOneNode(t *testing.T) {
	for _, test := range []struct {
		name string
		run  report.Run
		want *float64
	}{
		{"weights not known", report.Run{}, nil},
		{"two of weight 1", report.Run{Weights: map[string]float64{"s1": 1, "s2": 1}}, float(0.5)},
		{"3:1", report.Run{Weights: map[string]float64{"s1": 3, "s2": 1}}, float(0.625)},
		{"the other has none", report.Run{Weights: map[string]float64{"s1": 1, "s2": 0}}, nil},
		{"source", report.Run{Algorithm: "source", Weights: map[string]float64{"s1": 1, "s2": 1}}, nil},
	} {
		got := fold(sampletest.Responses(1, "s1:1:a s1:2:a"), test.run).Affinity.Chance
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
