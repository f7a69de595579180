package format

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"stickbench/internal/natural"
)

// Cells measures text in terminal columns. Neither the locale nor the environment has a say in it, so
// that a report is the same wherever it is written.
var Cells = &runewidth.Condition{StrictEmojiNeutral: true}

// Count writes a number, in groups of three digits from 10 000.
func Count(n int64) string {
	return Thousands(strconv.FormatInt(n, 10))
}

// Thousands sets blanks between groups of three digits of a whole number of more than four digits.
func Thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) <= 4 {
		return sign + s
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Plural writes a count of something whose name forms its plural with s.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Millis writes milliseconds with three significant digits, but none beyond the microsecond: 0.042,
// 0.421, 3.10, 31.0, 125, 12 043.
func Millis(ms float64) string {
	switch {
	case ms == 0:
		return "0"
	case ms < 0.9995:
		return strconv.FormatFloat(ms, 'f', 3, 64)
	case ms < 9.995:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	case ms < 99.95:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return Thousands(strconv.FormatFloat(ms, 'f', 0, 64))
}

// WholeMillis writes milliseconds that were measured in whole ones.
func WholeMillis(ms float64) string { return Thousands(strconv.FormatFloat(ms, 'f', 0, 64)) }

// Span writes a duration of milliseconds for people: 312 ms, 2.46 s, 92.4 s, 25 min 3 s.
func Span(ms int64) string {
	s := float64(ms) / 1000
	switch {
	case ms < 1000:
		return strconv.FormatInt(ms, 10) + " ms"
	case s < 9.995:
		return strconv.FormatFloat(s, 'f', 2, 64) + " s"
	case s < 119.95:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	}
	whole := (ms + 500) / 1000
	return Count(whole/60) + " min " + strconv.FormatInt(whole%60, 10) + " s"
}

// Percent writes a share. 100% means all and 0% none: what rounds to them is written as more or less.
func Percent(share float64) string {
	switch {
	case share == 0:
		return "0%"
	case share == 1:
		return "100%"
	case share < 0.0005:
		return "<0.1%"
	case share > 0.9995 && share < 1:
		return ">99.9%"
	}
	return strconv.FormatFloat(share*100, 'f', 1, 64) + "%"
}

// Rate writes a throughput with JMeter's choice of unit.
func Rate(perSecond float64) string {
	rate, unit := RateUnit(perSecond)
	return Decimal(rate, 1) + unit
}

// RateUnit is a rate in the unit that JMeter chooses (RateRenderer): the first of second, minute and hour in which
// the rate, not rounded, is at least 1, or the hour.
func RateUnit(perSecond float64) (rate float64, unit string) {
	rate, unit = perSecond, "/sec"
	if rate < 1 {
		rate, unit = rate*60, "/min"
	}
	if rate < 1 {
		rate, unit = rate*60, "/hour"
	}
	return rate, unit
}

// Decimal writes x with that many decimals and its whole part in groups.
func Decimal(x float64, decimals int) string {
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	if fraction == "" {
		return Thousands(whole)
	}
	return Thousands(whole) + "." + fraction
}

// Clean makes text from outside safe to print: what is not printable, such as control characters,
// escape sequences and marks that turn the direction of writing, is written as an escape of Go.
func Clean(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// Some writes names one after the other, of many only the first.
func Some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Cut shortens s to at most width columns, leaving out its middle.
func Cut(s string, width int) string {
	have := Cells.StringWidth(s)
	if have <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	head := width / 2
	tail := width - 1 - head
	return Cells.Truncate(s, head, "") + "…" + Cells.TruncateLeft(s, have-tail, "")
}

// Pad fills s with blanks to width columns, on its left side if right is true.
func Pad(s string, width int, right bool) string {
	blanks := strings.Repeat(" ", max(0, width-Cells.StringWidth(s)))
	if right {
		return blanks + s
	}
	return s + blanks
}

// Wrap breaks text into lines of at most width columns. It breaks at blanks, but not at those between
// digits; a word that is longer than a line is cut in its middle.
func Wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words(s) {
		word = Cut(word, width)
		switch {
		case line == "":
			line = word
		case Cells.StringWidth(line)+1+Cells.StringWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// words splits s at blanks, but not at those within a grouped number.
func words(s string) []string {
	var list []string
	for _, w := range strings.Fields(s) {
		if last := len(list) - 1; last >= 0 && endsInDigit(list[last]) && threeDigits(w) {
			list[last] += " " + w
			continue
		}
		list = append(list, w)
	}
	return list
}

func endsInDigit(s string) bool { return s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

func threeDigits(s string) bool { return natural.LeadingDigits(s) >= 3 }
