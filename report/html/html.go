package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	// Running says how far a run is that lasts; "" once it has ended.
	Running string
}

// Fact is a line of what ran where.
type Fact struct{ Name, Value string }

//go:embed *.html *.js style.css
var htmlFiles embed.FS

// templates are parsed by who makes a page, not at each start of the program.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"digits": digits}).ParseFS(htmlFiles, "*.html"))
})

var (
	htmlStyle = htmlFile("style.css")
	// htmlScript has its rooms in one closure.
	htmlScript = "(() => {\n\"use strict\";\n" + htmlFile("scales.js") + htmlFile("series.js") + htmlFile("interaction.js") + htmlFile("tables.js") + htmlFile("live.js") + "})();"
	// htmlPolicy lets the page load nothing at all, and run its own script alone: even text that slipped
	// through the escaping could neither run nor send anything anywhere.
	htmlPolicy = policy(htmlScript, "")
	// steerScript is beside it on the page of a run that lasts, which may ask where it comes from.
	steerScript = htmlScript + "(() => {\n\"use strict\";\n" + htmlFile("steer.js") + "})();"
)

// policy lets a page run that script, and do more that is a directive; "" for nothing.
func policy(script, more string) string {
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + digest(script) + "'" + more + "; base-uri 'none'; form-action 'none'"
}

func htmlFile(name string) string {
	b, err := htmlFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// grouped is a number with blanks between groups of its digits (format.Thousands).
var grouped = regexp.MustCompile(`\b[0-9]{1,3}(?: [0-9]{3})+\b`)

// digits sets the groups of a number's digits apart by style alone: what is copied has no blanks.
func digits(text string) template.HTML {
	return template.HTML(grouped.ReplaceAllStringFunc(template.HTMLEscapeString(text), func(number string) string {
		return strings.ReplaceAll(number, " ", "<i></i>")
	}))
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
	page, err := newHTMLPage(r, facts)
	if err != nil {
		return fmt.Errorf("write report as HTML: %w", err)
	}
	return (&Page{page}).Write(w)
}

// Page is a report as it is served to a browser while the run lasts (Facts.Running), which it can steer, and after.
type Page struct{ made *htmlPage }

// NewPage makes the page that Write writes, which besides may ask where it comes from for what changes.
func NewPage(r *report.Results, facts Facts) (*Page, error) {
	page, err := newHTMLPage(r, facts)
	if err != nil {
		return nil, err
	}
	script := htmlScript
	if facts.Running != "" {
		script = steerScript
	}
	page.Policy, page.Script, page.Live = policy(script, "; connect-src 'self'"), template.JS(script), true
	return &Page{page}, nil
}

// Write writes the page as a document.
func (p *Page) Write(w io.Writer) error {
	if err := writePage(w, "page.html", p.made); err != nil {
		return fmt.Errorf("write report as HTML: %w", err)
	}
	return nil
}

// Update is what a browser that has a page must know of a later one, for the script.
type Update struct {
	Title    string                   `json:"title"`
	Order    []string                 `json:"order"`    // of the sections, by id
	Sections map[string]template.HTML `json:"sections"` // those that changed
	Data     json.RawMessage          `json:"data"`     // the charts
}

// Since is what changed since an earlier page, nil for everything.
func (p *Page) Since(earlier *Page) Update {
	had := map[string]template.HTML{}
	if earlier != nil {
		for _, s := range earlier.made.Sections {
			had[s.ID] = s.HTML
		}
	}
	u := Update{Title: p.made.Tab, Sections: map[string]template.HTML{}, Data: json.RawMessage(p.made.Data)}
	for _, s := range p.made.Sections {
		u.Order = append(u.Order, s.ID)
		if had[s.ID] != s.HTML {
			u.Sections[s.ID] = s.HTML
		}
	}
	return u
}

// writePage writes a page at once: one that cannot be made is not begun.
func writePage(w io.Writer, name string, page any) error {
	var b bytes.Buffer
	if err := templates().ExecuteTemplate(&b, name, page); err != nil {
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
	Data   template.JS // the charts, as the script draws them
	Live   bool        // it is served, and asks for what changes
}

func newHTMLFrame(tab, version string, charts ...[]view.Chart) htmlFrame {
	return htmlFrame{htmlPolicy, template.CSS(htmlStyle), template.JS(htmlScript), tab, strings.TrimSpace("stickbench " + version), chartData(slices.Concat(charts...)), false}
}

// chartData is the charts as JSON, which json.Marshal makes safe to stand in a page. Charts over time have the same marks.
func chartData(charts []view.Chart) template.JS {
	data := struct {
		Marks  []view.Mark  `json:"marks"`
		Charts []view.Chart `json:"charts"`
	}{[]view.Mark{}, append([]view.Chart{}, charts...)}
	for i := range data.Charts {
		if c := &data.Charts[i]; c.X.Unit == "time" && c.Marks != nil {
			data.Marks, c.Marks = c.Marks, nil
		}
	}
	b, err := json.Marshal(data)
	if err != nil {
		panic(err) // numbers and text
	}
	return template.JS(b)
}

// htmlPage is what the template shows.
type htmlPage struct {
	htmlFrame
	Sections []htmlSection
	Nav      []htmlSection // those with a title

	Title, Said, Account, When, Running string
	Pass, Fail                          bool
	Cards                               []view.Card
	Expectations                        []report.Expectation
	Warnings                            []string

	Summary, Nodes    htmlTable
	Marks             bool // are counted
	Shares            shareView
	Affinity          []htmlFigure
	Timeline          []plot
	Latency           []plot
	Statuses, Timings htmlTable
	Apdex, Agents     htmlTable
	Asked             string
	Users             *userMatrix
	Phases, States    htmlTable
	Events            []htmlEvent
	MoreEvents        string
	Errors            htmlTable
	Diagram           *diagramView
	Ran               []Fact
	PlanFile, Plan    string
}

// htmlFigure is a fact about the sessions.
type htmlFigure struct{ Name, Figure, Remark string }

func newHTMLPage(r *report.Results, f Facts) (*htmlPage, error) {
	course, latency := view.TimeCharts(r), view.LatencyCharts(r.Latency)
	draw := drawAll
	if f.Running != "" {
		draw = frames
	}
	p := &htmlPage{
		Title: r.Plan, Said: sentence(view.Verdict(r)), Account: view.Account(r), When: whenText(f), Running: f.Running,
		Pass: r.Verdict == "pass", Fail: r.Verdict == "fail", Cards: view.Cards(r),
		Summary: htmlSummary(r), Shares: newShareView(r), Timeline: draw(course), Latency: draw(latency),
		Statuses: tableOf(view.StatusTable(r)), Timings: tableOf(view.TimingTable(r)), Apdex: tableOf(view.ApdexTable(r)),
		Agents: tableOf(view.AgentTable(r)), Asked: view.Asked(r),
		Users: newUserMatrix(r), Phases: htmlPhases(r), States: htmlStates(r), Errors: htmlFailures(r),
		Diagram: newDiagramView(f.Diagram), Ran: ranFacts(r, f), PlanFile: f.PlanFile, Plan: cleanLines(f.PlanSource),
	}
	if p.Title = format.Clean(p.Title); p.Title == "" {
		p.Title = "A recording"
	}
	tab := p.Title
	switch {
	case f.Running != "":
		tab += " – running"
		p.Cards[0].Name = "Verdict so far"
	case p.Pass || p.Fail:
		tab += " – " + r.Verdict
	}
	p.htmlFrame = newHTMLFrame(tab, f.Version, course, latency)
	for _, e := range r.Expectations {
		p.Expectations = append(p.Expectations, report.Expectation{Text: format.Clean(e.Text), OK: e.OK, Actual: format.Clean(e.Actual)})
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), htmlWarnings)] {
		p.Warnings = append(p.Warnings, shortened(format.Clean(w)))
	}
	for i := range r.Labels {
		p.Marks = p.Marks || r.Labels[i].Mark
	}
	if len(r.Nodes) > 0 {
		p.Nodes = tableOf(view.NodeTable(r))
	}
	facts, _ := view.AffinityFacts(r)
	for _, f := range facts {
		p.Affinity = append(p.Affinity, htmlFigure{f.Name, f.Figure, f.Remark})
	}
	p.Events, p.MoreEvents = htmlEventList(r)
	return p, p.fill()
}

