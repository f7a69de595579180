package lab_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
)

var update = flag.Bool("update", false, "write the transcripts of testdata/conformance anew, with -run Conformance/haproxy")

// The embedded balancer stands in for HAProxy: what users see of the one they must see of the other. Each
// file of testdata/conformance is a laboratory in HAProxy's words, what is done in it ($), and what was
// seen, measured on HAProxy 2.6.12. Both balancers must give that transcript.
//
//	GET USER…            a GET / of each user, over the connection that the user keeps
//	POST USER…           a POST /delay that changes nothing
//	nodes N USER         the nodes that N requests of one user came to
//	new N                the nodes that N new users came to
//	shares N             how many of N new users came to each node
//	cookie USER N=V      puts a cookie into a user's jar
//	headers USER         the fields of a response, and those of the request that the node got, by their names
//	stop TAG, start TAG  a node's process
//	await TAG STATUS     waits for the server's status
//	stat ROW COLUMN…     columns of a row of `show stat`, by their names; ROW is a server, FRONTEND or BACKEND
//	state TAG COLUMN…    columns of a row of `show servers state`
//	anything else        a command of the Runtime API, with its response or its error
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenarios, error %v", len(files), err)
	}
	for _, balancer := range []string{"haproxy", "embedded"} {
		t.Run(balancer, func(t *testing.T) {
			all := make([]*scenario, len(files))
			for i, file := range files {
				all[i] = readScenario(t, file)
			}
			// Most of a scenario is waiting for health checks: all of them wait at the same time.
			var running sync.WaitGroup
			for _, s := range all {
				running.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
					defer cancel()
					s.run(ctx, balancer)
				})
			}
			running.Wait()
			for _, s := range all {
				t.Run(s.name, func(t *testing.T) { s.judge(t, balancer) })
			}
		})
	}
}

// A scenario is one file of testdata/conformance.
type scenario struct {
	name, path, want string
	config           lab.Config

	got     string // the transcript
	failure error  // what kept it from its end
}

func readScenario(t *testing.T, path string) *scenario {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{name: strings.TrimSuffix(filepath.Base(path), ".txt"), path: path, want: string(text)}
	for line := range strings.Lines(s.want) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		switch words[0] {
		case "$":
			return s
		case "balance":
			s.config.Algorithm = strings.Join(words[1:], " ")
		case "cookie":
			s.config.Sticky = strings.Join(words, " ")
		case "server":
			s.config.Nodes = append(s.config.Nodes, serverLine(t, words[1:]))
		default:
			t.Fatalf("%s: %q", path, line)
		}
	}
	t.Fatalf("%s: nothing is done", path)
	return nil
}

// serverLine reads TAG, and then `weight N` and `stopped`.
func serverLine(t *testing.T, words []string) lab.Node {
	t.Helper()
	n := lab.Node{Tag: words[0]}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "weight":
			i++
			weight, err := strconv.Atoi(words[i])
			if err != nil {
				t.Fatal(err)
			}
			n.Weight = &weight
		case "stopped":
			n.Stopped = true
		default:
			t.Fatalf("server %q", words)
		}
	}
	return n
}

func (s *scenario) judge(t *testing.T, balancer string) {
	switch {
	case errors.Is(s.failure, lab.ErrNoHAProxy):
		t.Skip(s.failure)
	case s.failure != nil:
		t.Fatalf("%v, after\n%s", s.failure, s.got)
	case s.got == s.want:
	case *update && balancer == "haproxy":
		if err := os.WriteFile(s.path, []byte(s.got), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s\n%s", s.path, difference(s.want, s.got))
	}
}

// difference shows want and got from the first line that differs on.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < min(len(w), len(g)) && w[i] == g[i] {
		i++
	}
	after := i
	for after > 0 && !strings.HasPrefix(w[after-1], "$") {
		after--
	}
	return fmt.Sprintf("after %s\nwant\n%s\ngot\n%s", w[max(0, after-1)],
		strings.Join(w[i:min(i+12, len(w))], "\n"), strings.Join(g[i:min(i+12, len(g))], "\n"))
}

// run does the scenario with that balancer and writes its transcript.
func (s *scenario) run(ctx context.Context, balancer string) {
	b := &bench{users: map[string]*visitor{}, sessions: map[string]int{}, exchanges: make(chan lab.NodeExchange, 1<<10)}
	c := s.config
	c.Balancer, c.Observe = balancer, b.observe
	if b.lab, s.failure = lab.Start(ctx, c); s.failure != nil {
		return
	}
	defer func() { s.failure = errors.Join(s.failure, b.lab.Close()) }()
	defer b.leave()
	if b.client, s.failure = haproxy.New(b.lab.RuntimeAPI()); s.failure != nil {
		return
	}
	b.client.Timeout = 20 * time.Second // the machine may be busy with other tests
	for _, n := range c.Nodes {
		if !n.Stopped && s.failure == nil { // a check may have been late on a busy machine
			s.failure = b.await(ctx, n.Tag, "UP")
		}
	}
	if s.failure != nil {
		return
	}
	begun := false
	for line := range strings.Lines(s.want) {
		command, ok := strings.CutPrefix(line, "$ ")
		switch {
		case ok:
			begun = true
			b.transcript.WriteString(line)
			if err := b.do(ctx, strings.TrimSpace(command)); err != nil {
				s.failure = err
			}
		case !begun:
			b.transcript.WriteString(line)
		}
		if s.failure != nil {
			break
		}
	}
	s.got = b.transcript.String()
}

// A bench is a running laboratory, its users, and what they saw.
type bench struct {
	lab        *lab.Lab
	client     *haproxy.Client
	users      map[string]*visitor
	sessions   map[string]int // the numbers of session ids, in the order of their coming
	sent       int
	exchanges  chan lab.NodeExchange
	transcript strings.Builder
}

// numbered is the field by which a node's exchange is known to be a user's request.
const numbered = "X-Request-Number"

// observe keeps what users' requests became, and leaves the health checks out.
func (b *bench) observe(e lab.NodeExchange) {
	if e.Header.Get(numbered) != "" {
		b.exchanges <- e
	}
}

// leave closes the users' connections.
func (b *bench) leave() {
	for _, v := range b.users {
		v.hangUp()
	}
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(&b.transcript, format+"\n", args...) }

func (b *bench) do(ctx context.Context, command string) error {
	words := strings.Fields(command)
	args := words[1:]
	switch words[0] {
	case "GET", "POST":
		for _, name := range args {
			if err := b.visit(ctx, words[0], name, b.tell); err != nil {
				return err
			}
		}
		return nil
	case "headers":
		return b.visit(ctx, "GET", args[0], b.tellHeaders)
	case "nodes":
		came, err := b.nodes(ctx, args[0], func(int) string { return args[1] })
		b.say("%s", strings.Join(came, " "))
		return err
	case "new":
		came, err := b.nodes(ctx, args[0], b.stranger)
		b.say("%s", strings.Join(came, " "))
		return err
	case "shares":
		came, err := b.nodes(ctx, args[0], b.stranger)
		b.say("%s", strings.Join(counted(came), ", "))
		return err
	case "cookie":
		name, value, _ := strings.Cut(args[1], "=")
		b.user(args[0]).jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value}})
		return nil
	case "stop":
		return b.lab.StopNode(args[0])
	case "start":
		return b.lab.StartNode(args[0])
	case "await":
		return b.await(ctx, args[0], strings.Join(args[1:], " "))
	case "stat":
		return b.stat(ctx, args[0], args[1:])
	case "state":
		return b.state(ctx, args[0], args[1:])
	}
	return b.ask(ctx, command)
}
