package loadgen

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func offsets(g *Group, seed uint64) []time.Duration {
	s := newSchedule(g, Segment{}, seed, arrivalStream)
	var all []time.Duration
	for due, ok := s.next(); ok; due, ok = s.next() {
		all = append(all, due)
	}
	return all
}

func millis(ms ...float64) []time.Duration {
	var all []time.Duration
	for _, m := range ms {
		all = append(all, time.Duration(math.Round(m*float64(time.Millisecond))))
	}
	return all
}

func TestSchedule(t *testing.T) {
	second := time.Second
	for _, tt := range []struct {
		name string
		g    Group
		want []time.Duration
	}{
		{"one rate, by duration", Group{Duration: second / 2, Arrivals: &Arrivals{Stages: []Stage{{10, 10, 0}}}}, millis(0, 100, 200, 300, 400)},
		{"one rate, by iterations", Group{Iterations: 3, Arrivals: &Arrivals{Stages: []Stage{{4, 4, 0}}}}, millis(0, 250, 500)},
		{"whatever comes first", Group{Iterations: 9, Duration: second, Arrivals: &Arrivals{Stages: []Stage{{4, 4, 0}}}}, millis(0, 250, 500, 750)},
		{"one an hour", Group{Iterations: 2, Arrivals: &Arrivals{Stages: []Stage{{1. / 3600, 1. / 3600, 0}}}}, millis(0, 3600_000)},
		{"two stages", Group{Arrivals: &Arrivals{Stages: []Stage{{2, 2, second}, {4, 4, second}}}}, millis(0, 500, 1000, 1250, 1500, 1750)},
		// t = sqrt(2n/slope): the half of all arrivals comes in the last 0.29 of the time.
		{"a ramp from nothing", Group{Arrivals: &Arrivals{Stages: []Stage{{0, 8, second}}}}, millis(0, 500, 707.106781, 866.025404)},
		{"a ramp to nothing", Group{Arrivals: &Arrivals{Stages: []Stage{{8, 0, second}}}}, millis(0, 133.974596, 292.893219, 500)},
		{"a pause", Group{Arrivals: &Arrivals{Stages: []Stage{{2, 2, second}, {0, 0, second}, {2, 2, second}}}}, millis(0, 500, 2000, 2500)},
		{"cut by the duration", Group{Duration: 1250 * time.Millisecond, Arrivals: &Arrivals{Stages: []Stage{{2, 2, second}, {4, 4, second}}}}, millis(0, 500, 1000)},
		{"a last stage that goes on", Group{Iterations: 4, Arrivals: &Arrivals{Stages: []Stage{{2, 2, second}, {10, 10, 0}}}}, millis(0, 500, 1000, 1100)},
	} {
		got := offsets(&tt.g, 1)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if n := tt.g.PlannedArrivals(); n != int64(len(tt.want)) {
			t.Errorf("%s: %d planned", tt.name, n)
		}
	}
}

// The schedule must not drift: a rate that is no whole number of nanoseconds is kept for hours.
func TestScheduleDoesNotDrift(t *testing.T) {
	g := Group{Duration: 300 * time.Second, Arrivals: &Arrivals{Stages: []Stage{{3000, 3000, 0}}}}
	all := offsets(&g, 1)
	if n := len(all); n != 900_000 || all[n-1] != 299_999_666_667 {
		t.Errorf("%d arrivals, the last at %v", n, all[n-1])
	}
	ramp := Group{Arrivals: &Arrivals{Stages: []Stage{{50, 50, 10 * time.Second}, {50, 200, 30 * time.Second}}}}
	if all := offsets(&ramp, 1); len(all) != 500+3750 || !slices.IsSorted(all) || all[500] != 10*time.Second {
		t.Errorf("%d arrivals of a ramp, number 500 at %v", len(all), all[500])
	}
}

func TestPoissonSchedule(t *testing.T) {
	g := Group{Duration: 1000 * time.Second, Arrivals: &Arrivals{Spread: Poisson, Stages: []Stage{{0, 40, 500 * time.Second}, {40, 40, 0}}}}
	all := offsets(&g, 7)
	if !slices.Equal(all, offsets(&g, 7)) || slices.Equal(all, offsets(&g, 8)) {
		t.Error("the schedule is not a function of the seed")
	}
	if want, sigma := 30_000., math.Sqrt(30_000); math.Abs(float64(len(all))-want) > 4*sigma {
		t.Errorf("%d arrivals, %.0f to be expected", len(all), want)
	}
	counts := make([]float64, 500) // per second, where the rate is steady
	for _, due := range all {
		if i := int(due/time.Second) - 500; i >= 0 {
			counts[i]++
		}
	}
	mean, spread := 0., 0.
	for _, c := range counts {
		mean += c / 500
	}
	for _, c := range counts {
		spread += (c - mean) * (c - mean) / 499
	}
	if ratio := spread / mean; ratio < 0.75 || ratio > 1.25 { // 1 in a Poisson process, 0 in an even one
		t.Errorf("variance %.1f of a mean of %.1f", spread, mean)
	}
}

