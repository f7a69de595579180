package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/export"
	"stickbench/report/reporttest"
)

// comparisonPages are comparisons as HTML, by name: of many differences, of texts that want to be markup, of an
// hour with 12 nodes and 60 labels, of next to nothing, and of several runs a side.
var comparisonPages = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	add := func(name string, before, after []*compare.Series) {
		c, err := compare.Compare(before, after, compare.Options{Margin: compare.DefaultMargin})
		if err != nil {
			panic(err)
		}
		var b bytes.Buffer
		if err := WriteComparison(&b, c, "v1.2.3"); err != nil {
			panic(err)
		}
		all[name] = b.String()
	}
	x, y := reporttest.TwoSides()
	add("differs", []*compare.Series{x}, []*compare.Series{y})

	s := sampletest.Stream{Seed: 2, Users: 3, Rounds: 100, Nodes: []string{evil, "s2"}, Labels: []string{evil, "/"}, Fail: 0.1, Pace: 100 * time.Millisecond}
	facts := func(value string) compare.Setup {
		return compare.Setup{Weights: map[string]float64{evil: 1, "s2": 2}, Facts: []compare.Fact{{Name: evil, Value: value, Load: true}}}
	}
	add("hostile", []*compare.Series{reporttest.Series(evil, s.Samples(), report.Run{Plan: evil, Weights: facts(evil).Weights}, facts(evil))}, []*compare.Series{reporttest.Series(evil, s.Samples(), report.Run{Plan: evil, Weights: facts("2").Weights}, facts("2"))})

	hour := reporttest.Series("an hour", anHour(), report.Run{Plan: "an hour"}, compare.Setup{})
	add("hour", []*compare.Series{hour}, []*compare.Series{hour})

	one := []*loadgen.Sample{{Start: sampletest.Epoch, Elapsed: time.Millisecond, Fine: true, Label: "/"}}
	add("nothing", []*compare.Series{reporttest.Series("", one, report.Run{}, compare.Setup{})}, []*compare.Series{reporttest.Series("", one, report.Run{}, compare.Setup{})})

	p := sampletest.Process{Samples: 600, Scale: 1, Label: "GET /", Sessions: 10, Weights: [2]int{1, 1}, Errors: 0.02}
	slower := p
	slower.Scale = 2
	add("runs", reporttest.ProcessRuns(p, 5, 1), reporttest.ProcessRuns(slower, 5, 2))
	return all
})

// comparisonSections are what every page of a comparison has.
var comparisonSections = []string{"verdict", "conditions", "metrics", "rows", "shares", "course", "curve", "differs", "method"}

func TestWriteComparisonHTML(t *testing.T) {
	for name, page := range comparisonPages() {
		for _, id := range comparisonSections {
			if !strings.Contains(page, ` id="`+id+`"`) {
				t.Errorf("%s has no section %s", name, id)
			}
		}
		for _, wrong := range []string{"ZgotmplZ", "NaN", "Inf", "%!", "<img", " src=", "url(", "@import"} {
			if strings.Contains(markup(page), wrong) {
				t.Errorf("%s contains %q", name, wrong)
			}
		}
		if n := len(page); n > 1<<20 {
			t.Errorf("%s has %d bytes", name, n)
		}
		if n := strings.Count(page, "<script"); n != 2 {
			t.Errorf("%s has %d scripts", name, n)
		}
		if dir := os.Getenv("HTML_PAGES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "compare-"+name+".html"), []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
			t.Log(name, len(page))
		}
	}
}

// A page says what the other formats say, in words beside the colours.
func TestComparisonHTMLSays(t *testing.T) {
	for name, parts := range map[string][]string{
		"differs": {
			"<h1>shop, before and after</h1>", `<strong class="badge fail">✗ WORSE</strong>`, "GET /cart|&lt;b&gt;", `<td class="l bad">✗ worse, certainly beyond the margin</td>`, `✗ (worse, certainly beyond the margin)`,
			"s1 before</span>", "50.0%, expected 50.0%", "66.8%, expected 66.7%", "weight 1</td><td class=\"l\">weight 2", "⚠ the load itself",
			"batch means", `<figure class="plot" id="p95">`, `class="line before"`, `id="percentiles"`, `id="failures"`, "✗ p95", "stickbench v1.2.3",
		},
		"hour":    {"Here are at most 60 labels", "= same"},
		"nothing": {"? CANNOT TELL", "No response named its node.", "There were no errors on either side.", "of runs on a side are too little"},
		"runs":    {"Student&#39;s t", "5 runs", "rates are per run"},
	} {
		for _, part := range parts {
			if !strings.Contains(comparisonPages()[name], part) {
				t.Errorf("%s does not say %s", name, part)
			}
		}
	}
}

// A comparison that was read from JSON has no charts, but a page.
func TestComparisonHTMLWithoutCharts(t *testing.T) {
	var text, page bytes.Buffer
	if err := export.WriteComparisonJSON(&text, reporttest.Comparison(t)); err != nil {
		t.Fatal(err)
	}
	var back compare.Comparison
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if err := WriteComparison(&page, &back, ""); err != nil || !strings.Contains(page.String(), "The course of the runs is not known.") {
		t.Errorf("%v", err)
	}
	if err := WriteComparison(&sampletest.BrokenWriter{}, &back, ""); err == nil {
		t.Error("no error")
	}
}

// What is better lies to the right; what sticks out of the track is cut, and said to be.
func TestEffectBars(t *testing.T) {
	of := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		name string
		ch   compare.Change
		want string
	}{
		{"slower", compare.Change{Metric: "p95", Unit: compare.UnitMS, Before: of(10), Delta: of(1), Low: of(0.5), High: of(1.5), Margin: 0.5}, "0 25 10.38 false false 25 50"},
		{"more", compare.Change{Metric: "throughput", Unit: compare.UnitRate, Before: of(10), Delta: of(1), Low: of(0.5), High: of(1.5), Margin: 0.5}, "75 25 89.62 false false 25 50"},
		{"beyond", compare.Change{Metric: "p95", Unit: compare.UnitMS, Before: of(10), Delta: of(9), Low: of(-0.5), High: of(20), Margin: 0.5}, "0 75 0 true false 25 50"},
		{"unbounded", compare.Change{Metric: "p95", Unit: compare.UnitMS, Before: of(10), Delta: of(0), Margin: 0.5}, "0 100 50 true true 25 50"},
		{"no margin", compare.Change{Metric: "error_rate", Unit: compare.UnitShare, Before: of(0), Delta: of(-0.1), Low: of(-0.2), High: of(0)}, "50 50 75 false false 0 0"},
		{"nothing at all", compare.Change{Metric: "error_rate", Unit: compare.UnitShare, Before: of(0), Delta: of(0), Low: of(0), High: of(0)}, "50 0 50 false false 0 0"},
		{"unknown", compare.Change{Metric: "p95", Unit: compare.UnitMS}, "0 0 0 false false 0 0"},
	} {
		e := newEffectRow(&c.ch, 3)
		if got := fmt.Sprint(e.Left, e.Width, e.At, e.CutLeft, e.CutRight, e.Margin, e.MarginWidth); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
