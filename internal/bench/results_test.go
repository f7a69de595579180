package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 9, 2}, 3},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

// ran is a run of so much CPU time for 1000 requests.
func ran(cpu, p99 time.Duration, peak int64) measurement {
	return measurement{figures{1000, 0, float64(time.Second / cpu), p99}, usage{cpu, peak}, 1000}
}

// Each figure has its own median, a run without p99 leaves that of the others, the ratio is that of rounds, and
// rows stand by cost.
func TestRows(t *testing.T) {
	const ms = time.Millisecond
	none, b := measurement{}, &rig{}
	nameless := &tool{}
	rows := b.rows(t.Context(), []contender{{name: "k6", tool: nameless}, {name: "wrk", tool: wrk}, {name: "h2load", tool: nameless}, {name: "ab", tool: nameless}, {name: "hey", tool: nameless}},
		[][]measurement{
			{ran(80*ms, 5*ms, 30), ran(40*ms, 3*ms, 10), ran(50*ms, 9*ms, 20)},
			{ran(10*ms, notSaid, 2), none, ran(30*ms, 2*ms, 4)},
			{ran(15*ms, notSaid, 2), none, none},
			{none, ran(60*ms, ms, 1), none},
			{none, none, none},
		})
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "h2load wrk k6 ab" {
		t.Fatalf("the rows stand as %s", got)
	}
	h, w, k, a := rows[0], rows[1], rows[2], rows[3]
	if k.CPUMicros != 50 || k.CPUMin != 40 || k.CPUMax != 80 || math.Abs(*k.CPURatio-(8+5.0/3)/2) > 1e-9 || *k.P99MS != 5 || k.PeakBytes != 20 || k.Runs != 3 || k.Requests != 1000 {
		t.Errorf("k6: %+v", k)
	}
	if w.CPUMicros != 20 || *w.CPURatio != 1 || *w.P99MS != 2 || w.Runs != 2 || h.P99MS != nil || *h.CPURatio != 1.5 || h.Runs != 1 {
		t.Errorf("wrk: %+v, h2load: %+v", w, h)
	}
	if a.CPURatio != nil {
		t.Error("a ratio to wrk without a round in common")
	}
	alone := b.rows(t.Context(), []contender{{name: "hey", tool: nameless}}, [][]measurement{{ran(ms, ms, 1)}})
	if alone[0].CPURatio != nil {
		t.Error("a ratio to wrk without wrk")
	}
}

