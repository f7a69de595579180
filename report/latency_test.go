package report

import (
	"math"
	"slices"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
)

// took are fine samples of one user that took so long.
func took(elapsed ...time.Duration) (samples []*loadgen.Sample) {
	for i, d := range elapsed {
		samples = append(samples, &loadgen.Sample{
			Start: sampletest.Epoch + int64(i)*1_000_000, Elapsed: d, Fine: true, Label: "GET /", User: 1, Life: 1, Status: 200,
		})
	}
	return samples
}

func TestLatency(t *testing.T) {
	if l := fold(nil, Run{}).Latency; l != nil {
		t.Errorf("of nothing: %+v", l)
	}
	l := fold(took(0), Run{}).Latency
	if len(l.Buckets) != 1 || l.Buckets[0].FromMS != 0 || l.Buckets[0].ToMS <= 0 || l.Buckets[0].Count != 1 {
		t.Errorf("of a request that took no time: %+v", l.Buckets)
	}
	l = fold(took(time.Millisecond, 2*time.Millisecond, 2*time.Millisecond, time.Minute), Run{}).Latency
	if l.Requests != 4 || l.Percentiles[0] != (Percentile{0, 1}) || l.Percentiles[len(l.Percentiles)-1] != (Percentile{1, 60000}) {
		t.Errorf("%+v", l)
	}
}

func TestRatioBounds(t *testing.T) {
	for _, ends := range [][2]int64{{0, 0}, {0, 1}, {1, 1}, {7, 9}, {250, 7000}, {63, 64}, {1, math.MaxInt32}, {999_999, 1_000_001}} {
		bounds := ratioBounds(ends[0], ends[1], maxBuckets)
		if !slices.IsSorted(bounds) || len(slices.Compact(slices.Clone(bounds))) != len(bounds) || len(bounds) > maxBuckets+1 {
			t.Errorf("%v: %v", ends, bounds)
		}
		if bounds[0] > ends[0] || bounds[len(bounds)-1] <= ends[1] {
			t.Errorf("%v are not within %d and %d", ends, bounds[0], bounds[len(bounds)-1])
		}
	}
}

func TestRoundBounds(t *testing.T) {
	for ends, want := range map[[2]int64][]int64{
		{0, 0}:                         {0, 1},
		{1000, 1000}:                   {1000, 1001},
		{1000, 1100}:                   {1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090, 1100, 1110},
		{120, 9000}:                    {100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10_000},
		{42, 5_000_000}:                {30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000},
		{1, math.MaxInt64 / 1_000_000}: {1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1e9, 1e10, 1e11, 1e12, 1e13},
	} {
		if got := roundBounds(ends[0], ends[1]); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", ends, got, want)
		}
	}
	for first := int64(0); first < 3000; first += 7 {
		for last := first; last < 1e7; last = last*3/2 + 1 {
			bounds := roundBounds(first, last)
			if !slices.IsSorted(bounds) || len(bounds) < 2 || len(bounds) > mostLines+1 || bounds[0] > first || bounds[len(bounds)-1] <= last {
				t.Fatalf("%d to %d: %v", first, last, bounds)
			}
			if len(bounds) < 8 && last-first > 20 {
				t.Fatalf("%d to %d in so few: %v", first, last, bounds)
			}
		}
	}
}

func TestTailShares(t *testing.T) {
	want := []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1}
	if got := TailShares(100); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := TailShares(1); len(got) != 11 {
		t.Errorf("%v", got)
	}
}

// A mark takes no time: counted among the requests of its label, it would halve their median.
func TestMarksAreInNoDistribution(t *testing.T) {
	samples := took(10*time.Millisecond, 20*time.Millisecond, 30*time.Millisecond)
	for range 3 {
		mark := *samples[0]
		mark.Mark, mark.Elapsed = true, 0
		samples = append(samples, &mark)
	}
	l := fold(samples, Run{}).Latency
	if l.Requests != 3 || l.Percentiles[0].MS < 10 {
		t.Errorf("%d requests from %g ms on", l.Requests, l.Percentiles[0].MS)
	}
}

// Failures that come at once are told apart from quick responses.
func TestFailedBuckets(t *testing.T) {
	samples := took(time.Millisecond, 50*time.Millisecond, 51*time.Millisecond)
	samples[0].Kind = loadgen.KindRefused
	l := fold(samples, Run{}).Latency
	for i, b := range l.Buckets {
		if want := boolInt(i == 0); b.Failed != want {
			t.Errorf("from %g ms on: %d of %d failed, want %d", b.FromMS, b.Failed, b.Count, want)
		}
	}
}
