package events

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

// fakeAPI is a Runtime API in memory, so that a run goes in the time of testing/synctest. It follows
// commands by the rules of servers.go, which the tests against the real haproxy hold to the truth.
type fakeAPI struct {
	mu      sync.Mutex
	level   string
	servers []haproxy.ServerState
	changed map[string]time.Time // of Op
	status  map[string]string
	reason  map[string]string
	refuse  map[string]error
	down    error         // no command is responded to
	hang    time.Duration // before each response
	onSend  func(string)
	sent    []string // commands that change something
	polls   int
	served  int64 // requests that the algorithm placed on each server
	inside  int   // commands in progress
	most    int
}

func newFake(names ...string) *fakeAPI {
	f := &fakeAPI{level: haproxy.LevelAdmin, changed: map[string]time.Time{}, status: map[string]string{},
		reason: map[string]string{}, refuse: map[string]error{}}
	for _, name := range names {
		f.servers = append(f.servers, haproxy.ServerState{Backend: "nodes", Name: name, Op: haproxy.OpRunning, Weight: 1, InitialWeight: 1})
		f.changed[name] = time.Now()
	}
	return f
}

func (f *fakeAPI) String() string { return "tcp://127.0.0.1:9999" }

// enter is what every command goes through.
func (f *fakeAPI) enter(ctx context.Context) error {
	f.mu.Lock()
	f.inside++
	f.most = max(f.most, f.inside)
	hang, down := f.hang, f.down
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.inside--; f.mu.Unlock() }()
	if ctx.Err() != nil {
		hang = time.Hour
	}
	select {
	case <-ctx.Done():
		return &haproxy.CommandError{Kind: haproxy.ErrInterrupted, Text: "interrupted", Cause: context.Cause(ctx)}
	case <-time.After(hang):
		return down
	}
}

func (f *fakeAPI) Level(ctx context.Context) (string, error) { return f.level, f.enter(ctx) }

func (f *fakeAPI) Do(ctx context.Context, command string) (string, error) {
	if strings.ContainsAny(command, ";\n") {
		return "", &haproxy.CommandError{Command: command, Kind: haproxy.ErrBadCommand, Text: "one command at a time"}
	}
	if err := f.enter(ctx); err != nil {
		return "", err
	}
	if err := f.refuse[command]; err != nil {
		return "", err
	}
	if !haproxy.Changes(command) {
		return "a response", nil
	}
	f.mu.Lock()
	f.sent = append(f.sent, command)
	f.mu.Unlock()
	if to, ok := haproxy.ParseSetting(command); ok {
		f.set(to)
	}
	if f.onSend != nil {
		f.onSend(command)
	}
	return "", nil
}

func (f *fakeAPI) set(to haproxy.Setting) {
	f.change(to.Server, func(s *haproxy.ServerState) {
		believed := newServer(*s)
		believed.set(to)
		s.Op, s.Weight = believed.op, believed.weight
		s.AdminState = map[string]int{haproxy.Ready: 0, haproxy.Drain: 8, haproxy.Maint: 1}[believed.admin]
	})
}

// with does something to the fake while no command is responded to.
func (f *fakeAPI) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// change changes a server, as somebody else or a health check would.
func (f *fakeAPI) change(name string, how func(*haproxy.ServerState)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.servers {
		if s := &f.servers[i]; s.Name == name {
			before := s.Op
			if how(s); s.Op != before {
				f.changed[name] = time.Now()
			}
		}
	}
}

func (f *fakeAPI) ServersState(ctx context.Context, backend string) ([]haproxy.ServerState, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.polls++
	var states []haproxy.ServerState
	for _, s := range f.servers {
		if backend == "" || s.Backend == backend {
			// HAProxy subtracts whole seconds.
			s.SinceChange = time.Duration(time.Now().Unix()-f.changed[s.Name].Unix()) * time.Second
			states = append(states, s)
		}
	}
	return states, nil
}

