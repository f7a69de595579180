package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"stickbench/internal/sampletest"
	"stickbench/report/compare"
	"stickbench/report/reporttest"
)

func TestComparisonText(t *testing.T) {
	c := reporttest.Comparison(t)
	for _, width := range []int{60, 80, 120} {
		for _, details := range []bool{false, true} {
			var text bytes.Buffer
			if err := WriteComparison(&text, c, ComparisonOptions{Options{Width: width}, details}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(text.String(), "\n") {
				if runewidth.StringWidth(line) > width {
					t.Errorf("wider than %d: %s", width, line)
				}
			}
			if !details {
				sampletest.Golden(t, fmt.Sprintf("compare-%d", width), text.Bytes())
			} else if width == 120 {
				sampletest.Golden(t, "compare-details", text.Bytes())
			}
		}
	}
}

// A comparison of next to nothing fits the terminal too.
func TestShortComparisonText(t *testing.T) {
	p := sampletest.Process{Samples: 10, Scale: 1, Label: "GET /", Sessions: 5, Weights: [2]int{1, 1}}
	c, err := compare.Compare(reporttest.ProcessRuns(p, 1, 1), reporttest.ProcessRuns(p, 1, 2), compare.Options{Margin: compare.DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{60, 120} {
		var text bytes.Buffer
		if err := WriteComparison(&text, c, ComparisonOptions{Options: Options{Width: width}}); err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(text.String()) {
			if have := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); have > width {
				t.Errorf("%d columns, have %d: %s", width, have, line)
			}
		}
	}
}
