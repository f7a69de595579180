package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

const stickyCookie = "cookie SERVERID insert indirect nocache"

// startLab starts a laboratory whose checks are fast and which must leave nothing behind.
func startLab(t *testing.T, c Config) *Lab {
	t.Helper()
	if c.CheckInterval == 0 {
		c.CheckInterval = 20 * time.Millisecond
	}
	before := runtime.NumGoroutine()
	l, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		eventually(t, "no goroutine of the laboratory is left", func() bool { return runtime.NumGoroutine() <= before })
	})
	return l
}

// slow is a check interval in which no check is made after the first during a test.
const slow = time.Hour

// eventually waits for what network and scheduler have yet to bring about.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
}

func nodes(tags ...string) (nodes []Node) {
	for _, tag := range tags {
		nodes = append(nodes, Node{Tag: tag})
	}
	return nodes
}

// cli gives the Runtime API a line, over the network.
func cli(t *testing.T, l *Lab, line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.RuntimeAPI(), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, line+"\n")
	response, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(response)
}

// set gives commands that must have nothing to say.
func set(t *testing.T, l *Lab, commands ...string) {
	t.Helper()
	if response := cli(t, l, strings.Join(commands, ";")); strings.Trim(response, "\n") != "" {
		t.Fatalf("%q: %q", commands, response)
	}
}

func TestWithoutStickinessEveryRequestIsPlaced(t *testing.T) {
	l := startLab(t, Config{Nodes: []Node{{Tag: "s1", Weight: weight(2)}, {Tag: "s2"}}, CheckInterval: slow})
	v := newVisitor(t, l.URL())
	var order string
	for range 6 {
		seen := v.get(t)
		order += seen.Tag
		if seen.Views != 1 { // the other node does not know the session, and gives a new one
			v.cookies = map[string]string{}
		}
	}
	if order != "s1s1s2s1s1s2" {
		t.Error(order)
	}
}

func TestStickyUsersStay(t *testing.T) {
	for _, sticky := range []string{stickyCookie, "cookie NODESESSID prefix nocache", "cookie NODESESSID rewrite"} {
		t.Run(sticky, func(t *testing.T) {
			l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: sticky, CheckInterval: slow})
			a, b := newVisitor(t, l.URL()), newVisitor(t, l.URL())
			for i := range 4 {
				want := i + 1
				if strings.HasSuffix(sticky, "rewrite") {
					want = 1 // the node's own cookie is lost
				}
				if first, second := a.get(t), b.get(t); first.String() != fmt.Sprintf("s1:%d", want) || second.String() != fmt.Sprintf("s2:%d", want) {
					t.Fatalf("visit %d: %v and %v", i+1, first, second)
				}
			}
			rows := cli(t, l, "show stat nodes 4 -1")
			if !strings.Contains(rows, ",4,") { // stot
				t.Error(rows)
			}
		})
	}
}

// The table of the reference: what a state does to those who are there and to those who come.
func TestStatesAndUsers(t *testing.T) {
	for _, test := range []struct {
		commands string
		old      string // what a user of s1 with two views sees next
		fresh    string // the nodes of four new users
	}{
		{"set server nodes/s1 state drain", "s1:3", "s2 s2 s2 s2"},
		{"set server nodes/s1 weight 0", "s1:3", "s2 s2 s2 s2"},
		{"set server nodes/s1 health stopping", "s1:3", "s2 s2 s2 s2"},
		{"set server nodes/s1 state maint", "s2:1", "s2 s2 s2 s2"},
		{"set server nodes/s1 health down", "s2:1", "s2 s2 s2 s2"},
		{"disable server nodes/s1", "s2:1", "s2 s2 s2 s2"},
		{"set server nodes/s1 state drain;set server nodes/s2 state drain", "s1:3", "503 503 503 503"},
		{"set server nodes/s1 state maint;set server nodes/s2 state maint", "503", "503 503 503 503"},
		{"set server nodes/s2 weight 3", "s1:3", "s2 s2 s2 s1"},
	} {
		t.Run(test.commands, func(t *testing.T) {
			l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: stickyCookie, CheckInterval: slow})
			old := newVisitor(t, l.URL())
			old.get(t)
			old.get(t)
			set(t, l, test.commands)
			name := func(seen visit) string {
				if seen.Status != http.StatusOK {
					return fmt.Sprint(seen.Status)
				}
				return seen.Tag
			}
			var fresh []string
			for range 4 {
				fresh = append(fresh, name(newVisitor(t, l.URL()).get(t)))
			}
			seen := old.get(t)
			got := seen.String()
			if seen.Status != http.StatusOK {
				got = name(seen)
			}
			if got != test.old || strings.Join(fresh, " ") != test.fresh {
				t.Errorf("the old user sees %s, new ones %s; want %s, %s", got, fresh, test.old, test.fresh)
			}
		})
	}
}

