package jmx

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/lazy"
)

// stages are those of `users` or `arrivals`.
type stages struct{ many }

func (s *stages) add(key string, to any, seconds float64) {
	s.many = append(s.many, inline{{key, to}, {"for", duration(int64(math.Round(seconds * 1000)))}})
}

// pluginGroup carries over the groups of the JMeter plugins whose users come and go.
func (im *importer) pluginGroup(e *Element, b *block) bool {
	switch e.Class {
	case "UltimateThreadGroup":
		im.ultimate(e, b)
	case "SteppingThreadGroup":
		im.stepping(e, b)
	default:
		im.concurrency(e, b)
	}
	return b.get("users") != nil || b.get("arrivals") != nil
}

// row is a line of the Ultimate Thread Group: so many users that come, stay and leave.
type row struct{ users, delay, ramp, hold, down float64 }

// at is how many users of the row there are at a time.
func (r row) at(t float64) float64 {
	t -= r.delay
	switch {
	case t < 0:
		return 0
	case t < r.ramp:
		return r.users * t / r.ramp
	case t <= r.ramp+r.hold:
		return r.users
	case t < r.ramp+r.hold+r.down:
		return r.users * (1 - (t-r.ramp-r.hold)/r.down)
	}
	return 0
}

// ultimate adds up the rows: between two corners of any of them the number of users is a straight line.
func (im *importer) ultimate(e *Element, b *block) {
	var rows []row
	corners := map[float64]bool{}
	for _, p := range e.list("ultimatethreadgroupdata") {
		var n [5]float64
		for i, cell := range p.list {
			if i >= len(n) {
				break
			}
			f, err := strconv.ParseFloat(strings.TrimSpace(cell.text), 64)
			if err != nil || f < 0 {
				im.lose(e, fmt.Sprintf("the stages have %q where a number belongs", cell.text), "write the stages into `users` of the plan")
				b.set("users", int64(1))
				return
			}
			n[i] = f
		}
		r := row{n[0], n[1], n[2], n[3], n[4]}
		rows = append(rows, r)
		for _, t := range []float64{r.delay, r.delay + r.ramp, r.delay + r.ramp + r.hold, r.delay + r.ramp + r.hold + r.down} {
			corners[t] = true
		}
	}
	var s stages
	last, users := 0.0, 0.0
	for _, t := range sortedKeys(corners) {
		before, after := 0.0, 0.0
		for _, r := range rows {
			before += r.at(math.Nextafter(t, 0))
			after += r.at(t)
			if r.hold+r.ramp > 0 && t == r.delay+r.ramp+r.hold && r.down == 0 {
				after -= r.users // who leaves at once
			}
		}
		if t > last {
			s.add("to", int64(math.Round(before)), t-last)
			users = math.Round(before)
		}
		if math.Round(after) != users {
			s.add("to", int64(math.Round(after)), 0)
			users = math.Round(after)
		}
		last = t
	}
	if s.many != nil {
		b.set("users", s.many)
	}
}

// mostSteps are those that a plan has stages for; more become one that goes on evenly.
const mostSteps = 25

