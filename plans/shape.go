package plans

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/nearest"
)

// shape is what a table of a plan is called and which keys it has; none means that the keys are the
// user's own.
type shape struct {
	name    string // as its header stands in a plan; "" for the plan itself
	example string // for who wrote something else instead of a table
	keys    []string
}

// The shapes of a plan: these keys and no others are read.
var (
	planShape = &shape{keys: []string{
		"name", "description", "expect", "seed", "serial", "lab", "target", "session", "haproxy", "vars", "defaults", "data", "steps", "group", "event"}}
	labShape = &shape{name: "[lab]", example: `{ algorithm = "roundrobin" }`, keys: []string{
		"balancer", "algorithm", "sticky", "node"}}
	nodeShape = &shape{name: "[[lab.node]]", example: `[ { tag = "s1" }, { tag = "s2" } ]`, keys: []string{
		"tag", "weight", "delay", "stopped"}}
	targetShape = &shape{name: "[target]", example: `{ url = "http://127.0.0.1:8080" }`, keys: []string{
		"url", "timeout", "http", "ca", "cert", "key", "server_name", "insecure", "headers", "nodes", "weights", "algorithm"}}
	sessionShape = &shape{name: "[session]", example: `{ node = "json:tag" }`, keys: []string{
		"node", "counter", "id"}}
	haproxyShape = &shape{name: "[haproxy]", example: `{ api = "tcp://127.0.0.1:9999" }`, keys: []string{
		"api", "backend", "nodes", "names"}}
	groupShape = &shape{name: "[[group]]", example: `[ { users = 2, step = [ { request = "GET /" } ] } ]`, keys: []string{
		"name", "users", "ramp_up", "start_delay", "iterations", "duration", "arrivals", "spread", "cookies", "connections", "on_error", "phase", "preset_cookies", "defaults", "step"}}
	stepShape  = &shape{name: "[[group.step]]", example: `[ { request = "GET /" } ]`}
	eventShape = &shape{name: "[[event]]", example: `[ { at = "10s", haproxy = "set server nodes/s1 state drain" } ]`, keys: []string{
		"name", "at", "after_iterations", "after_samples", "haproxy", "node", "delay", "weight", "state", "stopped", "http", "may_fail"}}
	eventRequestShape = &shape{name: "http", example: `{ method = "POST", url = "/delay" }`, keys: []string{
		"method", "url", "headers", "body", "json"}}

	stepsShape    = &shape{name: "[steps]", example: `{ login = { request = "POST /login" } }`}
	setShape      = &shape{name: "set", example: `{ total = "${int(a) + int(b)}" }`}
	counterShape  = &shape{name: "counter", example: `{ name = "n" }`, keys: []string{"name", "start", "step", "end", "format", "per"}}
	eachShape     = &shape{name: "foreach", example: `{ name = "item", in = "ids" }`, keys: []string{"name", "in", "from", "to"}}
	togetherShape = &shape{name: "together", example: `{ users = 10, timeout = "30s" }`, keys: []string{"users", "timeout"}}
	shareShape    = &shape{name: "share", example: `{ times = 10, per = "user" }`, keys: []string{"times", "per"}}
	paceShape     = &shape{name: "pace", example: `{ rate = "60/min", per = "group" }`, keys: []string{"rate", "per", "spread"}}

	weightsShape = &shape{name: "weights", example: `{ s1 = 2, s2 = 1 }`}
	namesShape   = &shape{name: "names", example: `{ s1 = "web-1" }`}
	nodesShape   = &shape{name: "nodes", example: `{ s1 = "http://127.0.0.1:4000" }`}
	headersShape = &shape{name: "headers", example: `{ Accept = "text/html" }`}
	queryShape   = &shape{name: "query", example: `{ page = 2 }`}
	formShape    = &shape{name: "form", example: `{ name = "Ada" }`}
	extractShape = &shape{name: "extract", example: `{ token = "json:csrf" }`}
)

// shapes are those with keys of their own, for finding where a misplaced key belongs.
var shapes = []*shape{planShape, groupShape, stepShape, labShape, nodeShape, targetShape, sessionShape,
	haproxyShape, dataShape, eventShape, eventRequestShape, stageShape}

// stepKeys are the keys of a step of any kind.
func stepKeys() []string {
	keys := []string{"request"}
	add := func(more ...string) {
		for _, key := range more {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	add(requestKeys...)
	add("when")
	for _, k := range kinds {
		add(k.key)
		add(k.keys...)
	}
	add(blockKeys...)
	return keys
}

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
	if word := otherWords[strings.ToLower(key)]; slices.Contains(s.keys, word) {
		return fmt.Sprintf("unknown key: write %q", word)
	}
	if places := placesOf(key); places != "" && nearest.Word(key, s.keys) == "" {
		return fmt.Sprintf("unknown key in %s: it belongs %s", s, places)
	}
	if near := nearest.Word(key, s.keys); near != "" {
		return fmt.Sprintf("unknown key: did you mean %q?", near)
	}
	for _, other := range shapes {
		if near := nearest.Word(key, other.keys); near != "" && len(key) > 3 {
			return fmt.Sprintf("unknown key in %s: did you mean %q? It belongs %s", s, near, placesOf(near))
		}
	}
	return fmt.Sprintf("unknown key: %s has %s", s, strings.Join(s.keys, ", "))
}

// placesOf is where a key is to be written, "" if nowhere.
func placesOf(key string) string {
	var places []string
	for _, s := range shapes {
		if slices.Contains(s.keys, key) {
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
