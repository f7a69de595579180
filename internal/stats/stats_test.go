package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"stickbench/internal/sampletest"
	"testing"
)

// permuted is the two-sided p-value of U by all ways of dealing the values out.
func permuted(x, y []float64) float64 {
	all := slices.Concat(x, y)
	u := func(first []float64, rest []float64) (u float64) {
		for _, a := range first {
			for _, b := range rest {
				switch {
				case a > b:
					u++
				case a == b:
					u += 0.5
				}
			}
		}
		return u
	}
	middle := float64(len(x)*len(y)) / 2
	seen := math.Abs(u(x, y) - middle)
	hits, deals := 0, 0
	for mask := range 1 << len(all) {
		var first, rest []float64
		for i, v := range all {
			if mask>>i&1 == 1 {
				first = append(first, v)
			} else {
				rest = append(rest, v)
			}
		}
		if len(first) == len(x) {
			deals++
			if math.Abs(u(first, rest)-middle) >= seen-1e-9 {
				hits++
			}
		}
	}
	return float64(hits) / float64(deals)
}

func TestMannWhitneyIsThePermutationTest(t *testing.T) {
	for _, c := range [][2][]float64{
		{{1, 2, 3, 4}, {5, 6, 7, 8}},
		{{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}},
		{{1, 4, 5, 8}, {2, 3, 6, 7}},
		{{1, 2, 6, 7, 3}, {4, 5, 8, 9}},
		{{1, 1, 2, 2}, {2, 3, 3, 3}},
		{{1, 1, 1, 2, 5}, {1, 2, 2, 3, 3}},
	} {
		sampletest.Roughly(t, "p", MannWhitney(c[0], c[1]), permuted(c[0], c[1]), 1e-9)
	}
	sampletest.Roughly(t, "all equal", MannWhitney([]float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}), 1, 0)
}

func TestHodgesLehmann(t *testing.T) {
	shift, ci := HodgesLehmann([]float64{1, 2, 3, 4}, []float64{11, 12, 13, 14})
	sampletest.Roughly(t, "shift", shift, 10, 0)
	sampletest.Roughly(t, "low", ci.Low, 7, 0) // with four values each, the whole range
	sampletest.Roughly(t, "high", ci.High, 13, 0)
	// Of five values each, 2 is the largest U of the lowest 2.5 %: the third difference from either end.
	if k := lowerRank(5, 5); k != 3 {
		t.Errorf("rank %d, want 3", k)
	}
	if _, ci := HodgesLehmann([]float64{1, 2, 3}, []float64{4, 5, 6}); !math.IsInf(ci.Low, -1) {
		t.Error("three values a side have no interval of 95 %")
	}
	if exact, approximate := lowerRank(25, 25), lowerRank(25, 26); approximate-exact > 20 || approximate < exact {
		t.Errorf("ranks %d and %d", exact, approximate)
	}
}

// The interval of the shift holds it as often as it says.
func TestHodgesLehmannCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	held := 0
	for range 1000 {
		var x, y []float64
		for range 6 {
			x, y = append(x, random.ExpFloat64()), append(y, 3+random.ExpFloat64())
		}
		if _, ci := HodgesLehmann(x, y); ci.Low <= 3 && ci.High >= 3 {
			held++
		}
	}
	sampletest.Roughly(t, "held", float64(held), 959, 20) // 95.9 % is the exact level for 6 + 6
}

func TestCliffsDelta(t *testing.T) {
	sampletest.Roughly(t, "all above", CliffsDelta([]float64{1, 2}, []float64{3, 4}), 1, 0)
	sampletest.Roughly(t, "all below", CliffsDelta([]float64{3, 4}, []float64{1, 2}), -1, 0)
	sampletest.Roughly(t, "equal", CliffsDelta([]float64{1, 2}, []float64{1, 2}), 0, 0)
	sampletest.Roughly(t, "half", CliffsDelta([]float64{1, 4}, []float64{3, 5}), 0.5, 0)
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		sampletest.Roughly(t, "adjusted", got[i], want, 1e-12)
	}
	if len(Holm(nil)) != 0 {
		t.Error("no tests, no values")
	}
}

func TestShareIntervals(t *testing.T) {
	low, high := Wilson(56, 70)
	at := WilsonAt(56, 70, 0.95)
	sampletest.Roughly(t, "low", at.Low, low, 1e-4)
	sampletest.Roughly(t, "high", at.High, high, 1e-4)
	// Newcombe (1998), table II, contrast a, method 10.
	d := Newcombe(48, 80, 56, 70, 0.95)
	sampletest.Roughly(t, "low", d.Low, 0.0524, 1e-4)
	sampletest.Roughly(t, "high", d.High, 0.3339, 1e-4)
}

