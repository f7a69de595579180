// Package capacity searches for the highest load at which an expectation holds.
//
//	load ▲        ✗ 320
//	     │   ✗ 160  ╲ ✗ 160            whether 105 holds is partly chance: the limit is where half
//	     │  ╱        ╲  ╲     ✗ 105    of the steps would, told by all of them (belief.go)
//	     │ ╱ ✓ 80        ✓ 100   ✓ 102
//	     │✓ 40
//	     └ doubling ─┴ again ─┴ in the middle of what is believed ─▶ steps
package capacity

import (
	"errors"
	"math"
	"strconv"
)

// Schema names the layout of Result as JSON. Keys may be added to it, never changed or removed.
const Schema = "stickbench.limit/1"

// Step is one load that was tried. Times are milliseconds.
type Step struct {
	At   float64 `json:"at"`
	Held bool    `json:"held"`
	// Why it did not hold: the part of the expectation, and what was measured.
	Why string `json:"why,omitempty"`
	// Generator says in what the machine that made the load was itself the limit; "" if it was not.
	Generator  string   `json:"generator,omitempty"`
	Throughput float64  `json:"throughput_per_s"`
	ErrorRate  float64  `json:"error_rate"`
	P50MS      float64  `json:"p50_ms"`
	P95MS      float64  `json:"p95_ms"`
	Affinity   *float64 `json:"affinity"`
	Nodes      []Node   `json:"nodes"`
}

// Node is what one node did in a step.
type Node struct {
	Node  string  `json:"node"`
	Share float64 `json:"share"`
	P95MS float64 `json:"p95_ms"`
}

