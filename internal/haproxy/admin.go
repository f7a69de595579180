package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// State is what can be asked of a server: `set server B/S state …`.
type State string

// The states.
const (
	Ready State = "ready"
	Drain State = "drain" // old sessions stay, new ones go elsewhere
	Maint State = "maint" // all go elsewhere at once, and the checks stop
)

// The levels of a `stats socket` (Configuration Manual, section 3.1, "stats socket"). HAProxy's
// default is LevelOperator; setting a server's state or weight takes LevelAdmin.
const (
	LevelUser     = "user"
	LevelOperator = "operator"
	LevelAdmin    = "admin"
)

// Level asks what this Runtime API allows: LevelUser, LevelOperator or LevelAdmin.
func (c *Client) Level(ctx context.Context) (string, error) {
	return c.Do(ctx, "show cli level")
}

// Version asks for HAProxy's version, such as "2.6.12-1+deb12u4".
func (c *Client) Version(ctx context.Context) (string, error) {
	// `show version` would be shorter, but 2.2 does not know it.
	answer, err := c.Do(ctx, "show info")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(answer) {
		if version, ok := strings.CutPrefix(line, "Version: "); ok {
			return strings.TrimSpace(version), nil
		}
	}
	return "", fmt.Errorf("%s: %q: no Version line", c, "show info")
}

// SetState puts a server into a state. The server follows at once, except that after Maint → Ready
// it needs one passed check for all of its health ("UP 1/3" before).
func (c *Client) SetState(ctx context.Context, backend, server string, state State) error {
	return c.setServer(ctx, backend, server, "state", string(state))
}

// SetWeight sets a server's weight, 0 to 256. Weight 0 is a drain that the status does not show. A
// backend with a static algorithm (static-rr, or hashes without `hash-type consistent`) takes only
// 0 and the weight of the configuration: ErrStaticAlgorithm.
func (c *Client) SetWeight(ctx context.Context, backend, server string, weight int) error {
	return c.setServer(ctx, backend, server, "weight", fmt.Sprint(weight))
}

func (c *Client) setServer(ctx context.Context, backend, server, what, value string) error {
	for _, word := range []string{backend, server, value} {
		if err := c.checkName("set server", word); err != nil {
			return err
		}
	}
	_, err := c.Do(ctx, fmt.Sprintf("set server %s/%s %s %s", backend, server, what, value))
	return err
}

// checkName holds to the characters that HAProxy allows in the names of proxies and servers, and
// `#` before an id: a blank would shift the words after it, a slash end the backend's name.
func (c *Client) checkName(command, name string) error {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:#", r)
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		text := fmt.Sprintf("%q: a name has letters, digits, and - _ . :", name)
		return &CommandError{Address: c.String(), Command: command, Kind: ErrBadCommand, Text: text}
	}
	return nil
}

// Preflight checks all that a run will need before it starts: the Runtime API answers with level
// admin, and the backend and the servers named exist. It returns how the backend is now. The error
// joins everything that is missing.
func (c *Client) Preflight(ctx context.Context, backend string, servers ...string) (*Snapshot, error) {
	level, err := c.Level(ctx)
	if err != nil {
		return nil, err // without an answer the rest would only say the same again
	}
	var problems []error
	if level != LevelAdmin {
		text := "level " + level + " may not set anything"
		problems = append(problems, &CommandError{Address: c.String(), Command: "show cli level", Kind: ErrPermission, Text: text})
	}
	snapshot, err := c.Snapshot(ctx, backend)
	if err != nil {
		return nil, errors.Join(append(problems, err)...)
	}
	for _, name := range servers {
		if !slices.ContainsFunc(snapshot.Servers, func(s ServerState) bool { return s.Name == name }) {
			problems = append(problems, snapshot.missing(name, snapshot.Servers))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return snapshot, nil
}

// Snapshot is the admin states and the weights of a backend's servers at one moment. States that
// `set server … health` forces are not in it: the next health check overrules them.
type Snapshot struct {
	Backend string
	Servers []ServerState

	client *Client
}

// Snapshot takes down how a backend is now.
func (c *Client) Snapshot(ctx context.Context, backend string) (*Snapshot, error) {
	if err := c.checkName("show servers state", backend); err != nil {
		return nil, err
	}
	servers, err := c.ServersState(ctx, backend)
	if err != nil {
		return nil, err
	}
	return &Snapshot{Backend: backend, Servers: servers, client: c}, nil
}

// missing is the error of a server that is not among those.
func (s *Snapshot) missing(name string, among []ServerState) error {
	names := make([]string, len(among))
	for i, server := range among {
		names[i] = server.Name
	}
	text := fmt.Sprintf("No such server: %s; the backend has %s", name, strings.Join(names, ", "))
	return &CommandError{Address: s.client.String(), Command: "show servers state " + s.Backend, Kind: ErrNoSuchServer, Text: text}
}

// Restore puts states and weights back to those of the snapshot, and touches only what differs. It
// goes on after an error and joins them all. Give it a context that an interrupt of the run does
// not cancel: context.WithoutCancel.
func (s *Snapshot) Restore(ctx context.Context) error {
	states, err := s.client.ServersState(ctx, s.Backend)
	if err != nil {
		return err
	}
	current := make(map[string]ServerState, len(states))
	for _, server := range states {
		current[server.Name] = server
	}
	var problems []error
	for _, before := range s.Servers {
		if now, ok := current[before.Name]; ok {
			problems = append(problems, s.restoreServer(ctx, before, now))
		} else {
			problems = append(problems, s.missing(before.Name, states))
		}
	}
	return errors.Join(problems...)
}

// restoreServer sets the weight first, so that a server which becomes ready takes sessions at the
// weight it had.
func (s *Snapshot) restoreServer(ctx context.Context, before, now ServerState) error {
	var weight, state error
	if before.Weight != now.Weight {
		weight = s.client.SetWeight(ctx, s.Backend, before.Name, before.Weight)
	}
	if before.Admin() != now.Admin() {
		state = s.client.SetState(ctx, s.Backend, before.Name, before.Admin())
	}
	return errors.Join(weight, state)
}