// A child's ru_maxrss begins with the parent's memory: wrk's 3 MB once showed as this program's 12.
func TestPeak(t *testing.T) {
	for _, c := range []struct{ maxRSS, own, watched, want int64 }{
		{maxRSS: 50, own: 12, watched: 48, want: 50},
		{maxRSS: 12, own: 12, watched: 3, want: 3},
		{maxRSS: 11, own: 12, watched: 3, want: 3},
		{maxRSS: 50, own: 0, watched: 0, want: 50},
		{maxRSS: 11, own: 12, watched: 0, want: 11},
	} {
		if got := peak(c.maxRSS, c.own, c.watched); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		requests, failed, served int64
		want                     string
	}{
		{1000, 0, 1000, ""},
		{1000, 0, 1050, ""},
		{1000, 0, 1053, "says that it made 1000 requests, the server counted 1053"},
		{1000, 0, 900, "says that it made 1000 requests, the server counted 900"},
		{1000, 7, 1000, "7 of 1000 requests failed"},
	} {
		m := measurement{figures: figures{Requests: c.requests, Failed: c.failed}, Served: c.served}
		if got := strings.Join(m.warnings(50), "; "); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func results() *Results {
	half, p99 := 0.5, 1.25
	return &Results{
		Schema: schema, Server: "nginx 1.22.1", Pinned: true, Connections: 50, Seconds: 5, Runs: 3,
		Machine: machine{CPU: "AMD EPYC", Cores: 2, System: "linux/amd64", Kernel: "6.1.0", Go: "go1.26.0", LoadAvg: 0.25},
		Rows: []Row{
			{Name: "stickbench, bare", Runs: 3, CPUMicros: 7.44, CPUMin: 7, CPUMax: 8.25, CPURatio: &half, PerSecond: 123456.7, PeakBytes: 12_340_000, P99MS: &p99},
			{Name: "wrk", Version: "4.1.0", Runs: 3, CPUMicros: 14.88, CPUMin: 14, CPUMax: 15, PerSecond: 9999, PeakBytes: 3_000_000},
		},
		Memory:   []MemoryRow{{"stickbench", 10000, 200_000_000, 19_500}},
		Missing:  []Missing{{"hey", "apt-get install hey"}},
		Warnings: []string{"k6, run 2:\n  it failed"},
	}
}

const shown = `50 connections, kept alive, each with one request in flight and the next one right behind the response, for 5
s; the median of 3 runs, the tools in turn. The server is nginx 1.22.1, which answers with about 120 bytes of
JSON. Client and server ran on a core of their own each. The machine: 2 cores (AMD EPYC), linux/amd64 6.1.0,
go1.26.0, with a load average of 0.2 before the start. CPU is user and system time of the client's process by
wait4, its start and its own report included, divided by the requests it completed, and its ratio is the
median of those to wrk in the same round; memory is its peak; p99 is what the tool itself says.

| tool             | version | CPU µs/request |   min–max | × wrk | requests/s | peak MB | p99 ms |
|------------------|---------|---------------:|----------:|------:|-----------:|--------:|-------:|
| stickbench, bare |         |            7.4 |   7.0–8.2 |  0.50 |    123 456 |    12.3 |   1.25 |
| wrk              | 4.1.0   |           14.9 | 14.0–15.0 |   n/a |       9999 |     3.0 |    n/a |

Memory of users that each keep a connection open, come one after the other and pause for 2s between requests;
one run each. What a user takes is what is above the peak of the same program with a single user.

| tool       |  users | peak MB | KB/user |
|------------|-------:|--------:|--------:|
| stickbench | 10 000 |   200.0 |    19.5 |

Not installed, and so not measured:

- hey: apt-get install hey

Warnings:

- k6, run 2: it failed
`

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := writeMarkdown(&b, results()); err != nil || b.String() != shown {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	var back Results
	if err := writeJSON(&b, results()); err != nil || json.Unmarshal(b.Bytes(), &back) != nil || back.Rows[1].Name != "wrk" {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestSection(t *testing.T) {
	marked := "# title\n" + sectionBegin + "old\n" + sectionEnd + "rest\n"
	got, err := replaceSection([]byte(marked), []byte("new\n"))
	if want := strings.Replace(marked, "old", "new", 1); err != nil || string(got) != want {
		t.Errorf("%v, %q", err, got)
	}
	for _, wrong := range []string{"", sectionBegin, sectionEnd + sectionBegin, marked + marked} {
		if _, err := replaceSection([]byte(wrong), nil); err == nil {
			t.Errorf("%q was rewritten", wrong)
		}
	}
}

// The documents have the marks, and between them a table as it is printed today.
func TestDocuments(t *testing.T) {
	for _, d := range documents {
		document, err := os.ReadFile("../../" + d.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := replaceSection(document, nil); err != nil {
			t.Fatalf("%s: %v", d.path, err)
		}
		var b bytes.Buffer
		if err := d.write(&b, results()); err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut("\n"+b.String(), "\n| ")
		head, _, _ := strings.Cut(table, "\n")
		want := strings.Join(strings.Fields(head), " ")
		if !strings.Contains(strings.Join(strings.Fields(string(document)), " "), want) {
			t.Errorf("%s: no table with %s: just bench --docs", d.path, want)
		}
	}
}

// The README's table has the rows that it is about, and no others.
func TestHeadline(t *testing.T) {
	r := results()
	r.Rows = append(r.Rows, Row{Name: "k6, JSON checks", CPUMicros: 104.3, PerSecond: 9738, PeakBytes: 71_400_000})
	var b bytes.Buffer
	if err := writeHeadline(&b, r); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); !strings.Contains(s, "| k6, JSON checks |") || !strings.Contains(s, "| wrk ") || strings.Contains(s, "| ab ") || !strings.Contains(s, "connections") {
		t.Error(s)
	}
}
