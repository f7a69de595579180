package loadgen

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Arrivals make a group an open one: sessions begin on a schedule of their own, whether earlier ones have
// ended or not, as visitors do who do not know of each other. Each arrival is one iteration of a user who
// is free; where none is, it waits for one and starts late. The schedule does not depend on the target,
// which is why a target that stalls shows in the delay of what it kept waiting (coordinated omission).
//
//	rate ▲                        ┌────────        Stages: {50, 50, 10s}, {50, 200, 30s}, {200, 200, 0}
//	 200 │                  ╱╱╱╱╱╱
//	  50 │────────────╱╱╱╱╱╱
//	     └───────────┴────────────┴────────▶ t
type Arrivals struct {
	Stages []Stage
	Spread Spread
}

// Stage is a part of a schedule: the rate goes linearly from From to To, arrivals per second, within For.
// For is 0 in a last stage of one rate that lasts as long as the group.
type Stage struct {
	From, To float64
	For      time.Duration
}

// Spread is how arrivals lie about a rate.
type Spread int

const (
	// Even arrivals are as far from each other as the rate says: at 10/s one every 100 ms, the first at
	// once.
	Even Spread = iota
	// Poisson arrivals are independent of each other, as visitors' are: gaps are exponential, and as many
	// arrive in a second as the Poisson distribution has it, with the rate as its mean.
	Poisson
)

// Open reports whether any group is.
func (p *Plan) Open() bool {
	return slices.ContainsFunc(p.Groups, func(g Group) bool { return g.Arrivals != nil })
}

// MostArrivals is the highest rate, per second: more than any machine begins.
const MostArrivals = 1e7

// check reports why the group's times or arrivals are no schedule.
func (g *Group) check() error {
	for _, t := range []struct {
		name string
		d    time.Duration
	}{{"ramp-up", g.RampUp}, {"start delay", g.StartDelay}, {"duration", g.Duration}, {"arrivals", g.end()}} {
		if t.d < 0 || t.d > Longest {
			return fmt.Errorf("invalid %s of %v: want at most %v", t.name, t.d, Longest)
		}
	}
	if g.Arrivals == nil {
		return nil
	}
	stages := g.Arrivals.Stages
	if len(stages) == 0 {
		return errors.New("arrivals need a stage")
	}
	for i, s := range stages {
		switch {
		case !(s.From >= 0 && s.To >= 0) || math.IsInf(s.From+s.To, 1):
			return fmt.Errorf("arrivals from %v to %v per second are no rates", s.From, s.To)
		case s.From > MostArrivals || s.To > MostArrivals:
			return fmt.Errorf("arrivals of more than %g per second", MostArrivals)
		case s.For < 0 || s.For == 0 && (i < len(stages)-1 || s.From != s.To || s.From == 0):
			return errors.New("only a last stage of one rate can last as long as the group")
		}
	}
	if stages[len(stages)-1].For == 0 && g.Duration == 0 && g.Iterations == 0 {
		return errors.New("arrivals without an end need a duration or a number of iterations")
	}
	return nil
}

// end is when, from its start, the group starts nothing new any more; 0 for never.
func (g *Group) end() time.Duration {
	if g.Arrivals == nil {
		return g.Duration
	}
	var sum time.Duration
	for _, s := range g.Arrivals.Stages {
		if s.For == 0 {
			return g.Duration
		}
		sum = min(sum+min(s.For, 2*Longest), 2*Longest) // check refuses what is longer than Longest
	}
	if g.Duration > 0 {
		return min(sum, g.Duration)
	}
	return sum
}

// PlannedArrivals is how many arrivals the group's schedule has; where Spread is Poisson, how many are to
// be expected. It is 0 without arrivals.
func (g *Group) PlannedArrivals() int64 {
	if g.Arrivals == nil || g.check() != nil {
		return 0
	}
	n := math.Inf(1)
	if end := g.end(); end > 0 {
		n = math.Ceil(expected(g.Arrivals.Stages, end.Seconds()) - tiny)
	}
	if g.Iterations > 0 {
		n = min(n, float64(g.Iterations))
	}
	return int64(n)
}

// ArrivalsDue is how many arrivals the plan's groups have in the first t of the run, on average, as it was steered.
func (p *Plan) ArrivalsDue(t time.Duration, history ...Steering) (n float64) {
	for i := range p.Groups {
		g := &p.Groups[i]
		if in := t - g.StartDelay; g.Arrivals != nil && in > 0 {
			if end := g.end(); end > 0 {
				in = min(in, end)
			}
			due := expected(g.steered(i, history, g.StartDelay), in.Seconds())
			if g.Iterations > 0 {
				due = min(due, float64(g.Iterations))
			}
			n += due
		}
	}
	return n
}

