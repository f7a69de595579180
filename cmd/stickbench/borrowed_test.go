//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
)

// borrowed is an haproxy that stickbench did not start, in front of two of the laboratory's nodes.
type borrowed struct {
	url, api string
	nodes    map[string]string // their addresses, HOST:PORT
	client   *haproxy.Client
}

// borrow starts one until the test ends. backend is the backend's configuration, in which S1 and S2 stand for
// the nodes' addresses.
func borrow(t *testing.T, backend string, tags ...string) borrowed {
	t.Helper()
	program := needHAProxy(t)
	l, err := lab.Start(t.Context(), lab.Config{Nodes: []lab.Node{{Tag: tags[0], Listen: "127.0.42.11:0"}, {Tag: tags[1], Listen: "127.0.42.12:0"}}})
	if err != nil {
		t.Skip(err) // other systems than Linux have only 127.0.0.1
	}
	t.Cleanup(func() { l.Close() })
	b := borrowed{nodes: map[string]string{}}
	for i, name := range []string{"s1", "s2"} {
		b.nodes[name] = strings.TrimPrefix(l.NodeURL(tags[i]), "http://")
		backend = strings.ReplaceAll(backend, strings.ToUpper(name), b.nodes[name])
	}
	folder, err := os.MkdirTemp("", "sb") // t.TempDir may be longer than a unix socket's path can be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	b.api = "unix://" + filepath.Join(folder, "api.sock")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	b.url = "http://" + listener.Addr().String()
	config := fmt.Sprintf(`global
	stats socket %s level admin
	stats timeout 30s
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend http
	bind fd@3
	default_backend nodes
backend nodes
%s`, strings.TrimPrefix(b.api, "unix://"), backend)
	file := filepath.Join(folder, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-f", file, "-db")
	command.ExtraFiles = []*os.File{socket}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	if b.client, err = haproxy.New(b.api); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ { // until its socket is there, which does not depend on the machine's speed
		if _, err = b.client.Level(t.Context()); err == nil {
			return b
		}
		if command.ProcessState != nil || i > 1_000_000 {
			t.Fatal(err)
		}
	}
}

// plan is a plan against it, with what follows [haproxy].
func (b borrowed) plan(node, rest string) string {
	return fmt.Sprintf("[target]\nurl = %q\n[session]\nnode = %q\ncounter = \"json:sessionViews\"\nid = \"json:id\"\n[haproxy]\napi = %q\n%s", b.url, node, b.api, rest)
}

// state is a server's, by the Runtime API.
func (b borrowed) state(t *testing.T, server string) haproxy.ServerState {
	t.Helper()
	states, err := b.client.ServersState(t.Context(), "nodes")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.Name == server {
			return s
		}
	}
	t.Fatalf("no %s in %+v", server, states)
	return haproxy.ServerState{}
}

