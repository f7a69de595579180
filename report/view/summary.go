package view

import (
	"fmt"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report"
)

// MaxRows bounds the rows of the summary with its rows per node; a table that is longer is printed
// without them, and says so.
const MaxRows = 120

// SummaryTable is the table of labels, with a row per node under each, and TOTAL. Its columns are those
// of JMeter's Summary Report, in their order, and three percentiles. It also reports whether the rows per
// node were left out.
func SummaryTable(r *report.Results) (t Table, short bool) {
	lines := len(r.Labels) + 1
	for i := range r.Labels {
		lines += len(nodeRows(&r.Labels[i]))
	}
	short = lines > MaxRows
	t.Label = Column{Head: "Label", Left: true}
	var rows []report.Row
	add := func(label string, row report.Row, faint bool) {
		t.Label.Cells = append(t.Label.Cells, label)
		t.Faint = append(t.Faint, faint)
		rows = append(rows, row)
	}
	for _, row := range r.Labels {
		add(format.Clean(row.Label), row, false)
		if short {
			continue
		}
		nodes := nodeRows(&row)
		for i, node := range nodes {
			add(branch(i, len(nodes))+format.Clean(node.Label), node, true)
		}
	}
	add(r.Total.Label, r.Total, false)
	t.fill(rows, r.WholeMillis)
	return t, short
}

// nodeRows are the rows of a label's nodes, and of the requests that named none.
func nodeRows(row *report.Row) []report.Row {
	if row.Unnamed == nil {
		return row.Nodes
	}
	return append(row.Nodes[:len(row.Nodes):len(row.Nodes)], *row.Unnamed)
}

// branch draws the line from a label to one of its rows.
func branch(i, n int) string {
	if i == n-1 {
		return "└─ "
	}
	return "├─ "
}

// fill makes the columns of figures.
func (t *Table) fill(rows []report.Row, whole bool) {
	c := func(head string, cell func(*report.Row) string) Column {
		made := Column{Head: head, Cells: make([]string, len(rows))}
		for i := range rows {
			made.Cells[i] = cell(&rows[i])
		}
		return made
	}
	measured := format.Millis
	if whole {
		measured = format.WholeMillis
	}
	counts := []Column{
		c("# Samples", func(r *report.Row) string { return format.Count(r.Samples) }),
		c("Average", func(r *report.Row) string { return format.Millis(r.AverageMS) }),
		c("Min", func(r *report.Row) string { return measured(r.MinMS) }),
		c("Max", func(r *report.Row) string { return measured(r.MaxMS) }),
		c("Std. Dev.", func(r *report.Row) string { return format.Millis(r.StdDevMS) }),
		c("Error %", func(r *report.Row) string { return strconv.FormatFloat(r.ErrorRate*100, 'f', 2, 64) + "%" }),
	}
	rates := []Column{
		c("Throughput", func(r *report.Row) string { return format.Rate(r.Throughput) }),
		c("Received KB/sec", func(r *report.Row) string { return format.Decimal(r.ReceivedKBps, 2) }),
		c("Sent KB/sec", func(r *report.Row) string { return format.Decimal(r.SentKBps, 2) }),
		c("Avg. Bytes", func(r *report.Row) string { return format.Decimal(r.AvgBytes, 1) }),
	}
	percentiles := []Column{
		c("p50", func(r *report.Row) string { return measured(r.P50MS) }),
		c("p95", func(r *report.Row) string { return measured(r.P95MS) }),
		c("p99", func(r *report.Row) string { return measured(r.P99MS) }),
	}
	t.Groups = [][]Column{counts, percentiles, rates}
	t.Whole = append(append(append(t.Whole, counts...), rates...), percentiles...)
}

// shownNodes are the nodes that a table shows, and how many servers without a request are left out: a backend may have
// templates of thousands.
func shownNodes(all []report.Node) (shown []report.Node, rest int64) {
	if len(all) <= MaxRows {
		return all, 0
	}
	for _, n := range all {
		if n.Requests > 0 || len(shown) < MaxRows {
			shown = append(shown, n)
		} else {
			rest++
		}
	}
	return shown, rest
}

// NodeTable is the table of nodes; with the requests that named none, whose shares mean nothing, its requests
// add up to those of the run.
func NodeTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Node", Left: true}}
	nodes, rest := shownNodes(r.Nodes)
	named, expected := len(nodes), false
	nodes = nodes[:named:named]
	if rest > 0 {
		nodes = append(nodes, report.Node{Node: fmt.Sprintf("… and %s without a request", format.Plural(rest, "server"))})
	}
	if u := r.Total.Unnamed; u != nil {
		nodes = append(nodes, report.Node{Node: u.Label, Requests: u.Samples, Errors: u.Errors, AverageMS: u.AverageMS, P95MS: u.P95MS})
	}
	for i := range nodes {
		t.Label.Cells = append(t.Label.Cells, format.Clean(nodes[i].Node))
		expected = expected || nodes[i].ExpectedShare != nil
	}
	c := func(head string, rows int, cell func(*report.Node) string) Column {
		made := Column{Head: head, Cells: make([]string, len(nodes))}
		for i := range nodes {
			if made.Cells[i] = "–"; i < rows {
				made.Cells[i] = cell(&nodes[i])
			}
		}
		return made
	}
	var decisions int64
	if r.Distribution != nil {
		decisions = r.Distribution.N
	}
	columns := []Column{
		c("Requests", len(nodes), func(n *report.Node) string { return format.Count(n.Requests) }),
		c("Share", named, func(n *report.Node) string { return format.Percent(n.Share) }),
		c("Decisions", named, func(n *report.Node) string { return format.Count(n.Decisions) }),
		c("Share", named, func(n *report.Node) string { return format.Percent(float64(n.Decisions) / float64(max(1, decisions))) }),
	}
	if expected {
		columns = append(columns, c("Expected", named, func(n *report.Node) string {
			if n.ExpectedShare == nil {
				return "–"
			}
			return format.Percent(*n.ExpectedShare)
		}))
	}
	measured := format.Millis
	if r.WholeMillis {
		measured = format.WholeMillis
	}
	t.Groups = [][]Column{append(columns,
		c("Errors", len(nodes), func(n *report.Node) string { return format.Count(n.Errors) }),
		c("Average", len(nodes), func(n *report.Node) string { return timeOver(n.Requests, format.Millis(n.AverageMS)) }),
		c("p95", len(nodes), func(n *report.Node) string { return timeOver(n.Requests, measured(n.P95MS)) }),
	)}
	return t
}
