package compare

import (
	"fmt"
	"math"

	"stickbench/internal/format"
	"stickbench/internal/stats"
)

// DesignText says, before anything is run, what so many runs a side can tell of times and throughput, and how
// many could tell a change of the margin: by the spread that is taken for that of runs, at the level that is left
// to each of the conditions.
func (o *Options) DesignText(runs int) string {
	conditions := len(o.Conditions)
	if o.Conditions == nil {
		conditions = len(defaultMetrics)
	}
	if o.RunSpread <= 0 {
		return ""
	}
	level := stats.Alpha / float64(max(1, conditions))
	least := math.Expm1(stats.HalfWidth(runs, o.RunSpread, level))
	said := fmt.Sprintf("%s a side tell changes of times and throughput from %s on, if runs differ by %s (--run-spread)",
		format.Plural(int64(runs), "run"), format.Percent(least), format.Percent(o.RunSpread))
	margin := math.Log1p(o.Margin.Relative)
	if least <= o.Margin.Relative || margin <= 0 {
		return said
	}
	if needed := stats.RunsToTell(margin, o.RunSpread, level); needed > 0 {
		return said + fmt.Sprintf("; the margin of %s takes --repeat %d", format.Percent(o.Margin.Relative), needed)
	}
	return said + fmt.Sprintf("; no number of runs tells the margin of %s", format.Percent(o.Margin.Relative))
}

// ParseRunSpread reads a share in percent, such as "10%" or "0".
func ParseRunSpread(text string) (float64, error) {
	parts := marginShape.FindStringSubmatch(text)
	if text == "0" {
		return 0, nil
	}
	if parts == nil || parts[2] != "%" {
		return 0, fmt.Errorf(`invalid run spread %q: want a share such as 10%%, or 0`, text)
	}
	m, err := ParseMargin(text)
	return m.Relative, err
}
