package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// restoreWithin is how long putting a balancer back may take after the run, Ctrl-C or not.
const restoreWithin = 30 * time.Second

// labBackend is the backend of every laboratory's balancer.
const labBackend = "nodes"

// steering does a plan's events while the engine runs, and watches the balancer's servers. A nil steering
// has nothing to do.
type steering struct {
	driver *steer.Driver
	cancel context.CancelFunc
	ended  chan error
}

// newSteering checks what the events will need. It is nil for a plan without events and without a
// Runtime API to watch.
func newSteering(plan *plans.Plan, laboratory *lab.Lab) (*steering, error) {
	bench := steer.Bench{Borrowed: laboratory == nil}
	api, backend := "", ""
	switch {
	case laboratory != nil:
		api, backend = laboratory.RuntimeAPI(), labBackend
		bench.Lab, bench.NodeURL = laboratory, laboratory.NodeURL
		bench.Delays = map[string]time.Duration{}
		for _, n := range plan.Lab.Nodes {
			bench.Delays[n.Tag] = n.Delay
		}
	case plan.HAProxy != nil:
		api, backend = plan.HAProxy.API, plan.HAProxy.Backend
		bench.NodeURL = func(node string) string { return plan.HAProxy.Nodes[node] }
	case len(plan.Events) == 0:
		return nil, nil
	}
	if api != "" {
		client, err := haproxy.New(api)
		if err != nil {
			return nil, err
		}
		bench.API, bench.Backend = client, backend
	}
	driver, err := steer.New(bench, steerEvents(plan))
	if err != nil {
		return nil, cannotRun("the plan's events cannot be done:\n%w", err)
	}
	return &steering{driver: driver, ended: make(chan error, 1)}, nil
}

func steerEvents(plan *plans.Plan) []steer.Event {
	var all []steer.Event
	for _, e := range plan.Events {
		s := steer.Event{
			Name: e.Name, At: e.At, AfterIterations: e.AfterIterations, AfterSamples: e.AfterSamples,
			Command: e.HAProxy, Node: e.Node, Delay: e.Delay, Weight: e.Weight, State: e.State, Stopped: e.Stopped,
			MayFail: e.MayFail,
		}
		if e.HTTP != nil {
			s.HTTP = &steer.Request{Method: e.HTTP.Method, URL: loadgen.Absolute(plan.Load.Target, e.HTTP.URL), Body: e.HTTP.Body}
		}
		all = append(all, s)
	}
	return all
}

// before notes how the balancer is before the run: as its Runtime API says, or else as the plan does.
func (s *steering) before(r *record, plan *plans.Plan) {
	r.Weights, r.Algorithm = plan.Weights, plan.Algorithm
	if s == nil {
		return
	}
	snapshot := s.driver.Snapshot()
	if snapshot.Algorithm != "" {
		r.Algorithm = snapshot.Algorithm
	}
	if len(snapshot.Servers) == 0 {
		return
	}
	r.Weights, r.States = map[string]float64{}, map[string]string{}
	for _, server := range snapshot.Servers {
		r.Weights[server.Name] = float64(server.Weight)
		if server.State != steer.StateReady {
			r.States[server.Name] = server.State
		}
	}
}

// start does the events from now on. An event that is refused ends the run.
func (s *steering) start(runner *loadgen.Runner, rec *recording, began time.Time, refused func()) {
	if s == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	progress := func() (iterations, samples int64) {
		for _, p := range runner.Progress(time.Now()) {
			iterations += p.Iterations
		}
		return iterations, rec.live.Requests()
	}
	go func() {
		err := s.driver.Run(ctx, began, progress, func(h steer.Happening) { rec.happened(event(h)) })
		if err != nil {
			refused()
		}
		s.ended <- err
	}()
}

// stop ends the events and puts a borrowed balancer back as it was. Its error is the event that was
// refused, and what could not be put back.
func (s *steering) stop(rec *recording) error {
	if s == nil {
		return nil
	}
	s.cancel()
	err := <-s.ended
	ctx, cancel := context.WithTimeout(context.Background(), restoreWithin)
	defer cancel()
	putBack, restoreErr := s.driver.Restore(ctx)
	for _, h := range putBack {
		h.Text = "put back: " + h.Text
		rec.happened(event(h))
	}
	if restoreErr != nil {
		restoreErr = fmt.Errorf("not everything was put back as it was:\n%w", restoreErr)
	}
	return errors.Join(err, restoreErr)
}

// undone are the events whose time never came, as warnings.
func (s *steering) undone() []string {
	if s == nil {
		return nil
	}
	var all []string
	for _, e := range s.driver.Undone() {
		all = append(all, fmt.Sprintf("the event %q was never done: the run ended before its time", e.Text()))
	}
	return all
}

// event is a happening as reports know it.
func event(h steer.Happening) report.Event {
	return report.Event{
		AtMS: h.At.Milliseconds(), LatestMS: h.Latest.Milliseconds(), Name: h.Name, Text: h.Text, Answer: h.Answer, OK: h.OK,
		Observed: h.Observed, Phase: h.Phase, Node: h.Node, State: h.State, Weights: h.Weights,
	}
}
