package capacity

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSearchSaysRoundLoads has no load that a binary fraction gives too many digits.
func TestSearchSaysRoundLoads(t *testing.T) {
	r, err := Search{From: 50, Most: 1e6, Within: 0.05, Over: never}.Run(func(at float64) (Step, error) {
		return Step{At: at, Held: at <= 82, Why: "p95"}, nil
	})
	if said := r.Said(); err != nil || len(said) > 80 {
		t.Errorf("%s, %v", said, err)
	}
}

func never() bool { return false }

// TestSearch finds limits that are known, of a target that is sure of itself and of one that is not near its limit.
func TestSearch(t *testing.T) {
	for _, limit := range []float64{0.7, 9.9, 10, 100, 137, 1840, 99_000} {
		for _, noise := range []float64{0, 0.01} {
			rng := rand.New(rand.NewPCG(uint64(limit), 1))
			r, err := Search{From: 10, Most: 1e6, Within: 0.05, Over: never}.Run(func(at float64) (Step, error) {
				return Step{At: at, Held: at*(1+noise*rng.NormFloat64()) <= limit, Why: "p95"}, nil
			})
			if err != nil || math.Abs(r.Limit-limit) > 0.05*limit || r.LimitedBy != "p95" || len(r.Steps) > 50 {
				t.Errorf("%v, noise %v: %+v, %v", limit, noise, r, err)
			}
			if noise == 0 && (r.Low > limit || r.High < limit) {
				t.Errorf("%v is not in %v to %v", limit, r.Low, r.High)
			}
		}
	}
}

// TestSearchIsBounded ends at users that are whole, at the most that is asked for, when nothing holds, when the time
// is up, and where the generator was the limit, which is not blamed on the target.
func TestSearchIsBounded(t *testing.T) {
	below := func(limit float64) func(float64) (Step, error) {
		return func(at float64) (Step, error) { return Step{At: at, Held: at <= limit, Why: "errors"}, nil }
	}
	tries := 0
	for name, tt := range map[string]struct {
		search Search
		try    func(float64) (Step, error)
		want   Result
	}{
		"users":   {Search{From: 1, Most: 1000, Within: 0.05, Whole: true, Over: never}, below(13), Result{Limit: 13, Low: 13, High: 14, LimitedBy: "errors"}},
		"max":     {Search{From: 10, Most: 50, Within: 0.05, Over: never}, below(1e9), Result{Limit: 50, Low: 50, LimitedBy: Most}},
		"nothing": {Search{From: 10, Most: 50, Within: 0.05, Over: never}, below(0), Result{High: 10.0 / 64, LimitedBy: "errors"}},
		"time":    {Search{From: 10, Most: 1e6, Within: 0.05, Over: func() bool { tries++; return tries > 3 }}, below(1e9), Result{Limit: 40, Low: 40, LimitedBy: TimeIsUp}},
		"cut": {Search{From: 10, Most: 1e6, Within: 0.05, Over: never}, func(at float64) (Step, error) {
			if at == 40 {
				return Step{}, ErrCut
			}
			return Step{At: at, Held: true}, nil
		}, Result{Limit: 20, Low: 20, LimitedBy: Stopped}},
		"generator": {Search{From: 10, Most: 1e6, Within: 0.05, Over: never}, func(at float64) (Step, error) {
			s := Step{At: at, Held: at <= 100, Why: "p95"}
			if !s.Held {
				s.Generator = "no processor is left"
			}
			return s, nil
		}, Result{Limit: 100, Low: 100, LimitedBy: Generator}},
	} {
		r, err := tt.search.Run(tt.try)
		if err != nil || r.Limit != tt.want.Limit || r.Low != tt.want.Low || r.High != tt.want.High || r.LimitedBy != tt.want.LimitedBy {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := (Search{From: 1, Most: 2, Within: 1, Over: never}).Run(func(float64) (Step, error) { return Step{}, errors.New("no") }); err == nil {
		t.Error("an error of a step is no error")
	}
}
