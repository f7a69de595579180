package plans

import (
	"slices"
	"time"

	"stickbench/loadgen"
)

// Override is what the command line sets over a plan; nil leaves what the plan says.
type Override struct {
	// Target is used instead of the plan's [lab] or the url of its [target].
	Target *string
	// Balancer is "embedded" or "haproxy", for the plan's [lab].
	Balancer *string
	// Users, Iterations, Duration and RampUp apply to every group. Iterations alone also lifts a group's
	// duration, and Duration alone its iterations: `--duration 30s` runs for 30 s. Both together limit
	// both.
	Users, Iterations *int
	Duration, RampUp  *time.Duration
	Seed              *uint64
	// Insecure accepts any certificate of an https target, as `insecure = true` in [target] does.
	Insecure bool
	// Source are local addresses to connect from, in turns. ConnectTo is HOST:PORT, where connections to
	// the target go instead, Resolve has HOST:PORT:ADDRESS for names, and Proxy is an HTTP proxy's URL,
	// which may hold a password and is not written anywhere. All are empty where not given.
	Source    []string `json:",omitempty"`
	ConnectTo string   `json:",omitempty"`
	Resolve   []string `json:",omitempty"`
	Proxy     string   `json:"-"`
}

// apply sets what the command line says of groups.
func (o Override) apply(g *loadgen.Group) {
	set(&g.Users, o.Users)
	set(&g.RampUp, o.RampUp)
	if o.Iterations != nil || o.Duration != nil {
		g.Iterations, g.Duration = 0, 0
	}
	set(&g.Iterations, o.Iterations)
	set(&g.Duration, o.Duration)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// overrides notes what is wrong with the command line's values.
func (r *reader) overrides() {
	o := r.override
	r.optionRange("--users", o.Users, mostUsers)
	r.optionRange("--iterations", o.Iterations, mostIterations)
	r.optionDuration("--duration", o.Duration, 1)
	r.optionDuration("--ramp-up", o.RampUp, 0)
	if o.Target != nil {
		if message := targetProblem(*o.Target); message != "" {
			r.option("--target", "%s", message)
		}
	}
	if o.Balancer != nil && !slices.Contains(balancers, *o.Balancer) {
		r.option("--balancer", "%s: %s", quoted(*o.Balancer), meant(*o.Balancer, balancers))
	}
}

func (r *reader) optionRange(name string, n *int, most int64) {
	if n != nil && (*n < 1 || int64(*n) > most) {
		r.option(name, "must be %s, not %d", between(1, most), *n)
	}
}

func (r *reader) optionDuration(name string, d *time.Duration, least time.Duration) {
	if d == nil {
		return
	}
	if message := durationRange(*d, least); message != "" {
		r.option(name, "%s", message)
	}
}
