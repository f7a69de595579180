package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// load makes recordings of a target whose nature is known, so that verdicts on them can be told right or
// wrong: closed, users that send, wait for the response and think; or a queue with Poisson arrivals. Times
// are in seconds.
type load struct {
	dur    float64
	users  int     // 0 for 10
	median float64 // of the response time, 0 for 20 ms
	sigma  float64 // standard deviation of its logarithm, 0 for 0.5
	scale  float64 // of it, 0 for 1
	think  float64 // mean of an exponential think time
	most   int     // samples at most, 0 for no limit

	pareto    float64 // tail index, in place of the lognormal
	slow      float64 // share of responses that are ten times slower, in place of it
	whole     bool    // times are recorded in whole milliseconds
	tau       float64 // the level of the times is an autoregressive process with this correlation time …
	env       float64 // … and this standard deviation of its logarithm
	pauses    float64 // a second, of 50 to 200 ms, in which everything stands still
	drift     float64 // amplitude of a sine of the logarithm
	period    float64 // of the drift
	run       float64 // standard deviation of the logarithm between runs
	err       float64 // share of errors
	outages   float64 // a second, of 50 to 300 ms, in which all requests fail
	rho       float64 // utilization of a queue of one server with 200 arrivals a second, in place of the users
	move      float64 // share of requests of a session that move it; sessions have nodes then
	straggler bool    // one more request hangs for 30 s
}

// event is one request: when it started, how long it took, and what became of it.
type event struct {
	start, took   float64
	user          int
	failed, moved bool
}

// series is one run.
func (l load) series(random *rand.Rand) *Series {
	results := fold.NewBuilder()
	b := NewSeriesBuilder(results)
	for _, e := range l.events(random) {
		b.Add(l.sample(e))
	}
	return b.Freeze("run", results.Freeze(report.Run{}), Setup{})
}

func (l load) sample(e event) *loadgen.Sample {
	const epoch = 1_700_000_000_000_000
	s := &loadgen.Sample{
		Start: epoch + int64(e.start*1e6), Elapsed: time.Duration(e.took * 1e9), Fine: !l.whole, Label: "GET /", User: e.user, Life: 1, Status: 200, ActiveAll: 1,
	}
	if l.whole {
		s.Elapsed = s.Elapsed.Round(time.Millisecond)
	}
	if e.failed {
		s.Status, s.Kind = 500, loadgen.KindStatus
	}
	if l.move > 0 {
		s.Node = "s1"
		if e.moved {
			s.Node = "s2"
		}
	}
	return s
}

// events are the requests in the order of their ends.
func (l load) events(random *rand.Rand) []event {
	all := l.closed(random)
	if l.rho > 0 {
		all = l.queue(random)
	}
	if l.straggler {
		all = append(all, event{start: l.dur * 0.95, took: 30, user: 99, failed: true})
	}
	slices.SortFunc(all, func(a, b event) int { return cmp.Compare(a.start+a.took, b.start+b.took) })
	if l.most > 0 {
		all = all[:min(l.most, len(all))]
	}
	return all
}

// levelStep is the step of the autoregressive level.
const levelStep = 0.005

// level is the autoregressive level, of unit variance, by the step.
func (l load) level(random *rand.Rand) []float64 {
	if l.tau == 0 {
		return []float64{0}
	}
	z, a := make([]float64, int(3*l.dur/levelStep)), math.Exp(-levelStep/l.tau)
	z[0] = random.NormFloat64()
	for i := range z[1:] {
		z[i+1] = a*z[i] + math.Sqrt(1-a*a)*random.NormFloat64()
	}
	return z
}

// spans are times that begin so often a second and last between least and most.
func spans(random *rand.Rand, until, rate, least, most float64) (list [][2]float64) {
	for t := 0.0; rate > 0; {
		t += random.ExpFloat64() / rate
		if t > until {
			break
		}
		d := least + (most-least)*random.Float64()
		list = append(list, [2]float64{t, t + d})
		t += d
	}
	return list
}

// within reports whether t is in one of the spans, and how much of it is left.
func within(list [][2]float64, t float64) (left float64, in bool) {
	i := sort.Search(len(list), func(i int) bool { return list[i][0] > t }) - 1
	if i < 0 || t >= list[i][1] {
		return 0, false
	}
	return list[i][1] - t, true
}

// response is a response time of a steady target.
func (l load) response(random *rand.Rand) float64 {
	median, sigma := orElse(l.median, 0.02), orElse(l.sigma, 0.5)
	switch {
	case l.pareto > 0:
		return median / 2 * math.Pow(1-random.Float64(), -1/l.pareto)
	case l.slow > 0:
		x := median * math.Exp(0.1*random.NormFloat64())
		if random.Float64() < l.slow {
			x *= 10
		}
		return x
	}
	return median * math.Exp(sigma*random.NormFloat64())
}

func orElse(x, usual float64) float64 {
	if x == 0 {
		return usual
	}
	return x
}

// closed are users that wait for each response.
func (l load) closed(random *rand.Rand) (all []event) {
	if l.rho > 0 {
		return nil
	}
	level := l.level(random)
	pauses, outages := spans(random, 3*l.dur, l.pauses, 0.05, 0.2), spans(random, 3*l.dur, l.outages, 0.05, 0.3)
	factor, phase := orElse(l.scale, 1)*math.Exp(l.run*random.NormFloat64()), 2*math.Pi*random.Float64()
	users := int(orElse(float64(l.users), 10))
	for user := range users {
		for t := 0.01 * random.Float64(); t < l.dur; {
			x := l.response(random) * factor * math.Exp(l.env*level[min(len(level)-1, int(t/levelStep))])
			if l.drift > 0 {
				x *= math.Exp(l.drift * math.Sin(2*math.Pi*t/l.period+phase))
			}
			left, _ := within(pauses, t)
			x += left
			if next := sort.Search(len(pauses), func(i int) bool { return pauses[i][0] > t }); next < len(pauses) && pauses[next][0] < t+x {
				x += pauses[next][1] - pauses[next][0]
			}
			_, out := within(outages, t)
			all = append(all, event{t, x, user + 1, out || random.Float64() < l.err, random.Float64() < l.move})
			t += x + l.think*random.ExpFloat64()
		}
	}
	return all
}

// queue is a server that serves one after the other, as long before the run as it takes to settle.
func (l load) queue(random *rand.Rand) (all []event) {
	const rate, settle = 200.0, 20.0
	service := l.rho / rate * orElse(l.scale, 1) * math.Exp(l.run*random.NormFloat64())
	backlog := 0.0
	for t := -settle; t < l.dur; {
		gap := random.ExpFloat64() / rate
		t += gap
		backlog = max(0, backlog-gap) + service*random.ExpFloat64()
		if t > 0 && t < l.dur {
			all = append(all, event{t, backlog, len(all) + 1, random.Float64() < l.err, false})
		}
	}
	return all
}
