//go:build !race

// The examples make next to no load: the plain run has them.

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"stickbench/internal/lab"
	"stickbench/internal/schematest"
	"stickbench/plans"
)

// An example is a fenced block of a document, by the words behind its fence:
//
//	toml              a plan, or a part of one: `stickbench check` takes it, with what a plan lacks added
//	sh                commands that run as they stand, each with exit code 0, or 1 with the word "fails"
//	sh syntax         commands whose flags are read, and which are not run: they would take long
//	console           a command behind "$ ", and what it prints, up to its figures and warnings
//
// Commands run in a folder of their own that has plan.toml, the catalogue's plans/, the runs
// before/ and after/ and jmeter.jtl. http://BALANCER is a laboratory. Other languages are only shown.
type example struct {
	language string
	words    string // behind it
	text     string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)([^\n]*)\n(.*?)^```$")

func examples(document []byte) (all []example) {
	for _, m := range fence.FindAllSubmatch(document, -1) {
		all = append(all, example{string(m[1]), strings.TrimSpace(string(m[2])), string(m[3])})
	}
	return all
}

// Every example of the README and of the topics does what it says. -update writes the outputs of today.
func TestDocuments(t *testing.T) {
	bench := newWorkbench(t)
	documents := map[string]string{"README.md": "../../README.md"}
	for _, topic := range topics() {
		documents[topic.Name] = filepath.Join("../..", filepath.FromSlash(topic.Path))
	}
	for name, path := range documents {
		t.Run(name, func(t *testing.T) {
			document, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			folder := bench.folder(t)
			for _, e := range examples(document) {
				bench.try(t, folder, e)
			}
			if *update {
				bench.update(t, folder, path, document)
			}
		})
	}
}

// The README is short enough to be read, begins with examples that run, and leads to every topic.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(readme, []byte("\n")); n > 150 {
		t.Errorf("%d lines: want 150 at most, and the reference in help topics", n)
	}
	count := map[string]int{}
	for _, e := range examples(readme) {
		count[e.language]++
	}
	if count["console"] < 1 || count["sh"] < 1 || count["toml"] < 1 {
		t.Errorf("examples: %v; want a console, a sh and a toml block at least", count)
	}
	for _, topic := range topics() {
		if link := "[" + topic.Name + "](" + topic.Path + ")"; !bytes.Contains(readme, []byte(link)) {
			t.Errorf("no link %s", link)
		}
	}
}

// Links between the documents lead somewhere.
func TestLinks(t *testing.T) {
	paths := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	for _, topic := range topics() {
		paths = append(paths, topic.Path)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, path := range paths {
		document, err := os.ReadFile(filepath.Join("../..", path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(fence.ReplaceAll(document, nil), -1) {
			to := filepath.Join("../..", filepath.Dir(path), string(m[1]))
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", path, err)
			}
		}
	}
}

// workbench is where examples run.
type workbench struct {
	bin      string // the folder of the command
	balancer string // a laboratory's address
	samples  string // the folder that each document's commands get a copy of
}

const samplePlan = `name = "example"
expect = ['errors == 0', 'affinity == 1']
[lab]
sticky = "cookie SERVERID insert indirect nocache"
node = [{ tag = "s1" }, { tag = "s2" }]
[session]
node = "json:tag"
counter = "json:sessionViews"
id = "json:id"
[[group]]
users = 2
iterations = 50
[[group.step]]
request = "GET /"
`

const sampleJTL = `timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect
1700000000000,12,GET /,200,OK,Thread Group 1-1,text,true,,331,187,1,1,http://127.0.0.1/,12,0,1
1700000000013,10,GET /,200,OK,Thread Group 1-1,text,true,,331,187,1,1,http://127.0.0.1/,10,0,0
`

func newWorkbench(t *testing.T) *workbench {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh for the examples' commands: install one, such as that of Git for Windows")
	}
	l, err := lab.Start(t.Context(), lab.Config{Balancer: "embedded", Algorithm: "roundrobin",
		Sticky: "cookie SERVERID insert indirect nocache", Nodes: []lab.Node{{Tag: "s1"}, {Tag: "s2"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv("PASSWORD", "secret")
	t.Setenv("API_KEY", "secret")
	w := &workbench{bin: filepath.Dir(buildCommand(t)), balancer: l.URL(), samples: t.TempDir()}
	for name, text := range map[string]string{"plan.toml": samplePlan, "jmeter.jtl": sampleJTL,
		"users.csv": "login;password\nada;1\nbob;2\n", "names.txt": "Ada\nBob\n", "order.json": `{"by": ${user}}`, "cat.png": "\x89PNG"} {
		if err := os.WriteFile(filepath.Join(w.samples, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(w.samples, "plans"), os.DirFS("../../plans")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"before", "after"} {
		w.must(t, w.samples, "stickbench run plan.toml --quiet --out "+name, 0)
	}
	return w
}

func (w *workbench) folder(t *testing.T) string {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(w.samples)); err != nil {
		t.Fatal(err)
	}
	return folder
}

// try does what an example says.
func (w *workbench) try(t *testing.T, folder string, e example) {
	switch e.language {
	case "toml":
		file := filepath.Join(folder, "example.toml")
		if err := os.WriteFile(file, []byte(wholePlan(e.text)), 0o666); err != nil {
			t.Fatal(err)
		}
		w.must(t, folder, "stickbench check example.toml", 0)
		inSchema(t, wholePlan(e.text))
	case "sh":
		for _, command := range commands(t, e.text) {
			switch e.words {
			case "syntax":
				w.must(t, folder, command+" --help", 0)
			case "fails":
				w.must(t, folder, command, 1)
			case "":
				w.must(t, folder, command, 0)
			default:
				t.Errorf("unknown words %q behind ```sh: want syntax or fails", e.words)
			}
		}
	case "console":
		command, shown := consoleCommand(t, e.text)
		if got := w.must(t, folder, command, 0); shape(got) != shape(shown) {
			t.Errorf("%s prints\n%s\nshown is\n%s\nIf the change is meant: go test ./cmd/stickbench -run Documents -update", command, got, shown)
		}
	}
}

