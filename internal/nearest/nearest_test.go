package nearest

import "testing"

func TestWord(t *testing.T) {
	known := []string{"status", "node", "counter", "session", "GET /", "users"}
	for word, want := range map[string]string{
		"stauts": "status", "STATUS": "status", "nodes": "node", "conter": "counter", "get /": "GET /", "user": "users", "usres": "users",
		"n": "", "xyz": "", "": "", "stat": "", "sessions": "session", "status": "status",
	} {
		if got := Word(word, known); got != want {
			t.Errorf("Word(%s) = %s, want %s", word, got, want)
		}
	}
	if got := Word("ab", []string{"ac", "ad"}); got != "ac" {
		t.Errorf("of two at the same distance: %s", got)
	}
}

func TestHint(t *testing.T) {
	for word, want := range map[string]string{
		"roundrobbin": `did you mean "roundrobin"?`, "x": `want "roundrobin", "first" or "source"`,
	} {
		if got := Hint(word, []string{"roundrobin", "first", "source"}); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
	if got := Hint("x", []string{"first"}); got != `want "first"` {
		t.Error(got)
	}
}
