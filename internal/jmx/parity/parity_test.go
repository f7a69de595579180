//go:build jmeter

package parity

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
	"stickbench/report/jtl"
)

// comparison is what of a plan need not be the same: what is left to chance or to the clock.
type comparison struct {
	plan string
	// chance are the labels of rows whose counts are drawn: only their sum is the same. About are those that count
	// how often something fits into a time, which differ by a fifth, or by two.
	chance, about []string
	// drawn is what of the requests differs from run to run; it is compared as a star.
	drawn string
	// unordered says that rows of users who run beside one another begin in no fixed order.
	unordered bool
	// bytes are labels whose bytes are counted otherwise, and more are rows that JMeter has not.
	bytes, more []string
	// unasked are requests that only JMeter sends.
	unasked string
	// pauses are the laws of the pauses before samples, in milliseconds.
	pauses map[string]law
}

// law is what a pause lies between, but for single ones, and what its middle lies between.
type law struct{ least, most time.Duration }

const ms = time.Millisecond

var comparisons = []comparison{
	{plan: "requests"}, {plan: "extractors"}, {plan: "assertions"}, {plan: "data"}, {plan: "header-line"}, {plan: "phases"}, {plan: "modules"},
	{plan: "controllers", unordered: true}, {plan: "together", unordered: true},
	// JMeter 2.13 has no rows for what a page embeds, and counts it with the page.
	{plan: "resources", bytes: []string{"Page", "Some"}, more: []string{"Page › /a.png", "Page › /b.js", "Page › /style.css", "Some › /style.css"}},
	// JMeter 2.13 sends a password only when it is asked for one.
	{plan: "uploads", unasked: `^GET /private/page$`},
	{plan: "choices", unordered: true, chance: []string{"R1", "R2"}, drawn: `/echo/r[12]`},
	{plan: "transactions", unordered: true},
	{plan: "values", unordered: true, drawn: `(die|r|s|u|shared)=[-0-9a-z]+`},
	{plan: "errors", about: []string{"T1"}},
	// Of redirects that it leaves to its library, JMeter counts the last response.
	{plan: "redirects", unordered: true, bytes: []string{"Automatic"}},
	{plan: "flow", unordered: true, about: []string{"For a second"}},
	{plan: "pace", unordered: true, pauses: map[string]law{"Paced": {70 * ms, 110 * ms}}},
	{plan: "timers", unordered: true, pauses: map[string]law{
		"Constant": {60 * ms, 61 * ms}, "Both": {100 * ms, 101 * ms}, "Uniform": {50 * ms, 150 * ms}, "Gaussian": {60 * ms, 140 * ms},
		"Poisson": {40 * ms, 120 * ms}, "No pause": {0, ms}, "After pause": {80 * ms, 81 * ms},
	}},
}

// TestParity runs each plan through both, against one server.
func TestParity(t *testing.T) {
	j, ours := startable(t), build(t)
	for _, c := range comparisons {
		t.Run(c.plan, func(t *testing.T) {
			plan, err := filepath.Abs(filepath.Join("../testdata", c.plan+".jmx"))
			if err != nil {
				t.Fatal(err)
			}
			s := newServer(t)
			theirs := c.run(t, s, j.run(t, plan, s.properties()))
			our := c.run(t, s, ours.run(t, plan, s.properties()))
			c.compare(t, theirs, our)
		})
	}
}

// stickbench is the command, built.
type stickbench string

func build(t *testing.T) stickbench {
	name := filepath.Join(t.TempDir(), "stickbench")
	if out, err := exec.Command("go", "build", "-o", name, "stickbench/cmd/stickbench").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return stickbench(name)
}

func (s stickbench) run(t *testing.T, plan string, properties []string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ours.jtl")
	run(t, exec.Command(string(s), append([]string{"-n", "-t", plan, "-l", name}, properties...)...), filepath.Dir(plan))
	return name
}

// seen is what a run did: its rows, and what the server received.
type seen struct {
	labels   []string // in order of their first sample
	rows     map[string]*row
	requests map[string]int
	ended    map[string]time.Duration // of each user's last sample, by thread
}

// row is what is said of the samples of one label.
type row struct {
	count, failed int
	bytes         int64
	pauses        []time.Duration
}

