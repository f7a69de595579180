package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stickbench/internal/lab"
	"stickbench/internal/steer"
	"stickbench/report"
)

// steerable is a laboratory for runs that are steered, and the plan of one.
func steerable(t *testing.T) (plan string, requests *atomic.Int64) {
	requests = &atomic.Int64{}
	l, err := lab.Start(t.Context(), lab.Config{Sticky: "cookie SERVERID insert indirect nocache", Nodes: []lab.Node{{Tag: "s1"}, {Tag: "s2"}},
		Observe: func(x lab.NodeExchange) {
			if x.Method == http.MethodGet {
				requests.Add(1)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return fmt.Sprintf(`expect = ['affinity == 1']
[target]
url = %q
nodes = { s1 = %q }
[session]
node = "json:tag"
[haproxy]
api = %q
backend = "nodes"
[[group]]
name = "few"
users = 3
duration = "40s"
[[group.step]]
request = "GET /"
[[group.step]]
think = "10ms"
[[event]]
at = "39s"
name = "slow"
node = "s1"
delay = "1ms"
`, l.URL(), l.NodeURL("s1"), l.RuntimeAPI()), requests
}

// standsStill checks that nobody sends anything while a run is paused.
func standsStill(t *testing.T, requests *atomic.Int64) {
	t.Helper()
	eventually(t, "quiet", func() bool { // what was in flight
		was := requests.Load()
		time.Sleep(20 * time.Millisecond)
		return requests.Load() == was
	})
	was := requests.Load()
	time.Sleep(100 * time.Millisecond)
	if n := requests.Load() - was; n != 0 {
		t.Errorf("%d requests while it was paused", n)
	}
}

// A run is steered from another terminal; its report, live and again from its folder, says what was done by whom, and so does
// a comparison.
func TestCtl(t *testing.T) {
	plan, requests := steerable(t)
	dir := t.TempDir()
	ended := make(chan ran, 1)
	go func() { ended <- runCommand(t, dir, plan, "run", "plan.toml", "-o", "results/run", "--quiet") }()
	folder := filepath.Join(dir, "results", "run")
	eventually(t, "requests", func() bool { return requests.Load() > 9 })
	if info, err := os.Stat(steer.Socket(folder)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	ctl := func(code int, says string, args ...string) {
		t.Helper()
		r := runCommand(t, dir, plan, append([]string{"ctl"}, args...)...)
		if r.code != code || !strings.Contains(r.stdout+r.stderr, says) {
			t.Errorf("ctl %v: %d, %s%s\nwant %d, %s", args, r.code, r.stdout, r.stderr, code, says)
		}
	}
	ctl(0, "paused\n", "pause")
	standsStill(t, requests)
	was := requests.Load()
	ctl(0, `"paused": true`, "results/run", "status", "--json")
	ctl(2, "the run is paused already", "pause")
	ctl(0, "goes on\n", "results", "resume") // the one of its runs that goes on
	eventually(t, "more requests", func() bool { return requests.Load() > was+9 })
	ctl(0, "users 1\n", "results/run", "users", "-2")
	c := steer.NewClient(folder) // costs less than a command
	say := func(want steer.Reply, sure bool, words ...string) {
		t.Helper()
		if got, err := c.Do(steer.Order{Words: words, Sure: sure, By: "ada"}); got != want || err != nil {
			t.Errorf("%v: %+v, %v\nwant %+v", words, got, err, want)
		}
	}
	eventually(t, "one user", func() bool { s, err := c.Status(); return err == nil && s.Groups[0].Active == 1 })
	say(steer.Reply{Error: "users of few: 4 is beyond the plan: want 0 to 3"}, false, "users", "4")
	say(steer.Reply{Error: "the plan has no group of arrivals; where users wait for responses, their number is changed with users"}, false, "rate", "4")
	say(steer.Reply{Said: "users as planned"}, false, "users", "plan")
	say(steer.Reply{Said: "noted"}, false, "note", "the", "cache", "is", "warm")
	say(steer.Reply{Error: "drain s1 acts on the balancer", Confirm: true}, false, "drain", "s1")
	ctl(2, "drain s1 acts on the balancer: add --yes", "drain", "s1")
	ctl(0, "node s1: drain", "results/run", "--yes", "drain", "s1")
	say(steer.Reply{Said: "node s1: ready"}, true, "ready", "s1")
	say(steer.Reply{Error: `the backend nodes has no server "s3": did you mean "s1"?`}, true, "maint", "s3")
	say(steer.Reply{Said: "node s1: delay 1ms"}, false, "event", "slow")
	say(steer.Reply{Error: `the plan has no event "slw": did you mean "slow"?`}, false, "event", "slw")
	say(steer.Reply{Said: "stopping: nothing new starts, what is in flight ends"}, false, "stop")
	r := <-ended
	if r.code != exitInterrupted || !strings.Contains(r.stdout, "steered by hand (8 times, paused for ") {
		t.Errorf("%d, %s%s", r.code, r.stdout, r.stderr)
	}
	for _, said := range []string{"the cache is warm (by hand: ctl ada)", "paused (by hand: ctl " + userName() + ")", "stop (by hand: ctl ada)"} {
		if !strings.Contains(r.stdout, said) {
			t.Errorf("no %q in\n%s", said, r.stdout)
		}
	}
	if again := runCommand(t, dir, plan, "report", "results/run"); again.stdout != r.stdout {
		t.Errorf("again:\n%s\nthe run:\n%s", again.stdout, r.stdout)
	}
	var results report.Results
	if err := json.Unmarshal([]byte(runCommand(t, dir, plan, "report", "results/run", "--format", "json").stdout), &results); err != nil || results.Steered == nil || results.Steered.Times != 8 {
		t.Errorf("%v, %+v", err, results.Steered)
	}
	page, err := os.ReadFile(filepath.Join(folder, reportFile))
	if !strings.Contains(string(page), "Steered by hand (8 times, paused for ") {
		t.Errorf("the page does not say so: %v", err)
	}
	for _, format := range []string{"text", "html"} {
		compared := runCommand(t, dir, plan, "compare", "results/run", "results/run", "--format", format)
		if !strings.Contains(strings.Join(strings.Fields(compared.stdout), " "), "was steered by hand (8 times, paused for ") {
			t.Errorf("a comparison says\n%s", compared.stdout)
		}
	}
	ctl(3, "no run is going on in results/run", "results/run", "pause")
	ctl(3, "no run is going on in results/: name", "pause")
	ctl(2, `"paus" is neither a folder nor a word: did you mean "pause"?`, "paus")
	if _, err := os.Stat(steer.Socket(folder)); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}