// expected is how many arrivals the stages have in their first t seconds, on average.
func expected(stages []Stage, t float64) (n float64) {
	for _, s := range stages {
		d := min(t, s.seconds())
		n += s.within(d)
		t -= d
	}
	return n
}

// rateAt is the rate after t seconds, per second.
func rateAt(stages []Stage, t float64) float64 {
	for i, s := range stages {
		if d := s.seconds(); t < d || i == len(stages)-1 {
			return s.From + (s.To-s.From)*min(1, t/d)
		}
		t -= s.seconds()
	}
	return 0
}

// tiny is what sums of rates may be off.
const tiny = 1e-9

func (s Stage) seconds() float64 {
	if s.For == 0 {
		return math.Inf(1)
	}
	return s.For.Seconds()
}

// within is how many arrivals the stage has in its first t seconds: the integral of the rate.
func (s Stage) within(t float64) float64 {
	if s.From == s.To {
		return s.From * t
	}
	return s.From*t + (s.To-s.From)*t*t/(2*s.seconds())
}

// at is when, in seconds from its beginning, the stage has n arrivals: the inverse of within, in the form
// of the quadratic's solution that loses no digits where the rates are almost the same or begin at 0.
func (s Stage) at(n float64) float64 {
	if n <= 0 {
		return 0
	}
	slope := (s.To - s.From) / s.seconds() // 0 where the stage does not end
	return 2 * n / (s.From + math.Sqrt(max(0, s.From*s.From+2*n*slope)))
}

// schedule gives the arrivals of a group one after the other. It is a pure function of the group and the
// seed.
type schedule struct {
	stages  []Stage
	end     time.Duration // nothing is due from then on; 0 for no end
	most    int           // arrivals; 0 for no limit
	segment Segment
	rng     *rand.Rand // nil for even ones

	given  int
	place  float64 // of the next arrival, in arrivals to be expected before it
	stage  int
	begins float64 // when the stage does, in seconds
	before float64 // arrivals to be expected before it
}

func newSchedule(g *Group, segment Segment, seed, stream uint64) *schedule {
	s := &schedule{stages: g.Arrivals.Stages, end: g.end(), most: g.Iterations, segment: segment}
	if g.Arrivals.Spread == Poisson {
		s.rng = rand.New(rand.NewPCG(seed, stream))
		s.place = s.gap()
	}
	return s
}

// goOn gives other stages to what is left of the schedule. They are the same as before up to now.
func (s *schedule) goOn(stages []Stage) { s.stages, s.stage, s.begins, s.before = stages, 0, 0, 0 }

// gap is the distance of two arrivals where one is to be expected per unit: 1, or exponential by the
// inverse of its distribution function. Stretching such arrivals by the rates makes them a Poisson process
// of those rates.
func (s *schedule) gap() float64 {
	if s.rng == nil {
		return 1
	}
	return -math.Log1p(-s.rng.Float64())
}

// next is when the segment's next arrival is due, from the start of the group; not ok after the last one.
func (s *schedule) next() (due time.Duration, ok bool) {
	for due, ok = s.nextOfAll(); ok && !s.segment.has(s.given-1); due, ok = s.nextOfAll() {
	}
	return due, ok
}

// nextOfAll is next for arrivals of whichever segment.
func (s *schedule) nextOfAll() (due time.Duration, ok bool) {
	if s.most > 0 && s.given == s.most {
		return 0, false
	}
	for ; s.stage < len(s.stages); s.stage++ {
		st := s.stages[s.stage]
		n := math.Inf(1)
		if st.For > 0 {
			n = st.within(st.seconds())
		}
		if s.place-s.before < n-tiny {
			break
		}
		s.before += n
		s.begins += st.seconds()
	}
	if s.stage == len(s.stages) {
		return 0, false
	}
	seconds := s.begins + s.stages[s.stage].at(s.place-s.before)
	if !(seconds <= Longest.Seconds()) { // a rate so low that the arrival is due never
		return 0, false
	}
	due = time.Duration(math.Round(seconds * 1e9))
	if s.end > 0 && due >= s.end {
		return 0, false
	}
	s.given++
	if s.rng == nil {
		s.place = float64(s.given)
	} else {
		s.place += s.gap()
	}
	return due, true
}

// countUntil is how many of the arrivals that are left are due by then, each of which is told. Those beyond the first
// million are worked out from the rates and not told: a run that ends does not wait for its schedule.
func (s *schedule) countUntil(then time.Duration, each func(due time.Duration)) (n int64) {
	for range 1_000_000 {
		due, ok := s.next()
		if !ok || due > then {
			return n
		}
		each(due)
		n++
	}
	if s.end > 0 {
		then = min(then, s.end)
	}
	left := math.Floor(expected(s.stages, then.Seconds())-s.place+tiny) + 1
	if s.most > 0 {
		left = min(left, float64(s.most-s.given))
	}
	return n + int64(max(0, left))/int64(s.segment.of())
}
