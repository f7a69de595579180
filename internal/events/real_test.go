package events

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

// realConfig has its Runtime API on a socket that the test has bound already, so that no port can be
// lost between choosing and binding it. Checks are quick, but patient
// with a busy machine, and have HAProxy's own rise and fall.
const realConfig = `global
	stats socket fd@3 level admin
	stats timeout 30s
defaults
	mode http
	timeout connect 1s
	timeout client 5s
	timeout server 5s
	timeout check 5s
backend nodes
	id 77
	balance roundrobin
	option httpchk HEAD /
	cookie SERVERID insert indirect nocache
	server s1 %s check inter 300ms fastinter 100ms cookie s1 id 7
	server s2 %s check inter 300ms fastinter 100ms cookie s2 weight 2
backend static
	balance static-rr
	server a %[1]s weight 3
`

// A realNode is a node that can be stopped and started, as one of the laboratory.
type realNode struct {
	address string
	server  *http.Server
	delays  []time.Duration
}

func (n *realNode) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (n *realNode) start() error {
	listener, err := net.Listen("tcp", n.address)
	if err != nil {
		return err
	}
	n.address, n.server = listener.Addr().String(), &http.Server{Handler: n}
	go n.server.Serve(listener)
	return nil
}

// realLab is the Laboratory of the nodes.
type realLab map[string]*realNode

func (l realLab) StopNode(tag string) error  { return l[tag].server.Close() }
func (l realLab) StartNode(tag string) error { return l[tag].start() }
func (l realLab) SetDelay(tag string, d time.Duration) error {
	l[tag].delays = append(l[tag].delays, d)
	return nil
}
func (l realLab) nodeURL(tag string) string {
	if n := l[tag]; n != nil {
		return "http://" + n.address
	}
	return ""
}

// startReal runs two nodes and the installed haproxy until the test ends.
func startReal(t *testing.T) (realLab, *haproxy.Client) {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("no haproxy on PATH; install it: apt-get install haproxy")
	}
	lab := realLab{"s1": {address: "127.0.0.1:0"}, "s2": {address: "127.0.0.1:0"}}
	for _, n := range lab {
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.server.Close() })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	inherited, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer inherited.Close()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, realConfig, lab["s1"].address, lab["s2"].address), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-f", file, "-db")
	command.ExtraFiles = []*os.File{inherited}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	client, err := haproxy.New("tcp://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client.Timeout = 20 * time.Second // the machine may be busy with other tests
	return lab, client
}

// A recorder keeps what happened, and ends the run when it has seen enough.
type recorder struct {
	happened []report.Event
	end      func()
	enough   func(report.Event) bool
}

func (r *recorder) each(h report.Event) {
	r.happened = append(r.happened, h)
	if r.enough(h) {
		r.end()
	}
}

// runReal runs d until enough says so, or for 30 s.
func runReal(t *testing.T, d *Driver, enough func(report.Event) bool) ([]report.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r := &recorder{end: cancel, enough: enough}
	err := d.Run(ctx, time.Now(), nil, r.each)
	if !errors.Is(ctx.Err(), context.Canceled) && err == nil {
		t.Errorf("not seen in 30 s; only %q", untimed(r.happened))
	}
	return r.happened, err
}

