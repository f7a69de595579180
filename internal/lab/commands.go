package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/haproxy"
)

// embeddedVersion is what the embedded balancer calls itself: the HAProxy that it was measured
// against.
const embeddedVersion = "2.6-stickbench"

// A command of the Runtime API: its words, what `help` says of it, and what it does with the words
// after them. It responds in HAProxy's words, up to and with the empty line.
type command struct {
	words string
	usage string
	help  string
	run   func(b *backend, args []string) string
}

// commands are those that the embedded balancer knows. (A variable set by init, because help lists
// them.)
var commands []command

func init() {
	commands = []command{
		{"clear counters", "[all]", "clear max statistics counters (or all counters)", (*backend).clearCounters},
		{"disable server", "(DEPRECATED)", "disable a server for maintenance (use 'set server' instead)", adminCommand(maint)},
		{"enable server", "(DEPRECATED)", "enable a disabled server (use 'set server' instead)", adminCommand(ready)},
		{"get weight", "<bk>/<srv>", "report a server's current weight", (*backend).getWeight},
		{"set server", "<bk>/<srv> [opts]", "change a server's state, weight, address or ssl", (*backend).setServer},
		{"set weight", "<bk>/<srv>  (DEPRECATED)", "change a server's weight (use 'set server' instead)", (*backend).setWeightCommand},
		{"show backend", "", "list backends in the current running config", (*backend).showBackend},
		{"show cli level", "", "display the level of the current CLI session", (*backend).showLevel},
		{"show info", "", "report information about the running process", (*backend).showInfo},
		{"show servers state", "[<backend>]", "dump volatile server information (all or for a single backend)", (*backend).showServersState},
		{"show stat", "[{<iid>|<proxy>} <type> <sid>]", "report counters for each proxy and server", (*backend).showStat},
		{"show version", "", "show version of the current process", (*backend).showVersion},
		{"shutdown sessions server", "<bk>/<srv>", "kill sessions on a server", (*backend).shutdownSessions},
		{"help", "[<command>]", "list matching or all commands", func(*backend, []string) string { return "The following commands are valid at this level:\n" + help() }},
		{"quit", "", "disconnect", func(*backend, []string) string { return "" }},
	}
}

// run does one command and gives its response.
func (b *backend) run(words []string) string {
	for _, c := range commands {
		own := strings.Fields(c.words)
		if len(words) >= len(own) && strings.Join(words[:len(own)], " ") == c.words {
			return c.run(b, words[len(own):])
		}
	}
	return "Unknown command. Please enter one of the following commands only:\n" + help()
}

// Refusal is what the embedded balancer of c, which is valid, has against a Runtime API command; "" for nothing, and
// where c is HAProxy with an algorithm that is not known here.
func (c *Config) Refusal(command string) string {
	if newAlgorithm(c.Algorithm) == nil {
		return ""
	}
	nodes := make([]runningNode, len(c.Nodes))
	for i := range nodes {
		nodes[i].Node = c.Nodes[i]
	}
	return haproxy.Objection(command, newBackend(c.Algorithm, nodes, time.Now()).run(strings.Fields(command)))
}

func help() string {
	var text strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&text, "  %-40s: %s\n", strings.TrimSpace(c.words+" "+c.usage), c.help)
	}
	text.WriteByte('\n')
	return text.String()
}

const done = "\n" // the response of a command that has nothing to say

// target finds the server of the first argument, BACKEND/SERVER, each by its name or #number. The
// response is not "" if there is none.
func (b *backend) target(args []string) (s *server, response string) {
	if len(args) == 0 {
		return nil, "Require 'backend/server'.\n\n"
	}
	proxy, name, ok := strings.Cut(args[0], "/")
	if !ok {
		return nil, "Require 'backend/server'.\n\n"
	}
	if proxy != backendName && proxy != "#"+strconv.Itoa(backendID) {
		return nil, "No such backend.\n\n"
	}
	// Tags and numbers of servers never change: no lock is needed.
	for _, s := range b.servers {
		if name == s.tag || name == "#"+strconv.Itoa(s.id) {
			return s, ""
		}
	}
	return nil, "No such server.\n\n"
}

