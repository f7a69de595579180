package loadgen

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"stickbench/loadgen/internal/wire"
)

// connecting is how many users connect at the same time before a run.
const connecting = 64

// Preconnect opens the connection for the first request of each user, if the plan wants that (Plan.Preconnect), so that
// a run, or all machines of one, begin with requests and not with handshakes. The users of setup and teardown groups, and
// those with a connection for each request, connect when they need to. The error names the first user who cannot be
// connected within the plan's timeout.
func (r *Runner) Preconnect(ctx context.Context) error {
	if !r.plan.Preconnect {
		return nil
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(connecting)
	for i, g := range r.groups {
		spec := &r.plan.Groups[i]
		o, known := r.scripts[i].firstOrigin(r.target)
		if !known || spec.Phase != Main || spec.Connections == PerRequest {
			continue
		}
		for _, u := range g.users {
			all.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				u.early = r.dialer.Open(ctx, u.number, false)
				if err := u.early.Connect(o, time.Now().Add(r.plan.Timeout)); err != nil {
					return fmt.Errorf("user %d cannot be connected to %s before the start (preconnect): %w", u.number, o.Address(), err)
				}
				return nil
			})
		}
	}
	return all.Wait()
}

// firstOrigin is where the first request of the script goes, if that is known before its users begin.
func (s *script) firstOrigin(target wire.Origin) (o wire.Origin, known bool) {
	all := s.requests()
	switch {
	case len(all) == 0:
		return o, false
	case all[0].fixed != nil:
		return all[0].fixed.origin, true
	}
	return target, strings.HasPrefix(all[0].URL.String(), "/")
}
