package capacity

import "math"

// What is believed of the limit is a distribution, by Bayes' rule over all steps. Whether a step of load x holds is
// partly chance, more so the nearer it is to the limit, and a little at any load (a machine that hiccups):
//
//	P(holds) ▲ 1−lapse ───────╮
//	         │                 ╲ as wide as the spread
//	     1/2 │──────────────────╳
//	         │                   ╲
//	         │ lapse              ╰──────
//	         └──────────────────limit──────▶ ln x
//
// The spread is not known either: a queue of even arrivals is sure of itself, one of random arrivals is not. Its values,
// as parts of the load, have such weights before the first step.
var spreads = []struct{ scale, weight float64 }{{0.001, 0.3}, {0.003, 0.3}, {0.01, 0.2}, {0.03, 0.15}, {0.08, 0.05}}

const (
	lapse = 0.02
	// grain is how far from each other the limits are that are weighed, as a part of the load.
	grain = 0.005
)

// belief is the limit as it is believed: its median, its quantiles of 30 and 70 % where the next steps are tried,
// as the median alone would tell nothing of the spread, and the interval that has it with a probability of 95 %.

type belief struct{ low, below, limit, above, high float64 }

// believed is what steps that held and steps that did not say together.
func believed(steps []Step) belief {
	var at []float64 // logarithms
	for i := range steps {
		at = append(at, math.Log(steps[i].At))
	}
	// Beyond twice what held and failed nothing is likely.
	top, bottom := highest(steps, held), lowest(steps, failed)
	from, to := math.Log(math.Min(top, bottom)/2), math.Log(2*math.Max(top, bottom))
	weights, sum := make([]float64, int((to-from)/grain)+1), 0.0
	for i := range weights {
		for _, spread := range spreads {
			p := spread.weight
			for j := range steps {
				if !steps[j].unable() {
					p *= likelihood(steps[j].Held, (from+float64(i)*grain-at[j])/spread.scale)
				}
			}
			weights[i] += p
		}
		sum += weights[i]
	}
	quantile := func(q float64) float64 {
		i, below := 0, 0.0
		for ; below+weights[i] < q*sum; i++ {
			below += weights[i]
		}
		return math.Exp(from + (float64(i)-0.5+(q*sum-below)/weights[i])*grain)
	}
	return belief{quantile(0.025), quantile(0.3), quantile(0.5), quantile(0.7), quantile(0.975)}
}

// likelihood of what a step did that was so many spreads below the limit.
func likelihood(held bool, below float64) float64 {
	if !held {
		below = -below
	}
	switch {
	case below > 20: // all the same, and cheaper
		return 1 - lapse
	case below < -20:
		return lapse
	}
	return lapse + (1-2*lapse)/(1+math.Exp(-below))
}
