package hist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRanks(t *testing.T) {
	for p, want := range map[float64]int64{0.5: 8, 0.9: 14, 0.95: 14, 0.99: 15, 0: 0, 1: 15} {
		if got := Rank(15, p); got != want {
			t.Errorf("rank of %v of 15 is %d, want %d", p, got, want)
		}
	}
}

func TestSlotsAndBuckets(t *testing.T) {
	for _, scale := range []uint{FineBits, CoarseBits} {
		for _, v := range []uint64{0, 1, 1<<scale - 1, 1 << scale, 1<<scale + 1, 1<<scale + 2, 1 << 40, math.MaxInt64} {
			i := Slot(v, scale)
			if top := uint64(Highest(i, scale)); top < v || top-v > v>>(scale-1) {
				t.Errorf("scale %d: %d lies in bucket %d up to %d", scale, v, i, top)
			}
			if top := uint64(Highest(i, scale)); top < math.MaxInt64 && Slot(top+1, scale) != i+1 {
				t.Errorf("scale %d: bucket %d is followed by %d", scale, i, Slot(top+1, scale))
			}
		}
	}
}

// With seven bits, percentiles are at most 1/64 above those of all values, merged or not.
func TestPercentilesOfFewBits(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var whole, a, b Histogram
	var values []int64
	for i := range 5000 {
		v := int64(random.ExpFloat64() * math.Pow(10, float64(random.IntN(6))))
		values = append(values, v)
		whole.Add(v, 1, 7)
		if i%2 == 0 {
			a.Add(v, 1, 7)
		} else {
			b.Add(v, 1, 7)
		}
	}
	a.Merge(&b)
	slices.Sort(values)
	shares := []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 1}
	if diff := cmp.Diff(whole.Percentiles(7, shares...), a.Percentiles(7, shares...)); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	for i, got := range whole.Percentiles(7, shares...) {
		want := values[max(0, min(Rank(5000, shares[i]), 5000)-1)]
		if got < want || float64(got) > float64(want)*65/64+1 {
			t.Errorf("at %g: %d, want %d", shares[i], got, want)
		}
	}
	var none Histogram
	none.Add(-5, 1, 7)
	if got := none.Percentiles(7, 0.5)[0]; got != 0 {
		t.Errorf("negative: %d", got)
	}
}

// However many values there are, the counts of all times up to ten minutes take what their buckets take.
func TestSizeIsBounded(t *testing.T) {
	var h Histogram
	for i := range Slot(600e6, FineBits) {
		h.Add(Highest(i, FineBits), 1, FineBits)
	}
	if size := len(h.pages) * (8 + pageSlots*8); size > 175_000 {
		t.Errorf("%d bytes for times up to 10 min", size)
	}
	if n := testing.AllocsPerRun(1000, func() { h.Add(3_141_592, 1, FineBits) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// A Sparse holds what a Histogram holds.
func TestSparseIsAHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	var h Histogram
	var whole, part Sparse
	for i := range 10_000 {
		v := int64(random.ExpFloat64() * 5000)
		h.Add(v, 1, FineBits)
		if i%3 == 0 {
			part.Add(v, 1)
		} else {
			whole.Add(v, 1)
		}
	}
	pooled := PoolBuckets(whole.Buckets(), nil, part.Buckets())
	whole.Merge(&part)
	if diff := cmp.Diff(whole.Buckets(), pooled); diff != "" {
		t.Errorf("pooled (-merged +pooled):\n%s", diff)
	}
	i, buckets := 0, whole.Buckets()
	h.Walk(FineBits, func(v, n int64) bool {
		if i >= len(buckets) || Highest(int(buckets[i].Slot), FineBits) != v || int64(buckets[i].Count) != n {
			t.Fatalf("bucket %d: want %d times %d", i, n, v)
		}
		i++
		return true
	})
	if i != len(buckets) {
		t.Errorf("%d buckets, want %d", len(buckets), i)
	}
}
