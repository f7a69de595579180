package plans

import (
	"maps"
	"slices"
	"time"

	"stickbench/internal/lab"
	"stickbench/internal/nearest"
	"stickbench/internal/redact"
	"stickbench/loadgen"
)

// Override is what the command line sets over a plan; nil leaves what the plan says.
type Override struct {
	// Target is used instead of the plan's [lab] or the url of its [target].
	Target *string `json:"target,omitempty"`
	// Balancer is "embedded" or "haproxy", for the plan's [lab].
	Balancer *string `json:"balancer,omitempty"`
	// Users, Iterations, Duration and RampUp apply to every group. Iterations alone also lifts a group's
	// duration, and Duration alone its iterations: `--duration 30s` runs for 30 s. Both together limit
	// both.
	Users      *int           `json:"users,omitempty"`
	Iterations *int           `json:"iterations,omitempty"`
	Duration   *time.Duration `json:"duration_ns,omitempty"`
	RampUp     *time.Duration `json:"ramp_up_ns,omitempty"`
	Seed       *uint64        `json:"seed,omitempty"`
	// Apdex is used instead of the plan's.
	Apdex *Apdex `json:"apdex,omitempty"`
	// Set are values for the plan's variables, by name, instead of those in [vars].
	Set map[string]string `json:"set,omitempty"`
	// Insecure accepts any certificate of an https target, as `insecure = true` in [target] does.
	Insecure bool `json:"insecure,omitempty"`
	// Preconnect opens each user's first connection before the run, as `preconnect = true` does.
	Preconnect bool `json:"preconnect,omitempty"`
	// Source are local addresses to connect from, in turns. ConnectTo is HOST:PORT, where connections to
	// the target go instead, Resolve has HOST:PORT:ADDRESS for names, and Proxy is an HTTP proxy's URL,
	// which may hold a password and is not written anywhere. All are empty where not given.
	Source    []string `json:"source,omitempty"`
	ConnectTo string   `json:"connect_to,omitempty"`
	Resolve   []string `json:"resolve,omitempty"`
	Proxy     string   `json:"-"`
	// Replay says that the plan is read for what it says, not to be run: Read opens none of the files that
	// it names, which need not be where they were.
	Replay bool `json:"-"`
	// From is what the plan takes from the machine, read elsewhere: Read opens no file then. Keep, if not nil, is given
	// what it takes.
	From, Keep *Bundle `json:"-"`
}

// redactedVars is set without the values of variables whose names say that they are secret.
func redactedVars(set map[string]string) map[string]string {
	kept := maps.Clone(set)
	for name := range kept {
		kept[name] = redact.Value(name, kept[name])
	}
	return kept
}

// Redacted is o without what must not be written: user and password in Target, and values of variables that are
// secret by their names.
func (o Override) Redacted() Override {
	o.Proxy = ""
	o.Set = redactedVars(o.Set)
	if o.Target == nil {
		return o
	}
	target := redact.URL(*o.Target)
	o.Target = &target
	return o
}

// apply sets what the command line says of groups.
func (o Override) apply(g *loadgen.Group) {
	if o.Users != nil { // one number instead of stages
		g.Stages = nil
	}
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
	if o.Balancer != nil && !slices.Contains(lab.Balancers, *o.Balancer) {
		r.option("--balancer", "%s: %s", quoted(*o.Balancer), nearest.Hint(*o.Balancer, lab.Balancers))
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
