package plans

import (
	"encoding/json"
	"strings"
	"testing"
)

// What the command line said is written to the run's folder, which is handed on: a password in --target
// must not be, and keys are those of the other files.
func TestOverrideWritten(t *testing.T) {
	target, users := "https://ada:secret@example.com:8443/app", 2
	o := Override{Target: &target, Users: &users, Proxy: "http://ada:secret@proxy:3128"}
	got, err := json.Marshal(o.Redacted())
	if want := `{"target":"https://example.com:8443/app","users":2}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if !strings.Contains(*o.Target, "secret") {
		t.Error("redacting changed the run's own target")
	}
	broken := "http://ada:se%zz@example.com"
	if got := *(Override{Target: &broken}).Redacted().Target; strings.Contains(got, "se%zz") {
		t.Errorf("a target that is no URL: %s", got)
	}
}

// The copy of the plan in a run's folder is read there for its report: files that it names relative to
// where it was are missing, and a report that fails for them is lost.
func TestReplayOpensNoFiles(t *testing.T) {
	source := strings.Replace(runs, "[session]", "ca = \"ca.pem\"\ncert = \"client.crt\"\nkey = \"client.key\"\n[session]", 1)
	if got := complaints(t, source, Override{}); strings.Count(got, "cannot read") != 3 {
		t.Errorf("a run: %s", got)
	}
	if got := complaints(t, source, Override{Replay: true}); got != "" {
		t.Errorf("a replay: %s", got)
	}
}

// A mistyped node never answers, so that share("zz") == 0 holds whatever the balancer does.
func TestExpectationsOfUnknownNodes(t *testing.T) {
	const zz = "expect = ['share(\"s22\") == 0']\n"
	elsewhere := runs + "[haproxy]\napi = \"tcp://127.0.0.1:9999\"\nnodes = { s1 = \"http://127.0.0.1:3001\", s2 = \"http://127.0.0.1:3002\" }\n"
	for name, test := range map[string]struct {
		source string
		wrong  bool
	}{
		"laboratory": {zz + laboratory, true},
		"weights":    {zz + weighted("{ s1 = 2, s2 = 1 }"), true},
		"haproxy":    {zz + elsewhere, true},
		"target":     {zz + runs, false},
		"known":      {strings.Replace(zz, "s22", "s2", 1) + elsewhere, false},
	} {
		got := complaints(t, test.source, Override{})
		if wrong := strings.Contains(got, "s22") && strings.Contains(got, `"s2"`); wrong != test.wrong || !wrong && got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
