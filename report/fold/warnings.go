package fold

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// minSessions is the number of sessions from which it is strange that all of them met one node: by fair
// choice between two nodes that happens once in 128.
const minSessions = 8

// sampleChecks keeps what the warnings need and no other fold has.
type sampleChecks struct {
	responses, unnamed int64 // complete responses of status 200 to 299, and those that named no node
	backwards          int64 // samples that ended before they began, as JMeter writes if its clock was set back
	latest             int64 // start of those, milliseconds since the start of the run
}

// backward notes a sample that ended before it began.
func (d *sampleChecks) backward(m *measurement) {
	if d.backwards == 0 {
		d.latest = m.start
	}
	d.backwards++
	d.latest = max(d.latest, m.start)
}

// ends are the first start and the last end of all samples, none of which ends before it began.
func (d *sampleChecks) ends(total *rowFold) (first, last int64) {
	if d.backwards > 0 {
		return total.first, max(total.last, d.latest)
	}
	return total.first, total.last
}

// warnings are those that the samples give rise to; requests and total are all requests, and all samples. Each is a sentence that
// says what to do.
func (b *Builder) warnings(r *report.Results, run report.Run, requests, total *rowFold) []string {
	var list []string
	for _, w := range []string{
		localWarning(r),
		b.checks.backwardsWarning(),
		b.checks.nodeWarning(len(b.seen) > 0, run.NodeSource),
		oneNodeWarning(r),
		manyNodesWarning(len(b.seen)),
		manyLabelsWarning(len(b.order)),
		threadWarning(r, len(b.affinity.threads) > 0),
		jumpWarning(r.Affinity.Jumps),
		durationWarning(r),
		b.totalWarning(),
		b.orderWarning(total),
		lossWarning(run.Requests, requests.count),
		accountWarning(run.Requests),
		omissionWarning(r, &requests.times),
	} {
		if w != "" {
			list = append(list, w)
		}
	}
	list = append(list, report.EventWarnings(r, run)...)
	if w := turnsWarning(r.Events); w != "" {
		list = append(list, w)
	}
	return list
}

// localWarning is the doubt about a run whose own machine was the limit.
func localWarning(r *report.Results) string {
	n := r.Local()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s failed at limits of this machine (open files, local ports, memory), not of the target: the figures are not trustworthy. Ask for fewer users, raise the limits (ulimit -n), or connect from more addresses (--source).",
		format.Plural(n, "request"))
}

func (d *sampleChecks) nodeWarning(named bool, source string) string {
	switch {
	case d.unnamed == 0 || !named && source == "":
		return ""
	case !named:
		return fmt.Sprintf("None of %s named its node: look at one, and let [session] node, now %s, name where the node stands.",
			format.Plural(d.responses, "response"), format.Clean(source))
	}
	return fmt.Sprintf("%s of the responses (%s of %s) did not name their node and are in no node's row: let [session] node read something that every response has.",
		format.Percent(float64(d.unnamed)/float64(d.responses)), format.Count(d.unnamed), format.Count(d.responses))
}

func oneNodeWarning(r *report.Results) string {
	answered, expected := report.AnsweringNodes(r.Nodes)
	if len(answered) != 1 || r.Affinity.Sessions < minSessions {
		return ""
	}
	start := fmt.Sprintf("All %s sessions met %s", format.Count(r.Affinity.Sessions), format.Clean(answered[0]))
	const advice = ", or chooses by client address, which all users here share."
	if len(expected) == 0 {
		return start + ": if there are more nodes, see whether the balancer knows them" + advice
	}
	if len(expected) == 1 && expected[0] == answered[0] {
		return ""
	}
	return start + " although " + format.Clean(strings.Join(expected, ", ")) + " are expected: see whether the balancer holds the others for down" + advice
}

func manyNodesWarning(nodes int) string {
	if nodes <= maxNodes {
		return ""
	}
	return fmt.Sprintf("More than %d different nodes answered, and those after the first %d share a row: check that [session] node does not read something else, such as a session id.",
		maxNodes, maxNodes)
}

func manyLabelsWarning(labels int) string {
	if labels <= maxLabelRows {
		return ""
	}
	return fmt.Sprintf("There are more than %d different labels, and those after the first %d share a row: give steps a name, so that what differs from request to request is not in it.",
		maxLabelRows, maxLabelRows)
}

func threadWarning(r *report.Results, threads bool) string {
	if !threads || r.Affinity.Transitions == 0 {
		return ""
	}
	return "The recording does not tell users and cookie jars apart: every thread is taken for one session; do not trust the affinity if cookies were cleared between iterations."
}

func jumpWarning(jumps int64) string {
	if jumps == 0 {
		return ""
	}
	return fmt.Sprintf("The counter went up by more than one in %s: look for somebody else in these sessions, for requests sent twice on the way (redirects and requests without a response are left out), and for responses that count but do not show the counter.",
		format.Plural(jumps, "transition"))
}

func durationWarning(r *report.Results) string {
	if r.Total.Samples == 0 || r.DurationMS >= 100 {
		return ""
	}
	return fmt.Sprintf("All samples lie within %d ms: throughput and KB/sec are rough; more iterations make them firm.", r.DurationMS)
}

func (d *sampleChecks) backwardsWarning() string {
	if d.backwards == 0 {
		return ""
	}
	return fmt.Sprintf("The end of %s lies before its start: the clock of the machine that recorded was set back; times and rates include that.", format.Plural(d.backwards, "sample"))
}

func (b *Builder) totalWarning() string {
	if b.labels[report.TotalLabel] == nil {
		return ""
	}
	return "Samples labelled TOTAL have no row of their own, as in JMeter, and count in the last row, once where JMeter counts them twice: give the step another name."
}

func lossWarning(q *report.Requests, recorded int64) string {
	if q == nil || q.OK+q.Failed <= recorded {
		return ""
	}
	return fmt.Sprintf("The engine finished %s, but only %s of them were recorded: the figures are of those, so check that the recording is whole.",
		format.Plural(q.OK+q.Failed, "request"), format.Count(recorded))
}

func accountWarning(q *report.Requests) string {
	switch {
	case q == nil:
		return ""
	case q.Started != q.OK+q.Failed+q.Cut:
		return fmt.Sprintf("%s started, but %s were accounted for: this is a defect of stickbench, please report it.",
			format.Plural(q.Started, "request"), format.Count(q.OK+q.Failed+q.Cut))
	case q.Cut > 0:
		return fmt.Sprintf("The run was cut with %s in flight, in no figure here: let it end by itself to have all of them.",
			format.Plural(q.Cut, "request"))
	}
	return ""
}

// orderWarning tells of samples that come long after others that began later, as in files of several load
// generators that were joined: JMeter's throughput is that of a part of the time then.
func (b *Builder) orderWarning(total *rowFold) string {
	if span := total.last - total.first; b.jmeter.span >= span-span/100 {
		return ""
	}
	return fmt.Sprintf("The samples are not in the order of time, as if recordings of several generators were joined: the throughput here is that from the first start to the last end, %s; JMeter's own (--format jmeter) is %s.",
		format.Rate(total.freeze(report.TotalLabel).Throughput), format.Rate(b.jmeter.freeze(total).Throughput))
}

// turnsWarning tells of more events than the run is divided by.
func turnsWarning(events []report.Event) string {
	var n int64
	for i := range events {
		n += boolInt(turns(&events[i]))
	}
	if n <= maxTurns {
		return ""
	}
	return fmt.Sprintf("There were %s: what came after the first %s is listed, but divides nothing and excuses nothing.",
		format.Plural(n, "event"), format.Count(maxTurns))
}
