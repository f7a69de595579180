package report

import (
	"time"

	"stickbench/loadgen"
)

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
func (a ApdexTimes) Chosen() bool { return a != (ApdexTimes{}) && a != DefaultApdex.times() }

func (a Apdex) times() ApdexTimes {
	return ApdexTimes{float64(a.Satisfied.Microseconds()) / 1000, float64(a.Tolerated.Microseconds()) / 1000}
}

// halves are what a sample, or a row that stands for many, adds to the score, in halves.
func (a Apdex) halves(s *loadgen.Sample, samples, errors int64) int64 {
	switch each := s.Elapsed / time.Duration(samples); {
	case each <= a.Satisfied:
		return 2 * max(0, samples-errors)
	case each <= a.Tolerated:
		return max(0, samples-errors)
	}
	return 0
}

// apdex is the score of the row, nil without samples.
func (f *rowFold) apdex() *float64 {
	if f.count == 0 {
		return nil
	}
	return Ratio(f.halves, 2*f.count)
}