func TestArrivalsThatAreNone(t *testing.T) {
	for _, g := range []Group{
		{Arrivals: &Arrivals{}},
		{Arrivals: &Arrivals{Stages: []Stage{{10, 10, 0}}}},
		{Duration: 1, Arrivals: &Arrivals{Stages: []Stage{{10, 20, 0}}}},
		{Duration: 1, Arrivals: &Arrivals{Stages: []Stage{{10, 10, 0}, {10, 10, 0}}}},
		{Duration: 1, Arrivals: &Arrivals{Stages: []Stage{{-1, 10, 1}}}},
		{Duration: 1, Arrivals: &Arrivals{Stages: []Stage{{math.NaN(), 10, 1}}}},
		{Duration: 1, Arrivals: &Arrivals{Stages: []Stage{{0, 0, 0}}}},
	} {
		g.Users = 1
		if _, err := New(&Plan{Target: "http://127.0.0.1", Groups: []Group{g}}, Sinks{}); err == nil {
			t.Errorf("%+v was taken", *g.Arrivals)
		}
	}
}

// Each arrival is a session of its own, and only its first request has a schedule.
func TestArrivals(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	samples, account := runPlan(t, &Plan{Target: srv.URL, Session: sessionWords(t), Groups: []Group{{
		Name: "g", Users: 20, Cookies: ClearCookies, Arrivals: &Arrivals{Stages: []Stage{{500, 500, 200 * time.Millisecond}}},
		Steps: []Step{get(t, "/", "counter == 1"), get(t, "/", "counter == 2")},
	}}})
	a := account.Arrivals
	if a.Planned != 100 || a.Started+a.Dropped != 100 || a.Started == 0 || account.Iterations < a.Started-20 || account.Failed != 0 {
		t.Fatalf("%+v", account)
	}
	arrivals := int64(0)
	for _, s := range samples {
		if s.Arrival {
			arrivals++
		}
		if s.Late < 0 || !s.Arrival && s.Late != 0 || s.Arrival != (s.Counter == 1) || s.ActiveGroup < 1 || s.ActiveGroup > 20 {
			t.Fatalf("%+v", s)
		}
	}
	if arrivals != a.Started {
		t.Errorf("%d first requests of %d arrivals", arrivals, a.Started)
	}
}

// One user who takes 50 ms cannot take in 100 a second: what is not started must not vanish.
func TestArrivalsLateAndDropped(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(50 * time.Millisecond) }))
	defer srv.Close()
	group := Group{Name: "g", Users: 1, Arrivals: &Arrivals{Stages: []Stage{{100, 100, 0}}}, Steps: []Step{get(t, "/")}}
	group.Duration = 300 * time.Millisecond
	_, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{group}})
	if a := account.Arrivals; a.Planned != 30 || a.Started > 6 || a.Started < 1 || a.Late < a.Started-1 || a.Dropped != 30-a.Started || a.ByUsers != a.Dropped || waiting(a.Waits) != a.Dropped {
		t.Errorf("cut by the duration: %+v", a)
	}
	group.Duration, group.Iterations = 0, 4
	samples, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{group}})
	if a := account.Arrivals; a.Planned != 4 || a.Started != 4 || a.Late < 3 || a.Dropped != 0 {
		t.Errorf("all of four: %+v", a)
	}
	for i, s := range samples[1:] { // due every 10 ms, begun every 50 ms
		if least := time.Duration(i+1) * 40 * time.Millisecond; s.Late < least {
			t.Errorf("arrival %d is %v late, not %v", i+1, s.Late, least)
		}
	}
	group.Iterations, group.Duration = 0, time.Hour
	graceful, stop := context.WithCancel(context.Background())
	time.AfterFunc(105*time.Millisecond, stop)
	account, err := runWith(t, &Plan{Target: srv.URL, Groups: []Group{group}}, &memory{}, graceful, context.Background())
	if a := account.Arrivals; err != nil || a.Planned < 10 || a.Planned > 100 || a.Started+a.Dropped != a.Planned || a.Dropped < 5 {
		t.Errorf("stopped after 105 ms: %+v, %v", a, err)
	}
}

func waiting(waits map[int64]int64) (n int64) {
	for _, each := range waits {
		n += each
	}
	return n
}

