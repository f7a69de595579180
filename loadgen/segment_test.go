package loadgen_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/conntest"
	"stickbench/loadgen"
	"stickbench/plans"
)

// requestLog is a server that counts the requests it is sent, byte for byte. Its cookies follow from the requests.
type requestLog struct {
	mu   sync.Mutex
	seen map[string]int
}

// listen serves until the test ends, at the address that it returns.
func (l *requestLog) listen(t *testing.T) string { return conntest.Serve(t, l.serve).String() }

func (l *requestLog) serve(c net.Conn) {
	var raw bytes.Buffer
	in := bufio.NewReaderSize(io.TeeReader(c, &raw), 1)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		io.Copy(io.Discard, r.Body)
		l.mu.Lock()
		l.seen[raw.String()]++
		l.mu.Unlock()
		raw.Reset()
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nSet-Cookie: seen=%s\r\nContent-Length: 11\r\n\r\n{\"csrf\":42}", r.Header.Get("X-Who"))
	}
}

const manyKinds = `seed = 7
[target]
url = "http://HOST"
headers = { Host = "here" }
[[data]]
file = "lines.csv"
per = "all"
order = "shuffle"

[[group]]
name = "first"
users = 1
phase = "setup"
[[group.step]]
request = "GET /token"
extract = { token = "json:csrf" }

[[group]]
name = "closed"
users = 11
ramp_up = "50ms"
iterations = 3
cookies = "keep"
[[group.step]]
request = "GET /a/${user}/${iteration}?login=${login}"
headers = { X-Who = "${user}-${iteration}", X-Id = "${uuid()}" }
[[group.step]]
think = "uniform 0s 3ms"
[[group.step]]
pick = "random"
[[group.step.step]]
request = "POST /b/${user}"
body = "${random(1, 1000000)} ${token}"
[[group.step.step]]
request = "POST /c/${user}"
body = "${random_text(20)}"

[[group]]
name = "open"
users = 9
arrivals = "1000/s"
iterations = 60
spread = "poisson"
[[group.step]]
request = "GET /open?login=${login}&id=${uuid()}"
[[group.step]]
request = "GET /more?n=${random(1, 1000000)}"
`

// segments runs the plan in so many segments at the same time, and counts the requests.
func segments(t *testing.T, n int) map[string]int {
	t.Helper()
	log := &requestLog{seen: map[string]int{}}
	host := log.listen(t)
	dir := t.TempDir()
	var lines bytes.Buffer
	lines.WriteString("login\n")
	for i := range 50 {
		fmt.Fprintf(&lines, "user%d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "lines.csv"), lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	source := bytes.ReplaceAll([]byte(manyKinds), []byte("HOST"), []byte(host))
	weights := make([]int, n)
	for i := range weights {
		weights[i] = 1 + i%2
	}
	var running sync.WaitGroup
	meeting := newMeeting(n)
	for i := range n {
		plan, err := plans.Read(filepath.Join(dir, "plan.toml"), source, plans.Override{})
		if err != nil {
			t.Fatal(err)
		}
		runner, err := loadgen.NewSegment(&plan.Load, loadgen.Segment{Index: i, Weights: weights}, loadgen.Sinks{})
		if err != nil {
			t.Fatal(err)
		}
		runner.Meet = meeting.meet
		running.Go(func() {
			if a, err := runner.Run(t.Context(), t.Context()); err != nil || a.Failed > 0 || len(a.Warnings) > 0 && a.Arrivals.Dropped > 0 {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	running.Wait()
	return log.seen
}

// meeting is where segments wait for each other.
type meeting struct {
	mu      sync.Mutex
	waiting int
	n       int
	all     map[string]loadgen.Shared
	gate    chan struct{}
}

func newMeeting(n int) *meeting {
	return &meeting{n: n, all: map[string]loadgen.Shared{}, gate: make(chan struct{})}
}

func (m *meeting) meet(_ loadgen.Phase, left map[string]loadgen.Shared) (map[string]loadgen.Shared, error) {
	m.mu.Lock()
	maps.Copy(m.all, left)
	gate := m.gate
	if m.waiting++; m.waiting == m.n {
		m.waiting, m.gate = 0, make(chan struct{})
		close(gate)
	}
	m.mu.Unlock()
	<-gate
	return m.all, nil
}

// Many machines send the very requests that one sends: users keep their numbers, and all that is random or shared
// depends on those.
func TestSegmentsSendTheSameRequests(t *testing.T) {
	whole := segments(t, 1)
	n := 0
	for _, times := range whole {
		n += times
	}
	if want := 1 + 11*3*2 + 60*2; n != want || len(whole) < want-1 {
		t.Fatalf("%d requests, %d different ones, want %d", n, len(whole), want)
	}
	for _, parts := range []int{2, 8} {
		if diff := cmp.Diff(whole, segments(t, parts)); diff != "" {
			t.Errorf("%d segments (-one +many):\n%s", parts, diff)
		}
	}
}

// Ranges follow each other without a gap, whatever the weights, and each arrival is one segment's.
func TestSegmentUsers(t *testing.T) {
	for _, tt := range []struct {
		users   int
		weights []int
		want    []int // ends of the ranges
	}{
		{1000, []int{1, 1}, []int{500, 1000}},
		{10, []int{1, 1, 1}, []int{4, 7, 10}},
		{1, []int{1, 1, 1, 1}, []int{1, 1, 1, 1}},
		{100, []int{1, 3}, []int{25, 100}},
		{7, nil, []int{7}},
	} {
		g := &loadgen.Group{Users: tt.users}
		var got []int
		last := 0
		for i := range max(1, len(tt.weights)) {
			from, to := loadgen.Segment{Index: i, Weights: tt.weights}.Users(g)
			if from != last {
				t.Errorf("%d users, %v: range %d begins at %d, want %d", tt.users, tt.weights, i, from, last)
			}
			got, last = append(got, to), to
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d users, %v (-want +got):\n%s", tt.users, tt.weights, diff)
		}
	}
	few := &loadgen.Plan{Groups: []loadgen.Group{{Name: "g", Users: 2, Arrivals: &loadgen.Arrivals{}}}}
	if err := (loadgen.Segment{Weights: []int{1, 1, 1}}).Check(few); err == nil {
		t.Error("arrivals without a user on the third machine were taken")
	}
}

// A run begins when it is told to, and its times are those of the clock that it is told of.
func TestStartIsGiven(t *testing.T) {
	log := &requestLog{seen: map[string]int{}}
	plan, err := plans.Read("plan.toml", []byte("[target]\nurl = \"http://"+log.listen(t)+"\"\n[[group]]\niterations = 1\n[[group.step]]\nrequest = \"GET /\"\n"), plans.Override{})
	if err != nil {
		t.Fatal(err)
	}
	var first firstStart
	runner, err := loadgen.New(&plan.Load, &first)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(50 * time.Millisecond)
	runner.Start, runner.Ahead = start, time.Hour
	if _, err := runner.Run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := time.UnixMicro(int64(first)); told.Before(start.Add(-time.Hour-time.Microsecond)) || told.After(start.Add(-30*time.Minute)) {
		t.Errorf("the first sample began at %v, told to begin at %v by a clock that is an hour behind", told, start)
	}
}

// firstStart keeps when the first sample began.
type firstStart int64

func (f *firstStart) Record(s *loadgen.Sample) error {
	if *f == 0 {
		*f = firstStart(s.Start)
	}
	return nil
}
func (*firstStart) Flush() error { return nil }
func (*firstStart) Close() error { return nil }
