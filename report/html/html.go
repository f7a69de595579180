package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/format"
	"stickbench/internal/sequence"
	"stickbench/report"
	"stickbench/report/view"
)

// Facts are what ran where, for WriteHTML. What is not known stays empty, and is left out.
type Facts struct {
	Version string // of stickbench
	// PlanFile is where the plan came from, PlanSource its text.
	PlanFile, PlanSource string
	Seed                 *uint64
	Target, Host         string
	// Start and End are when the run began and ended; zero if unknown.
	Start, End time.Time
	// More are further facts, such as options and limits.
	More []Fact
	// Diagram are the first exchanges; nil if nobody watched them.
	Diagram *sequence.Diagram
}

// Fact is a line of what ran where.
type Fact struct{ Name, Value string }

//go:embed *.html style.css script.js
var htmlFiles embed.FS

var (
	htmlTemplate = template.Must(template.ParseFS(htmlFiles, "*.html"))
	htmlStyle    = htmlFile("style.css")
	htmlScript   = htmlFile("script.js")
	// htmlPolicy lets the page load nothing at all, and run its own script alone: even text that slipped
	// through the escaping could neither run nor send anything anywhere.
	htmlPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + digest(htmlScript) + "'; base-uri 'none'; form-action 'none'"
)

func htmlFile(name string) string {
	b, err := htmlFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

func digest(script string) string {
	sum := sha256.Sum256([]byte(script))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Write writes a report to be looked at: one document that needs nothing else, neither a network nor other
// files, and no script to be understood. It is light or dark as its reader has it, can be printed, and fits a
// telephone. An hour's run makes less than 1 MB of it. It is a function of r and facts alone; text that came
// from the target is escaped. The error is w's.
func Write(w io.Writer, r *report.Results, facts Facts) error {
	if err := writePage(w, "page.html", newHTMLPage(r, facts)); err != nil {
		return fmt.Errorf("write report as HTML: %w", err)
	}
	return nil
}

// writePage writes a page at once: one that cannot be made is not begun.
func writePage(w io.Writer, name string, page any) error {
	var b bytes.Buffer
	if err := htmlTemplate.ExecuteTemplate(&b, name, page); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// htmlFrame is what is around every page.
type htmlFrame struct {
	Policy string
	Style  template.CSS // our own
	Script template.JS  // our own
	Tab    string       // the title of the window
	Maker  string
}

func newHTMLFrame(tab, version string) htmlFrame {
	return htmlFrame{htmlPolicy, template.CSS(htmlStyle), template.JS(htmlScript), tab, strings.TrimSpace("stickbench " + version)}
}

// htmlPage is what the template shows.
type htmlPage struct {
	htmlFrame

	Title, Said, Account, When string
	Pass, Fail                 bool
	Expectations               []report.Expectation
	Warnings                   []string

	Summary, Nodes htmlTable
	Shares         shareView
	Affinity       []htmlFigure
	AffinityReason string
	Timeline       []plot
	Latency        []plot
	Users          *userMatrix
	Phases, States htmlTable
	Events         []htmlEvent
	MoreEvents     string
	Errors         htmlTable
	Diagram        *diagramView
	Ran            []Fact
	PlanFile, Plan string
}

// htmlFigure is a fact about the sessions.
type htmlFigure struct{ Name, Figure, Remark string }

func newHTMLPage(r *report.Results, f Facts) *htmlPage {
	p := &htmlPage{
		Title: r.Plan, Said: sentence(view.SessionVerdict(r)), Account: view.Account(r), When: whenText(f),
		Pass: r.Verdict == "pass", Fail: r.Verdict == "fail",
		Summary: htmlSummary(r), Shares: newShareView(r), Timeline: timePlots(r), Latency: latencyPlots(r.Latency),
		Users: newUserMatrix(r), Phases: htmlPhases(r), States: htmlStates(r), Errors: htmlFailures(r),
		Diagram: newDiagramView(f.Diagram), Ran: ranFacts(r, f), PlanFile: f.PlanFile, Plan: cleanLines(f.PlanSource),
	}
	if p.Title = format.Clean(p.Title); p.Title == "" {
		p.Title = "A recording"
	}
	tab := p.Title
	if r.Verdict == "pass" || r.Verdict == "fail" {
		tab += " – " + r.Verdict
	}
	p.htmlFrame = newHTMLFrame(tab, f.Version)
	for _, e := range r.Expectations {
		p.Expectations = append(p.Expectations, report.Expectation{Text: format.Clean(e.Text), OK: e.OK, Actual: format.Clean(e.Actual)})
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), htmlWarnings)] {
		p.Warnings = append(p.Warnings, shortened(format.Clean(w)))
	}
	if len(r.Nodes) > 0 {
		p.Nodes = tableOf(view.NodeTable(r))
	}
	var facts []view.Fact
	facts, p.AffinityReason = view.AffinityFacts(r)
	for _, f := range facts {
		p.Affinity = append(p.Affinity, htmlFigure{f.Name, f.Figure, f.Remark})
	}
	p.Events, p.MoreEvents = htmlEventList(r)
	return p
}

// sentence is s with a capital letter and a full stop.
func sentence(s string) string {
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// cleanLines is a text of several lines, each of them safe to print.
func cleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(format.Clean(strings.ReplaceAll(lines[i], "\t", "    ")), "\r", "")
	}
	return strings.Join(lines, "\n")
}

func whenText(f Facts) string {
	if f.Start.IsZero() {
		return ""
	}
	return f.Start.UTC().Format("2006-01-02 15:04:05 UTC")
}

// ranFacts are what ran where.
func ranFacts(r *report.Results, f Facts) (list []Fact) {
	add := func(name, value string) {
		if value != "" {
			list = append(list, Fact{name, format.Clean(value)})
		}
	}
	add("Plan", r.Plan)
	add("Plan file", f.PlanFile)
	add("Target", f.Target)
	add("Started", whenText(f))
	if !f.End.IsZero() {
		add("Ended", f.End.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if f.Seed != nil {
		add("Seed", strconv.FormatUint(*f.Seed, 10))
	}
	add("stickbench", f.Version)
	add("Host", f.Host)
	for _, m := range f.More {
		add(m.Name, m.Value)
	}
	return list
}
