package steer

import (
	"fmt"
	"time"
)

// The states of a node in Happening.State and Server.State: what users meet, whatever was asked.
const (
	StateReady = "ready" // takes new sessions
	StateUp    = "up"    // the same, as seen by a health check
	StateDrain = "drain" // keeps its sessions and takes no new one; weight 0 and NOLB are the same
	StateMaint = "maint" // its sessions go elsewhere
	StateDown  = "down"  // the same, by a health check, or because the run stopped the node
)

// Happening is an event that was done or tried, or a change that was seen, on the run's clock.
type Happening struct {
	// At is when its effect can be expected, from the start of the run. Of commands, stopped nodes and
	// HTTP requests it is the moment before they were sent; of delays that of the answer, because a
	// blocked node takes its new delay when it has worked off its queue. Of an observed change it is the
	// earliest moment at which it can have been: when the servers were last seen without it, or what
	// HAProxy says of the time since (in whole seconds), if that is later. Never before the happening
	// told before it.
	At time.Duration
	// Latest is the latest moment of an observed change: it was between At and Latest. Otherwise At.
	Latest time.Duration
	// Name is that of the phase, or of what was seen ("s1 down"), and Text what was done ("set server
	// nodes/s1 state drain") or seen ("s1 DOWN: L7TOUT after 2001 ms").
	Name, Text string
	// Answer is what the balancer, the node or the laboratory had to say; often nothing.
	Answer string
	// OK says that it was done. An observed loss of the Runtime API is not OK.
	OK bool
	// Observed says that it was seen, and not done by the run. Somebody else may have done it.
	Observed bool
	// Phase says that a phase of the run begins: with events that were done and that change something.
	Phase bool
	// Node is the node it is about, "" if none or several, and State what it is in from now on: one of
	// the State… above, "" if that did not change.
	Node, State string
	// Weights are all servers' weights from now on; nil if none changed.
	Weights map[string]int
}

// RefusedError is an event without MayFail that was refused or could not be done: it ends the run.
type RefusedError struct {
	Event  Event
	Answer string // the words of who refused it
	Err    error
}

// Error says which event, when, and why.
func (e *RefusedError) Error() string {
	name := e.Event.name()
	if text := e.Event.Text(); text != name {
		name += " (" + text + ")"
	}
	return fmt.Sprintf("event %s, %s: %v", name, e.Event.when(), e.Err)
}

// Unwrap gives what refused it, such as a *haproxy.CommandError.
func (e *RefusedError) Unwrap() error { return e.Err }

// when is the event's time in words.
func (e *Event) when() string {
	switch {
	case e.AfterIterations > 0:
		return fmt.Sprintf("after %d iterations", e.AfterIterations)
	case e.AfterSamples > 0:
		return fmt.Sprintf("after %d samples", e.AfterSamples)
	}
	return "at " + e.At.String()
}
