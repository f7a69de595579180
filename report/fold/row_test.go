package fold

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"stickbench/internal/hist"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/jtl"
)

// foldFile folds a recording by label, and all of it as TOTAL.
func foldFile(t *testing.T, name string) map[string]*testRow {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	folds := map[string]*testRow{report.TotalLabel: {}}
	info, err := new(jtl.Reading).Read(f, func(s *loadgen.Sample) error {
		if folds[s.Label] == nil {
			folds[s.Label] = &testRow{}
		}
		addSample(folds[s.Label], s)
		addSample(folds[report.TotalLabel], s)
		return nil
	})
	if err != nil || info.Incomplete != 0 || info.Format != "csv" {
		t.Fatalf("%+v, %v", info, err)
	}
	return folds
}

// JMeter's own calculator classes said what the expected files hold, unrounded.
func TestFiguresAreJMeters(t *testing.T) {
	for _, name := range []string{"t2-2u", "t4-clear"} {
		folds := foldFile(t, filepath.Join("testdata", "jmeter", name+".jtl"))
		f, err := os.Open(filepath.Join("testdata", "jmeter", name+".expected.csv"))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(lines)-1 != len(folds) {
			t.Errorf("%s: %d rows, want %d", name, len(folds), len(lines)-1)
		}
		for _, want := range lines[1:] {
			row := folds[want[0]].freeze(want[0])
			j := row.JMeter
			got := []float64{
				float64(j.Count), float64(j.Average), float64(j.Min), float64(j.Max), j.StdDev, j.ErrorRate * 100,
				j.Throughput, j.ReceivedKBps, j.AvgBytes, row.P50MS, row.P90MS, row.P95MS, row.P99MS,
			}
			for i, g := range got {
				if w, err := strconv.ParseFloat(want[i+1], 64); err != nil || g != w {
					t.Errorf("%s, %s: %s is %v, want %s", name, want[0], lines[0][i+1], g, want[i+1])
				}
			}
			if row.Samples != j.Count || row.Throughput != j.Throughput || row.ReceivedKBps != j.ReceivedKBps ||
				math.Abs(row.StdDevMS-j.StdDev) > 1e-9 || int64(row.AverageMS) != j.Average || row.MaxMS != float64(j.Max) {
				t.Errorf("%s, %s: the fine figures are others: %+v", name, want[0], row)
			}
		}
	}
}

func at(start, elapsed int64) *loadgen.Sample {
	return &loadgen.Sample{Start: start * 1000, Elapsed: time.Duration(elapsed) * time.Millisecond}
}

func TestThroughputSpans(t *testing.T) {
	for _, c := range []struct {
		name    string
		samples []*loadgen.Sample
		want    float64
		ours    float64
	}{
		{"no span", []*loadgen.Sample{at(1000, 0), at(1000, 0)}, 0, 0},
		{"first start to last end", []*loadgen.Sample{at(1000, 500), at(1100, 900)}, 2, 2},
		// JMeter keeps the span that it knew before the earliest start came
		{"earliest start last", []*loadgen.Sample{at(2000, 1000), at(500, 100)}, 2, 0.8},
		{"no timestamps", []*loadgen.Sample{at(0, 500), at(0, 250)}, 4, 4},
	} {
		var f testRow
		for _, s := range c.samples {
			addSample(&f, s)
		}
		row := f.freeze("x")
		if got := row.JMeter.Throughput; got != c.want {
			t.Errorf("%s: %v/s, want %v", c.name, got, c.want)
		}
		if row.Throughput != c.ours {
			t.Errorf("%s: from first start to last end %v/s, want %v", c.name, row.Throughput, c.ours)
		}
	}
}

