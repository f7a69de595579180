package probe

import (
	"fmt"
	"math"
	"slices"
)

// sure is the level at which something is said: chance alone does it less often than this.
const sure = 1e-4

// binomialTail is the chance of at least hits in n independent trials of chance p each.
func binomialTail(hits, n int, p float64) float64 {
	if hits <= 0 || p >= 1 {
		return 1
	}
	if p <= 0 {
		return 0
	}
	tail := 0.0
	for i := hits; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		tail += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, tail)
}

// pureByChance is the chance that, of all orders of things of some kinds in groups of those sizes, one has
// a single kind in each group.
func pureByChance(sizes, kinds []int) float64 {
	n, orders := 0, 0.0
	for _, k := range kinds {
		n += k
		g, _ := math.Lgamma(float64(k + 1))
		orders -= g
	}
	g, _ := math.Lgamma(float64(n + 1))
	slices.SortFunc(sizes, func(a, b int) int { return b - a })
	return math.Exp(math.Log(fillings(sizes, kinds, map[string]float64{})) - orders - g)
}

// fillings counts the ways to give each group one kind so that all kinds are used up.
func fillings(sizes, kinds []int, known map[string]float64) float64 {
	if len(sizes) == 0 {
		return 1
	}
	key := fmt.Sprint(len(sizes), kinds)
	ways, ok := known[key]
	if !ok {
		for i := range kinds {
			if kinds[i] >= sizes[0] {
				kinds[i] -= sizes[0]
				ways += fillings(sizes[1:], kinds, known)
				kinds[i] += sizes[0]
			}
		}
		known[key] = ways
	}
	return ways
}

// unseen is the share of new sessions that a node not seen in n of them has at most, at 95 %: (1-p)^n = 5 %.
func unseen(n int) float64 {
	if n == 0 {
		return 1
	}
	return 1 - math.Pow(0.05, 1/float64(n))
}

// chanceText writes a chance for people: 0.03%, 10⁻⁹.
func chanceText(p float64) string {
	switch {
	case p >= 0.995:
		return "100%"
	case p >= 0.0995:
		return fmt.Sprintf("%.0f%%", 100*p)
	case p >= 0.0001:
		return fmt.Sprintf("%.2g%%", 100*p)
	case p <= 1e-12:
		return "< 10⁻¹²"
	}
	return "10" + superscript(int(math.Round(math.Log10(p))))
}

func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var out []rune
	for _, d := range fmt.Sprint(n) {
		if d == '-' {
			out = append(out, '⁻')
		} else {
			out = append(out, digits[d-'0'])
		}
	}
	return string(out)
}
