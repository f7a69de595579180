//go:build unix

package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stickbench/internal/haproxy"
)

// haproxyNodes are small nodes that respond with their tag.
func haproxyNodes(t *testing.T, tags ...string) []runningNode {
	t.Helper()
	var nodes []runningNode
	for _, tag := range tags {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tag) }))
		t.Cleanup(server.Close)
		nodes = append(nodes, runningNode{Node: Node{Tag: tag}, Addr: server.Listener.Addr().String()})
	}
	return nodes
}

// startRealHAProxy starts one until the test ends, or skips where there is none.
func startRealHAProxy(t *testing.T, ctx context.Context, c Config, nodes []runningNode) *haproxyProcess {
	t.Helper()
	skipWithoutHAProxy(t)
	running, err := startHAProxy(ctx, c, nodes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.close() })
	return running.(*haproxyProcess)
}

func skipWithoutHAProxy(t *testing.T) {
	t.Helper()
	if _, err := findHAProxy(); err != nil {
		t.Skip(err)
	}
}

// get asks the balancer once and returns the node's tag.
func haproxyGet(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s, error %v", response.Status, body, err)
	}
	return string(body)
}

// haproxyClient is a client of the balancer's Runtime API over TCP.
func haproxyClient(t *testing.T, address string) *haproxy.Client {
	t.Helper()
	client, err := haproxy.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// haproxyPid asks haproxy for its process id.
func haproxyPid(t *testing.T, h *haproxyProcess) int {
	t.Helper()
	info, err := haproxyClient(t, h.runtimeAPI()).Do(t.Context(), "show info")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "\nPid: ")
	line, _, _ := strings.Cut(rest, "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatalf("no Pid in %q", info)
	}
	return pid
}

func TestHAProxyServesInTheRatioOfTheWeights(t *testing.T) {
	nodes := haproxyNodes(t, "s1", "s2")
	nodes[0].Weight = weightOf(2)
	h := startRealHAProxy(t, t.Context(), Config{}, nodes)
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	var order strings.Builder
	for range 6 {
		order.WriteString(haproxyGet(t, &http.Client{Transport: transport}, h.url()))
	}
	if got := order.String(); got != "s1s1s2s1s1s2" {
		t.Errorf("order %s", got)
	}
}

func TestHAProxyKeepsSessions(t *testing.T) {
	nodes := haproxyNodes(t, "s1", "s2")
	h := startRealHAProxy(t, t.Context(), Config{Sticky: "cookie SERVERID insert indirect nocache"}, nodes)
	var homes []string
	for range 4 {
		jar, _ := cookiejar.New(nil)
		user := &http.Client{Jar: jar, Transport: new(http.Transport)}
		home := haproxyGet(t, user, h.url())
		for range 3 {
			if got := haproxyGet(t, user, h.url()); got != home {
				t.Errorf("moved from %s to %s", home, got)
			}
		}
		user.CloseIdleConnections()
		homes = append(homes, home)
	}
	if got := strings.Join(homes, " "); got != "s1 s2 s1 s2" {
		t.Errorf("homes %s", got)
	}
	rows, err := haproxyClient(t, h.runtimeAPI()).Stat(t.Context(), "nodes", haproxy.Server)
	if err != nil || len(rows) != 2 || rows[0].Cookie != "s1" || rows[0].Assigned != 8 || rows[0].Chosen != 2 {
		t.Errorf("statistics %+v, error %v", rows, err)
	}
}

func TestHAProxyListens(t *testing.T) {
	h := startRealHAProxy(t, t.Context(), Config{}, haproxyNodes(t, "s1"))
	addresses := h.addresses()
	names := []string{"balancer", "stats page", "Runtime API", "Runtime API, local"}
	for i, want := range names {
		if addresses[i].Name != want {
			t.Errorf("address %d is %+v, want %s", i, addresses[i], want)
		}
	}
	for _, api := range addresses[2:] {
		if level, err := haproxyClient(t, api.URL).Level(t.Context()); err != nil || level != haproxy.LevelAdmin {
			t.Errorf("%s: level %q, %v", api.Name, level, err)
		}
	}
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	if page := haproxyGet(t, client, addresses[1].URL+"/;csv"); !strings.Contains(page, "nodes,s1,") {
		t.Errorf("stats page: %s", page)
	}
}

func TestHAProxyOnAGivenAddress(t *testing.T) {
	skipWithoutHAProxy(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := taken.Addr().String()
	nodes := haproxyNodes(t, "s1")
	if _, err := startHAProxy(t.Context(), Config{Listen: address}, nodes); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("on a port that is in use: %v", err)
	}
	taken.Close()
	h := startRealHAProxy(t, t.Context(), Config{Listen: address}, nodes)
	if h.url() != "http://"+address {
		t.Errorf("%s, want it on %s", h.url(), address)
	}
}

// With default checks a stopped server would otherwise get users for 2 s, and send them 503
// after 3 s.
func TestHAProxyBeginsWithChecksDone(t *testing.T) {
	nodes := haproxyNodes(t, "s1", "s2", "s3")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nodes[1].Stopped, nodes[1].Addr = true, free.Addr().String()
	free.Close()
	nodes[2].Weight = weightOf(0)
	h := startRealHAProxy(t, t.Context(), Config{}, nodes)
	rows, err := haproxyClient(t, h.runtimeAPI()).Stat(t.Context(), "nodes", haproxy.Server)
	if err != nil {
		t.Fatal(err)
	}
	var statuses []string
	for _, row := range rows {
		statuses = append(statuses, row.Status)
	}
	if !slices.Equal(statuses, []string{"UP", "DOWN", "UP"}) {
		t.Errorf("statuses %q", statuses)
	}
}

