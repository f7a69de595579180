package fold

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

// A target that stalls for a second keeps the arrivals of that second waiting. Whoever looks at the time of
// each request alone sees one that took long; whoever arrived sees every one of them (coordinated omission).
func TestStallShowsInResponseTime(t *testing.T) {
	const due, service = time.Millisecond, 400 * time.Microsecond
	b := NewBuilder()
	var free time.Duration // when the only user is
	for i := range 10_000 {
		intended := time.Duration(i) * due
		start, took := max(intended, free), service
		if i == 5000 {
			took = time.Second
		}
		free = start + took
		b.Add(&loadgen.Sample{
			Start: sampletest.Epoch + start.Microseconds(), Elapsed: took, Fine: true, Label: "GET /", User: 1, Iteration: i + 1,
			Status: 200, Arrival: true, Late: start - intended,
		})
	}
	r := b.Freeze(report.Run{})
	row := &r.Labels[0]
	if row.P99MS > 0.401 || row.MaxMS != 1000 {
		t.Errorf("service time: p99 %v, max %v", row.P99MS, row.MaxMS)
	}
	if r.Model != report.OpenModel || row.Response == nil {
		t.Fatalf("model %q, response time %v", r.Model, row.Response)
	}
	// The backlog shrinks by 0.6 ms per arrival: 1667 arrivals wait, 100 of them more than 900 ms.
	if p := row.Response; p.Samples != 10_000 || p.P50MS > 0.401 || p.P99MS < 930 || p.P99MS > 950 || p.MaxMS != 1000 {
		t.Errorf("response time: %+v", *p)
	}
}

func TestResponseIsFromTheIntendedStart(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	b := NewBuilder()
	var times []int64
	sum := int64(0)
	for i := range 3000 {
		s := &loadgen.Sample{Start: sampletest.Epoch, Fine: true, Label: "GET /", Node: "s1", Elapsed: time.Duration(rng.IntN(5000)) * time.Microsecond, Arrival: i%3 == 0}
		if s.Arrival {
			s.Late = time.Duration(rng.IntN(500_000)) * time.Microsecond
			times = append(times, (s.Late + s.Elapsed).Microseconds())
			sum += times[len(times)-1]
		}
		b.Add(s)
	}
	slices.Sort(times)
	r := b.Freeze(report.Run{})
	for _, row := range []*report.Row{&r.Labels[0], &r.Total, &r.Labels[0].Nodes[0]} {
		p := row.Response
		if row.Samples != 3000 || p == nil || p.Samples != 1000 {
			t.Fatalf("%s: %d samples, response %+v", row.Label, row.Samples, p)
		}
		for share, got := range map[float64]float64{0.5: p.P50MS, 0.9: p.P90MS, 0.95: p.P95MS, 0.99: p.P99MS, 1: p.MaxMS} {
			if want := float64(exact(times, share)) / 1000; got < want || got > want*1.001 {
				t.Errorf("%s: p%v is %v ms, exactly %v", row.Label, share*100, got, want)
			}
		}
		if want := float64(sum) / 1000 / 1000; p.AverageMS != want {
			t.Errorf("%s: average %v ms, want %v", row.Label, p.AverageMS, want)
		}
	}
	closed := fold(sampletest.Foreign(), report.Run{})
	if closed.Model != "" || closed.Total.Response != nil {
		t.Errorf("no arrivals: model %q, %+v", closed.Model, closed.Total.Response)
	}
}
