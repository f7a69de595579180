package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNumberFormats(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{count(0), "0"}, {count(9999), "9999"}, {count(10000), "10 000"}, {count(1234567), "1 234 567"}, {count(-12345), "-12 345"},
		{millis(0), "0"}, {millis(0.001), "0.001"}, {millis(0.0421), "0.042"}, {millis(0.42), "0.420"}, {millis(0.9996), "1.00"},
		{millis(3.1), "3.10"}, {millis(9.996), "10.0"}, {millis(31), "31.0"}, {millis(99.96), "100"}, {millis(125.4), "125"}, {millis(12043), "12 043"},
		{wholeMillis(3), "3"}, {wholeMillis(12043), "12 043"},
		{percent(0), "0%"}, {percent(1), "100%"}, {percent(0.5), "50.0%"}, {percent(0.0004), "<0.1%"}, {percent(0.99999), ">99.9%"}, {percent(0.9994), "99.9%"},
		{rate(812.12), "812.1/sec"}, {rate(1), "1.0/sec"}, {rate(0.9999), "60.0/min"}, {rate(0.0167), "1.0/min"}, {rate(0.0166), "59.8/hour"}, {rate(0), "0.0/hour"}, {rate(15355.5), "15 355.5/sec"},
		{span(0), "0 ms"}, {span(312), "312 ms"}, {span(2460), "2.46 s"}, {span(9996), "10.0 s"}, {span(92400), "92.4 s"}, {span(1503000), "25 min 3 s"},
		{plural(1, "request"), "1 request"}, {plural(0, "request"), "0 requests"},
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
		if got := clean(in); got != want {
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
		got := cut(test.in, test.width)
		if got != test.want || cells.StringWidth(got) > test.width {
			t.Errorf("cut(%q, %d) = %q, want %q", test.in, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	got := wrap("In 12 043 of 15 000 answers "+strings.Repeat("x", 40)+" the node", 20)
	want := []string{"In 12 043 of 15 000", "answers", "xxxxxxxxxx…xxxxxxxxx", "the node"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A label's width must not depend on the locale of whoever runs the tool.
func TestPad(t *testing.T) {
	for in, want := range map[string]string{"├─ s1": "├─ s1   |", "買い物": "買い物  |", "é": "é       |"} {
		if got := pad(in, 8, false) + "|"; got != want {
			t.Errorf("%q", got)
		}
	}
}
