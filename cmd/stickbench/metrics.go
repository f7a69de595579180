package main

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// meter counts samples for --metrics, by label and node. A nil meter counts nothing. Samples come from one
// goroutine, scrapes from others.
type meter struct {
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

func newMeter() *meter {
	return &meter{cells: map[meterKey]*meterCell{}, nodes: map[string]bool{}, marks: map[string]int64{}}
}

func (m *meter) add(s *loadgen.Sample) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Mark {
		m.marks[s.Label]++
		return
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
}

// cell is where samples of a label and a node are counted. Nodes are bounded as in the live view.
func (m *meter) cell(label, node string) *meterCell {
	c := m.cells[meterKey{label, node}]
	if c != nil {
		return c
	}
	if node != "" && !m.nodes[node] && len(m.nodes) >= maxLiveNodes {
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

// families are the counts as metrics, with the names of the report's (report.WritePrometheus).
func (m *meter) families() []report.Family {
	m.mu.Lock()
	defer m.mu.Unlock()
	requests := report.Family{Name: "stickbench_requests_total", Type: "counter", Help: "Requests that were answered or failed."}
	errors := report.Family{Name: "stickbench_errors_total", Type: "counter", Help: "Failed requests by the kind of failure."}
	received := report.Family{Name: "stickbench_received_bytes_total", Type: "counter", Help: "Bytes received, headers included."}
	sent := report.Family{Name: "stickbench_sent_bytes_total", Type: "counter", Help: "Bytes sent, headers included."}
	times := report.Family{Name: "stickbench_response_seconds", Type: "histogram", Help: "Response times."}
	marks := report.Family{Name: "stickbench_marks_total", Type: "counter", Help: "Marks that were reached."}
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
	return []report.Family{requests, errors, received, sent, times, marks}
}

func compareKeys(a, b meterKey) int {
	return cmp.Or(strings.Compare(a.label, b.label), compareNodes(a.node, b.node))
}

// histogram is the cell's: each bucket holds what is in those before it.
func (c *meterCell) histogram(labels ...string) []report.Metric {
	var list []report.Metric
	var count int64
	for i, n := range c.buckets {
		count += n
		bound := "+Inf"
		if i < len(bucketBounds) {
			bound = fmt.Sprint(bucketBounds[i].Seconds())
		}
		list = append(list, report.Metric{Suffix: "_bucket", Labels: append(slices.Clip(labels), "le", bound), Value: float64(count)})
	}
	return append(list,
		report.Metric{Suffix: "_sum", Labels: labels, Value: c.seconds},
		report.Metric{Suffix: "_count", Labels: labels, Value: float64(count)})
}

// metricsServer serves a run's metrics while it lasts. A nil one does nothing.
type metricsServer struct {
	http   http.Server
	plan   string
	meter  *meter
	runner *loadgen.Runner
}

// checkMetricsAddress refuses what is no loopback address: whoever can reach the port can read the names of
// the plan's requests and of the nodes.
func checkMetricsAddress(address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--metrics %s: expected a loopback address and a port, such as 127.0.0.1:9464", address)
	}
	if !loopback(host) {
		return fmt.Errorf("--metrics %s: only loopback addresses are served, such as 127.0.0.1:9464", address)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serveMetrics serves the metrics of the run that runner does and s records, and says where. It is nil without an
// address.
func (a *app) serveMetrics(address string, runner *loadgen.Runner, plan *plans.Plan, s *recording) (*metricsServer, error) {
	if address == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cannotRun("--metrics: %w", err)
	}
	s.meter = newMeter()
	m := &metricsServer{plan: plan.Load.Name, meter: s.meter, runner: runner}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serve)
	m.http = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go m.http.Serve(listener)
	fmt.Fprintf(a.notices, "metrics at http://%s/metrics\n", listener.Addr())
	return m, nil
}

func (m *metricsServer) close() {
	if m != nil {
		m.http.Close()
	}
}

// serve writes the metrics. It takes only requests to a loopback host: a page whose name was made to mean
// this address (DNS rebinding) is not let in.
func (m *metricsServer) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if !loopback(host) {
		http.Error(w, "only loopback hosts are served", http.StatusForbidden)
		return
	}
	info := report.Family{Name: "stickbench_run_info", Type: "gauge", Help: "The run. The value is 1."}
	info.Add(1, "plan", m.plan, "version", version())
	families := append([]report.Family{info}, m.groups()...)
	families = append(families, m.meter.families()...)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	report.WriteFamilies(w, families) // its error is the reader's, who has gone
}

// groups tells how far each group of users is.
func (m *metricsServer) groups() []report.Family {
	active := report.Family{Name: "stickbench_active_users", Type: "gauge", Help: "Users that are active."}
	users := report.Family{Name: "stickbench_users", Type: "gauge", Help: "Users that there will be."}
	iterations := report.Family{Name: "stickbench_iterations_total", Type: "counter", Help: "Iterations that users have ended."}
	for _, p := range m.runner.Progress(time.Now()) {
		active.Add(float64(p.Active), "group", p.Group)
		users.Add(float64(p.Users), "group", p.Group)
		iterations.Add(float64(p.Iterations), "group", p.Group)
	}
	return []report.Family{active, users, iterations}
}
