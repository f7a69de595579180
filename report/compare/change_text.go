package compare

import (
	"math"
	"strconv"
	"strings"

	"stickbench/internal/format"
)

// NoFigure stands where there is none.
const NoFigure = "–"

// FigureText writes a figure in its unit.
func FigureText(x *float64, unit string) string {
	switch {
	case x == nil:
		return NoFigure
	case unit == UnitMS:
		return format.Millis(*x)
	case unit == UnitRate:
		return format.Rate(*x)
	}
	return shareWords(*x)
}

// shareWords writes a share with so many digits that a margin of a tenth of a point shows.
func shareWords(x float64) string {
	if x == 0 || x == 1 {
		return format.Percent(x)
	}
	return strconv.FormatFloat(x*100, 'f', 2, 64) + "%"
}

// DeltaText writes the change: in percent of the figure before, of a share in percentage points.
func DeltaText(ch *Change) string { return differenceWords(ch, ch.Delta) }

// differenceWords writes x, a change or an end of its interval, in the unit in which changes are told.
func differenceWords(ch *Change, x *float64) string {
	switch {
	case x == nil:
		return NoFigure
	case ch.Unit == UnitShare:
		return signed(*x*100, 2) + " pp"
	case ch.Before != nil && *ch.Before != 0:
		return percentWords(*x / *ch.Before)
	case ch.Unit == UnitMS:
		return strings.Replace(sign(*x)+format.Millis(math.Abs(*x)), "±0", "0", 1) + " ms"
	}
	return signed(*x, 1) + "/sec"
}

// percentWords writes a change as a share of what was.
func percentWords(x float64) string {
	switch {
	case math.Abs(x) >= 9.995:
		return sign(x) + format.Thousands(strconv.FormatFloat(math.Abs(x)*100, 'f', 0, 64)) + "%"
	}
	return signed(x*100, 1) + "%"
}

// signed writes x with its sign, 0 without.
func signed(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	if strings.Trim(s, "0.") == "" {
		return s
	}
	return sign(x) + s
}

func sign(x float64) string {
	switch {
	case x > 0:
		return "+"
	case x < 0:
		return "−"
	}
	return "±"
}

// IntervalText writes the interval of the change.
func IntervalText(ch *Change) string {
	if ch.Low == nil && ch.High == nil {
		return NoFigure
	}
	low, high := "−∞", "+∞"
	if ch.Low != nil {
		low = differenceWords(ch, ch.Low)
	}
	if ch.High != nil {
		high = differenceWords(ch, ch.High)
	}
	for _, unit := range []string{" pp", "%", " ms", "/sec"} {
		if strings.HasSuffix(low, unit) && strings.HasSuffix(high, unit) {
			low = strings.TrimSuffix(low, unit)
		}
	}
	return low + " … " + high
}

// ChangeText says a change in one piece: "1.20 → 1.35 ms (+12.5%)".
func ChangeText(ch *Change) string {
	before, after := FigureText(ch.Before, ch.Unit), FigureText(ch.After, ch.Unit)
	if ch.Unit == UnitMS {
		after += " ms"
	}
	return before + " → " + after + " (" + DeltaText(ch) + ")"
}

// VerdictText writes the verdict, "–" where there is none; that on what no condition is about in parentheses.
func VerdictText(ch *Change) string {
	said := ch.Verdict
	if ch.Certain {
		said += ", certainly beyond the margin"
	}
	switch {
	case said == "":
		return NoFigure
	case !ch.Gates:
		return "(" + said + ")"
	}
	return said
}
