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
		"two-users":  twoUsers,
		"roundrobin": roundRobin,
		"failures":   failures,
		"many":       fold(crowded(60).samples(), Run{Plan: "sixty pages on twelve nodes"}),
		"twelve":     fold(crowded(3).samples(), Run{Plan: "three pages on twelve nodes"}),
		"nothing":    fold(nil, Run{Plan: "two users"}),
		"foreign":    fold(foreign(), Run{}),
	}
})

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
