package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// nodeColumn is a column of numbers in the table of nodes.
type nodeColumn struct {
	heading string
	width   int
	leaves  int // when there is no room: 1 goes first, 0 never
	text    func(*nodeNow) string
}

const columnGap = "  "

// nodeColumns are requests per second and share of the last two seconds, the share so far, the 95th
// percentile of the last five seconds, and all errors.
var nodeColumns = []nodeColumn{
	{"req/s", 6, 0, func(n *nodeNow) string { return perSecond(n) }},
	{"share", 5, 3, func(n *nodeNow) string { return percentage(n.now) }},
	{"so far", 6, 1, func(n *nodeNow) string { return percentage(n.soFar) }},
	{"p95", 7, 2, func(n *nodeNow) string { return latency(n.p95) }},
	{"errors", 6, 4, func(n *nodeNow) string { return short(float64(n.errors), 0) }},
}

func (c *nodeColumn) cell(n *nodeNow, p paint) string {
	text := runewidth.FillLeft(c.text(n), c.width)
	if c.heading == "errors" && n.errors > 0 {
		return p.styled(red, text)
	}
	return text
}

// nothing stands where there is nothing to tell yet.
const nothing = "–"

func perSecond(n *nodeNow) string {
	switch {
	case len(n.history) == 0:
		return nothing
	case n.perSecond > 0 && n.perSecond < 9.95:
		return short(n.perSecond, 1)
	}
	return short(n.perSecond, 0)
}

// short writes a number of at most six digits, or millions.
func short(x float64, decimals int) string {
	if x < 999_999.5 {
		return strconv.FormatFloat(x, 'f', decimals, 64)
	}
	return strconv.FormatFloat(x/1e6, 'f', 2, 64) + "M"
}

// percentage writes a share. 100% means all and 0% none.
func percentage(share float64) string {
	switch {
	case share < 0:
		return nothing
	case share > 0 && share < 0.01:
		return "<1%"
	case share > 0.99 && share < 1:
		return ">99%"
	}
	return strconv.FormatFloat(share*100, 'f', 0, 64) + "%"
}

// latency writes microseconds with three digits or so.
func latency(micros int64) string {
	ms := float64(micros) / 1000
	switch {
	case micros < 0:
		return nothing
	case ms < 9.995:
		return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
	case ms < 99.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms < 99_995:
		return strconv.FormatFloat(ms/1000, 'f', 2, 64) + " s"
	}
	return strconv.FormatFloat(ms/1000, 'f', 0, 64) + " s"
}

// clock is a duration as minutes and seconds.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// printable is text from outside, a node's name for one, that cannot drive the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// fit is printable text of at most that many columns.
func fit(s string, columns int) string {
	return runewidth.Truncate(printable(s), max(0, columns), "…")
}

// fitName is a printable name of at most that many columns. Its middle goes first: names of nodes differ at
// their beginning or at their end.
func fitName(s string, columns int) string {
	s = printable(s)
	have := runewidth.StringWidth(s)
	if have <= columns {
		return s
	}
	head := columns / 2
	return runewidth.Truncate(s, head, "") + "…" + runewidth.TruncateLeft(s, have-(columns-1-head), "")
}

// paint reports whether there are colours. No meaning depends on them.
type paint bool

// The styles, as numbers of SGR sequences.
const (
	bold = 1
	dim  = 2
	red  = 31
)

func (p paint) styled(as int, s string) string {
	if !p || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", as, s)
}
