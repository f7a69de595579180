package loadgen

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const second = time.Second

// steering is what is wanted of a plan of one group.
func steering(at time.Duration, paused bool, users int, rate float64) Steering {
	return Steering{At: at, Paused: paused, Users: []int{users}, Rates: []float64{rate}}
}

// The schedule of a steered group is a pure function, whenever it was asked: it goes on as if its stages had been those
// from the beginning.
func TestSteeredArrivals(t *testing.T) {
	g := &Group{Users: 1, Duration: 10 * second, Arrivals: &Arrivals{Stages: []Stage{{1, 1, 4 * second}, {1, 3, 4 * second}, {3, 3, 0}}}}
	history := []Steering{steering(1500*time.Millisecond, false, -1, 4), steering(2750*time.Millisecond, true, -1, 4), steering(5*second, false, -1, -1), steering(7*second, false, -1, 0)}
	var got []time.Duration
	s := newSchedule(g, Segment{}, 1, 1)
	for n := 0; n <= len(history); {
		before := *s
		due, ok := s.next()
		if n < len(history) && (!ok || due > history[n].At) {
			*s = before
			n++
			s.goOn(g.steered(0, history[:n], 0))
			continue
		}
		if !ok {
			break
		}
		got = append(got, due.Round(time.Millisecond))
	}
	// Two by 1.5 s, of the next one half is left; it is a quarter of a second away by four a second.
	want := []time.Duration{0, 1000, 1625, 1875, 2125, 2375, 2625, 5317, 5873, 6359, 6796}
	for i := range want {
		want[i] *= time.Millisecond
	}
	whole := newSchedule(&Group{Duration: g.Duration, Arrivals: &Arrivals{Stages: g.steered(0, history, 0)}}, Segment{}, 1, 1)
	for i, due := range got {
		if again, ok := whole.next(); !ok || again.Round(time.Millisecond) != due {
			t.Errorf("arrival %d at once: %v, asked step by step %v", i, again, due)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("arrivals %v\nwant     %v", got, want)
	}
	p := &Plan{Groups: []Group{*g}}
	if due := p.ArrivalsDue(3*second, history...); due < 6.49 || due > 6.51 {
		t.Errorf("%v arrivals due in 3 s, want 1.5 + 1.25 × 4", due)
	}
	if _, rate := p.Wanted(0, history[3], 8*second); rate != 0 {
		t.Errorf("rate wanted %v", rate)
	}
	if _, rate := p.Wanted(0, p.Unsteered(), 6*second); rate != 2 || g.HighestRate() != 3 {
		t.Errorf("rate of the plan %v, highest %v", rate, g.HighestRate())
	}
}

// steered runs the plan and steers it by the history, each at its time.
func steeredRun(t *testing.T, p *Plan, history []Steering) ([]Sample, Account, time.Time) {
	m := &memory{}
	p.Timeout = 10 * second
	r, err := New(p, m)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	go func() {
		for i := range history {
			time.Sleep(time.Until(began.Add(history[i].At)))
			r.Steer(history[:i+1])
		}
	}()
	a, err := r.Run(context.Background(), context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m.samples, a, began
}

// In a pause nothing begins, and pauses of the plan stand still: users go on where they were.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pause, _ := ParseThink("400ms")
		plan := &Plan{Groups: []Group{{Name: "g", Users: 2, RampUp: 200 * time.Millisecond, Duration: 6 * second, Steps: []Step{{Mark: "m"}, {Think: pause}}}}}
		samples, _, began := steeredRun(t, plan, []Steering{steering(1*second, true, -1, -1), steering(3*second, false, -1, -1)})
		at := map[int][]int64{}
		for _, s := range samples {
			at[s.User] = append(at[s.User], (s.Start-began.UnixMicro())/1000)
		}
		for user, want := range map[int][]int64{1: {0, 400, 800, 3200, 3600, 4000, 4400, 4800, 5200, 5600}, 2: {100, 500, 900, 3300, 3700, 4100, 4500, 4900, 5300, 5700}} {
			if !slices.Equal(at[user], want) {
				t.Errorf("user %d: %v, want %v", user, at[user], want)
			}
		}
	})
}

// A user that is told to leave ends its iteration, and comes again as another visitor; where nobody else is left, the
// group is over for those who are away.
func TestUsersByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pause, _ := ParseThink("400ms")
		steps := []Step{{Mark: "begin"}, {Think: pause}, {Mark: "end"}}
		plan := &Plan{Groups: []Group{{Name: "g", Users: 3, RampUp: 30 * second, Iterations: 10, Steps: steps}}}
		history := []Steering{steering(100*time.Millisecond, false, 2, -1), steering(1*second, false, 1, -1), steering(2*second, false, 2, -1)}
		if users, _ := plan.Wanted(0, plan.Unsteered(), 11*second); users != 2 {
			t.Errorf("%d users wanted by the ramp-up after 11 s", users)
		}
		began := time.Now()
		samples, account, _ := steeredRun(t, plan, history)
		lives, counts := map[int]map[int]bool{1: {}, 2: {}}, map[string]int{}
		for _, s := range samples {
			lives[s.User][s.Life] = true
			counts[s.Label]++
		}
		if counts["begin"] != 20 || counts["end"] != 20 || account.Iterations != 20 || len(lives[1]) != 1 || len(lives[2]) != 2 {
			t.Errorf("%v, %d iterations, lives %v", counts, account.Iterations, lives)
		}
		// User 2: three passes from 0.1 s to 1.3 s, seven from 2 s on.
		if d := time.Since(began); d != 4800*time.Millisecond {
			t.Errorf("the run took %v, want 4.8s", d)
		}
	})
}

// Users are raised above what stages want, and nobody comes when nobody is wanted.
func TestStagesByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pause, _ := ParseThink("1s")
		plan := &Plan{Groups: []Group{{Name: "g", Users: 2, Stages: []UserStage{{1, 0}, {1, 4 * second}, {2, 0}, {2, 6 * second}}, Steps: []Step{{Mark: "m"}, {Think: pause}}}}}
		samples, _, _ := steeredRun(t, plan, []Steering{steering(500*time.Millisecond, false, 2, -1), steering(2*second+1, false, 0, -1), steering(6*second, false, -1, -1)})
		counts := map[int]int{}
		for _, s := range samples {
			counts[s.User]++
		}
		// User 1: 0, 1, 2 and 6 to 9 s; user 2: 0.5, 1.5 and 6 to 9 s.
		if counts[1] != 7 || counts[2] != 6 {
			t.Errorf("%v", counts)
		}
	})
}

// Arrivals stop in a pause, and none of them is late or dropped for it; a change of the rate does not wait for the next
// arrival of the old one.
func TestArrivalsByHand(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	plan := &Plan{Target: server.URL, Groups: []Group{{Name: "g", Users: 40, Duration: 800 * time.Millisecond,
		Arrivals: &Arrivals{Stages: []Stage{{From: 2, To: 2}}}, Steps: []Step{get(t, "/")}}}}
	history := []Steering{steering(100*time.Millisecond, false, -1, 200), steering(300*time.Millisecond, true, -1, 200), steering(600*time.Millisecond, false, -1, 200)}
	_, a, _ := steeredRun(t, plan, history)
	// One at the start, 40 until the pause, 40 after it. A busy machine may drop some itself.
	n, due := requests.Load(), a.Arrivals.Started+a.Arrivals.Dropped
	if due < 70 || due > 84 || n < 40 || a.Arrivals.Started != n || a.Arrivals.Dropped-a.Arrivals.ByGenerator > 4 {
		t.Errorf("%d requests, %+v", n, a.Arrivals)
	}
}