// stepping is the Stepping Thread Group: steps up, a flight, steps down.
func (im *importer) stepping(e *Element, b *block) {
	n := map[string]float64{}
	for key, name := range map[string]string{"total": "ThreadGroup.num_threads", "delay": "Threads initial delay", "first": "Start users count burst",
		"up": "Start users count", "every": "Start users period", "flight": "flighttime", "down": "Stop users count", "downEvery": "Stop users period", "ramp": "rampUp"} {
		if w := e.word(name); w != "" {
			f, err := strconv.ParseFloat(w, 64)
			if err != nil {
				im.lose(e, fmt.Sprintf("%q where a number belongs", w), "write the stages into `users` of the plan")
				b.set("users", int64(1))
				return
			}
			n[key] = f
		}
	}
	var s stages
	if n["delay"] > 0 {
		s.add("to", int64(0), n["delay"])
	}
	users := min(n["first"], n["total"])
	step := max(n["up"], 1)
	if n["first"] == 0 {
		users = min(step, n["total"])
	}
	s.add("to", int64(users), n["ramp"])
	if steps := math.Ceil((n["total"] - users) / step); steps > mostSteps {
		im.note(e, fmt.Sprintf("its users come evenly, not in %.0f steps", steps), "")
		users = n["total"]
		s.add("to", int64(users), steps*(n["every"]+n["ramp"]))
	}
	for users < n["total"] {
		s.add("to", int64(users), n["every"])
		users = min(users+step, n["total"])
		s.add("to", int64(users), n["ramp"])
	}
	s.add("to", int64(users), n["flight"])
	if steps := math.Ceil(users / n["down"]); n["down"] > 0 && steps > mostSteps {
		im.note(e, fmt.Sprintf("its users leave evenly, not in %.0f steps", steps), "")
		users = 0
		s.add("to", int64(0), (steps-1)*n["downEvery"])
	}
	for users > 0 && n["down"] > 0 {
		users = max(0, users-n["down"])
		s.add("to", int64(users), 0)
		if users > 0 {
			s.add("to", int64(users), n["downEvery"])
		}
	}
	b.set("users", s.many)
}

// concurrency are BlazeMeter's groups: a target that is reached in steps, and held; of users, or of arrivals.
func (im *importer) concurrency(e *Element, b *block) {
	unit := 1.0
	if strings.EqualFold(e.word("Unit"), "M") {
		unit = 60
	}
	if e.Class == "FreeFormArrivalsThreadGroup" {
		im.freeForm(e, b, unit)
		return
	}
	target, ok := im.amount(e, e.word("TargetLevel"), "")
	if !ok {
		b.set("users", int64(1))
		return
	}
	number := func(name string) float64 {
		f, err := strconv.ParseFloat(e.word(name), 64)
		if err != nil && e.has(name) {
			im.lose(e, fmt.Sprintf("%s is %q, which is not a number", name, e.word(name)), "write the stages into the plan")
		}
		return f * unit
	}
	ramp, hold, steps := number("RampUp"), number("Hold"), number("Steps")/unit
	level, whole := target.(int64)
	var s stages
	key, rate := "to", func(f float64) any { return int64(math.Round(f)) }
	if e.Class == "ArrivalsThreadGroup" {
		per := map[float64]string{1: "/s", 60: "/min"}[unit]
		rate = func(f float64) any { return strconv.FormatFloat(f, 'f', -1, 64) + per }
	}
	if n := int(steps); whole && n > 1 && n <= 1000 {
		for i := range n {
			s.add(key, rate(float64(level)*float64(i+1)/float64(n)), 0)
			s.add(key, rate(float64(level)*float64(i+1)/float64(n)), ramp/float64(n))
		}
	} else if whole {
		s.add(key, rate(float64(level)), ramp)
	} else {
		s.add(key, target, ramp)
	}
	if hold > 0 && whole {
		s.add(key, rate(float64(level)), hold)
	} else if hold > 0 {
		s.add(key, target, hold)
	}
	if e.Class == "ArrivalsThreadGroup" {
		b.set("arrivals", s.many)
		return
	}
	b.set("users", s.many)
}

// freeForm is a schedule of arrivals with a row for each change.
func (im *importer) freeForm(e *Element, b *block, unit float64) {
	per := map[float64]string{1: "/s", 60: "/min"}[unit]
	im.rows(e, "Schedule", unit, per, b)
}

