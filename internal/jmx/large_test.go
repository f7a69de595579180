//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package jmx

import (
	"strings"
	"testing"
)

// What would take a time of the square is told instead.
func TestTooMuchWork(t *testing.T) {
	managers := strings.Repeat(`<HeaderManager testname="H"/><hashTree/>`, 10_000)
	_, err := Import([]byte(onePlan(managers+strings.Repeat(requestFor("/"), 10_000))), Options{})
	if err == nil || !strings.Contains(err.Error(), "too large to be carried over") {
		t.Error(err)
	}
}

// The time for a large plan grows with its size only: this one would take hours if it grew with the square.
func TestLargePlan(t *testing.T) {
	one := requestFor("/x")
	source := onePlan(strings.Repeat(one, 8<<20/len(one)))
	plan, err := Import([]byte(source), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Account.Elements < 40_000 {
		t.Error(plan.Account.Summary())
	}
}
