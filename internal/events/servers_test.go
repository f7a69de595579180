package events

import (
	"fmt"
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
		{"running", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1}, haproxy.Ready},
		{"slowstart", haproxy.ServerState{Op: haproxy.OpStarting, Weight: 1}, haproxy.Ready},
		{"weight 0", haproxy.ServerState{Op: haproxy.OpRunning}, haproxy.Drain},
		{"drain", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x08}, haproxy.Drain},
		{"inherited drain", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x10}, haproxy.Drain},
		{"NOLB", haproxy.ServerState{Op: haproxy.OpStopping, Weight: 1}, haproxy.Drain},
		{"down", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1}, haproxy.Down},
		{"down in drain", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x08}, haproxy.Down},
		{"maint", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x01}, haproxy.Maint},
		{"inherited maint", haproxy.ServerState{Op: haproxy.OpStopped, Weight: 1, AdminState: 0x02}, haproxy.Maint},
		{"disabled in the configuration, then ready", haproxy.ServerState{Op: haproxy.OpRunning, Weight: 1, AdminState: 0x04}, haproxy.Ready},
	} {
		if got := newServer(tc.row).state(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestServerSet(t *testing.T) {
	running := server{name: "s1", admin: haproxy.Ready, op: haproxy.OpRunning, weight: 2, initial: 2}
	for _, tc := range []struct {
		name     string
		settings []haproxy.Setting
		want     string
	}{
		{"drain", []haproxy.Setting{{What: haproxy.SetState, Value: "drain"}}, haproxy.Drain},
		{"maint", []haproxy.Setting{{What: haproxy.SetState, Value: "maint"}}, haproxy.Maint},
		{"drain to maint to drain", []haproxy.Setting{{What: haproxy.SetState, Value: "drain"}, {What: haproxy.SetState, Value: "maint"}, {What: haproxy.SetState, Value: "drain"}}, haproxy.Drain},
		{"ready again", []haproxy.Setting{{What: haproxy.SetState, Value: "maint"}, {What: haproxy.SetState, Value: "ready"}}, haproxy.Ready},
		{"down stays down when made ready", []haproxy.Setting{{What: haproxy.SetHealth, Value: "down"}, {What: haproxy.SetState, Value: "ready"}}, haproxy.Down},
		{"down in drain", []haproxy.Setting{{What: haproxy.SetState, Value: "drain"}, {What: haproxy.SetHealth, Value: "down"}}, haproxy.Down},
		{"maint forgets down", []haproxy.Setting{{What: haproxy.SetHealth, Value: "down"}, {What: haproxy.SetState, Value: "maint"}, {What: haproxy.SetState, Value: "ready"}}, haproxy.Ready},
		{"health does nothing in maint", []haproxy.Setting{{What: haproxy.SetState, Value: "maint"}, {What: haproxy.SetHealth, Value: "up"}}, haproxy.Maint},
		{"stopping", []haproxy.Setting{{What: haproxy.SetHealth, Value: "stopping"}}, haproxy.Drain},
		{"weight 0", []haproxy.Setting{{What: haproxy.SetWeight, Value: "0"}}, haproxy.Drain},
		{"weight 0 and back", []haproxy.Setting{{What: haproxy.SetWeight, Value: "0"}, {What: haproxy.SetWeight, Value: "100%"}}, haproxy.Ready},
		{"ready with weight 0", []haproxy.Setting{{What: haproxy.SetWeight, Value: "0"}, {What: haproxy.SetState, Value: "ready"}}, haproxy.Drain},
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

// A backend may have templates of thousands of servers, and is read twice a second.
func TestManyServers(t *testing.T) {
	took := func(servers int) (least time.Duration) {
		var states []haproxy.ServerState
		for i := range servers {
			states = append(states, haproxy.ServerState{Name: fmt.Sprint("s", i), Op: haproxy.OpRunning, Weight: 1})
		}
		r := &run{Driver: &Driver{servers: newServers(states)}}
		for range 2 {
			began := time.Now()
			if changed := r.compare(states, nil, time.Second); changed != nil {
				t.Fatalf("%d of %d changed", len(changed), servers)
			}
			if d := time.Since(began); least == 0 || d < least {
				least = d
			}
		}
		return least
	}
	if few, many := took(1000), took(60_000); many > 1000*few { // thousands of times if each is looked for among all
		t.Errorf("1000 servers take %v, 60 times as many %v", few, many)
	}
}

// A server under slowstart takes users, and is up when its weight is whole.
func TestSeenUnderSlowstart(t *testing.T) {
	up := haproxy.Row{Status: "UP"}
	down := server{admin: haproxy.Ready, op: haproxy.OpStopped, weight: 1}
	starting, running := down, down
	starting.op, running.op = haproxy.OpStarting, haproxy.OpRunning
	if text, state, _ := down.seen(&starting, up); state != haproxy.Up || text != "UP" || !starting.unconfirmed {
		t.Errorf("starting: %q, %s, %+v", text, state, starting)
	}
	if _, state, _ := starting.seen(&running, up); state != haproxy.Up || running.unconfirmed {
		t.Errorf("running: %s, %+v", state, running)
	}
	again := running
	again.unconfirmed = false
	if text, state, _ := running.seen(&again, haproxy.Row{Status: "UP 2/3"}); text != "" || state != "" {
		t.Errorf("a failed check: %q, %s", text, state)
	}
}
