//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// crew are processes of a run on many machines.
type crew struct {
	t       *testing.T
	dir     string
	command string
	said    map[string]*spokenLog
}

// spokenLog is what a process has said so far.
type spokenLog struct {
	mu   sync.Mutex
	said bytes.Buffer // no embedded one, whose ReadFrom would pass the lock by
}

func (l *spokenLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.Write(b)
}

func (l *spokenLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.String()
}

// newCrew has a plan of ten users that goes on for so long, against a server that takes its time.
func newCrew(t *testing.T, lasts time.Duration) *crew {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond)
		io.WriteString(w, `{"tag":"s1"}`)
	}))
	t.Cleanup(server.Close)
	c := &crew{t: t, dir: t.TempDir(), command: theCommand(t), said: map[string]*spokenLog{}}
	plan := fmt.Sprintf("name = \"crew\"\n[target]\nurl = %q\n[[group]]\nusers = 10\nduration = \"%v\"\n[[group.step]]\nrequest = \"GET /\"\n", server.URL, lasts)
	if err := os.WriteFile(filepath.Join(c.dir, "plan.toml"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// start starts a process, which is ended with the test.
func (c *crew) start(name string, args ...string) *exec.Cmd {
	c.t.Helper()
	p := exec.Command(c.command, args...)
	p.Dir = c.dir
	c.said[name] = &spokenLog{}
	p.Stdout, p.Stderr = c.said[name], c.said[name]
	if err := p.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
		if c.t.Failed() {
			c.t.Logf("%s said:\n%s", name, c.said[name].text())
		}
	})
	return p
}

// until waits for what a process says.
func (c *crew) until(name, pattern string) []string {
	c.t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if m := re.FindStringSubmatch(c.said[name].text()); m != nil {
			return m
		}
	}
	c.t.Fatalf("%s does not say %q", name, pattern)
	return nil
}

// ends is the exit code of a process that must end in time.
func (c *crew) ends(name string, p *exec.Cmd, within time.Duration) int {
	c.t.Helper()
	done := make(chan struct{})
	go func() {
		p.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(within):
		c.t.Fatalf("%s has not ended within %v", name, within)
	}
	return p.ProcessState.ExitCode()
}

// join is the address and the token that the coordinator tells.
func (c *crew) join() []string {
	m := c.until("coordinator", `stickbench agent (\S+) --token (\S+)`)
	return []string{"agent", m[1], "--token", m[2]}
}

// begun waits until samples are in the run's folder.
func (c *crew) begun() {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if i, err := os.Stat(filepath.Join(c.dir, "out", samplesFile)); err == nil && i.Size() > 1000 {
			return
		}
	}
	c.t.Fatal("no samples come")
}

// record is run.json; of its requests the accounts must add up, and agree with samples.jtl.
func (c *crew) record() *record {
	c.t.Helper()
	r, err := (&folder{filepath.Join(c.dir, "out")}).readRecord()
	if err != nil {
		c.t.Fatal(err)
	}
	q := r.Requests
	if q == nil || q.Started != q.OK+q.Failed+q.Cut {
		c.t.Fatalf("the account does not add up: %+v", q)
	}
	rows := c.rows()
	if int64(rows) != q.OK+q.Failed {
		c.t.Errorf("%d rows, %d requests", rows, q.OK+q.Failed)
	}
	if q.Failed > 0 {
		c.t.Errorf("%d requests failed, and the target is well", q.Failed)
	}
	return r
}

// rows are those of samples.jtl.
func (c *crew) rows() int {
	b, err := os.ReadFile(filepath.Join(c.dir, "out", samplesFile))
	if err != nil {
		c.t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n")) - 1
}

// An agent that is killed: the others go on, or stop; its users at work are cut, and the exit code is 3.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	for policy, lasts := range map[string]time.Duration{"continue": 3 * time.Second, "stop": time.Hour} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			c := newCrew(t, lasts)
			p := c.start("coordinator", "run", "plan.toml", "--agents", "1", "--wait-for", "2", "--out", "out", "--on-agent-loss", policy)
			agent := c.start("agent", append(c.join(), "--name", "b")...)
			c.begun()
			agent.Process.Kill()
			if code := c.ends("coordinator", p, 40*time.Second); code != exitCannotRun {
				t.Errorf("exit code %d", code)
			}
			r := c.record()
			if len(r.Agents) != 2 || r.Agents[0].Lost != "" || r.Agents[1].Lost == "" || r.Agents[1].Cut != 5 || r.Agents[0].OK == 0 || r.Agents[1].OK == 0 {
				t.Errorf("agents: %+v", r.Agents)
			}
			if said := c.said["coordinator"].text(); !strings.Contains(said, "agent b was lost") || !strings.Contains(said, "agent b is lost") {
				t.Errorf("the loss is not told:\n%s", said)
			}
		})
	}
}

