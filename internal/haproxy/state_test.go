package haproxy

import (
	"slices"
	"strings"
	"testing"
)

// The input was taken from HAProxy 2.6.12: s3 drained and then failing its checks, s5 in maint.
func TestParseServersState(t *testing.T) {
	states, err := parseServersState(readFile(t, "servers-state-2.6.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := []ServerState{
		{Backend: "nodes", Name: "s1", Address: "127.0.0.1:24000", Op: OpRunning, Weight: 2, InitialWeight: 3},
		{Backend: "nodes", Name: "s2", Address: "127.0.0.1:24001", Weight: 1, InitialWeight: 1},
		{Backend: "nodes", Name: "s3", Address: "127.0.0.1:24002", AdminState: adminForcedDrain, Weight: 1, InitialWeight: 1},
		{Backend: "nodes", Name: "s4", Address: "127.0.0.1:24003", Weight: 1, InitialWeight: 1},
		{Backend: "nodes", Name: "s5", Address: "127.0.0.1:24005", AdminState: adminForcedMaint, Weight: 1, InitialWeight: 1},
	}
	for i := range states {
		states[i].SinceChange = 0
	}
	if !slices.Equal(states, want) {
		t.Errorf("got %+v, want %+v", states, want)
	}
}

func TestAdminBits(t *testing.T) {
	for _, tc := range []struct {
		name                 string
		state                ServerState
		admin                string
		drained, maint, down bool
	}{
		{"running", ServerState{Op: OpRunning, Weight: 1}, Ready, false, false, false},
		{"forced maint", ServerState{AdminState: 1, Weight: 1}, Maint, false, true, false},
		{"tracks one in maint", ServerState{AdminState: 2, Weight: 1}, Ready, false, true, false},
		// `disabled` in the configuration sets 5; `state ready` leaves 4, and the server runs.
		{"disabled", ServerState{AdminState: 5, Weight: 1}, Maint, false, true, false},
		{"once disabled", ServerState{Op: OpRunning, AdminState: 4, Weight: 1}, Ready, false, false, false},
		{"name not resolved", ServerState{AdminState: 0x20, Weight: 1}, Ready, false, true, false},
		{"drain", ServerState{Op: OpRunning, AdminState: 8, Weight: 1}, Drain, true, false, false},
		{"tracks one in drain", ServerState{Op: OpRunning, AdminState: 0x10, Weight: 1}, Ready, true, false, false},
		// The status is UP then, and only the weight tells.
		{"weight 0", ServerState{Op: OpRunning, Weight: 0}, Ready, true, false, false},
		{"weight 0 in maint", ServerState{AdminState: 1, Weight: 0}, Maint, false, true, false},
		{"failed checks", ServerState{Op: OpStopped, Weight: 1}, Ready, false, false, true},
		{"failed checks in drain", ServerState{Op: OpStopped, AdminState: 8, Weight: 1}, Drain, true, false, true},
		{"slowstart", ServerState{Op: OpStarting, Weight: 1}, Ready, false, false, false},
	} {
		s := tc.state
		if s.Admin() != tc.admin || s.Drained() != tc.drained || s.Maint() != tc.maint || s.Down() != tc.down {
			t.Errorf("%s: admin %s, drained %t, maint %t, down %t", tc.name, s.Admin(), s.Drained(), s.Maint(), s.Down())
		}
	}
}

func TestParseServersStateProblems(t *testing.T) {
	const header = "1\n# be_name srv_name srv_addr srv_port srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_result\n"
	for _, tc := range []struct{ text, problem string }{
		{"", "version"},
		{"2\n# x\n", `version "2"`},
		{"1\n", "without a header"},
		{"1\nbe_id be_name\n", "without a header"},
		{header + "nodes s1\n", "line 3: 2 fields for 10 columns"},
		{header + "nodes s1 - 80 2 0 1 1 1 0\nnodes s2 - 80 up 0 1 1 1 0\n", `line 4: column srv_op_state: invalid number "up"`},
		{"1\n# be_name\nnodes\n", "line 3: column srv_op_state"},
	} {
		if _, err := parseServersState(tc.text); err == nil || !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%q: error %v, want one with %q", tc.text, err, tc.problem)
		}
	}
	if states, err := parseServersState(header); err != nil || len(states) != 0 {
		t.Errorf("a backend without servers: %v, error %v", states, err)
	}
}
