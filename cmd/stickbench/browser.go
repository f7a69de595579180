package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// openers are the commands with which systems open a page as their user wants it.
var openers = map[string][]string{
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// openPage opens a page of HTML in the user's browser. Where that cannot be done it says where the page is: it is
// there all the same.
func (a *app) openPage(path string) {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	command := openers[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	if err := exec.Command(command[0], append(command[1:], path)...).Run(); err != nil {
		fmt.Fprintf(a.stderr, "no browser could be opened (%v): the page is %s\n", err, path)
	}
}

// openTemporary writes a page into a temporary file, which stays for the browser, and opens it.
func (a *app) openTemporary(write func(*os.File) error) error {
	f, err := os.CreateTemp("", "stickbench-*.html")
	if err != nil {
		return cannotRun("--open: %w", err)
	}
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(f.Name())
		return cannotRun("--open: %w", err)
	}
	a.openPage(f.Name())
	return nil
}
