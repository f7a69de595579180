package plans

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quoted is text of the user's in quotes, without what would make a message unreadable.
func quoted(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return strconv.Quote(s)
}

// described says what a value is, in a user's words.
func described(v any) string {
	switch v := v.(type) {
	case string:
		return "the text " + quoted(v)
	case float64:
		if v == math.Trunc(v) && !math.IsInf(v, 0) {
			return "the number " + plain(v) + ".0"
		}
		return "the number " + plain(v)
	case int64:
		return "the number " + plain(v)
	case bool:
		return plain(v)
	case time.Time:
		return "a date or time"
	case []any, []map[string]any:
		return "a list"
	}
	return "a table"
}

// plain is a number or a boolean as one writes it.
func plain(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

func between(least, most int64) string {
	if most == math.MaxInt64 {
		return fmt.Sprintf("%d or more", least)
	}
	return fmt.Sprintf("from %d to %d", least, most)
}

func wholeHint(v any) string {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return fmt.Sprintf(": write %d, without the point", int64(v))
		}
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return fmt.Sprintf(": write %d, without the quotes", n)
		}
	}
	return ""
}

func numberHint(v any) string {
	if s, ok := v.(string); ok {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return fmt.Sprintf(": write %s, without the quotes", s)
		}
	}
	return ""
}

func quoteHint(v any) string {
	switch v.(type) {
	case int64, float64, bool:
		return fmt.Sprintf(": write %q, with quotes", plain(v))
	}
	return ""
}

func listHint(v any) string {
	if s, ok := v.(string); ok && len(s) <= 60 && !strings.ContainsAny(s, "'\n") {
		return fmt.Sprintf(": write ['%s']", s)
	}
	return ""
}

func durationHint(v any) string {
	switch v.(type) {
	case int64, float64:
		n := plain(v)
		return fmt.Sprintf(`: write "%ss" for seconds or "%sms" for milliseconds`, n, n)
	}
	return `: write it like "500ms", "30s" or "2m30s"`
}

// ParseDuration reads a duration as plans have it, such as "1m30s". Its error says what to write instead.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%s is not a duration%s", quoted(s), textDurationHint(s))
	}
	return d, nil
}

// textDurationHint knows what people write instead: no unit, a blank before it, longer names of units.
func textDurationHint(s string) string {
	number := strings.TrimRight(s, " \tabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToLower(strings.TrimSpace(s[len(number):]))
	number, f, ok := written(number)
	if !ok {
		return durationHint(nil)
	}
	if unit == "" {
		return fmt.Sprintf(`, it has no unit: write "%ss" for seconds or "%sms" for milliseconds`, number, number)
	}
	for _, known := range unitNames {
		if slices.Contains(known.names, unit) {
			return fmt.Sprintf(`: write "%s%s"`, number, known.unit)
		}
	}
	if slices.Contains([]string{"d", "day", "days"}, unit) && f == math.Trunc(f) {
		return fmt.Sprintf(`: write "%gh"`, f*24)
	}
	return ": the units are ms, s, m and h"
}

// written is a number as durations and rates have it: not negative, and without an exponent. ok is false if number is
// none, or would be too long.
func written(number string) (text string, f float64, ok bool) {
	f, err := strconv.ParseFloat(number, 64)
	if text = number; strings.ContainsAny(number, "eE") {
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	return text, f, err == nil && f >= 0 && f <= math.MaxFloat64 && len(text) <= 15
}

var unitNames = []struct {
	unit  string
	names []string
}{
	{"ms", []string{"ms", "msec", "msecs", "millis", "millisecond", "milliseconds"}},
	{"s", []string{"s", "sec", "secs", "second", "seconds"}},
	{"m", []string{"m", "min", "mins", "minute", "minutes"}},
	{"h", []string{"h", "hr", "hrs", "hour", "hours"}},
}
