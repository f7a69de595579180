// Package cluster makes one run of many machines, on NATS with JetStream. It is the only one that knows NATS.
//
//	coordinator                                     agents
//	  plan, files ──▶ object store, by their hash ──▶ each reads the same
//	  order ────────▶ key "run" ────────────────────▶ prepare, start at T0, stop, cut, over
//	  members ◀────── keys "agent.NAME", leases ◀──── joined, ready, progress twice a second, ledger
//	  sinks ◀─ merge ◀─ stream "samples.NAME" ◀────── batches, one message id each
//
// Who is there is who holds a lease: a key that expires unless it is written again. Names are single because a key is
// created once, and an agent whose key was given to another finds out when it writes it. Samples go to a stream on
// disk; agents keep what the coordinator has not recorded yet, first in memory, then in a file of their own. The
// path of samples never waits for the network.
package cluster

import (
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"stickbench/loadgen"
)

const (
	// told is how often agents and coordinator tell how they are.
	told = 500 * time.Millisecond
	// lease is how long an agent may say nothing before it counts as lost.
	lease = 15 * time.Second
	// silence is how long a coordinator may say nothing before its agents stop.
	silence = 8 * time.Second
	// lead is how far ahead the start is announced.
	lead = 2 * time.Second
	// batchEvery is how often an agent sends what it has, batchMost how many samples at most at a time. Each batch wakes
	// server and coordinator a dozen times: with ten a second that cost them as much as the samples did.
	batchEvery = told
	batchMost  = 4096
)

// bucket is the name of a run's keys, its objects, and its stream.
func bucket(run string) string { return "stickbench-" + run }

// Subjects. All but the first are a run's own.
const helloSubject = "stickbench.hello"

func clockSubject(run string) string          { return "stickbench." + run + ".clock" }
func samplesSubject(run, agent string) string { return "stickbench." + run + ".samples." + agent }

const orderKey = "run"

func agentKey(name string) string { return "agent." + name }

// hello is what an agent asks whoever coordinates a run, and welcome what it is told.
type hello struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type welcome struct {
	Run    string `json:"run"`
	Bundle string `json:"bundle"` // SHA-256 of it, in hexadecimal
	Refuse string `json:"refuse,omitempty"`
}

// phase is how far a run is.
type phase int

const (
	gathering phase = iota
	preparing
	running
	stopping // nothing new starts
	cutting  // what is in flight is cut
	over
)

// order is what the coordinator wants of all agents.
type order struct {
	Phase phase `json:"phase"`
	// Names are the agents of the run, in the order of their segments, and Weights what they can do.
	Names   []string `json:"names,omitempty"`
	Weights []int    `json:"weights,omitempty"`
	// Target is where the laboratory is; "" for the plan's own.
	Target string `json:"target,omitempty"`
	// Start is T0 by the coordinator's clock, in nanoseconds since 1970.
	Start int64    `json:"start,omitempty"`
	Salt  [16]byte `json:"salt"`
	// Kept are the samples of each agent that are recorded.
	Kept map[string]uint64 `json:"kept,omitempty"`
	// Met are the phases of the plan that all agents have come to the end of, and Shared what setup groups left.
	Met    []loadgen.Phase           `json:"met,omitempty"`
	Shared map[string]loadgen.Shared `json:"shared,omitempty"`
	// Steered is how the run is steered so far.
	Steered []loadgen.Steering `json:"steered,omitempty"`
	Why     string             `json:"why,omitempty"` // the run is over before its time
}

// state is how far an agent is.
type state int

const (
	joined state = iota
	ready
	atWork
	done
	failed
	left // it has heard that the run is over
)

// member is how an agent is.
type member struct {
	Name   string `json:"name"`
	Epoch  uint64 `json:"epoch"`
	Host   string `json:"host"`
	CPUs   int    `json:"cpus"`
	Weight int    `json:"weight"`
	State  state  `json:"state"`
	Error  string `json:"error,omitempty"` // of a failed one, or what befell one that is done
	// Skew is how far its clock is ahead of the coordinator's, in nanoseconds, and RoundTrip how long the question took.
	Skew      int64                     `json:"skew"`
	RoundTrip int64                     `json:"round_trip"`
	Progress  []loadgen.Progress        `json:"progress,omitempty"`
	Stopped   string                    `json:"stopped,omitempty"` // why one of its users stops the run
	Ended     []loadgen.Phase           `json:"ended,omitempty"`
	Left      map[string]loadgen.Shared `json:"left,omitempty"`
	Ledger    *Ledger                   `json:"ledger,omitempty"`
}

// Ledger is an agent's own account of what it did, to be compared with what arrived.
type Ledger struct {
	Account loadgen.Account `json:"account"`
	Samples uint64          `json:"samples"` // rows, marks among them
	Dropped uint64          `json:"dropped"` // of them, for want of room
	Labels  Counts          `json:"labels"`
	Wire    int64           `json:"wire"` // bytes of its batches
}

// Counts are samples by label.
type Counts map[string]*Count

// Count counts the samples of a label.
type Count struct {
	Samples  int64 `json:"samples"`
	Failed   int64 `json:"failed"`
	Received int64 `json:"received"` // bytes
	Sent     int64 `json:"sent"`
}

// counter counts samples by label, most of which have that of the one before.
type counter struct {
	Counts
	label string
	of    *Count
}

// add counts a sample.
func (c *counter) add(s *loadgen.Sample) {
	n := c.of
	if n == nil || s.Label != c.label {
		if n = c.Counts[s.Label]; n == nil {
			n = &Count{}
			c.Counts[s.Label] = n
		}
		c.label, c.of = s.Label, n
	}
	samples, failed := s.Weight()
	n.Samples += samples
	n.Failed += failed
	n.Received += s.Received
	n.Sent += s.Sent
}

// encode is v as JSON, of types that have one.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// options are those of all connections.
func options(name string) []nats.Option {
	return []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(3), nats.Timeout(5 * time.Second), nats.ReconnectBufSize(-1),
	}
}
