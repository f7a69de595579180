package text

import (
	"math"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/view"
)

// writeTimings writes how long it took to connect and to get the first byte.
func writeTimings(p *page, r *report.Results) {
	if t := view.TimingTable(r); p.full && len(t.Label.Cells) > 0 {
		p.section("")
		printTable(&t, p)
	}
}

// writeApdex writes the scores of Apdex, where all is told or somebody chose their times.
func writeApdex(p *page, r *report.Results) {
	if t := view.ApdexTable(r); len(t.Label.Cells) > 0 && (p.full || r.Apdex.Chosen()) {
		p.section("")
		printTable(&t, p)
	}
}

// leastHistogram are the requests from which a histogram is worth while.
const leastHistogram = 20

// writeHistogram draws how many requests took how long, a line for each bucket:
//
//	Latency, ms    Requests  Share
//	0.2 to 0.3          120  60.0%  ████████████████
//	0.3 to 0.5           80  40.0%  ██████████▋
func writeHistogram(p *page, r *report.Results) {
	if !p.full || r.Latency == nil || r.Latency.Requests < leastHistogram {
		return
	}
	buckets, most := r.Latency.Histogram, int64(0)
	table := view.Table{Label: view.Column{Head: "Latency, ms", Left: true}}
	requests, share := view.Column{Head: "Requests"}, view.Column{Head: "Share"}
	for _, b := range buckets {
		most = max(most, b.Count)
		table.Label.Cells = append(table.Label.Cells, bound(b.FromMS)+" to "+bound(b.ToMS))
		requests.Cells = append(requests.Cells, format.Count(b.Count))
		share.Cells = append(share.Cells, format.Percent(float64(b.Count)/float64(r.Latency.Requests)))
	}
	bars := view.Column{Left: true}
	room := min(mostBar, p.width-columnWidth(&table.Label, false)-columnWidth(&requests, false)-columnWidth(&share, false)-3*len(gap))
	for _, b := range buckets {
		bars.Cells = append(bars.Cells, bar(float64(b.Count)/float64(most), room))
	}
	table.Groups = [][]view.Column{{requests, share, bars}}
	p.section("")
	printTable(&table, p)
}

// mostBar are the columns of a bar at most.
const mostBar = 50

// bar is a bar of so many columns, full at 1; what is there at all is seen.
func bar(part float64, columns int) string {
	eighths := int(math.Round(part * float64(columns*8)))
	if part > 0 {
		eighths = max(eighths, 1)
	}
	rest := []rune(" ▏▎▍▌▋▊▉")[eighths%8]
	return strings.TrimRight(strings.Repeat("█", eighths/8)+string(rest), " ")
}

// bound is a bound of a bucket: a round number.
func bound(ms float64) string {
	decimals := 0
	for x := ms; decimals < 3 && math.Abs(x-math.Round(x)) > 1e-6; decimals++ {
		x *= 10
	}
	return format.Decimal(ms, decimals)
}

// writeStatuses writes the statuses, unless all is as it should be.
func writeStatuses(p *page, r *report.Results) {
	if len(r.Statuses) == 0 || !p.full && view.OneGoodStatus(r) {
		return
	}
	t := view.StatusTable(r)
	p.section("")
	printTable(&t, p)
}
