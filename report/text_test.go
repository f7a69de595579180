package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/loadgen"
)

// reports are the runs whose text is kept as golden files.
var reports = sync.OnceValue(func() map[string]*Results {
	two := stream{seed: 1, users: 2, rounds: 1000, nodes: []string{"s1", "s2"}, labels: []string{"GET /"}, sticky: true}
	twoUsers := fold(two.samples(), Run{
		Plan:     "two users",
		Requests: &Requests{Started: 2000, OK: 2000, Connections: 2},
		Weights:  map[string]float64{"s1": 1, "s2": 1},
	})
	twoUsers.Verdict = "pass"
	twoUsers.Expectations = []Expectation{
		{Text: "errors == 0", OK: true, Actual: "0"},
		{Text: "affinity == 1", OK: true, Actual: "1"},
		{Text: "nodes == 2", OK: true, Actual: "2"},
	}

	robin := two
	robin.users, robin.sticky, robin.marks = 1, false, true
	roundRobin := fold(robin.samples(), Run{Plan: "roundrobin"})

	failing := stream{
		seed: 3, users: 20, rounds: 120, nodes: []string{"s1", "s2"}, labels: []string{"GET /", "POST /login", "GET /basket"},
		sticky: true, fail: 0.04, pace: 40 * time.Millisecond,
	}
	samples := failing.samples()
	drive(samples)
	failures := fold(samples, Run{
		Plan:     "shop at noon",
		Requests: &Requests{Started: 7203, OK: 6907, Failed: 293, Cut: 3, Redirects: 40, Connections: 171},
		Events: []Event{
			{AtMS: 2000, Text: "set server nodes/s1 state drain", OK: true},
			{AtMS: 12500, Text: "set server nodes/s3 state ready", Answer: "No such server."},
		},
	})
	failures.Verdict = "fail"
	failures.Expectations = []Expectation{
		{Text: "error_rate < 0.01", Actual: "0.0407"},
		{Text: `p95("GET /") < 250`, OK: true, Actual: "121.4"},
		{Text: `share("s1") > 0.4 && share("s1") < 0.6 && share("s2") > 0.4 && share("s2") < 0.6`, OK: true, Actual: "share(\"s1\") = 0.5, share(\"s2\") = 0.5"},
	}

	return map[string]*Results{
		"open":       openRun(),
		"drain":      drainAndReady(),
		"weights":    weightsChanged(),
		"two-users":  twoUsers,
		"roundrobin": roundRobin,
		"failures":   failures,
		"many":       fold(crowded(60).samples(), Run{Plan: "sixty pages on twelve nodes"}),
		"twelve":     fold(crowded(3).samples(), Run{Plan: "three pages on twelve nodes"}),
		"nothing":    fold(nil, Run{Plan: "two users"}),
		"foreign":    fold(foreign(), Run{}),
	}
})

// openRun is a run of arrivals, with a second request after each, of which some found no user free.
func openRun() *Results {
	s := stream{
		seed: 12, users: 5, rounds: 2000, nodes: []string{"s1", "s2"}, labels: []string{"GET /", "GET /cart"}, sticky: true, clear: true, open: true,
	}
	return fold(s.samples(), Run{
		Plan: "visitors", Model: OpenModel, PlannedUsers: 5, Weights: map[string]float64{"s1": 1, "s2": 1},
		Requests: &Requests{Started: 20000, OK: 20000, Connections: 10000},
		Arrivals: &Arrivals{Planned: 10003, Started: 10000, Late: 92, Dropped: 3},
		Generator: &Generator{
			WallMS: 6021.5, CPUMS: 3010.75, Processors: 2, Load: 0.25, GCPauses: 3, GCPausedMS: 0.4, WorstPauseMS: 0.2,
			Wakes: 9000, LateWakes: 1, WorstWakeMS: 12.5,
		},
	})
}

