package plans

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"stickbench/loadgen"
)

// defaultCap is how many users of a group with arrivals are at work at the same time at most, where the
// plan does not say: enough for 100 arrivals a second that take a second each.
const defaultCap = 100

// mostRate is the most arrivals per second that a plan may ask for.
const mostRate = 1_000_000

var spreads = map[string]loadgen.Spread{"even": loadgen.Even, "poisson": loadgen.Poisson}

// arrivals reads the schedule of a group that has one. Its arrivals are sessions, so that cookies are
// cleared for each unless the plan keeps them.
func (t table) arrivals(g *loadgen.Group) {
	spread, _ := t.word("spread")
	if !t.has("arrivals") {
		if t.has("spread") {
			t.key(t.at("spread"), `says how arrivals lie about their rate: there are none, add arrivals = "10/s"`)
		}
		return
	}
	if t.has("ramp_up") {
		t.key(t.at("ramp_up"), `is for users who go on and on: with arrivals the rate grows instead, such as arrivals = [ { to = "10/s", for = "30s" } ]`)
	}
	if !t.has("users") {
		g.Users = defaultCap
	}
	if !t.has("cookies") {
		g.Cookies = loadgen.ClearCookies
	}
	g.Arrivals = &loadgen.Arrivals{Spread: spreads[spread]}
	if _, ok := t.values["arrivals"].(string); ok {
		if rate, ok := t.rate("arrivals"); ok && rate == 0 {
			t.value(t.at("arrivals"), "nothing ever arrives: the rate must be more than 0")
		} else if ok {
			g.Arrivals.Stages = []loadgen.Stage{{From: rate, To: rate}}
		}
		return
	}
	g.Arrivals.Stages = t.stages()
}

// stages reads a rate that changes.
func (t table) stages() []loadgen.Stage {
	if _, ok := tablesOf(t.values["arrivals"]); !ok {
		t.value(t.at("arrivals"), "expected a rate, such as \"10/s\", or a list of stages, such as %s, not %s%s",
			stageShape.example, described(t.values["arrivals"]), rateHint(t.values["arrivals"]))
		return nil
	}
	var stages []loadgen.Stage
	last, highest := 0.0, 0.0
	for _, stage := range t.tables("arrivals", stageShape) {
		s := loadgen.Stage{From: last, To: last}
		if rate, ok := stage.rate("rate"); ok {
			s.From, s.To = rate, rate
		}
		if rate, ok := stage.rate("to"); ok {
			s.To = rate
		}
		switch d, ok := stage.duration("for"); {
		case ok:
			s.For = d
		case !stage.has("for"):
			stage.key(stage.path, `needs its duration, such as for = "30s"`)
		}
		if !stage.has("rate") && !stage.has("to") {
			stage.key(stage.path, `needs a rate, such as rate = "50/s", or to = "50/s" for one that changes within the stage`)
		}
		last, highest = s.To, max(highest, s.From, s.To)
		stages = append(stages, s)
	}
	if highest == 0 && len(t.list) == 0 {
		t.value(t.at("arrivals"), "nothing ever arrives: a rate must be more than 0")
	}
	return stages
}

var rateForm = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*/\s*([A-Za-z]+)\s*$`)

var rateUnits = map[string]float64{"s": 1, "min": 60, "h": 3600}

// rate is a number of arrivals per second.
func (t table) rate(key string) (float64, bool) {
	v, there := t.setting(key)
	s, ok := v.(string)
	if !there {
		return 0, false
	}
	m := rateForm.FindStringSubmatch(s)
	if !ok || m == nil || rateUnits[m[2]] == 0 {
		t.value(t.at(key), "expected a rate such as \"200/s\", \"30/min\" or \"1000/h\", not %s%s", described(v), rateHint(v))
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	n /= rateUnits[m[2]]
	if err != nil || n > mostRate {
		t.value(t.at(key), "%s is too fast: %d/s is the most", quoted(s), mostRate)
		return 0, false
	}
	return n, true
}

// rateHint knows what people write instead.
func rateHint(v any) string {
	switch v := v.(type) {
	case int64, float64:
		return fmt.Sprintf(": write \"%s/s\"", plain(v))
	case string:
		number, unit, _ := strings.Cut(strings.TrimSpace(v), "/")
		number = strings.TrimSpace(strings.TrimSuffix(strings.ToLower(number), "rps"))
		number, _, ok := written(number)
		if !ok {
			return ""
		}
		unit = map[string]string{"": "s", "s": "s", "sec": "s", "second": "s", "m": "min", "min": "min", "minute": "min", "hour": "h", "h": "h"}[strings.ToLower(strings.TrimSpace(unit))]
		if unit != "" {
			return fmt.Sprintf(": write \"%s/%s\"", number, unit)
		}
	}
	return ""
}

// bounded sees to it that a group comes to an end: with one iteration per user where the plan says
// nothing, and with arrivals not at all.
func (t table) bounded(g *loadgen.Group) {
	switch {
	case g.Iterations > 0 || g.Duration > 0 || g.Stages != nil || t.values["iterations"] == forever:
	case g.Arrivals == nil:
		g.Iterations = 1
	case len(g.Arrivals.Stages) == 1 && g.Arrivals.Stages[0].For == 0:
		t.key(t.at("arrivals"), `need an end: add duration = "30s", or iterations = 1000 for so many arrivals`)
	}
	if g.Arrivals != nil {
		g.RampUp = 0
	}
}

// iterationsOf is how many iterations a group makes in all, 0 where only time tells.
func iterationsOf(g *loadgen.Group) int64 {
	if g.Arrivals != nil {
		return g.PlannedArrivals()
	}
	return product(int64(g.Users), int64(g.Iterations))
}

// arrivalWords say when iterations begin where they have a schedule.
func arrivalWords(g *loadgen.Group) string {
	var stages []string
	for _, s := range g.Arrivals.Stages {
		words := rateWords(s.From)
		if s.To != s.From {
			words += " to " + rateWords(s.To)
		}
		if s.For > 0 {
			words += " for " + short(s.For)
		}
		stages = append(stages, words)
	}
	words := strings.Join(stages, ", then ")
	if g.Arrivals.Spread == loadgen.Poisson {
		words += ", at random (Poisson)"
	}
	if g.StartDelay > 0 {
		words += fmt.Sprintf(", from %s on", short(g.StartDelay))
	}
	return fmt.Sprintf("arrivals %s, at most %s at a time", words, counted(int64(g.Users), "user"))
}

func rateWords(perSecond float64) string {
	for _, unit := range []string{"s", "min"} {
		if n := perSecond * rateUnits[unit]; n >= 1 || n == 0 {
			return fmt.Sprintf("%s/%s", plain(math.Round(n*1000)/1000), unit)
		}
	}
	return fmt.Sprintf("%s/h", plain(math.Round(perSecond*rateUnits["h"]*1000)/1000))
}

// totalWords say how many arrivals there will be, within which time.
func totalWords(g *loadgen.Group) string {
	words := counted(g.PlannedArrivals(), "arrival")
	if g.Arrivals.Spread == loadgen.Poisson {
		words = "about " + words
	}
	var sum time.Duration
	for _, s := range g.Arrivals.Stages {
		sum += s.For
	}
	if d := g.Duration; d > 0 && (d < sum || sum == 0) {
		words += " in " + short(d)
	}
	return words
}
