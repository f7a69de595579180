package loadgen

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// Generator is what the run was like for the machine that made the load. A generator that is itself the
// limit measures itself: times then include its own waiting, and the load is less than planned.
type Generator struct {
	// Wall is how long the run took, CPU the processor time of this process within it, user and system,
	// of Processors at the same time (GOMAXPROCS). CPU is 0 where the system does not tell.
	Wall, CPU  time.Duration
	Processors int
	// Pauses of the garbage collector stop all users at once; they are counted in the buckets of
	// runtime/metrics. LongPauses are those of more than LongPause.
	Pauses, LongPauses int64
	Paused, WorstPause time.Duration
	// Wakes are the ends of pauses (ramp-up, think times, arrivals), LateWakes those that came more than
	// LateWake after their time, WorstWake the latest; WokenLate is by how much all were late together.
	Wakes, LateWakes     int64
	WorstWake, WokenLate time.Duration
	// Freezes are the times that no goroutine of the process ran for LongFreeze or longer, Frozen how long in all.
	Freezes int64
	Frozen  time.Duration
}

// What makes the generator doubtful, and is warned of.
const (
	// LateWake is what a wake-up may be late by: ten times what an idle machine needs.
	LateWake = 10 * time.Millisecond
	// busy is the part of all processors from which requests wait for one: at 85 % every new one waits as
	// long as some others take, on average.
	busy = 0.85
	// LongPause is a pause that a percentile may show.
	LongPause = 10 * time.Millisecond
	// LongFreeze is far more than a busy machine lets a process wait for a processor.
	LongFreeze = 500 * time.Millisecond
	// lateShare of the wake-ups may be late, pausedShare of the run may be pauses, and as many of the requests
	// may have been in flight in long ones: more would change an average, or p99.
	lateShare   = 0.01
	pausedShare = 0.01
	// Of shorter runs, or of fewer wake-ups, shares say nothing.
	leastWall  = time.Second
	leastWakes = 100
)

// Load is the part of its processors that the generator used, 0 to 1.
func (g *Generator) Load() float64 {
	if g.Wall <= 0 || g.Processors == 0 {
		return 0
	}
	return g.CPU.Seconds() / (g.Wall.Seconds() * float64(g.Processors))
}

func (g *Generator) woke(late time.Duration) {
	g.Wakes++
	if late > LateWake {
		g.LateWakes++
	}
	g.WorstWake = max(g.WorstWake, late)
	g.WokenLate += late
}

// slept counts a sleep that was to take no time worth speaking of.
func (g *Generator) slept(d time.Duration) {
	if d >= LongFreeze {
		g.Freezes++
		g.Frozen += d
	}
}

// add takes over the wake-ups and freezes of b; all else is the process's.
func (g *Generator) add(b *Generator) {
	g.Wakes += b.Wakes
	g.LateWakes += b.LateWakes
	g.WorstWake = max(g.WorstWake, b.WorstWake)
	g.WokenLate += b.WokenLate
	g.Freezes += b.Freezes
	g.Frozen += b.Frozen
}

// pausesShow reports whether pauses of the garbage collector could have changed a figure of so many requests: one
// of each user at most was in flight in each of them.
func (g *Generator) pausesShow(users, requests int64) bool {
	return g.Wall >= leastWall && (g.Paused.Seconds() > pausedShare*g.Wall.Seconds() ||
		g.LongPauses > 0 && float64(g.LongPauses*users) >= pausedShare*float64(requests))
}

