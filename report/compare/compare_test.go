package compare

import (
	"errors"
	"stickbench/internal/sampletest"
	"stickbench/report"
	"strings"
	"testing"
)

func TestNothingToCompare(t *testing.T) {
	if _, err := Compare(nil, nil, Options{}); !errors.Is(err, ErrNothingToCompare) {
		t.Errorf("%v", err)
	}
}

// Short runs are shown, but never judged.
func TestTooLittleCannotBeTold(t *testing.T) {
	p := sampletest.Process{Samples: 10, Scale: 1, Label: "GET /", Sessions: 5, Weights: [2]int{1, 1}}
	c, err := Compare(runsOf(p, 1, 1), runsOf(p, 1, 2), Options{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != CannotTell || c.Regression || c.Shares.Verdict != report.TooFew {
		t.Errorf("verdict %s, regression %v, shares %s", c.Verdict, c.Regression, c.Shares.Verdict)
	}
	if ch := find(c.Total.Changes, "p99"); !strings.Contains(ch.Reason, "it takes 1000") {
		t.Errorf("reason %q", ch.Reason)
	}
}

// Runs of whole milliseconds are told apart by whole milliseconds only.
func TestWholeMilliseconds(t *testing.T) {
	p := sampletest.Process{Samples: 4000, Scale: 1, Label: "GET /", Whole: true}
	fine := p
	fine.Whole = false
	c, err := Compare(runsOf(p, 1, 1), runsOf(fine, 1, 2), Options{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	if m := find(c.Total.Changes, "p50").Margin; m != 1 {
		t.Errorf("margin %v ms", m)
	}
	if !strings.Contains(strings.Join(c.Warnings, "\n"), "whole milliseconds") {
		t.Errorf("no warning: %q", c.Warnings)
	}
}

// Four runs a side are compared with each other, but cannot pass the correction for three metrics; five can.
func TestRanksOfFewRuns(t *testing.T) {
	p := sampletest.Process{Samples: 600, Scale: 1, Label: "GET /", Errors: 0.02}
	slower := p
	slower.Scale = 2
	for runs, want := range map[int]string{4: CannotTell, 5: Worse} {
		c, err := Compare(runsOf(p, runs, 1), runsOf(slower, runs, 2), Options{Margin: DefaultMargin})
		if err != nil {
			t.Fatal(err)
		}
		ch := find(c.Total.Changes, "p95")
		if c.Method.Test != TestRanks || ch.Verdict != want || *ch.Effect != 1 {
			t.Errorf("%d runs, %s: %s, want %s; effect %v", runs, c.Method.Test, ch.Verdict, want, *ch.Effect)
		}
		if want == CannotTell && !strings.Contains(ch.Reason, "take more runs") {
			t.Errorf("reason %q", ch.Reason)
		}
	}
}

// What one node has more of, others have less of: that is neither better nor worse.
func TestThroughputOfNodesIsNotJudged(t *testing.T) {
	before := sampletest.Process{Samples: 4000, Scale: 1, Label: "GET /", Sessions: 10, Weights: [2]int{1, 1}}
	after := before
	after.Weights = [2]int{2, 1}
	c, err := Compare(runsOf(before, 1, 1), runsOf(after, 1, 2), Options{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range c.Total.Nodes {
		if v := find(n.Changes, "throughput").Verdict; v != Changed {
			t.Errorf("%s: %s", n.Node, v)
		}
	}
}
