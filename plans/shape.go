package plans

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/nearest"
)

// shape is what a table of a plan is called and which keys it has; none means that the keys are the user's own, and
// their values of the forms given.
type shape struct {
	name    string // as its header stands in a plan; "" for the plan itself
	example string // for who wrote something else instead of a table
	keys    []key
	of      []form
}

// shapes are those with keys of their own, for finding where a misplaced key belongs.
var shapes = []*shape{planShape, groupShape, stepShape, labShape, nodeShape, targetShape, sessionShape,
	haproxyShape, dataShape, eventShape, eventRequestShape, stageShape, stopShape}

// otherWords are what other load tools call a key.
var otherWords = map[string]string{
	"threads": "users", "vus": "users", "loops": "iterations", "loop_count": "iterations", "rampup": "ramp_up",
	"delay": "start_delay", "steps": "step", "url": "request", "path": "request", "get": "request",
	"sleep": "think", "pause": "think", "wait": "think", "timer": "think", "label": "name",
	"checks": "assert", "assertions": "assert", "params": "query", "if": "when", "data": "body",
	"groups": "group", "scenario": "group", "scenarios": "group", "events": "event", "expectations": "expect",
	"thresholds": "expect", "server": "node", "servers": "node", "balance": "algorithm", "cookie": "sticky",
	"arrival_rate": "arrivals", "rps": "arrivals", "target": "to", "distribution": "spread",
	"host": "url", "sni": "server_name", "cacert": "ca", "time": "at", "phase": "name", "after": "after_iterations",
}

// unknown says what to write instead of a key that the shape does not have.
func (s *shape) unknown(key string) string {
	if word := otherWords[strings.ToLower(key)]; slices.Contains(s.names(), word) {
		return fmt.Sprintf("unknown key: write %q", word)
	}
	if places := placesOf(key); places != "" && nearest.Word(key, s.names()) == "" {
		return fmt.Sprintf("unknown key in %s: it belongs %s", s, places)
	}
	if near := nearest.Word(key, s.names()); near != "" {
		return fmt.Sprintf("unknown key: did you mean %q?", near)
	}
	for _, other := range shapes {
		if near := nearest.Word(key, other.names()); near != "" && len(key) > 3 {
			return fmt.Sprintf("unknown key in %s: did you mean %q? It belongs %s", s, near, placesOf(near))
		}
	}
	return fmt.Sprintf("unknown key: %s has %s", s, strings.Join(s.names(), ", "))
}

// placesOf is where a key is to be written, "" if nowhere.
func placesOf(key string) string {
	var places []string
	for _, s := range shapes {
		if slices.Contains(s.names(), key) {
			places = append(places, s.place())
		}
	}
	return strings.Join(places, " or ")
}

// String is the shape's name within a sentence.
func (s *shape) String() string {
	if s.name == "" {
		return "the plan"
	}
	return s.name
}

// place is where a key of the shape is to be written.
func (s *shape) place() string {
	if s.name == "" {
		return "at the top, above the first [table]"
	}
	return "in " + s.name
}