// What is dropped is told apart by its cause, and keeps how long it had waited when the group ended.
func TestDropsByCause(t *testing.T) {
	start, second := time.Unix(1000, 0), time.Second
	for _, tt := range []struct {
		name                       string
		usual                      time.Duration // that an iteration takes
		free                       time.Duration // until when somebody waited for the next arrival
		target, byUsers, generator int64
	}{
		{"100 a second of half a second each take 50 users", second / 2, second, 0, 99, 0},
		{"a target that had needed a millisecond", time.Millisecond, second, 99, 0, 0},
		{"nobody was ever free", 0, 0, 99, 0, 0},
		{"the generator stood still", time.Millisecond, 10 * second, 0, 0, 99},
		{"it did for half of the time", second / 2, 9495 * time.Millisecond, 0, 50, 49},
	} {
		g := &Group{Users: 5, Duration: 10 * second, Arrivals: &Arrivals{Stages: []Stage{{100, 100, 0}}}}
		var steering atomic.Pointer[steered]
		steering.Store(&steered{})
		q := newQueue(context.Background(), g, Segment{}, 1, 0, start, &steering)
		q.schedule.countUntil(8995*time.Millisecond, func(time.Duration) {}) // and the one of 9 s, which is not due
		q.free = start.Add(tt.free)
		if tt.usual > 0 {
			q.usual = append(q.usual, tt.usual)
		}
		a := q.close(start.Add(10 * second))
		if a.Dropped != 99 || a.Dropped-a.ByUsers-a.ByGenerator != tt.target || a.ByUsers != tt.byUsers || a.ByGenerator != tt.generator {
			t.Errorf("%s: %+v", tt.name, a)
		}
		longest := int64(0)
		for wait := range a.Waits {
			longest = max(longest, wait)
		}
		if waiting(a.Waits) != 99 || longest < 950_000 || longest > 990_000 {
			t.Errorf("%s: waits %v", tt.name, a.Waits)
		}
	}
}

// An arrival keeps its due time: the real start less how late it was is the schedule, whatever the generator did
// between, and pauses of the plan before the first request are no lateness.
func TestLateIsStartLessDue(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	think, err := ParseThink("20ms")
	if err != nil {
		t.Fatal(err)
	}
	samples, _ := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
		Name: "g", Users: 4, Iterations: 100, Arrivals: &Arrivals{Stages: []Stage{{200, 200, 0}}}, Steps: []Step{{Think: think}, get(t, "/")},
	}}})
	var due []int64
	for _, s := range samples {
		due = append(due, s.Start-s.Late.Microseconds())
	}
	slices.Sort(due)
	for i, at := range due {
		if off := at - due[0] - int64(i)*5000; off < -2 || off > 2 {
			t.Fatalf("arrival %d is off its schedule by %d µs", i, off)
		}
	}
}

// TestCoordinatedOmission: a server that stalls for a second keeps a few requests from being answered, and
// in a closed model only those show it. Those that would have been sent meanwhile must show it too.
func TestCoordinatedOmission(t *testing.T) {
	const stall = time.Second
	var once sync.Once
	var gate sync.RWMutex
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() {
			gate.Lock()
			time.AfterFunc(stall, gate.Unlock)
		})
		gate.RLock()
		defer gate.RUnlock()
	}))
	defer srv.Close()
	samples, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
		Name: "g", Users: 3, Iterations: 600, Arrivals: &Arrivals{Stages: []Stage{{500, 500, 0}}}, Steps: []Step{get(t, "/")},
	}}})
	var service, response []time.Duration
	for _, s := range samples {
		service = append(service, s.Elapsed)
		response = append(response, s.Late+s.Elapsed)
	}
	slices.Sort(service)
	slices.Sort(response)
	p99 := len(samples) * 99 / 100
	if account.Arrivals.Started != 600 || service[p99] > stall/2 || response[p99] < stall*9/10 || response[len(samples)/2] < stall/10 {
		t.Errorf("%+v: p99 %v from the real start, %v from the intended one", account.Arrivals, service[p99], response[p99])
	}
}

