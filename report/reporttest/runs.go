package reporttest

import (
	"strings"
	"sync"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// Runs are the runs whose text is kept as golden files.
var Runs = sync.OnceValue(func() map[string]*report.Results {
	two := sampletest.Stream{Seed: 1, Users: 2, Rounds: 1000, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true}
	twoUsers := Fold(two.Samples(), report.Run{
		Plan:     "two users",
		Requests: &report.Requests{Started: 2000, OK: 2000, Connections: 2},
		Weights:  map[string]float64{"s1": 1, "s2": 1},
	})
	twoUsers.Verdict = "pass"
	twoUsers.Expectations = []report.Expectation{
		{Text: "errors == 0", OK: true, Actual: "0"},
		{Text: "affinity == 1", OK: true, Actual: "1"},
		{Text: "nodes == 2", OK: true, Actual: "2"},
	}

	robin := two
	robin.Users, robin.Sticky, robin.Marks = 1, false, true
	roundRobin := Fold(robin.Samples(), report.Run{Plan: "roundrobin"})

	failing := sampletest.Stream{
		Seed: 3, Users: 20, Rounds: 120, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /", "POST /login", "GET /basket"},
		Sticky: true, Fail: 0.04, Pace: 40 * time.Millisecond,
	}
	samples := failing.Samples()
	drive(samples)
	failures := Fold(samples, report.Run{
		Plan:     "shop at noon",
		Requests: &report.Requests{Started: 7203, OK: 6907, Failed: 293, Cut: 3, Redirects: 40, Connections: 171},
	},
		report.Event{AtMS: 2000, Text: "set server nodes/s1 state drain", OK: true},
		report.Event{AtMS: 12500, Text: "set server nodes/s3 state ready", Answer: "No such server."})
	failures.Verdict = "fail"
	failures.Expectations = []report.Expectation{
		{Text: "error_rate < 0.01", Actual: "0.0407"},
		{Text: `p95("GET /") < 250`, OK: true, Actual: "121.4"},
		{Text: `share("s1") > 0.4 && share("s1") < 0.6 && share("s2") > 0.4 && share("s2") < 0.6`, OK: true, Actual: "share(\"s1\") = 0.5, share(\"s2\") = 0.5"},
	}

	return map[string]*report.Results{
		"open":       OpenRun(),
		"drain":      drainAndReady(),
		"weights":    weightsChanged(),
		"two-users":  twoUsers,
		"roundrobin": roundRobin,
		"failures":   failures,
		"many":       Fold(sampletest.Crowded(60).Samples(), report.Run{Plan: "sixty pages on twelve nodes"}),
		"twelve":     Fold(sampletest.Crowded(3).Samples(), report.Run{Plan: "three pages on twelve nodes"}),
		"nothing":    Fold(nil, report.Run{Plan: "two users"}),
		"foreign":    Fold(sampletest.Foreign(), report.Run{}),
	}
})

// OpenRun is a run of arrivals, with a second request after each, of which some found no user free.
func OpenRun() *report.Results {
	s := sampletest.Stream{
		Seed: 12, Users: 5, Rounds: 2000, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /", "GET /cart"}, Sticky: true, Clear: true, Open: true,
	}
	return Fold(s.Samples(), report.Run{
		Plan: "visitors", Model: report.OpenModel, PlannedUsers: 5, Weights: map[string]float64{"s1": 1, "s2": 1},
		Requests: &report.Requests{Started: 20000, OK: 20000, Connections: 10000},
		Arrivals: &report.Arrivals{Planned: 10003, Started: 10000, Late: 92, Dropped: 3},
		Generator: &report.Generator{
			WallMS: 6021.5, CPUMS: 3010.75, Processors: 2, Load: 0.25, GCPauses: 3, GCPausedMS: 0.4, WorstPauseMS: 0.2,
			Wakes: 9000, LateWakes: 1, WorstWakeMS: 12.5,
		},
	})
}

// drainAndReady is a run in which s1 is drained, then set to maintenance, and then ready again, while
// users come and go; later it goes down by itself.
func drainAndReady() *report.Results {
	s := sampletest.Stream{
		Seed: 6, Users: 8, Rounds: 1500, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true, Pace: 20 * time.Millisecond,
		Slow: map[string]time.Duration{"s2": 2},
		Out: func(at time.Duration) map[string]string {
			switch {
			case at < 8*time.Second, at >= 20*time.Second && at < 26*time.Second:
				return nil
			case at < 14*time.Second:
				return map[string]string{"s1": "drain"}
			}
			return map[string]string{"s1": "maint"}
		},
	}
	samples := s.Samples()
	for _, x := range samples {
		x.ActiveAll = 8
	}
	b := fold.NewBuilder()
	b.Begin(time.UnixMicro(sampletest.Epoch))
	for _, e := range []report.Event{
		{AtMS: 8000, Name: "drain s1", Text: "set server nodes/s1 state drain", OK: true, Phase: true, Node: "s1", State: "drain"},
		{AtMS: 14000, Name: "maint s1", Text: "set server nodes/s1 state maint", OK: true, Phase: true, Node: "s1", State: "maint"},
		{AtMS: 17000, Name: "get", Text: "GET http://127.0.0.1:8080/health?a=very&long=address", OK: true, Answer: "200 OK: this node is well, its queue is empty, and it has been up for three days"},
		{AtMS: 20000, Name: "ready s1", Text: "set server nodes/s1 state ready", OK: true, Phase: true, Node: "s1", State: "ready"},
		{AtMS: 20600, LatestMS: 21900, Name: "s1 up", Text: "s1 UP: L7OK 200 after 1 ms", OK: true, Observed: true, Node: "s1", State: "up"},
		{AtMS: 22000, Name: "weight s3", Text: "set weight nodes/s3 5", Answer: "No such server."},
		{AtMS: 25900, LatestMS: 26400, Name: "s1 down", Text: "s1 DOWN: L7TOUT after 2001 ms", OK: true, Observed: true, Node: "s1", State: "down"},
	} {
		b.Event(e)
	}
	for _, x := range samples {
		b.Add(x)
	}
	r := b.Freeze(report.Run{
		Plan: "drain and ready", Algorithm: "roundrobin", Weights: map[string]float64{"s1": 1, "s2": 1},
		Requests: &report.Requests{Started: 12000, OK: 12000, Connections: 8},
	})
	r.Verdict = "pass"
	r.Expectations = []report.Expectation{{Text: `drained("s1")`, OK: true, Actual: "true"}, {Text: `left("s1")`, OK: true, Actual: "true"}}
	return r
}

// weightsChanged is a run without stickiness in which the weights change.
func weightsChanged() *report.Results {
	s := sampletest.Stream{
		Seed: 7, Users: 4, Rounds: 300, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /"}, Sticky: true, Clear: true, Pace: 10 * time.Millisecond,
	}
	half := s.Samples()
	s.Nodes, s.Seed = []string{"s1", "s1", "s2"}, 8
	second := s.Samples()
	for _, x := range second {
		x.Start += half[len(half)-1].Start - sampletest.Epoch
		x.Life += 1000
	}
	b := fold.NewBuilder()
	b.Begin(time.UnixMicro(sampletest.Epoch))
	at := second[0].StartMillis() - sampletest.Epoch/1000
	b.Event(report.Event{AtMS: at, Name: "weight s1 2", Text: "set weight nodes/s1 2", OK: true, Phase: true, Node: "s1", Weights: map[string]int{"s1": 2, "s2": 1}})
	for _, x := range append(half, second...) {
		b.Add(x)
	}
	return b.Freeze(report.Run{Plan: "weights", Algorithm: "roundrobin", Weights: map[string]float64{"s1": 1, "s2": 1}})
}

// drive makes failures say what would drive the terminal, and widens a label.
func drive(samples []*loadgen.Sample) {
	for _, s := range samples {
		if s.Kind == loadgen.KindClosed && s.Label == "POST /login" {
			s.Failure = "\x1b[2J\x1b]0;owned\a\u202Egnp.exe\nsecond line \xff " + strings.Repeat("and on ", 30)
		}
		if s.Label == "GET /basket" {
			s.Label = "GET /買い物かご/カート?über=" + strings.Repeat("ä", 40)
		}
	}
}

// Fold is the results of samples of which nothing else is known.
func Fold(samples []*loadgen.Sample, run report.Run, events ...report.Event) *report.Results {
	b := fold.NewBuilder()
	for _, e := range events {
		b.Event(e)
	}
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(run)
}