func TestRealRun(t *testing.T) {
	lab, client := startReal(t)
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	d, err := New(Target{API: client, Backend: "nodes", NodeURL: lab.nodeURL, Lab: lab, Borrowed: true}, []plans.Event{
		{At: at(100), HAProxy: "set server nodes/s1 state drain"},
		{At: at(200), HAProxy: "set server nodes/s1 state maint"},
		{At: at(300), HAProxy: "set server nodes/s1 state ready"},
		{At: at(400), Node: "s2", Weight: ptr(6)},
		{At: at(450), HAProxy: "set server nodes/s2 weight 50%"},
		{At: at(500), HAProxy: "set server #77/#7 weight 5"},
		{At: at(600), Node: "s2", Delay: ptr(at(250))},
		{At: at(700), HAProxy: "set server static/a state maint"},
		{At: at(800), Node: "s1", State: haproxy.Drain},
		{At: at(900), HAProxy: "set server nodes/s1 weight 999", MayFail: true},
		{At: at(1200), Node: "s2", Stopped: ptr(true)},
		{At: time.Hour, Node: "s2", Stopped: ptr(false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := d.Snapshot(); s.Algorithm != "roundrobin" || len(s.Servers) != 2 || s.Servers[1].Weight != 2 || s.Servers[0].State != haproxy.Ready {
		t.Errorf("%+v", s)
	}
	up, down := false, false // in either order: health checks take their time on a busy machine
	happened, err := runReal(t, d, func(h report.Event) bool {
		up = up || h.Observed && h.Node == "s1" && h.State == haproxy.Up
		down = down || h.Observed && h.Node == "s2" && h.State == haproxy.Down
		return up && down
	})
	if err != nil {
		t.Fatal(err)
	}
	got := untimed(happened)
	t.Log(strings.Join(got, "\n"))
	testRealOrder(t, got)
	testRealDown(t, happened)

	// As after Ctrl-C: the run's context has ended, and Restore gets another one.
	done, err := d.Restore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(strings.Join(untimed(done), "\n"))
	states, err := client.ServersState(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range states {
		before := d.before[now.Backend+"/"+now.Name]
		if now.Weight != before.Weight || now.Admin() != before.Admin() {
			t.Errorf("not as it was: %+v, before %+v", now, before)
		}
	}
	if delays := lab["s2"].delays; !slices.Equal(delays, []time.Duration{250 * time.Millisecond, 0}) {
		t.Errorf("delays of s2: %v", delays)
	}
}

// testRealOrder polls for what must have happened, in this order.
func testRealOrder(t *testing.T, got []string) {
	t.Helper()
	i := -1
	for _, want := range []string{
		"set server nodes/s1 state drain [s1 drain] phase",
		"set server nodes/s1 state maint [s1 maint] phase",
		"set server nodes/s1 state ready [s1 ready] phase",
		"node s2: weight 6 [s2] [s1:1 s2:6] phase",
		"set server nodes/s2 weight 50% [s2] [s1:1 s2:1] phase",
		"set server #77/#7 weight 5 phase",
		"weight 5 [s1] [s1:5 s2:1]",
		"set server static/a state maint phase",
		"node s1: drain [s1 drain] phase",
		"set server nodes/s1 weight 999 FAILED: Absolute weight can only be between 0 and 256 inclusive.",
		"node s2: stopped [s2 down] phase",
	} {
		j := slices.IndexFunc(got, func(s string) bool {
			// Its weight is seen together with its state on a busy machine.
			return s == want || strings.HasPrefix(s, "s1 ") && strings.HasSuffix(strings.Replace(s, "[s1 up]", "[s1]", 1), want)
		})
		if j <= i {
			t.Errorf("%q at %d, after %d", want, j, i)
		}
		i = j
	}
	if !slices.Contains(got, "node s2: delay 250ms [s2] phase") {
		t.Error("no delay")
	}
	if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "s1 UP") && strings.Contains(s, "[s1 up]") }) {
		t.Error("after ready nobody saw s1 up")
	}
	// What the run's own commands did is not seen again as somebody's doing.
	for _, line := range got {
		if strings.HasPrefix(line, "s1 drain") || strings.HasPrefix(line, "s1 maint") || strings.HasPrefix(line, "s1 ready") {
			t.Errorf("%q", line)
		}
	}
}

// testRealDown polls at how the health check's finding was told.
func testRealDown(t *testing.T, happened []report.Event) {
	t.Helper()
	down := happened[slices.IndexFunc(happened, func(h report.Event) bool { return h.Observed && h.State == haproxy.Down })]
	if !strings.HasPrefix(down.Text, "s2 DOWN: L4CON") || down.Name != "s2 down" || down.Phase {
		t.Errorf("%+v", down)
	}
	stopped := happened[slices.IndexFunc(happened, func(h report.Event) bool { return h.Name == "stop s2" })]
	if down.AtMS < stopped.AtMS || down.LatestMS-down.AtMS > 3000 {
		t.Errorf("stopped at %d ms, down from %d to %d ms", stopped.AtMS, down.AtMS, down.LatestMS)
	}
}

// A health that was set lasts until the next check: it comes up again by itself.
func TestRealHealthAndRefusal(t *testing.T) {
	_, client := startReal(t)
	d, err := New(Target{API: client, Backend: "nodes"}, []plans.Event{
		{HAProxy: "set server nodes/s2 health stopping"},
		{At: 200 * time.Millisecond, HAProxy: "set server static/a weight 2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	happened, err := runReal(t, d, func(report.Event) bool { return false })
	var refused *RefusedError
	if !errors.As(err, &refused) || !errors.Is(err, haproxy.ErrStaticAlgorithm) || !strings.Contains(err.Error(), "weight a 2") {
		t.Errorf("%v", err)
	}
	got := untimed(happened)
	refusal := func(h report.Event) bool { return !h.OK }
	if len(got) < 2 || got[0] != "set server nodes/s2 health stopping [s2 drain] phase" || !slices.ContainsFunc(happened, refusal) {
		t.Errorf("%q", got)
	}
	if done, err := d.Restore(t.Context()); done != nil || err != nil {
		t.Errorf("%+v, %v", done, err)
	}
}
