// Package capacity searches for the highest load at which an expectation holds.
//
//	load ▲        ✗ 320
//	     │   ✗ 160  ╲   ✗ 120
//	     │  ╱        ╲ ╱     ╲ ✗ 105     the answer lies between the highest that held
//	     │ ╱ ✓ 80     ✓ 100   ✓ 100      and the lowest that did not
//	     │✓ 40
//	     └ doubling ─┴ halving ─┴ again ─▶ steps
package capacity

import (
	"cmp"
	"math"
	"slices"
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
	// Limit is the middle of Low, the highest load that held, and High, the lowest that did not. High is 0 if none
	// was found, and Limit is Low then; both are 0 if nothing held.
	Limit float64 `json:"limit"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// LimitedBy is why High did not hold, Generator if the machine that made the load was in the way, or what else ended
	// the search.
	LimitedBy string `json:"limited_by"`
	Steps     []Step `json:"steps"` // in the order in which they were tried
}

// What ends a search besides the target.
const (
	Generator = "the generator"
	Most      = "--max"
	TimeIsUp  = "--duration"
	mostSteps = 60
)

// Search says where to search: from From on, up to Most, until High is at most Within above Low. Whole loads are
// numbers of users. Over reports whether the time is up.
type Search struct {
	From, Most, Within float64
	Whole              bool
	Over               func() bool
}

// Run tries loads until the limit is known. The error is try's.
func (s Search) Run(try func(at float64) (Step, error)) (Result, error) {
	r := Result{Schema: Schema, Steps: []Step{}}
	ask := func(at float64) (bool, error) {
		step, err := try(at)
		if err == nil {
			r.Steps = append(r.Steps, step)
		}
		return step.Held, err
	}
	at := s.From
	for len(r.Steps) < mostSteps && at > 0 && !s.Over() {
		if _, err := ask(at); err != nil {
			return r, err
		}
		at = s.next(r.Steps)
	}
	r.conclude(s, at)
	return r, nil
}

// next is the load to try next; 0 if there is nothing more to learn.
func (s Search) next(steps []Step) float64 {
	low, high := bounds(steps)
	last := steps[len(steps)-1]
	switch {
	case !last.Held && last.Generator != "" && times(steps, last.At) > 1:
		return 0 // what it could not do twice it cannot
	case !last.Held && last.Generator != "":
		return last.At
	case high == 0 && low >= s.Most:
		return 0
	case high == 0:
		return math.Min(s.Most, s.round(2*low))
	case low == 0 && high <= s.least():
		return 0
	case low == 0:
		return math.Max(s.least(), s.round(high/2))
	case high-low > s.Within*low && s.round((low+high)/2) > low && s.round((low+high)/2) < high:
		return s.round((low + high) / 2)
	}
	// Both ends are asked again, and a third time where the second answer was another one than the first.
	for _, end := range []float64{low, high} {
		if n := times(steps, end); n == 1 || n == 2 && held(steps, end) == 1 {
			return end
		}
	}
	return 0
}

// round is a load as it is tried: whole, or of three digits.
func (s Search) round(at float64) float64 {
	if s.Whole {
		return math.Round(at)
	}
	return digits(at, 3)
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

// bounds are the highest load that held below all that did not, by the majority of its tries, and the lowest that did
// not; 0 for none.
func bounds(steps []Step) (low, high float64) {
	var loads []float64
	for _, step := range steps {
		loads = append(loads, step.At)
	}
	slices.Sort(loads)
	for _, at := range slices.Compact(loads) {
		if 2*held(steps, at) < times(steps, at) || 2*held(steps, at) == times(steps, at) && !first(steps, at).Held {
			return low, at
		}
		low = at
	}
	return low, 0
}

func first(steps []Step, at float64) Step {
	return steps[slices.IndexFunc(steps, func(s Step) bool { return s.At == at })]
}

func times(steps []Step, at float64) (n int) {
	for _, s := range steps {
		if s.At == at {
			n++
		}
	}
	return n
}

func held(steps []Step, at float64) (n int) {
	for _, s := range steps {
		if s.At == at && s.Held {
			n++
		}
	}
	return n
}

// conclude sets the answer; next would have been tried.
func (r *Result) conclude(s Search, next float64) {
	r.Low, r.High = bounds(r.Steps)
	r.Limit = digits((r.Low+r.High)/2, 4)
	switch {
	case r.Low == 0:
		r.Limit = 0
	case r.High == 0:
		r.Limit = r.Low
	case s.Whole:
		r.Limit = math.Floor(r.Limit)
	}
	for _, step := range r.Steps {
		if step.At == r.High && !step.Held {
			r.LimitedBy = cmp.Or(r.LimitedBy, step.Why)
			if step.Generator != "" {
				r.LimitedBy = Generator
			}
		}
	}
	switch {
	case r.High == 0 && r.Low >= s.Most:
		r.LimitedBy = Most
	case r.High == 0:
		r.LimitedBy = TimeIsUp
	}
	if r.LimitedBy == Generator { // it says nothing of the target
		r.Limit, r.High = r.Low, 0
	}
}
