package haproxy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/nearest"
)

// MaxWeight is the largest weight of a server (HAProxy's Configuration Manual, "weight").
const MaxWeight = 256

// What a Setting sets.
const (
	SetState  = "state"
	SetWeight = "weight"
	SetHealth = "health"
)

// A Setting is what a command does to one server, as far as it is understood:
//
//	set server B/S state ready|drain|maint    disable server B/S    enable server B/S
//	set server B/S weight N[%]                set weight B/S N[%]
//	set server B/S health up|stopping|down
//
// (Management Guide, section 9.3.) Of all else — addresses, agents, ids such as #4/#1 — the effect is
// found by reading the servers afterwards.
type Setting struct {
	Backend, Server string
	What, Value     string // SetState, SetWeight or SetHealth, and a value that HAProxy takes
}

// settingValues are the values that are understood; weights are numbers.
var settingValues = map[string][]string{
	SetState:  {Ready, Drain, Maint},
	SetHealth: {"up", "stopping", "down"},
}

// ParseSetting finds what a Runtime API command sets; ok reports whether it is one of the commands
// above. HAProxy ignores words that follow a whole command, and so does this.
func ParseSetting(command string) (s Setting, ok bool) {
	if strings.ContainsRune(command, '\\') {
		return s, false // an escaped blank would make other words
	}
	words := strings.Fields(command)
	opening := strings.Join(words[:min(2, len(words))], " ")
	switch {
	case opening == "set server" && len(words) >= 5:
		s.What, s.Value = words[3], words[4]
	case opening == "set weight" && len(words) >= 4:
		s.What, s.Value = SetWeight, words[3]
	case opening == "disable server" && len(words) >= 3:
		s.What, s.Value = SetState, Maint
	case opening == "enable server" && len(words) >= 3:
		s.What, s.Value = SetState, Ready
	default:
		return s, false
	}
	s.Backend, s.Server, ok = strings.Cut(words[2], "/")
	if !ok || s.Server == "" || strings.Contains(words[2], "#") {
		return s, false
	}
	if s.What == SetWeight {
		_, ok = WeightAfter(s.Value, 1)
		return s, ok
	}
	return s, slices.Contains(settingValues[s.What], s.Value)
}

// CheckCommand is what is wrong with a Runtime API command, as far as that can be known without sending it:
// what Do would not send, and values that no HAProxy takes; nil if nothing is.
func CheckCommand(command string) error {
	if why := refusal(command); why != "" {
		return errors.New(why)
	}
	words := strings.Fields(command)
	if len(words) < 5 || words[0] != "set" || words[1] != "server" {
		return nil
	}
	what, value := words[3], words[4]
	switch known := settingValues[what]; {
	case known != nil && !slices.Contains(known, value):
		return fmt.Errorf("invalid %s %q: %s", what, value, nearest.Hint(value, known))
	case what == SetWeight:
		if _, ok := WeightAfter(value, 1); !ok {
			return fmt.Errorf("invalid weight %q: want 0 to %d, or a percentage such as 50%%", value, MaxWeight)
		}
	}
	return nil
}

// WeightAfter is the weight that a value sets on a server with that initial weight: an absolute one, or
// a percentage of the initial one, which HAProxy cuts to a whole number and to 256.
func WeightAfter(value string, initial int) (weight int, ok bool) {
	digits, relative := strings.CutSuffix(value, "%")
	n, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil:
		return 0, false
	case relative:
		return min(initial*int(n)/100, MaxWeight), true
	}
	return int(n), n <= MaxWeight
}

// Command is the setting in the Runtime API's words.
func (s Setting) Command() string {
	return "set server " + s.Key() + " " + s.What + " " + s.Value
}

// Key is "backend/server".
func (s Setting) Key() string { return s.Backend + "/" + s.Server }

// Name says what it does, in short: "drain s1", "weight s1 2", "health s1 down".
func (s Setting) Name() string {
	if s.What == SetState {
		return s.Value + " " + s.Server
	}
	return s.What + " " + s.Server + " " + s.Value
}

// Changes reports that a command may change something: all but those that only ask.
func Changes(command string) bool {
	words := strings.Fields(command)
	return len(words) > 0 && !slices.Contains([]string{"show", "get", "help", "quit"}, words[0])
}

// adminCommands are those that are known to need level admin, by their first words.
var adminCommands = []string{
	"set server ", "set weight ", "set maxconn ", "enable ", "disable ", "shutdown ", "clear counters all",
	"add server ", "del server ",
}

// NeedsAdmin reports that a command takes LevelAdmin.
func NeedsAdmin(command string) bool {
	command = strings.Join(strings.Fields(command), " ") + " "
	return slices.ContainsFunc(adminCommands, func(opening string) bool { return strings.HasPrefix(command, opening) })
}

// ServerOf is the "backend/server" that a command names, also one that is not understood; "" if none, or
// if it goes by ids.
func ServerOf(command string) string {
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
