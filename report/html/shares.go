package html

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/report"
)

// shareBar is a node's share of the decisions on a track, beside what its weight says. All places are in
// percent of the track.
type shareBar struct {
	Node, Text        string
	Share, Low, Width float64 // of the interval, which is Width wide
	Expected          float64
	Known             bool // whether a share is expected
	Title             string
}

// shareView is the shares against the weights.
type shareView struct {
	Title       string // which decisions they are of
	Bars        []shareBar
	Explanation string
	Verdict     string
	Good, Bad   bool
	Top         string // the share at the end of the tracks
	Intervals   bool
}

func newShareView(r *report.Results) (v shareView) {
	d := r.Distribution
	if d == nil {
		v.Explanation = "No response named its node."
		return v
	}
	v.Verdict = d.Verdict
	v.Title = "Shares of the decisions"
	if len(d.Nodes) > 0 && d.Judged < d.N {
		v.Title = fmt.Sprintf("Shares of the %s that were judged, of %s", format.Plural(d.Judged, "decision"), format.Count(d.N))
	}
	if d.Explanation != "" {
		v.Explanation = sentence(d.Explanation)
	}
	if d.OK != nil {
		v.Good, v.Bad = *d.OK, !*d.OK
	}
	shares := d.Nodes
	if len(shares) == 0 {
		shares = unjudged(r)
	}
	most := 0.0
	for _, s := range shares {
		most = max(most, s.Share, s.High, s.Expected)
	}
	axis := fromZero(100*most, 1, 4)
	if axis.to > 100 {
		axis.to = 100
	}
	v.Top, v.Intervals = format.Decimal(axis.to, 0)+"%", len(d.Nodes) > 0
	for i, s := range shares {
		known := len(d.Nodes) > 0 || i < len(r.Nodes) && r.Nodes[i].ExpectedShare != nil
		v.Bars = append(v.Bars, newShareBar(s, known, &axis))
	}
	return v
}

// unjudged are the shares of the decisions where nothing could be judged.
func unjudged(r *report.Results) []report.NodeShare {
	var all int64
	for i := range r.Nodes {
		all += r.Nodes[i].Decisions
	}
	list := make([]report.NodeShare, len(r.Nodes))
	for i, n := range r.Nodes {
		list[i] = report.NodeShare{Node: n.Node, Decisions: n.Decisions, Share: float64(n.Decisions) / float64(max(1, all))}
		list[i].Low, list[i].High = list[i].Share, list[i].Share
		if n.ExpectedShare != nil {
			list[i].Expected = *n.ExpectedShare
		}
	}
	return list
}

func newShareBar(s report.NodeShare, known bool, axis *scale) shareBar {
	b := shareBar{
		Node: format.Clean(s.Node), Text: format.Percent(s.Share), Known: known,
		Share: hundredth(axis.at(100 * s.Share)), Low: hundredth(axis.at(100 * s.Low)), Expected: hundredth(axis.at(100 * s.Expected)),
	}
	b.Width = hundredth(axis.at(100*s.High) - axis.at(100*s.Low))
	b.Title = fmt.Sprintf("%s of %s", format.Percent(s.Share), format.Plural(s.Decisions, "decision"))
	if s.High > s.Low {
		b.Title += fmt.Sprintf("\n95%% interval %s to %s", format.Percent(s.Low), format.Percent(s.High))
	}
	if known {
		b.Text += ", expected " + format.Percent(s.Expected)
		b.Title += "\nexpected " + format.Percent(s.Expected)
	}
	return b
}
