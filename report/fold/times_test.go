package fold

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
	"stickbench/report"
)

// Connecting counts where there was no connection, the first byte where there was a response, and a mark is no
// request.
func TestStatusesAndTimings(t *testing.T) {
	samples := took(10*time.Millisecond, 20*time.Millisecond, 30*time.Millisecond, 40*time.Millisecond)
	samples[0].Connect, samples[0].Latency = 2*time.Millisecond, 5*time.Millisecond
	samples[1].Latency = 15 * time.Millisecond
	samples[2].Status, samples[2].Kind, samples[2].Connect = 0, loadgen.KindReset, time.Millisecond
	samples[3].Status, samples[3].Latency = 503, 40*time.Millisecond
	mark := took(0)[0]
	mark.Mark, mark.Status, mark.Label = true, 0, "reached"
	r := fold(append(samples, mark), report.Run{})
	if diff := cmp.Diff([]report.Status{{Status: 200, Requests: 2, Share: 0.5}, {Status: 503, Requests: 1, Share: 0.25}, {Status: 0, Requests: 1, Share: 0.25}}, r.Statuses); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&report.Timing{Samples: 2, AverageMS: 1.5, P50MS: 1, P95MS: 2, P99MS: 2, MaxMS: 2}, r.Connect); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&report.Timing{Samples: 3, AverageMS: 20, P50MS: 15.007, P95MS: 40, P99MS: 40, MaxMS: 40}, r.FirstByte); diff != "" {
		t.Error(diff)
	}
	if r := fold(nil, report.Run{}); r.Statuses != nil || r.Connect != nil || r.FirstByte != nil {
		t.Errorf("of nothing: %+v", r)
	}
}