func TestHAProxySettled(t *testing.T) {
	for _, tc := range []struct {
		name string
		node Node
		row  haproxy.Row
		want bool
	}{
		{"not checked", Node{}, haproxy.Row{Status: "UP 1/3", CheckStatus: "INI"}, false},
		{"passed", Node{}, haproxy.Row{Status: "UP", CheckStatus: "L7OK"}, true},
		{"failed", Node{}, haproxy.Row{Status: "DOWN", CheckStatus: "L4CON"}, false},
		{"recovering", Node{}, haproxy.Row{Status: "DOWN 1/2", CheckStatus: "L7OK"}, false},
		{"stopped, not checked", Node{Stopped: true}, haproxy.Row{Status: "UP 1/3"}, false},
		{"stopped, failed", Node{Stopped: true}, haproxy.Row{Status: "DOWN", CheckStatus: "L4CON"}, true},
		{"slow, failed", Node{Delay: 2500 * time.Millisecond}, haproxy.Row{Status: "DOWN", CheckStatus: "L7TOUT"}, true},
		{"a little slow, failed", Node{Delay: 250 * time.Millisecond}, haproxy.Row{Status: "DOWN", CheckStatus: "L7TOUT"}, false},
	} {
		if got := settled(tc.node, tc.row); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}

// haproxyGone checks that nothing of a balancer is left.
func haproxyGone(t *testing.T, h *haproxyProcess, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if _, err := os.Stat(h.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder %s is still there: %v", h.folder, err)
	}
	for _, address := range h.listens {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Errorf("%s still listens", address)
		}
	}
}

func TestHAProxyClose(t *testing.T) {
	h := startRealHAProxy(t, t.Context(), Config{}, haproxyNodes(t, "s1"))
	pid := haproxyPid(t, h)
	for range 2 {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	}
	haproxyGone(t, h, pid)
}

func TestHAProxyEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := startRealHAProxy(t, ctx, Config{}, haproxyNodes(t, "s1"))
	pid := haproxyPid(t, h)
	cancel()
	<-h.done
	haproxyGone(t, h, pid)
	if err := h.close(); err != nil {
		t.Error(err)
	}
}

// Samples that failed because the balancer died must not look like the target's fault.
func TestHAProxyThatEndsByItself(t *testing.T) {
	h := startRealHAProxy(t, t.Context(), Config{}, haproxyNodes(t, "s1"))
	pid := haproxyPid(t, h)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-h.done
	haproxyGone(t, h, pid)
	if err := h.close(); err == nil || !strings.Contains(err.Error(), "ended by itself: signal: killed") {
		t.Error(err)
	}
}

func TestHAProxyDoesNotStart(t *testing.T) {
	skipWithoutHAProxy(t)
	t.Setenv("TMPDIR", t.TempDir()) // to see that no folder is left
	nodes := haproxyNodes(t, "s1", "s2")
	twice := []runningNode{nodes[0], nodes[0]}
	for _, tc := range []struct {
		name  string
		c     Config
		nodes []runningNode
		says  []string
	}{
		{"sticky", Config{Sticky: "cookie SERVERID insert bogus"}, nodes,
			[]string{"[ALERT]", "'cookie' supports 'rewrite'", "| cookie SERVERID insert bogus"}},
		{"algorithm", Config{Algorithm: "fastest"}, nodes, []string{"[ALERT]", "'roundrobin'", "| balance fastest"}},
		{"weight", Config{}, []runningNode{{Node: Node{Tag: "s1", Weight: weightOf(257)}, Addr: nodes[0].Addr}}, []string{"[ALERT]", "256", "weight 257"}},
		{"tags", Config{}, twice, []string{"[ALERT]", "s1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := startHAProxy(t.Context(), tc.c, tc.nodes)
			var refused *ConfigError
			if !errors.As(err, &refused) {
				t.Fatalf("%v, want a *ConfigError", err)
			}
			for _, part := range tc.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no %q in: %v", part, err)
				}
			}
		})
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

// An interrupt while the first checks are awaited says what was awaited.
func TestHAProxyInterruptedWhileStarting(t *testing.T) {
	skipWithoutHAProxy(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	interrupt := errors.New("Ctrl-C")
	node := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		cancel(interrupt) // by the first check
		<-ctx.Done()
	}))
	defer node.Close()
	_, err := startHAProxy(ctx, Config{}, []runningNode{{Node: Node{Tag: "s1"}, Addr: node.Listener.Addr().String()}})
	if !errors.Is(err, interrupt) || !strings.Contains(err.Error(), "s1 ") {
		t.Error(err)
	}
}

func TestNoHAProxy(t *testing.T) {
	_, err := firstProgram("haproxy-of-no-package", "/nowhere/haproxy")
	if !errors.Is(err, ErrNoHAProxy) || !strings.Contains(err.Error(), "apt-get install haproxy") {
		t.Error(err)
	}
}

func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "[::1]:80": "[::1]:80",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}
