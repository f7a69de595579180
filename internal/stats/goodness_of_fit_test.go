package stats

import (
	"testing"

	"stickbench/internal/sampletest"
)

// The table of sizes for a test at 1 % with a power of 80 %.
func TestNeededDraws(t *testing.T) {
	for _, test := range []struct {
		p, q float64
		want int64
	}{{1. / 2, 2. / 3, 103}, {2. / 3, 1. / 2, 103}, {0.5, 0.6, 290}, {0.5, 0.55, 1166}, {2. / 3, 0.75, 359}, {0.5, 0.5, 0}} {
		if got := DrawsToTell(test.p, test.q); got != test.want {
			t.Errorf("%g from %g: %d, want %d", test.p, test.q, got, test.want)
		}
	}
}

// Values of Newcombe, Statistics in Medicine 17 (1998), table I: 95 % intervals of the score method.
func TestWilson(t *testing.T) {
	for _, test := range []struct {
		k, n      int64
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
		{0, 0, 0, 1}, {20, 20, 0.8389, 1},
	} {
		low, high := Wilson(test.k, test.n)
		if !sampletest.Near(low, test.low, 5e-5) || !sampletest.Near(high, test.high, 5e-5) {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", test.k, test.n, low, high, test.low, test.high)
		}
	}
}

func TestDrawnExactly(t *testing.T) {
	for _, test := range []struct {
		counts []int64
		shares []float64
		want   float64
	}{
		{[]int64{5, 5}, []float64{0.5, 0.5}, 1},
		{[]int64{10, 0}, []float64{0.5, 0.5}, 2. / 1024},
		{[]int64{8, 2}, []float64{0.5, 0.5}, 112. / 1024}, // 2·(45+10+1)
		{[]int64{1, 2}, []float64{1. / 3, 2. / 3}, 1},     // the likeliest, with 0+3 less likely
		{[]int64{3, 0}, []float64{1. / 3, 2. / 3}, 1. / 27},
		{[]int64{2, 1, 0}, []float64{1. / 3, 1. / 3, 1. / 3}, 21. / 27}, // all but the six of 1+1+1
		{[]int64{3, 0, 0}, []float64{1. / 3, 1. / 3, 1. / 3}, 3. / 27},
		{[]int64{4, 0, 0}, []float64{0.5, 0.5, 0}, 2. / 16},
		{[]int64{3, 0, 1}, []float64{0.5, 0.5, 0}, 0}, // one fell where nothing can
		{[]int64{7}, []float64{1}, 1},
		{[]int64{0, 0}, []float64{0.5, 0.5}, 1},
	} {
		if got := PValue(test.counts, test.shares); !sampletest.Near(got, test.want, 1e-9) {
			t.Errorf("%v by %v: %g, want %g", test.counts, test.shares, got, test.want)
		}
	}
}

// Quantiles of the χ² distribution.
func TestChiSquared(t *testing.T) {
	for _, test := range []struct {
		x       float64
		degrees int
		want    float64
	}{{3.841459, 1, 0.05}, {6.634897, 1, 0.01}, {5.991465, 2, 0.05}, {7.814728, 3, 0.05}, {18.30704, 10, 0.05}, {124.3421, 100, 0.05}, {0, 1, 1}, {5, 0, 1}} {
		if got := ChiSquaredP(test.x, test.degrees); !sampletest.Near(got, test.want, 1e-6) {
			t.Errorf("%g with %d: %g, want %g", test.x, test.degrees, got, test.want)
		}
	}
}

// Where there are too many outcomes to enumerate, the G statistic says nearly the same.
func TestLikelihoodAgreesWithEnumeration(t *testing.T) {
	for _, counts := range [][]int64{{100, 100, 100}, {120, 90, 90}, {130, 80, 90}, {140, 85, 75}} {
		var cells []Cell
		for _, c := range counts {
			cells = append(cells, Cell{c, 1. / 3})
		}
		g, degrees := GStatistic(cells, 300)
		if exact, about := exactly(cells, 300), ChiSquaredP(g, degrees); !sampletest.Near(exact, about, 0.01+exact/10) {
			t.Errorf("%v: %g enumerated, %g by G", counts, exact, about)
		}
	}
	if g, degrees := GStatistic([]Cell{{95, 0.95}, {2, 0.02}, {3, 0.03}}, 100); degrees != 1 || !sampletest.Near(g, 0, 1e-9) {
		t.Errorf("small cells are not taken together: G %g with %d", g, degrees)
	}
	if g, degrees := GStatistic([]Cell{{1, 0.5}, {1, 0.5}}, 2); degrees != 0 || g > 1e-9 {
		t.Errorf("of next to nothing: G %g with %d", g, degrees)
	}
}
