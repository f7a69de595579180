package live

import (
	"fmt"
	"strings"
	"time"
)

const (
	// leastChart are the columns from which a chart is worth while.
	leastChart = 6
	mostChart  = 120
)

// chart draws the requests of each node over time, all to one scale, a column for each slot of the history,
// or for two of them once they would not fit. The newest is at the right end. A nil chart draws nothing.
type chart struct {
	columns int
	per     int64 // slots per column
	last    int64 // number of the last slot, from the start of the run
	slots   int   // of the history
	most    float64
}

// chart is the one of at most that many columns.
func (v *view) chart(columns int) *chart {
	if columns = min(columns, mostChart); columns < leastChart {
		return nil
	}
	c := &chart{columns: columns, per: 1, last: int64(v.until/slotTime) - 1}
	for i := range v.nodes {
		c.slots = max(c.slots, len(v.nodes[i].history))
	}
	if c.slots > columns {
		c.per = 2
	}
	for i := range v.nodes {
		if len(v.nodes[i].more) > 0 {
			continue // it is not drawn
		}
		for _, h := range c.heights(&v.nodes[i]) {
			c.most = max(c.most, h)
		}
	}
	return c
}

// heights are the requests per slot in each column. Columns begin at whole multiples of their length, so
// that they move without changing.
func (c *chart) heights(n *nodeNow) []float64 {
	var heights, slots []float64
	first := c.last - int64(len(n.history)) + 1
	from := first / c.per
	for i, requests := range n.history {
		k := int((first+int64(i))/c.per - from)
		if k == len(heights) {
			heights, slots = append(heights, 0), append(slots, 0)
		}
		heights[k] += float64(requests)
		slots[k]++
	}
	for k := range heights {
		heights[k] /= slots[k]
	}
	return heights[max(0, len(heights)-c.columns):]
}

// draw is a node's line.
func (c *chart) draw(n *nodeNow) string {
	if c == nil {
		return ""
	}
	var line strings.Builder
	line.WriteString(columnGap)
	for _, h := range c.heights(n) {
		if h == 0 {
			line.WriteRune('·')
			continue
		}
		line.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(7, int(h/c.most*8-1e-9))])
	}
	return line.String()
}

// heading says how much time there is to be seen, if it fits.
func (c *chart) heading() string {
	if c == nil || c.slots == 0 {
		return ""
	}
	seen := time.Duration(min(c.slots, c.columns*int(c.per))) * slotTime
	text := fmt.Sprintf("last %.0f s", seen.Seconds())
	if len(text) > c.columns {
		return ""
	}
	return columnGap + text
}

// marks has the letter of the last event under each column in which there was one; "" if there was none.
func (c *chart) marks(v *view) string {
	if c == nil || c.slots == 0 {
		return ""
	}
	drawn := int64(min(c.columns, int(c.last/c.per-(c.last-int64(c.slots)+1)/c.per)+1))
	marks := []rune(strings.Repeat(" ", int(drawn)))
	any := false
	for i := range v.past {
		slot := int64(time.Duration(v.past[i].AtMS) * time.Millisecond / slotTime)
		k := drawn - 1 - (c.last/c.per - min(slot, c.last)/c.per)
		if k >= 0 {
			marks[k], any = []rune(v.letter(i))[0], true
		}
	}
	if !any {
		return ""
	}
	return columnGap + strings.TrimRight(string(marks), " ")
}
