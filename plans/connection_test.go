package plans

import (
	"strings"
	"testing"

	"stickbench/loadgen"
)

// inGroup reads a plan with lines in its only group.
func inGroup(lines string) (*Plan, error) {
	return Read("p.toml", []byte("[target]\nurl = 'http://127.0.0.1'\n[[group]]\n"+lines+"\n[[group.step]]\nrequest = 'GET /'\n"), Override{})
}

func TestConnections(t *testing.T) {
	for word, want := range map[string]loadgen.ConnectionPolicy{
		"": loadgen.KeepConnections, "connections = 'keep'": loadgen.KeepConnections,
		"connections = 'iteration'": loadgen.PerIteration, "connections = 'request'": loadgen.PerRequest,
	} {
		p, err := inGroup(word)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Load.Groups[0].Connections; got != want {
			t.Errorf("%q: %v", word, got)
		}
		var b strings.Builder
		p.Explain(&b)
		if got := strings.Contains(b.String(), ", a connection per "); got != (want != loadgen.KeepConnections) {
			t.Errorf("%q is explained as\n%s", word, &b)
		}
	}
	_, err := inGroup("connections = 'requests'")
	if err == nil || !strings.Contains(err.Error(), `4:15: group[0].connections: "requests": did you mean "request"?`) {
		t.Errorf("%v", err)
	}
}