func (f *fakeAPI) Stat(ctx context.Context, proxy string, kinds ...haproxy.Kind) ([]haproxy.Row, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var rows []haproxy.Row
	if slices.Contains(kinds, haproxy.Backend) {
		rows = append(rows, haproxy.Row{Proxy: proxy, Server: "BACKEND", Kind: haproxy.Backend, Algorithm: "roundrobin"})
	}
	for _, s := range f.servers {
		row := haproxy.Row{Proxy: proxy, Server: s.Name, Kind: haproxy.Server, Status: "UP", CheckStatus: f.reason[s.Name], Assigned: f.served, Chosen: f.served}
		if state := newServer(s).state(); state != haproxy.Ready {
			row.Status = strings.ToUpper(state)
		}
		if status := f.status[s.Name]; status != "" {
			row.Status = status
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// fakeLab is a laboratory that keeps a book.
type fakeLab struct {
	mu     sync.Mutex
	did    []string
	refuse error
}

func (l *fakeLab) note(format string, args ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.did = append(l.did, fmt.Sprintf(format, args...))
	return l.refuse
}

func (l *fakeLab) StopNode(tag string) error  { return l.note("stop %s", tag) }
func (l *fakeLab) StartNode(tag string) error { return l.note("start %s", tag) }
func (l *fakeLab) SetDelay(tag string, d time.Duration) error {
	return l.note("delay %s %s", tag, d)
}

// fakeNodes responds to HTTP requests after a time that their host has.
type fakeNodes struct {
	mu     sync.Mutex
	did    []string
	slow   map[string]time.Duration // by host
	status int
}

func (n *fakeNodes) RoundTrip(request *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(request.Body)
	n.mu.Lock()
	n.did = append(n.did, request.Method+" "+request.URL.String()+" "+string(body))
	slow, status := n.slow[request.URL.Host], n.status
	n.mu.Unlock()
	select {
	case <-request.Context().Done():
		return nil, request.Context().Err()
	case <-time.After(slow):
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Proto: "HTTP/1.1",
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader("said\n")), Request: request}, nil
}

// nodeURL is one of nodes whose hosts are their names.
func nodeURL(node string) string { return "http://" + node + "/" }

// drive makes a driver and fails the test if it cannot.
func drive(t *testing.T, b Target, api *fakeAPI, events ...plans.Event) *Driver {
	t.Helper()
	if b.Backend == "" {
		b.Backend = "nodes"
	}
	var runtime runtimeAPI
	if api != nil {
		runtime = api
	}
	d, err := newDriver(b, runtime, events)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// record runs d for a time and gives what happened, each in a line, and the error of Run.
func record(t *testing.T, d *Driver, length time.Duration, progress func() (int64, int64)) ([]string, error) {
	t.Helper()
	happened, err := recordAll(t, d, length, progress)
	var lines []string
	for _, h := range happened {
		lines = append(lines, line(h))
	}
	return lines, err
}

func recordAll(t *testing.T, d *Driver, length time.Duration, progress func() (int64, int64)) ([]report.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var happened []report.Event
	err := d.Run(ctx, time.Now(), progress, func(h report.Event) {
		if n := len(happened); n > 0 && h.AtMS < happened[n-1].AtMS || h.LatestMS < h.AtMS {
			t.Errorf("out of order: %+v after %+v", h, happened)
		}
		happened = append(happened, h)
	})
	return happened, err
}

// line is an event in one line: "2s drain s1 [s1 drain] phase".
func line(h report.Event) string {
	text := (time.Duration(h.AtMS) * time.Millisecond).String()
	if h.LatestMS != h.AtMS {
		text += "…" + (time.Duration(h.LatestMS) * time.Millisecond).String()
	}
	text += " " + h.Text
	if h.Node != "" || h.State != "" {
		text += " [" + strings.TrimSpace(h.Node+" "+h.State) + "]"
	}
	if h.Weights != nil {
		text += " " + strings.TrimPrefix(fmt.Sprint(h.Weights), "map")
	}
	if h.Phase {
		text += " phase"
	}
	if !h.OK {
		text += " FAILED: " + h.Answer
	}
	return text
}

func ptr[T any](v T) *T { return &v }

var errNo = &haproxy.CommandError{Address: "tcp://x", Command: "c", Kind: haproxy.ErrRefused, Text: "No."}
