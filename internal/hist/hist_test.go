package hist

import (
	"math"
	"testing"
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