// drainAndReady is a run in which s1 is drained, then set to maintenance, and then ready again, while
// users come and go; later it goes down by itself.
func drainAndReady() *Results {
	s := stream{
		seed: 6, users: 8, rounds: 1500, nodes: []string{"s1", "s2"}, labels: []string{"GET /"}, sticky: true, pace: 20 * time.Millisecond,
		slow: map[string]time.Duration{"s2": 2},
		out: func(at time.Duration) map[string]string {
			switch {
			case at < 8*time.Second, at >= 20*time.Second && at < 26*time.Second:
				return nil
			case at < 14*time.Second:
				return map[string]string{"s1": "drain"}
			}
			return map[string]string{"s1": "maint"}
		},
	}
	samples := s.samples()
	for _, x := range samples {
		x.ActiveAll = 8
	}
	b := NewBuilder()
	b.Begin(time.UnixMicro(epoch))
	for _, e := range []Event{
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
	r := b.Freeze(Run{
		Plan: "drain and ready", Algorithm: "roundrobin", Weights: map[string]float64{"s1": 1, "s2": 1},
		Requests: &Requests{Started: 12000, OK: 12000, Connections: 8},
	})
	r.Verdict = "pass"
	r.Expectations = []Expectation{{Text: `drained("s1")`, OK: true, Actual: "true"}, {Text: `left("s1")`, OK: true, Actual: "true"}}
	return r
}

// weightsChanged is a run without stickiness in which the weights change.
func weightsChanged() *Results {
	s := stream{
		seed: 7, users: 4, rounds: 300, nodes: []string{"s1", "s2"}, labels: []string{"GET /"}, sticky: true, clear: true, pace: 10 * time.Millisecond,
	}
	half := s.samples()
	s.nodes, s.seed = []string{"s1", "s1", "s2"}, 8
	second := s.samples()
	for _, x := range second {
		x.Start += half[len(half)-1].Start - epoch
		x.Life += 1000
	}
	b := NewBuilder()
	b.Begin(time.UnixMicro(epoch))
	at := second[0].StartMillis() - epoch/1000
	b.Event(Event{AtMS: at, Name: "weight s1 2", Text: "set weight nodes/s1 2", OK: true, Phase: true, Node: "s1", Weights: map[string]int{"s1": 2, "s2": 1}})
	for _, x := range append(half, second...) {
		b.Add(x)
	}
	return b.Freeze(Run{Plan: "weights", Algorithm: "roundrobin", Weights: map[string]float64{"s1": 1, "s2": 1}})
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

// crowded is a run with twelve nodes.
func crowded(labels int) stream {
	s := stream{seed: 4, users: 36, rounds: 3, sticky: true, pace: 300 * time.Microsecond}
	for i := range 12 {
		s.nodes = append(s.nodes, fmt.Sprintf("app-%d.example.internal:8080", i+1))
	}
	for i := range labels {
		s.labels = append(s.labels, fmt.Sprintf("GET /catalogue/%03d", i+1))
	}
	return s
}

// foreign are the samples of another tool: whole milliseconds, no nodes.
func foreign() []*loadgen.Sample {
	s := stream{seed: 5, users: 3, rounds: 400, nodes: []string{"s1"}, labels: []string{"GET /", "GET /static/app.js"}, fail: 0.01, pace: 15 * time.Millisecond}
	samples := s.samples()
	for _, s := range samples {
		s.Fine, s.User, s.Life, s.Iteration = false, 0, 0, 0
		s.Node, s.Session, s.Counter, s.HasCounter = "", "", 0, false
		s.Elapsed = s.Elapsed.Round(time.Millisecond)
	}
	return samples
}

func TestWriteText(t *testing.T) {
	for name, r := range reports() {
		for _, width := range []int{80, 120} {
			var b bytes.Buffer
			if err := WriteText(&b, r, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("%s-%d", name, width), b.Bytes())
		}
	}
}

// No line is longer than the terminal is wide, whatever the width; nothing from outside reaches it as a
// control character; and colours change nothing but colours.
func TestWriteTextFits(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9]+m")
	for name, r := range reports() {
		for width := 60; width <= 200; width += 7 {
			var text, colored bytes.Buffer
			if err := errors.Join(
				WriteText(&text, r, TextOptions{Width: width}),
				WriteText(&colored, r, TextOptions{Width: width, Color: true}),
			); err != nil {
				t.Fatal(err)
			}
			if got := sequence.ReplaceAllString(colored.String(), ""); got != text.String() {
				t.Errorf("%s at %d: colours change the text", name, width)
			}
			for line := range strings.Lines(text.String()) {
				line = strings.TrimSuffix(line, "\n")
				if clean(line) != line {
					t.Errorf("%s: %q is not printable", name, line)
				}
				if have := cells.StringWidth(line); have > width {
					t.Errorf("%s: %d columns, have %d: %s", name, have, width, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s: blanks at the end of %q", name, line)
				}
			}
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriteTextFails(t *testing.T) {
	if err := WriteText(brokenPipe{}, fold(nil, Run{}), TextOptions{}); err == nil {
		t.Error("no error")
	}
}
