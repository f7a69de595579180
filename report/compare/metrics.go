package compare

import (
	"math"

	"stickbench/internal/hist"
	"stickbench/internal/stats"
)

// The units of the metrics of a comparison.
const (
	UnitMS     = "ms"
	UnitRate   = "per second"
	UnitShare  = "share" // 0 to 1
	unitPoints = 0.01    // one percentage point of a share
)

// metric is a figure of a row that is compared.
type metric struct {
	name, unit string
	more       bool // more is better
	// tail is the part of the samples beyond a percentile, which must be some for it to mean anything.
	tail float64
	of   func(p *part) (figure, bool)
}

// rowMetrics are those of every row, in the order in which they are told.
var rowMetrics = []metric{
	{name: "average", unit: UnitMS, of: (*part).average},
	{name: "stddev", unit: UnitMS, of: (*part).deviation},
	{name: "p50", unit: UnitMS, tail: 0.50, of: percentile(0.50)},
	{name: "p95", unit: UnitMS, tail: 0.05, of: percentile(0.95)},
	{name: "p99", unit: UnitMS, tail: 0.01, of: percentile(0.99)},
	{name: "error_rate", unit: UnitShare, of: (*part).errorRate},
	{name: "throughput", unit: UnitRate, more: true, of: (*part).throughput},
}

// sessionMetrics are those of the whole run's sessions.
var sessionMetrics = []metric{
	{name: "affinity", unit: UnitShare, more: true},
	{name: "continuity", unit: UnitShare, more: true},
}

// figure is a metric of one run, with what the run itself tells of its error. Times and rates are logarithms:
// what makes a run slow makes it slower by a factor, so that runs vary alike before and after.
type figure struct {
	stats.Estimate
	raw     float64 // as it is told
	samples int64
	ms      int64 // of the part of the run that it is of
	// least is the variance below which nothing is known: that of the resolution of the figure.
	least float64
	// wait is how much longer the run would have to be for its dependence to be known, 0 if it is.
	wait float64
	// Shares are k of n, which come in bursts of so many, known to so many degrees of freedom.
	k, n, bursts float64
}

// batches are as many as the row has samples for: two in each.
func (p *part) batches() int { return int(min(1<<20, p.n/2)) }

// level is how the mean time of the run varies: the noise of the sum of the deviations from it, and how much
// longer the run would have to be for that to be known.
func (p *part) level() (noise stats.Noise, wait float64) {
	series := p.deviations(p.sum, p.samples)
	if count, short := stats.Independent(series); short {
		return stats.ShortNoise(series), longer(count)
	}
	return stats.BatchNoise(series, p.batches()), 0
}

// longer is how many times as long a run must be that amounts to count independent values, to amount to as
// many as are enough, with as many again since the count is taken too high where it is low.
func longer(count float64) float64 { return 2 * stats.EnoughIndependent / count }

// deviations are x − value·n by the window, of which a ratio Σx/Σn varies as their sum does.
func (p *part) deviations(x, n []float64) []float64 {
	value := total(x) / total(n)
	series := make([]float64, len(x))
	for i := range x {
		series[i] = x[i] - value*n[i]
	}
	return series
}

func total(column []float64) (sum float64) {
	for _, x := range column {
		sum += x
	}
	return sum
}

// logarithm is the figure of a time or rate whose logarithm has that variance. A time of 0 is taken for half
// of what can be told apart.
func (p *part) logarithm(value, variance, freedom, resolution float64) figure {
	known := max(value, resolution/2)
	f := figure{raw: value, samples: p.n, ms: p.milliseconds(), least: resolution * resolution / 12 / (known * known)}
	f.Estimate = stats.Estimate{Value: math.Log(known), Below: variance + f.least, Above: variance + f.least, Freedom: freedom}
	return f
}

func (p *part) milliseconds() int64 { return int64(len(p.windows)) * p.step }

// resolution is how far times that are told apart are from each other, in milliseconds.
func (p *part) resolution(value float64) float64 {
	if p.whole {
		return 1
	}
	return max(0.001, value/(1<<hist.FineBits))
}

// smoothed is the resolution of a mean of many times: that of a single one unless they vary by more.
func (p *part) smoothed(value float64) float64 {
	r := p.resolution(value)
	if p.spread() > r {
		return r / math.Sqrt(float64(p.n))
	}
	return r
}

// spread is the standard deviation of the population.
func (p *part) spread() float64 {
	mean := total(p.sum) / float64(p.n)
	return math.Sqrt(max(0, total(p.squares)/float64(p.n)-mean*mean))
}

func (p *part) average() (figure, bool) {
	sum := total(p.sum)
	noise, wait := p.level()
	variance := 0.0
	if sum > 0 {
		variance = noise.Variance / (sum * sum)
	}
	mean := sum / float64(p.n)
	f := p.logarithm(mean, variance, noise.Freedom, p.smoothed(mean))
	f.wait = wait
	return f, true
}

func (p *part) deviation() (figure, bool) {
	n, mean, deviation := float64(p.n), total(p.sum)/float64(p.n), p.spread()
	series := make([]float64, len(p.windows))
	for i := range series {
		series[i] = p.squares[i] - 2*mean*p.sum[i] + (mean*mean-deviation*deviation)*p.samples[i]
	}
	noise, variance := stats.BatchNoise(series, p.batches()), 0.0
	if deviation > 0 {
		variance = noise.Variance / (4 * n * n * math.Pow(deviation, 4))
	}
	f := p.logarithm(deviation, variance, noise.Freedom, p.smoothed(mean))
	p.addLevel(&f)
	return f, true
}

