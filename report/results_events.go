package report

// Event is something that was done to the balancer or to a node during the run, or seen to happen there.
type Event struct {
	// AtMS is when its effect can be expected, in milliseconds since the start of the run; of what was
	// observed, and of a command, the earliest moment at which it can have been. LatestMS is the latest one, of a
	// command when it was answered; 0 for AtMS.
	AtMS     int64 `json:"at_ms"`
	LatestMS int64 `json:"latest_ms,omitempty"`
	// PlannedMS is when the plan wanted it, nil where the plan names no time.
	PlannedMS *int64 `json:"planned_ms,omitempty"`
	// FromMS, unless 0, is the moment from which the Builder let it count: later than AtMS if it was
	// told of it so late that the samples since then were folded already. The Builder sets it, and a
	// recording of the run must keep it.
	FromMS int64 `json:"from_ms,omitempty"`
	// Name is that of the phase it begins, or of what was seen; Text is what was done or seen.
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
	// OK says that it was done, Answer what the balancer or the node had to say.
	OK     bool   `json:"ok"`
	Answer string `json:"answer,omitempty"`
	// Observed says that it was seen, and not done by the run.
	Observed bool `json:"observed,omitempty"`
	// Phase says that a phase of the run begins.
	Phase bool `json:"phase,omitempty"`
	// Node is the node that it is about, "" if none or several, and State what that is in from now on:
	// "ready", "up", "drain", "maint" or "down", "" if it did not change.
	Node  string `json:"node,omitempty"`
	State string `json:"state,omitempty"`
	// Weights are those of all nodes from now on; nil if none changed.
	Weights map[string]int `json:"weights,omitempty"`
	// Broken says that it is a time in which an expectation was broken.
	Broken bool `json:"broken,omitempty"`
	// By is who did it by hand, and by what: "ctl ada", "key" or "page"; "" for what the plan wanted and what was seen.
	By string `json:"by,omitempty"`
	// Note says that it is a remark, and changed nothing. Paused says that the run was paused from then on, or went on, in
	// the phase in which it had been; nil of other events.
	Note   bool  `json:"note,omitempty"`
	Paused *bool `json:"paused,omitempty"`
}

// Phase is what happened between an event that begins a phase and the next one; the phase before the
// first is "start". Phases of one name count together. A sample belongs to the phase in which it started.
// Its figures are those of requests: marks count only under their label.
type Phase struct {
	Name string `json:"name"`
	// FromMS is when it began for the first time, ToMS when it ended for the last time, both since the
	// start of the run. Times is how often it was, DurationMS how long in all.
	FromMS     int64 `json:"from_ms"`
	ToMS       int64 `json:"to_ms"`
	Times      int   `json:"times"`
	DurationMS int64 `json:"duration_ms"`

	Requests   int64   `json:"requests"`
	Errors     int64   `json:"errors"`
	ErrorRate  float64 `json:"error_rate"`
	Throughput float64 `json:"throughput_per_s"` // over DurationMS
	AverageMS  float64 `json:"average_ms"`
	P50MS      float64 `json:"p50_ms"`
	P95MS      float64 `json:"p95_ms"`
	P99MS      float64 `json:"p99_ms"`

	// Sessions answered in the phase; one that did so twice with another phase in between counts twice, and so do
	// LostSessions.
	Sessions      int64    `json:"sessions"`
	Transitions   int64    `json:"transitions"`
	Affinity      *float64 `json:"affinity"`
	Continuity    *float64 `json:"continuity"`
	Moves         int64    `json:"moves"`
	Excused       int64    `json:"excused"`
	Unexcused     int64    `json:"unexcused"`
	Lost          int64    `json:"lost"`
	LostSessions  int64    `json:"lost_sessions"`
	Renewed       int64    `json:"renewed"`
	LostUnexcused int64    `json:"lost_unexcused"`

	Nodes        []Node        `json:"nodes"`
	Distribution *Distribution `json:"distribution,omitempty"`
	// Total is the row of all requests and Labels are those of the labels; their rates are over DurationMS.
	Total  Row   `json:"-"`
	Labels []Row `json:"labels"`
}

// StateInterval is a time that a node spent in one state, as events tell it, and what users saw meanwhile.
type StateInterval struct {
	Node   string `json:"node"`
	State  string `json:"state"`
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	// Answered are the requests that the node answered, Placed those of them that came to it without
	// having been there before: new sessions, and sessions that moved. Both begin to count 250 ms after
	// the latest moment at which the state can have begun, when it must have had its effect.
	Answered int64 `json:"answered"`
	Placed   int64 `json:"placed"`
	// Moved are the moves away from the node, Left those of them that are not excused. Again are later
	// moves, not excused, of sessions that had moved away in maint or down, before the node came back.
	Moved int64 `json:"moved"`
	Left  int64 `json:"left"`
	Again int64 `json:"moved_again"`
	// Unnamed are sessions that began meanwhile and never named a node: they may have come to it.
	Unnamed int64 `json:"unnamed,omitempty"`
}