// A balancer's servers and what responses call the nodes are two namespaces. Where one was taken for the other,
// drained("s1") held although sessions kept coming to s1.
func TestServersByOtherNames(t *testing.T) {
	// use-server brings new sessions to s1 although it drains.
	const backend = `	balance roundrobin
	cookie SRV insert nocache
	use-server s1 if { hdr(X-Force) yes }
	server s1 S1 cookie w1a
	server s2 S2 cookie w2b
`
	const groups = `
[[group]]
name = "old"
users = 6
duration = "1500ms"
[[group.step]]
request = "GET /"
[[group.step]]
think = "5ms"
[[group]]
name = "new"
users = 3
duration = "1500ms"
cookies = "clear"
[[group.step]]
request = "GET /"
headers = { X-Force = "%s" }
[[group.step]]
think = "5ms"
[[event]]
at = "50ms"
haproxy = "set server nodes/s1 state %s"
`
	for _, test := range []struct {
		name, node, names string
		tags              []string
		undefined         bool
	}{
		{"the servers' names", "json:tag", "", []string{"s1", "s2"}, false},
		{"values of the balancer's cookie", "cookie:SRV", "", []string{"s1", "s2"}, false},
		{"values that are each other's names", "json:tag", `names = { s1 = "s2", s2 = "s1" }`, []string{"s2", "s1"}, false},
		{"addresses", "header:x-backend-ip", "", []string{"s1", "s2"}, false},
		{"names that the plan tells", "json:tag", `names = { s1 = "alpha", s2 = "beta" }`, []string{"alpha", "beta"}, false},
		{"names that nobody tells, but the wrong way round", "json:tag", `names = { alpha = "s1" }`, []string{"alpha", "beta"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := borrow(t, backend, test.tags...)
			for _, event := range []struct{ force, state, expect, holds string }{
				{"yes", "drain", `drained("s1")`, "false"}, {"no", "maint", "unexcused == 0 and moves > 0", "true"},
			} {
				plan := fmt.Sprintf("expect = ['%s']\n", event.expect) + b.plan(test.node, test.names+fmt.Sprintf(groups, event.force, event.state))
				r := runCommand(t, t.TempDir(), plan, "run", "plan.toml", "--no-out", "--quiet", "--json")
				var got struct {
					Expectations []struct {
						OK     bool
						Actual string
					}
					Warnings []string
					Nodes    []struct{ Node string }
				}
				if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || len(got.Expectations) != 1 {
					t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
				}
				e := got.Expectations[0]
				if test.undefined {
					if e.OK || !strings.Contains(e.Actual, "undefined") || !strings.Contains(strings.Join(got.Warnings, "\n"), "Responses named alpha, beta, and the balancer's servers are s1, s2") ||
						!strings.Contains(strings.Join(got.Warnings, "\n"), "names in [haproxy] has alpha, which is no server of the balancer's") {
						t.Errorf("%s: %+v, warnings %q", event.expect, e, got.Warnings)
					}
				} else if event.state == "drain" && test.node == "cookie:SRV" {
					// HAProxy sets no cookie where use-server has chosen: those sessions name no node.
					if e.OK || !strings.Contains(e.Actual, "named no node, and may have come to s1") {
						t.Errorf("%s: %+v", event.expect, e)
					}
				} else if fmt.Sprint(e.OK) != event.holds || strings.Contains(e.Actual, "undefined") || len(got.Nodes) != 2 || got.Nodes[0].Node != "s1" {
					t.Errorf("%s: %+v, want %s; nodes %+v", event.expect, e, event.holds, got.Nodes)
				}
				if s := b.state(t, "s1"); s.Admin() != haproxy.Ready {
					t.Errorf("s1 was left in %s", s.Admin())
				}
			}
		})
	}
}

