package sequence

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func mermaid(t testing.TB, d *Diagram) string {
	t.Helper()
	var b strings.Builder
	if err := WriteMermaid(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func text(t testing.TB, d *Diagram, width int) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, d, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldens(t *testing.T) {
	d := everything()
	golden(t, "everything.mmd", mermaid(t, d))
	golden(t, "everything-120.txt", text(t, d, 120))
	golden(t, "everything-80.txt", text(t, d, 80))
	golden(t, "nothing.txt", text(t, (&Builder{}).Freeze(), 80))
	golden(t, "nothing.mmd", mermaid(t, (&Builder{}).Freeze()))
}

// No id is in a diagram, in whatever form it is drawn.
func TestNoCredentials(t *testing.T) {
	d := everything()
	for _, drawn := range []string{mermaid(t, d), text(t, d, 200), fmt.Sprintf("%+v", *d)} {
		for _, secret := range []string{"annaXXX", "bertYYY", "sigsig"} {
			if strings.Contains(drawn, secret) {
				t.Errorf("%s is in\n%s", secret, drawn)
			}
		}
	}
}

// mermaidLine is what WriteMermaid may write, by the rules of Mermaid's lexer for sequence diagrams: after
// a colon and in names everything up to a "#" or ";", which only stand in "#NAME;".
var mermaidLine = func() *regexp.Regexp {
	const text = `(?:[^#;<>&"\n]|<br/>|#\w+;)*`
	return regexp.MustCompile(`^(?:sequenceDiagram|    title ` + text +
		`|    (?:actor|participant) p\d+ as ` + text +
		`|    rect rgba\(128, 128, 128, 0\.12\)|    end` +
		`|        (?:p\d+(?:->>|-->>|-x|--\))p\d+|Note over p\d+): ` + text + `)$`)
}()

// problem is what is wrong with Mermaid's source, "" for nothing.
func problem(source string) string {
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case !mermaidLine.MatchString(line):
			return "not in the grammar: " + line
		case strings.Contains(line, "%%"):
			return "a comment or a directive: " + line
		case regexp.MustCompile(`(style|classDef).*:\S*#.*;`).MatchString(line):
			return "Mermaid would take its last ; away: " + line
		}
	}
	return ""
}

// Past harm elsewhere: a ";" in a path ends a message in the middle, "%%{" begins a directive, and after
// the word "style" Mermaid drops a ";" that ends an escape.
func TestMermaidText(t *testing.T) {
	for plain, want := range map[string]string{
		"GET /":                   "GET /",
		"GET /a;b=1#c":            "GET /a#59;b=1#35;c",
		"<b>&amp;</b>":            "#lt;b#gt;#amp;amp#59;#lt;/b#gt;",
		"%%{init}%% s%3A":         "#37;#37;{init}#37;#37; s%3A",
		"two\nlines":              "two lines",
		"GET /style.css":          "GET /style.css",
		"GET /style:#;":           "GET /#115;tyle:#35;#59;",
		"classDef a:#; $$x$$ end": "#99;lassDef a:#35;#59; #36;#36;x#36;#36; end",
	} {
		if got := mermaidText(plain); got != want {
			t.Errorf("%q: %q, want %q", plain, got, want)
		}
	}
	if p := problem(mermaid(t, everything())); p != "" {
		t.Error(p)
	}
}

func TestWidth(t *testing.T) {
	d := everything()
	for width := 60; width < 160; width++ {
		if line := tooLong(text(t, d, width), width); line != "" {
			t.Errorf("at %d columns: %s", width, line)
		}
	}
}

// tooLong is a line wider than width, "" for none.
func tooLong(drawn string, width int) string {
	for line := range strings.Lines(drawn) {
		if utf8.RuneCountInString(line)-1 > width {
			return line
		}
	}
	return ""
}

// Whatever comes over the wire, the diagrams stay diagrams, and bring nothing to the terminal but text.
func FuzzDraw(f *testing.F) {
	f.Add("/a;b#c", "A=1; B=2", "A=2; Path=/", "s1", "no response\nwithin 3s")
	f.Add("/%%{init}%%", "A=\x1b[31m", "=;;=", "style:", "\u202ebackwards")
	f.Fuzz(func(t *testing.T, path, cookie, set, node, failure string) {
		var b Builder
		b.Add(Exchange{User: 1, Method: "GET", Path: path, Cookie: cookie, Status: 200, SetCookie: []string{set}, Held: cookie,
			Seen: []Observation{{Node: node, Method: "GET", Path: path, Cookie: set, Status: 200, SetCookie: []string{cookie}, Detail: failure}}})
		b.Add(Exchange{User: 2, Method: "GET", Path: path, Outcome: NoResponse, Kind: "closed", Failure: failure, Node: node})
		d := b.Freeze()
		if p := problem(mermaid(t, d)); p != "" {
			t.Error(p)
		}
		drawn := text(t, d, 100)
		if i := strings.IndexFunc(drawn, func(r rune) bool { return r != '\n' && plain(string(r)) != string(r) }); i >= 0 {
			t.Errorf("%q in\n%s", drawn[i:], drawn)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrors(t *testing.T) {
	if WriteMermaid(full{}, everything()) == nil || WriteText(full{}, everything(), 80) == nil {
		t.Error("a failed write went unnoticed")
	}
}

func TestWrap(t *testing.T) {
	for _, x := range []struct {
		line        string
		first, room int
		want        string
	}{
		{"", 30, 30, ""},
		{"short", 30, 30, "short"},
		{"Set-Cookie NODESESSID=abcdef…", 20, 30, "Set-Cookie|  NODESESSID=abcdef…"},
		{"Set-Cookie NODESESSID=abcdef…", 18, 18, "Set-Cookie|NODESESSID=abcdef…"},
		{"0123456789012345678901234", 16, 16, "0123456789012345|678901234"},
		{"a 0123456789012345678901234567890", 24, 24, "a|  0123456789012345678901|  234567890"},
	} {
		if got := strings.Join(wrap(x.line, x.first, x.room), "|"); got != x.want {
			t.Errorf("%q in %d, %d: %q, want %q", x.line, x.first, x.room, got, x.want)
		}
	}
}
