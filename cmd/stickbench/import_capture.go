package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"stickbench/internal/capture"
)

// captured are the options of `stickbench import` for curl commands and HAR files.
type captured struct {
	Cookies, Static bool
	Hosts           []string
}

// importCapture imports curl commands and HAR files. ok is false for what is neither.
func (a *app) importCapture(source []byte, name string, o *captured, asJSON bool) (ok bool, err error) {
	file := filepath.Base(name)
	options := capture.Options{File: file, Cookies: o.Cookies, Static: o.Static, Hosts: o.Hosts}
	var plan *capture.Plan
	switch {
	case capture.IsCurl(string(source[:min(len(source), 4096)])):
		plan, err = capture.Curl(string(source), options)
	case capture.IsHAR(source):
		plan, err = capture.HAR(source, options)
	default:
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("%s: %s", file, strings.ReplaceAll(err.Error(), "\n", "\n"+file+": ")) // a line for each problem
	}
	return true, a.printCapture(plan, file, asJSON)
}

// importSource is what is to be imported: a curl command itself, in one argument or in several behind --, or the
// content of a file, which is read once, as a pipe can be.
func (a *app) importSource(args []string) (source []byte, name string, err error) {
	switch {
	case len(args) > 1:
		quoted := make([]string, len(args))
		for i, word := range args {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		if command := strings.Join(quoted, " "); capture.IsCurl(command) {
			return []byte(command), "curl", nil
		}
		return nil, "", fmt.Errorf("import takes one file, or a curl command in quotes, not %d arguments", len(args))
	case capture.IsCurl(args[0]):
		return []byte(args[0]), "curl", nil
	}
	name = args[0]
	if name == "-" {
		name = "standard input"
	}
	source, err = readAll(args[0], a.stdin)
	return source, name, err
}

func (a *app) printCapture(plan *capture.Plan, file string, asJSON bool) error {
	var err error
	if asJSON {
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(map[string]any{"schema": "stickbench.import/1", "file": file, "notes": append([]string{}, plan.Notes...), "plan": plan.TOML})
	} else {
		_, err = io.WriteString(a.stdout, plan.TOML)
		for _, note := range plan.Notes {
			fmt.Fprintf(a.stderr, "note, %s\n", note)
		}
	}
	if err != nil {
		return cannotRun("the plan could not be printed: %w", err)
	}
	if !a.checkImported(plan.TOML) {
		return &exitError{code: exitFailed}
	}
	return nil
}
