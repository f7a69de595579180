package plans

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

func TestArrivals(t *testing.T) {
	second := time.Second
	for _, tt := range []struct {
		lines, explained string
		want             loadgen.Arrivals
		users, planned   int
		cookies          loadgen.CookiePolicy
	}{
		{"arrivals = '200/s'\nduration = '30s'", "arrivals 200/s, at most 100 users at a time, 6000 arrivals in 30s, cookies cleared at each iteration",
			loadgen.Arrivals{Stages: []loadgen.Stage{{From: 200, To: 200}}}, 100, 6000, loadgen.ClearCookies},
		{"arrivals = ' 30 / min '\niterations = 10\nusers = 5\ncookies = 'keep'", "arrivals 30/min, at most 5 users at a time, 10 arrivals, cookies kept",
			loadgen.Arrivals{Stages: []loadgen.Stage{{From: 0.5, To: 0.5}}}, 5, 10, loadgen.KeepCookies},
		{"arrivals = '9/h'\niterations = 1\nspread = 'poisson'\nstart_delay = '2s'", "arrivals 9/h, at random (Poisson), from 2s on, at most 100 users at a time, about 1 arrival,",
			loadgen.Arrivals{Spread: loadgen.Poisson, Stages: []loadgen.Stage{{From: 0.0025, To: 0.0025}}}, 100, 1, loadgen.ClearCookies},
		{"arrivals = [ { rate = '50/s', for = '10s' }, { to = '200/s', for = '30s' }, { for = '1s', rate = '1/s', to = '0/s' } ]\nduration = '20s'",
			"arrivals 50/s for 10s, then 50/s to 200/s for 30s, then 1/s to 0/s for 1s, at most 100 users at a time, 1250 arrivals in 20s,",
			loadgen.Arrivals{Stages: []loadgen.Stage{{From: 50, To: 50, For: 10 * second}, {From: 50, To: 200, For: 30 * second}, {From: 1, For: second}}},
			100, 1250, loadgen.ClearCookies},
		{"arrivals = [ { to = '10/s', for = '10s' } ]\nspread = 'even'", "arrivals 0/s to 10/s for 10s, at most 100 users at a time, 50 arrivals,",
			loadgen.Arrivals{Stages: []loadgen.Stage{{To: 10, For: 10 * second}}}, 100, 50, loadgen.ClearCookies},
	} {
		p, err := inGroup(tt.lines)
		if err != nil {
			t.Error(err)
			continue
		}
		g := &p.Load.Groups[0]
		if diff := cmp.Diff(tt.want, *g.Arrivals); diff != "" {
			t.Errorf("%s: %s", tt.lines, diff)
		}
		if g.Users != tt.users || g.PlannedArrivals() != int64(tt.planned) || g.Cookies != tt.cookies {
			t.Errorf("%s: %d users, %d arrivals, cookies %v", tt.lines, g.Users, g.PlannedArrivals(), g.Cookies)
		}
		var b strings.Builder
		p.Explain(&b)
		if !strings.Contains(b.String(), "group 1: "+tt.explained) {
			t.Errorf("%s is explained as\n%s", tt.lines, &b)
		}
	}
}

func TestProblemsOfArrivals(t *testing.T) {
	for lines, want := range map[string]string{
		"arrivals = '200'\nduration = '1s'":                         `4:12: group[0].arrivals: expected a rate such as "200/s", "30/min" or "1000/h", not the text "200": write "200/s"`,
		"arrivals = 200\nduration = '1s'":                           `4:12: group[0].arrivals: expected a rate, such as "10/s", or a list of stages, such as [ { rate = "50/s", for = "10s" }, { to = "200/s", for = "30s" } ], not the number 200: write "200/s"`,
		"arrivals = '3/m'\nduration = '1s'":                         `4:12: group[0].arrivals: expected a rate such as "200/s", "30/min" or "1000/h", not the text "3/m": write "3/min"`,
		"arrivals = '10rps'\nduration = '1s'":                       `4:12: group[0].arrivals: expected a rate such as "200/s", "30/min" or "1000/h", not the text "10rps": write "10/s"`,
		"arrivals = '1e3/s'\nduration = '1s'":                       `not the text "1e3/s": write "1000/s"`,
		"arrivals = 'Inf/s'\nduration = '1s'":                       `not the text "Inf/s"`,
		"arrivals = '1e308/s'\nduration = '1s'":                     `not the text "1e308/s"`,
		"arrivals = '-1/s'\nduration = '1s'":                        `4:12: group[0].arrivals: expected a rate such as "200/s", "30/min" or "1000/h", not the text "-1/s"`,
		"arrivals = '0/s'\nduration = '1s'":                         `4:12: group[0].arrivals: nothing ever arrives: the rate must be more than 0`,
		"arrivals = '2000000/s'\nduration = '1s'":                   `4:12: group[0].arrivals: "2000000/s" is too fast: 1000000/s is the most`,
		"arrivals = '10/s'":                                         `4:1: group[0].arrivals: need an end: add duration = "30s", or iterations = 1000 for so many arrivals`,
		"arrivals = '10/s'\nduration = '1s'\nramp_up = '1s'":        `6:1: group[0].ramp_up: is for users who go on and on: with arrivals the rate grows instead, such as arrivals = [ { to = "10/s", for = "30s" } ]`,
		"arrivals = [ { rate = '1/s' } ]":                           `4:14: group[0].arrivals[0]: needs its duration, such as for = "30s"`,
		"arrivals = [ { for = '1s' } ]":                             `4:14: group[0].arrivals[0]: needs a rate, such as rate = "50/s", or to = "50/s" for one that changes within the stage`,
		"arrivals = [ { rate = '0/s', for = '1s' } ]":               `4:12: group[0].arrivals: nothing ever arrives: a rate must be more than 0`,
		"arrivals = [ { rate = '1/s', duration = '1s' } ]":          `4:30: group[0].arrivals[0].duration: unknown key in arrivals: it belongs in [[group]]`,
		"arrivals = '10/s'\nduration = '1s'\nspread = 'random'":     `6:10: group[0].spread: "random": want "even" or "poisson"`,
		"spread = 'poisson'":                                        `4:1: group[0].spread: says how arrivals lie about their rate: there are none, add arrivals = "10/s"`,
		"arrivals = [ { rate = '1/s', for = '1s' }, { rate = 1 } ]": `4:53: group[0].arrivals[1].rate: expected a rate such as "200/s", "30/min" or "1000/h", not the number 1: write "1/s"`,
	} {
		_, err := inGroup(lines)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant\n%s", lines, err, want)
		}
	}
}

// What the command line says of a group's limits holds for arrivals too.
func TestOverridesOfArrivals(t *testing.T) {
	source := "[target]\nurl = 'http://127.0.0.1'\n[[group]]\narrivals = '10/s'\nduration = '1h'\n[[group.step]]\nrequest = 'GET /'\n"
	users, iterations, ramp := 7, 50, time.Minute
	p := read(t, source, Override{Users: &users, Iterations: &iterations, RampUp: &ramp})
	if g := p.Load.Groups[0]; g.Users != 7 || g.PlannedArrivals() != 50 || g.Duration != 0 || g.RampUp != 0 {
		t.Errorf("%+v", g)
	}
}
