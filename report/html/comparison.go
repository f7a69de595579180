package html

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/view"
)

const (
	htmlDetails  = 60  // labels with a table of their own
	htmlNodes    = 24  // nodes with a table of their own
	htmlOverview = 400 // rows of labels and nodes
)

// WriteComparison writes a comparison to be looked at: one document in the manner of WriteHTML's, with
// both sides in each chart. version is stickbench's, "" if unknown. It is a function of r and version alone;
// text from outside is escaped. The error is w's.
func WriteComparison(w io.Writer, r *compare.Comparison, version string) error {
	if err := writePage(w, "compare.html", newComparisonPage(r, version)); err != nil {
		return fmt.Errorf("write comparison as HTML: %w", err)
	}
	return nil
}

// comparisonPage is what the template shows.
type comparisonPage struct {
	htmlFrame
	Title, Said   string
	Badge, Class  string
	Before, After string // what the sides are
	Regression    bool
	Conditions    []compare.Condition
	Warnings      []string

	Total        effectTable
	Overview     htmlTable
	Labels       []effectTable
	Nodes        []effectTable
	More         string
	Shares       []sharePair
	SharesTop    string
	ShareTable   htmlTable
	ShareVerdict string
	ShareSaid    string
	Course       []plot
	CourseNote   string
	Curve        []plot
	Differences  htmlTable
	Method       string
}

// verdictBadges are the verdicts on the whole: words, sign and colour.
var verdictBadges = map[string][2]string{
	compare.Better: {"✓ BETTER", "pass"}, compare.Worse: {"✗ WORSE", "fail"}, compare.Same: {"= SAME", "pass"}, compare.CannotTell: {"? CANNOT TELL", "open"},
	compare.ChangedWithin: {"≈ CHANGED, WITHIN THE MARGIN", "pass"},
}

func newComparisonPage(r *compare.Comparison, version string) *comparisonPage {
	badge := verdictBadges[r.Verdict]
	p := &comparisonPage{
		Title: comparisonTitle(r), Said: sentence(view.Headline(r)), Badge: badge[0], Class: badge[1],
		Before: view.SideText(&r.Before), After: view.SideText(&r.After), Regression: r.Regression, Differences: htmlDifferences(r.Differences),
		Method: view.MethodText(r),
	}
	for _, c := range r.Conditions {
		p.Conditions = append(p.Conditions, compare.Condition{Text: format.Clean(c.Text), Met: c.Met, NotJudged: c.NotJudged, Actual: format.Clean(c.Actual)})
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), htmlWarnings)] {
		p.Warnings = append(p.Warnings, shortened(format.Clean(w)))
	}
	reach := effectReach(r.Total.Changes)
	p.Total = newEffectTable(&r.Total, report.TotalLabel, reach)
	p.rows(r, reach)
	p.shares(r.Shares)
	course := view.CompareCharts(r.Charts)
	var curve []view.Chart
	if len(course) > 0 {
		p.CourseNote, curve = courseNote(r, course), view.CompareCurve(r.Charts.Percentiles)
	}
	p.Course, p.Curve = drawAll(course), drawAll(curve)
	p.htmlFrame = newHTMLFrame(p.Title+" – "+r.Verdict, version, course, curve)
	return p
}

// courseNote says what the charts over time show.
func courseNote(r *compare.Comparison, course []view.Chart) string {
	said := fmt.Sprintf("Steps of %s since the first request, by the start of requests, whole runs; what the comparison leaves out is shaded. ", format.Span(r.Charts.StepMS))
	if len(r.Before.Runs) > 1 || len(r.After.Runs) > 1 {
		said += "The runs of a side are laid on top of each other: rates are per run, percentiles of all their requests. "
	}
	if !slices.ContainsFunc(course, func(c view.Chart) bool { return c.ID == "failures" }) {
		said += "There were no errors on either side. "
	}
	return said + "A last step that is less than half full has no rate."
}

// title is the plans that were run.
func comparisonTitle(r *compare.Comparison) string {
	before, after := format.Clean(r.Before.Name), format.Clean(r.After.Name)
	switch {
	case before == "" && after == "":
		return "Before and after"
	case before == after:
		return before + ", before and after"
	}
	return compare.OrNone(before) + " → " + compare.OrNone(after)
}

