package compare

import (
	"math"
	"stickbench/internal/stats"

	descriptive "github.com/montanaflynn/stats"
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
		if total := r.rows[rowKey{total: true}]; total != nil {
			for i := range total.windows {
				run.Samples += total.windows[i].samples
			}
		}
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
		if p := r.part(key, s.parts[i]); p != nil && p.n > 0 {
			parts = append(parts, p)
			samples += p.n
		}
	}
	return parts, samples
}

// measured is a metric of a side: an estimate for each run that has it, and what there is too little of.
type measured struct {
	runs []stats.Estimate
	lack string
}

func measure(m *metric, parts []*part, alone bool) measured {
	var out measured
	for _, p := range parts {
		out.runs = append(out.runs, m.estimate(p, alone))
		if lack := m.lack(p); lack != "" {
			out.lack = lack
		}
	}
	return out
}

func (s *side) sessions(name string, alone bool) measured {
	var out measured
	for _, r := range s.runs {
		if e := r.sessions(name, alone); e != nil {
			out.runs = append(out.runs, *e)
			if r.windows < leastWindows {
				out.lack = tooShort(r.windows)
			}
		}
	}
	return out
}

// values are the runs' figures.
func (m *measured) values() []float64 {
	v := make([]float64, len(m.runs))
	for i := range m.runs {
		v[i] = m.runs[i].Value
	}
	return v
}

// pooled is the mean of the runs. One run tells nothing of how much runs differ by themselves, so that its
// variance is that of the variation within it. Of two and more, what the variation within the runs makes
// and what that between them does are added up: with so few runs the latter is often far too small by
// chance, and the sum errs on the side of caution.
func (m *measured) pooled() stats.Estimate {
	e := m.within()
	if n := float64(len(m.runs)); n > 1 {
		spread, _ := descriptive.SampleVariance(m.values())
		e = e.Plus(stats.Estimate{Variance: spread / n, Freedom: n - 1})
	}
	return e
}

// within is the mean of the runs, with the variance that the variation within them makes.
func (m *measured) within() stats.Estimate {
	n := float64(len(m.runs))
	sum := stats.Estimate{Freedom: math.Inf(1)}
	for _, r := range m.runs {
		sum = sum.Plus(stats.Estimate{Variance: r.Variance / (n * n), Freedom: r.Freedom})
	}
	sum.Value, _ = descriptive.Mean(m.values())
	return sum
}

// constant reports whether all runs of both sides have the same figure, and know it without error.
func constant(before, after measured) bool {
	first := before.runs[0].Value
	for _, side := range []measured{before, after} {
		for _, r := range side.runs {
			if r.Value != first {
				return false
			}
		}
	}
	return true
}
