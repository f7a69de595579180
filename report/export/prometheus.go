package export

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/report"
)

// Family is a metric of Prometheus: one name, with a value for each combination of labels.
type Family struct {
	Name string
	Help string
	Type string // "gauge", "counter", "histogram" or "summary"
	List []Metric
}

// Metric is one value. Labels are names and values in turns; a label whose value is "" is left out, which
// is the same to Prometheus.
type Metric struct {
	Suffix string // behind the family's name: "_bucket", "_sum" and "_count" of histograms and summaries
	Labels []string
	Value  float64
}

// Add adds a value.
func (f *Family) Add(value float64, labels ...string) {
	f.List = append(f.List, Metric{Labels: labels, Value: value})
}

// WriteFamilies writes metrics in Prometheus's text format, version 0.0.4. Families without a value are
// left out.
//
// Errors are those of w.
func WriteFamilies(w io.Writer, families []Family) error {
	b := bufio.NewWriter(w)
	for i := range families {
		f := &families[i]
		if len(f.List) == 0 {
			continue
		}
		b.WriteString("# HELP " + f.Name + " " + helpEscape.Replace(f.Help) + "\n")
		b.WriteString("# TYPE " + f.Name + " " + f.Type + "\n")
		for _, m := range f.List {
			b.WriteString(f.Name + m.Suffix + labels(m.Labels) + " " + sampleValue(m.Value) + "\n")
		}
	}
	return b.Flush()
}

