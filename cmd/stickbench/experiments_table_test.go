package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"stickbench/plans"
	"stickbench/report"
)

var experiments = flag.Bool("experiments", false, "run the experiments of the topic's table, which takes seven minutes, and write it anew")

// A tableRow is a row of the table: an experiment, what is expected of it, and what to show
// of stickbench's own results.
type tableRow struct {
	plan string
	// iterations are the laboratory's own where the plan has fewer; 0 leaves the plan's.
	iterations int
	known      string
	shows      []func(measured) string
}

// The known figures are from reports on the laboratory, from JMeter 2.13 and from HAProxy 2.6 in front of
// the laboratory's application.
var experimentTable = []tableRow{
	{"roundrobin", 0, "half of the requests each; every answer is a new session's", show(measured.requests, measured.lost)},
	{"task1-one-node", 0, "s2 answers all, its counter goes on", show(measured.requests, measured.lost)},
	{"one-user", 0, "one node answers all", show(measured.requests, measured.lost)},
	{"two-users", 0, "s1 1000, s2 1000", show(measured.requests, measured.lost)},
	{"task2-nodesessid", 0, "as with a cookie of the balancer's own", show(measured.requests, measured.lost)},
	{"task2-second-browser", 0, "the second browser gets the other node", show(measured.requests, measured.decisions)},
	{"task3-drain", 0, "old sessions stay, new ones go to s2", show(measured.moves, inPhase("drain"))},
	{"task3-ready", 0, "new sessions go to both again", show(measured.moves, inPhase("drain"), inPhase("ready"))},
	{"task3-maint", 0, "s1's users begin anew on s2, and stay there", show(measured.moves, inPhase("maint"), inPhase("ready"))},
	{"task4-baseline", 0, "s1 1000, s2 1000", show(measured.requests)},
	{"task4-delay-250", 1000, "the laboratory's application: s1 3.5 per second, median 256 ms, at most 510 ms", show(measured.slowNode)},
	{"task4-delay-2500", 1000, "report: s1 2, s2 1998, average 9 ms, at most 4999 ms; HAProxy: DOWN after 10.1 s", show(measured.requests, measured.times, measured.down)},
	{"task4-weights", 0, "two sessions say nothing about weights", show(measured.requests, measured.decisions)},
	{"task4-weights-clear-cookies", 1000, "s1 1334, s2 666; JMeter, 300 requests: s1 200, s2 100, average 370 ms, 5.3 per second", show(measured.requests, measured.times, measured.rate)},
	{"task5-leastconn", 0, "HAProxy, 120 requests: s1 11, s2 109", show(measured.requests)},
	{"task5-source", 0, "all users on one node", show(measured.requests)},
}

func show(figures ...func(measured) string) []func(measured) string { return figures }

const (
	tableBegin = "<!-- experiments: just experiments writes what is between here -->\n"
	tableEnd   = "<!-- and here -->\n"
)

// tablePath is the help topic that has the table, as tests see it.
const tablePath = "../../plans/help_experiments.md"

