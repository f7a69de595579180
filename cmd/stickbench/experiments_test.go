package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"stickbench/plans"
	"stickbench/report"
)

// Every plan of the catalogue holds what it expects, on the embedded balancer and on a real one. They
// mostly sleep, so that many run at once, more than -parallel would let.
func TestExperiments(t *testing.T) {
	bin := buildCommand(t)
	for _, balancer := range []string{"embedded", "haproxy"} {
		t.Run(balancer, func(t *testing.T) {
			if balancer == "haproxy" {
				needHAProxy(t)
			}
			testCatalogue(t, bin, balancer)
		})
	}
}

// atOnce is how many experiments run at the same time.
const atOnce = 8

func testCatalogue(t *testing.T, bin, balancer string) {
	entries := plans.Catalogue()
	runs := make([]experimentRun, len(entries))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, e := range entries {
		g.Go(func() error {
			runs[i] = runExperiment(bin, e.Name, "--balancer", balancer)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		t.Run(e.Name, func(t *testing.T) {
			if err := errors.Join(runs[i].err, eventProblem(runs[i].results), unexpected(e.Name, runs[i].results)); err != nil {
				t.Errorf("%v\n%s", err, runs[i].stderr)
			}
		})
	}
}

// experimentRun is what became of one plan; results is never nil.
type experimentRun struct {
	results *report.Results
	stderr  string
	err     error
}

// runExperiment runs a plan of the catalogue with the compiled command. That it does not exit with 0 is
// an error, which says what the plan expected.
func runExperiment(bin, plan string, options ...string) experimentRun {
	r := experimentRun{results: &report.Results{}}
	var stdout, stderr bytes.Buffer
	c := exec.Command(bin, append([]string{"run", plan, "--json", "--no-out", "--quiet"}, options...)...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		r.err = fmt.Errorf("stickbench %s: %w", strings.Join(c.Args[1:], " "), err)
	}
	if err := json.Unmarshal(stdout.Bytes(), r.results); err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("its results: %w", err))
	}
	for _, e := range r.results.Expectations {
		if !e.OK {
			r.err = errors.Join(r.err, fmt.Errorf("%s: %s", e.Text, e.Actual))
		}
	}
	r.stderr = stderr.String()
	return r
}

// eventProblem says which event was not done.
func eventProblem(r *report.Results) error {
	for _, e := range r.Events {
		if !e.OK {
			return fmt.Errorf("the event %q was not done: %s", e.Text, e.Answer)
		}
	}
	for _, w := range r.Warnings {
		if strings.Contains(w, "never done") {
			return errors.New(w)
		}
	}
	return nil
}

// unexpected is what is wrong with the results of a plan and could not be said in its expectations.
func unexpected(plan string, r *report.Results) error {
	if plan != "task4-delay-2500" {
		return nil
	}
	// The default check: a timeout of 2 s, every second one left out while they time out, the third one
	// counts. The first begins up to 2 s after the delay.
	down, ok := observed(r, "s1", "down")
	switch {
	case !ok:
		return errors.New("nobody saw s1 go down")
	case !strings.HasPrefix(down.Text, "s1 DOWN: L7TOUT after 2"):
		return fmt.Errorf("s1 went down for another reason: %s", down.Text)
	case down.AtMS < 8_000 || down.AtMS > 14_000:
		return fmt.Errorf("s1 went down after %d ms, want about 10 s", down.AtMS)
	}
	return nil
}

// observed is the first event that was seen to bring the node into that state.
func observed(r *report.Results, node, state string) (report.Event, bool) {
	for _, e := range r.Events {
		if e.Observed && e.Node == node && e.State == state {
			return e, true
		}
	}
	return report.Event{}, false
}

// buildCommand is the command, compiled as users have it.
func buildCommand(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "stickbench")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// needHAProxy gives the program, or skips the test where it is missing.
func needHAProxy(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Skip("no haproxy program found; install it: apt-get install haproxy")
	return ""
}