// addLevel adds the variation of a level that a short run does not know.
func (p *part) addLevel(f *figure) {
	noise, wait := p.level()
	if wait == 0 {
		return
	}
	sum := total(p.sum)
	variance := noise.Variance / (sum * sum)
	f.Below, f.Above, f.Freedom, f.wait = f.Below+variance, f.Above+variance, noise.Freedom, wait
}

// throughput is of the time from the first start to an average response after the last one, which is JMeter's
// where no response outlasts the others.
func (p *part) throughput() (figure, bool) {
	n, seconds := float64(p.n), total(p.seconds)
	span := seconds + total(p.sum)/float64(p.n)/1000
	if span <= 0 {
		return figure{}, false
	}
	variance, freedom, wait := math.Inf(1), 1.0, 0.0
	if seconds > 0 {
		series := p.deviations(p.samples, p.seconds)
		noise := stats.BatchNoise(series, p.batches())
		if wait = p.slowRate(series); wait > 0 {
			noise = stats.ShortNoise(series)
		}
		variance, freedom = noise.Variance/(n*n), noise.Freedom
	}
	rate := n / span
	f := p.logarithm(rate, variance, freedom, 2/span) // a request more or less at either end
	f.wait = wait
	return f, true
}

// follows is the correlation from which the rate of requests follows their times: users wait for responses.
const follows = -0.3

// slowRate is how much longer the run would have to be for the variation of its rate to be known, 0 if it is. Where
// the rate follows the times, it varies as slowly as they do, whether or not that can be seen in the counts alone.
func (p *part) slowRate(series []float64) float64 {
	if count, short := stats.Independent(series); short {
		return longer(count)
	}
	if _, wait := p.level(); wait > 0 && stats.Correlation(series, p.deviations(p.sum, p.samples)) < follows {
		return wait
	}
	return 0
}

// percentile makes the metric of a percentile. What is known is how far the share of samples up to it varies;
// the samples at that share less and more bound the percentile (Woodruff, 1952), and their distances, as
// so many standard errors of either side, make its variances.
func percentile(share float64) func(p *part) (figure, bool) {
	return func(p *part) (figure, bool) {
		at := p.at(share)
		upTo := p.upTo(at)
		n := float64(p.n)
		most := p.batches()
		if noise, wait := p.level(); wait == 0 {
			most = noise.Batches
		}
		noise := stats.BatchNoise(p.deviations(upTo, p.samples), most)
		variance := max(noise.Variance/(n*n), share*(1-share)/n)
		t := stats.Quantile(1-stats.Alpha/2, noise.Freedom)
		reach, value := t*math.Sqrt(variance), p.ms(at)
		f := p.logarithm(value, 0, noise.Freedom, p.resolution(value))
		f.Below += p.distance(f.Value, share-reach, t)
		f.Above += p.distance(f.Value, share+reach, t)
		p.addLevel(&f)
		return f, true
	}
}

// distance is the variance that the percentile at a share makes, as t standard errors from value.
func (p *part) distance(value, share, t float64) float64 {
	if share < 0 || share > 1 || math.IsNaN(share) {
		return math.Inf(1)
	}
	ms := p.ms(p.at(share))
	d := (math.Log(max(ms, p.resolution(ms)/2)) - value) / t
	return d * d
}

// upTo are the samples of each window up to the bucket with that index.
func (p *part) upTo(at int) []float64 {
	counts := make([]float64, len(p.windows))
	for i := range p.windows {
		for _, b := range p.windows[i].times.Buckets() {
			if b.Slot > p.pooled[at].Slot {
				break
			}
			counts[i] += float64(b.Count)
		}
	}
	return counts
}

func (p *part) errorRate() (figure, bool) {
	f := share(p.errors, p.samples)
	f.samples, f.ms = p.n, p.milliseconds()
	return f, true
}

// dispersed is by how much shares of batches vary more than independent requests' do in 19 of 20 cases: χ² of
// 31 degrees of freedom at 95 %, by them.
const dispersed = 1.45

// share is a share by the window. Where it comes in bursts, they are counted, not what is in them: as many as
// make the variance of the batches, as the extremal index has it for what exceeds a level (Leadbetter, 1983;
// Ferro & Segers, 2003). Estimates are made when the bursts of both sides are known (estimated).
func share(hits, of []float64) figure {
	k, n := total(hits), total(of)
	f := figure{raw: k / n, k: k, n: n, bursts: 1}
	f.Value, f.Freedom = f.raw, math.Inf(1)
	if k == 0 || k == n {
		return f
	}
	series := make([]float64, len(hits))
	for i := range series {
		series[i] = hits[i] - f.raw*of[i]
	}
	binomial := k * (1 - f.raw)
	noise, independent := stats.PlainNoise(series)
	if independent && noise.Variance <= dispersed*binomial {
		return f
	}
	if !independent {
		noise = stats.BatchNoise(series, len(series))
	}
	if count, short := stats.Independent(series); short {
		noise, f.wait = stats.ShortNoise(series), longer(count)
	}
	f.bursts, f.Freedom = min(n, max(1, noise.Variance/binomial)), noise.Freedom // all of them in one at most
	return f
}

// sessions is affinity or continuity of a run, not ok if that is not defined for it.
func (s *Series) sessions(name string) (f figure, ok bool) {
	hits, of := make([]float64, len(s.turns)), make([]float64, len(s.turns))
	for i, t := range s.turns {
		hits[i], of[i] = float64(t.Named-t.Moves), float64(t.Named)
		if name == "continuity" {
			hits[i], of[i] = float64(t.Continued), float64(t.Counted)
		}
	}
	if total(of) == 0 {
		return figure{}, false
	}
	f = share(hits, of)
	f.samples, f.ms = int64(f.n), int64(s.windows)*s.step
	return f, true
}
