package events

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/haproxy"
	"stickbench/plans"
)

func TestNewNamesEveryProblem(t *testing.T) {
	f := newFake("s1", "s2")
	f.level = haproxy.LevelOperator
	_, err := newDriver(Target{Backend: "nodes"}, f, []plans.Event{
		{HAProxy: "set server nodes/s1 state drain"},
		{HAProxy: "set server nodes/s9 addr 127.0.0.1"},
		{HAProxy: "set server other/s1 state drain"},
		{HAProxy: "set server nodes/s1 state drain; show info"},
		{Node: "s8", State: haproxy.Drain},
		{Node: "s7", Delay: ptr(time.Second)},
		{Node: "s1", Stopped: ptr(true)},
	})
	if err == nil || !errors.Is(err, haproxy.ErrPermission) {
		t.Fatal(err)
	}
	for i, want := range []string{
		"level operator may not do that",
		"event 2 (set server nodes/s9 addr 127.0.0.1): unknown server nodes/s9: want one of nodes/s1, nodes/s2",
		"event 3 (set server other/s1 state drain): unknown server other/s1",
		"event 4 (set server nodes/s1 state drain; show info): one command at a time",
		"event 5 (node s8: drain): unknown server nodes/s8",
		"event 6 (node s7: delay 1s): unknown server nodes/s7",
		"event 6 (node s7: delay 1s): unknown address of node s7",
		"event 7 (node s1: stopped): only the nodes of a laboratory",
	} {
		if lines := strings.Split(err.Error(), "\n"); i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %q in\n%v", i, want, err)
		}
	}
	if len(f.sent) > 0 {
		t.Errorf("the pre-flight sent %q", f.sent)
	}
}

func TestNewWithoutAResponse(t *testing.T) {
	f := newFake("s1")
	f.down = &haproxy.CommandError{Kind: haproxy.ErrUnreachable, Text: "refused"}
	_, err := newDriver(Target{Backend: "nodes"}, f, []plans.Event{{HAProxy: "set server x/y state drain"}, {Node: "s1", Stopped: ptr(true)}})
	if !errors.Is(err, haproxy.ErrUnreachable) || !strings.Contains(err.Error(), "only the nodes of a laboratory") || strings.Contains(err.Error(), "unknown server") {
		t.Errorf("%v", err)
	}
}

func TestNewOfAnotherBackend(t *testing.T) {
	_, err := newDriver(Target{Backend: "web"}, newFake("s1"), nil)
	if !errors.Is(err, haproxy.ErrNoSuchBackend) || !strings.Contains(err.Error(), "those with servers are: nodes") {
		t.Errorf("%v", err)
	}
}

func TestNewWithoutRuntimeAPI(t *testing.T) {
	_, err := New(Target{}, []plans.Event{
		{HAProxy: "show info"}, {Node: "s1", Weight: ptr(1)}, {HTTP: &plans.EventRequest{Method: "GET", URL: "http://x/"}},
	})
	want := "event 1 (show info): needs the balancer's Runtime API\nevent 2 (node s1: weight 1): needs the balancer's Runtime API"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := New(Target{NodeURL: nodeURL}, []plans.Event{{Node: "s1", Delay: ptr(time.Second)}}); err != nil {
		t.Error(err)
	}
}

// Below level admin a run that only polls is well.
func TestNewAtLevelUser(t *testing.T) {
	f := newFake("s1")
	f.level = haproxy.LevelUser
	if _, err := newDriver(Target{Backend: "nodes"}, f, []plans.Event{{HAProxy: "show info"}}); err != nil {
		t.Error(err)
	}
}

func TestSnapshot(t *testing.T) {
	f := newFake("s1", "s2")
	f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetState, Value: haproxy.Drain})
	f.set(haproxy.Setting{Backend: "nodes", Server: "s2", What: haproxy.SetWeight, Value: "3"})
	f.servers = append(f.servers, haproxy.ServerState{Backend: "other", Name: "a"})
	got := drive(t, Target{}, f).Snapshot()
	want := Snapshot{Algorithm: "roundrobin", Servers: []Server{
		{Name: "s1", State: haproxy.Drain, Admin: haproxy.Drain, Weight: 1, Initial: 1}, {Name: "s2", State: haproxy.Ready, Admin: haproxy.Ready, Weight: 3, Initial: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The client's own check of a command is asked for with a context that has ended: nothing may be sent.
func TestAClientSendsNothingWhenTheContextHasEnded(t *testing.T) {
	s, address := listenSilently(t)
	client, err := haproxy.New("tcp://" + address)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for range 100 {
		if _, err := client.Do(ended, "set server nodes/s1 state drain"); !errors.Is(err, haproxy.ErrInterrupted) {
			t.Fatal(err)
		}
	}
	if n := s.count.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// Something else than a Runtime API is found by the pre-flight.
func TestNewOfSomethingElse(t *testing.T) {
	s, address := listenSilently(t)
	client, err := haproxy.New("tcp://" + address)
	if err != nil {
		t.Fatal(err)
	}
	s.answer.Store("admin\n\n") // no list of servers
	if _, err := New(Target{API: client, Backend: "nodes"}, nil); err == nil || !strings.Contains(err.Error(), "show servers state") {
		t.Errorf("%v", err)
	}
}

// A silence accepts connections, and answers what it was told to, or closes them.
type silence struct {
	count  atomic.Int64
	answer atomic.Value
}

func listenSilently(t *testing.T) (*silence, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := new(silence)
	var running sync.WaitGroup
	t.Cleanup(func() { listener.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.count.Add(1)
			if text, ok := s.answer.Load().(string); ok {
				conn.Read(make([]byte, 100))
				io.WriteString(conn, text)
			}
			conn.Close()
		}
	})
	return s, listener.Addr().String()
}
