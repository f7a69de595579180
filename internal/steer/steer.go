// Package steer lets people steer a run while it lasts.
//
//	ctl ──▶ socket in the run's folder ─┐
//	page ─▶ the live page's server ─────┼▶ Control.Do ─┬▶ engine: paused, users, rates
//	keys ───────────────────────────────┘      │       ├▶ events: those of the plan, states of nodes
//	                                           │       └▶ stop
//	                                           └▶ report.Event, with who did it
//
// All of them say the same words. What was done is an event of the run, and so is a note.
package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"stickbench/internal/events"
	"stickbench/internal/format"
	"stickbench/internal/nearest"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// Run is the run that a Control steers.
type Run struct {
	Plan     *loadgen.Plan
	Began    time.Time
	Progress func(time.Time) []loadgen.Progress
	// Steer takes all that is wanted so far (loadgen.Runner.Steer), and Happened what was done.
	Steer    func([]loadgen.Steering) error
	Happened func(report.Event)
	// Events does events now; nil where there are none, and no Runtime API.
	Events *events.Driver
	// Stop starts nothing new, as a first Ctrl-C.
	Stop func()
}

// Control steers a run. Its methods may be called by anybody at any time.
type Control struct {
	mu      sync.Mutex
	run     *Run // nil before it has begun, and after it
	history []loadgen.Steering
}

// The errors of Do that are not of the words.
var (
	// ErrOver says that the run has not begun, or is over.
	ErrOver = errors.New("the run is not going on")
	// ErrRefused says that it was tried and not done; the event is in the report.
	ErrRefused = errors.New("refused")
	// ErrConfirm says that it is to be confirmed.
	ErrConfirm = errors.New("to be confirmed")
)

// unconfirmed is ErrConfirm of what it says.
type unconfirmed string

func (u unconfirmed) Error() string        { return string(u) }
func (u unconfirmed) Is(target error) bool { return target == ErrConfirm }

// Begin lets the run be steered from now on.
func (c *Control) Begin(run Run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run, c.history = &run, nil
}

// End lets it be steered no longer: once it returns, nothing happens any more.
func (c *Control) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = nil
}

// Word is one of the words that steer a run.
type Word struct {
	Word, Takes, Does string
	do                func(c *Control, w *words) (string, error)
	next              func(s *Status, word string) [][]string // what may stand behind it, place by place; nil for nobody knows
}

// Next is what may be said next, behind the word and what was said after it, of a run with that status.
func Next(s *Status, said []string) []string {
	at := slices.IndexFunc(Words, func(w Word) bool { return w.Word == said[0] })
	if at < 0 || Words[at].next == nil {
		return nil
	}
	if places := Words[at].next(s, said[0]); len(said) <= len(places) {
		return places[len(said)-1]
	}
	return nil
}

func nextEvent(s *Status, _ string) [][]string { return [][]string{s.Events} }
func nextNode(s *Status, _ string) [][]string  { return [][]string{s.Nodes} }

func nextLoad(s *Status, word string) [][]string {
	var groups []string
	for _, g := range s.Groups {
		if g.Word == word {
			groups = append(groups, g.Group)
		}
	}
	return [][]string{{"plan"}, groups}
}

// Words are all of them.
var Words = []Word{
	{"pause", "", "start nothing new: no request, no iteration, no arrival", func(c *Control, w *words) (string, error) { return c.pause(w, true) }, nil},
	{"resume", "", "go on after a pause", func(c *Control, w *words) (string, error) { return c.pause(w, false) }, nil},
	{"users", "N|+N|-N|plan [GROUP]", "so many users of a closed group at work, or as many as the plan says", (*Control).users, nextLoad},
	{"rate", "R|+R|-R|plan [GROUP]", "so many arrivals per second of an open group", (*Control).rate, nextLoad},
	{"note", "TEXT", "a note on the timeline", (*Control).note, nil},
	{"event", "NAME", "an event of the plan now, instead of at its time", (*Control).event, nextEvent},
	{"drain", "NODE", "let a node serve its sessions and get no new ones", (*Control).node, nextNode},
	{"ready", "NODE", "put a node into service", (*Control).node, nextNode},
	{"maint", "NODE", "take a node out of service", (*Control).node, nextNode},
	{"stop", "", "start nothing new and end the run, as Ctrl-C does", (*Control).stop, nil},
}

