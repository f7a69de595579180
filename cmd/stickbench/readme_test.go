package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the README shows is what the command prints, up to its figures. -update puts the output of today
// into the README.
func TestREADME(t *testing.T) {
	const path = "../../README.md"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```console\n\\$ go run ./cmd/stickbench ([^\n]+)\n(.*?)```\n")
	if n := len(blocks.FindAll(readme, -1)); n < 2 {
		t.Fatalf("%d commands in the README", n)
	}
	updated := blocks.ReplaceAllFunc(readme, func(block []byte) []byte {
		m := blocks.FindSubmatch(block)
		args, shown := string(m[1]), string(m[2])
		got := readmeOutput(t, strings.Fields(args))
		if *update {
			return []byte("```console\n$ go run ./cmd/stickbench " + args + "\n" + got + "```\n")
		}
		if shape(got) != shape(shown) {
			t.Errorf("stickbench %s prints\n%s\nthe README shows\n%s\nIf the change is meant: go test ./cmd/stickbench -run README -update", args, got, shown)
		}
		return block
	})
	if *update && !bytes.Equal(updated, readme) {
		if err := os.WriteFile(path, updated, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// readmeOutput is what the command writes to standard output, run in the checkout's root.
func readmeOutput(t *testing.T, args []string) string {
	t.Helper()
	c := exec.Command(filepath.Join(t.TempDir(), "stickbench"), append(args, "--quiet")...)
	if out, err := exec.Command("go", "build", "-o", c.Path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	c.Dir = "../.."
	c.Env = append(os.Environ(), "NO_COLOR=1", "COLUMNS=120")
	c.Args = append(c.Args, "--out", filepath.Join(t.TempDir(), "run"))
	out, err := c.Output()
	if err != nil {
		t.Fatalf("stickbench %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// shape is a text without its figures and without the blanks that align them.
func shape(s string) string {
	s = regexp.MustCompile(`[0-9][0-9., \x{2009}\x{202f}]*`).ReplaceAllString(s, "0 ")
	return strings.Join(strings.Fields(s), " ")
}
