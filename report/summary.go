package report

import "strconv"

// maxRows bounds the rows of the summary with its rows per node; a table that is longer is printed
// without them, and says so.
const maxRows = 120

// summaryTable is the table of labels, with a row per node under each, and TOTAL. Its columns are those
// of JMeter's Summary Report, in their order, and three percentiles. It also says whether the rows per
// node were left out.
func summaryTable(r *Results) (t table, short bool) {
	lines := len(r.Labels) + 1
	for i := range r.Labels {
		lines += len(r.Labels[i].Nodes)
	}
	short = lines > maxRows
	t.label = textColumn{head: "Label", left: true}
	var rows []Row
	add := func(label string, row Row, faint bool) {
		t.label.cells = append(t.label.cells, label)
		t.faint = append(t.faint, faint)
		rows = append(rows, row)
	}
	for _, row := range r.Labels {
		add(clean(row.Label), row, false)
		if short {
			continue
		}
		for i, node := range row.Nodes {
			add(branch(i, len(row.Nodes))+clean(node.Label), node, true)
		}
	}
	add(r.Total.Label, r.Total, false)
	t.fill(rows, r.WholeMillis)
	return t, short
}

// branch draws the line from a label to one of its rows.
func branch(i, n int) string {
	if i == n-1 {
		return "└─ "
	}
	return "├─ "
}

// fill makes the columns of figures.
func (t *table) fill(rows []Row, whole bool) {
	c := func(head string, cell func(*Row) string) textColumn {
		made := textColumn{head: head, cells: make([]string, len(rows))}
		for i := range rows {
			made.cells[i] = cell(&rows[i])
		}
		return made
	}
	measured := millis
	if whole {
		measured = wholeMillis
	}
	counts := []textColumn{
		c("# Samples", func(r *Row) string { return count(r.Samples) }),
		c("Average", func(r *Row) string { return millis(r.AverageMS) }),
		c("Min", func(r *Row) string { return measured(r.MinMS) }),
		c("Max", func(r *Row) string { return measured(r.MaxMS) }),
		c("Std. Dev.", func(r *Row) string { return millis(r.StdDevMS) }),
		c("Error %", func(r *Row) string { return strconv.FormatFloat(r.ErrorRate*100, 'f', 2, 64) + "%" }),
	}
	rates := []textColumn{
		c("Throughput", func(r *Row) string { return rate(r.Throughput) }),
		c("Received KB/sec", func(r *Row) string { return grouped(r.ReceivedKBps, 2) }),
		c("Sent KB/sec", func(r *Row) string { return grouped(r.SentKBps, 2) }),
		c("Avg. Bytes", func(r *Row) string { return grouped(r.AvgBytes, 1) }),
	}
	percentiles := []textColumn{
		c("p50", func(r *Row) string { return measured(r.P50MS) }),
		c("p95", func(r *Row) string { return measured(r.P95MS) }),
		c("p99", func(r *Row) string { return measured(r.P99MS) }),
	}
	t.groups = [][]textColumn{counts, percentiles, rates}
	t.whole = append(append(append(t.whole, counts...), rates...), percentiles...)
}

// nodeTable is the table of nodes.
func nodeTable(r *Results) table {
	t := table{label: textColumn{head: "Node", left: true}}
	expected := false
	for i := range r.Nodes {
		t.label.cells = append(t.label.cells, clean(r.Nodes[i].Node))
		expected = expected || r.Nodes[i].ExpectedShare != nil
	}
	c := func(head string, cell func(*Node) string) textColumn {
		made := textColumn{head: head, cells: make([]string, len(r.Nodes))}
		for i := range r.Nodes {
			made.cells[i] = cell(&r.Nodes[i])
		}
		return made
	}
	var decisions int64
	if r.Distribution != nil {
		decisions = r.Distribution.N
	}
	columns := []textColumn{
		c("Requests", func(n *Node) string { return count(n.Requests) }),
		c("Share", func(n *Node) string { return percent(n.Share) }),
		c("Decisions", func(n *Node) string { return count(n.Decisions) }),
		c("Share", func(n *Node) string { return percent(float64(n.Decisions) / float64(max(1, decisions))) }),
	}
	if expected {
		columns = append(columns, c("Expected", func(n *Node) string {
			if n.ExpectedShare == nil {
				return "–"
			}
			return percent(*n.ExpectedShare)
		}))
	}
	measured := millis
	if r.WholeMillis {
		measured = wholeMillis
	}
	t.groups = [][]textColumn{append(columns,
		c("Errors", func(n *Node) string { return count(n.Errors) }),
		c("Average", func(n *Node) string { return timeOver(n.Requests, millis(n.AverageMS)) }),
		c("p95", func(n *Node) string { return timeOver(n.Requests, measured(n.P95MS)) }),
	)}
	return t
}