// run reads a run's results, and takes what the server received in it.
func (c *comparison) run(t *testing.T, s *server, file string) *seen {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &seen{rows: map[string]*row{}, requests: map[string]int{}, ended: map[string]time.Duration{}}
	if _, err := new(jtl.Reading).Read(f, func(x *loadgen.Sample) error { r.add(x); return nil }); err != nil {
		t.Fatal(err)
	}
	drawn := regexp.MustCompile(cmp.Or(c.drawn, "$^"))
	unasked := regexp.MustCompile(cmp.Or(c.unasked, "$^"))
	for _, q := range s.took() {
		if !unasked.MatchString(q) {
			r.requests[drawn.ReplaceAllString(q, "*")]++
		}
	}
	return r
}

func (r *seen) add(s *loadgen.Sample) {
	if s.Inner { // which JMeter 2.13 does not write
		return
	}
	x := r.rows[s.Label]
	if x == nil {
		x = &row{}
		label := strings.Clone(s.Label)
		r.rows[label] = x
		r.labels = append(r.labels, label)
	}
	start := time.Duration(s.Start) * time.Microsecond
	if end, ok := r.ended[s.Thread]; ok {
		x.pauses = append(x.pauses, start-end)
	}
	r.ended[strings.Clone(s.Thread)] = start + s.Elapsed
	x.count++
	x.bytes += s.Received
	if s.Failed() {
		x.failed++
	}
}

// compare tells every difference.
func (c *comparison) compare(t *testing.T, theirs, ours *seen) {
	t.Helper()
	for _, label := range c.more {
		delete(ours.rows, label)
		ours.labels = slices.DeleteFunc(ours.labels, func(l string) bool { return l == label })
	}
	if c.unordered {
		slices.Sort(theirs.labels)
		slices.Sort(ours.labels)
	}
	if diff := gocmp.Diff(theirs.labels, ours.labels); diff != "" {
		t.Errorf("rows (-JMeter +ours):\n%s", diff)
	}
	their, our := c.counts(theirs), c.counts(ours)
	if diff := gocmp.Diff(their, our); diff != "" {
		t.Errorf("counts and failures (-JMeter +ours):\n%s", diff)
	}
	for _, label := range c.about {
		a, b := theirs.count(label), ours.count(label)
		if d := max(a-b, b-a); d > 2 && d > a { // JMeter is slow to begin
			t.Errorf("%s: %d samples, JMeter %d", label, b, a)
		}
	}
	for label, a := range theirs.rows {
		b := ours.rows[label]
		if b == nil || slices.Contains(c.bytes, label) || a.bytes == 0 && b.bytes == 0 {
			continue
		}
		if x, y := float64(a.bytes)/float64(a.count), float64(b.bytes)/float64(b.count); max(x-y, y-x) > 0.5 {
			t.Errorf("%s: %.1f bytes on average, JMeter %.1f", label, y, x)
		}
	}
	for label, law := range c.pauses {
		for who, r := range map[string]*seen{"JMeter": theirs, "ours": ours} {
			law.check(t, who+", "+label, r.rows[label].pauses)
		}
	}
	if c.about != nil { // their requests are as many as their rows
		for _, r := range []*seen{theirs, ours} {
			maps.DeleteFunc(r.requests, func(q string, _ int) bool { return strings.HasPrefix(q, "GET /slow/") })
		}
	}
	if diff := gocmp.Diff(theirs.requests, ours.requests); diff != "" {
		t.Errorf("what the server received (-JMeter +ours):\n%s", diff)
	}
}

// check holds the shortest of the pauses, and their middle, against the law. Machines that are busy make pauses
// longer, never shorter.
func (l law) check(t *testing.T, what string, pauses []time.Duration) {
	t.Helper()
	if len(pauses) == 0 {
		t.Errorf("%s: no pause", what)
		return
	}
	slices.Sort(pauses)
	// The first pause of a user may be none at all, where only the second sample has one to keep its distance from.
	const late = 40 * ms
	if middle := pauses[len(pauses)/2]; pauses[len(pauses)/4] < l.least/2-2*ms || middle < l.least-2*ms || middle > l.most+late {
		t.Errorf("%s: shortest pause %v, middle %v; want %v to %v", what, pauses[0], middle, l.least, l.most)
	}
}

func (r *seen) count(label string) int {
	if x := r.rows[label]; x != nil {
		return x.count
	}
	return 0
}

// counts are how many samples each row has, and how many of them failed; those left to chance in one.
func (c *comparison) counts(r *seen) map[string]string {
	all := map[string]string{}
	chance := 0
	for label, x := range r.rows {
		switch {
		case slices.Contains(c.chance, label):
			chance += x.count
		case !slices.Contains(c.about, label):
			all[label] = fmt.Sprintf("%d, %d failed", x.count, x.failed)
		}
	}
	if c.chance != nil {
		all[strings.Join(c.chance, " or ")] = fmt.Sprint(chance)
	}
	return all
}
