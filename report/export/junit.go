package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
)

// The elements and attributes are those that Jenkins, GitLab and GitHub's actions read: Jenkins's
// junit-10.xsd.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
		Out      *junitText  `xml:"system-out"`
		Err      *junitText  `xml:"system-err"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		junitText
	}
	junitText struct {
		Text string `xml:",cdata"` // its line breaks stay as they are
	}
)

// WriteJUnit writes the expectations as JUnit's XML: a suite for the plan with a test case for each of
// them. A case that failed says what was measured. Without expectations there is one case, that the run
// finished; a run that did not finish has it too, and it failed. Errors are in system-out, most frequent first, and the warnings in system-err. What
// is not printable is escaped as in the text report.
//
// Errors are those of w.
func WriteJUnit(w io.Writer, r *report.Results) error {
	seconds := fmt.Sprintf("%.3f", float64(r.DurationMS)/1000)
	suite := junitSuite{Name: format.Clean(r.Plan), Time: seconds, Tests: len(r.Expectations), Out: junitErrors(r.Errors), Err: junitLines(r.Warnings)}
	for i := range r.Expectations {
		c := junitCase{Name: format.Clean(r.Expectations[i].Text), Class: suite.Name, Time: "0"}
		if e := &r.Expectations[i]; !e.OK {
			suite.Failures++
			c.Failure = &junitFailure{Type: "expectation", Message: "measured " + format.Clean(e.Actual), junitText: junitText{format.Clean(e.Text) + "\nmeasured: " + format.Clean(e.Actual)}}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if r.Stopped == "" && len(r.Expectations) == 0 {
		suite.Tests++
		suite.Cases = append(suite.Cases, junitCase{Name: "the run finished", Class: suite.Name, Time: seconds})
	}
	if r.Stopped != "" {
		said := "the run did not finish: " + format.Clean(r.Stopped)
		suite.Tests++
		suite.Failures++
		suite.Cases = append(suite.Cases, junitCase{Name: "the run finished", Class: suite.Name, Time: "0",
			Failure: &junitFailure{Type: "run", Message: said, junitText: junitText{said}}})
	}
	return writeJUnit(w, suite, "results")
}

// WriteComparisonJUnit writes the conditions of a comparison as JUnit's XML: a suite with a test case for each of
// them. One that is met failed, and so did one that could not be judged.
//
// Errors are those of w.
func WriteComparisonJUnit(w io.Writer, r *compare.Comparison) error {
	suite := junitSuite{Name: "compare " + format.Clean(r.Before.Name) + " " + format.Clean(r.After.Name), Time: "0", Tests: len(r.Conditions), Err: junitLines(r.Warnings)}
	for _, c := range r.Conditions {
		one := junitCase{Name: "not: " + format.Clean(c.Text), Class: suite.Name, Time: "0"}
		if c.Met || c.NotJudged {
			suite.Failures++
			said := format.Clean(c.Actual)
			one.Failure = &junitFailure{Type: "regression", Message: said, junitText: junitText{format.Clean(c.Text) + "\n" + said}}
		}
		suite.Cases = append(suite.Cases, one)
	}
	return writeJUnit(w, suite, "comparison")
}

func writeJUnit(w io.Writer, suite junitSuite, what string) error {
	all := junitSuites{Name: "stickbench", Tests: suite.Tests, Failures: suite.Failures, Time: suite.Time, Suites: []junitSuite{suite}}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("write %s as JUnit XML: %w", what, err)
	}
	return nil
}

// junitErrors is the table of errors: count, label, kind and message.
func junitErrors(errors []report.Error) *junitText {
	lines := make([]string, len(errors))
	for i, e := range errors {
		lines[i] = fmt.Sprintf("%d × %s: %s: %s", e.Count, e.Label, e.Kind, e.Message)
		if e.Label == "" {
			lines[i] = fmt.Sprintf("%d × %s", e.Count, e.Message)
		}
	}
	return junitLines(lines)
}

func junitLines(lines []string) *junitText {
	if len(lines) == 0 {
		return nil
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("\n" + format.Clean(line))
	}
	return &junitText{b.String() + "\n"}
}
