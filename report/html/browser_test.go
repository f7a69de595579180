package html

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stickbench/internal/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Tests{M: m}.Run()) }

// open shows a page in a browser.
func open(t *testing.T, page string, w browsertest.Window) *browsertest.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	return browsertest.Open(t, (&url.URL{Scheme: "file", Path: file}).String(), w)
}

var (
	wideWindow = browsertest.Window{Width: 1280, Height: 1000}
	telephone  = browsertest.Window{Width: 390, Height: 844}
)

// looked is what is seen of a page.
type looked struct {
	Wide     bool     // the page can be scrolled sideways
	Overlaps []string // pairs of texts of one chart that cover each other
	Loaded   []string // what the page asked for
	Scripts  int
}

const look = `(() => {
const overlaps = [];
for (const frame of document.querySelectorAll(".frame")) {
  const texts = [...frame.querySelectorAll("span, b")].filter(e => e.getClientRects().length && !e.matches(".name"));
  for (const [i, a] of texts.entries()) for (const b of texts.slice(i + 1)) {
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    if (p.left + 1 < q.right && q.left + 1 < p.right && p.top + 1 < q.bottom && q.top + 1 < p.bottom)
      overlaps.push(frame.parentElement.id + ": " + a.textContent + " and " + b.textContent);
  }
}
return {
  Wide: document.documentElement.scrollWidth > document.documentElement.clientWidth, Overlaps: overlaps,
  Loaded: performance.getEntriesByType("resource").map(e => e.name), Scripts: document.scripts.length,
};
})()`

var (
	saidOnly    = regexp.MustCompile(` (title|aria-label|content)="[^"]*"`)
	foreignLink = regexp.MustCompile(`(?i)<[^>]*\s(src|href|action|data|poster|srcset|xlink:href)\s*=\s*["']?[^"'#\s]|<(iframe|object|embed|link|base|img)\b`)
)

// A browser shows every page whole, with its own policy in force, without a word on its console; on a wide screen and
// on a telephone nothing sticks out of the page and no texts of a chart overlap, with 2 nodes, 12 nodes and 60 labels.
func TestHTMLInBrowser(t *testing.T) {
	for _, name := range []string{"drain", "hour", "hostile", "nothing", "foreign"} {
		shows(t, name, pages()[name])
	}
	for _, name := range []string{"differs", "hostile", "hour"} {
		shows(t, "comparison "+name, comparisonPages()[name])
	}
}

func shows(t *testing.T, name, page string) {
	t.Helper()
	p := open(t, page, wideWindow)
	for _, w := range []browsertest.Window{wideWindow, telephone} {
		p.Look(w)
		var saw looked
		p.Eval(look, &saw)
		if saw.Wide || len(saw.Overlaps) > 0 || len(saw.Loaded) > 0 || saw.Scripts != 2 {
			t.Errorf("%s at %d: %+v", name, w.Width, saw)
		}
	}
	for _, line := range p.Console() {
		t.Errorf("%s: %s", name, line)
	}
	if found := foreignLink.FindString(saidOnly.ReplaceAllString(p.Text("document.body.outerHTML"), "")); found != "" {
		t.Errorf("%s: something from elsewhere: %s", name, found)
	}
}

// The policy is what keeps text that became a script from running.
func TestHTMLPolicy(t *testing.T) {
	page := strings.Replace(pages()["nothing"], "</body>", `<script>document.body.id = "owned"</script><img src="http://203.0.113.1/x"></body>`, 1)
	p := open(t, page, wideWindow)
	if p.Text("document.body.id") == "owned" || len(p.Console()) < 2 {
		t.Errorf("a script of no one's ran, or an image was asked for:\n%s", strings.Join(p.Console(), "\n"))
	}
}

// still are the pictures of a page, path by path and text by text, as numbers of whole units.
const still = `doc => [...doc.querySelectorAll(".plot")].map(f => [f.id,
  [...f.querySelectorAll(".frame path")].map(p => p.getAttribute("class") + " " + absolute(p.getAttribute("d"))).join("\n"),
  [...f.querySelectorAll(".frame > span, .frame > b")].map(e => e.textContent + "@" + Math.round(10 * parseFloat(e.style.left || e.style.bottom || e.style.top))).sort().join(" "),
].join("\n"))`

