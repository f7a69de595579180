package assert

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// run is a finished run of fixed figures; what is missing is not defined.
type run map[string]float64

func (r run) Figure(name string) (float64, bool) {
	v, ok := r[name]
	return v, ok
}

func (r run) LabelFigure(name, label string) (float64, error) {
	if label != "" && label != "GET /" {
		return 0, fmt.Errorf("no label %q", label)
	}
	v, ok := r[strings.TrimSpace(name+" "+label)]
	if !ok {
		return math.NaN(), nil
	}
	return v, nil
}

func (r run) NodeFigure(name, node string) (float64, error) {
	if node != "s1" && node != "s2" {
		return 0, errors.New("no such node")
	}
	return r[name+" "+node], nil
}

// Truth is 1, or 0 with something that was seen.
func (r run) Truth(name, node string) (bool, string, error) {
	v, ok := r[strings.TrimSpace(name+" "+node)]
	switch {
	case !ok:
		return false, "", errors.New("nothing to judge")
	case v == 0:
		return false, "2 sessions moved away", nil
	}
	return true, "", nil
}

func (r run) Windows() Windows { return nil }

// During has one phase, with figures of its own.
func (r run) During(phase string) (Figures, error) {
	if phase != "drain s1" {
		return nil, errors.New("the run had no such phase")
	}
	return drain, nil
}

var drain = run{
	"samples": 500, "errors": 0, "moves": 0, "p95": 3, "p95 GET /": 2.5, "max": 20, "share s1": 0.25, "share s2": 0.75, "shares_ok": 1,
}

var finished = run{
	"samples": 2000, "errors": 1, "error_rate": 0.0005, "throughput": 812.12345, "affinity": 0.99996, "continuity": 1, "moves": 2, "lost": 1,
	"excused": 0, "transitions": 1998, "sessions": 2, "nodes": 2,
	"samples GET /": 1500, "errors GET /": 0, "error_rate GET /": 0, "throughput GET /": 600,
	"avg": 1.2, "min": 0.4, "max": 31, "stddev": 1.1, "p50": 1, "p90": 1.9, "p95": 2.4, "p99": 5.04321, "p95 GET /": 0.00012345,
	"share s1": 0.5, "share s2": 0.5, "decisions s1": 1, "decisions s2": 1, "requests s1": 1000, "requests s2": 1000,
	"arrivals": 2000, "late": 12, "dropped": 0, "response_p95": 9.5, "response_p99 GET /": 800,
	"unexcused": 1, "lost_unexcused": 0, "returned s1": 3, "returned s2": 0, "drained s1": 0, "left s2": 1,
}

