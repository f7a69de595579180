package hist

import (
	"math"
	"slices"
	"testing"
)

func TestRatioBounds(t *testing.T) {
	const most = 64
	for _, ends := range [][2]int64{{0, 0}, {0, 1}, {1, 1}, {7, 9}, {250, 7000}, {63, 64}, {1, math.MaxInt32}, {999_999, 1_000_001}} {
		bounds := RatioBounds(ends[0], ends[1], most)
		if !slices.IsSorted(bounds) || len(slices.Compact(slices.Clone(bounds))) != len(bounds) || len(bounds) > most+1 {
			t.Errorf("%v: %v", ends, bounds)
		}
		if bounds[0] > ends[0] || bounds[len(bounds)-1] <= ends[1] {
			t.Errorf("%v are not within %d and %d", ends, bounds[0], bounds[len(bounds)-1])
		}
	}
}

func TestRoundBounds(t *testing.T) {
	const most = 15
	for ends, want := range map[[2]int64][]int64{
		{0, 0}:                         {0, 1},
		{1000, 1000}:                   {1000, 1001},
		{1000, 1100}:                   {1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090, 1100, 1110},
		{120, 9000}:                    {100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10_000},
		{42, 5_000_000}:                {30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000},
		{1, math.MaxInt64 / 1_000_000}: {1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1e9, 1e10, 1e11, 1e12, 1e13},
	} {
		if got := RoundBounds(ends[0], ends[1], most); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", ends, got, want)
		}
	}
	for first := int64(0); first < 3000; first += 7 {
		for last := first; last < 1e7; last = last*3/2 + 1 {
			bounds := RoundBounds(first, last, most)
			if !slices.IsSorted(bounds) || len(bounds) < 2 || len(bounds) > most+1 || bounds[0] > first || bounds[len(bounds)-1] <= last {
				t.Fatalf("%d to %d: %v", first, last, bounds)
			}
			if len(bounds) < 8 && last-first > 20 {
				t.Fatalf("%d to %d in so few: %v", first, last, bounds)
			}
		}
	}
}