func TestMovedUsersDoNotGoBack(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: stickyCookie, CheckInterval: slow})
	v := newVisitor(t, l.URL())
	first := v.get(t)
	set(t, l, "set server nodes/s1 state maint")
	moved := v.get(t)
	set(t, l, "set server nodes/s1 state ready")
	after := v.get(t)
	if first.String() != "s1:1" || moved.String() != "s2:1" || after.String() != "s2:2" || moved.ID == first.ID || after.ID != moved.ID {
		t.Errorf("%v, %v, %v", first, moved, after)
	}
	if set := strings.Join(moved.Header["Set-Cookie"], " "); !strings.HasSuffix(set, "SERVERID=s2; path=/") || moved.Header.Get("Cache-Control") != "private" {
		t.Errorf("moved with %q", set)
	}
	if len(after.Header["Set-Cookie"]) > 0 {
		t.Errorf("cookies again: %q", after.Header["Set-Cookie"])
	}
}

func TestMaintLetsRequestsFinish(t *testing.T) {
	l := startLab(t, Config{Nodes: []Node{{Tag: "s1", Delay: 50 * time.Millisecond}, {Tag: "s2"}}, Sticky: stickyCookie, CheckInterval: slow})
	v := newVisitor(t, l.URL())
	if err := v.send(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "s1 has the request", func() bool { return inProgress(l, "s1") == 1 })
	set(t, l, "set server nodes/s1 state maint")
	if seen, err := v.receive(); err != nil || seen.Tag != "s1" {
		t.Errorf("%v, %v", seen, err)
	}
}

// inProgress is the server's number of requests in progress.
func inProgress(l *Lab, tag string) int {
	b := embeddedOf(l).backend
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.named(tag).served
}

// onTheirWay is how many requests have a connection to the server, which can be cut.
func onTheirWay(l *Lab, tag string) int {
	h := embeddedOf(l).backend.named(tag).hop
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.active)
}

func embeddedOf(l *Lab) *embedded { return l.balancer.(*lasting).balancer.(*embedded) }

// A node that dies under a request: 502 on a connection's first request; later, HAProxy closes the
// connection without a word, so that the browser tries again. Neither may be hidden.
func TestRequestsCutInProgress(t *testing.T) {
	for name, cut := range map[string]func(*testing.T, *Lab){
		"node dies": func(t *testing.T, l *Lab) {
			if err := l.StopNode("s1"); err != nil {
				t.Error(err)
			}
		},
		"shutdown sessions": func(t *testing.T, l *Lab) { set(t, l, "shutdown sessions server nodes/s1") },
	} {
		t.Run(name, func(t *testing.T) {
			l := startLab(t, Config{Nodes: nodes("s1"), CheckInterval: slow})
			first, later := newVisitor(t, l.URL()), newVisitor(t, l.URL())
			later.get(t)
			if err := l.SetDelay("s1", time.Hour); err != nil {
				t.Fatal(err)
			}
			for _, v := range []*visitor{first, later} {
				if err := v.send(); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "s1 has both requests", func() bool { return onTheirWay(l, "s1") == 2 })
			cut(t, l)
			seen, err := first.receive()
			if err != nil || seen.Status != http.StatusBadGateway || !strings.Contains(seen.Body, "<h1>502 Bad Gateway</h1>") {
				t.Errorf("first request: %d, %v", seen.Status, err)
			}
			if seen, err := later.receive(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("later request: %d, %v; want the end of the connection", seen.Status, err)
			}
		})
	}
}

// A dead node that the checks have not found yet: 3 retries on the same server, then 503, also for a
// kept-alive user; and nobody is sent elsewhere ("no option redispatch").
func TestDeadNodeBeforeTheChecksSeeIt(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: stickyCookie, CheckInterval: slow})
	embeddedOf(l).turnaround = 5 * time.Millisecond
	v := newVisitor(t, l.URL())
	v.get(t)
	if err := l.StopNode("s1"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	seen := v.get(t)
	if seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.Body, "No server is available") {
		t.Errorf("%d %q", seen.Status, seen.Body)
	}
	if took := time.Since(start); took < 15*time.Millisecond {
		t.Errorf("503 after %v, without the retries", took)
	}
	rows := statOf(t, embeddedOf(l).backend)
	for column, want := range map[string]string{"stot": "5", "lbtot": "1", "wretr": "3", "econ": "1", "hrsp_2xx": "1", "hrsp_5xx": "0"} {
		if got := rows["s1"][column]; got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
	if rows["BACKEND"]["hrsp_5xx"] != "1" || rows["FRONTEND"]["hrsp_5xx"] != "1" {
		t.Error("the 503 is not in the backend's and the frontend's counts")
	}
	if err := l.StartNode("s1"); err != nil {
		t.Fatal(err)
	}
	if seen := v.get(t); seen.String() != "s1:1" {
		t.Errorf("after the restart: %v; want s1 with a new session", seen)
	}
}

