package plans

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runs is a plan without problems, for tests that add some.
const runs = `[target]
url = "http://127.0.0.1:8080"
[session]
node = "json:tag"
counter = "json:n"
[[group]]
[[group.step]]
request = "GET /"
`

// weighted is runs with weights of its nodes.
func weighted(weights string) string {
	return strings.Replace(runs, "[session]", "weights = "+weights+"\n[session]", 1)
}

// laboratory is another one.
const laboratory = `[lab]
[[group]]
[[group.step]]
request = "GET /"
`

// complaints are the problems of a source, one per line, without the path.
func complaints(t *testing.T, source string, o Override) string {
	t.Helper()
	_, err := Read("p", []byte(source), o)
	if err == nil {
		return ""
	}
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("Read: error of type %T: %v", err, err)
	}
	lines := strings.Split(problems.Error(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "p:"), " ")
	}
	return strings.Join(lines, "\n")
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"good", runs, ""},
		{"nothing", "", "nothing to run against: add a [lab], a [target] with its url, or --target URL\n" +
			`no group: add a [[group]] with a [[group.step]], such as request = "GET /"`},

		// Not TOML.
		{"duration without quotes", "[target]\ntimeout = 30s\n", `2:11: target.timeout: text and durations stand in quotes: write "30s"`},
		{"text without quotes", "name = two users\n", `1:8: name: text and durations stand in quotes: write "two users"`},
		{"key twice", "name = \"a\"\nname = \"b\"\n", `2:1: name: not TOML: Key 'name' has already been defined.`},
		{"string not closed", "a = \"é\nb = 1\n", `1:7: a: not TOML: strings cannot contain newlines`},
		{"end in a list", "expect = ['errors == 0',", `1:24: expect: not TOML: unexpected EOF; expected value`},
		{"too deep", "a = " + strings.Repeat("[", 101), `1:105: nested deeper than a plan can be: 100 levels are the most`},
		{"too many dots", "a" + strings.Repeat(".a", 101) + " = 1", `1:203: nested deeper than a plan can be: 100 levels are the most`},
		{"too large", strings.Repeat(" ", Largest+1), `is larger than a plan can be: 16 MiB is the most`},

		{"apdex without a time", runs + "[apdex]\ntolerated = '1s'\n", `9:2: apdex: needs a time that satisfies, such as satisfied = "500ms"`},
		{"apdex the wrong way", runs + "[apdex]\nsatisfied = '2s'\ntolerated = '1s'\n", `11:13: apdex.tolerated: must not be less than satisfied, 2s`},

		// Keys.
		{"unknown key", "nam = 'x'\n" + runs, `1:1: nam: unknown key: did you mean "name"?`},
		{"unknown table", runs + "[sesion]\nnode = 'json:x'\n", `9:2: sesion: unknown key: did you mean "session"?`},
		{"nothing near", runs + "colour = 'red'\n", `9:1: group[0].step[0].colour: unknown key: [[group.step]] has request, name, headers, query, body, json, form, multipart, pick, resources, basic_auth, digest_auth, extract, assert, timeout, connect_timeout, redirects, redirect_headers, on_error, when, think, mark, set, counter, use, break, next, stop, together, pace, repeat, index, while, for, foreach, once, transaction, include_think, only, share, parallel, defaults, step`},
		{"other tool's key", runs + "sleep = '1s'\n", `9:1: group[0].step[0].sleep: unknown key: write "think"`},
		{"key of another table", runs + "expect = ['errors == 0']\n", `9:1: group[0].step[0].expect: unknown key in [[group.step]]: it belongs at the top, above the first [table]`},
		{"key of two other tables", "timeout = '1s'\n" + runs, `1:1: timeout: unknown key in the plan: it belongs in [[group.step]] or in [target]`},
		{"near a key of another table", runs + "iteration = 3\n", `9:1: group[0].step[0].iteration: unknown key in [[group.step]]: did you mean "iterations"? It belongs in [[group]]`},
		{"quoted key", "\"a b\\n\" = 1\n" + runs, `1:1: "a b\n": unknown key: the plan has name, description, expect, seed, apdex, serial, lab, target, session, haproxy, vars, defaults, data, steps, group, event, stop, keep_trying, preconnect`},
		{"dotted key", "target.url = 'http://h'\ntarget.tiemout = '1s'\n[[group]]\nstep = [ { request = 'GET /' } ]\n", `2:8: target.tiemout: unknown key: did you mean "timeout"?`},

		// Types.
		{"text", "name = 5\n" + runs, `1:8: name: expected text, not the number 5: write "5", with quotes`},
		{"text, not a list", "name = [ 'x' ]\n" + runs, `1:8: name: expected text, not a list`},
		{"empty name", "name = ' '\n" + runs, `1:8: name: must not be empty`},
		{"name of two lines", "name = \"a\\nb\"\n" + runs, `1:8: name: must be one line, without tabs and other control characters`},
		{"date", "name = 1979-05-27\n" + runs, `1:8: name: expected text, not a date or time`},
		{"list", "expect = 'errors == 0'\n" + runs, `1:10: expect: expected a list of texts, not the text "errors == 0": write ['errors == 0']`},
		{"list of others", "expect = [ 1, '' ]\n" + runs, "1:12: expect[0]: expected text, not the number 1: write \"1\", with quotes\n1:15: expect[1]: must not be empty"},
		{"seed", "seed = -1\n" + runs, `1:8: seed: must be 0 or more, not -1`},
		{"single brackets", "[target]\nurl = 'http://h'\n[group]\nusers = 2\n", `3:2: group: is a list of tables: write [[group]], with double brackets`},
		{"double brackets", "[[lab]]\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n", `1:3: lab: there can be only one: write [lab], with single brackets`},
		{"no table", "lab = true\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n", `1:7: lab: expected a table, such as { algorithm = "roundrobin" }, not true`},
		{"no tables", "group = 3\n[lab]\n", `1:9: group: expected a list of tables, such as [ { users = 2, step = [ { request = "GET /" } ] } ], not the number 3`},

		// The target.
		{"both", "[lab]\n" + runs, `2:2: target: there is a [lab] too: a plan runs against the laboratory or against a target, leave out one`},
		{"no url", "[target]\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n", `1:2: target: needs a url, such as url = "http://127.0.0.1:8080"`},
		{"empty url", strings.Replace(runs, "http://127.0.0.1:8080", "", 1), `2:7: target.url: must not be empty`},
		{"url without scheme", strings.Replace(runs, "http://", "", 1), `2:7: target.url: has no scheme: write "http://127.0.0.1:8080"`},
		{"other scheme", strings.Replace(runs, "http:", "ftp:", 1), `2:7: target.url: "ftp://" is neither http:// nor https://`},
		{"no host", strings.Replace(runs, "127.0.0.1:8080", "/x", 1), `2:7: target.url: "http:///x" has no host`},
		{"path", strings.Replace(runs, "http://127.0.0.1:8080", "/x", 1), `2:7: target.url: expected scheme and host, such as "http://127.0.0.1:8080", not a path`},
		{"query in target", strings.Replace(runs, "8080", "8080/?x=1", 1), `2:7: target.url: a target has no ? and no #: they belong to the requests`},
		{"variable in target", strings.Replace(runs, "127.0.0.1", "${host}", 1), `2:15: target.url: unknown variable "host": what stands here must be known before the run, in [vars] or as ${env:NAME}`},
		{"bad port", strings.Replace(runs, "8080", "80x", 1), `2:7: target.url: invalid URL: want a port from 0 to 65535`},
		{"boolean", "[target]\nurl = 'http://h'\ninsecure = 'true'\n" + runs[strings.Index(runs, "[session]"):], `3:12: target.insecure: write true, without the quotes`},
		{"not boolean", "[target]\nurl = 'http://h'\ninsecure = 1\n" + runs[strings.Index(runs, "[session]"):], `3:12: target.insecure: expected true or false, not the number 1`},
		{"variable for all requests", "[target]\nurl = 'http://h'\nheaders = { X = '${user} ${token}' }\n" + runs[strings.Index(runs, "[session]"):], `3:26: target.headers.X: unknown variable "token": nothing before sets it; known are group, iteration, user`},

		{"weights", weighted(`{ s1 = -1, s2 = "2", s3 = nan, "s 4" = true }`), "3:18: target.weights.s1: must be from 0 to 1000000, not -1\n" +
			"3:27: target.weights.s2: expected a number, not the text \"2\": write 2, without the quotes\n" +
			"3:37: target.weights.s3: must be from 0 to 1000000, not NaN\n" +
			`3:50: target.weights."s 4": expected a number, not true`},
		{"no weights", weighted(`{ s1 = 0, s2 = 0.0 }`), `3:11: target.weights: one of them must be above 0, such as { s1 = 2, s2 = 1 }`},
		{"weights in text", weighted(`"2:1"`), `3:11: target.weights: expected a table, such as { s1 = 2, s2 = 1 }, not the text "2:1"`},
		{"algorithm", strings.Replace(weighted(`{ s1 = 2 }`), "[session]", "algorithm = 'round-robin'\n[session]", 1), `4:13: target.algorithm: invalid algorithm "round-robin": did you mean "roundrobin"?`},
		{"algorithm of haproxy", strings.Replace(weighted(`{ s1 = 2 }`), "[session]", "algorithm = 'hdr(Host)'\n[session]", 1), ``},

		// Session.
		{"extractor", strings.Replace(runs, "json:tag", "jsn:tag", 1), `4:8: session.node: invalid extractor "jsn:tag": want json:<path>, regex:<expression with one group>, css:<selector>, xpath:<expression>, boundary:<left>…<right>, header:<name> or cookie:<name>`},
		{"extractor without colon", strings.Replace(runs, "json:tag", "tag", 1), `4:8: session.node: invalid extractor "tag": want json:<path>, regex:<expression with one group>, css:<selector>, xpath:<expression>, boundary:<left>…<right>, header:<name> or cookie:<name>`},

		// Expectations.
		{"expectation", "expect = ['errors == 0', 'errrors < 1']\n" + runs, "1:27: expect[1]: unknown `errrors`: did you mean `errors`?"},
		{"label", "expect = ['p95(\"GET /x\") < 3']\n" + runs, `1:16: expect[0]: no label "GET /x": did you mean "GET /"?`},
		{"node of the lab", "expect = ['share(\"s3\") > 0.1']\n" + laboratory, `1:18: expect[0]: no node "s3": did you mean "s1"?`},
		{"phase", "expect = ['during(\"drian s1\").moves == 0']\n" + laboratory + "[[event]]\nat = '1s'\nnode = 's1'\nstate = 'drain'\n", `1:19: expect[0]: no phase "drian s1": did you mean "drain s1"?`},
		{"phase of a name", "expect = ['during(\"slow\").moves == 0 and during(\"start\").moves == 0']\n" + laboratory + "[[event]]\nname = 'slow'\nat = '1s'\nnode = 's1'\ndelay = '1s'\n", ``},
		{"no phases", "expect = ['during(\"drain\").moves == 0']\n" + laboratory, `1:19: expect[0]: no phase "drain": known are "start"`},
		// A command begins the phase of what it sets.
		{"phase of a command", "expect = ['during(\"drain s1\").moves == 0']\n" + laboratory + "[[event]]\nat = '1s'\nhaproxy = 'disable server nodes/s1'\n", `1:19: expect[0]: no phase "drain s1": known are "start", "maint s1"`},
		{"node of a target", "expect = ['share(\"s3\") > 0.1']\n" + runs, ``},

		// The Runtime API.
		{"api", runs + "[haproxy]\napi = '127.0.0.1:9999'\n", `10:7: haproxy.api: has no scheme: write "tcp://127.0.0.1:9999"`},
		{"api's path", runs + "[haproxy]\napi = '/run/haproxy.sock'\n", `10:7: haproxy.api: has no scheme: write "unix:///run/haproxy.sock"`},
		{"api's relative path", runs + "[haproxy]\napi = 'unix://haproxy.sock'\n", `10:7: haproxy.api: expected the socket's whole path, such as "unix:///var/run/haproxy.sock"`},
		{"api's scheme", runs + "[haproxy]\napi = 'http://h:1'\n", `10:7: haproxy.api: "http://" is neither tcp:// nor unix://`},
		{"api's port", runs + "[haproxy]\napi = 'tcp://h'\n", `10:7: haproxy.api: has no port: write it like "tcp://127.0.0.1:9999"`},
		{"api's bad port", runs + "[haproxy]\napi = 'tcp://h:99999'\n", `10:7: haproxy.api: "99999" is not a port, 1 to 65535`},
		{"nodes", runs + "[haproxy]\napi = 'tcp://h:1'\nnodes = { s1 = 'h:3000', 'a b' = 'http://h', s2 = 3 }\n", "11:16: haproxy.nodes.s1: has no scheme: write \"http://h:3000\"\n" +
			"11:26: haproxy.nodes.\"a b\": invalid name: want letters, digits, and - _ . :\n" +
			`11:51: haproxy.nodes.s2: expected text, not the number 3: write "3", with quotes`},
		{"no api", runs + "[haproxy]\nbackend = 'n n'\n", "9:2: haproxy: needs an api, such as api = \"tcp://127.0.0.1:9999\"\n" +
			`10:11: haproxy.backend: invalid backend "n n": want letters, digits, and - _ . :`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, complaints(t, tt.source, Override{})); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// problemsOf are tests of lines that stand at the end of a plan; the line numbers count from them.
