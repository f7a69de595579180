package report

import (
	"math"

	"stickbench/internal/hist"
	"stickbench/loadgen"
)

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

// responseFold folds the response times of a row's arrivals, in microseconds. Its size is that of a
// rowFold.
type responseFold struct {
	sum, max, dropped int64
	times             hist.Histogram
}

func (f *responseFold) add(s *loadgen.Sample) {
	f.addTimes(s.Late.Microseconds()+s.Elapsed.Microseconds(), 1)
}

func (f *responseFold) addTimes(t, n int64) {
	f.sum += t * n
	f.max = max(f.max, t)
	f.times.Add(t, n, hist.FineBits)
}

// with is the fold with the arrivals that never began.
func (f *responseFold) with(a *Arrivals) *responseFold {
	if a == nil || len(a.DroppedWaits) == 0 {
		return f
	}
	all := &responseFold{}
	if f != nil {
		all.merge(f)
	}
	for _, w := range a.DroppedWaits {
		all.addTimes(int64(math.Round(w.LeastMS*1000)), w.Count)
		all.dropped += w.Count
	}
	return all
}

func (f *responseFold) merge(o *responseFold) {
	f.sum += o.sum
	f.max = max(f.max, o.max)
	f.times.Merge(&o.times)
}

// freeze is nil where nothing was an arrival.
func (f *responseFold) freeze() *Response {
	if f == nil {
		return nil
	}
	p := f.times.Percentiles(hist.FineBits, 0.5, 0.9, 0.95, 0.99)
	ms := func(micros int64) float64 { return float64(min(micros, f.max)) / 1000 }
	return &Response{
		Samples: f.times.Total - f.dropped, Dropped: f.dropped, AverageMS: float64(f.sum) / float64(f.times.Total) / 1000,
		P50MS: ms(p[0]), P90MS: ms(p[1]), P95MS: ms(p[2]), P99MS: ms(p[3]), MaxMS: ms(f.max),
	}
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

// model is the run's model of load. Where only a recording is known, an arrival in it tells of an open one;
// without any, it may be any other tool's and is "".
func (run *Run) model(total *Row) string {
	if run.Model == "" && total.Response != nil {
		return OpenModel
	}
	return run.Model
}
