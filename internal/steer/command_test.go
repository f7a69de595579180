package steer

import "testing"

func TestUnderstand(t *testing.T) {
	for _, tc := range []struct {
		command string
		want    setting // its zero value: not understood
	}{
		{"set server nodes/s1 state drain", setting{"nodes", "s1", setState, "drain"}},
		{"  set  server\tnodes/s1 state   ready ", setting{"nodes", "s1", setState, "ready"}},
		{"set server nodes/s1 state maint", setting{"nodes", "s1", setState, "maint"}},
		{"set server nodes/s1 state drain and more", setting{"nodes", "s1", setState, "drain"}},
		{"set server nodes/s1 weight 0", setting{"nodes", "s1", setWeight, "0"}},
		{"set server nodes/s1 weight 50%", setting{"nodes", "s1", setWeight, "50%"}},
		{"set weight nodes/s1 256", setting{"nodes", "s1", setWeight, "256"}},
		{"set server nodes/s1 health stopping", setting{"nodes", "s1", setHealth, "stopping"}},
		{"disable server nodes/s1", setting{"nodes", "s1", setState, "maint"}},
		{"enable server web.app-1/s:1", setting{"web.app-1", "s:1", setState, "ready"}},

		{command: ""},
		{command: "set"},
		{command: "show stat"},
		{command: "set server nodes/s1"},
		{command: "set server nodes/s1 state"},
		{command: "set server nodes/s1 state DRAIN"},
		{command: "SET server nodes/s1 state drain"}, // HAProxy does not take it either
		{command: "set server nodes/s1 weight 257"},
		{command: "set server nodes/s1 weight -1"},
		{command: "set server nodes/s1 weight many"},
		{command: "set server nodes/s1 health up1"},
		{command: "set server nodes/s1 agent down"},
		{command: "set server nodes/s1 addr 127.0.0.1"},
		{command: "set server nodes state drain"},
		{command: "set server nodes/ state drain"},
		{command: "set server #4/#1 state drain"}, // by ids
		{command: "set server nodes/#1 state drain"},
		{command: `set server nodes/s1\ x state drain`},
		{command: "disable health nodes/s1"},
		{command: "disable frontend http"},
	} {
		got, ok := understand(tc.command)
		if want := tc.want != (setting{}); ok != want || ok && got != tc.want {
			t.Errorf("%q: %+v, %v; want %+v", tc.command, got, ok, tc.want)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	f.Add("set server nodes/s1 state drain")
	f.Add("set weight nodes/s1 50%")
	f.Fuzz(func(t *testing.T, command string) {
		got, ok := understand(command)
		if !ok {
			return
		}
		again, ok := understand(got.command())
		if !ok || again != got {
			t.Errorf("%q is %+v, and %q is %+v", command, got, got.command(), again)
		}
		if !changesBalancer(command) || !needsAdmin(command) || target(command) != got.key() {
			t.Errorf("%q: changes %v, needs admin %v, target %q", command, changesBalancer(command), needsAdmin(command), target(command))
		}
	})
}

func TestWeightAfter(t *testing.T) {
	for _, tc := range []struct {
		value         string
		initial, want int // want -1: no weight
	}{
		{"0", 3, 0}, {"256", 3, 256}, {"257", 3, -1}, {"", 3, -1}, {"%", 3, -1}, {"-5", 3, -1}, {"99999999999", 3, -1},
		{"0%", 3, 0}, {"50%", 3, 1}, {"100%", 3, 3}, {"200%", 200, 256}, {"100%", 0, 0},
	} {
		got, ok := weightAfter(tc.value, tc.initial)
		if ok != (tc.want >= 0) || ok && got != tc.want {
			t.Errorf("weightAfter(%q, %d) = %d, %v; want %d", tc.value, tc.initial, got, ok, tc.want)
		}
	}
}

func TestNeedsAdminAndTarget(t *testing.T) {
	for _, tc := range []struct {
		command string
		admin   bool
		target  string
	}{
		{"set server nodes/s1 addr 127.0.0.1", true, "nodes/s1"},
		{"set maxconn server nodes/s1 10", true, "nodes/s1"},
		{"set maxconn global 10", true, ""},
		{"shutdown  sessions server nodes/s1", true, "nodes/s1"},
		{"disable health nodes/s1", true, "nodes/s1"},
		{"disable frontend http", true, ""},
		{"clear counters all", true, ""},
		{"clear counters", false, ""},
		{"set timeout cli 1d", false, ""},
		{"get weight nodes/s1", false, "nodes/s1"},
		{"set server #1/#2 state drain", true, ""},
		{"set server", true, ""},
		{"show info", false, ""},
	} {
		if got := needsAdmin(tc.command); got != tc.admin {
			t.Errorf("%q needs admin: %v", tc.command, got)
		}
		if got := target(tc.command); got != tc.target {
			t.Errorf("%q: target %q, want %q", tc.command, got, tc.target)
		}
	}
	if changesBalancer("show stat") || changesBalancer(" get weight a/b") || !changesBalancer("add map x y z") {
		t.Error("what only asks is not told from what changes")
	}
}
