package lab

import (
	"encoding/csv"
	"net/netip"
	"strings"
	"testing"
	"time"

	"stickbench/internal/haproxy"
)

// The responses of HAProxy 2.6.12 to the same commands, one after the other.
func TestCommands(t *testing.T) {
	b := backendOf("roundrobin", 1, 3)
	for _, test := range []struct{ command, response string }{
		{"set server nodes/A state", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"},
		{"set server nodes/A state gone", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"},
		{"set server nodes/Z state ready", "No such server.\n\n"},
		{"set server web/A state ready", "No such backend.\n\n"},
		{"set server nodes state ready", "Require 'backend/server'.\n\n"},
		{"set server", "Require 'backend/server'.\n\n"},
		{"set server nodes/A state drain", "\n"},
		{"set server nodes/A state ready", "\n"},
		{"set server nodes/A health sick", "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n\n"},
		{"set server nodes/A health up", "\n"},
		{"set server nodes/A weight", "Require <weight> or <weight%>.\n\n"},
		{"set server nodes/A weight x", "Empty weight string empty or preceded by garbage\n"},
		{"set server nodes/A weight 1x", "Trailing garbage in weight string\n"},
		{"set server nodes/A weight 1%x", "Trailing garbage in weight string\n"},
		{"set server nodes/A weight 257", "Absolute weight can only be between 0 and 256 inclusive.\n\n"},
		{"set server nodes/A weight -1", "Absolute weight can only be between 0 and 256 inclusive.\n\n"},
		{"set server nodes/A weight -5%", "Relative weight must be positive.\n\n"},
		{"set server nodes/A weight 50%", "\n"},
		{"get weight nodes/A", "0 (initial 1)\n\n"},
		{"set weight nodes/B 300%", "\n"},
		{"get weight #3/#2", "9 (initial 3)\n\n"},
		{"set weight nodes/B 30000%", "\n"},
		{"get weight nodes/B", "256 (initial 3)\n\n"},
		{"set weight nodes/B", "Require <weight> or <weight%>.\n\n"},
		{"get weight nodes/Z", "No such server.\n\n"},
		{"get weight", "Require 'backend/server'.\n\n"},
		{"disable server nodes/A", "\n"},
		{"enable server nodes/A", "\n"},
		{"enable server nodes/Z", "No such server.\n\n"},
		{"shutdown sessions server nodes/A", "\n"},
		{"shutdown sessions server", "Require 'backend/server'.\n\n"},
		{"show servers state web", "Can't find backend.\n\n"},
		{"show stat web -1 -1", "No such proxy.\n\n"},
		{"show backend", "# name\nnodes\n\n"},
		{"show cli level", "admin\n\n"},
		{"show version", "2.6-stickbench\n\n"},
		{"clear counters", "\n"},
		{"clear counters all", "\n"},
	} {
		if response := b.run(strings.Fields(test.command)); response != test.response {
			t.Errorf("%s\ngot  %q\nwant %q", test.command, response, test.response)
		}
	}
	for _, unknown := range []string{"", "foo", "set", "show", "GET WEIGHT nodes/A"} {
		if response := b.run(strings.Fields(unknown)); !strings.HasPrefix(response, "Unknown command") || !strings.HasSuffix(response, "\n\n") {
			t.Errorf("%s: %q", unknown, response)
		}
	}
}

// A static algorithm cannot take a weight in: HAProxy says so instead of being wrong in silence.
func TestWeightsOfStaticAlgorithms(t *testing.T) {
	for _, name := range []string{"static-rr", "source"} {
		b := backendOf(name, 3, 1)
		for _, test := range []struct{ weight, response string }{
			{"2", "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n"},
			{"50%", "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n"},
			{"0%", "\n"}, {"100%", "\n"}, {"0", "\n"}, {"3", "\n"},
		} {
			if response := b.run([]string{"set", "weight", "nodes/A", test.weight}); response != test.response {
				t.Errorf("%s %s: %q", name, test.weight, response)
			}
		}
	}
}

// statOf is `show stat` by svname and column.
func statOf(t *testing.T, b *backend, args ...string) map[string]map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.showStat(args), "# "))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]map[string]string)
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows[row["svname"]] = row
	}
	return rows
}

func TestShowStat(t *testing.T) {
	b := backendOf("roundrobin", 2, 1)
	b.cookieName = "SERVERID"
	for i := range 5 {
		wanted := ""
		if i >= 3 {
			wanted = "A"
		}
		s, _ := b.assign(wanted, netip.Addr{})
		b.release(s, outcome{status: 200, fromNode: true, reused: i > 1, bin: 10, bout: 100, response: 4 * time.Millisecond})
	}
	act(b.servers[1], "state maint", time.Now())
	b.settle(time.Now())
	rows := statOf(t, b)
	for _, test := range []struct{ row, column, want string }{
		{"FRONTEND", "status", "OPEN"}, {"FRONTEND", "req_tot", "5"}, {"FRONTEND", "hrsp_2xx", "5"}, {"FRONTEND", "type", "0"},
		{"A", "stot", "4"}, {"A", "lbtot", "2"}, {"A", "hrsp_2xx", "4"}, {"A", "status", "UP"}, {"A", "weight", "2"},
		{"A", "bin", "40"}, {"A", "bout", "400"}, {"A", "cookie", "A"}, {"A", "addr", "127.0.0.1:1"}, {"A", "rtime", "4"},
		{"A", "scur", "0"}, {"A", "smax", "1"}, {"A", "wretr", "0"}, {"A", "type", "2"}, {"A", "uweight", "2"},
		{"B", "stot", "1"}, {"B", "lbtot", "1"}, {"B", "status", "MAINT"}, {"B", "chkdown", "1"}, {"B", "check_status", ""},
		{"BACKEND", "stot", "5"}, {"BACKEND", "lbtot", "3"}, {"BACKEND", "status", "UP"}, {"BACKEND", "weight", "2"},
		{"BACKEND", "act", "1"}, {"BACKEND", "algo", "roundrobin"}, {"BACKEND", "cookie", "SERVERID"}, {"BACKEND", "type", "1"},
	} {
		if got := rows[test.row][test.column]; got != test.want {
			t.Errorf("%s %s is %q, want %q", test.row, test.column, got, test.want)
		}
	}
	b.run([]string{"clear", "counters", "all"})
	if row := statOf(t, b)["A"]; row["stot"] != "0" || row["lbtot"] != "0" || row["status"] != "UP" || row["lastsess"] != "-1" {
		t.Errorf("after clear counters all: %v", row)
	}
}

