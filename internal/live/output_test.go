package live

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// printed is what an output makes of texts written one after the other.
func printed(t *testing.T, ours, raw bool, texts ...string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	o := &Output{file: f, ours: ours, raw: raw}
	for _, text := range texts {
		if n, err := o.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	f.Close()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A server's words on a terminal are words: an escape sequence of its own can rename the window, hide text, or
// type into a shell.
func TestOutputIsClean(t *testing.T) {
	for _, test := range []struct {
		name      string
		ours, raw bool
		texts     []string
		want      string
	}{
		{"text", false, false, []string{"héllo\t買\u00a0い\n"}, "héllo\t買\u00a0い\n"},
		{"escape sequences", false, false, []string{"a\x1b[31mPWN\x1b]0;t\x07b"}, `a\x1b[31mPWN\x1b]0;t\ab`},
		{"colours of ours", true, false, []string{"\x1b[1;31mred\x1b[0m \x1b[2J\x1b[8"}, "\x1b[1;31mred\x1b[0m " + `\x1b[2J`},
		{"in pieces", true, false, []string{"\xe8\xb2", "\xb7\x1b", "[3", "1mx"}, "買\x1b[31mx"},
		{"a piece that never ends", false, false, []string{"\xe8\xb2", "x"}, `\xe8\xb2x`},
		{"C1 and direction", false, false, []string{"\u009b31m\x9b\u202egnp\r"}, `\u009b31m\x9b\u202egnp\r`},
		{"no terminal", true, true, []string{"<p>\x1b</p>"}, "<p>\x1b</p>"},
	} {
		if got := printed(t, test.ours, test.raw, test.texts...); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestOutputKeepsItsError(t *testing.T) {
	f, err := os.Open(os.DevNull) // not for writing
	if err != nil {
		t.Fatal(err)
	}
	o := &Output{file: f}
	_, first := o.Write([]byte("a"))
	f.Close()
	if _, again := o.Write([]byte("b")); first == nil || again != first || o.Err() != first {
		t.Errorf("%v, then %v, kept %v", first, again, o.Err())
	}
}

func FuzzOutput(f *testing.F) {
	f.Add("\x1b[31mx\x1b]0;t\x07", 3)
	f.Add("買い\x9b", 1)
	f.Fuzz(func(t *testing.T, text string, at int) {
		at = max(0, min(at, len(text)))
		whole, parts := printed(t, false, false, text), printed(t, false, false, text[:at], text[at:])
		if strings.ContainsAny(whole, "\x1b\a\r\x00") || whole != parts {
			t.Errorf("%q: %q, in two parts %q", text, whole, parts)
		}
	})
}

// Editors, build tools and CI set TERM=dumb, or none: cursor movements came out as rubbish there.
func TestCapable(t *testing.T) {
	for value, want := range map[string]bool{"dumb": false, "": runtime.GOOS == "windows", "xterm-256color": true} {
		t.Setenv("TERM", value)
		if got := Capable(); got != want {
			t.Errorf("TERM=%q: %v", value, got)
		}
	}
}
