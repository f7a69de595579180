package events

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/report"
)

const (
	pollEvery = 500 * time.Millisecond
	// pollTimeout is how long the Runtime API may be silent before it counts as lost.
	pollTimeout = 2 * time.Second
	// pollBefore is what a poll may take from an event that is due.
	pollBefore = 100 * time.Millisecond
	// pollAtEnd is what the last poll may take.
	pollAtEnd = 500 * time.Millisecond
)

// The watcher compares the servers as they are with what is believed of them, which is how they were
// last seen and what the run's own commands have set since. A difference is somebody else's doing, or
// a health check's:
//
//	believed  seen   reported
//	any       down   down   "s1 DOWN: L7TOUT after 2001 ms", from the row of `show stat`
//	any       maint  maint
//	any       drain  drain
//	down      ready  up     "s1 UP: L7OK 200 after 1 ms"
//	drain     ready  ready
//	maint     ready  ready  users come at once; "UP 1/3" is not confirmed yet
//	ready     ready  up     if it was not confirmed and now is: fully "UP", or not checked
//
// A poll is two commands, each on a connection of its own: `show servers state` tells drain, maint and
// down apart, `show stat` has the reasons of health checks.

// poll reads the servers and reports what has changed. It gives the names of those that have; ok reports
// whether it had a response. A poll without a response in time is skipped; silence for long is reported
// once.
func (r *run) poll(ctx context.Context, most time.Duration) (changed []string, ok bool) {
	if r.api == nil {
		return nil, false
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	asked := r.now()
	states, rows, err := r.read(limited)
	received := r.now()
	r.nextPoll = received + pollEvery
	if err != nil {
		// The deadline of a connection can pass a moment before its context's.
		late := limited.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
		if skipped := ctx.Err() != nil || late && received-r.seen < pollTimeout; !skipped {
			r.lose(received, err)
		}
		return nil, false
	}
	changed = r.compare(states, byServer(rows), received)
	r.counts[1] = placements(rows)
	r.regain(asked, received)
	r.seen = asked
	return changed, true
}

// spare is the time until an event may be due: what a poll may take that no event waits for.
func (r *run) spare() time.Duration {
	if r.schedule.counts() {
		return pollBefore
	}
	if at, ok := r.schedule.nextTime(); ok {
		return min(pollTimeout, max(pollBefore, at-r.now()))
	}
	return pollTimeout
}

func (r *run) read(ctx context.Context) ([]haproxy.ServerState, []haproxy.Row, error) {
	states, err := r.api.ServersState(ctx, r.target.Backend)
	if err != nil {
		return nil, nil, err
	}
	rows, err := r.api.Stat(ctx, r.target.Backend, haproxy.Server)
	return states, rows, err
}

func byServer(list []haproxy.Row) map[string]haproxy.Row {
	rows := make(map[string]haproxy.Row, len(list))
	for _, row := range list {
		rows[row.Server] = row
	}
	return rows
}

// lose reports once that the Runtime API does not respond. Only an event that needs it fails.
func (r *run) lose(received time.Duration, err error) {
	if r.lost {
		return
	}
	r.lost = true
	r.report(report.Event{AtMS: r.seen.Milliseconds(), LatestMS: received.Milliseconds(), Observed: true, Name: "Runtime API lost",
		Text: "the Runtime API does not respond: changes of the servers are not seen", Answer: err.Error()})
}

func (r *run) regain(asked, received time.Duration) {
	if !r.lost {
		return
	}
	r.lost = false
	r.report(report.Event{AtMS: asked.Milliseconds(), LatestMS: received.Milliseconds(), Observed: true, OK: true, Name: "Runtime API back",
		Text: "the Runtime API responds again"})
}

// compare reports the differences and makes them what is believed.
func (r *run) compare(states []haproxy.ServerState, rows map[string]haproxy.Row, received time.Duration) (changed []string) {
	now := newServers(states)
	weights := now.weights()
	var found []report.Event
	for i := range now.list {
		s := &now.list[i]
		text, state, reweighted := r.servers.find(s.name).seen(s, rows[s.name])
		if text == "" {
			continue
		}
		h := report.Event{Observed: true, OK: true, Text: s.name + " " + text, Node: s.name, State: state}
		h.Name = s.name + " " + cmp.Or(state, text)
		if reweighted {
			h.Weights = weights
		}
		earliest, latest := r.between(states[i], r.servers.find(s.name), received)
		h.AtMS, h.LatestMS = earliest.Milliseconds(), latest.Milliseconds()
		found = append(found, h)
	}
	for _, gone := range r.servers.list {
		if now.find(gone.name) == nil {
			found = append(found, report.Event{AtMS: r.seen.Milliseconds(), LatestMS: received.Milliseconds(), Observed: true, OK: true, Name: gone.name + " removed",
				Text: gone.name + " is not a server any more", Node: gone.name, State: haproxy.Down, Weights: weights})
		}
	}
	r.servers = now
	slices.SortStableFunc(found, func(a, b report.Event) int { return cmp.Compare(a.AtMS, b.AtMS) })
	for _, h := range found {
		r.report(h)
		changed = append(changed, h.Node)
	}
	return changed
}

// between bounds the moment of a change: after the servers were last seen without it and, for a change
// of the operational state, after HAProxy's own time of it. HAProxy subtracts whole seconds, so that k
// seconds mean more than k−1 and less than k+1.
func (r *run) between(now haproxy.ServerState, before *server, received time.Duration) (earliest, latest time.Duration) {
	earliest, latest = r.seen, received
	if before != nil && before.op != now.Op {
		earliest = max(earliest, received-now.SinceChange-time.Second)
		latest = max(earliest, received-max(0, now.SinceChange-time.Second))
	}
	return earliest, latest
}

// seen says how a server differs from what was believed of it, by the table above; text is "" if it
// does not. It keeps in now what a health check has still to confirm.
func (s *server) seen(now *server, row haproxy.Row) (text, state string, reweighted bool) {
	if s == nil {
		return "is a new server: " + now.state(), now.state(), true
	}
	before, after := s.state(), now.state()
	confirmed := now.op == haproxy.OpRunning && !strings.Contains(row.Status, "/")
	if entered := before != haproxy.Ready && after == haproxy.Ready; entered || after == haproxy.Ready && s.unconfirmed {
		now.unconfirmed = !confirmed
	}
	var words []string
	switch {
	case before == after && s.unconfirmed && confirmed && after == haproxy.Ready:
		state, words = haproxy.Up, append(words, row.Health())
	case before == after:
	case after == haproxy.Down:
		state, words = haproxy.Down, append(words, row.Health())
	case after == haproxy.Ready && before == haproxy.Down:
		state, words = haproxy.Up, append(words, row.Health())
	default:
		state, words = after, append(words, after)
	}
	if reweighted = s.weight != now.weight; reweighted {
		words = append(words, "weight "+strconv.Itoa(now.weight))
	}
	return strings.Join(words, ", "), state, reweighted
}
