package live

import (
	"maps"
	"math"
	"slices"
	"time"

	"stickbench/internal/hist"
)

// A node's recent past is kept in slots of half a second, by the time at which responses ended:
//
//	          ◀────────────── historySlots ──────────────▶
//	requests  ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃ ·     the slot that is being filled
//	rate, share now                              ◀rateSlots▶
//	p95                              ◀────── latencySlots ─▶
//
// Slots are found by their number modulo the length of the ring, and begin anew when another number is
// met there: a clock that is set costs what the ring held, and nothing else.
const (
	slotTime     = 500 * time.Millisecond
	historySlots = 122 // a minute, and the slot that is being filled, and one for samples that come late
	rateSlots    = 4
	latencySlots = 10
	// lateness is how long after its end a sample may come.
	lateness = 100 * time.Millisecond
)

// recent is one node's counts, and its recent past. It is some 42 KB.
type recent struct {
	requests, errors int64
	history          [historySlots]slotCount
	latencies        [latencySlots + 2]slotLatencies
}

type slotCount struct{ slot, requests int64 }

type slotLatencies struct {
	slot   int64
	counts latencies
}

// slot is the number of the slot of a moment in microseconds since 1970: 0 is the first of the run.
func (m *Model) slot(micros int64) int64 {
	return max(0, micros-m.began.UnixMicro()) / slotTime.Microseconds()
}

// add counts a sample that ended in the slot.
func (n *recent) add(slot, elapsed int64) {
	n.requests++
	h := &n.history[slot%int64(len(n.history))]
	if h.slot != slot {
		*h = slotCount{slot: slot}
	}
	h.requests++
	t := &n.latencies[slot%int64(len(n.latencies))]
	if t.slot != slot {
		*t = slotLatencies{slot: slot}
	}
	t.counts.add(elapsed)
}

// in is how many requests ended in the slot.
func (n *recent) in(slot int64) int64 {
	if h := &n.history[slot%int64(len(n.history))]; h.slot == slot {
		return h.requests
	}
	return 0
}

// latencies counts microseconds in the buckets of package hist: exact to 63, then 1/32 of their values, to 71
// minutes. It has them all from the beginning, so that no sample allocates.
type latencies [(32 - latencyBits + 2) << (latencyBits - 1)]uint32

const latencyBits = 6

func (h *latencies) add(micros int64) {
	h[hist.Slot(uint64(min(max(micros, 0), math.MaxUint32)), latencyBits)]++
}

func (h *latencies) merge(o *latencies) {
	for i, n := range o {
		h[i] += n
	}
}

// p95 is the 95th percentile in microseconds, by the rule of the report; below 0 without values.
func (h *latencies) p95() int64 {
	var total, seen int64
	for _, n := range h {
		total += int64(n)
	}
	rank := max(1, hist.Rank(total, 0.95))
	for i, n := range h {
		if seen += int64(n); seen >= rank {
			return hist.Highest(i, latencyBits)
		}
	}
	return -1
}

// nodeNow is what is shown of a node, or of several in one row.
type nodeNow struct {
	name             string   // "" for the responses that named no node
	nodes            int      // how many are in the row
	more             []string // their names, if there are several
	requests, errors int64
	perSecond        float64
	// now and soFar are the node's shares, from 0 to 1, of the responses that named a node: of the last
	// two seconds, and of all. They are below 0 where there are none.
	now, soFar float64
	p95        int64 // of the last five seconds, in microseconds; below 0 without requests
	// history is requests by slot, of the last minute.
	history []int64
}

// nodesNow are the nodes in the order of their names, and the end of the last slot that is in their
// figures, from the start of the run. If there are more than rows, what comes after the first ones is one
// row; the responses that named no node are always a row of their own.
func (m *Model) nodesNow(now time.Time, rows int) ([]nodeNow, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := int64(max(0, now.Sub(m.began)-lateness)/slotTime) - 1
	var all []nodeNow
	for _, names := range m.inRows(rows) {
		all = append(all, m.row(names, last))
	}
	setShares(all)
	return all, time.Duration(last+1) * slotTime
}

// inRows are the names of the nodes of each row.
func (m *Model) inRows(rows int) (all [][]string) {
	names := slices.SortedFunc(maps.Keys(m.nodes), compareNodes)
	named := len(names)
	if named > 0 && names[named-1] == "" {
		named--
	}
	alone := named
	if named > rows+1 {
		alone = rows
	}
	for i := range alone {
		all = append(all, names[i:i+1])
	}
	for _, together := range [][]string{names[alone:named], names[named:]} {
		if len(together) > 0 {
			all = append(all, together)
		}
	}
	return all
}

// row adds up nodes, as of that slot.
func (m *Model) row(names []string, last int64) nodeNow {
	r := nodeNow{name: names[0], nodes: len(names), more: several(names), history: make([]int64, min(last+1, historySlots-2))}
	var times latencies
	for _, name := range names {
		n := m.nodes[name]
		r.requests += n.requests
		r.errors += n.errors
		for i := range r.history {
			r.history[i] += n.in(last - int64(len(r.history)-1-i))
		}
		for i := range n.latencies {
			if age := last - n.latencies[i].slot; age >= 0 && age < latencySlots {
				times.merge(&n.latencies[i].counts)
			}
		}
	}
	r.p95 = times.p95()
	if window := r.window(); len(window) > 0 {
		r.perSecond = float64(sum(window)) / (float64(len(window)) * slotTime.Seconds())
	}
	return r
}

// several are names, but for a single one.
func several(names []string) []string {
	if len(names) == 1 {
		return nil
	}
	return names
}

// window are the slots that rates and shares of now are over.
func (r *nodeNow) window() []int64 { return r.history[max(0, len(r.history)-rateSlots):] }

func sum(counts []int64) (total int64) {
	for _, n := range counts {
		total += n
	}
	return total
}

func setShares(rows []nodeNow) {
	var now, soFar int64
	for i := range rows {
		if rows[i].name != "" {
			now += sum(rows[i].window())
			soFar += rows[i].requests
		}
	}
	for i := range rows {
		r := &rows[i]
		r.now, r.soFar = -1, -1
		if r.name != "" && now > 0 {
			r.now = float64(sum(r.window())) / float64(now)
		}
		if r.name != "" && soFar > 0 {
			r.soFar = float64(r.requests) / float64(soFar)
		}
	}
}
