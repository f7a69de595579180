package report

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

	"stickbench/internal/sequence"
)

// HTMLFacts are what ran where, for WriteHTML. What is not known stays empty, and is left out.
type HTMLFacts struct {
	Version string // of stickbench
	// PlanFile is where the plan came from, PlanSource its text.
	PlanFile, PlanSource string
	Seed                 *uint64
	Target, Host         string
	// Start and End are when the run began and ended; zero if unknown.
	Start, End time.Time
	// More are further facts, such as options and limits.
	More []HTMLFact
	// Diagram are the first exchanges; nil if nobody watched them.
	Diagram *sequence.Diagram
}

// HTMLFact is a line of what ran where.
type HTMLFact struct{ Name, Value string }

//go:embed html
var htmlFiles embed.FS

var (
	htmlTemplate = template.Must(template.ParseFS(htmlFiles, "html/*.html"))
	htmlStyle    = htmlFile("style.css")
	htmlScript   = htmlFile("script.js")
	// htmlPolicy lets the page load nothing at all, and run its own script alone: even text that slipped
	// through the escaping could neither run nor send anything anywhere.
	htmlPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + digest(htmlScript) + "'; base-uri 'none'; form-action 'none'"
)

func htmlFile(name string) string {
	b, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

func digest(script string) string {
	sum := sha256.Sum256([]byte(script))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// WriteHTML writes a report to be looked at: one document that needs nothing else, neither a network nor other
// files, and no script to be understood. It is light or dark as its reader has it, can be printed, and fits a
// telephone. An hour's run makes less than 1 MB of it. It is a function of r and facts alone; text that came
// from the target is escaped. The error is w's.
func WriteHTML(w io.Writer, r *Results, facts HTMLFacts) error {
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
	Expectations               []Expectation
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
	Ran            []HTMLFact
	PlanFile, Plan string
}

// htmlFigure is a fact about the sessions.
type htmlFigure struct{ Name, Figure, Remark string }

func newHTMLPage(r *Results, f HTMLFacts) *htmlPage {
	p := &htmlPage{
		Title: r.Plan, Said: sentence(SessionVerdict(r)), Account: account(r), When: whenText(f),
		Pass: r.Verdict == "pass", Fail: r.Verdict == "fail",
		Summary: htmlSummary(r), Shares: newShareView(r), Timeline: timePlots(r), Latency: latencyPlots(r.Latency),
		Users: newUserMatrix(r), Phases: htmlPhases(r), States: htmlStates(r), Errors: htmlFailures(r),
		Diagram: newDiagramView(f.Diagram), Ran: ranFacts(r, f), PlanFile: f.PlanFile, Plan: cleanLines(f.PlanSource),
	}
	if p.Title = clean(p.Title); p.Title == "" {
		p.Title = "A recording"
	}
	tab := p.Title
	if r.Verdict == "pass" || r.Verdict == "fail" {
		tab += " – " + r.Verdict
	}
	p.htmlFrame = newHTMLFrame(tab, f.Version)
	for _, e := range r.Expectations {
		p.Expectations = append(p.Expectations, Expectation{clean(e.Text), e.OK, clean(e.Actual)})
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), htmlWarnings)] {
		p.Warnings = append(p.Warnings, shortened(clean(w)))
	}
	if len(r.Nodes) > 0 {
		p.Nodes = tableOf(nodeTable(r))
	}
	var facts []fact
	facts, p.AffinityReason = affinityFacts(r)
	for _, f := range facts {
		p.Affinity = append(p.Affinity, htmlFigure{f.name, f.figure, f.remark})
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
		lines[i] = strings.ReplaceAll(clean(strings.ReplaceAll(lines[i], "\t", "    ")), "\r", "")
	}
	return strings.Join(lines, "\n")
}

func whenText(f HTMLFacts) string {
	if f.Start.IsZero() {
		return ""
	}
	return f.Start.UTC().Format("2006-01-02 15:04:05 UTC")
}

// ranFacts are what ran where.
func ranFacts(r *Results, f HTMLFacts) (list []HTMLFact) {
	add := func(name, value string) {
		if value != "" {
			list = append(list, HTMLFact{name, clean(value)})
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
