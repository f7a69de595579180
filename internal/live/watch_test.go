package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

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
	frames := strings.Split(out.String(), beginUpdate)
	last := frames[len(frames)-1]
	if _, after, found := strings.Cut(last, "noticed"+eraseLine+"\n"); found {
		last = after
	}
	if !strings.Contains(last, "first 0/1 users ──") || strings.Count(last, "\n") != 1 || !strings.HasSuffix(last, showCursor) {
		t.Errorf("at the end there is\n%q", last)
	}
	if strings.Count(out.String(), hideCursor) != 1 {
		t.Errorf("the cursor is not hidden once: %q", out.String())
	}
}

// Frames are written over each other, line by line: what is erased is the end of a line that was just written, and what
// is below the last one. A terminal that becomes narrower breaks the lines that are there.
func TestConsole(t *testing.T) {
	var out bytes.Buffer
	columns := 40
	c := &console{out: &out, size: func() (int, int, bool) { return columns, 24, true }}
	draw := func(above, frame string) string {
		t.Helper()
		out.Reset()
		io.WriteString(c, above)
		if _, err := c.ReadFrom(strings.NewReader(frame)); err != nil {
			t.Fatal(err)
		}
		if err := c.Flush(1); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	long := "\x1b[1m" + strings.Repeat("x", 25) + "\x1b[0m"
	for _, step := range []struct {
		columns            int
		above, frame, want string
	}{
		{40, "", "bar\n" + long + "\n", hideCursor + "\rbar\x1b[K\n" + long + "\x1b[K\n\x1b[J"},
		{40, "noticed\n", "\rbar\n", "\r\x1b[2Anoticed\x1b[K\nbar\x1b[K\n\x1b[J"},
		{40, "", long + "\n" + long + "\n", "\r\x1b[1A" + long + "\x1b[K\n" + long + "\x1b[K\n\x1b[J"},
		{10, "", "bar\n", "\r\x1b[6Abar\x1b[K\n\x1b[J"},
	} {
		columns = step.columns
		if got, want := draw(step.above, step.frame), beginUpdate+step.want+endUpdate; got != want {
			t.Errorf("%q, want\n%q", got, want)
		}
	}
	out.Reset()
	io.WriteString(c, "the end\n")
	c.close()
	if out.String() != "the end\n"+showCursor {
		t.Errorf("%q", out.String())
	}
}

// Once nothing new starts, the view says what is waited for; as long as something does, it does not.
func TestWaiting(t *testing.T) {
	ago := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(-d) } }
	never := func() time.Time { return time.Time{} }
	group := func(active int, elapsed, of time.Duration) status {
		return status{Progress: loadgen.Progress{Active: active, Elapsed: elapsed, OfDuration: of}}
	}
	for _, tt := range []struct {
		stopped func() time.Time
		groups  []status
		want    string
	}{
		{never, []status{group(3, 5*time.Second, 10*time.Second)}, ""},
		{never, []status{group(3, 5*time.Second, 0)}, ""},
		{never, []status{group(1, 14*time.Second, 10*time.Second), group(0, 14*time.Second, time.Second)}, "waiting for 1 response, at most 26 s"},
		{never, []status{group(1, 14*time.Second, 10*time.Second), group(2, 14*time.Second, 20*time.Second)}, ""},
		{ago(2 * time.Second), []status{group(2, 5*time.Second, 0), group(1, time.Second, time.Minute)}, "waiting for 3 responses, at most 28 s"},
		{ago(2 * time.Second), []status{group(0, 5*time.Second, 0)}, ""},
		{ago(time.Millisecond), []status{group(5, 5*time.Second, 0)}, ""},
		{ago(time.Minute), []status{group(1, time.Hour, 0)}, "waiting for 1 response"},
	} {
		if got := waiting(tt.groups, &Watch{Stopped: tt.stopped, Timeout: 30 * time.Second}); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
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
