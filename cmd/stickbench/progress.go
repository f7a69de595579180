package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
)

const printEvery = 10 * time.Second

// The values of --progress.
const (
	progressAuto = "auto"
	progressJSON = "json"
	progressNone = "none"
)

// checkProgress refuses what --progress does not know, and --quiet beside it.
func (o *runFlags) checkProgress(given bool) error {
	switch {
	case !slices.Contains([]string{progressAuto, progressJSON, progressNone}, o.Progress):
		return fmt.Errorf("--progress %s: expected auto, json or none", o.Progress)
	case o.Quiet && given && o.Progress != progressNone:
		return errors.New("--quiet and --progress exclude each other")
	}
	return nil
}

// progress is the value of --progress that is meant.
func (o *runFlags) progress() string {
	if o.Quiet {
		return progressNone
	}
	return o.Progress
}

// progress shows how far the run is, on stderr: as JSON lines if they are asked for, else a bar per group
// and what each node does on a terminal, else a line per group every ten seconds.
type progress struct {
	done chan struct{}
	wait sync.WaitGroup
}

// showProgress shows the run that begins at that time. steering may be nil.
func (a *app) showProgress(runner *loadgen.Runner, plan *plans.Plan, l *live, s *steering, began time.Time, mode string) *progress {
	l.begin(began)
	p := &progress{done: make(chan struct{})}
	w := &watch{runner: runner, live: l, began: began, rates: make([]rate, len(plan.Load.Groups))}
	if s != nil {
		w.driver = s.driver
	}
	_, isTerminal := terminal(a.stderr)
	switch {
	case mode == progressNone:
	case mode == progressJSON:
		p.wait.Go(func() { jsonLines(a.notices, w, p.done) })
	case isTerminal:
		p.wait.Go(func() { bars(a.stderr, a.notices, w, p.done) })
	default:
		p.wait.Go(func() { lines(a.notices, w, p.done) })
	}
	return p
}

func (p *progress) stop() {
	close(p.done)
	p.wait.Wait()
}

// watch looks at a run.
type watch struct {
	runner *loadgen.Runner
	live   *live
	driver *steer.Driver // nil without events
	began  time.Time
	rates  []rate
}

// status is what is shown of one group.
type status struct {
	loadgen.Progress
	requests, errors int64
	perSecond        float64
	shares           []share
}

func (w *watch) look(now time.Time) []status {
	all := make([]status, len(w.rates))
	for i, p := range w.runner.Progress(now) {
		s := status{Progress: p}
		s.requests, s.errors, s.shares = w.live.look(p.Group)
		s.perSecond = w.rates[i].at(now, s.requests)
		all[i] = s
	}
	return all
}

// next is the event that is next; nil if none is left.
func (w *watch) next(now time.Time, groups []status) *upcoming {
	if w.driver == nil {
		return nil
	}
	name, in, ok := w.driver.Pending(now.Sub(w.began))
	if !ok {
		return nil
	}
	next := &upcoming{name: name, in: in, left: -1}
	if in < 0 {
		var iterations int64
		for i := range groups {
			iterations += groups[i].Iterations
		}
		next.left = toGo(w.driver.Undone(), iterations, w.live.total())
	}
	return next
}

// toGo is how many iterations are missing until the first event that waits for a number of them, or samples
// if no event does.
func toGo(undone []steer.Event, iterations, samples int64) int64 {
	left, leftSamples := int64(-1), int64(-1)
	for i := range undone {
		if n := undone[i].AfterIterations; n > 0 && (left < 0 || n-iterations < left) {
			left = max(0, n-iterations)
		}
		if n := undone[i].AfterSamples; n > 0 && (leftSamples < 0 || n-samples < leftSamples) {
			leftSamples = max(0, n-samples)
		}
	}
	if left >= 0 {
		return left
	}
	return leftSamples
}

// part is how much of the group is done, 0 to 1: of its iterations or of its time, whatever is further.
func (s *status) part() float64 {
	part := 0.0
	if s.OfIterations > 0 {
		part = float64(s.Iterations) / float64(s.OfIterations)
	}
	if s.OfDuration > 0 {
		part = max(part, s.Elapsed.Seconds()/s.OfDuration.Seconds())
	}
	return min(1, part)
}

// left is how long the group will take at its pace so far; negative where that cannot be told yet.
func (s *status) left() time.Duration {
	part := s.part()
	if part <= 0 || s.Elapsed < time.Second/2 {
		return -1
	}
	return time.Duration(float64(s.Elapsed) * (1 - part) / part)
}

// lines prints each group every ten seconds, for logs.
func lines(out io.Writer, w *watch, done <-chan struct{}) {
	tick := time.NewTicker(printEvery)
	defer tick.Stop()
	w.look(w.began) // the first rate is over the first ten seconds
	for {
		select {
		case <-done:
			return
		case now := <-tick.C:
			for _, s := range w.look(now) {
				fmt.Fprintf(out, "%4.0fs  %s\n", now.Sub(w.began).Seconds(), s.line())
			}
		}
	}
}

// line is the status in words.
func (s *status) line() string {
	parts := []string{
		fmt.Sprintf("%s: %d of %d users", s.Group, s.Active, s.Users),
		fmt.Sprintf("%.0f%%", 100*s.part()),
		fmt.Sprintf("%d requests", s.requests),
		fmt.Sprintf("%.1f/s", s.perSecond),
		fmt.Sprintf("%d errors", s.errors),
	}
	if len(s.shares) > 0 {
		parts = append(parts, s.nodes())
	}
	if left := s.left(); left >= 0 && s.Ended < s.Users {
		parts = append(parts, clock(left)+" left")
	}
	return strings.Join(parts, ", ")
}

func (s *status) nodes() string {
	var parts []string
	for _, x := range s.shares {
		parts = append(parts, fmt.Sprintf("%s %.0f%%", printable(x.node), 100*x.part))
	}
	return strings.Join(parts, " ")
}