func TestRowsThatStandForMany(t *testing.T) {
	var f testRow
	s := at(0, 1000)
	s.Count, s.Errors, s.Received = 3, 2, 30
	addSample(&f, s)
	addSample(&f, at(0, 100))
	row := f.freeze("x")
	j := row.JMeter
	long, short, n := 1000.0, 100.0, 4.0 // variables, as Go computes with constants exactly
	want := report.JMeterRow{
		Count: 4, Errors: 2, Average: 275, Min: 100, Max: 333, ErrorRate: 0.5, Throughput: 4, AvgBytes: 7.5,
		StdDev: math.Sqrt((long*long/3+short*short)/n - 275*275), ReceivedKBps: 30.0 / 1024,
		Mean: 275, Percentiles: [4]int64{333, 333, 333, 333}, Dashboard: [4]float64{333, 333, 333, 333}, Span: 1000,
	}
	if j != want {
		t.Errorf("got  %+v\nwant %+v", j, want)
	}
	if row.P50MS != 333 || row.MinMS != 100 || row.AverageMS != 275 || row.Errors != 2 {
		t.Errorf("%+v", row)
	}
}

func TestEmptyFold(t *testing.T) {
	if got := new(testRow).freeze("x"); got.Samples != 0 || got.JMeter != (report.JMeterRow{}) || got.P99MS != 0 {
		t.Errorf("%+v", got)
	}
}

// exact is the value of that rank by JMeter's rule, from all values.
func exact(sorted []int64, p float64) int64 {
	return sorted[max(hist.Rank(int64(len(sorted)), p), 1)-1]
}

func TestPercentilesOfMicrosecondsWithinAPerMille(t *testing.T) {
	shares := []float64{0.001, 0.5, 0.9, 0.95, 0.99, 0.9999}
	rng := rand.New(rand.NewPCG(7, 11))
	for round := range 60 {
		n := 1 + rng.IntN(5000)
		spread := 1 + rng.Float64()*20 // as a power of e: up to 10 minutes and more
		var f testRow
		var values []int64
		hdr := hdrhistogram.New(1, 600e6, 3)
		for range n {
			v := int64(math.Exp(rng.Float64() * spread))
			values = append(values, v)
			if err := hdr.RecordValue(min(v, 600e6)); err != nil {
				t.Fatal(err)
			}
			addSample(&f, &loadgen.Sample{Elapsed: time.Duration(v) * time.Microsecond, Fine: true})
		}
		slices.Sort(values)
		for i, got := range f.percentiles(shares...) {
			want := float64(exact(values, shares[i])) / 1000
			if got < want || got > want*1.001 {
				t.Errorf("round %d: p%v of %d is %v ms, exactly %v", round, shares[i]*100, n, got, want)
			}
			if ref := float64(min(hdr.ValueAtPercentile(shares[i]*100), f.max)) / 1000; want > 0.002 && got != ref && ref < 6e5 && hist.Rank(int64(n), shares[i]) > 0 {
				t.Errorf("round %d: p%v of %d is %v ms, HdrHistogram says %v", round, shares[i]*100, n, got, ref)
			}
		}
	}
}

func TestPercentilesOfMillisecondsAreExact(t *testing.T) {
	shares := []float64{0, 0.5, 0.9, 0.95, 0.99}
	rng := rand.New(rand.NewPCG(3, 5))
	for round := range 40 {
		var f testRow
		var values []int64
		limit := 1 + rng.Int64N(1_000_000)
		for range 1 + rng.IntN(2000) {
			v := rng.Int64N(limit)
			values = append(values, v)
			addSample(&f, at(0, v))
		}
		slices.Sort(values)
		for i, got := range f.percentiles(shares...) {
			if want := float64(exact(values, shares[i])); got != want {
				t.Errorf("round %d: p%v of %d is %v, want %v", round, shares[i]*100, len(values), got, want)
			}
		}
	}
}

func TestMixedResolutions(t *testing.T) {
	var f testRow
	for i := range int64(1000) {
		addSample(&f, at(0, i))
		addSample(&f, &loadgen.Sample{Elapsed: time.Duration(i*1000+500) * time.Microsecond, Fine: true})
	}
	for i, p := range f.percentiles(0.25, 0.5, 0.99) {
		if want := []float64{249.5, 499.5, 989.5}[i]; p < want || p > want*1.001 {
			t.Errorf("%v, want %v", p, want)
		}
	}
	if row := f.freeze("x"); row.Samples != 2000 || row.MaxMS != 999.5 {
		t.Errorf("%+v", row)
	}
}

