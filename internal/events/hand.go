package events

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stickbench/internal/nearest"
	"stickbench/plans"
	"stickbench/report"
)

// asked is an event that somebody wants now.
type asked struct {
	event plans.Event
	by    string
	done  chan report.Event // takes one
}

// ErrOver says that events are no longer done.
var ErrOver = errors.New("the run is over")

// Do does an event at once, beside those of the plan, for whom by names (report.Event.By), and returns what was reported
// of it: a refusal is no error, and does not end the run. It is for while Run runs. The errors are ErrOver, that of ctx,
// and events that this balancer cannot do.
func (d *Driver) Do(ctx context.Context, e plans.Event, by string) (report.Event, error) {
	if e.Command(d.target.Backend) != "" {
		if d.api == nil {
			return report.Event{}, errors.New("the plan has no Runtime API to do that with: add [haproxy] with its api (stickbench help balancers)")
		}
		if e.Node != "" && !slices.Contains(d.Nodes(), e.Node) {
			return report.Event{}, fmt.Errorf("the backend %s has no server %q: %s", d.target.Backend, e.Node, nearest.Hint(e.Node, d.Nodes()))
		}
	}
	e.MayFail = true
	a := &asked{e, by, make(chan report.Event, 1)}
	select {
	case d.asked <- a:
	case <-d.ended:
		return report.Event{}, ErrOver
	case <-ctx.Done():
		return report.Event{}, ctx.Err()
	}
	select {
	case done := <-a.done:
		return done, nil
	case <-d.ended:
		select {
		case done := <-a.done:
			return done, nil
		default:
			return report.Event{}, ErrOver
		}
	case <-ctx.Done():
		return report.Event{}, ctx.Err()
	}
}

// Nodes are the servers that commands can be given to, by name; nil without a Runtime API.
func (d *Driver) Nodes() (names []string) {
	for _, s := range d.snapshot.Servers {
		names = append(names, s.Name)
	}
	return names
}

// Take hands out the plan's event of that name, as its phase is called, for Do: the first one whose time has not come,
// which is then not done at its time, or else one that was done.
func (d *Driver) Take(name string) (plans.Event, bool) { return d.schedule.named(name) }

// Names are those of the plan's events for Take, in the order of the plan.
func (d *Driver) Names() (names []string) {
	for i := range d.schedule.events {
		names = append(names, d.schedule.events[i].Phase())
	}
	return names
}
