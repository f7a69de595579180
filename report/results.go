package report

import "stickbench/assert"

// Schema names the layout of Results as JSON. Keys may be added to it, never changed or removed.
const Schema = "stickbench.results/1"

// Results is everything a report says of a run: plain data, frozen, ready to be rendered. Rates are
// per second, times in milliseconds, shares and rates of error from 0 to 1, kilobytes of 1024 bytes.
// A nil *float64 is a figure that is not defined for this run, such as the affinity of no transitions.
type Results struct {
	Schema string `json:"schema"`
	Plan   string `json:"plan"`
	// Verdict is "pass", "fail", or "none" without expectations; NotTrustworthy where the machine that
	// made the load was itself the limit; "interrupted" or "incomplete" where the run did not finish. Those say so
	// whatever the expectations say of what was measured.
	Verdict string `json:"verdict"`
	// Stopped is why the run did not finish, "interrupted", "failed" or StoppedEarly, for the StopReason; absent if it
	// did.
	Stopped    string `json:"stopped,omitempty"`
	StopReason string `json:"stop_reason,omitempty"`

	// Steered is what was done to the run by hand; nil if nothing was.
	Steered *Steered `json:"steered,omitempty"`

	// DurationMS lasts from the start of the first sample to the end of the last one. WholeMillis says
	// that times are whole milliseconds, as in other tools' recordings.
	DurationMS  int64 `json:"duration_ms"`
	WholeMillis bool  `json:"whole_millis,omitempty"`

	// Model is the model of load, "closed", "open" or "mixed"; absent where only a recording without arrivals
	// is known. PlannedUsers are those of all groups of the plan.
	Model        string `json:"model,omitempty"`
	PlannedUsers int64  `json:"planned_users,omitempty"`

	Apdex ApdexTimes `json:"apdex"` // by which the scores of the rows were made

	Labels []Row `json:"labels"` // in order of first appearance
	Total  Row   `json:"total"`  // Row.Label is "TOTAL"; marks count here as in JMeter

	Nodes        []Node        `json:"nodes"` // by name; with weights, also those that never answered
	Affinity     Affinity      `json:"affinity"`
	Distribution *Distribution `json:"distribution,omitempty"`
	Requests     *Requests     `json:"requests,omitempty"`    // of a run; a recording alone does not know it
	Arrivals     *Arrivals     `json:"arrivals,omitempty"`    // of a run with open groups
	Generator    *Generator    `json:"generator,omitempty"`   // of a run; on many machines of the one that had most to do
	Agents       []Agent       `json:"agents,omitempty"`      // of a run on many machines
	Asked        *Asked        `json:"asked,omitempty"`       // of these, where the plan says how much is to be done
	Coordinator  *Generator    `json:"coordinator,omitempty"` // of these: what the run was like for their coordinator
	Latency      *Latency      `json:"latency,omitempty"`     // nil without requests
	// Statuses are those of HTTP, in ascending order, requests without a response last. Connect is the time to
	// connect, of requests that had no connection yet, TLS included; FirstByte lasts from the start of each
	// request to the first byte of its response. Both are nil where nothing is known of them.
	Statuses     []Status        `json:"statuses"`
	Connect      *Timing         `json:"connect,omitempty"`
	FirstByte    *Timing         `json:"first_byte,omitempty"`
	Users        *Users          `json:"users,omitempty"` // nil where no node is known
	Errors       []Error         `json:"errors"`          // most frequent first
	Expectations []Expectation   `json:"expectations"`
	Events       []Event         `json:"events"` // by time
	Phases       []Phase         `json:"phases"` // by first appearance; none without an event that begins one
	States       []StateInterval `json:"states"` // of nodes that events are about, by time
	Timeline     Timeline        `json:"timeline"`
	Warnings     []string        `json:"warnings"`

	// JMeterTotal are the figures that JMeter's tables have for TOTAL where it counts other rows than Total: those of
	// transactions, and not what they stand for. It is nil elsewhere.
	JMeterTotal *JMeterRow `json:"-"`

	// Names are what is known of nodes' names, and Planned are the labels of the plan; InWindows are the figures that
	// expectations ask of windows, nil for none.
	Names     NodeNames      `json:"-"`
	Planned   []string       `json:"-"`
	InWindows assert.Windows `json:"-"`
}

