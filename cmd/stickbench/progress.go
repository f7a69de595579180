package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"stickbench/internal/live"
	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
)

// watchFlags say how the run is shown while it lasts.
func (o *runFlags) watchFlags(f *pflag.FlagSet) {
	quietVar(f, &o.Quiet, "")
	f.StringVar(&o.Progress, "progress", live.Auto, "`auto|json|none` on standard error: auto draws bars on a terminal and prints lines elsewhere, json prints a line of JSON every second")
	f.StringVar(&o.Metrics, "metrics", "", "serve Prometheus metrics of the run at /metrics while it lasts, on a loopback `address` such as 127.0.0.1:9464")
	f.StringVar(&o.Web, "web", "", "serve the run's page while it lasts, and after, at `ADDR` (default "+webAddress+"); other addresses than loopback need the token in the URL that is printed")
	f.Lookup("web").NoOptDefVal = webAddress
	f.Var((*durationFlag)(&o.Linger), "linger", "how long the page of --web stays after the run, such as 10m (default: until Ctrl-C)")
}

// quietVar is --quiet, with what else there is to say of it in front.
func quietVar(f *pflag.FlagSet, to *bool, of string) {
	f.BoolVarP(to, "quiet", "q", false, of+"no progress on standard error")
}

// checkProgress refuses what --progress does not know, and --quiet beside it.
func (o *runFlags) checkProgress(given bool) error {
	switch {
	case !slices.Contains([]string{live.Auto, live.JSON, live.None}, o.Progress):
		return fmt.Errorf("--progress %s: expected auto, json or none", o.Progress)
	case o.Quiet && given && o.Progress != live.None:
		return errors.New("--quiet and --progress exclude each other")
	}
	return nil
}

// progress is the value of --progress that is meant.
func (o *runFlags) progress() string {
	if o.Quiet {
		return live.None
	}
	return o.Progress
}

// shown is what a terminal has of a run: what is drawn, and the keys that steer.
type shown struct {
	*live.Display
	keys *live.Keys // nil for none
}

// stop leaves the terminal as it was.
func (s *shown) stop() {
	s.keys.Stop()
	s.Stop()
}

// showProgress shows the run that begins at that time. steering may be nil.
func (a *app) showProgress(runner engine, plan *plans.Plan, s *recording, steering *steering, stops *stops, began time.Time, mode string) *shown {
	w := &live.Watch{Progress: runner.Progress, Model: s.live, Began: began, Stopped: stops.stopped, Timeout: plan.Load.Timeout}
	for _, g := range plan.Load.Groups {
		w.Timeout = max(w.Timeout, longestTimeout(g.Steps))
	}
	if runner.machines() != nil {
		w.Machines = runner.machines
	}
	if steering != nil {
		w.Next = steering.next
	}
	w.Paused = s.control.Paused
	keys := &steer.Keys{Control: &s.control, Say: func(line string) { fmt.Fprintln(a.notices, line) }}
	v := &shown{}
	if mode == live.Auto && live.Bars(a.stderr) {
		v.keys = live.ReadKeys(a.stdin, a.notices, keys.Press)
	}
	if v.keys != nil {
		w.Line = keys.Line
	}
	v.Display = live.Show(a.stderr, a.notices, w, mode)
	return v
}

// longestTimeout is the longest one of requests among the steps.
func longestTimeout(steps []loadgen.Step) (d time.Duration) {
	for i := range steps {
		if r := steps[i].Request; r != nil {
			d = max(d, r.Timeout)
		}
		d = max(d, longestTimeout(steps[i].Steps))
	}
	return d
}

// next is the event that is next; nil if none is left.
func (s *steering) next(elapsed time.Duration, iterations, samples int64) *live.Upcoming {
	name, in, ok := s.driver.Pending(elapsed)
	if !ok {
		return nil
	}
	next := &live.Upcoming{Name: name, In: in, Left: -1}
	if in < 0 {
		next.Left = toGo(s.driver.Undone(), iterations, samples)
	}
	return next
}

// toGo is how many iterations are missing until the first event that waits for a number of them, or samples
// if no event does.
func toGo(undone []plans.Event, iterations, samples int64) int64 {
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

// checkMetricsAddress refuses what is no loopback address.
func checkMetricsAddress(address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--metrics %s: expected a loopback address and a port, such as 127.0.0.1:9464", address)
	}
	if !live.Loopback(host) {
		return fmt.Errorf("--metrics %s: only loopback addresses are served, such as 127.0.0.1:9464", address)
	}
	return nil
}

// serveMetrics serves the metrics of the run that runner does and s records, and says where; not at all without
// an address.
func (a *app) serveMetrics(address string, runner engine, plan *plans.Plan, s *recording) (*live.Server, error) {
	m := &live.Server{Plan: plan.Load.Name, Version: version(), Progress: runner.Progress, Meter: live.NewMeter()}
	if address == "" {
		return m, nil
	}
	at, err := m.Listen(address)
	if err != nil {
		return nil, cannotRun("--metrics: %w", err)
	}
	s.Sinks = append(s.Sinks, m.Meter)
	fmt.Fprintf(a.notices, "metrics at http://%s/metrics\n", at)
	return m, nil
}