func problemsOf(t *testing.T, plan, path string, tests []struct{ name, lines, want string }) {
	t.Helper()
	above := strings.Count(plan, "\n")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read("p", []byte(plan+tt.lines), Override{})
			var got []string
			if err != nil {
				for _, q := range err.(*Problems).List {
					where := ""
					if q.Line > 0 {
						where = fmt.Sprintf("%d:%d: ", q.Line-above, q.Column)
					}
					q.Line, q.Key = 0, strings.TrimPrefix(strings.TrimPrefix(q.Key, path), ".")
					got = append(got, where+q.text(""))
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsOfGroups(t *testing.T) {
	problemsOf(t, "[lab]\n[[group]]\nstep = [ { request = 'GET /' } ]\n", "group[0]", []struct{ name, lines, want string }{
		{"line break in a preset cookie", `preset_cookies = { a = "b\nX: 1" }`, `1:24: preset_cookies.a: a cookie's value cannot have control characters or a semicolon in it`},
		{"semicolon in a preset cookie", `preset_cookies = [ { name = "a", value = "b;c" } ]`, `1:42: preset_cookies[0].value: a cookie's value cannot have control characters or a semicolon in it`},
		{"expression in a preset cookie", `preset_cookies = { a = "${replace('x;y', ';', '')}" }`, ``},
		{"no users", "users = 0", `1:9: users: must be from 1 to 100000, not 0`},
		{"negative users", "users = -2", `1:9: users: must be from 1 to 100000, not -2`},
		{"too many users", "users = 1_000_000", `1:9: users: must be from 1 to 100000, not 1000000`},
		{"users with a point", "users = 2.0", `1:9: users: expected a whole number, not the number 2.0: write 2, without the point`},
		{"users and a half", "users = 2.5", `1:9: users: expected a whole number, not the number 2.5`},
		{"users in quotes", `users = "2"`, `1:9: users: expected a whole number, not the text "2": write 2, without the quotes`},
		{"no iterations", "iterations = 0", `1:14: iterations: must be from 1 to 1000000000, not 0`},
		{"number for a duration", "ramp_up = 30", `1:11: ramp_up: expected a duration, not the number 30: write "30s" for seconds or "30ms" for milliseconds`},
		{"point for a duration", "ramp_up = 1.5", `1:11: ramp_up: expected a duration, not the number 1.5: write "1.5s" for seconds or "1.5ms" for milliseconds`},
		{"no unit", "ramp_up = '30'", `1:11: ramp_up: "30" is not a duration, it has no unit: write "30s" for seconds or "30ms" for milliseconds`},
		{"unit of another spelling", "ramp_up = '30 sec'", `1:11: ramp_up: "30 sec" is not a duration: write "30s"`},
		{"an exponent", "ramp_up = '1e300s'", `1:11: ramp_up: "1e300s" is not a duration: write it like "500ms", "30s" or "2m30s"`}, // it said: write "1e300s"
		{"minutes", "ramp_up = '2min'", `1:11: ramp_up: "2min" is not a duration: write "2m"`},
		{"days", "ramp_up = '2d'", `1:11: ramp_up: "2d" is not a duration: write "48h"`},
		{"no such unit", "ramp_up = '2 fortnights'", `1:11: ramp_up: "2 fortnights" is not a duration: the units are ms, s, m and h`},
		{"no duration", "ramp_up = 'slow'", `1:11: ramp_up: "slow" is not a duration: write it like "500ms", "30s" or "2m30s"`},
		{"boolean for a duration", "ramp_up = true", `1:11: ramp_up: expected a duration, not true: write it like "500ms", "30s" or "2m30s"`},
		{"negative duration", "start_delay = '-1s'", `1:15: start_delay: must not be negative, is -1s`},
		{"too long", "duration = '8760h'", `1:12: duration: 8760h is too long: 744h (31 days) is the most`},
		{"no duration at all", "duration = '0s'", `1:12: duration: must be longer than 0s`},
		{"ramp-up of nothing", "ramp_up = '0s'", ``},
		{"cookies", "cookies = 'kep'", `1:11: cookies: "kep": did you mean "keep"?`},
		{"on error", "on_error = 'abort'", `1:12: on_error: "abort": want "continue", "next-iteration", "stop-user" or "stop"`},
		{"several", "users = 0\niterations = 'x'\nramp_up = 1\n", "1:9: users: must be from 1 to 100000, not 0\n" +
			"2:14: iterations: expected a whole number, not the text \"x\"\n" +
			`3:11: ramp_up: expected a duration, not the number 1: write "1s" for seconds or "1ms" for milliseconds`},
	})
	problemsOf(t, "[lab]\n", "", []struct{ name, lines, want string }{
		{"no step", "[[group]]\nusers = 1\n", `1:3: group[0]: needs a step: add a [[group.step]], such as request = "GET /"`},
		{"no groups", "", `no group: add a [[group]] with a [[group.step]], such as request = "GET /"`},
		{"only thinks", "[[group]]\nstep = [ { think = '1s' } ]\n", `2:1: group[0].step: no step requests anything: one needs a request, such as "GET /"`},
		{"no steps", "[[group]]\nstep = []\n", `2:1: group[0].step: no step requests anything: one needs a request, such as "GET /"`},
		{"same name", "[[group]]\nname = 'a'\nstep = [ { request = 'GET /' } ]\n[[group]]\nname = 'a'\nstep = [ { request = 'GET /' } ]\n",
			`5:8: group[1].name: "a" is the name of group[0] already: the report could not tell them apart`},
		{"steps of groups", "[[group]]\n[[group.step]]\nrequest = 'GET /'\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n[[group.step]]\nthink = '1x'\n",
			`8:9: group[1].step[1].think: "1x" is not a duration: the units are ms, s, m and h`},
	})
}

func TestProblemsOfLabs(t *testing.T) {
	problemsOf(t, "group = [ { step = [ { request = 'GET /' } ] } ]\n[lab]\n", "lab", []struct{ name, lines, want string }{
		{"balancer", "balancer = 'nginx'", `1:12: balancer: "nginx": want "embedded" or "haproxy"`},
		{"algorithm", "algorithm = 'roundrobbin'", `1:13: algorithm: invalid algorithm "roundrobbin": did you mean "roundrobin"?`},
		{"draws", "algorithm = 'random(2)'", ``},
		{"haproxy's algorithm", "algorithm = 'hdr(Host)'", `1:13: algorithm: the embedded balancer has no hdr: balancer = "haproxy" has it`},
		{"haproxy's own algorithm", "algorithm = 'hdr(Host)'\nbalancer = 'haproxy'", ``},
		{"sticky", "sticky = 'SERVERID insert'", `1:10: sticky: invalid directive "SERVERID": want HAProxy's cookie directive, such as "cookie SERVERID insert indirect nocache"`},
		{"sticky without name", "sticky = 'cookie insert'", `1:10: sticky: the cookie has no name: want a directive such as "cookie SERVERID insert indirect nocache"`},
		{"sticky option", "sticky = 'cookie S insert nocahe'", `1:10: sticky: invalid option "nocahe": did you mean "nocache"?`},
		{"sticky without mode", "sticky = 'cookie S nocache'", `1:10: sticky: needs one of insert, prefix and rewrite: without them nothing sticks`},
		{"sticky with two modes", "sticky = 'cookie S insert rewrite'", `1:10: sticky: insert and rewrite exclude each other`},
		{"sticky value", "balancer = 'haproxy'\nsticky = 'cookie S insert maxidle abc'", `2:10: sticky: maxidle: invalid time "abc": want a whole number with a unit, such as "30m"`},
		{"sticky option without value", "sticky = 'cookie S insert maxidle'", `1:10: sticky: maxidle needs a value`},
		// A plan goes into HAProxy's configuration: a line of its own there could start programs.
		{"sticky of two lines", `sticky = "cookie S insert\nexternal-check command /bin/sh"`, `1:10: sticky: must be one line, without tabs and other control characters`},
		{"no nodes", "node = []", `1:8: node: needs at least one node, such as { tag = "s1" }`},
		{"no tag", "node = [ { weight = 1 } ]", `1:10: node[0]: needs a tag, such as tag = "s1"`},
		{"bad tag", "node = [ { tag = 's 1' } ]", `1:18: node[0].tag: invalid tag "s 1": want letters, digits, and - _ . :`},
		{"same tag", "node = [ { tag = 's1' },\n  { tag = 's1' } ]", `2:11: node[1].tag: duplicate tag "s1": node[0] has it already`},
		{"weight", "node = [ { tag = 's1', weight = 257 } ]", `1:33: node[0].weight: must be from 0 to 256, not 257`},
		{"delay", "[[lab.node]]\ntag = 's1'\n[[lab.node]]\ntag = 's2'\ndelay = 250", `5:9: node[1].delay: expected a duration, not the number 250: write "250s" for seconds or "250ms" for milliseconds`},
		{"stopped", "node = [ { tag = 's1', stopped = 'yes' } ]", `1:34: node[0].stopped: expected true or false, not the text "yes"`},
		{"key of a node", "node = [ { tag = 's1', wait = 1 } ]", `1:24: node[0].wait: unknown key: [[lab.node]] has tag, weight, delay, workers, stopped`},
	})
}

func TestProblemsOfEvents(t *testing.T) {
	problemsOf(t, laboratory+"[[event]]\n", "event[0]", []struct{ name, lines, want string }{
		{"good", "at = '1s'\nhaproxy = 'set server nodes/s1 state drain'", ``},
		{"no time", "haproxy = 'show info'", `0:3: needs a time: at = "10s", after_iterations = 100 or after_samples = 100`},
		{"two times", "at = '1s'\nhaproxy = 'show info'\nafter_samples = 3", `3:1: after_samples: an event has only one of at, after_iterations and after_samples: this one has at and after_samples`},
		{"no iterations", "after_iterations = 0\nhaproxy = 'show info'", `1:20: after_iterations: must be 1 or more, not 0`},
		{"half an iteration", "after_iterations = 0.5\nhaproxy = 'show info'", `1:20: after_iterations: expected a whole number, not the number 0.5`},
		{"other word for a time", "after = 10\nhaproxy = 'show info'", "0:3: needs a time: at = \"10s\", after_iterations = 100 or after_samples = 100\n" +
			`1:1: after: unknown key: write "after_iterations"`},
		{"name", "at = '1s'\nname = 'drained'\nhaproxy = 'show info'", ``},
		{"no name", "at = '1s'\nname = ''\nhaproxy = 'show info'", `2:8: name: must not be empty`},
		// Reports have a phase of that name already.
		{"name of the first phase", "at = '1s'\nname = 'start'\nhaproxy = 'show info'", `2:8: name: "start" is the phase before the first event: choose another name`},
		{"number", "at = 10\nhaproxy = 'show info'", `1:6: at: expected a duration, not the number 10: write "10s" for seconds or "10ms" for milliseconds`},
		{"nothing", "at = '1s'", `0:3: does nothing: add one of haproxy, node and http`},
		{"unknown server", "at = '1s'\nhaproxy = 'set server nodes/s3 state drain'", `2:11: haproxy: the laboratory has no server "nodes/s3": did you mean "nodes/s1"?`},
		{"unknown backend", "at = '1s'\nhaproxy = 'disable server web/s1'", `2:11: haproxy: the laboratory has no server "web/s1": want "nodes/s1" or "nodes/s2"`},
		{"state", "at = '1s'\nhaproxy = 'set server nodes/s1 state drian'", `2:11: haproxy: invalid state "drian": did you mean "drain"?`},
		{"weight of an older command", "at = '1s'\nhaproxy = 'set weight nodes/s1 257'", `2:11: haproxy: Absolute weight can only be between 0 and 256 inclusive`},
		{"unknown command", "at = '1s'\nhaproxy = 'drain nodes/s1'", `2:11: haproxy: Unknown command. Please enter one of the following commands only (this version of HAProxy does not know it)`},
		{"weight of a command", "at = '1s'\nhaproxy = 'set server nodes/s1 weight 257'", `2:11: haproxy: invalid weight "257": want 0 to 256, or a percentage such as 50%`},
		{"two commands", "at = '1s'\nhaproxy = 'show info; show stat'", "2:11: haproxy: one command at a time: write a literal ; as \\;"},
		{"port", "at = '1s'\nhttp = { url = 'http://127.0.0.1:99999/' }", `2:16: http.url: invalid URL: want a port from 0 to 65535`},
		{"JSON as text", "at = '1s'\nhttp = { url = '/delay', method = 'POST', json = '{}' }", `2:50: http.json: want a table, such as { delay = 250 }: JSON as text belongs in body`},
		{"two bodies", "at = '1s'\nhttp = { url = '/delay', method = 'POST', json = { a = 1 }, body = 'x' }", `2:43: http.json: a request has only one of body and json`},
		{"header", "at = '1s'\nhttp = { url = '/', headers = { 'a b' = 'x', C = '${d}' } }", "2:33: http.headers.\"a b\": not a header's name: letters, digits and - without blanks, such as Accept-Language\n2:51: http.headers.C: unknown variable \"d\": what stands here must be known before the run, in [vars] or as ${env:NAME}"},
		{"after the end", "after_iterations = 2\nhaproxy = 'show info'", `1:20: after_iterations: is never reached: the plan has only 1 iteration`},
		{"after the last request", "after_samples = 2\nhaproxy = 'show info'", `1:17: after_samples: is never reached: the plan has only 1 request`},
		{"fraction of a millisecond", "at = '1s'\nnode = 's1'\ndelay = '1.5ms'", `3:9: delay: invalid delay 1.5ms: want whole milliseconds`},
		{"no node", "at = '1s'\nweight = 3", `2:1: weight: is done to a node: add node = "s1"`},
		{"two", "at = '1s'\nhaproxy = 'show info'\nhttp = { url = '/' }", `3:1: http: an event has only one of haproxy, node and http: this one has haproxy and http; make events of them`},
		{"action elsewhere", "at = '1s'\nhaproxy = 'show info'\nweight = 3", `3:1: weight: is done to a node: write node = "s1" instead of haproxy`},
		{"no such node", "at = '1s'\nnode = 's3'\nweight = 3", `2:8: node: the laboratory has no node "s3", it has s1, s2`},
		{"no action", "at = '1s'\nnode = 's1'", `2:1: node: nothing is done to it: add one of delay, weight, state and stopped`},
		{"two actions", "at = '1s'\nnode = 's1'\nweight = 3\nstate = 'drain'", `4:1: state: an event does only one thing to a node: this one has weight and state; make events of them`},
		{"state", "at = '1s'\nnode = 's1'\nstate = 'drained'", `3:9: state: "drained": did you mean "drain"?`},
		{"request without url", "at = '1s'\nhttp = { method = 'post' }", "2:1: http: needs a url: a path such as \"/delay\", or a whole URL\n" +
			`2:19: http.method: methods are in capitals: write "POST"`},
		{"request with variable", "at = '1s'\nhttp = { url = '/${x}' }", `2:18: http.url: unknown variable "x": what stands here must be known before the run, in [vars] or as ${env:NAME}`},
		{"two lines", "at = '1s'\nhaproxy = \"a\\nb\"", `2:11: haproxy: must be one line, without tabs and other control characters`},
	})
	problemsOf(t, strings.Replace(laboratory, "[lab]\n", "[lab]\nalgorithm = 'source'\n", 1)+"[[event]]\nat = '1s'\n", "event[0]", []struct{ name, lines, want string }{
		{"weight of a static algorithm", "node = 's1'\nweight = 3", "2:10: weight: Backend is using a static LB algorithm and only accepts weights '0%' and '100%' (use `balance roundrobin` or another dynamic algorithm to change weights)"},
		{"its command", "haproxy = 'set server nodes/s1 weight 3'", "1:11: haproxy: Backend is using a static LB algorithm and only accepts weights '0%' and '100%' (use `balance roundrobin` or another dynamic algorithm to change weights)"},
		{"none", "node = 's1'\nweight = 0", ``},
	})
	problemsOf(t, runs+"[[event]]\nat = '1s'\n", "event[0]", []struct{ name, lines, want string }{
		{"no api", "haproxy = 'show info'", `-1:3: needs the balancer's Runtime API: add a [haproxy] with its api`},
		{"with api", "haproxy = 'show info'\n[haproxy]\napi = 'tcp://h:1'", ``},
		{"delay", "node = 's 1'\ndelay = '1s'\n[haproxy]\napi = 'tcp://h:1'", "1:8: node: invalid node \"s 1\": want letters, digits, and - _ . :\n" +
			`1:8: node: its delay is set at the node itself: add nodes = { "s 1" = "http://HOST:PORT" } to [target]`},
		{"delay of a node with an address", "node = 's1'\ndelay = '1s'\n[haproxy]\napi = 'tcp://h:1'\nnodes = { s1 = 'http://h' }", ``},
		{"stopped", "node = 's1'\nstopped = true\n[haproxy]\napi = 'tcp://h:1'", `2:1: stopped: only nodes of a [lab] can be stopped and started`},
		{"request", "http = { url = '/' }", ``},
	})
}

func TestOverridesWithProblems(t *testing.T) {
	pointer := func(n int) *int { return &n }
	text := func(s string) *string { return &s }
	long, none, short1 := -time.Second, time.Duration(0), time.Second
	for _, tt := range []struct {
		name, source string
		o            Override
		want         string
	}{
		{"numbers", runs, Override{Users: pointer(0), Iterations: pointer(-1), Duration: &none, RampUp: &long},
			"--users: must be from 1 to 100000, not 0\n--iterations: must be from 1 to 1000000000, not -1\n--duration: must be longer than 0s\n--ramp-up: must not be negative, is -1s"},
		{"target", laboratory, Override{Target: text("localhost:8080")}, `--target: has no scheme: write "http://localhost:8080"`},
		{"balancer", laboratory, Override{Balancer: text("hapoxy")}, `--balancer: "hapoxy": did you mean "haproxy"?`},
		{"balancer without a lab", runs, Override{Balancer: text("haproxy")}, `--balancer: is for the laboratory: the plan has a [target] and no [lab]`},
		{"balancer with a target", laboratory, Override{Balancer: text("haproxy"), Target: text("http://h")}, `--balancer: is for the laboratory: with --target there is none`},
		{"event after the end that an option sets", strings.Replace(laboratory, "[[group]]", "[[group]]\nduration = '5s'", 1) + "[[event]]\nat = '5s'\nnode = 's1'\nstate = 'drain'\n", Override{Duration: &short1}, ``},
		{"event after the end", strings.Replace(laboratory, "[[group]]", "[[group]]\nduration = '5s'\nstart_delay = '1s'", 1) + "[[event]]\nat = '6001ms'\nnode = 's1'\nstate = 'drain'\n", Override{}, `8:6: event[0].at: is never reached: the plan ends after 6s`},
		{"events of a lab", laboratory + "[[event]]\nat = '1s'\nnode = 's1'\nstate = 'drain'\n", Override{Target: text("http://h")},
			`5:3: event[0]: needs the balancer's Runtime API: add a [haproxy] with its api`},
		{"target for no target", "[[group]]\n[[group.step]]\nrequest = 'GET /'\n", Override{Target: text("http://h")}, ``},
		{"target without url", "[target]\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n", Override{Target: text("http://h")}, ``},
		// An option leaves no problem of the plan unsaid.
		{"users of the plan", "[lab]\n[[group]]\nusers = 0\n[[group.step]]\nrequest = 'GET /'\n", Override{Users: pointer(3)}, `3:9: group[0].users: must be from 1 to 100000, not 0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, complaints(t, tt.source, tt.o)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
