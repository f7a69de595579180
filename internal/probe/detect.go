package probe

import (
	"context"
	"time"
)

// Detection looks at so many responses at first, and at twice as many where these tell nothing; for so long
// at most.
const (
	detectRequests = 12
	detectDuration = 3 * time.Second
)

// Detect reads from the target's first responses where they name their node. Its requests have no cookies,
// so that each begins a session of most applications. From is "" where nothing names a node, or only what
// also tells processes or versions apart. It costs 13 to 25 requests and 3 s at most. Errors are those of Run.
func Detect(ctx context.Context, o Options) (NodeField, error) {
	none := NodeField{Candidates: []string{}}
	o.Requests, o.Duration = 1+2*detectRequests, detectDuration
	ctx, cancel := context.WithTimeout(ctx, o.Duration)
	defer cancel()
	p, err := newProber(ctx, o)
	if err != nil {
		return none, err
	}
	if err := p.first(); err != nil {
		return none, err
	}
	var k *conn
	p.newBurst()
	for range 2 {
		for range detectRequests {
			p.request(ask{phase: PhaseOrder, conn: &k})
		}
		if v := p.view(); v.told() && v.fields[0].tier <= tierCookie {
			break
		}
	}
	if k != nil {
		k.Close()
	}
	r := Judge(p.record)
	if v := p.view(); len(v.fields) == 0 || v.fields[0].tier > tierCookie || r.PlanNode() == "" {
		return none, nil
	}
	r.Node.From = r.PlanNode()
	return r.Node, nil
}