// rows are the tables of labels and nodes.
func (p *comparisonPage) rows(r *compare.Comparison, reach float64) {
	short := view.ShortOverview(r) || rowsInAll(r) > htmlOverview
	p.Overview = tableOf(*view.OverviewTable(r, view.Overview, short))
	if len(r.Labels) != 1 { // the row over all labels is there, with its nodes below it
		last := len(p.Overview.Rows) - 1
		if !short {
			last -= len(r.Total.Nodes)
		}
		p.Overview.Rows[last].Strong = true
	}
	if n := len(p.Overview.Rows) - htmlOverview; n > 0 {
		p.Overview.Rows = slices.Delete(p.Overview.Rows, htmlOverview-1, len(p.Overview.Rows)-1)
		p.Overview.Notes = append(p.Overview.Notes, fmt.Sprintf("%s are left out.", format.Plural(int64(n), "more label")))
	}
	for i := range r.Labels[:min(len(r.Labels), htmlDetails)] {
		p.Labels = append(p.Labels, newEffectTable(&r.Labels[i], r.Labels[i].Label, reach))
	}
	for i := range r.Total.Nodes[:min(len(r.Total.Nodes), htmlNodes)] {
		p.Nodes = append(p.Nodes, newEffectTable(&r.Total.Nodes[i], r.Total.Nodes[i].Node, reach))
	}
	if len(r.Labels) > len(p.Labels) || len(r.Total.Nodes) > len(p.Nodes) || short {
		p.More = fmt.Sprintf("Here are at most %d labels and %d nodes, and nodes within labels only if there are few; the comparison as JSON has them all.", htmlDetails, htmlNodes)
	}
}

// rowsInAll is how many rows labels and nodes make.
func rowsInAll(r *compare.Comparison) (n int) {
	for _, row := range view.Rows(r) {
		n += 1 + len(row.Nodes)
	}
	return n
}

func htmlDifferences(list []compare.Difference) htmlTable {
	var rows [][]string
	for _, d := range list {
		load := ""
		if d.Load {
			load = "⚠ the load itself"
		}
		rows = append(rows, []string{shortened(format.Clean(d.Name)), shortened(compare.OrNone(d.Before)), shortened(compare.OrNone(d.After)), load})
	}
	return rowsTable([]string{"<What", "<Before", "<After", "<"}, rows)
}

// effectTable is a row's metrics, each with a bar of its interval.
type effectTable struct {
	Name, Samples string
	Rows          []effectRow
	Reasons       []string
	Signs         string // a summary of the verdicts
}

// effectRow is a metric. Its bar is drawn on a track whose middle is no change, and on which what is better
// lies to the right whichever way the figure goes; all places are in percent of the track.
type effectRow struct {
	Metric, Before, After, Change, Interval string
	Verdict, Class                          string
	Known                                   bool
	Margin, MarginWidth                     float64 // the left edge of the shade
	Left, Width, At                         float64
	CutLeft, CutRight                       bool // the interval goes on
	Title                                   string
}

// effectReach is how many margins the tracks of a page reach on each side.
func effectReach(changes []compare.Change) float64 {
	const least, most = 4, 400
	reach := float64(least)
	for i := range changes {
		ch := &changes[i]
		for _, x := range []*float64{ch.Low, ch.High} {
			if x != nil && ch.Margin > 0 {
				reach = max(reach, math.Ceil(math.Abs(*x)/ch.Margin))
			}
		}
	}
	return min(reach, most)
}

func newEffectTable(row *compare.Row, name string, reach float64) effectTable {
	t := effectTable{Name: format.Clean(name), Samples: format.Count(row.SamplesBefore) + " → " + format.Count(row.SamplesAfter) + " samples", Reasons: view.Reasons(row)}
	var signs []string
	for i := range row.Changes {
		ch := &row.Changes[i]
		t.Rows = append(t.Rows, newEffectRow(ch, reach))
		if sign := view.VerdictSigns[ch.Verdict]; sign != "" && (ch.Verdict == compare.Worse || ch.Verdict == compare.Better) {
			signs = append(signs, sign+" "+view.PlainName(ch)+" "+compare.DeltaText(ch))
		}
	}
	t.Signs = strings.Join(signs, ", ")
	return t
}

