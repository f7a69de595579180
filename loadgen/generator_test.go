package loadgen

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestDoubts(t *testing.T) {
	fine := Generator{Wall: 10 * time.Second, CPU: 15 * time.Second, Processors: 2, Pauses: 9, Paused: 9 * time.Millisecond, WorstPause: time.Millisecond,
		Wakes: 1000, LateWakes: 10, WorstWake: time.Second}
	with := func(change func(*Generator)) Generator {
		g := fine
		change(&g)
		return g
	}
	for want, g := range map[string]Generator{
		"":                             fine,
		"used 90% of its 2 processors": with(func(g *Generator) { g.CPU = 18 * time.Second }),
		"1.1% of the pauses and arrivals ended more than 10ms too late, the worst by 1s": with(func(g *Generator) { g.LateWakes = 11 }),
		"stood still once, for 2.5s in all":                                              with(func(g *Generator) { g.slept(LongFreeze - 1); g.slept(2500 * time.Millisecond) }),
		"stood still 2 times, for 1s in all":                                             with(func(g *Generator) { g.slept(LongFreeze); g.slept(LongFreeze) }),
		"9 times, 150ms in all and up to 1ms":                                            with(func(g *Generator) { g.Paused = 150 * time.Millisecond }),
		"9 times, 44ms in all and up to 20ms at":                                         with(func(g *Generator) { g.LongPauses, g.Paused, g.WorstPause = 2, 44*time.Millisecond, 20*time.Millisecond }),
	} {
		got := strings.Join(g.warnings(false, 5, 1000), "\n")
		if !strings.Contains(got, want) || (got == "") != (want == "") || strings.Contains(got, "\n") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, quiet := range []Generator{{Wall: time.Millisecond, CPU: time.Second, Processors: 1, Wakes: 9, LateWakes: 9}, {}} {
		if got := quiet.warnings(false, 1, 1); got != nil {
			t.Errorf("too little to go by: %q", got)
		}
	}
	one := with(func(g *Generator) { g.LongPauses, g.Paused, g.WorstPause = 1, 24*time.Millisecond, 20*time.Millisecond })
	if got := one.warnings(false, 5, 1000); got != nil {
		t.Errorf("a pause that 5 of 1000 requests met is in no p99: %q", got)
	}
	busy := with(func(g *Generator) { g.CPU = 20 * time.Second })
	if got := busy.warnings(true, 5, 1000); got != nil {
		t.Errorf("with the target in the same process: %q", got)
	}
	for want, a := range map[string]ArrivalAccount{
		"":                          {Planned: 1000, Started: 1000, Late: 10},
		"11 of 1000 arrivals began": {Planned: 1000, Started: 1000, Late: 11},
		"1 of 1000 arrivals never":  {Planned: 1000, Started: 999, Dropped: 1},
	} {
		if got := strings.Join(a.warnings(), "\n"); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestGeneratorIsMeasured(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	think, err := ParseThink("1ms")
	if err != nil {
		t.Fatal(err)
	}
	collect := get(t, "/")
	_, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{
		{Name: "closed", Users: 3, RampUp: 30 * time.Millisecond, Iterations: 5, Steps: []Step{collect, {Think: think}}},
		{Name: "open", Users: 3, Iterations: 10, Arrivals: &Arrivals{Stages: []Stage{{200, 200, 0}}}, Steps: []Step{collect}},
	}})
	g := account.Generator
	if g.Wall < 45*time.Millisecond || g.Wall > 10*time.Second || g.CPU <= 0 || g.Processors != runtime.GOMAXPROCS(0) || g.Wakes < 15 || g.WorstWake <= 0 {
		t.Errorf("%+v", g)
	}
	before := NewGauge()
	runtime.GC()
	if g := before.Since(); g.Pauses == 0 || g.Paused <= 0 || g.WorstPause < g.Paused/time.Duration(g.Pauses)/2 || g.WorstPause > g.Paused {
		t.Errorf("a collection went unnoticed: %+v", g)
	}
}
