package fold

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/format"
	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestPhases(t *testing.T) {
	samples := requests(t, `
		1@100:s1 2@200:s2 1@900+400:s1
		1@1400:s1 3@1500:s2 2@1600+20:-
		2@2100:s2 1@2200:s2 1@2300:s2
		1@3100:s2 4@3200:s2`)
	events := happened(t, "1000 s1 drain\n2000 s1 maint\n3000 s1 drain\n3050 phase slow\n5000 phase never")
	r := during(samples, events, report.Run{})
	type figures struct {
		Name                                                 string
		From, To                                             int64
		Times                                                int
		Duration                                             int64
		Requests, Errors, Sessions, Moves, Excused, Lost, S1 int64
		Affinity                                             string
	}
	var got []figures
	for _, p := range r.Phases {
		affinity := "none"
		if p.Affinity != nil {
			affinity = format.Percent(*p.Affinity)
		}
		got = append(got, figures{p.Name, p.FromMS, p.ToMS, p.Times, p.DurationMS, p.Requests, p.Errors, p.Sessions,
			p.Moves, p.Excused, p.Lost, p.Nodes[0].Decisions, affinity})
	}
	want := []figures{
		{"start", 0, 1000, 1, 1000, 3, 0, 2, 0, 0, 0, 1, "100%"},
		{"drain s1", 1000, 3050, 2, 1050, 3, 1, 2, 0, 0, 0, 0, "100%"},
		{"maint s1", 2000, 3000, 1, 1000, 3, 0, 2, 1, 1, 1, 0, "66.7%"},
		{"slow", 3050, 3201, 1, 151, 2, 0, 2, 0, 0, 0, 0, "100%"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.Phases[1].Throughput; !sampletest.Near(got, 3/1.05, 1e-9) {
		t.Errorf("3 requests in 1.05 s: %g per second", got)
	}
	if got := r.Phases[0].Labels; len(got) != 1 || got[0].Samples != 3 || got[0].MaxMS != 400 {
		t.Errorf("labels of the first phase: %+v", got)
	}
}

// A session that is lost twice is one lost session, in each phase where it is. A phase that looked at first losses only
// would call a drain clean which lost sessions once more.
func TestLostSessionsOfPhases(t *testing.T) {
	samples := sampletest.Responses(1, "s1:1:a s1:1:b s1:1:c s1:2:c s1:1:d s1:2:e")
	for i, s := range samples {
		s.Start = sampletest.Epoch + int64(i+1)*100_000
	}
	r := during(samples, happened(t, "350 phase drain"), report.Run{})
	for i, want := range []report.Phase{{Lost: 2, LostSessions: 1}, {Lost: 1, LostSessions: 1, Renewed: 1}} {
		p := r.Phases[i]
		if p.Lost != want.Lost || p.LostSessions != want.LostSessions || p.Renewed != want.Renewed {
			t.Errorf("%s: %d lost, %d sessions, %d renewed; want %+v", p.Name, p.Lost, p.LostSessions, p.Renewed, want)
		}
	}
	if a := r.Affinity; a.Lost != 3 || a.LostSessions != 1 || a.Renewed != 1 {
		t.Errorf("of the run: %+v", a)
	}
}

// Without an event that begins one, a run has no phases; one phase that is all of it has its figures.
func TestPhaseOfTheWholeRun(t *testing.T) {
	s := sampletest.Stream{Seed: 12, Users: 5, Rounds: 80, Nodes: []string{"s1", "s2"}, Labels: []string{"GET /", "GET /b", "TOTAL"}, Fail: 0.1}
	if r := fold(s.Samples(), report.Run{}); r.Phases == nil || len(r.Phases) != 0 {
		t.Errorf("%+v", r.Phases)
	}
	r := during(s.Samples(), []report.Event{{OK: true, Phase: true, Name: "all"}}, report.Run{})
	if len(r.Phases) != 1 {
		t.Fatalf("%+v", r.Phases)
	}
	p := r.Phases[0]
	if p.Requests != r.Total.Samples || p.Errors != r.Total.Errors || p.AverageMS != r.Total.AverageMS || p.P95MS != r.Total.P95MS ||
		p.Total.StdDevMS != r.Total.StdDevMS || p.Moves != r.Affinity.Moves || *p.Affinity != *r.Affinity.Affinity || p.Lost != r.Affinity.Lost {
		t.Errorf("phase %+v\nrun %+v", p, r.Total)
	}
	for i, row := range p.Labels {
		if row.Samples != r.Labels[i].Samples || row.P99MS != r.Labels[i].P99MS || row.AvgBytes != r.Labels[i].AvgBytes {
			t.Errorf("label %+v\nrun %+v", row, r.Labels[i])
		}
	}
	for i, n := range p.Nodes {
		if n.Requests != r.Nodes[i].Requests || n.Share != r.Nodes[i].Share || n.Decisions != r.Nodes[i].Decisions || n.P95MS != r.Nodes[i].P95MS {
			t.Errorf("node %+v\nrun %+v", n, r.Nodes[i])
		}
	}
}

// Marks count under their label and nowhere else.
func TestMarksInPhases(t *testing.T) {
	s := sampletest.Stream{Seed: 13, Users: 2, Rounds: 10, Nodes: []string{"s1"}, Labels: []string{"GET /"}, Marks: true}
	r := during(s.Samples(), []report.Event{{OK: true, Phase: true, Name: "all"}}, report.Run{})
	p := r.Phases[0]
	if p.Requests != 20 || len(p.Labels) != 2 || p.Labels[1].Samples != 20 || !p.Labels[1].Mark || p.Labels[1].MaxMS != 0 {
		t.Errorf("%+v", p)
	}
}

func TestDuring(t *testing.T) {
	r := during(requests(t, "1@100:s1 2@200:s2 1@1300:s1 2@1400:s2 3@1500:s2 1@1600:-"),
		happened(t, "1000 s1 drain\n9000 phase never\n9000 s1 ready"), report.Run{Nodes: []string{"s9"}})
	phase, err := r.During("drain s1")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"samples": 4, "errors": 1, "error_rate": 0.25, "throughput": 4 / 0.601, "affinity": 1, "continuity": 1, "nodes": 2,
		"transitions": 2, "moves": 0, "excused": 0, "unexcused": 0, "sessions": 3, "lost": 0, "lost_unexcused": 0, "lost_sessions": 0, "renewed": 0, "duration": 601,
	} {
		if got, ok := phase.Figure(name); !ok || !sampletest.Near(got, want, 1e-9) {
			t.Errorf("%s: %g, %v; want %g", name, got, ok, want)
		}
	}
	if _, ok := phase.Figure("sticky_sessions"); ok {
		t.Error("a phase has no sticky sessions")
	}
	for _, test := range []struct {
		name, node string
		want       float64
	}{{"share", "s1", 1. / 3}, {"requests", "s2", 2}, {"decisions", "s1", 0}, {"decisions", "s2", 1}, {"requests", "s9", 0}} {
		if got, err := phase.NodeFigure(test.name, test.node); err != nil || got != test.want {
			t.Errorf("%s(%s): %g, %v", test.name, test.node, got, err)
		}
	}
	for _, label := range []string{"", "TOTAL", "GET /"} {
		if got, err := phase.LabelFigure("p95", label); err != nil || got != 1 {
			t.Errorf("p95(%s): %g, %v", label, got, err)
		}
	}
	if _, err := phase.LabelFigure("p95", "GET /b"); err == nil {
		t.Error("a label that nobody requested has figures")
	}
	if got := truth(phase, "shares_ok", ""); got != "1 decision: too few to judge the shares, 103 tell 1:1 from 2:1" {
		t.Errorf("shares_ok: %s", got)
	}
	if _, err := phase.During("start"); err == nil {
		t.Error("a phase has a phase")
	}
	for name, want := range map[string]string{
		"ready s1": "the phase had no time", "never": "the phase had no time", "x": "no such phase; it had start, drain s1",
	} {
		if _, err := r.During(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if whole, err := fold(requests(t, "1@1:s1"), report.Run{}).During("start"); err != nil || whole == nil {
		t.Errorf("without events: %v", err)
	}
}

// The number of phases and of their rows is bounded; nothing is lost.
func TestManyPhases(t *testing.T) {
	var script strings.Builder
	var events []report.Event
	for i := range 150 {
		fmt.Fprintf(&script, "1@%d:s1 ", i*100+50)
		events = append(events, report.Event{AtMS: int64(i * 100), OK: true, Phase: true, Name: fmt.Sprintf("phase %d", i)})
	}
	samples := requests(t, script.String())
	for i, s := range samples {
		s.Label = fmt.Sprintf("GET /%d", i)
	}
	r := during(samples, events, report.Run{})
	sum, last := int64(0), r.Phases[len(r.Phases)-1]
	for _, p := range r.Phases {
		sum += p.Requests
	}
	if len(r.Phases) != maxPhases || last.Name != otherPhases || last.Requests != 51 || sum != 150 {
		t.Errorf("%d phases with %d requests; the last one %s with %d", len(r.Phases), sum, last.Name, last.Requests)
	}
}

// Rows beyond the bound are missing, but the phase has all requests.
func TestManyRowsInPhases(t *testing.T) {
	b := NewBuilder()
	b.phases.rows = maxPhaseRows - 3
	samples := requests(t, "1@1:s1 1@2:s1 1@3:s1 1@4:s1")
	for i, s := range samples {
		s.Label = fmt.Sprintf("GET /%d", i)
	}
	b.Event(report.Event{OK: true, Phase: true, Name: "all", AtMS: math.MinInt32})
	for _, s := range samples {
		b.Add(s)
	}
	if p := b.Freeze(report.Run{}).Phases[0]; p.Requests != 4 || len(p.Labels) != 2 || p.Nodes[0].Requests != 4 {
		t.Errorf("%+v", p)
	}
}
