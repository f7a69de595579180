package compare

import (
	"errors"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
)

func TestNothingToCompare(t *testing.T) {
	if _, err := Compare(nil, nil, Options{}); !errors.Is(err, ErrNothingToCompare) {
		t.Errorf("%v", err)
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
