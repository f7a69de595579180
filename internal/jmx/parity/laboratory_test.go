//go:build jmeter

package parity

import (
	"net/url"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"stickbench/internal/lab"
)

// TestParityLaboratory runs the plan of the load-balancing laboratory through both, against its embedded balancer:
// as many samples on each node, by the marks that the plan sets.
func TestParityLaboratory(t *testing.T) {
	j, ours := startable(t), build(t)
	for _, name := range []string{"laboratory", "laboratory-clear"} {
		t.Run(name, func(t *testing.T) {
			plan, err := filepath.Abs(filepath.Join("../testdata", name+".jmx"))
			if err != nil {
				t.Fatal(err)
			}
			var runs []*seen
			for _, run := range []func(*testing.T, string, []string) string{j.run, ours.run} {
				l, err := lab.Start(t.Context(), lab.Config{Balancer: "embedded", Algorithm: "roundrobin", Sticky: "cookie SERVERID insert indirect nocache",
					Nodes: []lab.Node{{Tag: "s1"}, {Tag: "s2"}}})
				if err != nil {
					t.Fatal(err)
				}
				u, err := url.Parse(l.URL())
				if err != nil {
					t.Fatal(err)
				}
				c := comparison{plan: name}
				runs = append(runs, c.run(t, &server{}, run(t, plan, []string{"-Jhost=" + u.Hostname(), "-Jport=" + u.Port()})))
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
			c := comparison{plan: name}
			theirs, own := c.counts(runs[0]), c.counts(runs[1])
			if diff := gocmp.Diff(theirs, own); diff != "" {
				t.Errorf("samples (-JMeter +ours):\n%s", diff)
			}
			if want := map[string]string{"GET /": "40, 0 failed", "S1 reached": "20, 0 failed", "S2 reached": "20, 0 failed"}; gocmp.Diff(want, own) != "" {
				t.Error(gocmp.Diff(want, own))
			}
		})
	}
}
