package report

import (
	"slices"
	"testing"
)

func TestTailShares(t *testing.T) {
	want := []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1}
	if got := TailShares(100); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := TailShares(1); len(got) != 11 {
		t.Errorf("%v", got)
	}
}
