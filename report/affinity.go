package report

import "math"

// mostlyStays is the least share of the way from chance to perfect affinity at which sessions stick. Less
// comes about by rhythm alone: with two users in step, round robin stays on 55 to 81 % where chance is 50 %.
const mostlyStays = 0.8

// Sticks reports whether sessions stick, which decides what a decision is. It is not so where the balancer is
// known to place every request anew. Else no session ever moved without excuse, or the affinity is more
// than three standard deviations above what it would be by chance, and mostlyStays of the way from there
// to perfect. Excused moves are left out of it.
func (a *Affinity) Sticks() bool {
	n, moves := a.Transitions-a.Excused, a.Moves-a.Excused
	switch {
	case a.Free:
		return false
	case moves == 0:
		return true
	case moves == n:
		return false
	}
	c, stayed := *a.Chance, float64(n-moves)/float64(n)
	return stayed > c+3*math.Sqrt(c*(1-c)/float64(n)) && stayed-c >= mostlyStays*(1-c)
}

// Ratio is part of whole, which is not 0.
func Ratio(part, whole int64) *float64 {
	r := float64(part) / float64(whole)
	return &r
}