// Nothing that a clock or a recording can say makes recording fail.
func TestExtremeTimes(t *testing.T) {
	for _, fine := range []bool{true, false} {
		var f testRow
		for _, d := range []time.Duration{-time.Hour, -1, 0, 1, time.Hour, math.MaxInt64} {
			addSample(&f, &loadgen.Sample{Elapsed: d, Fine: fine})
		}
		row := f.freeze("x")
		if row.P99MS != row.MaxMS || row.MaxMS < 9e12 || row.MinMS != -3.6e6 {
			t.Errorf("fine %v: %+v", fine, row)
		}
	}
}

func TestDeviationDoesNotCancel(t *testing.T) {
	var f testRow
	const hour = int64(3_600_000_000)
	for i := range int64(1000) { // one µs around an hour: doubles would lose it
		addSample(&f, &loadgen.Sample{Elapsed: time.Duration(hour+i%2*2) * time.Microsecond, Fine: true})
	}
	if got := f.freeze("x").StdDevMS; got != 0.001 {
		t.Errorf("deviation %v ms, want 0.001", got)
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	var f testRow
	s := at(1000, 3)
	s.Fine = true
	if n := testing.AllocsPerRun(1000, func() { addSample(&f, s) }); n != 0 {
		t.Errorf("%v allocations per sample", n)
	}
}

// A run of any length has the same memory: once the times between 1 µs and 10 min have been met, none is
// added, and all of it is what the buckets of that span take.
func TestMemoryIsFlat(t *testing.T) {
	var f testRow
	rng := rand.New(rand.NewPCG(13, 17))
	s := &loadgen.Sample{Fine: true, Arrival: true}
	record := func() {
		s.Elapsed = time.Duration(math.Exp(rng.Float64()*math.Log(600e6))) * time.Microsecond
		addSample(&f, s)
	}
	for i := range hist.Slot(600e6, hist.FineBits) {
		s.Elapsed = time.Duration(hist.Highest(i, hist.FineBits)) * time.Microsecond
		addSample(&f, s)
	}
	if n := testing.AllocsPerRun(200_000, record); n != 0 {
		t.Errorf("%v allocations per sample", n)
	}
}

func BenchmarkFoldAdd(b *testing.B) {
	var f testRow
	samples := make([]loadgen.Sample, 1024)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range samples {
		samples[i] = loadgen.Sample{Start: int64(i) * 1000, Elapsed: time.Duration(rng.ExpFloat64() * 2e6), Fine: true}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		addSample(&f, &samples[i%len(samples)])
	}
}

// JMeter has two kinds of percentiles: the Aggregate Report takes a value, the dashboard interpolates. The
// numbers are JMeter's own for these values.
func TestJMeterPercentiles(t *testing.T) {
	for _, c := range []struct {
		last      int64
		aggregate [4]int64
		dashboard [4]float64
	}{
		{1, [4]int64{1, 1, 1, 1}, [4]float64{1, 1, 1, 1}},
		{10, [4]int64{5, 9, 10, 10}, [4]float64{5.5, 9.9, 10, 10}},
		{15, [4]int64{8, 14, 14, 15}, [4]float64{8, 14.4, 15, 15}},
	} {
		var f testRow
		for ms := range c.last {
			addSample(&f, at(1000, ms+1))
		}
		got := f.freeze("x").JMeter
		if got.Percentiles != c.aggregate {
			t.Errorf("%d: aggregate %v, want %v", c.last, got.Percentiles, c.aggregate)
		}
		for i, want := range c.dashboard {
			if math.Abs(got.Dashboard[i]-want) > 1e-9 {
				t.Errorf("%d: dashboard %v, want %v", c.last, got.Dashboard, c.dashboard)
			}
		}
	}
}