// absolute makes the places of a path comparable: Go may write H and V where the script does, but with other blanks.
const absolute = `globalThis.absolute = d => { let x = 0, y = 0, out = []; for (const [, c, rest] of d.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
  const n = (rest.match(/-?\d+/g) ?? []).map(Number);
  if (c === "M") [x, y] = n, out.push("M" + [x, y]);
  for (let i = 0; "lhv".includes(c) && i < n.length; i += c === "l" ? 2 : 1) { x += c === "v" ? 0 : n[i]; y += c === "l" ? n[i + 1] : c === "v" ? n[i] : 0; out.push(x + "," + y); }
} return out.join(" "); }`

// The still pictures and those that the script draws from the same description are the same, whatever is shown.
func TestPicturesAreTheSame(t *testing.T) {
	all := map[string]string{"comparison": comparisonPages()["differs"]}
	for _, name := range []string{"drain", "failures", "open", "hour"} {
		all[name] = pages()[name]
	}
	for name, page := range all {
		var drawn, written []string
		p := open(t, page, wideWindow)
		p.Eval(absolute, nil)
		p.Eval("("+still+")(document)", &drawn)
		source, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		p.Eval("("+still+`)(new DOMParser().parseFromString(`+string(source)+`, "text/html"))`, &written)
		if len(written) < 2 || len(drawn) != len(written) {
			t.Fatalf("%s: %d and %d pictures", name, len(written), len(drawn))
		}
		for i := range written {
			if written[i] != drawn[i] {
				t.Errorf("%s: %s", name, firstDifference(written[i], drawn[i]))
			}
		}
	}
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-60)
			return strings.SplitN(a, "\n", 2)[0] + "\n written " + a[from:min(len(a), i+60)] + "\n drawn   " + b[from:min(len(b), i+60)]
		}
	}
	return "lengths"
}

// Dragging over a chart, with a finger too, zooms all charts over time, a double click and Escape show all again, a legend switches its
// series, and pointing at one moment reads all charts there.
func TestChartsAnswer(t *testing.T) {
	p := open(t, pages()["failures"], wideWindow)
	ticks := func(id string) string {
		return p.Text(`[...document.querySelectorAll("#` + id + ` .frame > .x")].map(e => e.textContent).join(" ")`)
	}
	readout := func(id string) string { return p.Text(`document.querySelector("#` + id + ` .readout").textContent`) }
	whole := ticks("times")
	p.Drag("#rate .frame", 0.25, 0.5)
	if got := ticks("times"); got == whole || got != ticks("rate") || got != ticks("heat") || !strings.HasPrefix(got, "6 s") || strings.Contains(got, "12 s") {
		t.Errorf("zoomed to a quarter from 5 s on, the axes say %q", got)
	}
	if got := p.Text(`document.querySelectorAll("#distribution .reset").length`); got != "0" {
		t.Error("what is not over time was zoomed")
	}
	p.Click("#times .frame", 2)
	if got := ticks("rate"); got != whole {
		t.Errorf("after a double click the axis says %q, want %q", got, whole)
	}

	p.Swipe("#times .frame", 0.25, 0.5)
	if got := ticks("rate"); !strings.HasPrefix(got, "6 s") || strings.Contains(got, "12 s") {
		t.Errorf("zoomed by a finger to a quarter from 5 s on, the axis says %q", got)
	}
	p.Press("Escape")

	p.Point("#failures .frame", 0.126, 0.5)
	for id, want := range map[string]string{"rate": "2 s – 3 s · ok 3", "times": "2 s – 3 s · p99 ", "shares": "2 s – 3 s · s1 ", "failures": "2 s – 3 s · ", "heat": "2 s – 3 s · ", "activity": "2 s – 3 s · 20 users"} {
		if got := readout(id); !strings.HasPrefix(got, want) {
			t.Errorf("%s reads %q, want %q", id, got, want)
		}
	}
	var failed, drawn int
	p.Eval(`JSON.parse(document.getElementById("data").textContent).charts.find(c => c.id === "failures").series[0].values[2]`, &failed)
	p.Eval(`parseInt(document.querySelector("#failures .readout").textContent.split(" · ")[1])`, &drawn)
	if failed == 0 || failed != drawn {
		t.Errorf("the page has %d errors and reads %d", failed, drawn)
	}
	p.Eval(`document.querySelector("#rate .frame").focus({preventScroll: true})`, nil)
	p.Press("ArrowRight")
	if got := readout("times"); !strings.HasPrefix(got, "3 s – 4 s") {
		t.Errorf("after the arrow key %q", got)
	}
	p.Press("+")
	zoomed := ticks("times")
	p.Press("Escape")
	if zoomed == whole || ticks("times") != whole || readout("times") != "" {
		t.Errorf("keys: %q, then %q and %q", zoomed, ticks("times"), readout("times"))
	}

	lines := `document.querySelectorAll("#times path.line").length`
	p.Click("#times .legend button", 1) // p99
	if got := p.Text(`document.querySelectorAll("#times .frame path.third").length + " " + document.querySelector("#times .legend button").ariaPressed`); got != "0 false" {
		t.Errorf("p99 was switched off: %s", got)
	}
	p.Point("#times .frame", 0.5, 0.5)
	if got := readout("times"); strings.Contains(got, "p99") || !strings.Contains(got, "p95") {
		t.Errorf("without p99 it reads %q", got)
	}
	p.Click("#times .legend button", 1)
	if got := p.Text(`document.querySelectorAll("#times .frame path.third").length`); got != "1" {
		t.Errorf("p99 was switched on again: %s of %s lines", got, p.Text(lines))
	}
}

