package live

import (
	"fmt"
	"io"
	"strings"
	"time"

	"stickbench/internal/format"
	"stickbench/loadgen"
)

// A Watch looks at a run.
type Watch struct {
	// Progress tells how far each group of the plan has come, in the plan's order.
	Progress func(time.Time) []loadgen.Progress
	Model    *Model
	// Next is the event that is next, after so long and so many iterations and requests; nil if none is
	// left. The func is nil without events.
	Next func(elapsed time.Duration, iterations, requests int64) *Upcoming
	// Machines are those of a run on many; nil of a run on one.
	Machines func() []Machine
	// Began is when the run began.
	Began time.Time
	// Stopped is when the run was told to start nothing new, zero if it was not; nil if it cannot be told.
	Stopped func() time.Time
	// Timeout is the longest that a request may take.
	Timeout time.Duration
	// Paused reports whether the run is paused by hand; Line is what is told beneath everything, such as what the keys
	// are, "" for nothing. Both are nil where they say nothing.
	Paused func() bool
	Line   func() string

	rates []rate
}

// Upcoming is the event that is next.
type Upcoming struct {
	Name string
	In   time.Duration // below 0 if it waits for a number of iterations or samples,
	Left int64         // of which so many are missing; below 0 if it waits for a time
}

// status is what is shown of one group.
type status struct {
	loadgen.Progress
	requests, errors int64
	perSecond        float64
	shares           []share
}

func (w *Watch) look(now time.Time) []status {
	groups := w.Progress(now)
	all := make([]status, len(groups))
	if w.rates == nil {
		w.rates = make([]rate, len(groups))
	}
	for i, p := range groups {
		s := status{Progress: p}
		s.requests, s.errors, s.shares = w.Model.group(i)
		s.perSecond = w.rates[i].at(now, s.requests)
		all[i] = s
	}
	return all
}

// next is the event that is next; nil if none is left.
func (w *Watch) next(now time.Time, groups []status) *Upcoming {
	if w.Next == nil {
		return nil
	}
	var iterations int64
	for i := range groups {
		iterations += groups[i].Iterations
	}
	return w.Next(now.Sub(w.Began), iterations, w.Model.Requests())
}

// waiting says what a run waits for that starts nothing new: "" while it does.
func waiting(groups []status, w *Watch) string {
	var since time.Duration // for which nothing new has started
	if w.Stopped != nil {
		if at := w.Stopped(); !at.IsZero() {
			since = time.Since(at)
		}
	}
	active, over := 0, since > 0
	if !over && w.Paused != nil && w.Paused() {
		return "paused"
	}
	for i := range groups {
		g := &groups[i]
		past := g.Elapsed - g.OfDuration
		if !over && g.Active > 0 && (g.OfDuration == 0 || past <= 0) {
			return ""
		}
		if !over && g.Active > 0 && (since == 0 || past < since) {
			since = past
		}
		active += g.Active
	}
	if active == 0 || since < drainShown {
		return ""
	}
	text := "waiting for " + format.Plural(int64(active), "response")
	if left := (w.Timeout - since).Round(time.Second); left > 0 {
		text += fmt.Sprintf(", at most %d s", int(left.Seconds()))
	}
	return text
}

// drainShown is how long a run waits before that is told.
const drainShown = 300 * time.Millisecond

// Machine is one of a run on many, and how far it is.
type Machine struct {
	Agent string `json:"agent"`
	Host  string `json:"host"`
	// Users are active, of so many that it has. Samples are those of it that are recorded.
	Users      int    `json:"users"`
	OfUsers    int    `json:"of_users"`
	Iterations int64  `json:"iterations"`
	Samples    int64  `json:"samples"`
	Done       bool   `json:"done"`
	Lost       string `json:"lost,omitempty"` // why it was lost
}

// machines are those of a run on many.
func (w *Watch) machines() []Machine {
	if w.Machines == nil {
		return nil
	}
	return w.Machines()
}

// line is the machine in words.
func (m *Machine) line() string {
	if m.Lost != "" {
		return m.Agent + ": lost, " + m.Lost
	}
	line := fmt.Sprintf("%s: %d of %d users, %d iterations, %d samples here", m.Agent, m.Users, m.OfUsers, m.Iterations, m.Samples)
	if m.Done {
		line += ", done"
	}
	return line
}

// part is how much of the group is done, 0 to 1: of its iterations or of its time, whatever is further.
func (s *status) part() float64 {
	part := 0.0
	if s.OfIterations > 0 {
		part = float64(s.Iterations) / float64(s.OfIterations)
	}
	if s.OfDuration > 0 {
		part = max(part, s.Elapsed.Seconds()/s.OfDuration.Seconds())
	}
	return min(1, part)
}

// left is how long the group will take at its pace so far; negative where that cannot be told yet.
func (s *status) left() time.Duration {
	part := s.part()
	if part <= 0 || s.Elapsed < time.Second/2 {
		return -1
	}
	return time.Duration(float64(s.Elapsed) * (1 - part) / part)
}

// printEvery is how often a log gets lines.
const printEvery = 10 * time.Second

// lines prints each group every ten seconds, for logs.
func lines(out io.Writer, w *Watch, done <-chan struct{}) {
	tick := time.NewTicker(printEvery)
	defer tick.Stop()
	w.look(w.Began) // the first rate is over the first ten seconds
	for {
		select {
		case <-done:
			return
		case now := <-tick.C:
			for _, s := range w.look(now) {
				fmt.Fprintf(out, "%4.0fs  %s\n", now.Sub(w.Began).Seconds(), s.line())
			}
			for _, m := range w.machines() {
				fmt.Fprintf(out, "       %s\n", m.line())
			}
		}
	}
}

// line is the status in words.
func (s *status) line() string {
	parts := []string{
		fmt.Sprintf("%s: %d of %d users", s.Group, s.Active, s.Users),
		fmt.Sprintf("%.0f%%", 100*s.part()),
		format.Plural(s.requests, "request"),
		format.Decimal(s.perSecond, 1) + "/s",
		format.Plural(s.errors, "error"),
	}
	if len(s.shares) > 0 {
		parts = append(parts, s.nodes())
	}
	if left := s.left(); left >= 0 && s.Ended < s.Users {
		parts = append(parts, clock(left)+" left")
	}
	return strings.Join(parts, ", ")
}

func (s *status) nodes() string {
	var parts []string
	for _, x := range s.shares {
		parts = append(parts, format.Clean(x.node)+" "+format.Percent(x.part))
	}
	return strings.Join(parts, " ")
}
