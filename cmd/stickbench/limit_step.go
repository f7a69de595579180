package main

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"stickbench/internal/capacity"
	"stickbench/internal/format"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// limitStep is the sink of one step. Judged are the requests of its group that began after it had settled.
type limitStep struct {
	*limitSearch
	*fold.Builder
	at float64
	// from is when the step has settled, until when its group has ended, in milliseconds since 1970.
	from, until atomic.Int64
	judging     bool
	requests    int64 // of the group, those while it settled included
	kept        capacity.Kept
}

func newLimitStep(l *limitSearch, at float64) *limitStep {
	s := &limitStep{limitSearch: l, Builder: fold.NewBuilder(), at: at}
	s.Expect(l.expect)
	s.from.Store(math.MaxInt64)
	s.until.Store(math.MaxInt64)
	return s
}

// begin is called when the group begins.
func (s *limitStep) begin() { s.from.Store(time.Now().Add(s.Settle).UnixMilli()) }

// meet is the runner's Meet: there is setup or teardown.
func (s *limitStep) meet(ended loadgen.Phase, left map[string]loadgen.Shared) (map[string]loadgen.Shared, error) {
	if ended == loadgen.Setup {
		s.begin()
	} else {
		s.until.Store(time.Now().UnixMilli())
	}
	return left, nil
}

func (s *limitStep) Record(sample *loadgen.Sample) error {
	from, start := s.from.Load(), sample.StartMillis()
	if start < from-s.Settle.Milliseconds() || start >= s.until.Load() {
		return nil // of setup or teardown
	}
	if sample.IsRequest() {
		s.requests++
		s.keep(float64(start-from), float64(start-from)+float64(sample.Elapsed)/1e6)
	}
	if start < from {
		return nil
	}
	if !s.judging {
		s.Builder.Begin(time.UnixMilli(from))
		s.judging = true
	}
	s.Add(sample)
	return nil
}

// keep counts a request that was in flight from start to end, milliseconds after the step had settled.
func (s *limitStep) keep(start, end float64) {
	whole := float64(s.Step.Milliseconds())
	within := func(from, to float64) float64 { return max(0, min(end, to)-max(start, from)) / (to - from) }
	s.kept.First += within(0, whole/4)
	s.kept.Last += within(whole*3/4, whole)
	s.kept.InFlight += within(0, whole)
	if end >= 0 && end < whole {
		s.kept.Ended++
	}
}

func (s *limitStep) Flush() error { return nil }
func (s *limitStep) Close() error { return nil }

// judge says what became of the step.
func (s *limitStep) judge(account *loadgen.Account) capacity.Step {
	r := s.Freeze(report.Run{Expectations: s.expect, Nodes: s.plan.NodeNames, Labels: s.plan.Labels()})
	t := &r.Total
	step := capacity.Step{
		At: s.at, Held: true, Throughput: s.kept.Ended / s.Step.Seconds(), ErrorRate: t.ErrorRate, P50MS: t.P50MS, P95MS: t.P95MS,
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

// behind says how a target did not keep up with the rate.
func (s *limitStep) behind(account *loadgen.Account) string {
	if s.Of != "rate" {
		return ""
	}
	arrivals := &account.Arrivals
	s.kept.Planned = s.at * s.Step.Seconds() * float64(s.requests) / float64(max(1, arrivals.Started))
	switch {
	case arrivals.Dropped > arrivals.Planned/100:
		return fmt.Sprintf("keeping up (%d of %d iterations never began, as no user was free)", arrivals.Dropped, arrivals.Planned)
	case s.kept.Behind():
		return fmt.Sprintf("keeping up (%s of %s requests per second)", format.Decimal(s.kept.Ended/s.Step.Seconds(), 1), format.Decimal(s.kept.Planned/s.Step.Seconds(), 1))
	}
	return ""
}

// The generator was the limit if it had no processor left, or if it was as late as this part of what its responses
// took: a request that leaves later than planned is no slower for it, but what delays the one may have delayed the other.
const (
	limitLoad = 0.85
	limitLate = 0.1
)

// generator says in what the machine that made the load was the limit.
func (s *limitStep) generator(account *loadgen.Account, r *report.Results) string {
	g, arrivals := &account.Generator, &account.Arrivals
	late := g.WokenLate.Seconds() * 1000 / float64(max(1, g.Wakes))
	switch {
	case g.Load() >= limitLoad:
		return fmt.Sprintf("it used %.0f%% of its processors", 100*g.Load())
	case arrivals.ByGenerator > arrivals.Planned/100:
		return fmt.Sprintf("%d of %d iterations never began, as it woke up too late", arrivals.ByGenerator, arrivals.Planned)
	case late > limitLate*r.Total.AverageMS:
		return fmt.Sprintf("its pauses and arrivals ended %s ms too late on average", format.Millis(late))
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
