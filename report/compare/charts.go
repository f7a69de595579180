package compare

import (
	"math"
	"slices"

	"stickbench/internal/hist"
	"stickbench/report"
)

// The steps of the charts over time: at most mostSteps; fewer, but leastSteps as a rule, where they would have
// less than stepSamples samples a side on average, whose percentiles would jump.
const (
	mostSteps   = 120
	leastSteps  = 20
	stepSamples = 20
)

// Charts is what charts draw of the two sides: how they went in time, whole runs with what was left
// out of the comparison, and the percentiles of what was compared. Runs of a side are laid on top of each
// other. It is bounded, however long the runs were. The results of each run have more of it, and so it is not
// part of the comparison as JSON.
type Charts struct {
	StepMS        int64
	Before, After []Point // by the step, since the first sample of each run
	Percentiles   []Percentile
	// BeforeLeftOut and AfterLeftOut are what is left out of the comparison at the beginning and the end of any
	// run of the side.
	BeforeLeftOut, AfterLeftOut []Span
}

// Span is a time in milliseconds since the first sample of a run.
type Span struct{ FromMS, ToMS int64 }

// Point is one step of one side. Throughput and Errors are per second of a run, NaN where runs covered
// less than half of the step; the percentiles are NaN without samples.
type Point struct{ Throughput, Errors, P50MS, P95MS float64 }

// Percentile is the elapsed time of both sides at a share of the samples, 0 to 1; NaN for a side
// without samples. The shares are those that the smaller side can tell apart.
type Percentile struct{ Share, BeforeMS, AfterMS float64 }

func (c *comparer) charts() *Charts {
	step := c.chartStep()
	return &Charts{StepMS: step, Before: c.before.course(step), After: c.after.course(step), Percentiles: c.percentiles(),
		BeforeLeftOut: c.before.leftOut(), AfterLeftOut: c.after.leftOut()}
}

// leftOut is what is left out at either end, of the run that has most of it.
func (s *side) leftOut() (list []Span) {
	warmUp, coolDown := Span{}, Span{math.MaxInt64, 0}
	for i, r := range s.runs {
		e := s.parts[i]
		warmUp.ToMS = max(warmUp.ToMS, int64(e.from)*r.step)
		if e.to < r.windows {
			coolDown = Span{min(coolDown.FromMS, int64(e.to)*r.step), max(coolDown.ToMS, r.last())}
		}
	}
	for _, span := range []Span{warmUp, coolDown} {
		if span.ToMS > span.FromMS {
			list = append(list, span)
		}
	}
	return list
}

// chartStep is a multiple of the length of every run's windows, which are all doublings of one.
func (c *comparer) chartStep() int64 {
	step, last, samples := int64(firstWindowMS), int64(0), int64(0)
	for _, r := range slices.Concat(c.before.runs, c.after.runs) {
		step, last = max(step, r.step), max(last, r.last())
		samples += r.Results.Total.Samples
	}
	for n := last/step + 1; n > mostSteps || n > leastSteps && samples < 2*stepSamples*n; n = last/step + 1 {
		step *= 2
	}
	return step
}

// course is how the runs of the side went in time.
func (s *side) course(step int64) []Point {
	type gathered struct {
		windows []seriesWindow
		seconds float64
	}
	var steps []gathered
	for _, r := range s.runs {
		windows := r.rows[rowKey{total: true}].windows
		for i := range windows {
			at := int(int64(i) * r.step / step)
			steps = grown(steps, at)
			steps[at].windows = append(steps[at].windows, windows[i])
			steps[at].seconds += r.seconds(i)
		}
	}
	points := make([]Point, len(steps))
	for i, g := range steps {
		nothing := math.NaN()
		points[i] = Point{nothing, nothing, nothing, nothing}
		p := &part{whole: s.whole()}
		for j := range g.windows {
			p.n += g.windows[j].samples
			p.failed += g.windows[j].errors
		}
		if g.seconds*2000 >= float64(step) {
			points[i].Throughput, points[i].Errors = float64(p.n)/g.seconds, float64(p.failed)/g.seconds
		}
		if p.n > 0 {
			p.pool(poolBuckets(g.windows))
			points[i].P50MS, points[i].P95MS = p.ms(p.at(0.50)), p.ms(p.at(0.95))
		}
	}
	return points
}

// percentiles are those of all samples that were compared.
func (c *comparer) percentiles() (list []Percentile) {
	before, after := c.before.together(), c.after.together()
	n := min(before.n, after.n)
	if n == 0 {
		n = max(before.n, after.n)
	}
	if n == 0 {
		return nil
	}
	for _, share := range report.TailShares(n) {
		list = append(list, Percentile{share, before.timeAt(share), after.timeAt(share)})
	}
	return list
}

// together are the samples of all runs that were compared, in one histogram.
func (s *side) together() *part {
	all := &part{whole: s.whole()}
	var pooled [][]hist.Bucket
	parts, n := s.row(rowKey{total: true})
	for _, p := range parts {
		pooled = append(pooled, p.pooled)
	}
	all.n = n
	all.pool(hist.PoolBuckets(pooled...))
	return all
}

// timeAt is the time in milliseconds at a share of the samples, NaN without samples.
func (p *part) timeAt(share float64) float64 {
	if p.n == 0 {
		return math.NaN()
	}
	return p.ms(p.at(share))
}