func TestShowStatOfSome(t *testing.T) {
	b := backendOf("roundrobin", 1, 1)
	for _, test := range []struct{ args, rows string }{
		{"", "FRONTEND A B BACKEND"},
		{"nodes", "FRONTEND A B BACKEND"}, // HAProxy wants all three arguments, or takes none
		{"nodes -1 -1", "A B BACKEND"},
		{"nodes 4 -1", "A B"},
		{"3 6 -1", "A B BACKEND"},
		{"-1 4 2", "B"},
		{"http -1 -1", "FRONTEND"},
		{"99 -1 -1", ""},
	} {
		rows := statOf(t, b, strings.Fields(test.args)...)
		var names []string
		for _, name := range []string{"FRONTEND", "A", "B", "BACKEND"} {
			if rows[name] != nil {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != test.rows {
			t.Errorf("show stat %s: %s, want %s", test.args, got, test.rows)
		}
	}
	if len(statColumns) != 100 || statColumns[94] != "eint" || statColumns[99] != "uweight" || statColumns[17] != "status" {
		t.Errorf("%d columns, not in HAProxy's order", len(statColumns))
	}
}

func TestShowServersState(t *testing.T) {
	b := backendOf("roundrobin", 2, 1, 1, 1)
	now := time.Now()
	act(b.servers[0], "check ok", now)
	act(b.servers[1], "state maint", now)
	act(b.servers[2], "state drain", now)
	act(b.servers[3], "health stopping", now)
	lines := strings.Split(b.run([]string{"show", "servers", "state", "nodes"}), "\n")
	for i, want := range []string{
		"3 nodes 1 A 127.0.0.1 2 0 2 2 0 15 3 4 6 0 0 0 - 1 - 0 0 - - 0",
		"3 nodes 2 B 127.0.0.1 0 1 1 1 0 1 0 0 14 0 0 0 - 2 - 0 0 - - 0",
		"3 nodes 3 C 127.0.0.1 2 8 1 1 0 1 0 4 6 0 0 0 - 3 - 0 0 - - 0",
		"3 nodes 4 D 127.0.0.1 3 0 1 1 0 1 0 4 6 0 0 0 - 4 - 0 0 - - 0",
	} {
		if lines[i+2] != want {
			t.Errorf("got  %s\nwant %s", lines[i+2], want)
		}
	}
	if lines[0] != "1" || len(lines) != 8 || lines[6] != "" {
		t.Errorf("%q", lines)
	}
}

func TestShowInfo(t *testing.T) {
	response := backendOf("roundrobin", 1).run([]string{"show", "info"})
	if !strings.HasPrefix(response, "Name: HAProxy\nVersion: 2.6-stickbench\n") || !strings.HasSuffix(response, "CumReq: 0\n\n") {
		t.Errorf("%q", response)
	}
}

func TestSplitCommands(t *testing.T) {
	for line, want := range map[string]string{
		"show info\n":                    "show info",
		"get weight a/b; show info\r\n":  "get weight a/b| show info",
		`set server a/b state x\;y;show`: "set server a/b state x;y|show",
		`a\\b\c;`:                        `a\b\c|`,
	} {
		if got := strings.Join(splitCommands(line), "|"); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// Any line may come to the balancer's Runtime API: it responds, and what it keeps stays possible.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{
		"set server nodes/A state drain; show stat", "set weight nodes/B 5000000000000000000%", "set server nodes/#1 weight -1%",
		"show stat nodes 4 -1", "show stat #2 99999999999 x", "get weight nodes/A;;quit;help", `set server nodes\/A weight 1\;2`, "clear counters all",
		"set server nodes/A health stopping; shutdown sessions server nodes/A; show servers state",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, algorithm := range []string{"roundrobin", "static-rr", "random"} {
			b := backendOf(algorithm, 1, 3)
			for _, command := range splitCommands(line) {
				words := strings.Fields(command)
				if response := b.run(words); !strings.HasSuffix(response, "\n") && !(len(words) > 0 && words[0] == "quit") {
					t.Errorf("%q: %q", command, response)
				}
			}
			for _, s := range b.servers {
				if s.weight < 0 || s.weight > haproxy.MaxWeight || s.health < 0 || s.health > full {
					t.Errorf("%q: weight %d, health %d", line, s.weight, s.health)
				}
			}
			b.assign("", netip.Addr{})
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.run([]string{"show", "stat"}), "# "))).ReadAll()
			if err != nil || len(rows) != 5 {
				t.Errorf("%q: %d rows, %v", line, len(rows), err)
			}
		}
	})
}
