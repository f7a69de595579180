package steer

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
)

func TestNewNamesEveryProblem(t *testing.T) {
	f := newFake("s1", "s2")
	f.level = haproxy.LevelOperator
	_, err := newDriver(Bench{Backend: "nodes"}, f, []Event{
		{Command: "set server nodes/s1 state drain"},
		{Command: "set server nodes/s9 addr 127.0.0.1"},
		{Command: "set server other/s1 state drain"},
		{Command: "set server nodes/s1 state drain; show info"},
		{Node: "s8", State: StateDrain},
		{Node: "s7", Delay: ptr(time.Second)},
		{Node: "s1", Stopped: ptr(true)},
		{Node: "s1", Weight: ptr(300)},
		{HTTP: &Request{Method: "GET", URL: "/x"}},
	})
	if err == nil || !errors.Is(err, haproxy.ErrPermission) {
		t.Fatal(err)
	}
	for i, want := range []string{
		"level operator may not do that",
		"event 2 (set server nodes/s9 addr 127.0.0.1): no server nodes/s9; there are nodes/s1, nodes/s2",
		"event 3 (set server other/s1 state drain): no server other/s1",
		"event 4 (set server nodes/s1 state drain; show info): one command at a time",
		"event 5 (node s8: drain): no server nodes/s8",
		"event 6 (node s7: delay 1s): no server nodes/s7",
		"event 6 (node s7: delay 1s): the address of node s7 is not known",
		"event 7 (node s1: stopped): only the nodes of a laboratory",
		"event 8 (node s1: weight 300): weight 300: 0 to 256",
		`event 9 (GET /x): "/x" is no whole`,
	} {
		if lines := strings.Split(err.Error(), "\n"); i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %q in\n%v", i, want, err)
		}
	}
	if len(f.sent) > 0 {
		t.Errorf("the pre-flight sent %q", f.sent)
	}
}

func TestNewWithoutAnAnswer(t *testing.T) {
	f := newFake("s1")
	f.down = &haproxy.CommandError{Kind: haproxy.ErrUnreachable, Text: "refused"}
	_, err := newDriver(Bench{Backend: "nodes"}, f, []Event{{Command: "set server x/y state drain"}, {}})
	if !errors.Is(err, haproxy.ErrUnreachable) || !strings.Contains(err.Error(), "exactly one of") || strings.Contains(err.Error(), "no server") {
		t.Errorf("%v", err)
	}
}

func TestNewOfAnotherBackend(t *testing.T) {
	_, err := newDriver(Bench{Backend: "web"}, newFake("s1"), nil)
	if !errors.Is(err, haproxy.ErrNoSuchBackend) || !strings.Contains(err.Error(), "those with servers are: nodes") {
		t.Errorf("%v", err)
	}
}

func TestNewWithoutRuntimeAPI(t *testing.T) {
	_, err := New(Bench{}, []Event{
		{Command: "show info"}, {Node: "s1", Weight: ptr(1)}, {HTTP: &Request{Method: "GET", URL: "http://x/"}},
	})
	want := "event 1 (show info): needs the balancer's Runtime API\nevent 2 (node s1: weight 1): needs the balancer's Runtime API"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := New(Bench{NodeURL: nodeURL}, []Event{{Node: "s1", Delay: ptr(time.Second)}}); err != nil {
		t.Error(err)
	}
}

// Below level admin a run that only looks is well.
func TestNewAtLevelUser(t *testing.T) {
	f := newFake("s1")
	f.level = haproxy.LevelUser
	if _, err := newDriver(Bench{Backend: "nodes"}, f, []Event{{Command: "show info"}}); err != nil {
		t.Error(err)
	}
}

func TestSnapshot(t *testing.T) {
	f := newFake("s1", "s2")
	f.set(setting{"nodes", "s1", setState, StateDrain})
	f.set(setting{"nodes", "s2", setWeight, "3"})
	f.servers = append(f.servers, haproxy.ServerState{Backend: "other", Name: "a"})
	got := drive(t, Bench{}, f).Snapshot()
	want := Snapshot{Algorithm: "roundrobin", Servers: []Server{
		{Name: "s1", State: StateDrain, Weight: 1, Initial: 1}, {Name: "s2", State: StateReady, Weight: 3, Initial: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"s1": 1, "s2": 3}, got.Weights()); diff != "" {
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
	if _, err := New(Bench{API: client, Backend: "nodes"}, nil); err == nil || !strings.Contains(err.Error(), "show servers state") {
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
