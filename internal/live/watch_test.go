package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/cupwriter"

	"stickbench/loadgen"
	"stickbench/report"
)

// oneGroup is the progress of a run that has not begun, of one user in one group.
func oneGroup(time.Time) []loadgen.Progress {
	return []loadgen.Progress{{Group: "first", Users: 1, OfIterations: 10}}
}

// oneWatch looks at that run, with some samples.
func oneWatch() *Watch {
	m := newTestModel("first")
	m.Record(answered(1, "s1", 100*time.Millisecond, 2*time.Millisecond, loadgen.OK))
	m.Record(answered(1, "", 700*time.Millisecond, time.Millisecond, loadgen.KindRefused))
	m.Event(report.Event{AtMS: 800, Name: "drain", Text: "set server nodes/s1 state drain", OK: true})
	return &Watch{Progress: oneGroup, Model: m, Began: runBegan}
}

// The bars once waited for ever for their own end, and the report never came. What is beneath them goes
// with the run.
func TestBarsEndWithTheRun(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out bytes.Buffer
	done, ended := make(chan struct{}), make(chan struct{})
	n := NewNotices(&out)
	go func() {
		bars(&out, n, oneWatch(), done)
		close(ended)
	}()
	fmt.Fprintln(n, "noticed")
	close(done)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the bars did not end")
	}
	frames := strings.Split(out.String(), "\x1b[J")
	last := frames[len(frames)-1]
	if _, after, found := strings.Cut(last, "noticed\n"); found {
		last = after
	}
	if !strings.HasPrefix(last, "\rfirst 0/1 users ──") || strings.Count(last, "\n") != 1 {
		t.Errorf("at the end there is\n%s", last)
	}
}

// What is noticed when the bars are drawn for the last time is seen all the same, and what was drawn stays.
func TestConsoleUnseen(t *testing.T) {
	var out bytes.Buffer
	c := &console{Writer: cupwriter.New(&out, true)}
	if _, err := c.ReadFrom(strings.NewReader("bar\nbeneath\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(1); err != nil {
		t.Fatal(err)
	}
	if got := c.unseen(); len(got) != 0 {
		t.Errorf("%q, but all was seen", got)
	}
	fmt.Fprintln(c, "noticed")
	if got := c.unseen(); string(got) != "noticed\n" || out.String() != "bar\nbeneath\n" {
		t.Errorf("%q after %q", got, out.String())
	}
	if err := c.Flush(0); err != nil || out.String() != "bar\nbeneath\n\x1b[2A\x1b[Jnoticed\n" {
		t.Errorf("%v, %q: up by two lines", err, out.String())
	}
}

// One line a second and a last one at the end; scripts rely on the keys.
func TestProgressLine(t *testing.T) {
	w := oneWatch()
	got, err := json.Marshal(w.progressLine(runBegan.Add(2200*time.Millisecond), true))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"stickbench.progress/1","at_ms":2200,"done":true,"users":0,"iterations":0,"requests":2,"errors":1,` +
		`"groups":[{"group":"first","users":0,"of_users":1,"iterations":0,"of_iterations":10,"requests":2,"errors":1,"part":0,"left_s":null}],` +
		`"nodes":[{"node":"s1","requests":1,"errors":0,"share":1,"share_now":1,"requests_per_s":0.5,"p95_ms":2.015},` +
		`{"node":"","requests":1,"errors":1,"share":null,"share_now":null,"requests_per_s":0.5,"p95_ms":1.007}],` +
		`"last_event":{"at_ms":800,"name":"drain","text":"set server nodes/s1 state drain","ok":true},"next_event":null}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
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
