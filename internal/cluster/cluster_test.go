package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/loadgen"
)

// small is a plan of two groups against a server that answers at once.
func small(t *testing.T) *loadgen.Plan {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(server.Close)
	steps := []loadgen.Step{{Request: &loadgen.Request{Label: "GET /", Method: "GET", URL: loadgen.Literal("/")}}}
	return &loadgen.Plan{Target: server.URL, Timeout: 10 * time.Second, Groups: []loadgen.Group{
		{Name: "first", Users: 1, Iterations: 2, Steps: steps, Phase: loadgen.Setup},
		{Name: "many", Users: 10, Iterations: 20, Steps: steps},
		{Name: "open", Users: 6, Iterations: 50, Steps: steps, Arrivals: &loadgen.Arrivals{Stages: []loadgen.Stage{{From: 500, To: 500}}}},
	}}
}

// counting is a sink that counts.
type counting struct {
	samples int
	users   map[int]bool
	first   int64 // start of the earliest, in microseconds since 1970
}

func (c *counting) Record(s *loadgen.Sample) error {
	if c.samples == 0 || s.Start < c.first {
		c.first = s.Start
	}
	c.samples++
	c.users[s.User] = true
	return nil
}
func (*counting) Flush() error { return nil }
func (*counting) Close() error { return nil }

// newAgent is an agent of that name, for a run of the plan.
func newAgent(t *testing.T, c *Coordinator, plan *loadgen.Plan, name string) *Agent {
	url, token := c.Join()
	return &Agent{
		URL: url, Token: token, Name: name, Version: "1", Patience: 10 * time.Second, File: filepath.Join(t.TempDir(), name),
		Prepare: func(bundle []byte, target string, segment loadgen.Segment, sink loadgen.Sink) (*loadgen.Runner, error) {
			if string(bundle) != "the plan" {
				return nil, fmt.Errorf("the plan is %q", bundle)
			}
			return loadgen.NewSegment(plan, segment, sink)
		},
		Say: t.Logf,
	}
}

// join lets an agent of that name work at a run.
func join(t *testing.T, c *Coordinator, plan *loadgen.Plan, name string) error {
	return newAgent(t, c, plan, name).Work(t.Context(), t.Context())
}