// words are what somebody said.
type words struct {
	ctx  context.Context
	by   string
	word string
	args []string
	sure bool
}

// Do does what the words say, such as {"users", "+5"}, for whom by names (report.Event.By), and returns what came of it
// in words. Some words are done only by those who are sure, else the error is ErrConfirm.
func (c *Control) Do(ctx context.Context, by string, said []string, sure bool) (string, error) {
	if len(said) == 0 {
		return "", fmt.Errorf("want %s", nearest.Alternatives(WordList()))
	}
	at := slices.IndexFunc(Words, func(w Word) bool { return w.Word == said[0] })
	if at < 0 {
		return "", fmt.Errorf("unknown word %q: %s", said[0], nearest.Hint(said[0], WordList()))
	}
	w := &Words[at]
	least := 0
	if w.Takes != "" {
		least = 1
	}
	if given := len(said) - 1; given < least || w.Takes == "" && given > 0 {
		return "", fmt.Errorf("want: %s", strings.TrimSpace(w.Word+" "+w.Takes))
	}
	return w.do(c, &words{ctx, by, said[0], said[1:], sure})
}

// WordList are the words alone.
func WordList() (all []string) {
	for i := range Words {
		all = append(all, Words[i].Word)
	}
	return all
}

// now is as the run is steered, with the time of the run.
func (c *Control) now() loadgen.Steering {
	s := c.run.Plan.Unsteered()
	if n := len(c.history); n > 0 {
		s = c.history[n-1]
		s.Users, s.Rates = slices.Clone(s.Users), slices.Clone(s.Rates)
	}
	s.At = time.Since(c.run.Began)
	return s
}

// steer steers the run and reports the event.
func (c *Control) steer(s loadgen.Steering, e report.Event) error {
	history := append(slices.Clip(c.history), s)
	if err := c.run.Steer(history); err != nil {
		return err
	}
	c.history = history
	e.AtMS, e.OK, e.Phase = s.At.Milliseconds(), true, true
	c.run.Happened(e)
	return nil
}

// pause pauses the run, or lets it go on.
func (c *Control) pause(w *words, paused bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return "", ErrOver
	}
	s := c.now()
	switch {
	case s.Paused && paused:
		return "", errors.New("the run is paused already: resume goes on")
	case !s.Paused && !paused:
		return "", errors.New("the run is not paused")
	}
	s.Paused = paused
	e := report.Event{Name: "paused", Text: "paused", By: w.by, Paused: &paused}
	if !paused {
		e.Name, e.Text = "", "goes on"
	}
	return e.Text, c.steer(s, e)
}

// group is the group that the words mean: the one that they name, or the only one that has what is to be changed.
func (c *Control) group(w *words, has func(*loadgen.Group) bool, what string) (int, error) {
	var found []int
	var names []string
	named := strings.Join(w.args[1:], " ")
	for i := range c.run.Plan.Groups {
		if g := &c.run.Plan.Groups[i]; g.Phase == loadgen.Main && has(g) {
			names = append(names, strconv.Quote(g.Name))
			if named == "" || named == g.Name {
				found = append(found, i)
			}
		}
	}
	switch {
	case len(names) == 0:
		return 0, fmt.Errorf("the plan has no group of %s", what)
	case len(found) == 0:
		return 0, fmt.Errorf("no group of %s is named %q: want %s", what, named, strings.Join(names, " or "))
	case len(found) > 1:
		return 0, fmt.Errorf("say of which group: %s %s %s", w.word, w.args[0], strings.Join(names, ", or "))
	}
	return found[0], nil
}

func closed(g *loadgen.Group) bool { return g.Arrivals == nil }
func open(g *loadgen.Group) bool   { return g.Arrivals != nil }

