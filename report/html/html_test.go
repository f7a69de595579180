package html

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/internal/sequence"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/reporttest"
)

// evil is what a response might say to break out of the page.
const evil = `</script></style><img src=http://203.0.113.1/x onerror=alert(1)>"'{{.}}<script>alert(1)</script>`

// anHour are the samples of an hour: 250 users, 12 nodes, 60 labels, one in fifty a failure. Users in twenties
// move to another node in the middle.
func anHour() (samples []*loadgen.Sample) {
	s := sampletest.Stream{Seed: 8, Users: 250, Rounds: 6, Sticky: true, Fail: 0.02, Pace: 10 * time.Second}
	s.Nodes, s.Labels = sampletest.Crowded(60).Nodes, sampletest.Crowded(60).Labels
	s.Each(func(sample *loadgen.Sample) {
		if sample.Start-sampletest.Epoch > 1800e6 && sample.User%20 == 0 && sample.Node != "" {
			sample.Node = s.Nodes[0]
		}
		sample.Elapsed /= 40
		samples = append(samples, sample)
	})
	return samples
}

// hostile is a run whose every text wants to be markup.
func hostile() *report.Results {
	s := sampletest.Stream{Seed: 2, Users: 3, Rounds: 30, Nodes: []string{evil, "s2"}, Labels: []string{evil}, Fail: 0.1, Pace: 100 * time.Millisecond}
	samples := s.Samples()
	for _, sample := range samples {
		if sample.Failed() {
			sample.Failure = evil
		}
	}
	r := reporttest.Fold(samples, report.Run{Plan: evil, Warnings: []string{evil}, Weights: map[string]float64{evil: 1, "s2": 2}})
	r.Expectations = []report.Expectation{{Text: evil, Actual: evil}}
	r.Events = []report.Event{{AtMS: 500, Name: evil, Text: evil, Answer: evil, OK: true, Phase: true}}
	return r
}

// firstExchanges is the diagram of two users, with a failure.
func firstExchanges() *sequence.Diagram {
	b := sequence.Builder{Title: "two users"}
	for i := range 4 {
		x := sequence.Exchange{
			User: 1 + i%2, Life: 1, Start: time.UnixMicro(sampletest.Epoch + int64(i)*1000), Method: "GET", Path: "/", Label: "GET /",
			Status: 200, SetCookie: []string{"SERVERID=s1; path=/"}, Held: "SERVERID=s1",
			Node: fmt.Sprintf("s%d", 1+i%2), Detail: "counter 1",
		}
		if i == 3 {
			x.Outcome, x.SetCookie, x.Kind, x.Failure = sequence.NoResponse, nil, "closed", "closed before the first byte "+evil
		}
		b.Add(x)
	}
	return b.Freeze()
}

// pages are the reports as HTML, by name.
var pages = sync.OnceValue(func() map[string]string {
	seed := uint64(7)
	facts := Facts{
		Version: "v1.2.3", PlanFile: "two-users.toml", PlanSource: "name = \"two users\"\n\n[[group]]\n\tusers = 2 # " + evil,
		Seed: &seed, Target: "http://127.0.0.1:8080", Host: "linux/amd64, 2 CPUs, go1.26",
		Start: time.UnixMicro(sampletest.Epoch), End: time.UnixMicro(sampletest.Epoch).Add(time.Minute),
		More: []Fact{{"Options", "--users 2 " + evil}},
	}
	runs := maps.Clone(reporttest.Runs())
	runs["hostile"] = hostile()
	var events []report.Event
	for i := range 80 {
		events = append(events, report.Event{AtMS: int64(i) * 40_000, Text: fmt.Sprintf("set server nodes/s%d state drain", i), OK: i%3 > 0, Observed: i%5 == 1})
	}
	runs["hour"] = reporttest.Fold(anHour(), report.Run{Plan: "an hour"}, events...)
	all := map[string]string{}
	for name, r := range runs {
		facts.Diagram = nil
		if name == "two-users" || name == "hostile" {
			facts.Diagram = firstExchanges()
		}
		var b bytes.Buffer
		if err := Write(&b, r, facts); err != nil {
			panic(err)
		}
		all[name] = b.String()
	}
	return all
})

// sections are those of a page, in their order.
var sections = regexp.MustCompile(`<(?:section|header) id="(\w+)"`)

func sectionsOf(page string) (list []string) {
	for _, found := range sections.FindAllStringSubmatch(page, -1) {
		list = append(list, found[1])
	}
	return list
}

var scripts = regexp.MustCompile(`(?s)<script.*?</script>`)

// markup is a page without its scripts, and without what only wants to be an image.
func markup(page string) string {
	return strings.ReplaceAll(scripts.ReplaceAllString(page, ""), "&lt;img src=", "")
}

// A page has the sections that have something to say: a recording without nodes has no empty ones.
func TestSections(t *testing.T) {
	for name, want := range map[string]string{
		"drain":   "verdict expectations summary timeline events nodes affinity latency responses users phases ran",
		"nothing": "verdict summary ran",
		"foreign": "verdict summary timeline latency responses errors ran",
	} {
		if got := strings.Join(sectionsOf(pages()[name]), " "); got != want {
			t.Errorf("%s has the sections %s, want %s", name, got, want)
		}
	}
}

func TestWriteHTML(t *testing.T) {
	for name, page := range pages() {
		for _, wrong := range []string{"ZgotmplZ", "NaN", "Inf", "%!", "<img", "http-equiv=\"refresh\"", " src=", "url(", "@import"} {
			if at := strings.Index(markup(page), wrong); at >= 0 {
				t.Errorf("%s contains %q", name, wrong)
			}
		}
		if n := len(page); n > 1<<20 {
			t.Errorf("%s has %d bytes", name, n)
		}
		if n := strings.Count(page, "<script"); n != 2 {
			t.Errorf("%s has %d scripts", name, n)
		}
	}
	if dir := os.Getenv("HTML_PAGES"); dir != "" {
		for name, page := range pages() {
			if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
			t.Log(name, len(page))
		}
	}
}

func TestWriteHTMLFails(t *testing.T) {
	if err := Write(&sampletest.BrokenWriter{}, reporttest.Fold(nil, report.Run{}), Facts{}); err == nil {
		t.Error("no error")
	}
}

// The same results make the same page.
func TestWriteHTMLIsPure(t *testing.T) {
	r := reporttest.Runs()["failures"]
	var a, b bytes.Buffer
	if err := Write(&a, r, Facts{}); err != nil {
		t.Fatal(err)
	}
	if err := Write(&b, r, Facts{}); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("two pages of the same results differ")
	}
}