// rows are lines of from, to and duration of a rate.
func (im *importer) rows(e *Element, property string, unit float64, per string, b *block) {
	var s many
	for _, p := range e.list(property) {
		var cells [3]float64
		for i, cell := range p.list {
			f, err := strconv.ParseFloat(strings.TrimSpace(cell.text), 64)
			if i < len(cells) && err == nil {
				cells[i] = f
			} else if i < len(cells) {
				im.lose(e, fmt.Sprintf("the schedule has %q where a number belongs", cell.text), "write the stages into `arrivals` of the plan")
			}
		}
		stage := inline{{"rate", strconv.FormatFloat(cells[0], 'f', -1, 64) + per}}
		if cells[1] != cells[0] {
			stage = append(stage, pair{"to", strconv.FormatFloat(cells[1], 'f', -1, 64) + per})
		}
		if d := int64(math.Round(cells[2] * unit * 1000)); d > 0 {
			s = append(s, append(stage, pair{"for", duration(d)}))
		}
	}
	if s != nil {
		b.set("arrivals", s)
	}
}

var scheduleForm = lazy.Regexp(`(?i)^\s*(rate|random_arrivals|even_arrivals|pause)\s*\(\s*([0-9.]+)\s*(?:/?\s*(ms|sec|min|hour|day|s|m|h|d))?[a-z]*\s*\)`)

var unitSeconds = map[string]float64{"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}

// openModel is the Open Model Thread Group: rate(10/s) random_arrivals(1 min) pause(5 s) …
func (im *importer) openModel(e *Element, b *block) {
	schedule := im.word(e, "OpenModelThreadGroup.schedule")
	var s many
	rate, spread, rest := -1.0, "", schedule
	var open inline // a stage whose end waits for the next rate
	flush := func(to float64) {
		if open == nil {
			return
		}
		if to >= 0 && to != rate {
			open = append(inline{open[0], {"to", perSecond(to)}}, open[1:]...)
		}
		s, open = append(s, open), nil
	}
	for strings.TrimSpace(rest) != "" {
		m := scheduleForm().FindStringSubmatch(rest)
		if m == nil {
			im.lose(e, fmt.Sprintf("the schedule %q is not understood from here on", strings.TrimSpace(rest)), "write the stages into `arrivals` of the plan")
			break
		}
		rest = rest[len(m[0]):]
		n, _ := strconv.ParseFloat(m[2], 64)
		unit := unitSeconds[strings.ToLower(m[3])]
		if unit == 0 {
			unit = 1
		}
		switch strings.ToLower(m[1]) {
		case "rate":
			flush(n / unit)
			rate = n / unit
		case "pause":
			flush(-1)
			s = append(s, inline{{"rate", "0/s"}, {"for", duration(int64(n * unit * 1000))}})
		default:
			flush(-1)
			even := strings.EqualFold(m[1], "even_arrivals")
			if spread != "" && (spread == "even") != even {
				im.note(e, "even and random arrivals in one schedule: all become random", "")
				even = false
			}
			spread = map[bool]string{true: "even", false: "poisson"}[even]
			open = inline{{"rate", perSecond(max(rate, 0))}, {"for", duration(int64(n * unit * 1000))}}
		}
	}
	flush(-1)
	if s == nil {
		s = many{inline{{"rate", "1/s"}, {"for", "1s"}}}
	}
	b.set("arrivals", s)
	if spread == "poisson" {
		b.set("spread", spread)
	}
	if e.has("OpenModelThreadGroup.random_seed") && e.word("OpenModelThreadGroup.random_seed") != "0" {
		im.note(e, "its random seed", "give the run one with --seed")
	}
}

// perSecond words a rate so that it is a round number, or one of six digits.
func perSecond(f float64) string {
	for _, u := range []struct {
		times float64
		unit  string
	}{{1, "/s"}, {60, "/min"}, {3600, "/h"}} {
		if n := f * u.times; math.Abs(n-math.Round(n)) < 1e-9 {
			return strconv.FormatFloat(math.Round(n), 'f', -1, 64) + u.unit
		}
	}
	unit := "/s"
	switch {
	case f < 1.0/60:
		f, unit = f*3600, "/h"
	case f < 1:
		f, unit = f*60, "/min"
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 6, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64) + unit
}

func sortedKeys(m map[float64]bool) []float64 { return slices.Sorted(maps.Keys(m)) }
