package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNumberFormats(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(9999), "9999"}, {Count(10000), "10 000"}, {Count(1234567), "1 234 567"}, {Count(-12345), "-12 345"},
		{Millis(0), "0"}, {Millis(0.001), "0.001"}, {Millis(0.0421), "0.042"}, {Millis(0.42), "0.420"}, {Millis(0.9996), "1.00"},
		{Millis(3.1), "3.10"}, {Millis(9.996), "10.0"}, {Millis(31), "31.0"}, {Millis(99.96), "100"}, {Millis(125.4), "125"}, {Millis(12043), "12 043"},
		{WholeMillis(3), "3"}, {WholeMillis(12043), "12 043"},
		{Percent(0), "0%"}, {Percent(1), "100%"}, {Percent(0.5), "50.0%"}, {Percent(0.0004), "<0.1%"}, {Percent(0.99999), ">99.9%"}, {Percent(0.9994), "99.9%"},
		{Rate(812.12), "812.1/sec"}, {Rate(1), "1.0/sec"}, {Rate(0.9999), "60.0/min"}, {Rate(0.0167), "1.0/min"}, {Rate(0.0166), "59.8/hour"}, {Rate(0), "0.0/hour"}, {Rate(15355.5), "15 355.5/sec"},
		{Span(0), "0 ms"}, {Span(312), "312 ms"}, {Span(2460), "2.46 s"}, {Span(9996), "10.0 s"}, {Span(92400), "92.4 s"}, {Span(1503000), "25 min 3 s"},
		{Plural(1, "request"), "1 request"}, {Plural(0, "request"), "0 requests"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"GET /":            "GET /",
		"größe 買い物 🛒":      "größe 買い物 🛒",
		"\x1b[2J\a\x7f":    `\x1b[2J\a\x7f`,
		"a\nb\tc\r":        `a\nb\tc\r`,
		"\u009b31m":        `\u009b31m`,
		"\u202egnp.exe":    `\u202egnp.exe`,
		"bad \xff\x00 utf": `bad \xff\x00 utf`,
		"\u2028":           `\u2028`,
		"\ufffd honest":    "\ufffd honest",
	} {
		if got := Clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		in    string
		width int
		want  string
	}{
		{"GET /", 5, "GET /"}, {"GET /catalogue", 9, "GET …ogue"}, {"abc", 1, "…"}, {"abc", 0, ""},
		{"買い物かご", 10, "買い物かご"}, {"買い物かご", 9, "買い…かご"}, {"買い物かご", 8, "買い… ご"},
	} {
		got := Cut(test.in, test.width)
		if got != test.want || Cells.StringWidth(got) > test.width {
			t.Errorf("cut(%q, %d) = %q, want %q", test.in, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	got := Wrap("In 12 043 of 15 000 responses "+strings.Repeat("x", 40)+" the node", 20)
	want := []string{"In 12 043 of 15 000", "responses", "xxxxxxxxxx…xxxxxxxxx", "the node"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A label's width must not depend on the locale of whoever runs the tool.
func TestPad(t *testing.T) {
	for in, want := range map[string]string{"├─ s1": "├─ s1   |", "買い物": "買い物  |", "é": "é       |"} {
		if got := Pad(in, 8, false) + "|"; got != want {
			t.Errorf("%q", got)
		}
	}
}