func TestStudent(t *testing.T) {
	e := Estimate{Value: 2.228, Variance: 1, Freedom: 10}
	sampletest.Roughly(t, "p", e.P(), 0.05, 1e-4)
	sampletest.Roughly(t, "low", e.Interval().Low, 0, 1e-3)
	sampletest.Roughly(t, "p of nothing", Estimate{}.P(), 1, 0)
	sampletest.Roughly(t, "p of certainty", Estimate{Value: 1, Freedom: math.Inf(1)}.P(), 0, 0)
	d := Estimate{1, 4, 3}.Minus(Estimate{5, 4, 3})
	sampletest.Roughly(t, "difference", d.Value, -4, 0)
	sampletest.Roughly(t, "freedom", d.Freedom, 6, 1e-12)
}

// autoregressive is a series in which each value is phi times the one before it, and noise; its variance is 1.
func autoregressive(n int, phi float64, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, 2))
	z, series := random.NormFloat64(), make([]float64, n)
	for i := range series {
		z = phi*z + math.Sqrt(1-phi*phi)*random.NormFloat64()
		series[i] = z
	}
	return series
}

// mean is the statistic that the bootstrap is checked with.
func mean(series []float64) (Statistic, []float64) {
	ones := make([]float64, len(series))
	for i := range ones {
		ones[i] = 1
	}
	return Ratio(series, ones)
}

// The bootstrap knows of the dependence between windows: the variance of a mean of dependent values is
// (1+φ)/(1−φ) times that of independent ones.
func TestBootstrapOfDependentWindows(t *testing.T) {
	for _, phi := range []float64{0, 0.3, 0.6} {
		const n, runs = 200, 60
		sum := 0.0
		for i := range runs {
			s, influence := mean(autoregressive(n, phi, uint64(i)))
			sum += s.Bootstrap(influence).Variance
		}
		want := (1 + phi) / (1 - phi) / n
		sampletest.Roughly(t, "variance relative to theory", sum/runs/want, 0.95, 0.15)
	}
}

func TestBootstrapIsTheSameEachTime(t *testing.T) {
	s, influence := mean(autoregressive(100, 0.5, 7))
	if a, b := s.Bootstrap(influence), s.Bootstrap(influence); a != b {
		t.Errorf("%v and %v", a, b)
	}
	constant, influence := mean(make([]float64, 100))
	if e := constant.Bootstrap(influence); e.Variance != 0 {
		t.Errorf("a constant varies by %v", e.Variance)
	}
}

func TestBlockLength(t *testing.T) {
	for _, c := range []struct {
		phi         float64
		least, most int
	}{{0, 16, 20}, {0.9, 18, 33}} {
		lengths := 0
		for seed := range uint64(20) {
			lengths += blockLength(autoregressive(200, c.phi, seed))
		}
		if length := lengths / 20; length < c.least || length > c.most {
			t.Errorf("φ = %v: blocks of %d, want %d to %d", c.phi, length, c.least, c.most)
		}
	}
	if n := blockLength([]float64{1}); n != 1 {
		t.Errorf("one value in blocks of %d", n)
	}
}

func TestWarmUpIsCut(t *testing.T) {
	series := autoregressive(200, 0.3, 3)
	for i := range 30 {
		series[i] += 10 * math.Exp(-float64(i)/10)
	}
	if cut := MSER(series, 0.5); cut < 15 || cut > 45 {
		t.Errorf("%d values cut, want about 30", cut)
	}
	if cut := MSER(series[:30], 0.5); cut != 0 {
		t.Errorf("%d of a series that is too short for the rule", cut)
	}
	rising := make([]float64, 200)
	for i := range rising {
		rising[i] = float64(i)
	}
	if cut := MSER(rising, 0.5); cut != 0 {
		t.Errorf("%d of a series that never settles", cut)
	}
}

// A past defect: the bare rule cut stationary series where chance made them calm, and the variance of what
// was left was too small, which doubled the false alarms.
func TestNothingIsCutOfASteadyRun(t *testing.T) {
	cuts := 0
	for seed := range uint64(100) {
		if MSER(autoregressive(200, 0.3, seed), 0.5) > 0 {
			cuts++
		}
	}
	if cuts > 3 {
		t.Errorf("%d of 100 steady series were cut", cuts)
	}
}
