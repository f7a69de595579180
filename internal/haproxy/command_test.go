package haproxy

import "testing"

func TestParseSetting(t *testing.T) {
	for _, tc := range []struct {
		command string
		want    Setting // its zero value: not understood
	}{
		{"set server nodes/s1 state drain", Setting{"nodes", "s1", SetState, "drain"}},
		{"  set  server\tnodes/s1 state   ready ", Setting{"nodes", "s1", SetState, "ready"}},
		{"set server nodes/s1 state maint", Setting{"nodes", "s1", SetState, "maint"}},
		{"set server nodes/s1 state drain and more", Setting{"nodes", "s1", SetState, "drain"}},
		{"set server nodes/s1 weight 0", Setting{"nodes", "s1", SetWeight, "0"}},
		{"set server nodes/s1 weight 50%", Setting{"nodes", "s1", SetWeight, "50%"}},
		{"set weight nodes/s1 256", Setting{"nodes", "s1", SetWeight, "256"}},
		{"set server nodes/s1 health stopping", Setting{"nodes", "s1", SetHealth, "stopping"}},
		{"disable server nodes/s1", Setting{"nodes", "s1", SetState, "maint"}},
		{"enable server web.app-1/s:1", Setting{"web.app-1", "s:1", SetState, "ready"}},

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
		got, ok := ParseSetting(tc.command)
		if want := tc.want != (Setting{}); ok != want || ok && got != tc.want {
			t.Errorf("%q: %+v, %v; want %+v", tc.command, got, ok, tc.want)
		}
	}
}

func FuzzParseSetting(f *testing.F) {
	f.Add("set server nodes/s1 state drain")
	f.Add("set weight nodes/s1 50%")
	f.Fuzz(func(t *testing.T, command string) {
		got, ok := ParseSetting(command)
		if !ok {
			return
		}
		again, ok := ParseSetting(got.Command())
		if !ok || again != got {
			t.Errorf("%q is %+v, and %q is %+v", command, got, got.Command(), again)
		}
		if !Changes(command) || !NeedsAdmin(command) || ServerOf(command) != got.Key() {
			t.Errorf("%q: changes %v, needs admin %v, target %q", command, Changes(command), NeedsAdmin(command), ServerOf(command))
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
		got, ok := WeightAfter(tc.value, tc.initial)
		if ok != (tc.want >= 0) || ok && got != tc.want {
			t.Errorf("WeightAfter(%q, %d) = %d, %v; want %d", tc.value, tc.initial, got, ok, tc.want)
		}
	}
}

func TestNeedsAdminAndServerOf(t *testing.T) {
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
		if got := NeedsAdmin(tc.command); got != tc.admin {
			t.Errorf("%q needs admin: %v", tc.command, got)
		}
		if got := ServerOf(tc.command); got != tc.target {
			t.Errorf("%q: target %q, want %q", tc.command, got, tc.target)
		}
	}
	if Changes("show stat") || Changes(" get weight a/b") || !Changes("add map x y z") {
		t.Error("what only asks is not told from what changes")
	}
}
