package report

import "math"

// Latency is how the elapsed times of all requests are distributed. Marks are left out.
type Latency struct {
	Requests int64 `json:"requests"`
	// Buckets ascend; those without requests are left out. There are at most 64, their bounds in equal
	// ratios, as near to each other as that allows.
	Buckets []Bucket `json:"buckets"`
	// Histogram has at most 15 buckets without gaps, their bounds round numbers.
	Histogram []Bucket `json:"histogram"`
	// Percentiles ascend, from the smallest time at share 0 to the largest one at share 1: nine to each
	// decade of what is left of the requests (0.1 … 0.9, 0.91 … 0.99, and so on).
	Percentiles []Percentile `json:"percentiles"`
}

// Bucket counts the requests that took FromMS or longer, but less than ToMS.
type Bucket struct {
	FromMS float64 `json:"from_ms"`
	ToMS   float64 `json:"to_ms"`
	Count  int64   `json:"count"`
	Failed int64   `json:"failed,omitempty"` // of them; not told in Latency.Histogram
}

// Percentile is the elapsed time at a share of the requests, 0 to 1.
type Percentile struct {
	Share float64 `json:"share"`
	MS    float64 `json:"ms"`
}

// TailShares are the shares of percentiles that n values can tell apart.
func TailShares(n int64) []float64 {
	shares := []float64{0}
	for decade := 10.0; decade <= max(10, float64(n)); decade *= 10 {
		for i := 9.0; i >= 1; i-- {
			if part := 1 - i/decade; part > shares[len(shares)-1] {
				shares = append(shares, math.Round(part*decade)/decade)
			}
		}
	}
	return append(shares, 1)
}
