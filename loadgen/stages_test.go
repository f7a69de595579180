package loadgen

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestSpans(t *testing.T) {
	const s = time.Second
	stages := []UserStage{{4, 4 * s}, {4, 10 * s}, {2, 2 * s}, {2, 0}, {3, 0}, {3, 1 * s}, {0, 3 * s}}
	g := &Group{Users: 4, Stages: stages}
	for i, want := range [][]Span{
		{{0, 20 * s}},
		{{1 * s, 19 * s}},
		{{2 * s, 16 * s}, {16 * s, 18 * s}},
		{{3 * s, 15 * s}},
	} {
		if got := slices.Collect(g.Spans(i)); !slices.Equal(got, want) {
			t.Errorf("user %d: %v, want %v", i, got, want)
		}
	}
	if g.StagesEnd() != 20*s || g.bound() != 20*s {
		t.Errorf("end %v, bound %v", g.StagesEnd(), g.bound())
	}
	g = &Group{Users: 2, Stages: []UserStage{{2, 0}, {0, 0}, {1, 0}, {1, 5 * s}}, Duration: 3 * s}
	if got := slices.Collect(g.Spans(0)); !slices.Equal(got, []Span{{0, 5 * s}}) || g.bound() != 3*s {
		t.Errorf("jumps: %v, bound %v", got, g.bound())
	}
	if got := slices.Collect(g.Spans(1)); got != nil {
		t.Errorf("for no time: %v", got)
	}
}

// Users come and go as the stages say, and end the iteration that they are in.
func TestUsersInStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pause, err := ParseThink("400ms")
		if err != nil {
			t.Fatal(err)
		}
		const s = time.Second
		plan := &Plan{Groups: []Group{{Name: "g", Users: 2, Stages: []UserStage{{2, 2 * s}, {2, 2 * s}, {1, 0}, {1, 2 * s}, {2, 0}, {2, 1 * s}},
			Steps: []Step{{Mark: "begin"}, {Think: pause}, {Mark: "end"}}}}}
		begun := time.Now()
		samples, account := runPlan(t, plan)
		lives := map[int]map[int]bool{1: {}, 2: {}}
		counts := map[string]int{}
		for _, x := range samples {
			lives[x.User][x.Life] = true
			counts[x.Label]++
		}
		// User 1: 7 s in passes of 400 ms; user 2: from 1 s to 4 s, and from 6 s to 7 s.
		if counts["begin"] != 18+8+3 || counts["end"] != counts["begin"] || account.Iterations != 29 {
			t.Errorf("%v, %d iterations", counts, account.Iterations)
		}
		if len(lives[1]) != 1 || len(lives[2]) != 2 {
			t.Errorf("lives %v", lives)
		}
		if d := time.Since(begun); d != 7200*time.Millisecond {
			t.Errorf("the run took %v, want 7.2s: the iteration begun at 6.8 s is ended", d)
		}
	})
}
