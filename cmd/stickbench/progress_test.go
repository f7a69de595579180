package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"stickbench/loadgen"
)

func TestBarFitsItsColumns(t *testing.T) {
	s := status{
		Progress: loadgen.Progress{
			Group: "Thread Group", Users: 20, Started: 20, Active: 18, Ended: 2,
			Iterations: 250, OfIterations: 1000, Elapsed: 10 * time.Second,
		},
		requests: 250, errors: 3, perSecond: 812.4, shares: []share{{"s1", 0.5}, {"s2", 0.5}},
	}
	for columns, want := range map[int]string{
		120: "Thread Group 18/20 users ━━━━━━━━",
		80:  "Thread Group 18/20 users ━━━━──────────────  25%  812/s  3 errors  s1 50% s2 50%",
		30:  "Thread Group 18/20 users ━────",
	} {
		got := s.bar(columns)
		if n := runewidth.StringWidth(got); n > columns {
			t.Errorf("%d columns: %q takes %d", columns, got, n)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%d columns: %q, want %q…", columns, got, want)
		}
	}
	for columns := -4; columns < 200; columns++ {
		if n := runewidth.StringWidth(s.bar(columns)); n > max(0, columns) {
			t.Fatalf("%d columns: %d taken", columns, n)
		}
	}
	if got, want := s.line(), "Thread Group: 18 of 20 users, 25%, 250 requests, 812.4/s, 3 errors, s1 50% s2 50%, 0:30 left"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}

// The bars once waited for ever for their own end, and the report never came.
func TestBarsEndWithTheRun(t *testing.T) {
	url, err := loadgen.ParseTemplate("/")
	if err != nil {
		t.Fatal(err)
	}
	plan := &loadgen.Plan{
		Target: "http://127.0.0.1:1", Timeout: time.Second,
		Groups: []loadgen.Group{{Name: "first", Users: 1, Iterations: 10, Steps: []loadgen.Step{{Request: &loadgen.Request{Label: "GET /", Method: "GET", URL: url}}}}},
	}
	runner, err := loadgen.New(plan, &recording{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	done, ended := make(chan struct{}), make(chan struct{})
	n := &notices{out: &out}
	go func() {
		bars(&out, n, &watch{runner: runner, live: newLive(), rates: make([]rate, 1)}, done)
		close(ended)
	}()
	close(done)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the bars did not end")
	}
}

func TestRate(t *testing.T) {
	var r rate
	start := time.Unix(0, 0)
	if got := r.at(start, 0); got != 0 {
		t.Errorf("at first %v", got)
	}
	for i := 1; i <= 100; i++ {
		if got := r.at(start.Add(time.Duration(i)*time.Second), int64(i*50)); got != 50 {
			t.Fatalf("after %d s: %v", i, got)
		}
	}
}
