package html

import (
	"math"
	"strconv"

	"stickbench/internal/format"
)

// scale maps values to places on an axis, 0 at its beginning and 1 at its end.
type scale struct {
	from, to float64
	log      bool // both ends are above 0
	ticks    []tick
}

// tick is a value with a name on an axis.
type tick struct {
	value float64
	text  string
}

// at is the place of v, which is kept on the axis.
func (s *scale) at(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		from, to, v = math.Log(from), math.Log(to), math.Log(max(v, s.from))
	}
	if to == from {
		return 0
	}
	return min(1, max(0, (v-from)/(to-from)))
}

// last is the name of the last tick.
func (s *scale) last() string { return s.ticks[len(s.ticks)-1].text }

// fromZero is an axis from 0 to a round value not below most, with about n ticks at multiples of 1, 2 or 5
// times a power of ten, least at least.
func fromZero(most, least float64, n int) scale {
	step := max(least, niceStep(most/float64(n)))
	s := scale{to: max(step, step*math.Ceil(most/step-1e-9))}
	for i := 0.0; i*step <= s.to+step/2; i++ {
		s.ticks = append(s.ticks, tick{i * step, decimal(i*step, step)})
	}
	return s
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	if x <= 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= x*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// decimal writes a multiple of step with the decimals it needs.
func decimal(v, step float64) string {
	if v == 0 {
		return "0"
	}
	return format.Decimal(v, int(max(0, math.Ceil(-math.Log10(step)-1e-9))))
}

// logarithmic is an axis from least to most, both above 0, or, if it is to be round, to the next round values
// around them. Its ticks are 1, 2 and 5 times powers of ten; of many decades, the powers alone.
func logarithmic(least, most float64, rounded bool) scale {
	s := scale{from: least, to: max(most, least*1.01), log: true}
	var values []float64
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		for _, m := range []float64{1, 2, 5} {
			values = append(values, m*math.Pow(10, e))
		}
	}
	first, last := 0, len(values)-1
	for first+1 < len(values) && values[first+1] <= least*(1+1e-9) {
		first++
	}
	for last-1 > first && values[last-1] >= most*(1-1e-9) {
		last--
	}
	if rounded {
		s.from, s.to = values[first], values[last]
	}
	for i := first; i <= last; i++ {
		if v := values[i]; (last-first <= 9 || i%3 == 0) && v >= s.from*(1-1e-9) && v <= s.to*(1+1e-9) {
			s.ticks = append(s.ticks, tick{v, strconv.FormatFloat(v, 'f', -1, 64)})
		}
	}
	return s
}

// moments are the steps between the ticks of a time axis, in milliseconds.
var moments = []float64{
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
	1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000,
}

// clock is the axis of a run from one moment to another, in milliseconds, with at most 8 ticks.
func clock(from, to float64) scale {
	step := moments[len(moments)-1]
	for _, m := range moments {
		if (to-from)/m <= 8 {
			step = m
			break
		}
	}
	for (to-from)/step > 8 {
		step *= 2
	}
	s := scale{from: from, to: to}
	for i := math.Ceil(from/step - 1e-9); i*step <= to; i++ {
		s.ticks = append(s.ticks, tick{i * step, hour(i*step, to, step)})
	}
	return s
}

// hour writes a moment of an axis until end with ticks so far apart: 0.25 s, 75 s, 12:30 in minutes and seconds, or
// 1:12:30.
func hour(ms, end, step float64) string {
	s := int64(ms / 1000)
	switch {
	case step < 1000:
		return decimal(ms/1000, step/1000) + " s"
	case end < 120_000:
		return strconv.FormatInt(s, 10) + " s"
	case end < 7_200_000:
		return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/3600, 10) + ":" + two(s/60%60) + ":" + two(s%60)
}

// nines is an axis of percentiles, each nine of which is as wide as the one before.
func nines(to float64) scale {
	x := scale{to: to}
	for i := 0.0; i <= to; i++ {
		share := 1 - math.Pow(10, -i)
		x.ticks = append(x.ticks, tick{i, strconv.FormatFloat(100*share, 'f', max(0, int(i)-2), 64) + "%"})
	}
	return x
}

func two(n int64) string { return strconv.FormatInt(100+n%100, 10)[1:] }