// Result is what a search found.
type Result struct {
	Schema string `json:"schema"`
	Of     string `json:"of"` // "rate", in iterations per second, or "users"
	Expect string `json:"expect"`
	// Limit is the load at which half of the steps would hold; it lies between Low and High with a probability of 95 %.
	// High is 0 if no load above Low failed, and Limit is Low then, the highest that held; both are 0 if nothing held.
	Limit float64 `json:"limit"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// LimitedBy is why loads above Limit did not hold, Generator if the machine that made the load was in the way, or what else ended
	// the search.
	LimitedBy string `json:"limited_by"`
	Steps     []Step `json:"steps"` // in the order in which they were tried
}

// What ends a search besides the target.
const (
	Generator = "the generator"
	Most      = "--max"
	TimeIsUp  = "--duration"
	Stopped   = "Ctrl-C" // or another signal
	mostSteps = 60
)

// ErrCut says that a step was cut short by who looks on. It tells nothing of its load, and ends the search.
var ErrCut = errors.New("the step was cut short")

// Search says where to search: from From on, up to Most, until High is at most Within above Low. Whole loads are
// numbers of users. Over reports whether the time is up.
type Search struct {
	From, Most, Within float64
	Whole              bool
	Over               func() bool
}

// Run tries loads until the limit is known, or a step is cut short. The error is try's.
func (s Search) Run(try func(at float64) (Step, error)) (Result, error) {
	r, over := Result{Schema: Schema, Steps: []Step{}}, TimeIsUp
	for at := s.From; at > 0 && len(r.Steps) < mostSteps && !s.Over(); at = s.next(r.Steps) {
		step, err := try(at)
		if errors.Is(err, ErrCut) {
			over = Stopped
			break
		}
		if err != nil {
			return r, err
		}
		r.Steps = append(r.Steps, step)
	}
	r.conclude(s, over)
	return r, nil
}

// next is the load to try next; 0 if there is nothing more to learn.
func (s Search) next(steps []Step) float64 {
	last := steps[len(steps)-1]
	top, worst, most := highest(steps, held), highest(steps, failed), s.most(steps)
	at := math.Min(s.Most, s.round(2*top))
	switch {
	case last.unable() && last.At > top && last.At < most:
		return last.At // what it could not do twice it cannot
	case last.At == worst && failures(steps) == 1:
		return last.At // a hiccup would send the search astray
	case top == 0 && last.At <= s.least():
		return 0
	case top == 0:
		return math.Max(s.least(), s.round(last.At/2))
	case top < worst:
		b := believed(steps)
		if s.narrow(b.low, b.high) || b.limit >= most {
			return 0
		}
		if len(steps)%2 == 0 {
			return s.round(b.below)
		}
		return s.round(b.above)
	case most < s.Most: // the limit is below what the generator cannot do, or the generator is in the way
		at = s.round((top + most) / 2)
	}
	if top >= s.Most || most < s.Most && (most-top <= s.Within*top || at <= top || at >= most) {
		return 0
	}
	return at
}

// round is a load as it is tried: whole, or of three digits.
func (s Search) round(at float64) float64 {
	if s.Whole {
		return math.Round(at)
	}
	return digits(at, 3)
}

// narrow reports whether the interval is as narrow as it is to be, or as it can be.
func (s Search) narrow(low, high float64) bool {
	return high-low <= s.Within*low || s.Whole && math.Ceil(high)-math.Floor(low) <= 1
}

// digits is x with so many of them.
func digits(x float64, n int) float64 {
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	return x
}

// least is the lowest load that is tried.
func (s Search) least() float64 {
	if s.Whole {
		return 1
	}
	return s.From / 64
}

// most is the highest load that can be tried: Most, or the lowest above all that held that the generator was not up to twice.
func (s Search) most(steps []Step) float64 {
	most, times, top := s.Most, map[float64]int{}, highest(steps, held)
	for i := range steps {
		if at := steps[i].At; steps[i].unable() && at > top {
			if times[at]++; times[at] > 1 {
				most = math.Min(most, at)
			}
		}
	}
	return most
}

// A step held, or the target failed, or the generator was unable to tell.
func held(s *Step) bool      { return s.Held }
func failed(s *Step) bool    { return !s.Held && s.Generator == "" }
func (s *Step) unable() bool { return !s.Held && s.Generator != "" }

// highest is the highest load of those steps, 0 if there are none.
func highest(steps []Step, those func(*Step) bool) (at float64) {
	for i := range steps {
		if those(&steps[i]) {
			at = math.Max(at, steps[i].At)
		}
	}
	return at
}

// lowest is the lowest load of those steps, 0 if there are none.
func lowest(steps []Step, those func(*Step) bool) (at float64) {
	for i := range steps {
		if those(&steps[i]) && (at == 0 || steps[i].At < at) {
			at = steps[i].At
		}
	}
	return at
}

func failures(steps []Step) (n int) {
	for i := range steps {
		if failed(&steps[i]) {
			n++
		}
	}
	return n
}

// conclude sets the answer, where nothing else ended the search than what is told.
func (r *Result) conclude(s Search, over string) {
	top, most := highest(r.Steps, held), s.most(r.Steps)
	r.Low, r.Limit = top, top
	switch {
	case top == 0:
		r.High = lowest(r.Steps, failed)
	case top < highest(r.Steps, failed):
		switch b := believed(r.Steps); {
		case b.limit >= most:
		case s.Whole:
			r.Low, r.Limit, r.High = math.Floor(b.low), math.Floor(b.limit), math.Ceil(b.high)
		default:
			r.Low, r.Limit, r.High = digits(b.low*(1-2*Slack), 3), digits(b.limit, 3), digits(b.high, 3)
		}
	}
	r.LimitedBy = r.reason()
	switch {
	case r.High > 0:
	case most < s.Most:
		r.LimitedBy = Generator // it says nothing of the target
	case top >= s.Most:
		r.LimitedBy = Most
	default:
		r.LimitedBy = over
	}
}

// reason is why the step failed that is nearest to the limit.
func (r *Result) reason() (why string) {
	nearest := math.Inf(1)
	for i := range r.Steps {
		if step := &r.Steps[i]; failed(step) && math.Abs(step.At-r.Limit) < nearest {
			nearest, why = math.Abs(step.At-r.Limit), step.Why
		}
	}
	return why
}