// Timeline is the run by the second: a sample belongs to the second in which it ended.
type Timeline struct {
	// StepMS is the time from one point to the next: 1000, doubled for runs so long that there would be
	// more than 900 points. EndMS is when the last request ended, since the start of the run: the last step
	// lasts until then.
	StepMS int64   `json:"step_ms"`
	EndMS  int64   `json:"end_ms"`
	Points []Point `json:"points"`
	Heat   *Heat   `json:"-"` // nil without requests
}

// Point is one step of the timeline. Its percentiles are at most 1.6 % above the exact values; steps
// that were merged keep them so, because their histograms are added up. They are 0 without requests.
type Point struct {
	AtMS     int64   `json:"at_ms"` // the step's beginning, since the start of the run
	Requests int64   `json:"requests"`
	Errors   int64   `json:"errors"`
	P50MS    float64 `json:"p50_ms"`
	P95MS    float64 `json:"p95_ms"`
	P99MS    float64 `json:"p99_ms"`
	// Users are the most that were active when one of the requests ended, 0 where that is not known.
	Users int64 `json:"users,omitempty"`
	// Arrivals began in the step, Planned were due in it on average; of runs with open groups.
	Arrivals int64   `json:"arrivals,omitempty"`
	Planned  float64 `json:"planned_arrivals,omitempty"`
	// Statuses counts by hundreds, requests without a response first.
	Statuses [StatusClasses]int64 `json:"-"`
	Nodes    []PointNode          `json:"nodes,omitempty"` // those of Results.Nodes that answered in the run, in that order
}

// PointNode is what one node did in one step.
type PointNode struct {
	Node      string  `json:"node"`
	Requests  int64   `json:"requests"`
	Share     float64 `json:"share"` // of the step's requests that named a node
	AverageMS float64 `json:"average_ms"`
	P95MS     float64 `json:"p95_ms,omitempty"` // as Point's; of the first 24 nodes that answered
}

// Heat counts the requests of each step by how long they took.
type Heat struct {
	BoundsMS []float64 // of the rows, ascending, one more than there are rows
	Counts   [][]int64 // by row, then by step
}

// StatusClasses are requests without a response, and the statuses of HTTP by hundreds; what is beyond 599 counts
// with 5xx.
const StatusClasses = 6

// Distribution is the verdict on shares against weights, of the run or of a phase.
type Distribution struct {
	Unit    string `json:"unit"` // "decisions"
	N       int64  `json:"n"`
	Verdict string `json:"verdict"` // TooFew, NotJudged, Exact, "off by k", AsExpected or Differs
	// OK reports whether the shares are what they should be; nil where they were not judged.
	OK *bool `json:"ok,omitempty"`
	// Needed is the number of decisions that tells the expected shares from others, of a balancer that
	// places at random; only with TooFew.
	Needed int64 `json:"needed,omitempty"`
	// Judged are the decisions that were judged, Skipped those that were left out because they followed a
	// change of weights or states too soon.
	Judged  int64 `json:"judged,omitempty"`
	Skipped int64 `json:"skipped,omitempty"`
	// PValue is the probability of shares as far off as these or farther, where shares are drawn at random.
	PValue *float64 `json:"p_value,omitempty"`
	// TotalVariation is half the sum of the nodes' deviations from the expected shares, 0 to 1, and
	// MaxDeviation the largest of them in percentage points.
	TotalVariation *float64 `json:"total_variation,omitempty"`
	MaxDeviation   *float64 `json:"max_deviation_points,omitempty"`
	// Nodes are the shares of the decisions that were judged.
	Nodes []NodeShare `json:"nodes,omitempty"`
	// Explanation says the verdict in a sentence.
	Explanation string `json:"explanation"`
}

// NodeShare is one node's share of the decisions, with its 95 % interval (Wilson's score interval, which
// holds for independent decisions), and what was expected.
type NodeShare struct {
	Node      string  `json:"node"`
	Decisions int64   `json:"decisions"`
	Share     float64 `json:"share"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Expected  float64 `json:"expected_share"`
}

// WeightsUnknown is the explanation where there is nothing to judge by.
const WeightsUnknown = "the weights are not known: shares are not judged"

// The verdicts on shares; that of a round robin that is not exact is "off by k", k being how many
// decisions one node has too many or too few.
const (
	TooFew     = "too few"     // decisions to tell the expected shares from others
	NotJudged  = "not judged"  // the weights are not known, or do not decide
	Exact      = "exact"       // as a round robin by the weights must be
	AsExpected = "as expected" // what is drawn with these shares may well be so
	Differs    = "differs"     // it is hardly ever so
)

// The states of a node that new sessions do not come to; "ready" and "up" are the others.
const (
	Drained = "drain" // it serves its sessions
	Maint   = "maint"
	Down    = "down"
)

// Gone reports whether sessions must leave a node in that state.
func Gone(state string) bool { return state == Maint || state == Down }

// FirstPhase is the phase before the first event that begins one.
const FirstPhase = "start"