// Row is a row of the summary: a label, a label on one node, or TOTAL.
type Row struct {
	Label string `json:"label"`
	Mark  bool   `json:"mark,omitempty"` // only marks under this label
	// Transaction says that the row is of blocks of requests, which have rows of their own: the total counts only those.
	Transaction bool    `json:"transaction,omitempty"`
	Samples     int64   `json:"samples"`
	Errors      int64   `json:"errors"`
	ErrorRate   float64 `json:"error_rate"`

	AverageMS float64 `json:"average_ms"`
	MinMS     float64 `json:"min_ms"`
	MaxMS     float64 `json:"max_ms"`
	StdDevMS  float64 `json:"stddev_ms"` // of the population, as JMeter's
	P50MS     float64 `json:"p50_ms"`
	P90MS     float64 `json:"p90_ms"`
	P95MS     float64 `json:"p95_ms"`
	P99MS     float64 `json:"p99_ms"`

	Throughput   float64 `json:"throughput_per_s"`
	ReceivedKBps float64 `json:"received_kb_per_s"`
	SentKBps     float64 `json:"sent_kb_per_s"`
	AvgBytes     float64 `json:"avg_bytes"`

	// Apdex is the share of satisfied users, those who put up with it counting half, by the times of Results.Apdex;
	// nil without samples. JMeter's dashboard has the same of whole milliseconds.
	Apdex *float64 `json:"apdex,omitempty"`

	// Response is the time from the intended start, of the samples that are arrivals; nil without any. The
	// times above are from the real start. Phases have none.
	Response *Response `json:"response,omitempty"`

	// Nodes are the same figures of the samples that each node answered, in the order of Results.Nodes;
	// absent where no node is known.
	Nodes []Row `json:"nodes,omitempty"`
	// Unnamed are the figures of the requests that named no node: failures without a response, error pages of
	// the balancer. With Nodes they add up to the row. It is nil where every request named its node or none did.
	Unnamed *Row `json:"no_node,omitempty"`

	// JMeter are the figures JMeter computes from whole milliseconds, for its table to the last digit.
	JMeter JMeterRow `json:"-"`
}

// Node is what one node did in the run.
type Node struct {
	Node     string  `json:"node"`
	Requests int64   `json:"requests"`
	Share    float64 `json:"share"` // of the requests that named a node
	// Decisions are the requests that the balancer was free to place: the first response of each session
	// and the excused moves where sessions stick, every response where nothing does.
	Decisions int64 `json:"decisions"`
	// Returned are the moves to this node of sessions that had been on it before.
	Returned int64 `json:"returned"`
	// ExpectedShare of the decisions follows from the weights; nil where they are not known or do not
	// decide. Where they changed, it is the mean over the decisions.
	ExpectedShare *float64 `json:"expected_share,omitempty"`
	Errors        int64    `json:"errors"`
	AverageMS     float64  `json:"average_ms"`
	P95MS         float64  `json:"p95_ms"`
}

// Affinity reports whether sessions stuck. A session is one life of a user's cookie jar (in a recording
// without users, all that a thread did), a transition two consecutive answered requests of one session.
// Responses that say nothing of the session, such as a balancer's own error page, neither break nor count.
type Affinity struct {
	Sessions    int64 `json:"sessions"`        // with at least one response that said something
	Sticky      int64 `json:"sticky_sessions"` // sessions without a move
	Transitions int64 `json:"transitions"`     // between responses that named their node
	// Affinity is the share of transitions that stayed on their node, Chance what it would be about if
	// nothing stuck and the nodes answered in the shares seen (the sum of the squared shares). Where only
	// one node answered, Chance follows from the expected shares, and is nil where these are not known.
	// Both are nil without transitions.
	Affinity *float64 `json:"affinity"`
	Chance   *float64 `json:"chance,omitempty"`
	// Free says that the balancer is known to place every request anew.
	Free bool `json:"free,omitempty"`
	// Continuity is the share of the counted transitions, those between responses that carried a counter,
	// whose counter went up by one under the same session id; without ids, whose counter did.
	Continuity *float64 `json:"continuity"`
	Counted    int64    `json:"counted"`
	Moves      int64    `json:"moves"` // transitions to another node
	// Excused are the moves away from a node that was in maintenance or down then (see fold.Builder.Event),
	// Unexcused the other ones.
	Excused   int64 `json:"excused"`
	Unexcused int64 `json:"unexcused"`
	// Lost are the transitions that lost the session: they came back with another id, or with a counter
	// that fell, or (without ids) with one that did not rise on another node. LostSessions are the sessions that
	// were lost at least once. Renewed are transitions to another id on the same node under which the counter went
	// on: they lost nothing.
	Lost         int64 `json:"lost"`
	LostSessions int64 `json:"lost_sessions"`
	Renewed      int64 `json:"renewed"`
	// LostUnexcused are those of them that neither an excused move explains nor a stop of the node.
	LostUnexcused int64 `json:"lost_unexcused"`
	// NewSessions are the transitions that came back with another session id, Resets the lost ones that
	// stayed on their node. Jumps are counters that went up by more than one, Repeats those that stayed
	// as they were, in sessions that were not lost. What may have counted unseen, redirects on the way and
	// requests that got no response, makes no jump: such transitions are not counted.
	NewSessions int64 `json:"new_sessions"`
	Resets      int64 `json:"resets"`
	Jumps       int64 `json:"jumps"`
	Repeats     int64 `json:"repeats"`
}

