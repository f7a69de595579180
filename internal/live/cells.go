package live

import (
	"fmt"
	"strconv"
	"time"

	"stickbench/internal/format"
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
	{"req/s", 7, 0, func(n *nodeNow) string { return perSecond(n) }},
	{"share", 6, 3, func(n *nodeNow) string { return percentage(n.now) }},
	{"so far", 6, 1, func(n *nodeNow) string { return percentage(n.soFar) }},
	{"p95", 8, 2, func(n *nodeNow) string { return latency(n.p95) }},
	{"errors", 7, 4, func(n *nodeNow) string { return count(n.errors) }},
}

func (c *nodeColumn) cell(n *nodeNow, p paint) string {
	text := format.Pad(c.text(n), c.width, true)
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
		return format.Decimal(n.perSecond, 1)
	}
	return count(int64(n.perSecond + 0.5))
}

// count writes a number of at most seven columns, or millions.
func count(n int64) string {
	if n < 1e6 {
		return format.Count(n)
	}
	return format.Decimal(float64(n)/1e6, 2) + "M"
}

// percentage writes a share, if there is one.
func percentage(share float64) string {
	if share < 0 {
		return nothing
	}
	return format.Percent(share)
}

// latency writes microseconds.
func latency(micros int64) string {
	switch {
	case micros < 0:
		return nothing
	case micros < 10e6:
		return format.Millis(float64(micros)/1000) + " ms"
	}
	return strconv.FormatInt((micros+500_000)/1_000_000, 10) + " s"
}

// clock is a duration as minutes and seconds.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// fit is text from outside that cannot drive the terminal, of at most that many columns.
func fit(s string, columns int) string {
	return format.Cells.Truncate(format.Clean(s), max(0, columns), "…")
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
