package main

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"stickbench/internal/capacity"
	"stickbench/loadgen"
	"stickbench/report"
)

// limitStep is the sink of one step: what began while it settled is not judged.
type limitStep struct {
	*limitSearch
	*report.Builder
	at       float64
	from, to int64 // milliseconds since 1970
	// began are the requests that began in that time, ended those that ended in it; failed to begin are the others.
	began, ended int64
}

func newLimitStep(l *limitSearch, at float64) *limitStep {
	s := &limitStep{limitSearch: l, Builder: report.NewBuilder(), at: at}
	s.Expect(l.expect)
	return s
}

func (s *limitStep) begin() {
	from := time.Now().Add(s.Settle)
	s.Builder.Begin(from)
	s.from, s.to = from.UnixMilli(), from.Add(s.Step).UnixMilli()
}

func (s *limitStep) Record(sample *loadgen.Sample) error {
	start := sample.StartMillis()
	end := start + sample.Elapsed.Milliseconds()
	if start >= s.from && start < s.to && sample.IsRequest() {
		s.began++
	}
	if end >= s.from && end < s.to && sample.IsRequest() {
		s.ended++
	}
	if start >= s.from {
		s.Add(sample)
	}
	return nil
}

func (s *limitStep) Flush() error { return nil }
func (s *limitStep) Close() error { return nil }

// judge says what became of the step.
func (s *limitStep) judge(account *loadgen.Account) capacity.Step {
	r := s.Freeze(report.Run{Expectations: s.expect, Nodes: s.plan.NodeNames, Labels: s.plan.Labels()})
	t := &r.Total
	step := capacity.Step{
		At: s.at, Held: true, Throughput: float64(s.ended) / s.Step.Seconds(), ErrorRate: t.ErrorRate, P50MS: t.P50MS, P95MS: t.P95MS,
		Affinity: r.Affinity.Affinity, Nodes: []capacity.Node{}, Generator: s.generator(account, r),
	}
	for _, n := range r.Nodes {
		step.Nodes = append(step.Nodes, capacity.Node{Node: n.Node, Share: n.Share, P95MS: n.P95MS})
	}
	why := s.behind(account)
	for _, e := range r.Expectations {
		if !e.OK && why == "" {
			why = fmt.Sprintf("%s (%s%s)", e.Text, e.Actual, slowest(e.Text, step.Nodes))
		}
	}
	if step.Why = why; why != "" {
		step.Held = false
	}
	return step
}

// behind says how a target did not keep up with the rate: more began than ended by more than the ups and downs of a queue, or
// arrivals found no user.
func (s *limitStep) behind(account *loadgen.Account) string {
	if s.Of != "rate" {
		return ""
	}
	planned := s.at * s.Step.Seconds()
	switch lag := s.began - s.ended; {
	case account.Arrivals.Dropped > 0 && float64(account.Arrivals.Dropped) > planned/100:
		return fmt.Sprintf("keeping up (%d of %d iterations never began, as no user was free)", account.Arrivals.Dropped, account.Arrivals.Planned)
	case float64(lag) > math.Max(10, 0.03*float64(s.began)):
		return fmt.Sprintf("keeping up (%d requests began, %d ended)", s.began, s.ended)
	}
	return ""
}

// The generator was the limit if it had no processor left, or woke up too late too often for its rate.
const (
	limitLoad     = 0.85
	limitLateWake = 0.1
)

// generator says in what the machine that made the load was the limit.
func (s *limitStep) generator(account *loadgen.Account, r *report.Results) string {
	g := &account.Generator
	switch {
	case g.Load() >= limitLoad:
		return fmt.Sprintf("it used %.0f%% of its processors", 100*g.Load())
	case g.Wakes > 100 && float64(g.LateWakes) > limitLateWake*float64(g.Wakes):
		return fmt.Sprintf("%.0f%% of its pauses and arrivals ended too late", 100*float64(g.LateWakes)/float64(g.Wakes))
	}
	for _, e := range r.Errors {
		if e.Kind == string(loadgen.KindLocal) {
			return e.Message
		}
	}
	return ""
}

// slowest names the node whose p95 stands out, where the expectation is of a time.
func slowest(expectation string, nodes []capacity.Node) string {
	if !strings.Contains(expectation, "p9") && !strings.Contains(expectation, "avg") && !strings.Contains(expectation, "max") || len(nodes) < 2 {
		return ""
	}
	worst, next := nodes[0], nodes[1]
	if next.P95MS > worst.P95MS {
		worst, next = next, worst
	}
	for _, n := range nodes[2:] {
		if n.P95MS > worst.P95MS {
			worst, next = n, worst
		} else if n.P95MS > next.P95MS {
			next = n
		}
	}
	if worst.P95MS < 1.5*cmp.Or(next.P95MS, 1) {
		return ""
	}
	return ", of " + worst.Node
}
