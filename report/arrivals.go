package report

// The models of load (Results.Model).
const (
	// ClosedModel: a user sends its next request when it has the response to the last one.
	ClosedModel = "closed"
	// OpenModel: sessions begin on a schedule, whether earlier ones have ended or not.
	OpenModel = "open"
	// MixedModel: some groups are closed, others open.
	MixedModel = "mixed"
)

// Arrivals is the account of the arrivals of open groups: Planned = Started + Dropped.
type Arrivals struct {
	// Planned were due before the end of their group or of the run.
	Planned int64 `json:"planned"`
	// Started began, Late of them more than a millisecond after they were due.
	Started int64 `json:"started"`
	Late    int64 `json:"late"`
	// Dropped never began before their group ended.
	Dropped   int64      `json:"dropped"`
	DroppedBy *DroppedBy `json:"dropped_by,omitempty"` // nil without any, and in runs of older versions
	// DroppedWaits are how long the dropped ones had waited at least when their group ended, ascending.
	DroppedWaits []Wait `json:"dropped_waits,omitempty"`
}

// DroppedBy counts dropped arrivals by what kept them: a target that did not keep up with the rate, too few users for
// responses as fast as usual, or the machine that made the load, which woke up too late.
type DroppedBy struct {
	Target    int64 `json:"target"`
	Users     int64 `json:"users"`
	Generator int64 `json:"generator"`
}

// Wait is a time, and how many arrivals waited at least as long.
type Wait struct {
	LeastMS float64 `json:"least_ms"`
	Count   int64   `json:"count"`
}

// Generator is what the run was like for the machine that made the load; where that was the limit, a
// warning says so. Times are in milliseconds.
type Generator struct {
	WallMS     float64 `json:"wall_ms"`
	CPUMS      float64 `json:"cpu_ms"` // of the process, user and system; 0 where the system does not tell
	Processors int     `json:"processors"`
	Load       float64 `json:"load"` // the part of the processors that was used, 0 to 1

	// GCPauses of the garbage collector stopped all users at once.
	GCPauses     int64   `json:"gc_pauses"`
	GCPausedMS   float64 `json:"gc_paused_ms"`
	WorstPauseMS float64 `json:"worst_pause_ms"`

	// Wakes are the ends of pauses (ramp-up, think times, arrivals), LateWakes those that came more than 10 ms
	// after their time.
	Wakes       int64   `json:"wakes"`
	LateWakes   int64   `json:"late_wakes"`
	WorstWakeMS float64 `json:"worst_wake_ms"`

	// Freezes are the times that the process did not run for half a second or longer, FrozenMS how long in all.
	Freezes  int64   `json:"freezes"`
	FrozenMS float64 `json:"frozen_ms"`

	// Stalls are the times that a user waited for its sample to be recorded, StalledMS how long, all users
	// together.
	Stalls    int64   `json:"stalls"`
	StalledMS float64 `json:"stalled_ms"`
}

// Response is the response time of arrivals: from the moment that the arrival was due to the last byte of
// its first response. It counts the wait for a user who is free, and so what a target that stalls does to
// visitors who do not know of each other; the times of Row, from the real start, do not (coordinated
// omission). Percentiles are as Row's.
type Response struct {
	// Samples are the first requests of arrivals. Requests after the first follow from it and have no
	// schedule: they are in Row alone. Dropped are arrivals that never began; they count in the times as what they
	// had waited when their group ended, which is the least that they can have taken.
	Samples   int64   `json:"samples"`
	Dropped   int64   `json:"dropped,omitempty"`
	AverageMS float64 `json:"average_ms"`
	P50MS     float64 `json:"p50_ms"`
	P90MS     float64 `json:"p90_ms"`
	P95MS     float64 `json:"p95_ms"`
	P99MS     float64 `json:"p99_ms"`
	MaxMS     float64 `json:"max_ms"`
}

// figure is a figure of response times, by its word in expectations.
func (r *Response) figure(name string) (ms float64, ok bool) {
	switch name {
	case "response_avg":
		return r.AverageMS, true
	case "response_p50":
		return r.P50MS, true
	case "response_p90":
		return r.P90MS, true
	case "response_p95":
		return r.P95MS, true
	case "response_p99":
		return r.P99MS, true
	case "response_max":
		return r.MaxMS, true
	}
	return 0, false
}

// figure is a figure of the account, by its word in expectations; there is none without arrivals.
func (a *Arrivals) figure(name string) (value float64, ok bool) {
	if a == nil {
		return 0, false
	}
	switch name {
	case "arrivals":
		return float64(a.Started), true
	case "late":
		return float64(a.Late), true
	case "dropped":
		return float64(a.Dropped), true
	}
	return 0, false
}