// word is args[i], "" if there are not so many.
func word(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// setServer is `set server B/S state|health|weight VALUE`.
func (b *backend) setServer(args []string) string {
	s, response := b.target(args)
	if s == nil {
		return response
	}
	value := word(args, 2)
	switch word(args, 1) {
	case "state":
		state, ok := adminStates[value]
		if !ok {
			return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"
		}
		b.change(s.tag, func(s *server, now time.Time) { s.setAdmin(state, now) })
		return done
	case "health":
		if value != "up" && value != "stopping" && value != "down" {
			return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n\n"
		}
		b.change(s.tag, func(s *server, now time.Time) { s.setHealth(value, now) })
		return done
	case "weight":
		return b.setWeight(s, value)
	}
	return "usage: set server <backend>/<server> health | state | weight\n\n"
}

func (b *backend) setWeightCommand(args []string) string {
	s, response := b.target(args)
	if s == nil {
		return response
	}
	return b.setWeight(s, word(args, 1))
}

// setWeight sets a weight, or a percentage of the configured one.
func (b *backend) setWeight(s *server, value string) string {
	digits, relative := strings.CutSuffix(value, "%")
	n, err := strconv.Atoi(digits)
	switch {
	case value == "":
		return "Require <weight> or <weight%>.\n\n"
	case err != nil && leadingNumber(digits):
		return "Trailing garbage in weight string\n"
	case err != nil:
		return "Empty weight string empty or preceded by garbage\n"
	case relative && n < 0:
		return "Relative weight must be positive.\n\n"
	case relative:
		n = min(s.initial*min(n, 100*haproxy.MaxWeight)/100, haproxy.MaxWeight) // bounded first: the product must not overflow
	case n < 0 || n > haproxy.MaxWeight:
		return "Absolute weight can only be between 0 and 256 inclusive.\n\n"
	}
	if staticWeights(b.algorithm) && n != 0 && n != s.initial {
		return "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n"
	}
	b.change(s.tag, func(s *server, _ time.Time) { s.weight = n })
	return done
}

// leadingNumber reports whether s begins with a number that is followed by something else.
func leadingNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

func (b *backend) getWeight(args []string) string {
	s, response := b.target(args)
	if s == nil {
		return response
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%d (initial %d)\n\n", s.weight, s.initial)
}

// adminCommand is `enable server` or `disable server`.
func adminCommand(state adminState) func(*backend, []string) string {
	return func(b *backend, args []string) string {
		s, response := b.target(args)
		if s == nil {
			return response
		}
		b.change(s.tag, func(s *server, now time.Time) { s.setAdmin(state, now) })
		return done
	}
}

func (b *backend) shutdownSessions(args []string) string {
	s, response := b.target(args)
	if s == nil {
		return response
	}
	s.hop.shutdown()
	return done
}

func (b *backend) clearCounters(args []string) string {
	b.clear(word(args, 0) == "all")
	return done
}

func (b *backend) showBackend([]string) string { return "# name\n" + backendName + "\n\n" }

func (b *backend) showLevel([]string) string { return "admin\n\n" }

func (b *backend) showVersion([]string) string { return embeddedVersion + "\n\n" }

// showInfo gives the lines of HAProxy's that mean something here.
func (b *backend) showInfo([]string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	uptime := time.Since(b.started)
	return fmt.Sprintf("Name: HAProxy\nVersion: %s\nUptime: %s\nUptime_sec: %d\nCurrConns: %d\nCumConns: %d\nCumReq: %d\n\n",
		embeddedVersion, uptime.Truncate(time.Second), int(uptime.Seconds()), b.n.connsNow, b.n.conns, b.n.requests)
}