// An agent that stands still for ten seconds, as a machine that sleeps, goes on afterwards; nothing is lost.
func TestAgentStandsStill(t *testing.T) {
	t.Parallel()
	c := newCrew(t, 12*time.Second)
	p := c.start("coordinator", "run", "plan.toml", "--agents", "1", "--wait-for", "2", "--out", "out")
	agent := c.start("agent", append(c.join(), "--name", "b")...)
	c.begun()
	agent.Process.Signal(syscall.SIGSTOP)
	time.Sleep(10 * time.Second)
	agent.Process.Signal(syscall.SIGCONT)
	if code := c.ends("coordinator", p, 40*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code := c.ends("agent", agent, 10*time.Second); code != 0 {
		t.Errorf("the agent's exit code %d", code)
	}
	if r := c.record(); r.Agents[1].Lost != "" || r.Agents[1].Cut != 0 {
		t.Errorf("%+v", r.Agents[1])
	}
}

// network is what lies between two processes; it can be slow, or cut.
type network struct {
	listener net.Listener
	slow     atomic.Int64 // nanoseconds for each piece
	mu       sync.Mutex
	open     map[net.Conn]bool
	cut      bool
}

func newNetwork(t *testing.T, to string) *network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l, open: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); n.setCut(true) })
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			n.mu.Lock()
			refused := n.cut
			n.mu.Unlock()
			b, err := net.Dial("tcp", to)
			if refused || err != nil {
				a.Close()
				if err == nil {
					b.Close()
				}
				continue
			}
			n.mu.Lock()
			n.open[a], n.open[b] = true, true
			n.mu.Unlock()
			go n.carry(a, b)
			go n.carry(b, a)
		}
	}()
	return n
}

func (n *network) carry(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 4096)
	for {
		k, err := from.Read(b)
		time.Sleep(time.Duration(n.slow.Load()))
		if _, failed := to.Write(b[:k]); err != nil || failed != nil {
			return
		}
	}
}

func (n *network) setCut(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
	if cut {
		for c := range n.open {
			c.Close()
		}
		clear(n.open)
	}
}

// A network that is slow, and then cut for three seconds, delays samples and loses none.
func TestNetworkSlowAndCut(t *testing.T) {
	t.Parallel()
	c := newCrew(t, 6*time.Second)
	p := c.start("coordinator", "run", "plan.toml", "--agents", "1", "--wait-for", "2", "--out", "out")
	join := c.join()
	n := newNetwork(t, strings.TrimPrefix(join[1], "nats://"))
	join[1] = "nats://" + n.listener.Addr().String()
	agent := c.start("agent", append(join, "--name", "b")...)
	c.begun()
	n.slow.Store(int64(20 * time.Millisecond))
	time.Sleep(time.Second)
	n.setCut(true)
	time.Sleep(3 * time.Second)
	n.setCut(false)
	if code := c.ends("coordinator", p, 40*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code := c.ends("agent", agent, 20*time.Second); code != 0 {
		t.Errorf("the agent's exit code %d", code)
	}
	c.record()
}

// A NATS server of somebody else's that is started again in the middle of a run.
func TestServerStartedAgain(t *testing.T) {
	t.Parallel()
	c := newCrew(t, 6*time.Second)
	o := &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}
	begin := func() *server.Server {
		s, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(20 * time.Second) {
			t.Fatal("the server does not come up")
		}
		return s
	}
	first := begin()
	o.Port = first.Addr().(*net.TCPAddr).Port
	p := c.start("coordinator", "run", "plan.toml", "--agents", "2", "--out", "out", "--nats", first.ClientURL())
	c.begun()
	first.Shutdown()
	first.WaitForShutdown()
	time.Sleep(time.Second)
	second := begin()
	defer second.Shutdown()
	if code := c.ends("coordinator", p, 40*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.record()
}

// A coordinator that is killed: its agents stop and keep what it did not record, the folder tells what is there, and
// the agents' files complete it.
func TestCoordinatorKilled(t *testing.T) {
	t.Parallel()
	c := newCrew(t, time.Hour)
	p := c.start("coordinator", "run", "plan.toml", "--wait-for", "2", "--out", "out")
	join := c.join()
	one := c.start("a", append(join, "--name", "a", "--keep", "a.samples")...)
	two := c.start("b", append(join, "--name", "b", "--keep", "b.samples")...)
	c.begun()
	c.until("coordinator", "agent a has joined")
	again := c.start("again", append(join, "--name", "a")...)
	if code := c.ends("again", again, 20*time.Second); code != exitCannotRun {
		t.Errorf("a second agent a: exit code %d", code)
	}
	p.Process.Kill()
	for name, agent := range map[string]*exec.Cmd{"a": one, "b": two} {
		if code := c.ends(name, agent, 12*time.Second); code != exitCannotRun {
			t.Errorf("agent %s: exit code %d", name, code)
		}
		c.until(name, "the coordinator is gone.* are in "+name+".samples")
	}
	before := c.rows()
	if code := c.ends("report", c.start("report", "report", "out"), time.Minute); code != 0 {
		t.Errorf("report: exit code %d", code)
	}
	c.until("report", "report --merge")
	for again := range 2 { // what is there already is not added again
		if code := c.ends("merge", c.start("merge", "report", "--merge", "out", "a.samples", "b.samples", "--format", "json"), time.Minute); code != 0 {
			t.Errorf("merge %d: exit code %d", again, code)
		}
	}
	r := c.record()
	var results struct{ Total struct{ Samples int } }
	text := c.said["merge"].text()
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &results); err != nil {
		t.Fatal(err)
	}
	if after := c.rows(); after <= before || int64(after) != r.Requests.OK || results.Total.Samples != after {
		t.Errorf("%d rows before, %d after, %d requests, %d in the report", before, after, r.Requests.OK, results.Total.Samples)
	}
}
