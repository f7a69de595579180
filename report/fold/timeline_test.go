package fold

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

func TestTimeline(t *testing.T) {
	r := during(requests(t, "1@100+200:s1 2@990+20:s2 1@1500+30:s1 2@1600+40:- 1@3999+1:s1"), nil, report.Run{})
	point := func(at, requests, errors int64, p95 float64, s1, s2 int64) report.Point {
		named := float64(max(1, s1+s2))
		p := report.Point{AtMS: at, Requests: requests, Errors: errors, P95MS: p95,
			Nodes: []report.PointNode{{Node: "s1", Requests: s1, Share: float64(s1) / named}, {Node: "s2", Requests: s2, Share: float64(s2) / named}}}
		return p
	}
	want := []report.Point{
		point(0, 1, 0, 200, 1, 0), point(1000, 3, 1, 40, 1, 1), point(2000, 0, 0, 0, 0, 0), point(3000, 0, 0, 0, 0, 0), point(4000, 1, 0, 1, 1, 0),
	}
	got := slices.Clone(r.Timeline.Points)
	for i := range got {
		p := &got[i]
		if p.P99MS < p.P95MS || p.P95MS < p.P50MS || p.P95MS < want[i].P95MS || p.P95MS > want[i].P95MS*1.016 {
			t.Errorf("percentiles at %d: %g, %g, %g", p.AtMS, p.P50MS, p.P95MS, p.P99MS)
		}
		p.P50MS, p.P95MS, p.P99MS, p.Statuses = 0, want[i].P95MS, 0, want[i].Statuses
		for k := range p.Nodes {
			p.Nodes[k].AverageMS, p.Nodes[k].P95MS = 0, 0
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Timeline.StepMS != 1000 {
		t.Errorf("steps of %d ms", r.Timeline.StepMS)
	}
}

// A long run has longer steps, and the same as if its steps had been long from the start.
func TestTimelineOfALongRun(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var short, long timelineFold
	nodes := []*nodeFold{{name: "s1", index: 0}, {name: "s2", index: 1}}
	long.step = 4 * firstStep
	for at := int64(0); at < 2*maxPoints*firstStep+10*firstStep; at += 700 {
		s := loadgen.Sample{Status: 200 + 100*random.IntN(4), Arrival: true}
		e := entry{active: random.Int32N(9), measurement: measurement{start: at, end: at, micros: int64(random.ExpFloat64() * 3e4), samples: 1}, node: int16(random.IntN(3)) - 1}
		short.add(&e, &s)
		long.add(&e, &s)
		if at%700_000 == 0 { // as a view of the run does
			short.freeze(nodes, nil)
		}
	}
	if diff := cmp.Diff(long.freeze(nodes, nil), short.freeze(nodes, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if short.step != 4*firstStep || short.end != long.end || len(short.points) > maxPoints {
		t.Errorf("%d points of %d ms", len(short.points), short.step)
	}
	late := entry{node: none, measurement: measurement{end: 1000 * 365 * 86400 * 1000, samples: 1}} // a clock that jumped
	short.add(&late, &loadgen.Sample{})
	if len(short.points) > maxPoints {
		t.Errorf("%d points", len(short.points))
	}
}

func TestTimelineLeavesMarksOut(t *testing.T) {
	s := sampletest.Stream{Seed: 14, Users: 2, Rounds: 10, Nodes: []string{"s1"}, Labels: []string{"GET /"}, Marks: true}
	var n int64
	for _, p := range fold(s.Samples(), report.Run{}).Timeline.Points {
		n += p.Requests
	}
	if n != 20 {
		t.Errorf("%d requests", n)
	}
}

func TestTimelineAllocatesNothing(t *testing.T) {
	var f timelineFold
	e := entry{measurement: measurement{end: 100, micros: 1000, samples: 1}, node: 1}
	f.add(&e, &loadgen.Sample{})
	if n := testing.AllocsPerRun(1000, func() { f.add(&e, &loadgen.Sample{}) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// What is drawn over time beside rates and percentiles: the last step ends with the last request, a step knows its users,
// statuses, arrivals begun and arrivals due, and each node its own percentile.
func TestTimelineTellsMore(t *testing.T) {
	samples := requests(t, "1@0+100:s1 2@900+300:s2 1@1500+30:s1")
	for i, s := range samples {
		s.ActiveAll, s.Arrival, s.Status = 3-i, true, []int{200, 503, 0}[i]
	}
	b := NewBuilder()
	b.Begin(time.UnixMilli(samples[0].StartMillis()))
	for _, s := range samples {
		b.Add(s)
	}
	timeline := b.Freeze(report.Run{Due: func(ms int64) float64 { return float64(ms) / 500 }}).Timeline
	if timeline.EndMS != 1530 || len(timeline.Points) != 2 {
		t.Fatalf("%+v", timeline)
	}
	for i, want := range []struct {
		users, arrivals int64
		planned         float64
		statuses        [report.StatusClasses]int64
		s1, s2          float64
	}{{3, 2, 2, [report.StatusClasses]int64{2: 1}, 100, 0}, {2, 1, 1.06, [report.StatusClasses]int64{0: 1, 5: 1}, 30, 300}} {
		p := timeline.Points[i]
		near := func(got, want float64) bool { return got >= want && got <= want*1.016 }
		if p.Users != want.users || p.Arrivals != want.arrivals || !near(p.Planned, want.planned) || p.Statuses != want.statuses || !near(p.Nodes[0].P95MS, want.s1) || !near(p.Nodes[1].P95MS, want.s2) {
			t.Errorf("step %d: %+v, want %+v", i, p, want)
		}
	}
	sum := int64(0)
	for _, row := range timeline.Heat.Counts {
		for _, n := range row {
			sum += n
		}
	}
	if sum != 3 || len(timeline.Heat.BoundsMS) != len(timeline.Heat.Counts)+1 {
		t.Errorf("heat map of %d requests: %+v", sum, timeline.Heat)
	}
}