// warnings say in what the generator itself was the limit, of a run of so many users and requests. With inProcess
// the processors also served the target, so that their load says nothing of the generator.
func (g *Generator) warnings(inProcess bool, users, requests int64) []string {
	var warnings []string
	if load := g.Load(); load >= busy && g.Wall >= leastWall && !inProcess {
		warnings = append(warnings, fmt.Sprintf("the generator used %.0f%% of its %d processors: it, not the target, may have been the limit; times include its waiting for a processor",
			100*load, g.Processors))
	}
	if g.Wakes >= leastWakes && float64(g.LateWakes) > lateShare*float64(g.Wakes) {
		warnings = append(warnings, fmt.Sprintf("%.1f%% of the pauses and arrivals ended more than %v too late, the worst by %v: the generator was too busy for the load that was planned",
			100*float64(g.LateWakes)/float64(g.Wakes), LateWake, g.WorstWake.Round(time.Millisecond)))
	}
	if g.Freezes > 0 {
		warnings = append(warnings, fmt.Sprintf("the generator stood still %s, for %v in all: it was stopped, or the machine had no processor for it; responses that were due meanwhile seem to have taken that long, and nothing was sent",
			map[bool]string{true: "once", false: fmt.Sprintf("%d times", g.Freezes)}[g.Freezes == 1], g.Frozen.Round(10*time.Millisecond)))
	}
	if g.pausesShow(users, requests) {
		warnings = append(warnings, fmt.Sprintf("the garbage collector stopped all users %d times, %v in all and up to %v at once: times include that",
			g.Pauses, g.Paused.Round(time.Microsecond), g.WorstPause.Round(time.Microsecond)))
	}
	return warnings
}

// warnings say how many arrivals did not begin when they were due.
func (a *ArrivalAccount) warnings() []string {
	switch {
	case a.Dropped > 0:
		return []string{fmt.Sprintf("%d of %d arrivals never began and %d began late: %s", a.Dropped, a.Planned, a.Late, strings.Join(a.causes(), "; "))}
	case float64(a.Late) > lateShare*float64(a.Planned):
		return []string{fmt.Sprintf("%d of %d arrivals began more than %v late: the target or the generator did not keep up with the rate, or the group needs more users", a.Late, a.Planned, LateArrival)}
	}
	return nil
}

// causes say of the dropped arrivals what kept them.
func (a *ArrivalAccount) causes() (list []string) {
	for _, cause := range []struct {
		n    int64
		text string
	}{
		{a.ByUsers, "for %d the group has too few users, with responses as fast as usual"},
		{a.Dropped - a.ByUsers - a.ByGenerator, "for %d all users waited for a target that did not keep up with the rate"},
		{a.ByGenerator, "for %d a user was free, but this machine woke up too late"},
	} {
		if cause.n > 0 {
			list = append(list, fmt.Sprintf(cause.text, cause.n))
		}
	}
	return list
}

// Gauge is the state of the process at the beginning of a run.
type Gauge struct {
	at     time.Time
	cpu    time.Duration
	pauses metrics.Float64Histogram
}

// NewGauge takes the state of now.
func NewGauge() *Gauge {
	return &Gauge{at: time.Now(), cpu: processorTime(), pauses: pauses()}
}

// Since is what happened to the process since then; of wake-ups it does not know.
func (b *Gauge) Since() Generator {
	g := Generator{Wall: time.Since(b.at), CPU: processorTime() - b.cpu, Processors: runtime.GOMAXPROCS(0)}
	now := pauses()
	for i, n := range now.Counts {
		if i < len(b.pauses.Counts) {
			n -= b.pauses.Counts[i]
		}
		if n == 0 {
			continue
		}
		low, high := max(0, now.Buckets[i]), now.Buckets[i+1]
		if math.IsInf(high, 1) {
			high = low
		}
		each := time.Duration((low + high) / 2 * 1e9) // for the sum and the worst alike, so that they agree
		g.Pauses += int64(n)
		g.Paused += time.Duration(n) * each
		g.WorstPause = each
		if g.WorstPause > LongPause {
			g.LongPauses += int64(n)
		}
	}
	return g
}

// pauses are those of the garbage collector since the process began.
func pauses() metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindFloat64Histogram {
		return metrics.Float64Histogram{}
	}
	h := *s[0].Value.Float64Histogram()
	h.Counts = append([]uint64(nil), h.Counts...)
	return h
}
