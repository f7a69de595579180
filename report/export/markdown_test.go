package export

import (
	"bytes"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report/reporttest"
)

func TestComparisonMarkdown(t *testing.T) {
	var text bytes.Buffer
	if err := WriteComparisonMarkdown(&text, reporttest.Comparison(t)); err != nil {
		t.Fatal(err)
	}
	sampletest.Golden(t, "compare-markdown", text.Bytes())
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
