package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// theCommand is this test's binary by the command's name, as scripts have it (testscript.Main).
func theCommand(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stickbench")
	if err := os.Symlink(self, path); err != nil {
		t.Skip(err)
	}
	return path
}

// ran is what became of a command.
type ran struct {
	code           int
	stdout, stderr string
}

// runCommand runs the command in a folder that has plan.toml, for at most a minute.
func runCommand(t *testing.T, dir, plan string, args ...string) ran {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "plan.toml"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, theCommand(t), args...)
	var stdout, stderr bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = dir, &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%v, %v\n%s", err, ctx.Err(), stderr.String())
	}
	return ran{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
