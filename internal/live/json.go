package live

import (
	"encoding/json"
	"io"
	"time"

	"stickbench/report"
)

// progressSchema names the layout of a line of --progress json. Keys may be added to it, never changed or
// removed.
const progressSchema = "stickbench.progress/1"

// progressLine is a line of --progress json: counts so far, and figures of now as the live view has them.
// null is what is not known yet.
type progressLine struct {
	Schema string `json:"schema"`
	AtMS   int64  `json:"at_ms"` // since the run began
	Done   bool   `json:"done"`  // the last line: the run has ended

	Users      int   `json:"users"` // active
	Iterations int64 `json:"iterations"`
	Requests   int64 `json:"requests"`
	Errors     int64 `json:"errors"`

	Groups []progressGroup `json:"groups"`
	Nodes  []progressNode  `json:"nodes"`
	Agents []Machine       `json:"agents,omitempty"` // of a run on many machines
	// LastEvent is what was done or seen last, as in the results; NextEvent what is to be done next.
	LastEvent *report.Event  `json:"last_event"`
	NextEvent *progressEvent `json:"next_event"`
}

// progressGroup is one group of users.
type progressGroup struct {
	Group        string   `json:"group"`
	Users        int      `json:"users"` // active
	OfUsers      int      `json:"of_users"`
	Iterations   int64    `json:"iterations"`
	OfIterations *int64   `json:"of_iterations"` // null if only time bounds them
	Requests     int64    `json:"requests"`
	Errors       int64    `json:"errors"`
	Part         float64  `json:"part"` // that is done, 0 to 1
	LeftS        *float64 `json:"left_s"`
}

// progressNode is one node; one without a name are the responses that named none.
type progressNode struct {
	Node     string `json:"node"`
	Requests int64  `json:"requests"`
	Errors   int64  `json:"errors"`
	// Share is of all responses that named a node; ShareNow and PerSecond are of the last two seconds, P95MS
	// is of the last five.
	Share     *float64 `json:"share"`
	ShareNow  *float64 `json:"share_now"`
	PerSecond *float64 `json:"requests_per_s"`
	P95MS     *float64 `json:"p95_ms"`
}

// progressEvent is the event that is next.
type progressEvent struct {
	Event string `json:"event"`
	InMS  *int64 `json:"in_ms"` // null if it waits for a number of iterations or samples,
	Left  *int64 `json:"left"`  // of which so many are missing
}

// jsonLines writes a line every second until done is closed, and a last one then.
func jsonLines(out io.Writer, w *Watch, done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for {
		select {
		case <-done:
			e.Encode(w.progressLine(time.Now(), true))
			return
		case now := <-tick.C:
			e.Encode(w.progressLine(now, false))
		}
	}
}

func (w *Watch) progressLine(now time.Time, done bool) *progressLine {
	l := &progressLine{
		Schema: progressSchema, AtMS: now.Sub(w.Began).Milliseconds(), Done: done,
		Groups: []progressGroup{}, Nodes: []progressNode{}, Agents: w.machines(),
	}
	groups := w.look(now)
	for i := range groups {
		g := &groups[i]
		l.Groups = append(l.Groups, progressOfGroup(g))
		l.Users += g.Active
		l.Iterations += g.Iterations
		l.Requests += g.requests
		l.Errors += g.errors
	}
	nodes, _ := w.Model.nodesNow(now, maxNodes+1)
	for i := range nodes {
		l.Nodes = append(l.Nodes, progressOfNode(&nodes[i]))
	}
	if past, _ := w.Model.past(); len(past) > 0 {
		l.LastEvent = &past[len(past)-1]
	}
	if next := w.next(now, groups); next != nil && !done {
		l.NextEvent = &progressEvent{Event: next.Name, Left: known(next.Left)}
		if in := next.In.Milliseconds(); next.In >= 0 {
			l.NextEvent.InMS = &in
		}
	}
	return l
}

func progressOfGroup(s *status) progressGroup {
	g := progressGroup{
		Group: s.Group, Users: s.Active, OfUsers: s.Users, Iterations: s.Iterations,
		Requests: s.requests, Errors: s.errors, Part: s.part(), LeftS: known(s.left().Seconds()),
	}
	if s.OfIterations > 0 {
		g.OfIterations = &s.OfIterations
	}
	return g
}

func progressOfNode(n *nodeNow) progressNode {
	p := progressNode{
		Node: n.name, Requests: n.requests, Errors: n.errors,
		Share: known(n.soFar), ShareNow: known(n.now), P95MS: known(float64(n.p95) / 1000),
	}
	if len(n.history) > 0 {
		p.PerSecond = &n.perSecond
	}
	return p
}

// known is nil for what is below 0, which stands for what is not known.
func known[T int64 | float64](x T) *T {
	if x < 0 {
		return nil
	}
	return &x
}