// htmlSection is a part of the page that is written anew, as a whole, while a run lasts.
type htmlSection struct {
	ID, Title string
	HTML      template.HTML
}

// fill makes the sections, without those that have nothing to say.
func (p *htmlPage) fill() error {
	expectations := "Expectations"
	if len(p.Expectations) == 0 {
		expectations = "Warnings"
	}
	for _, s := range []struct {
		id, title string
		said      bool
	}{
		{"expectations", expectations, len(p.Expectations)+len(p.Warnings) > 0},
		{"summary", "Summary", true},
		{"timeline", "Timeline", len(p.Timeline) > 0},
		{"events", "Events", len(p.Events) > 0},
		{"nodes", "Nodes and their shares", len(p.Nodes.Rows) > 0},
		{"affinity", "Affinity", len(p.Affinity) > 0},
		{"latency", "Response times", len(p.Latency) > 0},
		{"responses", "Responses", len(p.Statuses.Rows) > 0},
		{"users", "Users and nodes", p.Users != nil},
		{"phases", "Phases", len(p.Phases.Rows)+len(p.States.Rows) > 0},
		{"errors", "Errors", len(p.Errors.Rows) > 0},
		{"agents", "Agents", len(p.Agents.Rows) > 0},
		{"exchanges", "First exchanges", p.Diagram != nil},
		{"ran", "What ran where", len(p.Ran) > 0 || p.Plan != ""},
	} {
		if !s.said {
			continue
		}
		var b bytes.Buffer
		if err := templates().ExecuteTemplate(&b, s.id, p); err != nil {
			return err
		}
		p.Nav = append(p.Nav, htmlSection{s.id, s.title, "<section id=\"" + template.HTML(s.id) + "\">\n<h2>" + template.HTML(s.title) + "</h2>\n" + template.HTML(b.String()) + "\n</section>\n"})
	}
	for _, name := range []string{"verdict", "contents"} {
		var b bytes.Buffer
		if err := templates().ExecuteTemplate(&b, name, p); err != nil {
			return err
		}
		p.Sections = append(p.Sections, htmlSection{name, "", template.HTML(b.String())})
	}
	p.Sections = append(p.Sections, p.Nav...)
	return nil
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
