package steer

import (
	"slices"
	"strconv"
	"strings"
)

// maxWeight is the largest weight of a server (HAProxy's Configuration Manual, "weight").
const maxWeight = 256

// What a setting sets.
const (
	setState  = "state"
	setWeight = "weight"
	setHealth = "health"
)

// A setting is what a command does to one server, as far as it is understood:
//
//	set server B/S state ready|drain|maint    disable server B/S    enable server B/S
//	set server B/S weight N[%]                set weight B/S N[%]
//	set server B/S health up|stopping|down
//
// (Management Guide, section 9.3.) Of all else — addresses, agents, ids such as #4/#1 — the effect is
// found by looking at the servers afterwards.
type setting struct {
	backend, server string
	what, value     string // setState, setWeight or setHealth, and a value that HAProxy takes
}

// settingValues are the values that are understood; weights are numbers.
var settingValues = map[string][]string{
	setState:  {StateReady, StateDrain, StateMaint},
	setHealth: {"up", "stopping", "down"},
}

// understand finds what a Runtime API command sets. HAProxy ignores words that follow a whole command,
// and so does this.
func understand(command string) (s setting, ok bool) {
	if strings.ContainsRune(command, '\\') {
		return s, false // an escaped blank would make other words
	}
	words := strings.Fields(command)
	opening := strings.Join(words[:min(2, len(words))], " ")
	switch {
	case opening == "set server" && len(words) >= 5:
		s.what, s.value = words[3], words[4]
	case opening == "set weight" && len(words) >= 4:
		s.what, s.value = setWeight, words[3]
	case opening == "disable server" && len(words) >= 3:
		s.what, s.value = setState, StateMaint
	case opening == "enable server" && len(words) >= 3:
		s.what, s.value = setState, StateReady
	default:
		return s, false
	}
	s.backend, s.server, ok = strings.Cut(words[2], "/")
	if !ok || s.server == "" || strings.Contains(words[2], "#") {
		return s, false
	}
	if s.what == setWeight {
		_, ok = weightAfter(s.value, 1)
		return s, ok
	}
	return s, slices.Contains(settingValues[s.what], s.value)
}

// weightAfter is the weight that a value sets on a server with that initial weight: an absolute one, or
// a percentage of the initial one, which HAProxy cuts to a whole number and to 256.
func weightAfter(value string, initial int) (weight int, ok bool) {
	digits, relative := strings.CutSuffix(value, "%")
	n, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil:
		return 0, false
	case relative:
		return min(initial*int(n)/100, maxWeight), true
	}
	return int(n), n <= maxWeight
}

// command is the setting in the Runtime API's words.
func (s setting) command() string {
	return "set server " + s.key() + " " + s.what + " " + s.value
}

// key is "backend/server".
func (s setting) key() string { return s.backend + "/" + s.server }

// name says what it does, in short: "drain s1", "weight s1 2", "health s1 down".
func (s setting) name() string {
	if s.what == setState {
		return s.value + " " + s.server
	}
	return s.what + " " + s.server + " " + s.value
}

// changesBalancer reports that a command may change something: all but those that only ask.
func changesBalancer(command string) bool {
	words := strings.Fields(command)
	return len(words) > 0 && !slices.Contains([]string{"show", "get", "help", "quit"}, words[0])
}

// adminCommands are those that are known to need level admin, by their first words.
var adminCommands = []string{
	"set server ", "set weight ", "set maxconn ", "enable ", "disable ", "shutdown ", "clear counters all",
	"add server ", "del server ",
}

func needsAdmin(command string) bool {
	command = strings.Join(strings.Fields(command), " ") + " "
	return slices.ContainsFunc(adminCommands, func(opening string) bool { return strings.HasPrefix(command, opening) })
}

// target is the "backend/server" that a command names, also one that is not understood; "" if none, or
// if it goes by ids.
func target(command string) string {
	words := strings.Fields(command)
	for i := 2; i < min(4, len(words)); i++ {
		switch strings.Join(words[:i], " ") {
		case "set server", "set weight", "set maxconn server", "shutdown sessions server", "get weight",
			"enable server", "disable server", "enable health", "disable health", "enable agent", "disable agent":
			if strings.Contains(words[i], "/") && !strings.ContainsAny(words[i], `#\`) {
				return words[i]
			}
		}
	}
	return ""
}
