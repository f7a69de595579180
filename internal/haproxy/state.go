package haproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// The states of a server, as users meet it. Ready, Drain and Maint can be asked for (`set server … state`).
const (
	Ready = "ready" // takes new sessions
	Up    = "up"    // the same, as a health check found it
	Drain = "drain" // keeps its sessions and takes no new one; weight 0 and NOLB are the same
	Maint = "maint" // all go elsewhere at once, and the checks stop
	Down  = "down"  // all go elsewhere: its checks fail, or its node was stopped
)

// The bits of AdminState (HAProxy's include/haproxy/server-t.h, SRV_ADMF_*, and the Management
// Guide under "show servers state").
const (
	adminForcedMaint    = 0x01 // set server … state maint
	adminInheritedMaint = 0x02 // of the server that this one tracks
	adminConfigMaint    = 0x04 // `disabled` in the configuration; stays set after `state ready`
	adminForcedDrain    = 0x08 // set server … state drain
	adminInheritedDrain = 0x10
	adminResolverMaint  = 0x20 // its name could not be resolved
	adminHostnameMaint  = 0x40

	adminMaint = adminForcedMaint | adminInheritedMaint | adminResolverMaint | adminHostnameMaint
	adminDrain = adminForcedDrain | adminInheritedDrain
)

// OpState is what a server does, whatever was asked of it.
type OpState int

// The operational states.
const (
	OpStopped  OpState = 0
	OpStarting OpState = 1 // under slowstart
	OpRunning  OpState = 2
	OpStopping OpState = 3 // takes only the requests that persistence brings it
)

// ServerState is one row of `show servers state`, the source that tells drain, maint and down apart
// and that knows the weight of the configuration.
type ServerState struct {
	Backend string
	Name    string
	Address string // HOST:PORT
	Op      OpState
	// AdminState holds HAProxy's bits; Drained and Maint read them.
	AdminState int
	// Weight is the weight now, 0 to 256, and InitialWeight that of the configuration.
	Weight, InitialWeight int
	// SinceChange is the time since the last change of Op, in whole seconds.
	SinceChange time.Duration
}

// Drained reports that the server takes no new session while its old ones stay: it is in drain, or
// its weight is 0, which has the same effect and does not show in the status of `show stat`. A
// drained server whose checks fail is Down as well.
func (s ServerState) Drained() bool {
	return !s.Maint() && (s.AdminState&adminDrain != 0 || s.Weight == 0)
}

// Maint reports that the server is in maintenance: checks stop, and its sessions go elsewhere.
func (s ServerState) Maint() bool { return s.AdminState&adminMaint != 0 }

// Down reports that the server serves nobody for another reason than maintenance: failed checks, or
// `set server … health down`.
func (s ServerState) Down() bool { return s.Op == OpStopped && !s.Maint() }

// Admin is the state that was asked for, inherited and configured ones left aside.
func (s ServerState) Admin() string {
	switch {
	case s.AdminState&adminForcedMaint != 0:
		return Maint
	case s.AdminState&adminForcedDrain != 0:
		return Drain
	}
	return Ready
}

// ServersState asks for `show servers state`: the servers of a backend in the order of the
// configuration, or those of all backends where backend is "".
func (c *Client) ServersState(ctx context.Context, backend string) ([]ServerState, error) {
	command := "show servers state"
	if backend != "" {
		if err := c.checkName(command, backend); err != nil {
			return nil, err
		}
		command += " " + backend
	}
	response, err := c.Do(ctx, command)
	if err != nil {
		return nil, err
	}
	states, err := parseServersState(response)
	if err != nil {
		return nil, fmt.Errorf("%s: %q: %w", c, command, err)
	}
	return states, nil
}

// parseServersState reads version 1 of the format: its number, a header after "# ", and rows of
// fields between blanks.
func parseServersState(text string) ([]ServerState, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if lines[0] != "1" {
		return nil, fmt.Errorf("servers state of version %q: 1 is known", lines[0])
	}
	if len(lines) < 2 || !strings.HasPrefix(lines[1], "# ") {
		return nil, errors.New("servers state without a header line")
	}
	header := strings.Fields(lines[1])[1:]
	var states []ServerState
	for i, line := range lines[2:] {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		state, err := newServerState(header, fields)
		if err != nil {
			return nil, fmt.Errorf("servers state, line %d: %w", i+3, err)
		}
		states = append(states, state)
	}
	return states, nil
}

// newServerState types one row.
func newServerState(header, fields []string) (ServerState, error) {
	if len(fields) < len(header) {
		return ServerState{}, fmt.Errorf("%d fields for %d columns", len(fields), len(header))
	}
	row := make(map[string]string, len(header))
	for i, name := range header {
		row[name] = fields[i]
	}
	var failed error
	number := func(column string) int {
		value, err := strconv.Atoi(row[column])
		if err != nil && failed == nil {
			failed = fmt.Errorf("column %s: invalid number %q", column, row[column])
		}
		return value
	}
	state := ServerState{
		Backend:       row["be_name"],
		Name:          row["srv_name"],
		Address:       net.JoinHostPort(row["srv_addr"], row["srv_port"]),
		Op:            OpState(number("srv_op_state")),
		AdminState:    number("srv_admin_state"),
		Weight:        number("srv_uweight"),
		InitialWeight: number("srv_iweight"),
		SinceChange:   time.Duration(number("srv_time_since_last_change")) * time.Second,
	}
	if failed == nil && (state.Backend == "" || state.Name == "") {
		failed = errors.New("no be_name or no srv_name")
	}
	return state, failed
}
