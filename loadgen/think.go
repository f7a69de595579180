package loadgen

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Think is a pause between requests, drawn anew each time.
type Think struct {
	source string
	draw   func(*rand.Rand) time.Duration
	text   *Template // of one whose values are the user's own, which draw does not know; else nil
}

// ThinkOf is a pause that has values of the run in it: it is read anew each time, and none, with a warning, where its
// text is no pause then.
func ThinkOf(text *Template) *Think { return &Think{source: text.String(), text: text} }

// ParseThink reads a pause: "100ms" is constant, "uniform 50ms 150ms" lies between the two, and
// "gaussian 100ms 20ms" has that mean and standard deviation, never below zero, and "poisson 300ms 1s" is a
// Poisson-distributed number of milliseconds of that mean, and a constant (JMeter's uniform, Gaussian and Poisson
// random timers). Durations are Go's, with a unit, and not negative.
func ParseThink(s string) (*Think, error) {
	fields := strings.Fields(s)
	t := &Think{source: s}
	word, durations := "", fields
	if len(fields) > 1 {
		word, durations = fields[0], fields[1:]
	}
	ds := make([]time.Duration, len(durations))
	for i, f := range durations {
		d, err := time.ParseDuration(f)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("invalid duration %q: want one such as 100ms or 1.5s", f)
		}
		if d > Longest {
			return nil, fmt.Errorf("invalid duration %q: want at most %v", f, Longest)
		}
		ds[i] = d
	}
	switch {
	case word == "" && len(ds) == 1:
		t.draw = func(*rand.Rand) time.Duration { return ds[0] }
	case word == "uniform" && len(ds) == 2 && ds[0] <= ds[1]:
		t.draw = func(r *rand.Rand) time.Duration { return ds[0] + time.Duration(r.Int64N(int64(ds[1]-ds[0])+1)) }
	case word == "gaussian" && len(ds) == 2:
		t.draw = func(r *rand.Rand) time.Duration {
			return time.Duration(min(max(0, float64(ds[0])+r.NormFloat64()*float64(ds[1])), float64(Longest)))
		}
	case word == "poisson" && len(ds) == 2:
		t.draw = func(r *rand.Rand) time.Duration { return poisson(r, ds[0]) + ds[1] }
	default:
		return nil, fmt.Errorf(`invalid pause %q: want "100ms", "uniform 50ms 150ms" (least, most), "gaussian 100ms 20ms" (mean, deviation) or "poisson 300ms 1s" (mean, constant)`, s)
	}
	return t, nil
}

// poisson is a Poisson-distributed number of milliseconds: how many events of a rate of one fall into the mean, or,
// of many, what the normal distribution makes of it.
func poisson(r *rand.Rand, mean time.Duration) time.Duration {
	lambda := float64(mean) / float64(time.Millisecond)
	if lambda > 500 {
		return time.Duration(max(0, math.Round(lambda+r.NormFloat64()*math.Sqrt(lambda)))) * time.Millisecond
	}
	n := 0
	for t := r.ExpFloat64(); t < lambda; t += r.ExpFloat64() {
		n++
	}
	return time.Duration(n) * time.Millisecond
}

// Longest is the longest time that a plan may ask for, ten years: sums of a few of them are still times.
const Longest = 10 * 365 * 24 * time.Hour

// String is the pause as the plan words it.
func (t *Think) String() string { return t.source }

// sleeper makes one goroutine at a time pause, each time with the same timer.
type sleeper struct{ timer *time.Timer }

// pause returns after d, and reports false if the context ended before.
func (s *sleeper) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	return s.await(ctx, d, nil)
}

// await returns after d, below 0 for never, or once changed is closed, and reports false if the context ended before.
func (s *sleeper) await(ctx context.Context, d time.Duration, changed <-chan struct{}) bool {
	var over <-chan time.Time
	switch {
	case d < 0:
	case s.timer == nil:
		s.timer = time.NewTimer(d)
		over = s.timer.C
	default:
		s.timer.Reset(d)
		over = s.timer.C
	}
	select {
	case <-over:
		return true
	case <-changed:
		if over != nil {
			s.timer.Stop()
		}
		return ctx.Err() == nil
	case <-ctx.Done():
		if over != nil {
			s.timer.Stop()
		}
		return false
	}
}
