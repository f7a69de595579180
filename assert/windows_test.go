package assert

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// windowed is a run whose windows of every length have the value of the second in which they end; negative is none.
type windowed struct {
	run
	values []float64
}

func (r windowed) Windows() Windows      { return r }
func (r windowed) Lasted() time.Duration { return time.Duration(len(r.values)) * time.Second }

func (r windowed) At(text string, then time.Duration) float64 {
	i := int(then/time.Second) - 1
	if i < 0 || i >= len(r.values) || r.values[i] < 0 || strings.Contains(text, "3s") && i < 2 {
		return math.NaN()
	}
	return r.values[i]
}

func TestWindows(t *testing.T) {
	seconds := func(s ...int) (list []Span) {
		for i := 0; i < len(s); i += 2 {
			list = append(list, Span{time.Duration(s[i]) * time.Second, time.Duration(s[i+1]) * time.Second})
		}
		return list
	}
	for _, tt := range []struct {
		source string
		values []float64
		ok     bool
		actual string
		broke  []Span
	}{
		{`within("3s").p95("GET /") < 5`, []float64{9, 9, 1, 2, 3}, true, "in all 3 windows", nil},
		{`within("3s").p95("GET /") < 5`, []float64{1, 1, 1, 7, 8, 1, 1, 1, 1, 1, 6}, false, "7 ms from 1s to 4s; broken in 3 of 9 windows", seconds(1, 5, 8, 11)},
		{`within("3s").p95() < 5 and moves == 2`, []float64{1, 1, 1}, true, "in all 1 windows", nil},
		{`within("3s").samples > 1`, []float64{1, 1}, false, `within("3s").samples undefined: there are no samples, or no window of 3s has ended`, nil},
		{`for("3s", error_rate > 5%)`, []float64{0, 1, 1, 1, 0}, true, "lasted 3s from 1s", nil},
		{`for("3s", error_rate > 5%)`, []float64{0, 1, 1, 0, 1, 1}, false, "never lasted so long", nil},
		// A second without samples ends nothing, and counts where others follow it.
		{`for("3s", error_rate > 5%)`, []float64{0, 1, -1, 1, 0}, true, "lasted 3s from 1s", nil},
		{`for("3s", error_rate > 5%)`, []float64{0, 1, -1, -1, 0}, false, "never lasted so long", nil},
		{`not for("2s", p95("GET /") > 5 or errors > 3)`, []float64{9, 9, 1, 4, 4, 4}, false, "lasted 2s from 0s, and 1 times more", seconds(0, 2, 3, 6)},
	} {
		e, err := Known{}.CompileExpectation(tt.source)
		if err != nil {
			t.Error(err)
			continue
		}
		got := e.Judge(windowed{finished, tt.values})
		if want := (Verdict{Text: tt.source, OK: tt.ok, Actual: tt.actual, Broke: tt.broke}); !cmp.Equal(got, want) {
			t.Errorf("%v:\n%s", tt.values, cmp.Diff(want, got))
		}
	}
}

// TestReached judges conditions to stop while the run goes on: what was and is over stops nothing.
func TestReached(t *testing.T) {
	for _, tt := range []struct {
		source string
		values []float64
		want   bool
	}{
		{`for("3s", error_rate > 5%)`, []float64{0, 1, 1, 1}, true},
		{`for("3s", error_rate > 5%)`, []float64{1, 1, 1, 0}, false},
		{`for("3s", error_rate > 5%)`, []float64{1, -1, 1, -1}, true},
		{`for("3s", error_rate > 5%)`, []float64{0, 0, 1, 1}, false},
		{`within("3s").errors > 2`, []float64{9, 9, 9, 3}, true},
		{`within("3s").errors > 2`, []float64{9, 9, 9, 1}, false},
		{`within("3s").errors > 2`, []float64{9}, false},
		{`lost > 0`, nil, true},
		{`moves > 2`, nil, false},
	} {
		e, err := Known{}.CompileExpectation(tt.source)
		if err != nil {
			t.Fatal(err)
		}
		r := windowed{finished, tt.values}
		if got, seen := e.Reached(r, r.Lasted()); got != tt.want || got != (seen != "") {
			t.Errorf("%s of %v: %v, %q", tt.source, tt.values, got, seen)
		}
		if e.OfRun() != strings.HasSuffix(tt.source[:5], ">") && e.OfRun() != (tt.values == nil) {
			t.Errorf("%s: OfRun() is %v", tt.source, e.OfRun())
		}
	}
}

func TestWindowProblems(t *testing.T) {
	for source, want := range map[string]string{
		`within("10x").p95() < 5`:                 `1:8: invalid time "10x": want one from 1s to 1h, such as "10s"`,
		`within("100ms").p95() < 5`:               `1:8: invalid time "100ms": want one from 1s to 1h, such as "10s"`,
		`within(10s).p95() < 5`:                   "1:8: the time stands in quotation marks: " + withinExample,
		`within("10s").excused < 5`:               "1:15: `excused` is of the whole run, not of a window",
		`within("10s").p59() < 5`:                 "1:15: a window has no `p59`: did you mean `p50`?",
		`within("10s") < 5`:                       "1:1: `within` needs a word after the time: " + withinExample,
		`within < 5`:                              "1:1: `within` needs the length of the windows and a word: " + withinExample,
		`all(["s1"], within("10s").share(#) > 0)`: "1:27: `within` needs its names written out: " + withinExample,
		`for("30s", errors)`:                      "1:12: `for` takes a time and a condition, this is a whole number: " + lastExample,
		`for("30s")`:                              "1:1: `for` takes a time and a condition: " + lastExample,
		`for("30s", within("10s").errors > 1)`:    "1:12: `within` cannot stand in `for`, whose words are of each second: " + lastExample,
		`for("30s", for("10s", errors > 1))`:      "1:12: `for` cannot stand within another one",
		`for("30s", dropped > 1)`:                 "",
		`for("30s", p95("GET /x") > 1)`:           "1:16: no label \"GET /x\": did you mean \"GET /\"?",
		`for > 1`:                                 "1:1: `for` needs a time and a condition: " + lastExample,
	} {
		_, err := Known{Labels: []string{"GET /"}}.CompileExpectation(source)
		if err == nil || want != "" && err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", source, err, want)
		}
	}
}
