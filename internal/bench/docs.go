package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Each document's section is what stands between these two lines.
const (
	sectionBegin = "<!-- bench: begin, written by `just bench --docs` -->\n"
	sectionEnd   = "<!-- bench: end -->\n"
)

// documents show the results: the README what matters most of them, the help topic all.
var documents = []struct {
	path  string
	write func(io.Writer, *Results) error
}{
	{"README.md", writeHeadline},
	{"internal/bench/help_cost.md", writeMarkdown},
}

// rewriteDocs puts the results into the documents of a checkout, in place of those that are there.
func rewriteDocs(root string, r *Results) error {
	var all []error
	for _, d := range documents {
		all = append(all, rewriteSection(filepath.Join(root, filepath.FromSlash(d.path)), r, d.write))
	}
	return errors.Join(all...)
}

func rewriteSection(path string, r *Results, write func(io.Writer, *Results) error) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := write(&text, r); err != nil {
		return err
	}
	updated, err := replaceSection(old, text.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, updated, 0o666)
}

// replaceSection puts a text between the two lines, which must each be there once and in this order.
func replaceSection(file, text []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(file, []byte(sectionBegin))
	_, after, closed := bytes.Cut(rest, []byte(sectionEnd))
	if !ok || !closed || bytes.Contains(after, []byte(sectionBegin)) || bytes.Contains(after, []byte(sectionEnd)) {
		return nil, fmt.Errorf("it must have the lines %q and %q once each", sectionBegin, sectionEnd)
	}
	return bytes.Join([][]byte{before, []byte(sectionBegin), text, []byte(sectionEnd), after}, nil), nil
}

// headlined are the rows that say most: the cheapest of the tools, stickbench as it is used, and the others that
// check responses.
var headlined = []string{"wrk", "stickbench, everything on", "k6, JSON checks", "JMeter"}

// writeHeadline prints the rows that say most, and the machine.
func writeHeadline(w io.Writer, r *Results) error {
	t := table{head: []string{"tool", "CPU µs/request", "× wrk", "requests/s", "peak MB"}, words: 1}
	for _, row := range r.Rows {
		if slices.Contains(headlined, row.Name) {
			t.add(row.Name, fmt.Sprintf("%.1f", row.CPUMicros), optional("%.1f", row.CPURatio), grouped(int64(row.PerSecond)), fmt.Sprintf("%.0f", float64(row.PeakBytes)/1e6))
		}
	}
	_, err := io.WriteString(w, t.String()+"\n"+paragraph(strings.TrimSpace(fmt.Sprintf("%s, %d connections, the median of %s.", r.Machine, r.Connections, plural(r.Runs, "run")))))
	return err
}
