package html

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser is a Chromium, or a skipped test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium: install it: apt-get install chromium")
	return ""
}

// looked is what the probe says of a page.
type looked struct {
	Wide     bool     // the page can be scrolled sideways
	Overlaps []string // pairs of texts of one chart that cover each other
	Loaded   []string // what the page asked for
	Said     string   // by the second column of the first chart, once it was pointed at
}

// probe looks at a page from within, and leaves what it saw in the document. It is let in by the test alone:
// the page's own policy would not run it.
const probe = `
const overlaps = [];
for (const frame of document.querySelectorAll(".frame")) {
  const texts = [...frame.querySelectorAll("span, b")].filter(e => e.getClientRects().length && !e.matches(".name"));
  for (const [i, a] of texts.entries()) for (const b of texts.slice(i + 1)) {
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    if (p.left + 1 < q.right && q.left + 1 < p.right && p.top + 1 < q.bottom && q.top + 1 < p.bottom)
      overlaps.push(frame.parentElement.id + ": " + a.textContent + " and " + b.textContent);
  }
}
const column = document.querySelectorAll(".columns rect")[1];
if (column) column.dispatchEvent(new PointerEvent("pointerenter"));
const saw = {
  Wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  Overlaps: overlaps,
  Loaded: performance.getEntriesByType("resource").map(e => e.name),
  Said: document.querySelector(".readout")?.textContent ?? "",
};
document.body.append(Object.assign(document.createElement("pre"), {id: "saw", textContent: JSON.stringify(saw)}));
`

var (
	policyElement = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	sawElement    = regexp.MustCompile(`(?s)<pre id="saw">(.*?)</pre>`)
	saidOnly      = regexp.MustCompile(` (title|aria-label|content)="[^"]*"`)
	foreignLink   = regexp.MustCompile(`(?i)<[^>]*\s(src|href|action|data|poster|srcset|xlink:href)\s*=\s*["']?[^"'#\s]|<(iframe|object|embed|link|base|img)\b`)
)

// dump renders a page in a window of that width and returns the document and what the browser logged.
func dump(t *testing.T, program, page string, width string) (dom, log string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+filepath.Join(dir, "profile"), "--window-size="+width+",1200",
		"--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", (&url.URL{Scheme: "file", Path: file}).String())
	c.WaitDelay = 5 * time.Second
	var out, errors bytes.Buffer
	c.Stdout, c.Stderr = &out, &errors
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	return out.String(), errors.String()
}

// consoleLines are what the page wrote to the console, errors included.
func consoleLines(log string) (lines []string) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, "CONSOLE") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// A browser shows every page whole, with its own policy in force, without a word on its console.
func TestHTMLInBrowser(t *testing.T) {
	program := browser(t)
	for _, name := range []string{"drain", "hostile", "nothing"} {
		dom, log := dump(t, program, pages()[name], "1280")
		for _, line := range consoleLines(log) {
			t.Errorf("%s: %s", name, line)
		}
		for _, id := range sections {
			if !strings.Contains(dom, `id="`+id+`"`) {
				t.Errorf("%s has no section %s", name, id)
			}
		}
		if found := foreignLink.FindString(saidOnly.ReplaceAllString(dom, "")); found != "" {
			t.Errorf("%s: something from elsewhere: %s", name, found)
		}
		if strings.Count(dom, "<script") != 1 {
			t.Errorf("%s: text became a script", name)
		}
	}
}

// On a wide screen and on a telephone nothing sticks out of the page and no texts of a chart overlap, with 2
// nodes, 12 nodes and 60 labels; and pointing at a chart says its values.
func TestHTMLFits(t *testing.T) {
	program := browser(t)
	for _, name := range []string{"drain", "failures", "hour"} {
		fits(t, program, name, pages()[name])
	}
}

// fits looks at a page in both widths.
func fits(t *testing.T, program, name, page string) {
	t.Helper()
	page = policyElement.ReplaceAllString(page, "")
	page = strings.Replace(page, "</body>", "<script>"+probe+"</script></body>", 1)
	for _, width := range []string{"1280", "390"} {
		dom, log := dump(t, program, page, width)
		found := sawElement.FindStringSubmatch(dom)
		var saw looked
		if found == nil || json.Unmarshal([]byte(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(found[1])), &saw) != nil {
			t.Fatalf("%s at %s: the probe did not run:\n%s", name, width, strings.Join(consoleLines(log), "\n"))
		}
		if saw.Wide || len(saw.Overlaps) > 0 || len(saw.Loaded) > 0 || !strings.Contains(saw.Said, "requests/s") {
			t.Errorf("%s at %s: %+v", name, width, saw)
		}
	}
}

// The policy is what keeps text that became a script from running.
func TestHTMLPolicy(t *testing.T) {
	program := browser(t)
	page := strings.Replace(pages()["nothing"], "</body>", `<script>document.body.id = "owned"</script><img src="http://203.0.113.1/x"></body>`, 1)
	dom, log := dump(t, program, page, "1280")
	if strings.Contains(dom, `id="owned"`) || len(consoleLines(log)) < 2 {
		t.Errorf("a script of no one's ran, or an image was asked for:\n%s", strings.Join(consoleLines(log), "\n"))
	}
}
