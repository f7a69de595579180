package sampletest

import (
	"math"
	"testing"
)

func Near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func Roughly(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s: %v, want %v ± %v", what, got, want, within)
	}
}
