package main

import (
	"bytes"
	"fmt"
	"os"
)

// The README's section is what stands between these two lines.
const (
	sectionBegin = "<!-- bench: begin, written by `just bench --readme README.md` -->\n"
	sectionEnd   = "<!-- bench: end -->\n"
)

// rewriteSection puts the results into a file, in place of those that are there.
func rewriteSection(path string, r *Results) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := writeMarkdown(&text, r); err != nil {
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
