package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stickbench/internal/events"
	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
	"stickbench/plans"
	"stickbench/report"
)

// restoreWithin is how long putting a balancer back may take after the run, Ctrl-C or not.
const restoreWithin = 30 * time.Second

// steering does a plan's events while the engine runs, and watches the balancer's servers. A nil steering
// has nothing to do.
type steering struct {
	driver *events.Driver
	cancel context.CancelFunc
	ended  chan error
}

// newSteering checks what the events will need. It is nil for a plan without events and without a
// Runtime API to watch.
func newSteering(plan *plans.Plan, laboratory *lab.Lab, rec *recording) (*steering, error) {
	target := events.Target{
		URL: plan.Load.Target, Secrets: plan.Load.Secrets, Borrowed: laboratory == nil, Undo: rec.undo,
		NodeURL: func(node string) string { return plan.Nodes[node] },
	}
	api := ""
	switch {
	case laboratory != nil:
		api, target.Backend = laboratory.RuntimeAPI(), lab.Backend
		target.Lab, target.NodeURL = laboratory, laboratory.NodeURL
		target.Delays = map[string]time.Duration{}
		for _, n := range plan.Lab.Nodes {
			target.Delays[n.Tag] = n.Delay
		}
	case plan.HAProxy != nil:
		api, target.Backend = plan.HAProxy.API, plan.HAProxy.Backend
	case len(plan.Events) == 0:
		return nil, nil
	}
	if api != "" {
		client, err := haproxy.New(api)
		if err != nil {
			return nil, err
		}
		target.API = client
	}
	driver, err := events.New(target, plan.Events)
	if err != nil {
		return nil, cannotRun("the plan's events cannot be done:\n%w", err)
	}
	return &steering{driver: driver, ended: make(chan error, 1)}, nil
}

// before notes how the balancer is before the run: as its Runtime API says, or else as the plan does.
func (s *steering) before(r *record, plan *plans.Plan) {
	r.Weights, r.Algorithm = plan.Weights, plan.Algorithm
	if plan.Lab != nil {
		r.Algorithm = plan.Lab.Algorithm
	}
	if s == nil {
		return
	}
	snapshot := s.driver.Snapshot()
	// HAProxy (2.6 to 3.5) calls random unknown: then the plan's word counts.
	if known := snapshot.Algorithm != "" && snapshot.Algorithm != report.UnknownAlgorithm; known || r.Algorithm == "" {
		r.Algorithm = snapshot.Algorithm
	}
	if len(snapshot.Servers) == 0 {
		return
	}
	var told map[string]string
	if plan.HAProxy != nil {
		told = plan.HAProxy.Names
	}
	if plan.Lab == nil || r.NodeSource != "json:tag" { // the laboratory's application names its servers
		r.Names = snapshot.NodeNames(r.NodeSource, plan.Nodes, told)
	}
	if plan.HAProxy != nil {
		r.Warnings = append(r.Warnings, snapshot.Unknown(told)...)
		r.Warnings = append(r.Warnings, snapshot.Leftovers(plan.HAProxy.API, plan.HAProxy.Backend)...)
	}
	r.Weights, r.States, r.ServerIDs = map[string]float64{}, map[string]string{}, map[string]int{}
	for _, server := range snapshot.Servers {
		r.Weights[server.Name], r.ServerIDs[server.Name] = float64(server.Weight), server.ID
		if server.State != haproxy.Ready {
			r.States[server.Name] = server.State
		}
	}
}

// start does the events from now on. An event that is refused ends the run.
func (s *steering) start(runner engine, rec *recording, began time.Time, refused func()) {
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
		err := s.driver.Run(ctx, began, progress, rec.happened)
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
	restored, restoreErr := s.driver.Restore(ctx)
	for _, e := range restored {
		e.Text = "put back: " + e.Text
		rec.happened(e)
	}
	if restoreErr != nil {
		restoreErr = fmt.Errorf("not everything was put back as it was%s:\n%w", rec.restoreHint(), restoreErr)
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
		all = append(all, fmt.Sprintf("the event %q was never done: the run ended before its time", e.String()))
	}
	return all
}
