package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	descriptive "github.com/montanaflynn/stats"

	"stickbench/internal/format"
	"stickbench/internal/stats"
)

// side are the runs of one side of a comparison, with the part of each that is compared.
type side struct {
	runs  []*Series
	parts []extent
}

func newSide(runs []*Series, w WarmUp) *side {
	s := &side{runs: runs}
	for _, r := range runs {
		s.parts = append(s.parts, r.steady(w))
	}
	return s
}

func (s *side) describe() Side {
	d := Side{Name: s.runs[0].Results.Plan}
	for i, r := range s.runs {
		e := s.parts[i]
		run := SideRun{
			Name: r.Name, DurationMS: r.Results.DurationMS, WindowMS: r.step,
			WarmUpMS: int64(e.from) * r.step, CoolDownMS: int64(r.whole().to-e.to) * r.step,
		}
		within, all := r.rows[rowKey{total: true}].within(e)
		run.Samples, run.LeftOut = all, all-within
		d.Runs = append(d.Runs, run)
	}
	return d
}

// whole reports whether times are whole milliseconds in any of the runs.
func (s *side) whole() bool {
	for _, r := range s.runs {
		if r.Results.WholeMillis {
			return true
		}
	}
	return false
}

// row is the row of each run; runs without it are left out.
func (s *side) row(key rowKey) (parts []*part, samples int64) {
	for i, r := range s.runs {
		if p := r.part(key, s.parts[i]); p != nil {
			parts = append(parts, p)
			samples += p.n
		}
	}
	return parts, samples
}

// leastMS is how long the runs of a side must be together for a verdict.
const leastMS = 2000

// short is the lack of time of the side, "" if it has enough.
func (s *side) short() string {
	sum := int64(0)
	for _, r := range s.runs {
		sum += r.lasted()
	}
	if sum >= leastMS {
		return ""
	}
	return fmt.Sprintf("%s of runs on a side are too little, it takes %s", format.Span(sum), format.Span(leastMS))
}

// measured is a metric of a side: a figure for each run that has it.
type measured []figure

func measure(m *metric, parts []*part) (out measured) {
	for _, p := range parts {
		if f, ok := m.of(p); ok {
			out = append(out, f)
		}
	}
	return out
}

func (s *side) sessions(name string) (out measured) {
	for _, r := range s.runs {
		if f, ok := r.sessions(name); ok {
			out = append(out, f)
		}
	}
	return out
}

// estimated are the figures with their estimates, which those of shares are made of only now: the bursts in
// which hits come are those of all runs, in proportion to how many hits each has, since a run without an error
// does not tell.
func estimated(before, after measured) (x, y measured) {
	hits, sum, noise := 0.0, 0.0, 0.0
	for _, f := range slices.Concat(before, after) {
		rare := min(f.k, f.n-f.k)
		hits += rare
		sum += rare * f.bursts
		noise += rare * f.bursts * rare * f.bursts / f.Freedom
	}
	bursts, freedom := 1.0, math.Inf(1)
	if hits > 0 {
		bursts, freedom = sum/hits, sum*sum/noise
	}
	set := func(side measured) (out measured) {
		for _, f := range side {
			f.Estimate = stats.Share(f.k, f.n, bursts, freedom)
			out = append(out, f)
		}
		return out
	}
	return set(before), set(after)
}

// values are the runs' figures, on their scale.
func (m measured) values() []float64 {
	v := make([]float64, len(m))
	for i := range m {
		v[i] = m[i].Value
	}
	return v
}

// level is the figure of the side, on its scale: over several runs their mean, or their median where runs are
// compared by ranks.
func (m measured) level(ranks bool) float64 {
	if ranks {
		v, _ := descriptive.Median(m.values())
		return v
	}
	v, _ := descriptive.Mean(m.values())
	return v
}

// figure is the figure of the side as it is told.
func (m measured) figure(unit string, ranks bool) float64 {
	same := true
	for _, f := range m {
		same = same && f.raw == m[0].raw
	}
	switch {
	case same:
		return m[0].raw
	case unit == UnitShare:
		return m.level(ranks)
	}
	return math.Exp(m.level(ranks))
}

// within is the mean of the runs as what varies within them has it.
func (m measured) within() stats.Estimate {
	sum := stats.Estimate{Freedom: math.Inf(1)}
	for _, f := range m {
		sum = sum.Plus(f.Over(float64(len(m))))
	}
	return sum
}

// least is the variance of the mean of the runs that their resolution makes at least, of shares that of
// independent requests.
func (m measured) least(unit string) stats.Estimate {
	if unit == UnitShare {
		return m.within()
	}
	sum, n := stats.Estimate{}, float64(len(m))
	for _, f := range m {
		sum.Below += f.least / (n * n)
	}
	sum.Above = sum.Below
	return sum
}

// wait is how much longer the runs would have to be for their dependence to be known, 0 if it is.
func (m measured) wait() (wait float64) {
	for _, f := range m {
		wait = max(wait, f.wait)
	}
	return wait
}

// milliseconds is the length of the longest run.
func (m measured) milliseconds() (most int64) {
	for _, f := range m {
		most = max(most, f.ms)
	}
	return most
}

// few says what there are too few samples of, "" if of nothing. That is a reason only where the interval
// does not tell anyway.
func (m measured) few(of *metric) string {
	needed := int64(leastSamples)
	if of.tail > 0 {
		needed = max(needed, int64(math.Round(leastBeyond/of.tail)))
	}
	for _, f := range m {
		if f.samples < needed {
			return fmt.Sprintf("%s in a run are too few, it takes %s", format.Plural(f.samples, "sample"), format.Count(needed))
		}
	}
	return ""
}

// A percentile hangs on single requests with fewer than leastBeyond samples beyond it.
const (
	leastSamples = 20
	leastBeyond  = 10
)

// constant reports whether all runs of both sides have the same figure, so that there is nothing to test.
func constant(before, after measured) bool {
	first := before[0].raw
	for _, side := range []measured{before, after} {
		for _, f := range side {
			if f.raw != first {
				return false
			}
		}
	}
	return true
}

// few is that of the side that has less.
func few(m *metric, before, after measured) string { return cmp.Or(before.few(m), after.few(m)) }
