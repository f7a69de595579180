package help

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestRender(t *testing.T) {
	source, err := os.ReadFile("testdata/sample.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Width: 100}, {Width: 60}, {Width: 30}, {Width: 1}, {Width: 80, Color: true}} {
		var b bytes.Buffer
		if err := Render(&b, Topic{Source: string(source)}, o); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", fmt.Sprintf("sample_%d_%v.txt", o.Width, o.Color))
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%d columns, colour %v (-want +got):\n%s", o.Width, o.Color, d)
		}
		if strings.Contains(b.String(), " \n") {
			t.Errorf("%d columns: blanks at the end of a line", o.Width)
		}
	}
}

// No line but of code, and of a word that is longer, is wider than asked for.
func TestRenderedWidth(t *testing.T) {
	source := Topic{Source: "# t: x\n\n" + strings.Repeat("several words in a row, ", 20) +
		"\n\n| a | b | c |\n|---|---|---|\n" + strings.Repeat("| some words | "+strings.Repeat("more of them ", 9)+"| `code of one` |\n", 3)}
	for width := 20; width < 130; width++ {
		var b bytes.Buffer
		if err := Render(&b, source, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := columns(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("%d columns asked for, %d in %q", width, n, line)
			}
		}
	}
}

func TestTopics(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	topics, err := Topics(fstest.MapFS{
		"plans/help_plans.md":              file("# plans: the plan file\n\ntext\n"),
		"internal/jmx/help_from-jmeter.md": file("# from-jmeter: plans of JMeter"),
		"plans/plan.toml":                  file("no topic"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Topic{
		{"from-jmeter", "plans of JMeter", "internal/jmx/help_from-jmeter.md", "# from-jmeter: plans of JMeter"},
		{"plans", "the plan file", "plans/help_plans.md", "# plans: the plan file\n\ntext\n"},
	}
	if d := cmp.Diff(want, topics); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, files := range []fstest.MapFS{
		{"a/help_plans.md": file("# Plans\n")},
		{"a/help_plans.md": file("")},
		{"a/help_plans.md": file("# plans: one\n"), "b/help_plans.md": file("# plans: two\n")},
	} {
		if got, err := Topics(files); err == nil {
			t.Errorf("%v are taken for %v", files, got)
		}
	}
}