// One run of three agents is all of the plan, and the accounts agree; also of one that is paused at its start, which
// all agents are told of.
func TestRunOfThreeAgents(t *testing.T) {
	t.Parallel()
	plan := small(t)
	sink := &counting{users: map[int]bool{}}
	c, err := Open(t.Context(), Server{}, "1", plan, []byte("the plan"), sink)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Say = t.Logf
	var agents sync.WaitGroup
	for i := range 3 {
		agents.Go(func() {
			if err := join(t, c, plan, fmt.Sprint("a", i+1)); err != nil {
				t.Errorf("agent %d: %v", i+1, err)
			}
		})
	}
	if err := c.Gather(t.Context(), 3, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := join(t, c, plan, "a2"); err == nil || !strings.Contains(err.Error(), "a2 is there already") {
		t.Errorf("a second a2: %v", err)
	}
	if err := c.Prepare(t.Context(), "", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	paused, goesOn := plan.Unsteered(), plan.Unsteered()
	paused.Paused, goesOn.At = true, 400*time.Millisecond
	if err := c.Steer([]loadgen.Steering{paused}); err != nil {
		t.Error(err)
	}
	start, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(goesOn.At, func() { c.Steer([]loadgen.Steering{paused, goesOn}) })
	account, err := c.Run(t.Context(), context.Background())
	if err != nil {
		t.Error(err)
	}
	agents.Wait()
	if early := start.Add(goesOn.At).UnixMicro() - sink.first; early > 100_000 {
		t.Errorf("a request began %d µs before the run went on", early)
	}
	fewer := plan.Unsteered()
	fewer.Users[1] = 5
	if err := c.Steer([]loadgen.Steering{fewer}); err == nil || !strings.Contains(err.Error(), "users of many: with agents") {
		t.Errorf("users of a group that only its iterations end: %v", err)
	}
	if want := 2 + 10*20 + 50; account.OK != int64(want) || account.Started != int64(want) || sink.samples != want {
		t.Errorf("%d samples came of %d that were wanted; %+v", sink.samples, want, account)
	}
	if a, want := c.Asked(), (Asked{Users: 17, OfUsers: 17, Iterations: 202, OfIterations: 202, Arrivals: 50, OfArrivals: 50}); a != want {
		t.Errorf("asked: %+v, want %+v", a, want)
	}
	if len(sink.users) < 11 {
		t.Errorf("%d users", len(sink.users))
	}
	for _, r := range c.Agents() {
		t.Logf("%+v", r)
	}
}

// Who comes with another version, or to nobody, is told why it is not taken.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c, err := Open(t.Context(), Server{}, "2", small(t), []byte("the plan"), loadgen.Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	url, token := c.Join()
	for _, tt := range []struct {
		url, token, want string
		patience         time.Duration
	}{
		{url, token, "version 1 of stickbench, and the coordinator is version 2", 20 * time.Second},
		{url, "wrong", "the token is wrong", 20 * time.Second},
		{"nats://127.0.0.1:1", token, "nats://127.0.0.1:1", 300 * time.Millisecond},
		{"nats://127.0.0.1:1/x", token, "fingerprint", 20 * time.Second},
	} {
		a := &Agent{URL: tt.url, Token: tt.token, Name: "a", Version: "1", Patience: tt.patience, Say: t.Logf}
		if err := a.Work(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	a := &Agent{URL: "nats://127.0.0.1:1", Name: "a", Version: "1", Patience: time.Minute, Say: t.Logf}
	if err := a.Work(stopped, t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while it looks for a coordinator: %v", err)
	}
	if err := c.Gather(t.Context(), 2, 10*time.Millisecond); err == nil || !strings.Contains(err.Error(), "0 of 2 agents") {
		t.Errorf("nobody came: %v", err)
	}
}

// An agent without room, in memory and on its disk, goes on and counts what it could not keep; the run is told to be
// incomplete.
func TestAgentWithoutRoom(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here to be a full disk: run it on Linux")
	}
	plan := small(t)
	plan.Groups[2].Arrivals.Stages[0] = loadgen.Stage{From: 50, To: 50} // a second: some batches are not the last
	sink := &counting{users: map[int]bool{}}
	c, err := Open(t.Context(), Server{}, "1", plan, []byte("the plan"), sink)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := newAgent(t, c, plan, "a")
	a.File, a.room = "/dev/full", 1
	var agent sync.WaitGroup
	agent.Go(func() {
		if err := a.Work(t.Context(), t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(c.Gather(t.Context(), 1, 20*time.Second), c.Prepare(t.Context(), "", 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	account, err := c.Run(t.Context(), context.Background())
	agent.Wait()
	var missing *Incomplete
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "agent a had no room for ") {
		t.Errorf("%v", err)
	}
	dropped := c.Agents()[0].Ledger.Dropped
	if want := 2 + 10*20 + 50; account.OK != int64(want) || uint64(sink.samples)+dropped != uint64(want) || dropped == 0 {
		t.Errorf("%d ok, %d came and %d were dropped of %d", account.OK, sink.samples, dropped, want)
	}
}

// The folder of a coordinator that was killed goes with the next one; that of one that lives stays.
func TestStreamsLeftBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	host, _ := os.Hostname()
	folder := func(host string, pid int) string {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("stickbench-stream@%s@%d@1", host, pid))
		if err := os.MkdirAll(filepath.Join(dir, "jetstream"), 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	left, alive, elsewhere := folder(host, gone.Process.Pid), folder(host, os.Getpid()), folder(host+"x", gone.Process.Pid)
	if _, err := newStore(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{left: false, alive: true, elsewhere: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// Off the machine the server speaks TLS, and an agent insists on the certificate that the join command names.
func TestTLSOffTheMachine(t *testing.T) {
	t.Parallel()
	c, err := Open(t.Context(), Server{Listen: "0.0.0.0:0"}, "1", small(t), []byte("the plan"), loadgen.Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	shut := sync.OnceFunc(c.Close) // whoever comes second waits
	defer shut()
	url, token := c.Join()
	m := regexp.MustCompile(`^nats://[^:/]+:([0-9]+)/(sha256-[0-9a-f]{64})$`).FindStringSubmatch(url)
	if m == nil || token == "" {
		t.Fatalf("join %s, token %q", url, token)
	}
	at := "nats://127.0.0.1:" + m[1]
	for _, tt := range []struct{ url, want string }{
		{at + "/sha256-" + strings.Repeat("0", 64), "not the one of the address"},
		{at, "certificate"},
		{at + "/" + m[2], "given up"}, // it joined
	} {
		a := newAgent(t, c, nil, "a")
		a.URL, a.Patience = tt.url, 2*time.Second
		a.Say = func(string, ...any) { go shut() }
		if err := a.Work(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.url, err, tt.want)
		}
	}
}