func TestChecksFindDeadNodesAndLivingOnes(t *testing.T) {
	l := startLab(t, Config{Nodes: []Node{{Tag: "s1", Stopped: true}, {Tag: "s2"}}, Sticky: stickyCookie})
	status := func(tag string) string { return statOf(t, embeddedOf(l).backend)[tag]["status"] }
	if got := status("s1"); got != "DOWN" {
		t.Errorf("a stopped node begins as %s", got)
	}
	if got := status("s2"); got != "UP" {
		t.Errorf("a running node begins as %s", got)
	}
	if err := l.StartNode("s1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "s1 is up", func() bool { return status("s1") == "UP" })
	if err := l.StopNode("s2"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "s2 is down", func() bool { return status("s2") == "DOWN" })
	v := newVisitor(t, l.URL())
	for range 3 {
		if seen := v.get(t); seen.Tag != "s1" {
			t.Errorf("%v", seen)
		}
	}
}

func TestChecksMakeSessions(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1")})
	eventually(t, "five sessions of checks", func() bool { return l.nodes[0].process.app.sessions.len() >= 5 })
}

func TestNodesStopAndStart(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1"), CheckInterval: slow})
	for _, test := range []struct {
		do   func(string) error
		tag  string
		want string
	}{
		{l.StartNode, "s1", "node s1: it runs already"},
		{l.StopNode, "s2", `unknown node "s2": did you mean "s1"?`},
		{l.StopNode, "s1", ""},
		{l.StopNode, "s1", "node s1: it is stopped already"},
		{func(tag string) error { return l.SetDelay(tag, 1) }, "s1", "node s1: it is stopped"},
		{l.StartNode, "s1", ""},
	} {
		got := ""
		if err := test.do(test.tag); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	l := startLab(t, Config{Nodes: []Node{{Tag: "s1"}, {Tag: "s2", Stopped: true}}, CheckInterval: slow})
	var names []string
	for _, a := range l.Addresses() {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, ", "); got != "balancer, Runtime API, s1, s2" {
		t.Error(got)
	}
	if l.Addresses()[2].URL != l.NodeURL("s1") || l.NodeURL("s3") != "" || l.Addresses()[0].URL != l.URL() {
		t.Error(l.Addresses())
	}
}

// A laboratory that is closed in the middle of everything ends at once and wholly: with a request in
// a node that sleeps, one between two attempts to connect, and an idle Runtime API connection.
func TestCloseCutsEverything(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: stickyCookie, CheckInterval: slow})
	sleeping, retrying := newVisitor(t, l.URL()), newVisitor(t, l.URL())
	sleeping.get(t)
	retrying.get(t)
	if err := errors.Join(l.SetDelay("s1", time.Hour), l.StopNode("s2")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sleeping.send(), retrying.send()); err != nil {
		t.Fatal(err)
	}
	idle := newVisitor(t, strings.Replace(l.RuntimeAPI(), "tcp:", "http:", 1))
	eventually(t, "both requests are in progress", func() bool { return inProgress(l, "s1") == 1 && inProgress(l, "s2") == 1 })
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, v := range []*visitor{sleeping, retrying, idle} {
		if _, err := v.receive(); err == nil {
			t.Error("a response after Close")
		}
	}
}

func TestRequestsWithBodies(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1"), CheckInterval: slow})
	for name, body := range map[string]string{
		"length":  "Content-Length: 12\r\n\r\n{\"delay\": 0}",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"del\r\n7\r\nay\": 0}\r\n0\r\n\r\n",
	} {
		v := newVisitor(t, l.URL())
		io.WriteString(v.conn, "POST /delay HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n"+body)
		response, err := http.ReadResponse(v.r, nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", name, response, err)
		}
		io.Copy(io.Discard, response.Body)
		if seen := v.get(t); seen.Tag != "s1" {
			t.Errorf("%s: after it %v", name, seen)
		}
	}
}

func TestRuntimeAPIOverTheNetwork(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1"), CheckInterval: slow})
	if got := cli(t, l, "get weight nodes/s1; get weight nodes/s2;show cli level\r"); got != "1 (initial 1)\n\nNo such server.\n\nadmin\n\n" {
		t.Errorf("%q", got)
	}
	var idle []net.Conn
	for range runtimeConns {
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.RuntimeAPI(), "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	eventually(t, "ten are served", func() bool {
		api := embeddedOf(l).runtime
		api.mu.Lock()
		defer api.mu.Unlock()
		return len(api.conns) == runtimeConns
	})
	late := make(chan string)
	go func() { late <- cli(t, l, "show version") }()
	select {
	case response := <-late:
		t.Fatalf("the eleventh connection was served: %q", response)
	case <-time.After(20 * time.Millisecond):
	}
	idle[3].Close()
	if response := <-late; response != embeddedVersion+"\n\n" {
		t.Errorf("%q", response)
	}
}

// A stopped node's port once went to another laboratory's node, and the balancer sent it users.
func TestStoppedNodeKeepsItsAddress(t *testing.T) {
	node, err := newNodeServer(Node{Tag: "s1", Stopped: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if c, err := net.Dial("tcp", node.addr); err == nil {
			c.Close()
			t.Fatal("somebody listens on a stopped node's address")
		}
		if err := node.start(); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", node.addr)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if err := node.stop(); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "linux" && node.release == nil {
			t.Fatal("the address is free for anybody")
		}
	}
	if err := node.close(); err != nil || node.release != nil {
		t.Error(err)
	}
}