// users changes how many users of a closed group are at work.
func (c *Control) users(w *words) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return "", ErrOver
	}
	i, err := c.group(w, closed, "users who wait for responses; where arrivals have a rate, that is changed with rate")
	if err != nil {
		return "", err
	}
	s, g := c.now(), &c.run.Plan.Groups[i]
	base, _ := c.run.Plan.Wanted(i, s, s.At)
	n, err := asked(w.args[0], float64(base), float64(g.Users))
	if err == nil && n != math.Trunc(n) {
		err = fmt.Errorf("%s is no number of users", w.args[0])
	}
	if err != nil {
		return "", fmt.Errorf("users of %s: %w", g.Name, err)
	}
	s.Users[i] = int(n)
	return c.load(s, w, "users", i, format.Count(int64(n)), n < 0)
}

// rate changes how many arrivals an open group has.
func (c *Control) rate(w *words) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return "", ErrOver
	}
	i, err := c.group(w, open, "arrivals; where users wait for responses, their number is changed with users")
	if err != nil {
		return "", err
	}
	s, g := c.now(), &c.run.Plan.Groups[i]
	_, base := c.run.Plan.Wanted(i, s, s.At)
	rate, err := asked(strings.TrimSuffix(w.args[0], "/s"), base, g.HighestRate())
	if err != nil {
		return "", fmt.Errorf("rate of %s: %w", g.Name, err)
	}
	s.Rates[i] = rate
	return c.load(s, w, "rate", i, strconv.FormatFloat(rate, 'g', 6, 64)+"/s", rate < 0)
}

// load changes the load of a group.
func (c *Control) load(s loadgen.Steering, w *words, what string, group int, to string, planned bool) (string, error) {
	text := what + " " + to
	if planned {
		text = what + " as planned"
	}
	if c.run.Plan.Groups[group].Name != "" && len(c.run.Plan.Groups) > 1 {
		text += " of " + c.run.Plan.Groups[group].Name
	}
	return text, c.steer(s, report.Event{Name: text, Text: text, By: w.by})
}

// asked is the number that somebody wants: a number, or by how much more or less; below 0 for what the plan says.
func asked(text string, base, most float64) (float64, error) {
	if text == "plan" {
		return -1, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is no number: want one such as 5, +5, -5, or plan", text)
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		n += base
	}
	if n < 0 || n > most {
		return 0, fmt.Errorf("%s is beyond the plan: want 0 to %s", strconv.FormatFloat(n, 'g', 6, 64), strconv.FormatFloat(most, 'g', 6, 64))
	}
	return n, nil
}

// longestNote bounds a note, in bytes.
const longestNote = 500

func (c *Control) note(w *words) (string, error) {
	text := strings.TrimSpace(strings.Join(w.args, " "))
	if text == "" || len(text) > longestNote {
		return "", fmt.Errorf("a note has 1 to %d bytes", longestNote)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return "", ErrOver
	}
	c.run.Happened(report.Event{AtMS: time.Since(c.run.Began).Milliseconds(), Name: "note", Text: text, OK: true, By: w.by, Note: true})
	return "noted", nil
}

func (c *Control) stop(w *words) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return "", ErrOver
	}
	c.run.Happened(report.Event{AtMS: time.Since(c.run.Began).Milliseconds(), Name: "stop", Text: "stop", OK: true, By: w.by})
	c.run.Stop()
	return "stopping: nothing new starts, what is in flight ends", nil
}

// event does an event of the plan.
func (c *Control) event(w *words) (string, error) {
	name := strings.Join(w.args, " ")
	d, err := c.driver()
	if err != nil {
		return "", err
	}
	names := d.Names()
	if len(names) == 0 {
		return "", errors.New("the plan has no events")
	}
	if !slices.Contains(names, name) {
		return "", fmt.Errorf("the plan has no event %q: %s", name, nearest.Hint(name, names))
	}
	e, _ := d.Take(name)
	return c.happens(d, w, e)
}

