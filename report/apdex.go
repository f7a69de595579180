package report

import "time"

// Apdex are the times by which Row.Apdex judges samples: up to Satisfied their user is satisfied, up to Tolerated
// he puts up with it, and beyond, or after a failure, he is frustrated.
type Apdex struct{ Satisfied, Tolerated time.Duration }

// DefaultApdex is that of JMeter's dashboard (apdex_satisfied_threshold and apdex_tolerated_threshold).
var DefaultApdex = Apdex{500 * time.Millisecond, 1500 * time.Millisecond}

// ApdexTimes are the times by which the scores of the rows were made.
type ApdexTimes struct {
	SatisfiedMS float64 `json:"satisfied_ms"`
	ToleratedMS float64 `json:"tolerated_ms"`
}

// Chosen reports whether somebody chose the times.
func (a ApdexTimes) Chosen() bool { return a != (ApdexTimes{}) && a != DefaultApdex.Times() }

// Times are the times in milliseconds.
func (a Apdex) Times() ApdexTimes {
	return ApdexTimes{float64(a.Satisfied.Microseconds()) / 1000, float64(a.Tolerated.Microseconds()) / 1000}
}
