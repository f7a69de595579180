package fold

import (
	"slices"

	"stickbench/internal/hist"
	"stickbench/report"
)

// maxBuckets bounds the buckets of Latency.
const maxBuckets = 64

// mostLines bounds those of Latency.Histogram.
const mostLines = 15

// latency is how the times of requests are distributed, and those that failed among them; nil without requests.
func (f *rowFold) latency(failed *times) *report.Latency {
	if f.count == 0 {
		return nil
	}
	all := &f.times
	made := &report.Latency{Requests: f.count, Histogram: all.buckets(all.bounds(func(first, last int64) []int64 { return hist.RoundBounds(first, last, mostLines) }))}
	bounds := all.bounds(func(first, last int64) []int64 { return hist.RatioBounds(first, last, maxBuckets) })
	made.Buckets = all.buckets(bounds)
	if failed.total() > 0 {
		for i, b := range failed.buckets(bounds) {
			made.Buckets[i].Failed = min(b.Count, made.Buckets[i].Count)
		}
	}
	made.Buckets = slices.DeleteFunc(made.Buckets, func(b report.Bucket) bool { return b.Count == 0 })
	shares := report.TailShares(f.count)
	for i, ms := range f.percentiles(shares...) {
		made.Percentiles = append(made.Percentiles, report.Percentile{Share: shares[i], MS: ms})
	}
	return made
}

// bounds are bounds of buckets, in microseconds, that hold the least and the largest time between them.
func (t *times) bounds(between func(first, last int64) []int64) []int64 {
	h, scale, unit := t.histogram()
	ends := h.Percentiles(scale, 0, 1)
	bounds := between(ends[0], ends[1])
	for i := range bounds {
		bounds[i] *= unit
	}
	return bounds
}

// buckets are the counts between the bounds, which hold all times between them.
func (t *times) buckets(bounds []int64) []report.Bucket {
	list := make([]report.Bucket, len(bounds)-1)
	for i := range list {
		list[i].FromMS, list[i].ToMS = float64(bounds[i])/1000, float64(bounds[i+1])/1000
	}
	h, scale, unit := t.histogram()
	h.Walk(scale, func(v, n int64) bool {
		list[hist.Between(bounds, v*unit)].Count += n
		return true
	})
	return list
}