var (
	helpEscape  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func labels(pairs []string) string {
	var list []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			value := strings.ToValidUTF8(pairs[i+1], "\uFFFD")
			list = append(list, pairs[i]+`="`+labelEscape.Replace(value)+`"`)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "{" + strings.Join(list, ",") + "}"
}

func sampleValue(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "+Inf"
	case math.IsInf(x, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// WritePrometheus writes the results in Prometheus's text format, in base units: seconds, bytes, and ratios
// from 0 to 1. All are gauges, but for response times, which are summaries whose quantiles 0 and 1 are the
// minimum and the maximum. The metrics that `stickbench run --metrics` serves have the same names, with
// _total behind what they count. Requests are per label and node, without a node where none was named, so
// that they add up; response times are per label, and those of one node in stickbench_node_response_….
//
// Errors are those of w.
func WritePrometheus(w io.Writer, r *report.Results) error {
	var x exposition
	x.run(r)
	for i := range r.Labels {
		x.label(&r.Labels[i])
	}
	x.errors(r.Errors)
	x.nodes(r.Nodes)
	x.sessions(&r.Affinity)
	return WriteFamilies(w, x)
}

// exposition is families in order of first appearance.
type exposition []Family

func (x *exposition) family(name, kind, help string) *Family {
	i := slices.IndexFunc(*x, func(f Family) bool { return f.Name == name })
	if i < 0 {
		i = len(*x)
		*x = append(*x, Family{Name: name, Help: help, Type: kind})
	}
	return &(*x)[i]
}

// gauge adds a gauge's value.
func (x *exposition) gauge(name, help string, value float64, labels ...string) {
	x.family(name, "gauge", help).Add(value, labels...)
}

func (x *exposition) run(r *report.Results) {
	x.gauge("stickbench_run_info", "The run: its plan, and whether expectations were met (pass, fail or none), or that it did not finish (interrupted, incomplete). The value is 1.", 1, "plan", r.Plan, "verdict", r.Verdict)
	x.gauge("stickbench_run_duration_seconds", "From the start of the first sample to the end of the last one.", seconds(float64(r.DurationMS)))
	for i, e := range r.Expectations {
		if slices.IndexFunc(r.Expectations, func(o report.Expectation) bool { return o.Text == e.Text }) < i {
			continue // a plan may say a thing twice, Prometheus may not
		}
		x.gauge("stickbench_expectation_met", "Whether an expectation was met: 1 or 0.", oneIf(e.OK), "expectation", e.Text)
	}
	if q := r.Requests; q != nil {
		x.gauge("stickbench_cut_requests", "Requests in flight when the run was cut short; they are in no other figure.", float64(q.Cut))
		x.gauge("stickbench_opened_connections", "Connections that were opened.", float64(q.Connections))
	}
}

// label tells a row of the summary.
func (x *exposition) label(row *report.Row) {
	if row.Mark {
		x.gauge("stickbench_marks", "Marks that were reached.", float64(row.Samples), "label", row.Label)
		return
	}
	x.times(row, "stickbench_response_", "", "label", row.Label)
	samples, failed := row.Samples, row.Errors
	for i := range row.Nodes {
		if n := &row.Nodes[i]; n.Samples > 0 {
			samples, failed = samples-n.Samples, failed-n.Errors
			x.requests(n.Samples, n.Errors, "label", row.Label, "node", n.Label)
			x.times(n, "stickbench_node_response_", " of one node", "label", row.Label, "node", n.Label)
		}
	}
	if samples > 0 {
		x.requests(samples, failed, "label", row.Label)
	}
	x.gauge("stickbench_requests_per_second", "Requests per second, from the first start to the last end.", row.Throughput, "label", row.Label)
	x.gauge("stickbench_received_bytes_per_second", "Bytes received per second, headers included.", row.ReceivedKBps*1024, "label", row.Label)
	x.gauge("stickbench_sent_bytes_per_second", "Bytes sent per second, headers included.", row.SentKBps*1024, "label", row.Label)
}

func (x *exposition) requests(samples, failed int64, labels ...string) {
	x.gauge("stickbench_requests", "Requests that were answered or failed.", float64(samples), labels...)
	x.gauge("stickbench_failed_requests", "Requests that failed.", float64(failed), labels...)
}

func (x *exposition) times(row *report.Row, prefix, whose string, labels ...string) {
	f := x.family(prefix+"seconds", "summary", "Response times"+whose+".")
	for _, q := range []struct {
		quantile string
		ms       float64
	}{{"0", row.MinMS}, {"0.5", row.P50MS}, {"0.9", row.P90MS}, {"0.95", row.P95MS}, {"0.99", row.P99MS}, {"1", row.MaxMS}} {
		f.Add(seconds(q.ms), append(slices.Clip(labels), "quantile", q.quantile)...)
	}
	f.List = append(f.List,
		Metric{Suffix: "_sum", Labels: labels, Value: seconds(row.AverageMS * float64(row.Samples))},
		Metric{Suffix: "_count", Labels: labels, Value: float64(row.Samples)})
	x.gauge(prefix+"stddev_seconds", "Standard deviation of the response times"+whose+", of the population.", seconds(row.StdDevMS), labels...)
}

// seconds turns milliseconds into seconds, to the nanosecond: 0.000197, not 0.00019700000000000002.
func seconds(ms float64) float64 { return math.Round(ms*1e6) / 1e9 }

// errors adds up the errors of one kind under one label.
func (x *exposition) errors(list []report.Error) {
	type key struct{ label, kind string }
	counts := map[key]int64{}
	var order []key
	for _, e := range list {
		k := key{e.Label, e.Kind}
		if counts[k] == 0 {
			order = append(order, k)
		}
		counts[k] += e.Count
	}
	for _, k := range order {
		x.gauge("stickbench_errors", "Failed requests by the kind of failure.", float64(counts[k]), "label", k.label, "kind", k.kind)
	}
}

func (x *exposition) nodes(nodes []report.Node) {
	for i := range nodes {
		n := &nodes[i]
		x.gauge("stickbench_node_share_ratio", "Share of the requests that named a node.", n.Share, "node", n.Node)
		if n.ExpectedShare != nil {
			x.gauge("stickbench_node_expected_share_ratio", "Share of the decisions that the weights ask for.", *n.ExpectedShare, "node", n.Node)
		}
		x.gauge("stickbench_node_decisions", "Requests that the balancer was free to place.", float64(n.Decisions), "node", n.Node)
	}
}

func (x *exposition) sessions(a *report.Affinity) {
	x.gauge("stickbench_sessions", "Lives of users' cookie jars with a response.", float64(a.Sessions))
	x.gauge("stickbench_transitions", "Pairs of consecutive responses of one session.", float64(a.Transitions))
	if a.Affinity != nil {
		x.gauge("stickbench_affinity_ratio", "Share of the transitions that stayed on their node.", *a.Affinity)
	}
	if a.Continuity != nil {
		x.gauge("stickbench_continuity_ratio", "Share of the transitions whose counter went up by one in the same session.", *a.Continuity)
	}
	x.gauge("stickbench_moves", "Transitions to another node.", float64(a.Moves))
	x.gauge("stickbench_excused_moves", "Moves away from a node that was in maintenance or down.", float64(a.Excused))
	x.gauge("stickbench_lost_sessions", "Sessions that were lost at least once.", float64(a.LostSessions))
	x.gauge("stickbench_session_losses", "Transitions that lost the session.", float64(a.Lost))
	x.gauge("stickbench_renewed_sessions", "Transitions to another session id under which the counter went on.", float64(a.Renewed))
}

// oneIf is 1 for true and 0 for false.
func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
