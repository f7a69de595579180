//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
		{"names that nobody tells", "json:tag", "", []string{"alpha", "beta"}, true},
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
					if e.OK || !strings.Contains(e.Actual, "undefined") || !strings.Contains(strings.Join(got.Warnings, "\n"), "Responses named alpha, beta, and the balancer's servers are s1, s2") {
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

// HAProxy calls balance random unknown: its healthy shares, which are those of its ring, failed against weights.
func TestUnknownAlgorithmIsNotJudged(t *testing.T) {
	const load = "[[group]]\nusers = 3\niterations = 100\n[[group.step]]\nrequest = \"GET /\"\n"
	b := borrow(t, "	balance random\n	server s1 S1\n	server s2 S2\n", "s1", "s2")
	r := runCommand(t, t.TempDir(), "expect = ['shares_ok']\n"+b.plan("json:tag", load), "run", "plan.toml", "--no-out", "--quiet")
	if r.code != 1 || !strings.Contains(r.stdout, "HAProxy does not name its algorithm") || !strings.Contains(r.stdout, "shares_ok undefined") {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
	plan := strings.Replace(b.plan("json:tag", load), "[session]", "algorithm = \"random\"\n[session]", 1)
	r = runCommand(t, t.TempDir(), plan, "run", "plan.toml", "--no-out", "--quiet", "--json")
	if !strings.Contains(r.stdout, `"n": 300`) || strings.Contains(r.stdout, "does not name its algorithm") {
		t.Errorf("the plan's word does not count:\n%s", r.stdout)
	}
	// With one node up every request is a decision still, though every session stays.
	if _, err := b.client.Do(t.Context(), "set server nodes/s2 state maint"); err != nil {
		t.Fatal(err)
	}
	r = runCommand(t, t.TempDir(), "expect = ['decisions(\"s1\") == 300']\n"+plan, "run", "plan.toml", "--no-out", "--quiet")
	if r.code != 0 {
		t.Errorf("exit code %d\n%s", r.code, r.stdout)
	}
}