// HAProxy calls balance random unknown. Its healthy shares are those of its ring, which places servers by their
// ids, whatever the order of their names; they failed against weights.
func TestUnknownAlgorithmIsNotJudged(t *testing.T) {
	const load = "[[group]]\nusers = 3\niterations = 400\n[[group.step]]\nrequest = \"GET /\"\n"
	b := borrow(t, "	balance random(1)\n	server s2 S2\n	server s1 S1\n", "s1", "s2")
	run := func(expect, algorithm string) ran {
		plan := strings.Replace(b.plan("json:tag", load), "[session]", algorithm+"\n[session]", 1)
		return runCommand(t, t.TempDir(), "expect = ['"+expect+"']\n"+plan, "run", "plan.toml", "--no-out", "--quiet")
	}
	if r := run("shares_ok", ""); r.code != 1 || !strings.Contains(r.stdout, "HAProxy does not name its algorithm") || !strings.Contains(r.stdout, "shares_ok undefined") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
	if r := run("shares_ok", `algorithm = "random"`); r.code != 1 || !strings.Contains(r.stdout, "random follows load") || !strings.Contains(r.stdout, "shares_ok undefined") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
	if r := run("shares_ok", `algorithm = "random(1)"`); r.code != 0 || !strings.Contains(r.stdout, "56.9%") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
	// The laboratory's own HAProxy has the algorithm that it was given.
	lab := "expect = ['shares_ok']\n[lab]\nbalancer = \"haproxy\"\nalgorithm = \"random(1)\"\nnode = [{ tag = \"s1\" }, { tag = \"s2\" }]\n" + load
	if r := runCommand(t, t.TempDir(), lab, "run", "plan.toml", "--no-out", "--quiet"); r.code != 0 || !strings.Contains(r.stdout, "43.1%") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
	// With one node up every request is a decision still, though every session stays.
	if _, err := b.client.Do(t.Context(), "set server nodes/s2 state maint"); err != nil {
		t.Fatal(err)
	}
	if r := run(`decisions("s1") == 1200`, `algorithm = "random"`); r.code != 0 {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
}

// soon waits until it holds, for at most a minute.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// A run that is killed leaves its balancer as it was at that moment. Its folder knows what to put back, and the
// next run says so.
func TestRestoreAfterAKill(t *testing.T) {
	b := borrow(t, "	balance roundrobin\n	server s1 S1 weight 4\n	server s2 S2\n", "s1", "s2")
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	plan := b.plan("json:tag", fmt.Sprintf(`nodes = { s2 = "http://%s" }
[[group]]
duration = "1h"
[[group.step]]
request = "GET /"
[[event]]
at = "0s"
haproxy = "set server nodes/s1 weight 1"
[[event]]
at = "0s"
node = "s2"
delay = "1ms"
[[event]]
at = "10ms"
haproxy = "set server nodes/s1 state drain"
`, b.nodes["s2"]))
	if err := os.WriteFile(filepath.Join(dir, "plan.toml"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), theCommand(t), "run", "plan.toml", "--out", out, "--quiet")
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	soon(t, "s1 in drain", func() bool { s := b.state(t, "s1"); return s.Admin() == haproxy.Drain && s.Weight == 1 })
	c.Process.Kill()
	c.Wait()
	if s := b.state(t, "s1"); s.Admin() != haproxy.Drain {
		t.Fatalf("s1 is in %s: nothing to test", s.Admin())
	}
	next := runCommand(t, dir, strings.Replace(plan, "1h", "50ms", 1), "run", "plan.toml", "--no-out", "--quiet")
	for _, want := range []string{
		`s1 was in drain when the run began; if a run that was killed left it so: echo "set server nodes/s1 state ready" | socat stdio unix-connect:`,
		`s1 had weight 1 when the run began, not its configuration's 4`,
	} {
		if !strings.Contains(strings.Join(strings.Fields(next.stdout), " "), want) {
			t.Errorf("the next run does not say %q:\n%s%s", want, next.stdout, next.stderr)
		}
	}
	r := runCommand(t, dir, plan, "restore", out)
	for _, want := range []string{"set server nodes/s1 weight 4", "set server nodes/s1 state ready", "node s2: delay 0s"} {
		if !strings.Contains(r.stdout, "put back: "+want) {
			t.Errorf("not put back: %s\n%s", want, r.stdout)
		}
	}
	if s := b.state(t, "s1"); r.code != 0 || s.Admin() != haproxy.Ready || s.Weight != 4 {
		t.Errorf("exit code %d, s1 %s with weight %d\n%s", r.code, s.Admin(), s.Weight, r.stderr)
	}
	if r = runCommand(t, dir, plan, "restore", out); r.code != 0 || !strings.Contains(r.stdout, "nothing to put back") {
		t.Errorf("again: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r = runCommand(t, dir, plan, "restore", dir); r.code != 2 || !strings.Contains(r.stderr, "not the folder of a run") {
		t.Errorf("no folder of a run: exit code %d\n%s", r.code, r.stderr)
	}
}

// Half a response counted as a whole one: the servers behind the cut were taken for removed, and s1 stayed in
// drain without a word of how to mend that.
func TestRuntimeAPIThatCutsItsResponses(t *testing.T) {
	b := borrow(t, "	balance roundrobin\n	server s1 S1\n	server s2 S2\n", "s1", "s2")
	var cut atomic.Bool
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { proxy.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := proxy.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadString('\n')
			text, err := b.client.Do(context.Background(), line)
			text += "\n\n"
			if strings.TrimSpace(text) == "" {
				text = "\n"
			}
			if err == nil && cut.Load() && strings.HasPrefix(line, "show ") {
				text = text[:len(text)/2]
			}
			fmt.Fprint(conn, text)
			conn.Close()
			if strings.HasPrefix(line, "set server") {
				cut.Store(true) // from the event on
			}
		}
	})
	plan := strings.Replace(b.plan("json:tag", `
[[group]]
duration = "1s"
[[group.step]]
request = "GET /"
[[event]]
at = "100ms"
haproxy = "set server nodes/s1 state drain"
`), b.api, "tcp://"+proxy.Addr().String(), 1)
	r := runCommand(t, t.TempDir(), plan, "run", "plan.toml", "--no-out", "--quiet")
	said := strings.Join(strings.Fields(r.stdout+r.stderr), " ")
	if strings.Contains(said, "not a server any more") || strings.Contains(said, "removed") {
		t.Errorf("half a list was believed:\n%s", r.stdout)
	}
	by := `by hand: echo "set server nodes/s1 state ready" | socat stdio tcp-connect:` + proxy.Addr().String()
	if s := b.state(t, "s1"); s.Admin() == haproxy.Drain && (r.code != 3 || !strings.Contains(said, by)) {
		t.Errorf("s1 is left in drain, exit code %d, and nobody says %q:\n%s%s", r.code, by, r.stdout, r.stderr)
	}
}
