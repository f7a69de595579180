package fold

import (
	"math"
	"testing"

	"stickbench/assert"
	"stickbench/loadgen"
	"stickbench/report"
)

// A pause is not the target's: throughput leaves it out, and windows in which the run was paused are not judged. Notes steer
// nothing.
func TestSteered(t *testing.T) {
	within, err := assert.Known{}.CompileExpectation(`within("2s").throughput > 5`)
	if err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	b := NewBuilder()
	b.Expect([]*assert.Expectation{within})
	add := func(from, to int64) {
		for ms := from; ms < to; ms += 100 {
			b.Add(&loadgen.Sample{Start: 1_700_000_000_000_000 + ms*1000, Fine: true, Elapsed: 1e6, Label: "GET /", Status: 200, User: 1})
		}
	}
	add(0, 4000)
	b.Event(report.Event{AtMS: 4000, Name: "paused", Text: "paused", OK: true, Phase: true, By: "key", Paused: &yes})
	b.Event(report.Event{AtMS: 6000, Text: "hm", OK: true, By: "ctl ada", Note: true})
	b.Event(report.Event{AtMS: 10000, Text: "goes on", OK: true, Phase: true, By: "page", Paused: &no})
	b.Event(report.Event{AtMS: 10001, Text: "drain s9", By: "page"})
	add(10000, 14000)
	r := b.Freeze(report.Run{Expectations: []*assert.Expectation{within}})
	if s := r.Steered; s == nil || s.Times != 2 || s.PausedMS != 6000 || len(s.By) != 2 {
		t.Errorf("%+v", s)
	}
	if got, _ := r.Figure("throughput"); math.Abs(got-10) > 0.2 {
		t.Errorf("throughput %v, want that of the 8 s in which the run was not paused", got)
	}
	if len(r.Phases) != 2 || r.Phases[0].Requests != 80 || r.Phases[0].Times != 2 || r.Phases[1].Name != "paused" || r.Phases[1].Requests != 0 {
		t.Errorf("phases %+v", r.Phases)
	}
	if r.Verdict != "pass" {
		t.Errorf("%s: %+v", r.Verdict, r.Expectations)
	}
	if s := steeredBy([]report.Event{{OK: true, By: "key", Note: true}, {OK: true}}, 1); s != nil {
		t.Errorf("a note steers: %+v", s)
	}
}
