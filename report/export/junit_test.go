package export

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestWriteJUnit(t *testing.T) {
	for name, r := range map[string]*report.Results{"junit": exported(), "junit-nothing": {Plan: "nothing"}} {
		var b bytes.Buffer
		if err := WriteJUnit(&b, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sampletest.Golden(t, name, b.Bytes())
	}
}

func TestWriteMarkdown(t *testing.T) {
	for name, r := range map[string]*report.Results{"markdown": exported(), "markdown-nothing": {Plan: "nothing", Verdict: "none"}} {
		var b bytes.Buffer
		if err := WriteMarkdown(&b, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sampletest.Golden(t, name, b.Bytes())
	}
	if err := WriteMarkdown(&sampletest.BrokenWriter{}, &report.Results{}); !errors.Is(err, sampletest.ErrBroken) {
		t.Error(err)
	}
}

// What comes from a response must neither break the document nor end a CDATA section.
func TestJUnitEscapes(t *testing.T) {
	const nasty = "a]]>b<c>&\"'\x00\x1b[2J\xff\uFFFE\nü"
	r := &report.Results{
		Plan:         nasty,
		Expectations: []report.Expectation{{Text: nasty, Actual: nasty}, {Text: "fine", OK: true}},
		Errors:       []report.Error{{Label: nasty, Kind: "assertion", Message: nasty, Count: 3}, {Kind: "other", Message: "further", Count: 1}},
		Warnings:     []string{nasty},
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	const clean = `a]]>b<c>&"'\x00\x1b[2J\xff\ufffe\nü`
	s := back.Suites[0]
	if s.Name != clean || s.Cases[0].Name != clean || s.Cases[0].Failure.Message != "measured "+clean {
		t.Errorf("%+v", s)
	}
	if want := "\n3 × " + clean + ": assertion: " + clean + "\n1 × further\n"; s.Out.Text != want {
		t.Errorf("%q, want %q", s.Out.Text, want)
	}
	if back.Tests != 2 || back.Failures != 1 || s.Tests != 2 || s.Failures != 1 || s.Cases[1].Failure != nil {
		t.Errorf("%+v", back)
	}
}

func TestJUnitReportsErrors(t *testing.T) {
	if err := WriteJUnit(&sampletest.BrokenWriter{}, &report.Results{}); !errors.Is(err, sampletest.ErrBroken) || !strings.Contains(err.Error(), "JUnit") {
		t.Error(err)
	}
}

// A pipeline that reads nothing but this file must not take a run that was interrupted for one that passed.
func TestJUnitOfStoppedRun(t *testing.T) {
	var b strings.Builder
	r := &report.Results{Plan: "p", Stopped: "interrupted", Expectations: []report.Expectation{{Text: "errors == 0", OK: true}}}
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`tests="2" failures="1"`, `name="the run finished"`, "the run did not finish: interrupted"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}
