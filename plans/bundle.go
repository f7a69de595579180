package plans

import (
	"fmt"
	"slices"
)

// Bundle is what a plan takes from the machine that reads it, so that another one can read the very same.
type Bundle struct {
	// Files are the contents of those that the plan names, by the names that it gives them.
	Files map[string][]byte `json:"files,omitempty"`
	// Environment are the variables that it names.
	Environment map[string]string `json:"environment,omitempty"`
}

// bundled is the content of a file of the bundle that the plan is read from; nothing else is read then. in is false
// where the plan is read from this machine.
func (r *reader) bundled(name string) (content []byte, in bool, err error) {
	b := r.override.From
	if b == nil {
		return nil, false, nil
	}
	content, ok := b.Files[name]
	if !ok {
		return nil, true, fmt.Errorf("%s did not come with the plan", name)
	}
	return slices.Clone(content), true, nil
}

// keep keeps a file that was read for whoever wants to bundle the plan.
func (r *reader) keep(name string, content []byte) {
	if b := r.override.Keep; b != nil {
		if b.Files == nil {
			b.Files = map[string][]byte{}
		}
		b.Files[name] = content
	}
}

// environ is a variable of the environment, or of the bundle's.
func (o *Override) environ(name string, lookup func(string) (string, bool)) (value string, set bool) {
	if o.From != nil {
		value, set = o.From.Environment[name]
		return value, set
	}
	if value, set = lookup(name); set && o.Keep != nil {
		if o.Keep.Environment == nil {
			o.Keep.Environment = map[string]string{}
		}
		o.Keep.Environment[name] = value
	}
	return value, set
}
