package report

import (
	"math"
	"strconv"
	"strings"
)

// noFigure stands where there is none.
const noFigure = "–"

// metricNames are how people call the metrics.
var metricNames = map[string]string{
	"average": "Average", "stddev": "Std. Dev.", "error_rate": "Error %", "throughput": "Throughput",
	"affinity": "Affinity", "continuity": "Continuity",
}

func metricName(name string) string {
	if said, ok := metricNames[name]; ok {
		return said
	}
	return name
}

// figureWords writes a figure in its unit.
func figureWords(x *float64, unit string) string {
	switch {
	case x == nil:
		return noFigure
	case unit == unitMS:
		return millis(*x)
	case unit == unitRate:
		return rate(*x)
	}
	return shareWords(*x)
}

// shareWords writes a share with so many digits that a margin of a tenth of a point shows.
func shareWords(x float64) string {
	if x == 0 || x == 1 {
		return percent(x)
	}
	return strconv.FormatFloat(x*100, 'f', 2, 64) + "%"
}

// deltaWords writes the change: in percent of the figure before, of a share in percentage points.
func deltaWords(ch *Change) string { return differenceWords(ch, ch.Delta) }

// differenceWords writes x, a change or an end of its interval, in the unit in which changes are told.
func differenceWords(ch *Change, x *float64) string {
	switch {
	case x == nil:
		return noFigure
	case ch.Unit == unitShare:
		return signed(*x*100, 2) + " pp"
	case ch.Before != nil && *ch.Before != 0:
		return percentWords(*x / *ch.Before)
	case ch.Unit == unitMS:
		return strings.Replace(sign(*x)+millis(math.Abs(*x)), "±0", "0", 1) + " ms"
	}
	return signed(*x, 1) + "/sec"
}

// percentWords writes a change as a share of what was.
func percentWords(x float64) string {
	switch {
	case math.Abs(x) >= 9.995:
		return sign(x) + group(strconv.FormatFloat(math.Abs(x)*100, 'f', 0, 64)) + "%"
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

// intervalWords writes the interval of the change.
func intervalWords(ch *Change) string {
	if ch.Low == nil && ch.High == nil {
		return noFigure
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

// changeWords says a change in one piece: "1.20 → 1.35 ms (+12.5%)".
func changeWords(ch *Change) string {
	before, after := figureWords(ch.Before, ch.Unit), figureWords(ch.After, ch.Unit)
	if ch.Unit == unitMS {
		after += " ms"
	}
	return before + " → " + after + " (" + deltaWords(ch) + ")"
}

// verdictSigns are the verdicts in one column, for tables of many.
var verdictSigns = map[string]string{Better: "✓", Worse: "✗", Same: "=", CannotTell: "?", Changed: "≠"}

// headline is the verdict on the whole in a sentence, without a full stop: what got worse or better with
// its figures; where nothing did, what is the same and what cannot be told.
func (r *Comparison) headline() string {
	var changed, same, unknown []string
	for _, verdict := range []string{Worse, Better} {
		for i := range r.Total.Changes {
			if ch := &r.Total.Changes[i]; gates[ch.Metric] && ch.Verdict == verdict {
				changed = append(changed, plainName(ch)+" is "+verdict+", "+changeWords(ch))
			}
		}
	}
	if len(changed) > 0 {
		return strings.Join(changed, "; ")
	}
	for i := range r.Total.Changes {
		switch ch := &r.Total.Changes[i]; {
		case !gates[ch.Metric]:
		case ch.Verdict == Same:
			same = append(same, plainName(ch))
		case ch.Verdict == CannotTell:
			unknown = append(unknown, plainName(ch))
		}
	}
	var parts []string
	if len(same) > 0 {
		parts = append(parts, "within the margin as before: "+strings.Join(same, ", "))
	}
	if len(unknown) > 0 {
		parts = append(parts, "not to be told yet: "+strings.Join(unknown, ", "))
	}
	if len(parts) == 0 {
		return "there is nothing to compare on both sides"
	}
	return strings.Join(parts, "; ")
}

// plainName is the metric's name in a sentence.
func plainName(ch *Change) string { return strings.ReplaceAll(ch.Metric, "_", " ") }
