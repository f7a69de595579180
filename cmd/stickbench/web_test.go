package main

import (
	"bufio"
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stickbench/internal/browsertest"
)

// The page of a run grows while the run lasts, keeps what its reader chose, and in the end shows what report.html shows,
// until Ctrl-C: the first one ends the run here, the second one the page.
func TestLivePage(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	c := exec.CommandContext(ctx, theCommand(t), "run", "two-users", "--iterations", "1000000", "--duration", "50s", "--web", "127.0.0.1:0", "--out", "run", "--quiet")
	c.Dir = dir
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	lines := bufio.NewScanner(stderr)
	says := func(what string) string {
		for lines.Scan() {
			if _, after, ok := strings.Cut(lines.Text(), what); ok {
				return after
			}
		}
		t.Fatalf("it never said %q", what)
		return ""
	}
	at := says("live page at ")
	p := browsertest.Open(t, at, browsertest.Window{Width: 1280, Height: 1000})

	until := func(what, expression string) {
		t.Helper()
		var ok bool
		p.Eval(`new Promise(done => { const ends = Date.now() + 20000; (function look() { let is = false; try { is = `+expression+`; } catch {} is || Date.now() > ends ? done(is) : setTimeout(look, 50); })(); })`, &ok)
		if !ok {
			t.Fatalf("%s: the page says\n%s", what, p.Text("document.body.innerText.slice(0, 2000)"))
		}
	}
	until("running", `document.title === "two users – running" && document.querySelector(".running").textContent.includes("RUNNING")`)
	until("charts over time", `document.querySelector("#rate .frame path.stack").getAttribute("d").length > 0`)
	p.Click("#nodes th:nth-child(2) .sort", 1)
	p.Click("#times .legend button", 1)
	samples := `parseInt(document.querySelector("#summary .strong").cells[1].textContent)`
	p.Eval("globalThis.was = "+samples, nil)
	until("more samples", samples+" > was")

	// The page steers the run. What acts on the balancer is asked back.
	steers := func(button string) string {
		return `[...document.querySelectorAll(".steer button")].find(b => b.textContent === "` + button + `")`
	}
	p.Click(".steer > button", 1)
	until("paused", "!!"+steers("Go on"))
	until("the event", `document.querySelector("#events").textContent.includes("paused (by hand: page)")`)
	p.Click(".steer > button", 1)
	until("going on", "!!"+steers("Pause"))
	p.Eval(steers("Drain")+".click()", nil)
	until("a question", `document.querySelector(".steer dialog p").textContent === "drain s1?"`)
	p.Click(".steer dialog button", 1)
	until("drained", `document.querySelector(".steer output").value === "node s1: drain" && document.querySelector("#events").textContent.includes("(by hand: page)")`)
	if got := p.Text(`document.querySelector("#nodes th:nth-child(2)").ariaSort + " " + document.querySelector("#times .legend button").ariaPressed`); got != "descending false" {
		t.Errorf("what was chosen became %s", got)
	}

	c.Process.Signal(syscall.SIGINT)
	if again := says("the page stays at "); again != at+" until Ctrl-C" {
		t.Errorf("it stays at %s", again)
	}
	until("the report", `document.title === "two users" && !document.querySelector(".running") && document.querySelector(".cards").textContent.includes("INTERRUPTED")`)
	said := `[...document.querySelectorAll("main > [id]")].map(e => e.id + ": " + [...e.querySelectorAll(".note, .cards, td, dd, li, h2")].map(x => x.textContent).join("|")).join("\n")`
	live := p.Text(said)
	until("no controls for a run that is over", `!document.querySelector(".steer")`)
	report := browsertest.Open(t, (&url.URL{Scheme: "file", Path: filepath.Join(dir, "run", reportFile)}).String(), browsertest.Window{Width: 1280, Height: 1000})
	report.Click("#nodes th:nth-child(2) .sort", 1)
	if want := report.Text(said); live != want || len(want) < 1000 {
		t.Errorf("the live page ends with\n%s\n\nthe report says\n%s", live, want)
	}
	for _, line := range p.Console() {
		t.Errorf("on its console: %s", line)
	}
	c.Process.Signal(syscall.SIGINT)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("it ended with %d", code)
	}
}