// update puts what the consoles' commands print today into a document.
func (w *workbench) update(t *testing.T, folder, path string, document []byte) {
	updated := fence.ReplaceAllFunc(document, func(block []byte) []byte {
		e := examples(block)[0]
		if e.language != "console" {
			return block
		}
		command, _ := consoleCommand(t, e.text)
		first, _, _ := strings.Cut(e.text, "\n")
		return []byte("```console\n" + first + "\n" + w.must(t, folder, command, 0) + "```")
	})
	if !bytes.Equal(updated, document) {
		if err := os.WriteFile(path, updated, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// must runs a command, which must end with the exit code, and gives its standard output.
func (w *workbench) must(t *testing.T, folder, command string, code int) string {
	t.Helper()
	command = strings.ReplaceAll(command, "http://BALANCER", w.balancer)
	c := exec.CommandContext(t.Context(), "sh", "-c", command)
	c.Dir = folder
	c.Env = append(os.Environ(), "PATH="+w.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1", "COLUMNS=120")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != code {
		t.Errorf("%s: %v, want exit code %d\n%s%s", command, err, code, out, stderr.Bytes())
	}
	return string(out)
}

// commands are a block's, each on a line of its own that a backslash continues, without comments.
func commands(t *testing.T, block string) (all []string) {
	for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
		line, _, _ = strings.Cut(line, " #")
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "stickbench "), strings.HasPrefix(line, "go run ./cmd/stickbench "):
			all = append(all, strings.Replace(line, "go run ./cmd/stickbench", "stickbench", 1))
		default:
			t.Errorf("%q: a block of sh has commands of stickbench only", line)
		}
	}
	return all
}

// consoleCommand is the command of a console, and what it shows below.
func consoleCommand(t *testing.T, block string) (command, shown string) {
	first, shown, _ := strings.Cut(block, "\n")
	all := commands(t, strings.TrimPrefix(first, "$ "))
	if len(all) != 1 {
		t.Fatalf("%q: a console begins with one command of stickbench", first)
	}
	return all[0] + " --quiet", shown
}

var (
	aGroup   = regexp.MustCompile(`(?m)^\[\[group\]\]`)
	aStep    = regexp.MustCompile(`(?m)^\[\[group\.step\]\]`)
	aSession = regexp.MustCompile(`(?m)^\[session\]`)
	aTarget  = regexp.MustCompile(`(?m)^\[(target|lab)\]`)
)

// wholePlan adds to a part of a plan what every plan has.
func wholePlan(part string) string {
	const step = "[[group.step]]\nrequest = \"GET /\"\n"
	if !aGroup.MatchString(part) {
		if first := aStep.FindStringIndex(part); first != nil {
			part = part[:first[0]] + "[[group]]\nusers = 1\niterations = 1\n" + part[first[0]:]
		} else {
			part += "\n[[group]]\nusers = 1\niterations = 1\n"
		}
	}
	if !aStep.MatchString(part) {
		part += step
	}
	if !aSession.MatchString(part) {
		part += "[session]\nnode = \"json:tag\"\ncounter = \"json:sessionViews\"\nid = \"json:id\"\n"
	}
	if !aTarget.MatchString(part) {
		part += "[target]\nurl = \"http://127.0.0.1:8080\"\n"
	}
	return part
}

// planSchema is the plan's schema, which takes a while to compile.
var planSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, err := plans.Schema()
	if err != nil {
		return nil, err
	}
	return schematest.Compile(text)
})

// inSchema holds a plan against the schema, as an editor does.
func inSchema(t *testing.T, plan string) {
	t.Helper()
	schema, err := planSchema()
	if err != nil {
		t.Fatal(err)
	}
	if err := schematest.Validate(t, schema, plan); err != nil {
		t.Errorf("the schema refuses a plan that check takes: %v in\n%s", err, plan)
	}
}

// shape is a text without its figures, their units and the blanks that align them, and without what a report has
// only of a machine that had other things to do: warnings, and the timeline of a run that took seconds.
func shape(s string) string {
	s, _, _ = strings.Cut(s, "\nWarnings\n")
	s = timeline.ReplaceAllString(s, "")
	return strings.Join(strings.Fields(figure.ReplaceAllString(s, "0 ")), " ")
}

var (
	timeline = regexp.MustCompile(`(?s)\nTimeline\n.*?\n(\n|$)`)
	figure   = regexp.MustCompile(`[0-9][0-9., \x{2009}\x{202f}]*(µs|ms|s|min)?\b`)
)
