package report_test

import (
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
)

// Every request is in one bucket; these do not overlap, and are as few and as even as promised.
func TestLatencyBuckets(t *testing.T) {
	for name, r := range reporttest.Runs() {
		if r.Latency == nil {
			continue
		}
		if n := len(r.Latency.Buckets); n > 64 {
			t.Errorf("%s: %d buckets", name, n)
		}
		sum, until := int64(0), 0.0
		for _, b := range r.Latency.Buckets {
			if b.FromMS < until || b.ToMS <= b.FromMS || b.Count < 1 {
				t.Errorf("%s: %+v after one until %g", name, b, until)
			}
			sum, until = sum+b.Count, b.ToMS
		}
		if sum != r.Latency.Requests || until < r.Total.MaxMS {
			t.Errorf("%s: %d of %d requests, until %g", name, sum, r.Latency.Requests, until)
		}
		for i := 1; i < len(r.Latency.Percentiles); i++ {
			p, q := r.Latency.Percentiles[i-1], r.Latency.Percentiles[i]
			if p.Share >= q.Share || p.MS > q.MS {
				t.Errorf("%s: %+v after %+v", name, q, p)
			}
		}
	}
}

// Marks took no time; they are no requests.
func TestLatencyWithoutMarks(t *testing.T) {
	r := reporttest.Runs()["roundrobin"]
	if r.Latency.Requests*2 != r.Total.Samples {
		t.Errorf("%d requests of %d samples, half of them marks", r.Latency.Requests, r.Total.Samples)
	}
}

func TestArrivalFigures(t *testing.T) {
	open := reporttest.OpenRun()
	for name, want := range map[string]float64{"arrivals": 10000, "late": 92, "dropped": 3} {
		if got, ok := open.Figure(name); !ok || got != want {
			t.Errorf("%s: %v, %v; want %v", name, got, ok, want)
		}
		if got, ok := reporttest.Fold(sampletest.Foreign(), report.Run{Model: report.ClosedModel}).Figure(name); ok {
			t.Errorf("%s of a closed run is %v", name, got)
		}
	}
	r := open.Labels[0].Response
	for name, want := range map[string]float64{
		"response_avg": r.AverageMS, "response_p50": r.P50MS, "response_p90": r.P90MS, "response_p95": r.P95MS, "response_p99": r.P99MS, "response_max": r.MaxMS,
	} {
		for _, label := range []string{"", "GET /"} {
			if got, err := open.LabelFigure(name, label); err != nil || got != want {
				t.Errorf("%s(%q): %v, %v; want %v", name, label, got, err, want)
			}
		}
		if got, err := open.LabelFigure(name, "GET /cart"); err == nil {
			t.Errorf("%s of what is no arrival: %v", name, got)
		}
	}
	if got, err := open.LabelFigure("response_p96", "GET /"); err == nil {
		t.Errorf("response_p96 is %v", got)
	}
}
