package stats

import "math"

// GCD is the greatest common divisor of whole numbers, 0 where there is none.
func GCD(a, b float64) float64 {
	if a != math.Trunc(a) || b != math.Trunc(b) {
		return 0
	}
	for b != 0 {
		a, b = b, math.Mod(a, b)
	}
	return a
}
