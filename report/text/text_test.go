package text

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"stickbench/assert"
	"stickbench/internal/format"
	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
)

func TestWriteText(t *testing.T) {
	for name, r := range reporttest.Runs() {
		for _, width := range []int{80, 120} {
			var b bytes.Buffer
			if err := Write(&b, r, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			sampletest.Golden(t, fmt.Sprintf("%s-%d", name, width), b.Bytes())
		}
	}
	for _, name := range []string{"open", "failures", "foreign"} {
		var b bytes.Buffer
		if err := Write(&b, reporttest.Runs()[name], Options{Width: 100, Full: true}); err != nil {
			t.Fatal(err)
		}
		sampletest.Golden(t, name+"-full", b.Bytes())
	}
}

func TestWriteRuns(t *testing.T) {
	runs := []*report.Results{reporttest.Runs()["two-users"], reporttest.Runs()["foreign"], reporttest.Runs()["two-users"]}
	for _, width := range []int{60, 120} {
		var b bytes.Buffer
		if err := WriteRuns(&b, runs, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		sampletest.Golden(t, fmt.Sprintf("runs-%d", width), b.Bytes())
	}
	if err := WriteRuns(&sampletest.BrokenWriter{}, runs, Options{}); !errors.Is(err, sampletest.ErrBroken) {
		t.Error(err)
	}
}

// No line is longer than the terminal is wide, whatever the width; nothing from outside reaches it as a
// control character; and colours change nothing but colours.
func TestWriteTextFits(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9]+m")
	for name, r := range reporttest.Runs() {
		for width := 60; width <= 200; width += 7 {
			var text, colored bytes.Buffer
			if err := errors.Join(
				Write(&text, r, Options{Width: width, Full: true}),
				Write(&colored, r, Options{Width: width, Full: true, Color: true}),
			); err != nil {
				t.Fatal(err)
			}
			if got := sequence.ReplaceAllString(colored.String(), ""); got != text.String() {
				t.Errorf("%s at %d: colours change the text", name, width)
			}
			for line := range strings.Lines(text.String()) {
				line = strings.TrimSuffix(line, "\n")
				if format.Clean(line) != line {
					t.Errorf("%s: %q is not printable", name, line)
				}
				if have := format.Cells.StringWidth(line); have > width {
					t.Errorf("%s: %d columns, have %d: %s", name, have, width, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s: blanks at the end of %q", name, line)
				}
			}
		}
	}
}

func TestWriteTextFails(t *testing.T) {
	if err := Write(&sampletest.BrokenWriter{}, reporttest.Fold(nil, report.Run{}), Options{}); err == nil {
		t.Error("no error")
	}
}

// A run that was interrupted, or whose target's laboratory broke down, has not met its expectations by
// what it measured until then: "pass" would let a pipeline go on after a run of no use.
func TestBuilderStopped(t *testing.T) {
	e, err := assert.Known{}.CompileExpectation("errors == 0")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ stopped, verdict, begins string }{
		{"", "pass", "PASS  p — every session"},
		{"interrupted", "interrupted", "INTERRUPTED  p — every session"},
		{"failed", "incomplete", "INCOMPLETE  p — every session"},
	} {
		r := reporttest.Fold(sampletest.Responses(1, "s1:1:a s1:2:a"), report.Run{Plan: "p", Stopped: test.stopped, Expectations: []*assert.Expectation{e}})
		var b strings.Builder
		if err := Write(&b, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if r.Verdict != test.verdict || !strings.HasPrefix(b.String(), test.begins) || !strings.Contains(b.String(), "✓  errors == 0") {
			t.Errorf("%q: verdict %s\n%s", test.stopped, r.Verdict, b.String())
		}
	}
}