// BenchmarkArrivals reports how exact 10 000 arrivals a second are, over two seconds, on a server that can
// take them: the rate's error, and how late arrivals begin.
func BenchmarkArrivals(b *testing.B) {
	o := labServer(b)
	for b.Loop() {
		plan := labPlan(b, o, 64)
		plan.Groups[0].Arrivals = &Arrivals{Stages: []Stage{{10_000, 10_000, 2 * time.Second}}}
		plan.Groups[0].Iterations = 0
		m := &memory{}
		r, err := New(plan, m)
		if err != nil {
			b.Fatal(err)
		}
		account, err := r.Run(context.Background(), context.Background())
		if err != nil || account.Failed > 0 {
			b.Fatalf("%+v, %v", account, err)
		}
		var late []time.Duration
		for _, s := range m.samples {
			late = append(late, s.Late)
		}
		slices.Sort(late)
		took := float64(m.samples[len(m.samples)-1].Start-m.samples[0].Start) / 1e6
		b.ReportMetric(100*math.Abs(float64(len(late)-1)/took/10_000-1), "%error")
		b.ReportMetric(float64(late[len(late)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "p99-µs")
		b.ReportMetric(float64(account.Arrivals.Dropped), "dropped")
	}
}

// A rate of one in a billion years overflowed: everything was due at once, for ever. One of millions took hours to
// count when the run had ended.
func TestArrivalsAtTheEdges(t *testing.T) {
	for _, rate := range []float64{math.SmallestNonzeroFloat64, 1e-300, 1e-17, 1e-12} {
		g := Group{Duration: 2 * time.Second, Arrivals: &Arrivals{Stages: []Stage{{From: rate, To: rate}}}}
		s := newSchedule(&g, Segment{}, 1, 1)
		if due, ok := s.next(); !ok || due != 0 {
			t.Errorf("%g: the first is due at %v", rate, due)
		}
		if due, ok := s.next(); ok {
			t.Errorf("%g: the second is due at %v", rate, due)
		}
	}
	for _, spread := range []Spread{Even, Poisson} {
		g := Group{Duration: time.Hour, Arrivals: &Arrivals{Stages: []Stage{{From: MostArrivals, To: MostArrivals}}, Spread: spread}}
		s := newSchedule(&g, Segment{}, 1, 1)
		for range 1000 {
			s.next()
		}
		told := 0
		got, want := s.countUntil(time.Minute, func(time.Duration) { told++ }), int64(60*MostArrivals)-1000
		if math.Abs(float64(got-want)) > 1e5 || spread == Even && got != want+1 || told > 1e6 { // one is due at the very end
			t.Errorf("%d of %d arrivals are left, %d were counted one by one", got, want, told)
		}
	}
	for name, g := range map[string]Group{
		"rate":     {Duration: time.Second, Arrivals: &Arrivals{Stages: []Stage{{From: 1e9, To: 1e9}}}},
		"stages":   {Arrivals: &Arrivals{Stages: []Stage{{From: 1, To: 1, For: math.MaxInt64}, {From: 1, To: 1, For: math.MaxInt64}}}},
		"duration": {Duration: math.MaxInt64}, "ramp-up": {RampUp: math.MaxInt64}, "start delay": {StartDelay: math.MaxInt64},
	} {
		if err := g.check(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// FuzzArrivals: arrivals are in order and within their end, and as many as were to be expected.
func FuzzArrivals(f *testing.F) {
	f.Add(50.0, 200.0, int64(1e9), false)
	f.Add(1e-9, 1e7, int64(1e15), true)
	f.Fuzz(func(t *testing.T, from, to float64, length int64, random bool) {
		g := Group{Iterations: 500, Arrivals: &Arrivals{Stages: []Stage{{From: from, To: to, For: time.Duration(length)}}}}
		if random {
			g.Arrivals.Spread = Poisson
		}
		if g.check() != nil {
			return
		}
		s, last, n := newSchedule(&g, Segment{}, 1, 2), time.Duration(0), int64(0)
		for ; ; n++ {
			due, ok := s.next()
			if !ok {
				break
			}
			if due < last || due >= g.end() {
				t.Fatalf("due at %v after %v, of %v", due, last, g.end())
			}
			last = due
		}
		if planned := g.PlannedArrivals(); n > planned+1 && !random || n > 500 {
			t.Errorf("%d arrivals, %d were planned", n, planned)
		}
	})
}

// What is due by a moment follows the stages, the group's delay and its end.
func TestArrivalsDue(t *testing.T) {
	p := &Plan{Groups: []Group{
		{StartDelay: time.Second, Duration: 3 * time.Second, Arrivals: &Arrivals{Stages: []Stage{{From: 10, To: 10}}}},
		{Arrivals: &Arrivals{Stages: []Stage{{From: 0, To: 20, For: 2 * time.Second}}}},
		{Users: 5},
	}}
	for at, want := range map[time.Duration]float64{0: 0, time.Second: 5, 2 * time.Second: 30, 9 * time.Second: 50} {
		if got := p.ArrivalsDue(at); math.Abs(got-want) > 1e-9 {
			t.Errorf("by %v %g are due, want %g", at, got, want)
		}
	}
}
