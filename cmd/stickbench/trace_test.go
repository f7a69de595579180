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

// The diagrams of the laboratory's report, from real runs; ids are numbered in the order of appearance.
// -update writes those of today.
func TestTraceGoldens(t *testing.T) {
	for name, args := range map[string][]string{
		"roundrobin.mmd":     {"task1-roundrobin"},
		"roundrobin.txt":     {"task1-roundrobin", "--format", "text"},
		"one-node.mmd":       {"task1-one-node"},
		"one-node.txt":       {"task1-one-node", "--format", "text"},
		"second-browser.mmd": {"task2-second-browser", "--exchanges", "2"},
		"second-browser.txt": {"task2-second-browser", "--exchanges", "2", "--format", "text"},
		"nodesessid.txt":     {"task2-nodesessid", "--exchanges", "2", "--format", "text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, filepath.Join("testdata/trace", name), traced(t, args...))
		})
	}
}

// The embedded balancer and a real HAProxy give the same picture.
func TestTraceOfHAProxy(t *testing.T) {
	for _, plan := range []string{"task1-roundrobin", "task1-one-node", "task2-second-browser", "task2-nodesessid"} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			needHAProxy(t)
			embedded := traced(t, plan, "--exchanges", "2", "--format", "text")
			if real := traced(t, plan, "--exchanges", "2", "--format", "text", "--balancer", "haproxy"); real != embedded {
				t.Errorf("with HAProxy:\n%s\nembedded:\n%s", real, embedded)
			}
		})
	}
}

// traced is what `stickbench trace` prints, with its ids numbered.
func traced(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: &bytes.Buffer{}, stdout: &out, stderr: &errs}
	if code := a.main(append([]string{"trace"}, args...)); code != 0 {
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
