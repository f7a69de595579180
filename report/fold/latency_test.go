package fold

import (
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
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
	if l := fold(nil, report.Run{}).Latency; l != nil {
		t.Errorf("of nothing: %+v", l)
	}
	l := fold(took(0), report.Run{}).Latency
	if len(l.Buckets) != 1 || l.Buckets[0].FromMS != 0 || l.Buckets[0].ToMS <= 0 || l.Buckets[0].Count != 1 {
		t.Errorf("of a request that took no time: %+v", l.Buckets)
	}
	l = fold(took(time.Millisecond, 2*time.Millisecond, 2*time.Millisecond, time.Minute), report.Run{}).Latency
	if l.Requests != 4 || l.Percentiles[0] != (report.Percentile{MS: 1}) || l.Percentiles[len(l.Percentiles)-1] != (report.Percentile{Share: 1, MS: 60000}) {
		t.Errorf("%+v", l)
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
	l := fold(samples, report.Run{}).Latency
	if l.Requests != 3 || l.Percentiles[0].MS < 10 {
		t.Errorf("%d requests from %g ms on", l.Requests, l.Percentiles[0].MS)
	}
}

// Failures that come at once are told apart from quick responses.
func TestFailedBuckets(t *testing.T) {
	samples := took(time.Millisecond, 50*time.Millisecond, 51*time.Millisecond)
	samples[0].Kind = loadgen.KindRefused
	l := fold(samples, report.Run{}).Latency
	for i, b := range l.Buckets {
		if want := boolInt(i == 0); b.Failed != want {
			t.Errorf("from %g ms on: %d of %d failed, want %d", b.FromMS, b.Failed, b.Count, want)
		}
	}
}