// Requests accounts for every request that the engine started: Started = OK + Failed + Cut.
type Requests struct {
	Started int64 `json:"started"`
	OK      int64 `json:"ok"`
	Failed  int64 `json:"failed"`
	// Cut were in flight when the run was cut short; they are in no other figure.
	Cut int64 `json:"cut"`
	// Redirects were followed within samples: the target saw Started + Redirects requests.
	Redirects int64 `json:"redirects"`
	// Connections were opened.
	Connections int64 `json:"connections"`
}

// Error is one sort of failure under one label. The last one may have no label: it counts the failures
// of all errors beyond those that are listed.
type Error struct {
	Label   string `json:"label"`
	Kind    string `json:"kind"`
	Message string `json:"message"` // as first seen
	Count   int64  `json:"count"`
}

// Expectation is one of the plan's expectations, judged.
type Expectation struct {
	Text   string `json:"text"`
	OK     bool   `json:"ok"`
	Actual string `json:"actual"`
	// Broke are the times in which it did not hold, of one of windows; they are among the events, too.
	Broke []Broke `json:"broke,omitempty"`
}

// Broke is a time in which an expectation was broken, in milliseconds since the start of the run.
type Broke struct {
	FromMS int64 `json:"from_ms"`
	ToMS   int64 `json:"to_ms"`
}

// TotalLabel is the label of the row over all samples.
const TotalLabel = "TOTAL"

// Timing is how long a part of the requests took, in milliseconds.
type Timing struct {
	Samples   int64   `json:"samples"`
	AverageMS float64 `json:"average_ms"`
	P50MS     float64 `json:"p50_ms"`
	P95MS     float64 `json:"p95_ms"`
	P99MS     float64 `json:"p99_ms"`
	MaxMS     float64 `json:"max_ms"`
}

// Status is how many requests ended with a status of HTTP; 0 stands for those without a response.
type Status struct {
	Status   int     `json:"status"`
	Requests int64   `json:"requests"`
	Share    float64 `json:"share"` // of all requests
}

// JMeterRow holds the figures of a row as JMeter 5's Summary Report computes them, from starts and
// elapsed times in whole milliseconds. Times are in milliseconds, rates per second, kilobytes of 1024
// bytes, and ErrorRate lies between 0 and 1.
type JMeterRow struct {
	Count, Errors int64
	Average       int64 // cut, not rounded
	Min, Max      int64 // 0 if Count is
	StdDev        float64
	ErrorRate     float64
	Throughput    float64
	ReceivedKBps  float64
	SentKBps      float64
	AvgBytes      float64
	Mean          float64 // Average, not cut

	// Percentiles are those of the Aggregate Report at 50, 90, 95 and 99 % (StatCalculator), in whole
	// milliseconds; Dashboard those of its HTML dashboard, which interpolates (commons-math's LEGACY), over all
	// samples and not over the last 20 000 of a label alone.
	Percentiles [4]int64
	Dashboard   [4]float64
	// Span is from the first start to the last end in milliseconds, by which the Aggregate Report divides.
	Span int64
}
