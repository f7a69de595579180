package steer

import (
	"testing"
	"time"

	"stickbench/internal/haproxy"
)

func TestServerState(t *testing.T) {
	for _, tc := range []struct {
		name string
		row  haproxy.ServerState
		want string
	}{
		{"running", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1}, StateReady},
		{"slowstart", haproxy.ServerState{Op: haproxy.OpStarting, Weight: 1}, StateReady},
		{"weight 0", haproxy.ServerState{Op: haproxy.OpRunning}, StateDrain},
		{"drain", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x08}, StateDrain},
		{"inherited drain", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x10}, StateDrain},
		{"NOLB", haproxy.ServerState{Op: haproxy.OpStopping, Weight: 1}, StateDrain},
		{"down", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1}, StateDown},
		{"down in drain", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x08}, StateDown},
		{"maint", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x01}, StateMaint},
		{"inherited maint", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x02}, StateMaint},
		{"disabled in the configuration, then ready", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x04}, StateReady},
	} {
		if got := newServer(tc.row).state(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestServerSet(t *testing.T) {
	running := server{name: "s1", admin: StateReady, op: haproxy.OpRunning, weight: 2, initial: 2}
	for _, tc := range []struct {
		name     string
		settings []setting
		want     string
	}{
		{"drain", []setting{{what: setState, value: "drain"}}, StateDrain},
		{"maint", []setting{{what: setState, value: "maint"}}, StateMaint},
		{"drain to maint to drain", []setting{{what: setState, value: "drain"}, {what: setState, value: "maint"}, {what: setState, value: "drain"}}, StateDrain},
		{"ready again", []setting{{what: setState, value: "maint"}, {what: setState, value: "ready"}}, StateReady},
		{"down stays down when made ready", []setting{{what: setHealth, value: "down"}, {what: setState, value: "ready"}}, StateDown},
		{"down in drain", []setting{{what: setState, value: "drain"}, {what: setHealth, value: "down"}}, StateDown},
		{"maint forgets down", []setting{{what: setHealth, value: "down"}, {what: setState, value: "maint"}, {what: setState, value: "ready"}}, StateReady},
		{"health does nothing in maint", []setting{{what: setState, value: "maint"}, {what: setHealth, value: "up"}}, StateMaint},
		{"stopping", []setting{{what: setHealth, value: "stopping"}}, StateDrain},
		{"weight 0", []setting{{what: setWeight, value: "0"}}, StateDrain},
		{"weight 0 and back", []setting{{what: setWeight, value: "0"}, {what: setWeight, value: "100%"}}, StateReady},
		{"ready with weight 0", []setting{{what: setWeight, value: "0"}, {what: setState, value: "ready"}}, StateDrain},
	} {
		s := running
		for _, to := range tc.settings {
			s.set(to)
		}
		if got := s.state(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// HAProxy tells the age of a change in whole seconds, by subtracting whole seconds.
func TestBetween(t *testing.T) {
	const s = time.Second
	for _, tc := range []struct {
		name             string
		seen, since      time.Duration
		before, now      haproxy.OpState
		earliest, latest time.Duration
	}{
		{"half a second", 9500 * time.Millisecond, 0, haproxy.OpRunning, haproxy.OpStopped, 9500 * time.Millisecond, 10 * s},
		{"the second began in between", 9500 * time.Millisecond, s, haproxy.OpRunning, haproxy.OpStopped, 9500 * time.Millisecond, 10 * s},
		{"after a gap", 2 * s, 3 * s, haproxy.OpRunning, haproxy.OpStopped, 6 * s, 8 * s},
		{"older than what was seen cannot be", 9 * s, 7 * s, haproxy.OpRunning, haproxy.OpStopped, 9 * s, 9 * s},
		{"no change of the operational state", 2 * s, 3 * s, haproxy.OpRunning, haproxy.OpRunning, 2 * s, 10 * s},
	} {
		r := &run{seen: tc.seen}
		earliest, latest := r.between(haproxy.ServerState{Op: tc.now, SinceChange: tc.since}, &server{op: tc.before}, 10*s)
		if earliest != tc.earliest || latest != tc.latest {
			t.Errorf("%s: %s to %s, want %s to %s", tc.name, earliest, latest, tc.earliest, tc.latest)
		}
	}
}

// A server under slowstart takes users, and is up when its weight is whole.
func TestSeenUnderSlowstart(t *testing.T) {
	up := haproxy.Row{Status: "UP"}
	down := server{admin: StateReady, op: haproxy.OpStopped, weight: 1}
	starting, running := down, down
	starting.op, running.op = haproxy.OpStarting, haproxy.OpRunning
	if text, state, _ := down.seen(&starting, up); state != StateUp || text != "UP" || !starting.unconfirmed {
		t.Errorf("starting: %q, %s, %+v", text, state, starting)
	}
	if _, state, _ := starting.seen(&running, up); state != StateUp || running.unconfirmed {
		t.Errorf("running: %s, %+v", state, running)
	}
	again := running
	again.unconfirmed = false
	if text, state, _ := running.seen(&again, haproxy.Row{Status: "UP 2/3"}); text != "" || state != "" {
		t.Errorf("a failed check: %q, %s", text, state)
	}
}
