package live

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/loadgen"
	"stickbench/report/export"
)

// Meter counts samples for Prometheus, by label and node. Samples come from one goroutine, scrapes from
// others.
type Meter struct {
	mu    sync.Mutex
	cells map[meterKey]*meterCell
	nodes map[string]bool
	marks map[string]int64 // by label
}

type meterKey struct{ label, node string }

type meterCell struct {
	requests, received, sent int64
	errors                   map[loadgen.Kind]int64
	seconds                  float64                      // sum of the response times
	buckets                  [len(bucketBounds) + 1]int64 // each by itself; the last one is what is above all bounds
}

// bucketBounds are the upper bounds, inclusive, of the histogram's buckets.
var bucketBounds = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// NewMeter makes a meter that has counted nothing.
func NewMeter() *Meter {
	return &Meter{cells: map[meterKey]*meterCell{}, nodes: map[string]bool{}, marks: map[string]int64{}}
}

// Record counts a sample (loadgen.Sink). It allocates only for a label, a node or a failure that is new.
func (m *Meter) Record(s *loadgen.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Mark {
		m.marks[s.Label]++
		return nil
	}
	if s.Transaction {
		return nil
	}
	c := m.cell(s.Label, s.Node)
	c.requests++
	c.received += s.Received
	c.sent += s.Sent
	c.seconds += s.Elapsed.Seconds()
	i, _ := slices.BinarySearch(bucketBounds[:], s.Elapsed)
	c.buckets[i]++
	if s.Failed() {
		c.errors[s.Kind]++
	}
	return nil
}

// Flush does nothing (loadgen.Sink).
func (m *Meter) Flush() error { return nil }

// Close does nothing (loadgen.Sink).
func (m *Meter) Close() error { return nil }

// cell is where samples of a label and a node are counted. Nodes are bounded as in the live view.
func (m *Meter) cell(label, node string) *meterCell {
	c := m.cells[meterKey{label, node}]
	if c != nil {
		return c
	}
	if node != "" && !m.nodes[node] && len(m.nodes) >= maxNodes {
		node = otherNodes
		if c := m.cells[meterKey{label, node}]; c != nil {
			return c
		}
	}
	key := meterKey{strings.Clone(label), strings.Clone(node)}
	c = &meterCell{errors: map[loadgen.Kind]int64{}}
	m.nodes[key.node], m.cells[key] = true, c
	return c
}

// families are the counts as metrics, with the names of the report's (export.WritePrometheus).
func (m *Meter) families() []export.Family {
	m.mu.Lock()
	defer m.mu.Unlock()
	requests := export.Family{Name: "stickbench_requests_total", Type: "counter", Help: "Requests that were answered or failed."}
	errors := export.Family{Name: "stickbench_errors_total", Type: "counter", Help: "Failed requests by the kind of failure."}
	received := export.Family{Name: "stickbench_received_bytes_total", Type: "counter", Help: "Bytes received, headers included."}
	sent := export.Family{Name: "stickbench_sent_bytes_total", Type: "counter", Help: "Bytes sent, headers included."}
	times := export.Family{Name: "stickbench_response_seconds", Type: "histogram", Help: "Response times."}
	marks := export.Family{Name: "stickbench_marks_total", Type: "counter", Help: "Marks that were reached."}
	for _, k := range slices.SortedFunc(maps.Keys(m.cells), compareKeys) {
		c := m.cells[k]
		requests.Add(float64(c.requests), "label", k.label, "node", k.node)
		received.Add(float64(c.received), "label", k.label, "node", k.node)
		sent.Add(float64(c.sent), "label", k.label, "node", k.node)
		for _, kind := range slices.Sorted(maps.Keys(c.errors)) {
			errors.Add(float64(c.errors[kind]), "label", k.label, "node", k.node, "kind", string(kind))
		}
		times.List = append(times.List, c.histogram("label", k.label, "node", k.node)...)
	}
	for _, label := range slices.Sorted(maps.Keys(m.marks)) {
		marks.Add(float64(m.marks[label]), "label", label)
	}
	return []export.Family{requests, errors, received, sent, times, marks}
}

func compareKeys(a, b meterKey) int {
	return cmp.Or(strings.Compare(a.label, b.label), compareNodes(a.node, b.node))
}

// histogram is the cell's: each bucket holds what is in those before it.
func (c *meterCell) histogram(labels ...string) []export.Metric {
	var list []export.Metric
	var count int64
	for i, n := range c.buckets {
		count += n
		bound := "+Inf"
		if i < len(bucketBounds) {
			bound = fmt.Sprint(bucketBounds[i].Seconds())
		}
		list = append(list, export.Metric{Suffix: "_bucket", Labels: append(slices.Clip(labels), "le", bound), Value: float64(count)})
	}
	return append(list,
		export.Metric{Suffix: "_sum", Labels: labels, Value: c.seconds},
		export.Metric{Suffix: "_count", Labels: labels, Value: float64(count)})
}
