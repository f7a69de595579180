package loadgen

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"stickbench/assert"
)

// variable is the value of one of the user's variables, or else of one that a setup group left, or of the plan's.
func (u *user) variable(name string) (string, bool) {
	switch name {
	case VarUser:
		return strconv.Itoa(u.number), true
	case VarIteration:
		return strconv.Itoa(u.sample.Iteration), true
	case VarGroup:
		return u.script.group.Name, true
	}
	v, ok := u.variables[name]
	if !ok {
		v, ok = u.runner.shared[name]
	}
	if !ok {
		v, ok = u.runner.plan.Vars[name]
	}
	return v, ok
}

// compute appends the value of an expression.
func (u *user) compute(dst []byte, v *assert.Value) ([]byte, error) {
	var err error
	u.at(u.thread, u.runner.plan.Timeout, func() { dst, err = v.Append(dst, &u.view) })
	if err != nil {
		err = failure(KindVariable, fmt.Errorf("%w: nothing was sent", err))
	}
	return dst, err
}

func noValue(variable string) error {
	return failure(KindVariable, fmt.Errorf("${%s} has no value: nothing was sent", variable))
}

func (u *user) set(name, value string) {
	if u.variables == nil {
		u.variables = make(map[string]string)
	}
	u.variables[name] = value
}

func (u *user) unset(name string) {
	delete(u.variables, name)
	delete(u.many, name)
}

// setMany sets a variable of many values, which it copies.
func (u *user) setMany(name string, values []string) {
	if u.many == nil {
		u.many = make(map[string][]string)
	}
	list := make([]string, 0, len(values)) // a loop may be going through the old one
	for _, v := range values {
		list = append(list, strings.Clone(v))
	}
	u.many[name] = list
}

// Variable is for conditions (assert.Lookup).
func (u *user) Variable(name string) string {
	v, _ := u.variable(name)
	return v
}

// List is for conditions (assert.Lookup).
func (u *user) List(name string) []string {
	if list, ok := u.many[name]; ok {
		return list
	}
	return u.runner.sharedLists[name]
}

// mostLabels is how many different labels the texts of a plan may make: each has a row, with a histogram.
const mostLabels = 500

// label is a label with its values put in; worded is how the plan words it.
func (u *user) label(worded string, t *Template) string {
	if t == nil {
		return worded
	}
	b, err := t.append(u.scratch[:0], u)
	if u.scratch = b; err != nil {
		return worded
	}
	if known, ok := u.labels[string(b)]; ok {
		return known
	}
	label := worded
	if !u.runner.secrets.In(string(b)) {
		label = u.runner.newLabel(strings.Join(strings.Fields(string(b)), " "), worded)
	}
	if u.labels == nil {
		u.labels = map[string]string{}
	}
	if len(u.labels) < mostLabels {
		u.labels[string(b)] = label
	}
	return label
}

// newLabel is a label for all users, or how the plan words it where there are too many already.
func (r *Runner) newLabel(label, worded string) string {
	r.mu.Lock()
	_, known := r.labels[label]
	full := len(r.labels) >= mostLabels
	if r.labels == nil {
		r.labels = map[string]bool{}
	}
	if !full {
		r.labels[label] = true
	}
	r.mu.Unlock()
	switch {
	case label == "" || label == "TOTAL":
		return worded
	case full && !known:
		r.warn(fmt.Sprintf("%s makes more than %d different labels: the others are counted as it stands in the plan", worded, mostLabels))
		return worded
	}
	return label
}

// Random is for conditions (assert.Lookup).
func (u *user) Random() *rand.Rand { return u.rng }

// draw begins the random numbers of an iteration: they are a function of the seed, the user and the iteration,
// or, where iterations arrive, of the seed, the group and the arrival, whoever takes it.
func (u *user) draw() {
	who, when := uint64(u.number), uint64(u.sample.Iteration)
	if u.state.queue != nil {
		who, when = 1<<32+uint64(u.group), uint64(u.arrival.number)
	}
	u.stream.Seed(mixed(u.runner.plan.Seed^mixed(who)), when)
}

// mixed spreads the bits of x, so that neighbours are unlike (splitmix64, Steele, Lea and Flood 2014).
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// turn numbers the user's iterations among those who share something, from 0, each once: user by user within each
// round. Where iterations arrive, it is the number of the arrival that counts, and not who takes it.
func (u *user) turn(per Sharing) int64 {
	return u.turnAmong(per, int64(u.runner.users), int64(u.number-1-u.index))
}

// turnAmong is the turn where not all users of the run share it, but so many, of whom so many are in groups before.
func (u *user) turnAmong(per Sharing, users, before int64) int64 {
	round, seat, seats := int64(u.sample.Iteration-1), int64(u.index), int64(u.script.group.Users)
	if u.state.queue != nil && per != PerUser {
		round, seat = u.arrival.number/seats, u.arrival.number%seats
	}
	switch per {
	case PerGroup:
		return round*seats + seat
	case PerRun:
		return round*users + seat + before
	}
	return round
}

// dealt is the user's number among those who share something, when it has had so many; again says that it may have
// more than one per iteration.
func (u *user) dealt(per Sharing, had int64, again bool) int64 {
	switch {
	case u.state.queue != nil && !again:
		return u.turn(per)
	case per == PerGroup:
		return had*int64(u.script.group.Users) + int64(u.index)
	}
	return had*int64(u.runner.users) + int64(u.number-1)
}