// verdictClasses are the colours of the verdicts; the signs say the same.
var verdictClasses = map[string]string{compare.Better: "ok", compare.Worse: "bad", compare.CannotTell: "unsure"}

func newEffectRow(ch *compare.Change, reach float64) effectRow {
	e := effectRow{
		Metric: view.MetricName(ch.Metric) + view.UnitSuffix(ch), Before: compare.FigureText(ch.Before, ch.Unit), After: compare.FigureText(ch.After, ch.Unit),
		Change: compare.DeltaText(ch), Interval: compare.IntervalText(ch), Verdict: strings.TrimSpace(view.VerdictSigns[ch.Verdict] + " " + compare.VerdictText(ch)),
		Class: verdictClasses[ch.Verdict], Known: ch.Delta != nil,
	}
	if ch.Delta != nil {
		e.draw(ch, reach)
	}
	return e
}

// draw places the bar. The track is logarithmic in margins, so that an interval around one margin can be seen
// beside a change of fifty. Where there is no margin, it reaches as far as the interval does.
func (e *effectRow) draw(ch *compare.Change, reach float64) {
	end := reach * ch.Margin
	if ch.Margin > 0 {
		half := compressed(ch.Margin, ch.Margin, end) / 2
		e.Margin, e.MarginWidth = hundredth(0.5-half), hundredth(2*half)
	} else {
		end = math.Abs(*ch.Delta)
		for _, x := range []*float64{ch.Low, ch.High} {
			if x != nil {
				end = max(end, math.Abs(*x))
			}
		}
	}
	direction := 1.0
	if !compare.MoreIsBetter(ch.Metric) {
		direction = -1
	}
	at := func(x *float64, open float64) float64 {
		switch {
		case x == nil:
			return open
		case end == 0:
			return 0.5
		}
		return 0.5 + direction*compressed(*x, ch.Margin, end)/2
	}
	low, high := at(ch.Low, 0.5-direction), at(ch.High, 0.5+direction)
	left, right := min(low, high), max(low, high)
	e.CutLeft, e.CutRight = left < -1e-9, right > 1+1e-9
	left, right = within01(left), within01(right)
	e.Left, e.Width, e.At = hundredth(left), hundredth(right-left), hundredth(within01(at(ch.Delta, 0.5)))
	e.Title = e.Change + ", 95% interval " + e.Interval
}

// compressed is the place of x on a track from 0 to ±1 at ±end.
func compressed(x, margin, end float64) float64 {
	if margin == 0 {
		return x / end
	}
	return math.Copysign(math.Log1p(math.Abs(x)/margin)/math.Log1p(end/margin), x)
}

func within01(x float64) float64 { return min(1, max(0, x)) }

// sharePair is a node's share of the decisions before and after, each on a track.
type sharePair struct {
	Node          string
	Before, After shareBar
}

func (p *comparisonPage) shares(s *compare.Shares) {
	if s == nil {
		return
	}
	p.ShareVerdict, p.ShareSaid, p.ShareTable = s.Verdict, sentence(s.Explanation), tableOf(*view.SharesTable(s))
	most := 0.0
	for i := range s.Nodes {
		for _, x := range []*float64{s.Nodes[i].Before, s.Nodes[i].After, s.Nodes[i].ExpectedBefore, s.Nodes[i].ExpectedAfter} {
			if x != nil {
				most = max(most, *x)
			}
		}
	}
	axis := fromZero(100*most, 1, 4)
	axis.to = min(100, axis.to)
	p.SharesTop = format.Decimal(axis.to, 0) + "%"
	for i := range s.Nodes {
		c := &s.Nodes[i]
		p.Shares = append(p.Shares, sharePair{format.Clean(c.Node), comparedBar(c.Before, c.ExpectedBefore, c.DecisionsBefore, &axis), comparedBar(c.After, c.ExpectedAfter, c.DecisionsAfter, &axis)})
	}
}

func comparedBar(share, expected *float64, decisions int64, axis *scale) shareBar {
	if share == nil {
		return shareBar{Text: compare.NoFigure}
	}
	s := report.NodeShare{Share: *share, Low: *share, High: *share, Decisions: decisions}
	if expected != nil {
		s.Expected = *expected
	}
	return newShareBar(s, expected != nil, axis)
}