func TestJudge(t *testing.T) {
	known := Known{Labels: []string{"GET /", "POST /delay"}, Nodes: []string{"s1", "s2", "s3"}}
	for _, test := range []struct {
		source, actual string
		ok             bool
	}{
		{`errors == 0`, "1", false},
		{`errors() <= 1`, "1", true},
		{`errors("GET /") == 0`, "0", true},
		{`samples == 2000`, "2000", true},
		{`samples("GET /") == 1500`, "1500", true},
		{`samples("TOTAL") == samples`, `samples("TOTAL") 2000, samples 2000`, true},
		{`error_rate < 0.001`, "0.0005", true},
		{`error_rate("GET /") == 0`, "0", true},
		{`throughput > 800`, "812.1", true},
		{`throughput("GET /") == 600`, "600", true},
		{`affinity == 1`, "0.99996", false},
		{`continuity == 1`, "1", true},
		{`moves == 2`, "2", true},
		{`lost == 1`, "1", true},
		{`excused == 0`, "0", true},
		{`transitions == 1998`, "1998", true},
		{`sessions % 2 == 0`, "2", true},
		{`nodes == 2`, "2", true},
		{`share("s1") == 0.5`, "0.5", true},
		{`decisions("s1") == 1`, "1", true},
		{`requests("s1") == 1000`, "1000", true},
		{`avg() < 2`, "1.2 ms", true},
		{`avg < 2`, "1.2 ms", true},
		{`min() < 1`, "0.4 ms", true},
		{`max() < 1`, "31 ms", false},
		{`max("TOTAL") == max`, `max("TOTAL") 31 ms, max() 31 ms`, true},
		{`max(share("s1"), share("s2")) < 0.6`, `share("s1") 0.5, share("s2") 0.5`, true},
		{`min([moves, lost]) == 1`, `moves 2, lost 1`, true},
		{`stddev() < 2`, "1.1 ms", true},
		{`p50() <= 1`, "1 ms", true},
		{`p90() < 2`, "1.9 ms", true},
		{`p95() < 2`, "2.4 ms", false},
		{`p95("TOTAL") < 2`, "2.4 ms", false},
		{`p99() < 5`, "5.043 ms", false},
		{`p95("GET /") < 1`, "0.0001234 ms", true},
		{`errors == 0 && p95() < 5`, "errors 1, p95() 2.4 ms", false},
		{`share("s1") == share("s2")`, `share("s1") 0.5, share("s2") 0.5`, true},
		{`abs(share("s1") - 0.5) < 0.01`, "0.5", true},
		{`errors < 2 and errors > 0`, "1", true},
		{`all(["s1", "s2"], share(#) > 0.4)`, `share("s1") 0.5, share("s2") 0.5`, true},
		{`errors / samples < 0.001`, "errors 1, samples 2000", true},
		{`avg("POST /delay") < 1`, `avg("POST /delay") undefined: no label "POST /delay"`, false},
		{`share("s3") == 0`, `share("s3") undefined: no such node`, false},
		{`errors == 5 && share("s3") == 0`, `errors 1, share("s3") undefined: no such node`, false},
		{`[1][nodes] == 1`, "no element of that number", false},
		{`true`, "", true},
		{`unexcused == 1 and lost_unexcused == 0`, "unexcused 1, lost_unexcused 0", true},
		{`returned("s1") == 0`, "3", false},
		{`drained("s1")`, "false (2 sessions moved away)", false},
		{`not drained("s1")`, "false (2 sessions moved away)", true},
		{`left("s2")`, "true", true},
		{`left("s2") and drained("s1")`, `left("s2") true, drained("s1") false (2 sessions moved away)`, false},
		{`drained("s2")`, `drained("s2") undefined: nothing to judge`, false},
		{`not drained("s2")`, `drained("s2") undefined: nothing to judge`, false},
		{`shares_ok`, `shares_ok undefined: nothing to judge`, false},
		{`dropped == 0 && late < arrivals / 100`, "dropped 0, late 12, arrivals 2000", true},
		{`response_p95 < 9`, "9.5 ms", false},
		{`response_p99("GET /") < 1000`, "800 ms", true},
		{`response_max("GET /") < 1000`, `response_max("GET /") undefined: there are no samples`, false},
		{`during("drain s1").shares_ok`, `true`, true},
		{`during("drain s1").moves == 0`, "0", true},
		{`during("drain s1").moves() == 0`, "0", true},
		{`during("drain s1").p95("GET /") < 2`, "2.5 ms", false},
		{`during("drain s1").p95 < 5 && during("drain s1").p95() < p95`,
			`during("drain s1").p95() 3 ms, p95() 2.4 ms`, false},
		{`during("drain s1").max("TOTAL") < max()`, `during("drain s1").max("TOTAL") 20 ms, max() 31 ms`, true},
		{`during("drain s1").share("s1") < share("s1")`, `during("drain s1").share("s1") 0.25, share("s1") 0.5`, true},
		{`all(["s1", "s2"], during("drain s1").share(#) > 0.2)`,
			`during("drain s1").share("s1") 0.25, during("drain s1").share("s2") 0.75`, true},
		{`all(["drain s1"], during(#).samples == 500)`, "500", true},
		{`during("ready s1").moves == 0`, `during("ready s1").moves undefined: the run had no such phase`, false},
		{`during("drain s1").affinity == 1`, `during("drain s1").affinity undefined: no transition was judged`, false},
		{`during("drain s1").lost == 0 or true`, `during("drain s1").lost undefined: this run does not know it`, false},
	} {
		e, err := known.CompileExpectation(test.source)
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if e.Source() != test.source {
			t.Errorf("Source() = %s", e.Source())
		}
		if got, want := e.Judge(finished), (Verdict{Text: test.source, Actual: test.actual, OK: test.ok}); !cmp.Equal(got, want) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
}

func TestUndefinedFigures(t *testing.T) {
	for source, actual := range map[string]string{
		`affinity == 1`:               "affinity undefined: no transition was judged",
		`affinity == 1 || moves == 0`: "affinity undefined: no transition was judged",
		`not (affinity < 1)`:          "affinity undefined: no transition was judged",
		`continuity < 2`:              "continuity undefined: no transition was judged",
		`throughput > 1`:              "throughput undefined: this run does not know it",
		`moves == 0`:                  "moves undefined: this run does not know it",
		`dropped == 0`:                "dropped undefined: the run has no account of arrivals",
		`p95() < 5`:                   "p95() undefined: there are no samples",
		`samples("GET /") == 0`:       `samples("GET /") undefined: there are no samples`,
	} {
		e, err := Known{}.CompileExpectation(source)
		if err != nil {
			t.Fatal(err)
		}
		if v := e.Judge(run{}); v.OK || v.Actual != actual {
			t.Errorf("%s: %+v", source, v)
		}
	}
}

func TestBadExpectations(t *testing.T) {
	known := Known{Labels: []string{"GET /", "POST /delay"}, Nodes: []string{"s1", "s2"}, Phases: []string{"drain s1", "ready s1"}}
	for source, want := range map[string]string{
		`error == 0`:               "1:1: unknown `error`: did you mean `errors`?",
		`p95("GET") < 1`:           `1:5: no label "GET": known are "TOTAL", "GET /", "POST /delay"`,
		`p95("POST /dleay") < 1`:   `1:5: no label "POST /dleay": did you mean "POST /delay"?`,
		`share("s3") == 1`:         `1:7: no node "s3": did you mean "s1"?`,
		`share == 1`:               "1:1: `share` takes 1 argument, not 0: share(\"s1\")",
		`p95("a", "b") < 1`:        "1:1: `p95` takes 0 to 1 arguments, not 2: p95(\"GET /\")",
		`p95(GET /) < 1`:           "1:10: unexpected `)`",
		`errors`:                   "1:1: an expectation must be true or false, this is a whole number",
		`errors == "0"`:            "1:8: `==` does not go with a whole number (errors) and a string (\"0\")",
		`p95() contains "0"`:       "1:7: `contains` does not go with a number (p95()) and a string (\"0\")",
		`status == 200`:            "1:1: `status` is a word of conditions (assert, when), not of an expectation",
		`previous.node == ""`:      "1:1: `previous` is a word of conditions (assert, when), not of an expectation",
		`increments()`:             "1:1: `increments` is a word of conditions (assert, when), not of an expectation",
		`p96() < 1`:                "1:1: unknown function `p96`: did you mean `p90`?",
		`share(errors) < 1`:        "1:7: `share` needs a string, not a whole number (errors): share(\"s1\")",
		`drained("s2") && "x" = 1`: "1:22: unexpected `=`: did you mean `==`?",

		`drained()`:                                  "1:1: `drained` takes 1 argument, not 0: drained(\"s1\")",
		`drained("s1") == 1`:                         "1:15: `==` does not go with true or false (drained(\"s1\")) and a whole number (1)",
		`during("drian s1").moves == 0`:              `1:8: no phase "drian s1": did you mean "drain s1"?`,
		`during("x").moves == 0`:                     `1:8: no phase "x": known are "start", "drain s1", "ready s1"`,
		`during("drain s1") == 0`:                    "1:1: `during` needs a word after the phase: during(\"drain s1\").moves",
		`during.moves == 0`:                          "1:1: `during` needs the name of a phase and a word: during(\"drain s1\").moves",
		`during("drain s1").move == 0`:               "1:20: a phase has no `move`: did you mean `moves`?",
		`during("drain s1").drained()`:               "1:20: `drained` is of the whole run, not of a phase",
		`during("drain s1").response_p95 < 1`:        "1:20: `response_p95` is of the whole run, not of a phase",
		`during("drain s1").moves(1)`:                "1:20: `moves` takes no arguments",
		`during("drain s1").share == 1`:              "1:20: `share` takes 1 argument, not 0: share(\"s1\")",
		`during("drain s1").share("s3")`:             `1:26: no node "s3": did you mean "s1"?`,
		`during("drain s1", "x").moves`:              "1:1: `during` takes the name of a phase: during(\"drain s1\").moves",
		`during(1).moves == 0`:                       "1:8: `during` needs a string: during(\"drain s1\").moves",
		`during(errors).moves == 0`:                  "1:8: `during` needs a string, not a whole number (errors): during(\"drain s1\").moves",
		`durring("drain s1").moves == 0`:             "1:1: unknown function `durring`: did you mean `during`?",
		`during("drain s1")[0] == 0`:                 "1:19: after `during(…)` comes a word: during(\"drain s1\").moves",
		`during("start").during("start").moves == 0`: "1:17: a phase has no `during`: known are",
	} {
		_, err := known.CompileExpectation(source)
		if err == nil {
			t.Errorf("%s compiles", source)
			continue
		}
		checkSyntaxError(t, source, err)
		if got := err.Error(); got != want && !(strings.HasSuffix(want, " are") && strings.HasPrefix(got, want)) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
	for _, source := range []string{`p95("anything") < 1`, `share("anything") < 1`, `during("anything").moves == 0`, `during("start").moves == 0`} {
		if _, err := (Known{}).CompileExpectation(source); err != nil {
			t.Errorf("what is not known beforehand: %v", err)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", -3: "-3", 2000: "2000", 1e6: "1000000", 0.5: "0.5", 812.12345: "812.1", 1998.5: "1998.5", 1998.96: "1998.96", 12345.678: "12345.7",
		0.123456: "0.1235", 0.99996: "0.99996", 0.0001: "0.0001", 0.000012345: "0.00001234", 2.40: "2.4", -0.12345: "-0.1235", 99.99999: "99.99999",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %s, want %s", v, got, want)
		}
	}
}

// The examples of the package's documentation compile.
func TestDocumentation(t *testing.T) {
	file, err := os.Open("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compile := func(source string) error {
		_, err := Scope{}.Compile(source)
		return err
	}
	examples, counted := false, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimPrefix(lines.Text(), "//")
		switch {
		case strings.HasPrefix(line, " # Expectations"):
			compile = func(source string) error {
				_, err := Known{}.CompileExpectation(source)
				return err
			}
		case strings.HasSuffix(line, "For example:"), strings.HasSuffix(line, "For example, with one:"):
			examples = true
		case strings.HasPrefix(line, "\t") && examples:
			counted++
			if err := compile(strings.TrimSpace(line)); err != nil {
				t.Error(err)
			}
		case line != "":
			examples = false
		}
	}
	if counted < 12 {
		t.Errorf("only %d examples", counted)
	}
}

func FuzzCompileExpectation(f *testing.F) {
	for _, source := range []string{`errors == 0 && p95("GET /") < 5`, `all(["s1"], share(#) > 0.1)`, `affinity == 1`, `samples("x") % 2 == 0`, `during("drain s1").p95("GET /") < 20`, `drained("s1") and during("a").shares_ok`} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 200 {
			return
		}
		e, err := Known{}.CompileExpectation(source)
		if err != nil {
			checkSyntaxError(t, source, err)
			return
		}
		e.Judge(finished)
		e.Judge(run{})
	})
}