// The table has the experiments there are, and with -experiments what they measure today.
func TestExperimentsTable(t *testing.T) {
	if *experiments {
		measured := measuredTable(t)
		before, _, after := cutTable(t) // after the minutes that took: somebody may have edited it
		if err := os.WriteFile(tablePath, slices.Concat(before, []byte(measured), after), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, shown, _ := cutTable(t)
	testRows(t, string(shown))
}

// cutTable gives the table, and what is before and after it, the two comments included.
func cutTable(t *testing.T) (before, shown, after []byte) {
	t.Helper()
	topic, err := os.ReadFile(tablePath)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := bytes.Index(topic, []byte(tableBegin)), bytes.Index(topic, []byte(tableEnd))
	if begin < 0 || end < begin {
		t.Fatalf("the topic has no %s … %s", tableBegin, tableEnd)
	}
	begin += len(tableBegin)
	return topic[:begin], topic[begin:end], topic[end:]
}

// testRows compares the two columns that are not measured.
func testRows(t *testing.T, shown string) {
	var want []string
	for _, row := range experimentTable {
		if !slices.ContainsFunc(plans.Catalogue(), func(e plans.Entry) bool { return e.Name == row.plan }) {
			t.Errorf("no plan %s in the catalogue", row.plan)
		}
		want = append(want, row.label()+" | "+row.known)
	}
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([^|]+) \\|").FindAllStringSubmatch(shown, -1) {
		got = append(got, m[1]+" | "+m[2])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the table of experiments has\n%s\nwant\n%s\njust experiments writes it anew",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (row *tableRow) label() string {
	if row.iterations > 0 {
		return fmt.Sprintf("`%s` `--iterations %d`", row.plan, row.iterations)
	}
	return "`" + row.plan + "`"
}

// measuredTable runs all experiments and makes the table of them. Those that mostly sleep go on beside
// the others, which run one at a time so that they do not slow each other down.
func measuredTable(t *testing.T) string {
	bin := buildCommand(t)
	columns := []string{"embedded", "haproxy"}
	cells := make([][]string, len(experimentTable))
	var sleeping errgroup.Group
	for i := range experimentTable {
		cells[i] = make([]string, len(columns))
		if experimentTable[i].iterations == 0 {
			continue
		}
		for j, balancer := range columns {
			sleeping.Go(func() error { return experimentTable[i].measure(bin, balancer, &cells[i][j]) })
		}
	}
	for i := range experimentTable {
		for j, balancer := range columns {
			if experimentTable[i].iterations == 0 {
				if err := experimentTable[i].measure(bin, balancer, &cells[i][j]); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if err := sleeping.Wait(); err != nil {
		t.Error(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| experiment | expected | embedded balancer | %s |\n|---|---|---|---|\n", haproxyVersion(t))
	for i, row := range experimentTable {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row.label(), row.known, strings.Join(cells[i], " | "))
	}
	return b.String()
}

// measure runs the experiment and writes its cell.
func (row *tableRow) measure(bin, balancer string, cell *string) error {
	options := []string{"--balancer", balancer}
	if row.iterations > 0 {
		options = append(options, "--iterations", fmt.Sprint(row.iterations))
	}
	r := runExperiment(bin, row.plan, options...)
	var texts []string
	for _, figure := range row.shows {
		if text := figure(measured{r.results}); text != "" {
			texts = append(texts, text)
		}
	}
	*cell = strings.Join(texts, "; ")
	return r.err
}

var versionNumber = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+`)

func haproxyVersion(t *testing.T) string {
	out, err := exec.Command(needHAProxy(t), "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	return "HAProxy " + string(versionNumber.Find(out))
}

// measured are results, as the table's cells tell of them.
type measured struct{ *report.Results }

// requests are the nodes' numbers of requests: "s1 1000, s2 1000".
func (r measured) requests() string {
	return byNode(r.Nodes, func(n report.Node) int64 { return n.Requests })
}

// decisions are those that went to each node.
func (r measured) decisions() string {
	return "sessions: " + byNode(r.Nodes, func(n report.Node) int64 { return n.Decisions })
}

func byNode(nodes []report.Node, count func(report.Node) int64) string {
	var texts []string
	for _, n := range nodes {
		texts = append(texts, fmt.Sprintf("%s %d", n.Node, count(n)))
	}
	return strings.Join(texts, ", ")
}

func (r measured) lost() string {
	return fmt.Sprintf("%d of %d transitions lost the session", r.Affinity.Lost, r.Affinity.Transitions)
}

func (r measured) moves() string {
	if r.Affinity.Moves == 0 {
		return "no session moved"
	}
	return fmt.Sprintf("%d sessions moved, %d of them excused, %d lost", r.Affinity.Moves, r.Affinity.Excused, r.Affinity.Lost)
}

// inPhase says where the requests and the new sessions of a phase went.
func inPhase(name string) func(measured) string {
	return func(r measured) string {
		for _, p := range r.Phases {
			if p.Name == name {
				return fmt.Sprintf("%s: requests %s, new sessions %s", name,
					byNode(p.Nodes, func(n report.Node) int64 { return n.Requests }),
					byNode(p.Nodes, func(n report.Node) int64 { return n.Decisions }))
			}
		}
		return "no phase " + name
	}
}

func (r measured) times() string {
	return fmt.Sprintf("average %.0f ms, at most %.0f ms", r.Total.AverageMS, r.Total.MaxMS)
}

func (r measured) rate() string { return fmt.Sprintf("%.1f per second", r.Total.Throughput) }

// slowNode are s1's figures.
func (r measured) slowNode() string {
	for _, label := range r.Labels {
		for _, n := range label.Nodes {
			if n.Label == "s1" {
				return fmt.Sprintf("s1 %.1f per second, median %.0f ms, at most %.0f ms", n.Throughput, n.P50MS, n.MaxMS)
			}
		}
	}
	return "no s1"
}

// down says when s1 went down, and why.
func (r measured) down() string {
	e, ok := observed(r.Results, "s1", "down")
	if !ok {
		return "never DOWN"
	}
	return fmt.Sprintf("%s, after %.1f s", strings.TrimPrefix(e.Text, "s1 "), float64(e.AtMS)/1000)
}
