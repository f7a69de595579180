package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"stickbench/internal/sampletest"
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
	if k := lowerRank(1, 60); k != 0 {
		t.Errorf("one value beside sixty: rank %d, want none", k)
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
	e := Estimate{Value: 2.228, Below: 1, Above: 9, Freedom: 10}
	sampletest.Roughly(t, "p", e.P(), 0.05, 1e-4)
	sampletest.Roughly(t, "low", e.Interval().Low, 0, 1e-3)
	sampletest.Roughly(t, "p of nothing", Estimate{}.P(), 1, 0)
	sampletest.Roughly(t, "p of certainty", Estimate{Value: 1, Freedom: math.Inf(1)}.P(), 0, 0)
	d := Estimate{1, 4, 4, 3}.Minus(Estimate{5, 4, 4, 3})
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

// centered is the series of deviations from its mean.
// The correlation of neighbours is right on average. Taken for 1/n too small, it made the noise of independent batches a
// quarter too large.
func TestCorrelationOfNeighboursIsUnbiased(t *testing.T) {
	for _, n := range []int{8, 16, 32} {
		for _, phi := range []float64{0, 0.2, 0.4} {
			sum := 0.0
			for seed := range uint64(2000) {
				r, _, _ := neighbours(autoregressive(n, phi, seed))
				sum += unbiased(r, n)
			}
			if mean := sum / 2000; math.Abs(mean-phi) > 0.08 {
				t.Errorf("%d values, correlation %g: %g on average", n, phi, mean)
			}
		}
	}
}

func centered(series []float64) []float64 {
	m, list := meanOf(series), make([]float64, len(series))
	for i, x := range series {
		list[i] = x - m
	}
	return list
}

// Batches know of the dependence between windows: the variance of a sum of dependent values is (1+φ)/(1−φ)
// times that of independent ones.
func TestNoiseOfDependentWindows(t *testing.T) {
	for _, phi := range []float64{0, 0.3, 0.6, 0.8} {
		const n = 200
		var ratios []float64
		for i := range uint64(400) {
			ratios = append(ratios, BatchNoise(centered(autoregressive(n, phi, i)), mostBatches).Variance/(n*(1+phi)/(1-phi)))
		}
		slices.Sort(ratios)
		sampletest.Roughly(t, "the median variance, relative to theory", ratios[200], 1.05, 0.15)
	}
	if noise := BatchNoise(make([]float64, 100), mostBatches); noise.Variance != 0 {
		t.Errorf("a constant varies by %v", noise.Variance)
	}
	if noise := BatchNoise([]float64{1}, mostBatches); !math.IsInf(noise.Variance, 1) {
		t.Errorf("one value has a variance of %v", noise.Variance)
	}
}

// The intervals of batches hold the truth as often as they say.
func TestNoiseCovers(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.8} {
		const n = 200
		held := 0
		for seed := range uint64(400) {
			z := autoregressive(n, phi, seed)
			noise := BatchNoise(centered(z), mostBatches)
			if (Estimate{meanOf(z), noise.Variance / n / n, noise.Variance / n / n, noise.Freedom}).P() > Alpha {
				held++
			}
		}
		if held < 372 {
			t.Errorf("φ %v: %d of 400 intervals hold the mean", phi, held)
		}
	}
}

// A run that is hardly longer than what it depends on is found to be so, and one of independent requests is not.
func TestShortRunsAreKnown(t *testing.T) {
	for _, c := range []struct {
		phi         float64
		least, most int // of 200
	}{{0, 0, 4}, {0.3, 0, 8}, {0.97, 180, 200}, {0.995, 190, 200}} {
		short := 0
		for seed := range uint64(200) {
			if _, is := Independent(centered(autoregressive(200, c.phi, seed))); is {
				short++
			}
		}
		if short < c.least || short > c.most {
			t.Errorf("φ %v: %d of 200 are short", c.phi, short)
		}
	}
}

// Student's test of a textbook (Gosset's sleep data, unpaired; R: t.test(extra ~ group, var.equal = TRUE)), and
// Welch's of unequal sides.
func TestStudentOfRuns(t *testing.T) {
	x, y := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}, []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	d := Student(x, y)
	sampletest.Roughly(t, "difference", d.Value, 1.58, 1e-9)
	sampletest.Roughly(t, "p", d.P(), 0.07919, 1e-5)
	sampletest.Roughly(t, "low", d.Interval().Low, -0.203874, 1e-5)
	w := Student(x[:5], y) // R: t.test(x[1:5], y)
	sampletest.Roughly(t, "Welch's freedom", w.Freedom, 12.9, 0.1)
	// A single run borrows the spread of the others.
	one := Student([]float64{1}, []float64{2, 3, 4})
	sampletest.Roughly(t, "borrowed", one.Below, 1+1./3, 1e-12)
	sampletest.Roughly(t, "freedom", one.Freedom, 2, 0)
}

// So many runs tell, and one fewer does not.
func TestRunsToTell(t *testing.T) {
	for _, spread := range []float64{0.03, 0.1} {
		n := RunsToTell(0.05, spread, Alpha)
		if HalfWidth(n, spread, Alpha) > 0.05 || HalfWidth(n-1, spread, Alpha) <= 0.05 {
			t.Errorf("%d runs of spread %v", n, spread)
		}
	}
	if n := RunsToTell(0, 1, Alpha); n != 0 {
		t.Errorf("%d runs tell nothing from nothing", n)
	}
}

// Bursts are counted, not what is in them: a share of 100 errors in one burst is known as that of one error in a
// hundredth of the requests.
func TestShareOfBursts(t *testing.T) {
	all, burst := Share(1, 50, 1, math.Inf(1)).Interval(), Share(100, 5000, 100, math.Inf(1)).Interval()
	sampletest.Roughly(t, "low", burst.Low, all.Low, 1e-12)
	sampletest.Roughly(t, "high", burst.High, all.High, 1e-12)
	at := WilsonAt(1, 50, Confidence)
	sampletest.Roughly(t, "Wilson's", all.High, at.High, 1e-4)
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
