package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// setupBefore are facts of the run below.
var setupBefore = []Fact{{"plan", "shop", false}, {"node s1", "weight 1", false}, {"users", "4", true}}

// comparison is one of two runs that differ in many ways: slower, other weights, more users.
func comparison(t *testing.T) *Comparison {
	t.Helper()
	x, y := twoSides()
	c, err := Compare([]*Series{x}, []*Series{y}, CompareOptions{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// twoSides are its runs.
func twoSides() (x, y *Series) {
	before := process{samples: 4000, scale: 1, label: "GET /", sessions: 10, weights: [2]int{1, 1}, plan: "shop", errors: 0.002}
	after := process{samples: 4000, scale: 1.3, label: "GET /", sessions: 10, weights: [2]int{2, 1}, plan: "shop", errors: 0.03}
	before.told, after.told = map[string]float64{"s1": 1, "s2": 1}, map[string]float64{"s1": 2, "s2": 1}
	x, y = before.two("GET /cart|<b>", 1), after.two("GET /cart|<b>", 2)
	x.Name, y.Name = "results/shop-1", "results/shop-2"
	x.Setup.Facts = setupBefore
	y.Setup.Facts = []Fact{setupBefore[0], {"node s1", "weight 2", false}, {"users", "8", true}}
	return x, y
}

// two is a run with two labels in turns.
func (p process) two(other string, seed uint64) *Series {
	b := NewSeriesBuilder(NewBuilder())
	i := 0
	for s := range p.all(seed) {
		if i++; i%2 == 0 {
			s.Label = other
		}
		b.Add(s)
	}
	return p.freeze(b)
}

func TestComparisonText(t *testing.T) {
	c := comparison(t)
	for _, width := range []int{60, 80, 120} {
		for _, details := range []bool{false, true} {
			var text bytes.Buffer
			if err := WriteComparisonText(&text, c, ComparisonTextOptions{TextOptions{Width: width}, details}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(text.String(), "\n") {
				if runewidth.StringWidth(line) > width {
					t.Errorf("wider than %d: %s", width, line)
				}
			}
			if !details {
				golden(t, fmt.Sprintf("compare-%d", width), text.Bytes())
			} else if width == 120 {
				golden(t, "compare-details", text.Bytes())
			}
		}
	}
}

func TestComparisonMarkdown(t *testing.T) {
	var text bytes.Buffer
	if err := WriteComparisonMarkdown(&text, comparison(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare-markdown", text.Bytes())
	if strings.Contains(text.String(), "<b>") || strings.Contains(text.String(), "cart|") {
		t.Error("a label is markup")
	}
}

func TestMarkdownText(t *testing.T) {
	const hostile = "<img src=x> [a](http://b) @team `x` | *y* #1\n- z\x1b[31m"
	got := markdownText(hostile)
	if want := "&lt;img src=x&gt; \\[a\\](http://b) &#64;team \\`x\\` \\| \\*y\\* \\#1\\\\n- z\\\\x1b\\[31m"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestComparisonJSON(t *testing.T) {
	var text bytes.Buffer
	c := comparison(t)
	if err := WriteComparisonJSON(&text, c); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare-json", rounded(text.Bytes()))
	var back Comparison
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteComparisonJSON(&again, &back); err != nil || again.String() != text.String() {
		t.Errorf("the document does not come back as it was (%v)", err)
	}
	text.Reset()
	if err := WriteComparisonJSON(&text, &Comparison{}); err != nil || strings.Contains(text.String(), `"labels": null`) {
		t.Errorf("empty lists are [] (%v)", err)
	}
}

// rounded is a document with at most six digits behind the point: the last ones differ between machines.
func rounded(document []byte) []byte {
	return regexp.MustCompile(`(\.\d{6})\d+`).ReplaceAll(document, []byte("$1"))
}

func TestNothingToCompare(t *testing.T) {
	if _, err := Compare(nil, nil, CompareOptions{}); !errors.Is(err, ErrNothingToCompare) {
		t.Errorf("%v", err)
	}
}

// Short runs are shown, but never judged.
func TestTooLittleCannotBeTold(t *testing.T) {
	p := process{samples: 10, scale: 1, label: "GET /", sessions: 5, weights: [2]int{1, 1}}
	c, err := Compare(p.side(1, 1), p.side(1, 2), CompareOptions{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != CannotTell || c.Regression || c.Shares.Verdict != TooFew {
		t.Errorf("verdict %s, regression %v, shares %s", c.Verdict, c.Regression, c.Shares.Verdict)
	}
	if ch := find(c.Total.Changes, "p99"); !strings.Contains(ch.Reason, "it takes 1000") {
		t.Errorf("reason %q", ch.Reason)
	}
	for _, width := range []int{60, 120} {
		if err := WriteComparisonText(&bytes.Buffer{}, c, ComparisonTextOptions{TextOptions: TextOptions{Width: width}}); err != nil {
			t.Error(err)
		}
	}
}

// Runs of whole milliseconds are told apart by whole milliseconds only.
func TestWholeMilliseconds(t *testing.T) {
	p := process{samples: 4000, scale: 1, label: "GET /", whole: true}
	fine := p
	fine.whole = false
	c, err := Compare(p.side(1, 1), fine.side(1, 2), CompareOptions{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	if m := find(c.Total.Changes, "p50").Margin; m != 1 {
		t.Errorf("margin %v ms", m)
	}
	if !strings.Contains(strings.Join(c.Warnings, "\n"), "whole milliseconds") {
		t.Errorf("no warning: %q", c.Warnings)
	}
}

// Four runs a side are compared with each other, but cannot pass the correction for three metrics; five can.
func TestRanksOfFewRuns(t *testing.T) {
	p := process{samples: 600, scale: 1, label: "GET /", errors: 0.02}
	slower := p
	slower.scale = 2
	for runs, want := range map[int]string{4: CannotTell, 5: Worse} {
		c, err := Compare(p.side(runs, 1), slower.side(runs, 2), CompareOptions{Margin: DefaultMargin})
		if err != nil {
			t.Fatal(err)
		}
		ch := find(c.Total.Changes, "p95")
		if c.Method.Test != testRanks || ch.Verdict != want || *ch.Effect != 1 {
			t.Errorf("%d runs, %s: %s, want %s; effect %v", runs, c.Method.Test, ch.Verdict, want, *ch.Effect)
		}
		if want == CannotTell && !strings.Contains(ch.Reason, "take more runs") {
			t.Errorf("reason %q", ch.Reason)
		}
	}
}

// What one node has more of, others have less of: that is neither better nor worse.
func TestThroughputOfNodesIsNotJudged(t *testing.T) {
	c := comparison(t)
	for _, n := range c.Total.Nodes {
		if v := find(n.Changes, "throughput").Verdict; v != Changed {
			t.Errorf("%s: %s", n.Node, v)
		}
	}
}
