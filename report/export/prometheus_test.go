package export

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"regexp"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
)

// exported are small results that have something of everything.
func exported() *report.Results {
	third := 1.0 / 3
	two := 2.0 / 3
	row := func(label string, samples, errors int64, ms float64) report.Row {
		return report.Row{
			Label: label, Samples: samples, Errors: errors, AverageMS: ms, MinMS: ms / 2, MaxMS: 3 * ms, StdDevMS: ms / 10,
			P50MS: ms, P90MS: 1.5 * ms, P95MS: 1.75 * ms, P99MS: 2 * ms, Throughput: 12.5, ReceivedKBps: 4, SentKBps: 1.5,
		}
	}
	get := row("GET /", 12, 3, 1.97)
	get.Nodes = []report.Row{row("s1", 6, 1, 1.5), row("s2", 3, 0, 2.25)}
	return &report.Results{
		Plan: `the "small" one`, Verdict: "fail", DurationMS: 2500,
		Labels:       []report.Row{get, {Label: "S1 reached", Samples: 6, Mark: true}, row("POST /login?a=<b>&c", 1, 1, 250)},
		Requests:     &report.Requests{Started: 15, Cut: 2, Connections: 4},
		Nodes:        []report.Node{{Node: "s1", Requests: 6, Share: two, Decisions: 2, ExpectedShare: &third}, {Node: "s2", Requests: 3, Share: third, Decisions: 1}},
		Affinity:     report.Affinity{Sessions: 3, Transitions: 6, Affinity: &two, Moves: 2, Excused: 1, Lost: 3, LostSessions: 2, Renewed: 1},
		Expectations: []report.Expectation{{Text: "errors == 0", Actual: "4"}, {Text: `p95("GET /") < 250`, OK: true, Actual: "3.4475"}, {Text: "errors == 0", Actual: "4"}},
		Errors: []report.Error{
			{Label: "GET /", Kind: "assertion", Message: "increments(): counter 1 after 7: s1 → s2, new session", Count: 2},
			{Label: "GET /", Kind: "assertion", Message: "status == 200: status 503", Count: 1},
			{Label: "POST /login?a=<b>&c", Kind: "timeout", Message: "no response within 30s", Count: 1},
		},
		Warnings: []string{"2 requests were in flight when the run was cut, and are in no figure"},
	}
}

func TestWritePrometheus(t *testing.T) {
	var b bytes.Buffer
	if err := WritePrometheus(&b, exported()); err != nil {
		t.Fatal(err)
	}
	sampletest.Golden(t, "prometheus", b.Bytes())
}

// The format, line by line: https://prometheus.io/docs/instrumenting/exposition_formats.
var (
	helpLine  = regexp.MustCompile(`^# HELP (stickbench_[a-z_]+) \S.*$`)
	typeLine  = regexp.MustCompile(`^# TYPE (stickbench_[a-z_]+) (gauge|counter|histogram|summary)$`)
	valueLine = regexp.MustCompile(`^(stickbench_[a-z_]+)(\{[a-z]+="([^"\\]|\\[\\n"])*"(,[a-z]+="([^"\\]|\\[\\n"])*")*\})? (\+Inf|-?[0-9.e+-]+)$`)
)

func TestPrometheusIsWellFormed(t *testing.T) {
	all := maps.Clone(reporttest.Runs())
	all["exported"] = exported()
	for name, r := range all {
		var b bytes.Buffer
		if err := WritePrometheus(&b, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		family, families, values := "", map[string]bool{}, map[string]bool{}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			switch m := valueLine.FindStringSubmatch(line); {
			case helpLine.MatchString(line):
				family = helpLine.FindStringSubmatch(line)[1]
				if families[family] {
					t.Errorf("%s: %s comes twice", name, family)
				}
				families[family] = true
			case typeLine.MatchString(line) && typeLine.FindStringSubmatch(line)[1] == family:
			case m == nil || m[1] != family && m[1] != family+"_sum" && m[1] != family+"_count":
				t.Errorf("%s: %q in %s", name, line, family)
			case values[m[1]+m[2]]:
				t.Errorf("%s: %s%s comes twice", name, m[1], m[2])
			default:
				values[m[1]+m[2]] = true
			}
		}
	}
}

// Requests per label and node add up to the label's: those without a node count too.
func TestPrometheusAddsUp(t *testing.T) {
	r := &report.Results{Labels: []report.Row{
		{Label: "GET /", Samples: 10, Errors: 3, Nodes: []report.Row{{Label: "s1", Samples: 6, Errors: 1}, {Label: "s2"}}},
		{Label: "S1 reached", Samples: 4, Mark: true},
	}}
	var b strings.Builder
	if err := WritePrometheus(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`stickbench_requests{label="GET /",node="s1"} 6`, `stickbench_requests{label="GET /"} 4`,
		`stickbench_failed_requests{label="GET /",node="s1"} 1`, `stickbench_failed_requests{label="GET /"} 2`,
		`stickbench_marks{label="S1 reached"} 4`,
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

func TestWriteFamilies(t *testing.T) {
	f := Family{Name: "x", Help: "back\\slash\nand line", Type: "histogram"}
	f.Add(math.Inf(1), "a", "say \"hi\"\\\nbye\xff", "left_out", "", "b", "2")
	f.Add(math.Inf(-1))
	f.List = append(f.List, Metric{Suffix: "_sum", Value: 1e-7})
	var b strings.Builder
	if err := WriteFamilies(&b, []Family{{Name: "empty"}, f}); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP x back\\slash\nand line
# TYPE x histogram
x{a="say \"hi\"\\\nbye` + "\uFFFD" + `",b="2"} +Inf
x -Inf
x_sum 1e-07
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	if err := WriteFamilies(&sampletest.BrokenWriter{}, []Family{f}); !errors.Is(err, sampletest.ErrBroken) {
		t.Error(err)
	}
}
