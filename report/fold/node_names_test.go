package fold

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stickbench/report"
)

// A claim about a node that nobody knows was true: share("web1") < 0.6 of a slip of the pen, and drained("s1")
// where responses call s1 otherwise.
func TestNodeNames(t *testing.T) {
	servers := map[string]float64{"s1": 1, "s2": 1}
	for _, test := range []struct {
		name, answered string
		run            report.Run
		want           string // requests and drained of s1, and unexcused
		warns          string
	}{
		{"the same names", "1:s1 1:s2", report.Run{Weights: servers}, "1 true 0", ""},
		{"one never answered", "1:s2 1:s2", report.Run{Weights: servers}, "0 true 0", ""},
		{"other names", "1:w1a 1:w2b", report.Run{Weights: servers}, "undefined undefined undefined",
			"Responses named w1a, w2b, and the balancer's servers are s1, s2: which is which is not known"},
		{"another name of one", "1:s2 1:w1a", report.Run{Weights: servers}, "undefined undefined undefined", "Responses named w1a"},
		{"names that were told", "1:s1 1:s2", report.Run{Weights: servers, Names: map[string]string{"w1a": "s1", "w2b": "s2"}}, "1 true 0", ""},
		{"no servers are known", "1:s2 1:s2", report.Run{}, "undefined undefined 0", ""},
		{"the plan knows it", "1:s2 1:s2", report.Run{Nodes: []string{"s1"}}, "0 true 0", ""},
		{"no response named a node", "1:- 1:-", report.Run{Weights: servers}, "undefined undefined undefined", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			samples := strings.Fields(test.answered)
			for i := range samples {
				user, node, _ := strings.Cut(samples[i], ":")
				samples[i] = fmt.Sprintf("%s@%d:%s", user, 100+i*2000, node)
			}
			events := happened(t, "50 s1 drain\n60 s1 maint")
			r := during(requests(t, strings.Join(samples, " ")), events, test.run)
			said := func(v any, err error) string {
				if err != nil {
					return "undefined"
				}
				return fmt.Sprint(v)
			}
			requests, err := r.NodeFigure("requests", "s1")
			got := []string{said(requests, err)}
			drained, _, err := r.Truth("drained", "s1")
			got = append(got, said(drained, err))
			unexcused, ok := r.Figure("unexcused")
			if got = append(got, fmt.Sprint(unexcused)); !ok {
				got[2] = "undefined"
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %s", got, test.want)
			}
			warned := slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "Responses named") })
			if warned != (test.warns != "") || warned && !strings.Contains(strings.Join(r.Warnings, "\n"), test.warns) {
				t.Errorf("warnings %q, want %q", r.Warnings, test.warns)
			}
		})
	}
	r := fold(requests(t, "1@100:s1 1@200:s2"), report.Run{Names: map[string]string{"w1a": "s1"}})
	if n, err := r.NodeFigure("requests", "w1a"); err != nil || n != 1 {
		t.Errorf("by its other name: %g, %v", n, err)
	}
	if _, err := r.NodeFigure("requests", "web1"); err == nil || !strings.Contains(err.Error(), "nobody knows a node web1: responses named s1, s2") {
		t.Errorf("%v", err)
	}
}

// Sessions that never name their node may be on one that drains: nobody can say that none came to it. One that
// names it later can be placed.
func TestSessionsThatNameNoNode(t *testing.T) {
	const old = "1@100:s1 1@400:s1 "
	for script, want := range map[string]string{
		old + "2@900:s2":              "true",
		old + "2@900:x":               "1 session that began meanwhile named no node, and may have come to s1",
		old + "2@900:x 2@1000:s2":     "true",
		old + "2@900:x 2@1000:s1":     "false",
		"3@100:x " + old + "2@900:s2": "true", // it began before
	} {
		samples := requests(t, script)
		for _, s := range samples {
			if s.Node == "x" {
				s.Node = "" // a response with a session and without a node
			}
		}
		r := during(samples, happened(t, "200 s1 drain"), report.Run{})
		holds, _, err := r.Truth("drained", "s1")
		got := fmt.Sprint(holds)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// A label of the plan that never ran is 0; one that nobody has is undefined.
func TestLabelThatNeverRan(t *testing.T) {
	r := fold(requests(t, "1@100:s1"), report.Run{Labels: []string{"GET /", "POST /login"}})
	if n, err := r.LabelFigure("samples", "POST /login"); err != nil || n != 0 {
		t.Errorf("%g, %v", n, err)
	}
	if _, err := r.LabelFigure("p95", "POST /login"); err == nil || !strings.Contains(err.Error(), "there are no samples") {
		t.Errorf("%v", err)
	}
	if _, err := r.LabelFigure("samples", "POST /logon"); err == nil {
		t.Error("a label that nobody has")
	}
}
