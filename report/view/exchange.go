package view

import (
	"fmt"
	"net/http"
	"strconv"

	"stickbench/internal/format"
	"stickbench/report"
)

// StatusTable has a row for each status, and one for the requests without a response.
func StatusTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Status", Left: true}}
	phrase, requests, share := Column{Head: "", Left: true}, Column{Head: "Requests"}, Column{Head: "Share"}
	for _, s := range r.Statuses {
		code, words := strconv.Itoa(s.Status), http.StatusText(s.Status)
		if s.Status == 0 {
			code, words = "none", "no response"
		}
		t.Label.Cells = append(t.Label.Cells, code)
		phrase.Cells = append(phrase.Cells, words)
		requests.Cells = append(requests.Cells, format.Count(s.Requests))
		share.Cells = append(share.Cells, format.Percent(s.Share))
	}
	t.Groups = [][]Column{{phrase, requests, share}}
	return t
}

// OneGoodStatus reports whether every request ended with the same status, and a good one: there is nothing to
// tell.
func OneGoodStatus(r *report.Results) bool {
	return len(r.Statuses) == 1 && r.Statuses[0].Status >= 200 && r.Statuses[0].Status < 400
}

// ApdexTable has the score of each label, and of all.
func ApdexTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Label", Left: true}}
	score := Column{Head: fmt.Sprintf("Apdex (%g, %g ms)", r.Apdex.SatisfiedMS, r.Apdex.ToleratedMS)}
	for _, row := range append(r.Labels[:len(r.Labels):len(r.Labels)], r.Total) {
		if row.Apdex != nil {
			t.Label.Cells = append(t.Label.Cells, format.Clean(row.Label))
			score.Cells = append(score.Cells, format.Decimal(*row.Apdex, 3))
		}
	}
	t.Groups = [][]Column{{score}}
	return t
}

// TimingTable has a row for each part of the requests whose times are known, and none if there is no such part.
func TimingTable(r *report.Results) Table {
	t := Table{Label: Column{Head: "Times", Left: true}}
	var rows []*report.Timing
	for _, x := range []struct {
		name string
		of   *report.Timing
	}{{"to connect", r.Connect}, {"to the first byte", r.FirstByte}} {
		if x.of != nil {
			t.Label.Cells = append(t.Label.Cells, x.name)
			rows = append(rows, x.of)
		}
	}
	c := func(head string, cell func(*report.Timing) string) Column {
		made := Column{Head: head}
		for _, row := range rows {
			made.Cells = append(made.Cells, cell(row))
		}
		return made
	}
	ms := format.Millis
	if r.WholeMillis {
		ms = format.WholeMillis
	}
	t.Groups = [][]Column{{
		c("Samples", func(x *report.Timing) string { return format.Count(x.Samples) }),
		c("Average", func(x *report.Timing) string { return format.Millis(x.AverageMS) }),
		c("p50", func(x *report.Timing) string { return ms(x.P50MS) }),
		c("p95", func(x *report.Timing) string { return ms(x.P95MS) }),
		c("p99", func(x *report.Timing) string { return ms(x.P99MS) }),
		c("Max", func(x *report.Timing) string { return ms(x.MaxMS) }),
	}}
	return t
}
