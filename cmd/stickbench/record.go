package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stickbench/internal/cluster"
	"stickbench/internal/lab"
	"stickbench/internal/redact"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

const (
	stoppedByUser    = "interrupted"
	stoppedByFailure = "failed"
)

func newRecord(plan *plans.Plan, over plans.Override) *record {
	r := &record{
		Schema: recordSchema, Version: version(), Plan: plan.Load.Name, PlanFile: redact.Text(plan.Path),
		Seed: plan.Load.Seed, Target: redact.URL(plan.Load.Target), Override: over.Redacted(), Host: thisHost(),
		Start: time.Now().UTC(), Events: []report.Event{}, Warnings: []string{},
	}
	if x := plan.Load.Session.Node; x != nil {
		r.NodeSource = x.String()
	}
	return r
}

// cutShort begins the warning of a run that failed.
const cutShort = "the run did not come to its end: "

// finish notes how the run went.
func (r *record) finish(o runOutcome) {
	elapsed := time.Since(r.began)
	end := r.Start.Add(elapsed)
	r.End = &end
	r.clock(time.Now().Round(0).Sub(r.began.Round(0))-elapsed, elapsed)
	account := o.account
	switch {
	case o.stopped != "" && o.failure == nil && !o.interrupted:
		r.Stopped, r.StopReason = report.StoppedEarly, o.stopped
	case o.failure != nil:
		r.Stopped = stoppedByFailure
		r.Warnings = append(r.Warnings, cutShort+o.failure.Error())
		var missing *cluster.Incomplete
		if errors.As(o.failure, &missing) {
			r.Cluster.Kept = missing.Kept
		}
	case o.interrupted:
		r.Stopped = stoppedByUser
		r.Warnings = append(r.Warnings, "the run was interrupted before its plan was done")
	}
	r.Requests = &report.Requests{
		Started: account.Started, OK: account.OK, Failed: account.Failed, Cut: account.Cut,
		Redirects: account.Redirects, Connections: account.Connections,
	}
	r.Arrivals, r.Generator = arrivalsOf(&account), generatorOf(&account)
	if account.Stopped != "" {
		r.Warnings = append(r.Warnings, "the run stopped early, as its plan wants it: "+account.Stopped)
	}
	r.Warnings = append(r.Warnings, account.Warnings...)
	if account.Stalls > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("users waited %d times, %s in all, because samples could not be recorded fast enough: the load was less than planned", account.Stalls, account.Stalled.Round(time.Millisecond)))
	}
}

// clock warns if the system's clock has gone by more than the steady one than the slow corrections of a time
// service make (500 ppm, RFC 5905): somebody set it, or the machine slept.
func (r *record) clock(by, elapsed time.Duration) {
	if by.Abs() > time.Second/2+elapsed/2000 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the system's clock jumped by %v during the run: all its times are counted from its start, by a clock that does not jump", by.Round(time.Millisecond)))
	}
}

// facts are what the report must know beside the samples.
func (r *record) facts(plan *plans.Plan) report.Run {
	model, users := modelOf(&plan.Load)
	stopped := r.Stopped
	if r.End == nil && r.Results == nil && stopped == "" {
		stopped = stoppedByFailure // it was killed
	}
	return report.Run{
		Due:     r.arrivalsDue(&plan.Load),
		Stopped: stopped, Reason: r.StopReason, Sticky: r.sticky(plan),
		Model: model, PlannedUsers: users, Arrivals: r.Arrivals, Generator: r.Generator, Agents: r.Agents, Asked: r.Asked, Coordinator: r.Coordinator,
		Plan: r.Plan, Expectations: plan.Expect, Requests: r.Requests,
		Warnings: r.Warnings, NodeSource: r.NodeSource,
		Names: r.Names, Nodes: plan.NodeNames, Labels: plan.Labels(),
		Weights: r.Weights, States: r.States, Algorithm: r.Algorithm, ExpectedShares: ringShares(r.Algorithm, r.ServerIDs),
	}
}

// arrivalsDue tells how many arrivals the plan has by when, as it was steered until it is asked; nil without open groups.
func (r *record) arrivalsDue(plan *loadgen.Plan) func(ms int64) float64 {
	if !plan.Open() {
		return nil
	}
	return func(ms int64) float64 { return plan.ArrivalsDue(time.Duration(ms)*time.Millisecond, r.Steered...) }
}

// sticky is what is known of whether sessions stick: nothing does in a laboratory without a cookie, and behind a
// balancer that placed every request, unless the algorithm itself knows users again. nil leaves it to the
// samples.
func (r *record) sticky(plan *plans.Plan) *bool {
	algorithm := r.Algorithm
	if plan.Lab != nil {
		algorithm = plan.Lab.Algorithm
	}
	if free := r.PlacedAll || plan.Lab != nil && plan.Lab.Sticky == ""; !free {
		return nil
	}
	switch algorithm, _, _ := strings.Cut(algorithm, "("); algorithm {
	case "", "roundrobin", "static-rr", "leastconn", "random", report.UnknownAlgorithm:
		return new(bool)
	}
	return nil
}

// largestServerID bounds the ids of servers whose shares are computed: HAProxy counts them from 1 on.
const largestServerID = 1 << 12

// ringShares is what HAProxy's random makes of weights where that is known: with one draw for each decision, the
// parts of its ring, in which each server has its places by its id (2.6 to 3.5). With two draws or more, as is
// usual, the load decides too. nil otherwise.
func ringShares(algorithm string, ids map[string]int) func(map[string]float64) map[string]float64 {
	if algorithm != "random(1)" || len(ids) == 0 {
		return nil
	}
	largest := slices.Max(slices.Collect(maps.Values(ids)))
	if slices.Min(slices.Collect(maps.Values(ids))) < 1 || largest > largestServerID {
		return nil
	}
	return func(weights map[string]float64) map[string]float64 {
		whole := make([]int, largest)
		for name, weight := range weights {
			if id := ids[name]; id > 0 {
				whole[id-1] = int(weight)
			}
		}
		shares, law := lab.ExpectedShares(algorithm, whole)
		if !law {
			return nil
		}
		named := make(map[string]float64, len(weights))
		for name := range weights {
			if id := ids[name]; id > 0 {
				named[name] = shares[id-1]
			}
		}
		return named
	}
}
