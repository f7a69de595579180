package fold

import (
	"math"
	"slices"
	"sort"

	"stickbench/report"
)

// nodeHistory is what events say of one node, and what users saw of it meanwhile.
type nodeHistory struct {
	node      string
	intervals []*stateInterval // by time
	// away and down are the times that excuse: in maint or down, and down. They do not overlap.
	away, down []window
}

// stateInterval is the time from one state of the node to the next.
type stateInterval struct {
	state                string
	from, certain, until int64
	back                 int64 // until when its effect may last: that of the next state must be seen then
	reach                int64 // of its event
	// answered and placed count from certain on: responses that the node gave, and decisions for it. left
	// are the unexcused moves away, moved all moves away; again are the later moves of sessions that
	// moved away, before the node came back.
	answered, placed, left, moved, again int64
	// unnamed are the sessions that began from certain on and have named no node yet: where they are, nobody
	// knows.
	unnamed int64
}

// gone reports whether sessions must leave the node.
func (s *stateInterval) gone() bool { return report.Gone(s.state) }

// serves reports whether new sessions come to the node.
func (s *stateInterval) serves() bool { return s.state != report.Drained && !s.gone() }

// window is a time in milliseconds, both ends included.
type window struct{ from, until int64 }

// within reports whether the time from start to end meets one of the windows.
func within(windows []window, start, end int64) bool {
	after := sort.Search(len(windows), func(i int) bool { return windows[i].from > end })
	return after > 0 && windows[after-1].until >= start
}

func (c *nodeHistory) clone() *nodeHistory {
	d := *c
	d.intervals = make([]*stateInterval, len(c.intervals))
	for i, s := range c.intervals {
		copied := *s
		d.intervals[i] = &copied
	}
	return &d
}

// add adds the interval that an event begins. A node that was gone already is certainly gone.
func (c *nodeHistory) add(e report.Event) {
	s := &stateInterval{state: e.State, from: countsFrom(&e), certain: certainFrom(&e), reach: reach(&e)}
	after := sort.Search(len(c.intervals), func(i int) bool { return c.intervals[i].from > s.from })
	c.intervals = slices.Insert(c.intervals, after, s)
	for i, s := range c.intervals {
		s.until, s.back = math.MaxInt64, math.MaxInt64
		if i+1 < len(c.intervals) {
			s.until, s.back = c.intervals[i+1].from, c.intervals[i+1].certain
		}
		if i > 0 && s.gone() && c.intervals[i-1].gone() {
			s.certain = max(s.from, min(s.certain, c.intervals[i-1].certain))
		}
	}
	c.away = c.windows((*stateInterval).gone)
	c.down = c.windows(func(s *stateInterval) bool { return s.state == report.Down })
}

// windows are the times of the intervals that fit, with what events excuse before and after.
func (c *nodeHistory) windows(fits func(*stateInterval) bool) (list []window) {
	for _, s := range c.intervals {
		if !fits(s) {
			continue
		}
		w := window{s.from - s.reach, s.back}
		if last := len(list) - 1; last >= 0 && list[last].until >= w.from {
			list[last].until = max(list[last].until, w.until)
			continue
		}
		list = append(list, w)
	}
	return list
}

// at is the interval of a moment, nil before the first.
func (c *nodeHistory) at(ms int64) *stateInterval {
	after := sort.Search(len(c.intervals), func(i int) bool { return c.intervals[i].from > ms })
	if after == 0 {
		return nil
	}
	return c.intervals[after-1]
}

// answered notes a response of the node.
func (c *nodeHistory) answered(e *entry) {
	if s := c.at(e.start); s != nil && e.start >= s.certain {
		s.answered += e.weight()
		s.placed += e.one(isMoved)
	}
	if s := c.at(e.since); e.has(isFirst) && s != nil && e.since >= s.certain {
		s.placed++
	}
}

// unnamed notes a session that begins without naming a node (by 1), and one that names its first node later
// (by −1).
func (c *nodeHistory) unnamed(began int64, by int64) {
	if s := c.at(began); s != nil && began >= s.certain {
		s.unnamed = max(0, s.unnamed+by)
	}
}

// leftBy notes a move away from the node.
func (c *nodeHistory) leftBy(e *entry, excused bool) {
	s := c.at(e.start)
	if excused {
		s = c.gone(e.since, e.end)
	}
	if s == nil {
		return
	}
	s.moved++
	if !excused {
		s.left++
	}
}

// gone is the last interval between two moments in which the node was gone, or noticed so late that it may have
// been; nil if there is none.
func (c *nodeHistory) gone(from, until int64) *stateInterval {
	for _, s := range slices.Backward(c.intervals) {
		if s.gone() && s.from-s.reach <= until && s.back >= from {
			return s
		}
	}
	return nil
}

// movedAgain notes an unexcused move of a session that had moved away from the node before.
func (c *nodeHistory) movedAgain(e *entry) {
	if s := c.at(e.departed); s != nil && s.gone() && e.start < c.back(s) {
		s.again++
	}
}

// back is when a node that is gone during s comes back.
func (c *nodeHistory) back(s *stateInterval) int64 {
	for _, next := range c.intervals {
		if next.from >= s.from && !next.gone() {
			return next.from
		}
	}
	return math.MaxInt64
}
