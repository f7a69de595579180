package compare

import (
	"math"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// Windows are merged as a run grows, and nothing is lost on the way: percentiles are those of the report.
func TestSeriesKeepsWhatTheReportHas(t *testing.T) {
	for _, samples := range []int{1, 40, 3000, 30_000} {
		p := sampletest.Process{Samples: samples, Scale: 1, Label: "GET /", Sessions: 10, Weights: [2]int{1, 1}, Errors: 0.01}
		s := series(p, 1)
		if s.windows > mostWindows {
			t.Errorf("%d samples in %d windows", samples, s.windows)
		}
		if samples >= 3000 && s.windows <= mostWindows/2 {
			t.Errorf("%d samples in %d windows only", samples, s.windows)
		}
		all := s.part(rowKey{total: true}, s.whole())
		row := s.Results.Total
		if all.n != row.Samples || all.failed != row.Errors {
			t.Errorf("%d samples, %d errors, want %d, %d", all.n, all.failed, row.Samples, row.Errors)
		}
		for _, x := range []struct{ share, want float64 }{{0.5, row.P50MS}, {0.95, row.P95MS}, {0.99, row.P99MS}} {
			if got := all.ms(all.at(x.share)); math.Abs(got-x.want) > 0.001*x.want {
				t.Errorf("%d samples: %v at %v, the report has %v", samples, got, x.share, x.want)
			}
		}
		average, _ := all.average()
		sampletest.Roughly(t, "average", average.raw, row.AverageMS, 1e-9)
		deviation, _ := all.deviation()
		sampletest.Roughly(t, "standard deviation", deviation.raw, row.StdDevMS, 1e-6)
		var nodes int64
		for _, n := range []string{"s1", "s2"} {
			if q := s.part(rowKey{label: "GET /", node: n}, s.whole()); q != nil {
				nodes += q.n
			}
		}
		if nodes != all.n {
			t.Errorf("%d samples of nodes, want %d", nodes, all.n)
		}
		if f, _ := s.sessions("affinity"); samples > 1 && f.raw != *s.Results.Affinity.Affinity {
			t.Errorf("affinity %v, the report has %v", f.raw, *s.Results.Affinity.Affinity)
		}
	}
}

// A recording whose clock jumps by days, or backwards, still has its windows.
func TestSeriesOfOddClocks(t *testing.T) {
	results := fold.NewBuilder()
	b := NewSeriesBuilder(results)
	for _, ms := range []int64{1_700_000_000_000, 1_700_000_000_500, 1_710_000_000_000, 1_600_000_000_000} {
		b.Add(&loadgen.Sample{Start: ms * 1000, Elapsed: 5 * time.Millisecond, Label: "x"})
	}
	s := b.Freeze("odd", results.Freeze(report.Run{}), Setup{})
	if s.windows > mostWindows || s.early != 1 {
		t.Errorf("%d windows, %d samples too early", s.windows, s.early)
	}
	if p := s.part(rowKey{total: true}, s.whole()); p.n != 4 {
		t.Errorf("%d samples", p.n)
	}
}

// Marks take no time, and would make every other request one of 0 ms.
func TestMarksAreNotCompared(t *testing.T) {
	results := fold.NewBuilder()
	b := NewSeriesBuilder(results)
	for i := range int64(100) {
		b.Add(&loadgen.Sample{Start: i * 10_000, Elapsed: 5 * time.Millisecond, Fine: true, Label: "x"})
		b.Add(&loadgen.Sample{Start: i * 10_000, Label: "seen", Mark: true, Fine: true})
	}
	s := b.Freeze("run", results.Freeze(report.Run{}), Setup{})
	c, err := Compare([]*Series{s}, []*Series{s}, Options{Margin: DefaultMargin})
	if err != nil {
		t.Fatal(err)
	}
	sampletest.Roughly(t, "p50", *find(c.Total.Changes, "p50").Before, 5, 0.01)
	if len(c.Labels) != 1 {
		t.Errorf("%d labels", len(c.Labels))
	}
}

// A million samples are compared within seconds.
func BenchmarkCompareMillion(b *testing.B) {
	p := sampletest.Process{Samples: 1_000_000, Scale: 1, Label: "GET /", Sessions: 10, Weights: [2]int{1, 1}}
	for b.Loop() {
		s := series(p, 1)
		start := time.Now()
		if _, err := Compare([]*Series{s}, []*Series{s}, Options{Margin: DefaultMargin}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/compare")
	}
}