// node changes the state of a node.
func (c *Control) node(w *words) (string, error) {
	d, err := c.driver()
	if err != nil {
		return "", err
	}
	node := strings.Join(w.args, " ")
	if !w.sure && slices.Contains(d.Nodes(), node) {
		return "", unconfirmed(w.word + " " + node + " acts on the balancer")
	}
	return c.happens(d, w, plans.Event{Node: node, State: w.word})
}

// happens does an event now.
func (c *Control) happens(d *events.Driver, w *words, e plans.Event) (string, error) {
	done, err := d.Do(w.ctx, e, w.by)
	switch {
	case errors.Is(err, events.ErrOver):
		return "", ErrOver
	case err != nil:
		return "", err
	case !done.OK:
		return "", fmt.Errorf("%s: %w: %s", done.Text, ErrRefused, done.Answer)
	}
	return done.Text, nil
}

// driver is what does events.
func (c *Control) driver() (*events.Driver, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.run == nil:
		return nil, ErrOver
	case c.run.Events == nil:
		return nil, errors.New("the plan has neither events nor a Runtime API ([haproxy] api, see stickbench help balancers)")
	}
	return c.run.Events, nil
}

// Paused reports whether the run is paused.
func (c *Control) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run != nil && len(c.history) > 0 && c.history[len(c.history)-1].Paused
}

// Status is how a run is, and what can be done to it.
type Status struct {
	Over      bool     `json:"over,omitempty"` // it has not begun, or is over: nothing else is known
	Plan      string   `json:"plan"`
	ElapsedMS int64    `json:"elapsed_ms"`
	Paused    bool     `json:"paused"`
	Groups    []Group  `json:"groups"`
	Events    []string `json:"events"` // of the plan, by name
	Nodes     []string `json:"nodes"`  // that drain, ready and maint know
}

// Group is a group of a Status.
type Group struct {
	Group  string `json:"group"`
	Active int    `json:"active"` // users at work
	// Word is what changes its load, "users" or "rate". Wanted is how many there are to be now, of Most; ByHand says that
	// this is not what the plan says.
	Word   string  `json:"word"`
	Wanted float64 `json:"wanted"`
	Most   float64 `json:"most"`
	ByHand bool    `json:"by_hand"`
}

// Status is how the run is.
func (c *Control) Status() (*Status, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		return nil, ErrOver
	}
	s := c.now()
	all := &Status{Plan: c.run.Plan.Name, ElapsedMS: s.At.Milliseconds(), Paused: s.Paused, Events: []string{}, Nodes: []string{}}
	for i, p := range c.run.Progress(time.Now()) {
		spec := &c.run.Plan.Groups[i]
		if spec.Phase != loadgen.Main {
			continue
		}
		g := Group{Group: p.Group, Active: p.Active, Word: "users", Most: float64(spec.Users), ByHand: s.Users[i] >= 0}
		users, rate := c.run.Plan.Wanted(i, s, s.At)
		if g.Wanted = float64(users); spec.Arrivals != nil {
			g.Word, g.Wanted, g.Most, g.ByHand = "rate", rate, spec.HighestRate(), s.Rates[i] >= 0
		}
		all.Groups = append(all.Groups, g)
	}
	if d := c.run.Events; d != nil {
		all.Events, all.Nodes = append(all.Events, d.Names()...), append(all.Nodes, d.Nodes()...)
	}
	return all, nil
}

// String is the status in lines.
func (s *Status) String() string {
	var b strings.Builder
	state := "runs"
	if s.Paused {
		state = "paused"
	}
	fmt.Fprintf(&b, "%s: %s, %s since its start\n", s.Plan, state, format.Span(s.ElapsedMS))
	for _, g := range s.Groups {
		how := "as planned"
		if g.ByHand {
			how = "by hand"
		}
		fmt.Fprintf(&b, "%s: %s %s of %s, %s; %s at work\n", g.Group, g.Word, format.Decimal(g.Wanted, 0), format.Decimal(g.Most, 0), how, format.Plural(int64(g.Active), "user"))
	}
	for _, l := range []struct {
		name string
		list []string
	}{{"events", s.Events}, {"nodes", s.Nodes}} {
		if len(l.list) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", l.name, strings.Join(l.list, ", "))
		}
	}
	return b.String()
}
