package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stickbench/internal/capacity"
	"stickbench/internal/live"
	"stickbench/loadgen"
	"stickbench/plans"
)

var limitRuns = flag.Int("limit-runs", 0, "search so many times for limits that are known, and find nine of ten within 5 %, in the interval that is said")

// served is a laboratory whose nodes serve so many requests per second and no more: workers that sleep.
func served(workers, delayMS int, spread string) (plan string, limit float64) {
	return fmt.Sprintf(`name = "served"
[lab]
node = [ { tag = "s1", delay = "%dms", workers = %d } ]
[[group]]
arrivals = "1/s"
duration = "1s"
spread = "%s"
cookies = "clear"
[[group.step]]
request = "GET /"
`, delayMS, workers, spread), float64(workers) * 1000 / float64(delayMS)
}

// search runs the command, and returns its exit code and what it found.
func search(t *testing.T, plan string, args ...string) (code int, r capacity.Result, folder string) {
	t.Helper()
	folder = t.TempDir()
	name := filepath.Join(folder, "plan-of-mine.toml")
	if err := os.WriteFile(name, []byte(plan), 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	a := &app{stdin: bytes.NewReader(nil), stdout: &stdout, stderr: &stderr, notices: live.NewNotices(&stderr)}
	code = a.main(append([]string{"limit", name, "--json", "--out", folder}, args...))
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout.String(), stderr.String())
	}
	t.Logf("%s", r.Said())
	return code, r, folder
}

// TestLimit searches once, on a machine of any speed: its nodes sleep, and a generator that was too slow is no answer.
func TestLimit(t *testing.T) {
	t.Parallel()
	plan, limit := served(2, 40, "even")
	code, r, folder := search(t, plan, "--expect", `errors == 0 && p95("GET /") < 5s`, "--from", "35", "--within", "40", "--settle", "300ms", "--step", "1s")
	if r.Schema != capacity.Schema || r.Of != "rate" || len(r.Steps) < 2 || r.Low > r.Limit {
		t.Errorf("%+v", r)
	}
	for _, file := range []string{"limit.json", "limit.html", "plan.toml"} {
		if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
			t.Error(err)
		}
	}
	if *limitRuns > 0 {
		limitsKnown(t)
	}
	if r.LimitedBy == capacity.Generator {
		if code != exitFailed || r.High != 0 {
			t.Errorf("exit code %d, %+v", code, r)
		}
		return
	}
	if code != 0 || r.Limit < 0.6*limit || r.Limit > 1.5*limit {
		t.Errorf("exit code %d, limit %v, want about %v: %+v", code, r.Limit, limit, r)
	}
}

// TestLimitUnreachable: a search that comes to nothing leaves no folder of its own, and a user's where it was.
func TestLimitUnreachable(t *testing.T) {
	mine, made := t.TempDir(), filepath.Join(t.TempDir(), "new")
	for dir, stays := range map[string]bool{mine: true, made: false} {
		a := &app{stdin: bytes.NewReader(nil), stdout: io.Discard, stderr: io.Discard, notices: live.NewNotices(io.Discard)}
		code := a.main([]string{"limit", "two-users", "--target", "http://127.0.0.1:1", "--expect", "errors == 0", "--out", dir})
		if _, err := os.Stat(dir); code != exitCannotRun || (err == nil) != stays {
			t.Errorf("exit code %d, %v", code, err)
		}
	}
}

// TestLimitNotFound does not hold at any load: exit code 1, with the reason.
func TestLimitNotFound(t *testing.T) {
	plan, _ := served(1, 1, "even")
	code, r, _ := search(t, plan, "--expect", "errors > 0 and samples > 0", "--of", "users", "--settle", "0s", "--step", "1s")
	if code != exitFailed || r.Limit != 0 || r.High != 1 || len(r.Steps) == 0 || r.Steps[0].Why != "errors > 0 (0)" {
		t.Errorf("exit code %d, %+v", code, r)
	}
}

// limitsKnown finds limits that are known, nine of ten within 5 %, and says intervals that have them. Every third search
// is for users: as many as wait for a response of the time that is allowed, by Little's law. It takes three minutes for each.
func limitsKnown(t *testing.T) {
	near, within := 0, 0
	for i := range *limitRuns {
		servers := [][2]int{{1, 10}, {2, 20}, {4, 10}, {2, 8}, {8, 50}}[i%5]
		plan, limit := served(servers[0], servers[1], []string{"even", "poisson"}[i/3%2])
		args := []string{"--expect", `errors == 0 && p95("GET /") < 1s`, "--from", "20"}
		if i%3 == 2 {
			limit /= 2
			args = []string{"--expect", `errors == 0 && p50("GET /") < 500ms`, "--of", "users"}
		}
		_, r, _ := search(t, plan, args...)
		off := r.Limit/limit - 1
		t.Logf("%d workers of %d ms: %v, between %v and %v, true %v, off by %.1f%%, %d steps", servers[0], servers[1], r.Limit, r.Low, r.High, limit, 100*off, len(r.Steps))
		if math.Abs(off) <= 0.05 {
			near++
		}
		if r.Low <= limit && limit <= r.High {
			within++
		}
	}
	if near*10 < 9**limitRuns || within*10 < 8**limitRuns {
		t.Errorf("of %d limits %d were found within 5 %%, and %d are in their intervals", *limitRuns, near, within)
	}
}

// TestLimitOfGroups gives the groups of a plan their parts of the load that is tried.
func TestLimitOfGroups(t *testing.T) {
	plan := &loadgen.Plan{Groups: []loadgen.Group{
		{Name: "in", Phase: loadgen.Setup, Users: 1}, {Name: "a", Users: 30}, {Name: "b", Users: 10, Stages: []loadgen.UserStage{{To: 10, For: 1}}},
	}}
	l := &limitSearch{limitFlags: &limitFlags{Of: "users", Settle: 2, Step: 3}, plan: &plans.Plan{Load: *plan}, weights: weights(plan.Groups)}
	for at, want := range map[float64]string{1: "in 1, a 1", 2: "in 1, a 2", 4: "in 1, a 3, b 1", 100: "in 1, a 75, b 25"} {
		var said []string
		for _, g := range l.loadOf(at).Groups {
			said = append(said, fmt.Sprintf("%s %d", g.Name, g.Users))
			if main := g.Phase == loadgen.Main; main != (g.Duration == 5) || g.Stages != nil {
				t.Errorf("at %v: %+v", at, g)
			}
		}
		if said := strings.Join(said, ", "); said != want {
			t.Errorf("at %v: %s, want %s", at, said, want)
		}
	}
	for i, rate := range []float64{0, 20, 60} { // by rates, if all have one
		if rate > 0 {
			plan.Groups[i].Arrivals = &loadgen.Arrivals{Stages: []loadgen.Stage{{From: 1, To: rate}}, Spread: loadgen.Poisson}
		}
	}
	l.Of, l.weights = "rate", weights(plan.Groups)
	groups := l.loadOf(8).Groups
	if a, b := groups[1].Arrivals, groups[2].Arrivals; a.Stages[0].To != 2 || b.Stages[0].To != 6 || b.Spread != loadgen.Poisson || l.mains() != 2 {
		t.Errorf("%+v, %+v", a, b)
	}
}
