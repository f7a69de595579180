package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// tool is a load generator as a program.
type tool struct {
	name    string
	install string   // how to get it
	version []string // the arguments that make it say its version; nil if it cannot
}

var (
	stickbench = &tool{name: "stickbench", install: "go install ./cmd/stickbench", version: []string{"--version"}}
	wrk        = &tool{name: "wrk", install: "apt-get install wrk", version: []string{"-v"}}
	h2load     = &tool{name: "h2load", install: "apt-get install nghttp2-client", version: []string{"--version"}}
	ab         = &tool{name: "ab", install: "apt-get install apache2-utils", version: []string{"-V"}}
	hey        = &tool{name: "hey", install: "apt-get install hey, or go install github.com/rakyll/hey@latest"}
	vegeta     = &tool{name: "vegeta", install: "go install github.com/tsenart/vegeta/v12@latest"}
	k6         = &tool{name: "k6", install: "go install go.k6.io/k6@latest", version: []string{"version"}}
	jmeter     = &tool{name: "jmeter", install: "from https://jmeter.apache.org (the package of Debian 12 does not start)", version: []string{"--version"}}
)

// find looks for a program in dir, if one is given, in PATH, and where Debian keeps servers; "" if it is
// nowhere.
func find(name, dir string) string {
	if dir != "" {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
	}
	for _, name := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// contender is a row of the table: a tool and what it is asked to do beside sending the load.
type contender struct {
	name   string
	tool   *tool
	invoke func(dir string, l load) (invocation, error) // dir is empty, and removed after the run
	parse  func(output []byte) (figures, error)
}

// invocation is a command without its program.
type invocation struct {
	args  []string
	env   []string // beside the caller's
	input string   // standard input
	// then are the arguments of a second call that makes the report of what the first one recorded; it is
	// not measured, and its output is what is parsed. nil if there is none.
	then []string
}

// contenders are all rows there can be.
var contenders = []contender{
	{"stickbench, everything on", stickbench, stickbenchWith(true, true), parseStickbench},
	{"stickbench, without samples.jtl", stickbench, stickbenchWith(true, false), parseStickbench},
	{"stickbench, bare", stickbench, stickbenchWith(false, false), parseStickbench},
	{"wrk", wrk, with("-t", "1", "-c", "{connections}", "-d", "{seconds}s", "--latency", "{url}"), parseWrk},
	{"h2load", h2load, with("--h1", "-t", "1", "-c", "{connections}", "-D", "{seconds}", "{url}"), parseH2load},
	{"ab", ab, invokeAb, parseAb},
	{"hey", hey, with("-c", "{connections}", "-z", "{seconds}s", "{url}"), parseHey},
	{"vegeta", vegeta, invokeVegeta, parseVegeta},
	{"k6", k6, k6With(false), parseK6},
	{"k6, JSON checks", k6, k6With(true), parseK6},
	{"JMeter", jmeter, invokeJMeter, parseJMeter},
}

// with is a command line whose words in braces are taken from the load.
func with(words ...string) func(string, load) (invocation, error) {
	return func(_ string, l load) (invocation, error) {
		r := strings.NewReplacer("{connections}", strconv.Itoa(l.Connections), "{seconds}", strconv.Itoa(l.Seconds()), "{url}", l.URL())
		args := make([]string, len(words))
		for i, w := range words {
			args[i] = r.Replace(w)
		}
		return invocation{args: args}, nil
	}
}

// stickbenchWith runs a plan with or without session and assertions, and with or without a folder and
// progress.
func stickbenchWith(full, folder bool) func(string, load) (invocation, error) {
	return func(dir string, l load) (invocation, error) {
		plan, err := fill(dir, "plan.toml", script{l, full})
		args := []string{"run", plan, "--json"}
		if folder {
			args = append(args, "--out", filepath.Join(dir, "run"), "--progress", "json")
		} else {
			args = append(args, "--no-out", "--quiet")
		}
		return invocation{args: args}, err
	}
}

// k6With runs a script with or without checks, without k6's report home and its control port.
func k6With(full bool) func(string, load) (invocation, error) {
	return func(dir string, l load) (invocation, error) {
		path, err := fill(dir, "k6.js", script{l, full})
		return invocation{
			args: []string{"run", "--quiet", "--no-usage-report", "--address", "", path},
			env:  []string{"K6_NO_USAGE_REPORT=true"},
		}, err
	}
}

// abMost is a number of requests per second that ab will not reach: it ends at its time limit only if
// there are requests left, and reserves memory for all of them.
const abMost = 500_000

// invokeAb lets answers differ in length (-l): their counter grows by digits.
func invokeAb(_ string, l load) (invocation, error) {
	return invocation{args: []string{"-q", "-k", "-l", "-c", strconv.Itoa(l.Connections),
		"-t", strconv.Itoa(l.Seconds()), "-n", strconv.Itoa(l.Seconds() * abMost), l.URL()}}, nil
}

// invokeVegeta turns vegeta's open model into a closed one: no rate, and as many workers as connections.
func invokeVegeta(dir string, l load) (invocation, error) {
	results := filepath.Join(dir, "results.bin")
	n := strconv.Itoa(l.Connections)
	return invocation{
		input: "GET " + l.URL() + "\n",
		args: []string{"attack", "-rate", "0", "-workers", n, "-max-workers", n, "-connections", n,
			"-duration", l.Duration.String(), "-output", results},
		then: []string{"report", "-type", "json", results},
	}, nil
}

// invokeJMeter runs without the window, with the JTL file that every JMeter run is made for.
func invokeJMeter(dir string, l load) (invocation, error) {
	plan, err := fill(dir, "jmeter.jmx", script{l, true})
	return invocation{args: []string{"-n", "-t", plan, "-l", filepath.Join(dir, "samples.jtl"),
		"-j", filepath.Join(dir, "jmeter.log"), "-Jjmeter.save.saveservice.output_format=csv"}}, err
}

// fresh makes an empty folder for a run, within dir.
func fresh(dir string) (path string, remove func(), err error) {
	path, err = os.MkdirTemp(dir, "run-")
	if err != nil {
		return "", nil, fmt.Errorf("the folder of a run: %w", err)
	}
	return path, func() { os.RemoveAll(path) }, nil
}