// Tables sort by their heads, labels fold their nodes, and a filter leaves what it names.
func TestTablesAnswer(t *testing.T) {
	p := open(t, pages()["twelve"], wideWindow)
	labels := func() string {
		return p.Text(`[...document.querySelectorAll("#summary tbody tr")].filter(r => !r.hidden && !r.matches(".faint")).map(r => r.cells[0].textContent.trim()).join(", ")`)
	}
	averages := func() (list []float64) {
		p.Eval(`[...document.querySelectorAll("#summary tbody tr:not(.faint):not(.strong)")].map(r => parseFloat(r.cells[2].textContent))`, &list)
		return list
	}
	before := labels()
	p.Click("#summary th:nth-child(3) .sort", 1)
	if list := averages(); len(list) != 3 || list[0] < list[1] || list[1] < list[2] {
		t.Errorf("sorted by the average, the largest first: %v", list)
	}
	if got := p.Text(`document.querySelector("#summary tbody").lastElementChild.cells[0].textContent`); got != "TOTAL" {
		t.Errorf("last is %s", got)
	}
	p.Click("#summary th:nth-child(3) .sort", 1)
	if list := averages(); list[0] > list[1] || list[1] > list[2] {
		t.Errorf("and the smallest first: %v", list)
	}
	p.Click("#summary th:nth-child(3) .sort", 1)
	if got := labels(); got != before {
		t.Errorf("as it was: %s, want %s", got, before)
	}

	nodes := `[...document.querySelectorAll("#summary tr.faint")].filter(r => !r.hidden).length`
	all := p.Text(nodes)
	p.Click("#summary .fold", 1)
	if got := p.Text(nodes); all != "36" || got != "24" {
		t.Errorf("%s rows of nodes, %s once a label was folded", all, got)
	}
	p.Click("#summary .all", 1)
	if got := p.Text(nodes); got != "0" {
		t.Errorf("all folded: %s", got)
	}
	p.Eval(`(f => { f.value = "app-11."; f.dispatchEvent(new Event("input")); })(document.querySelector("#summary .tools input"))`, nil)
	if got := p.Text(nodes); got != "3" {
		t.Errorf("filtered: %s rows of nodes: %s", got, labels())
	}
}

// What is copied from a table has no blanks between digits.
func TestCopiedNumbers(t *testing.T) {
	p := open(t, pages()["drain"], wideWindow)
	if got := p.Text(`(s => { s.selectAllChildren(document.querySelector("#summary tbody tr td:nth-child(2)")); return s.toString(); })(getSelection())`); got != "12000" {
		t.Errorf("%q", got)
	}
}
