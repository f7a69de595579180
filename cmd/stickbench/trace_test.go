package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf8"
)

// tracePlans are those of the laboratory report's diagrams, round robin, one node, and sticky with a second
// browser, and of HAProxy's other ways to make sessions stick.
var tracePlans = []string{"roundrobin", "one-node", "second-browser", "prefix", "rewrite"}

// The diagrams of real runs; ids are numbered in the order of appearance. -update writes those of today.
func TestTraceGoldens(t *testing.T) {
	for _, plan := range tracePlans {
		for format, ending := range map[string]string{"mermaid": ".mmd", "text": ".txt"} {
			t.Run(plan+ending, func(t *testing.T) {
				t.Parallel()
				checkGolden(t, "testdata/trace/"+plan+ending, traced(t, plan, "--format", format))
			})
		}
	}
}

// The embedded balancer and a real HAProxy give the same picture.
func TestTraceOfHAProxy(t *testing.T) {
	for _, plan := range tracePlans {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			needHAProxy(t)
			checkGolden(t, "testdata/trace/"+plan+".txt", traced(t, plan, "--balancer", "haproxy", "--format", "text"))
		})
	}
}

// traced is what `stickbench trace` prints for a plan of testdata/trace, with its ids numbered.
func traced(t *testing.T, plan string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: &bytes.Buffer{}, stdout: &out, stderr: &errs}
	if code := a.main(append([]string{"trace", "testdata/trace/" + plan + ".toml"}, args...)); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	if errs.Len() > 0 {
		t.Errorf("on standard error: %s", &errs)
	}
	for line := range bytes.Lines(out.Bytes()) {
		if n := utf8.RuneCount(line) - 1; n > 100 && args[len(args)-1] == "text" {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	return numbered(out.String())
}

// numbered puts "id-001…" in place of the first shortened id, "id-002…" of the second.
func numbered(diagram string) string {
	seen := map[string]string{}
	return regexp.MustCompile(`[\w-]{6}…`).ReplaceAllStringFunc(diagram, func(id string) string {
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("id-%03d…", len(seen)+1)
		}
		return seen[id]
	})
}

func checkGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\ninstead of\n%s\nIf the change is meant: go test ./cmd/stickbench -run Trace -update", path, got, want)
	}
}
