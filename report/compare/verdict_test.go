package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/internal/stats"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// usual are the options of the command.
func usual(t *testing.T, conditions ...string) Options {
	t.Helper()
	o := Options{Margin: DefaultMargin, RunSpread: DefaultRunSpread}
	for _, text := range conditions {
		c, err := ParseFailCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Conditions = append(o.Conditions, c)
	}
	return o
}

// made are runs of a load, always the same for the same seed.
func made(l load, runs int, seed uint64) (list []*Series) {
	for i := range runs {
		list = append(list, l.series(rand.New(rand.NewPCG(seed, uint64(i)))))
	}
	return list
}

// folded is a run of these samples.
func folded(samples []*loadgen.Sample) *Series {
	results := fold.NewBuilder()
	b := NewSeriesBuilder(results)
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze("run", results.Freeze(report.Run{}), Setup{})
}

// samplesOf are those of a load, in the order of their ends.
func samplesOf(l load, seed uint64, change func(*loadgen.Sample)) (list []*loadgen.Sample) {
	for _, e := range l.events(rand.New(rand.NewPCG(seed, 0))) {
		s := l.sample(e)
		if change != nil {
			change(s)
		}
		list = append(list, s)
	}
	return list
}

// A past defect: one request of 30 s made a run of 4340 samples one sample, the rest of it having been taken for
// its beginning, and a target twice as slow passed.
func TestOneLongResponseHidesNothing(t *testing.T) {
	r := compared(t, made(load{dur: 10}, 1, 1), made(load{dur: 10, scale: 2, straggler: true}, 1, 2), usual(t))
	run := r.After.Runs[0]
	if run.LeftOut*4 > run.Samples || find(r.Total.Changes, "p95").Verdict != Worse || !r.Regression {
		t.Errorf("%d of %d samples are left out; p95 %+v", run.LeftOut, run.Samples, find(r.Total.Changes, "p95"))
	}
}

// A past defect: where the users of one node were done after 2 s of 20, what they did was taken for warm-up: 63 %
// of the samples, and a node that had become twice as slow with them.
func TestUsersThatAreDoneEarlyAreNoWarmUp(t *testing.T) {
	uneven := func(seed uint64, factor float64) []*Series {
		fast := samplesOf(load{dur: 2 * factor, users: 5, median: 0.005 * factor, sigma: 0.3}, seed, func(s *loadgen.Sample) { s.Node = "s2" })
		slow := samplesOf(load{dur: 20, users: 5, median: 0.05, sigma: 0.3}, seed+100, func(s *loadgen.Sample) { s.Node, s.User = "s1", s.User+5 })
		return []*Series{folded(byEnd(fast, slow))}
	}
	r := compared(t, uneven(1, 1), uneven(2, 2), usual(t, `p95("", "s2") > 5%`))
	if run := r.Before.Runs[0]; run.LeftOut*4 > run.Samples {
		t.Errorf("%d of %d samples are left out", run.LeftOut, run.Samples)
	}
	if !r.Regression {
		t.Errorf("a node twice as slow passes: %s", r.Conditions[0].Actual)
	}
}

// byEnd merges two recordings in the order of the ends of their samples.
func byEnd(x, y []*loadgen.Sample) (all []*loadgen.Sample) {
	end := func(s *loadgen.Sample) int64 { return s.Start + s.Elapsed.Microseconds() }
	for len(x) > 0 || len(y) > 0 {
		from := &x
		if len(x) == 0 || len(y) > 0 && end(y[0]) < end(x[0]) {
			from = &y
		}
		all, *from = append(all, (*from)[0]), (*from)[1:]
	}
	return all
}

// What the beginning alone has is compared whole, though the beginning is left out of the rest.
func TestALabelOfTheBeginningIsNotEmptied(t *testing.T) {
	warming := func(seed uint64) []*Series {
		first := int64(0)
		return []*Series{folded(samplesOf(load{dur: 10, users: 20}, seed, func(s *loadgen.Sample) {
			if first == 0 {
				first = s.Start
			}
			since := s.Start - first
			if since < 200_000 {
				s.Label = "login"
			}
			if since < 800_000 {
				s.Elapsed += 300 * time.Millisecond
			}
		}))}
	}
	r := compared(t, warming(1), warming(2), usual(t))
	if r.Before.Runs[0].WarmUpMS == 0 {
		t.Fatal("no warm-up is left out: the case is not what it is about")
	}
	for i := range r.Labels {
		if r.Labels[i].Label == "login" && (r.Labels[i].SamplesBefore == 0 || r.Labels[i].SamplesAfter == 0) {
			t.Error("the label of the beginning is compared of nothing")
		}
	}
}

// Past defects: four runs a side could not fail whatever happened, nor five where the question was about one
// of two labels, nor runs so slow that they had too few samples.
func TestFewRunsCanFail(t *testing.T) {
	steady := load{dur: 3, run: 0.03}
	with := func(factor, err float64) load { return load{dur: 3, run: 0.03, scale: factor, err: err} }
	for _, c := range []struct {
		name          string
		runs          int
		before, after load
		condition     []string
	}{
		{"four, three times slower", 4, steady, with(3, 0), nil},
		{"four, with errors too", 4, with(1, 0.01), with(10, 0.5), nil},
		{"five, ten times slower and few samples", 5, steady, with(10, 0), []string{"p95 > 5%"}},
		{"one, ten times slower and few samples", 1, steady, with(10, 0), []string{"p95 > 5%"}},
		{"two, twice as slow", 2, steady, with(2, 0), nil},
	} {
		if r := compared(t, made(c.before, c.runs, 1), made(c.after, c.runs, 2), usual(t, c.condition...)); !r.Regression || r.Verdict != Worse {
			t.Errorf("%s: %s, %+v", c.name, r.Verdict, r.Conditions)
		}
	}
}

// The question is about one of two labels; other rows of the page do not drown it, and only it gates.
func TestOneLabelOfTwoIsAsked(t *testing.T) {
	side := func(factor float64, seed uint64, runs int) (list []*Series) {
		for i := range runs {
			n := 0
			list = append(list, folded(samplesOf(load{dur: 3, run: 0.03, scale: factor}, seed*100+uint64(i), func(s *loadgen.Sample) {
				if n++; n%2 == 0 {
					s.Label = "GET /cart"
				}
			})))
		}
		return list
	}
	for _, runs := range []int{4, 5} {
		r := compared(t, side(1, 1, runs), side(2, 2, runs), usual(t, `p95("GET /cart") > 5%`))
		if !r.Regression {
			t.Errorf("%d runs a side: %s", runs, r.Conditions[0].Actual)
		}
		if gates := r.Gating(); len(gates) != 1 || gates[0].Row.Label != "GET /cart" || find(r.Total.Changes, "p95").Gates {
			t.Errorf("%d changes gate", len(gates))
		}
	}
}

// One run a side knows nothing of how much runs differ: nine times slower is worse, 12 % is not told, and what
// would tell is said.
func TestOneRunASide(t *testing.T) {
	before := made(load{dur: 10}, 1, 1)
	if r := compared(t, before, made(load{dur: 10, scale: 9}, 1, 2), usual(t)); !r.Regression || !find(r.Total.Changes, "p95").Certain {
		t.Error("nine times slower is not certainly worse")
	}
	r := compared(t, before, made(load{dur: 10, scale: 1.12}, 1, 2), usual(t))
	ch := find(r.Total.Changes, "throughput")
	if r.Regression || ch.Verdict != CannotTell || ch.Needed == nil || ch.Needed.Runs < 2 || ch.Reason != fmt.Sprintf("cannot tell from one run a side: --repeat %d would", ch.Needed.Runs) {
		t.Errorf("12 %%: %s, %s, %+v", ch.Verdict, ch.Reason, ch.Needed)
	}
	o := usual(t)
	o.RunSpread = 0
	if r := compared(t, before, made(load{dur: 10, scale: 1.12}, 1, 2), o); !r.Regression {
		t.Error("12 % is not worse to who believes that runs do not differ")
	}
}

// With a margin to be certain of, what is only worse by its estimate passes.
func TestStrictMargin(t *testing.T) {
	before, after := made(load{dur: 3, run: 0.03}, 5, 1), made(load{dur: 3, run: 0.03, scale: 1.2}, 5, 2)
	o := usual(t)
	o.Margin.Relative = 0.9 * *find(compared(t, before, after, o).Total.Changes, "p95").Relative
	worse := compared(t, before, after, o)
	ch := find(worse.Total.Changes, "p95")
	if !worse.Regression || ch.Verdict != Worse || ch.Certain {
		t.Fatalf("the case is not what it is about: %s, certain %v, %v to %v", ch.Verdict, ch.Certain, *ch.Low, *ch.High)
	}
	o.Strict = true
	if r := compared(t, before, after, o); r.Regression || find(r.Total.Changes, "p95").Verdict != Worse {
		t.Errorf("%+v", r.Conditions)
	}
	after = made(load{dur: 3, run: 0.03, scale: 2}, 5, 2)
	if r := compared(t, before, after, o); !r.Regression {
		t.Error("twice as slow is certain")
	}
	o.Conditions = usual(t, "p95 > 50%", "p95 > 98%").Conditions
	if r := compared(t, before, after, o); !r.Conditions[0].Met || r.Conditions[1].Met {
		t.Errorf("%+v", r.Conditions)
	}
}

// The verdict on a change, by where its interval lies.
func TestVerdicts(t *testing.T) {
	at := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		low, delta, high, p float64
		want                string
		certain             bool
	}{
		{-4, 0, 4, 1, Same, false},
		{1, 3, 5, 0.001, Same, false}, // of chance or not, the whole of it is within
		{1, 4, 7, 0.01, ChangedWithin, false},
		{1, 6, 11, 0.01, Worse, false},
		{6, 8, 10, 0.001, Worse, true},
		{-11, -6, -1, 0.01, Better, false},
		{-10, -8, -6, 0.001, Better, true},
		{5, 5, 5, 0, Same, false},
		{-1, 6, 13, 0.1, CannotTell, false},
		{-1, 6, 13, 0.01, CannotTell, false}, // ranks say so, and the clock is too coarse for it
		{0, 6, 12, 0.05, CannotTell, false},
		{math.Inf(-1), 6, math.Inf(1), 1, CannotTell, false},
	} {
		ch := Change{Metric: "p95", Unit: UnitMS, Before: at(100), After: at(100 + c.delta), Delta: at(c.delta), Low: finite(c.low), High: finite(c.high), P: at(c.p), Margin: 5}
		if ch.judge(1); ch.Verdict != c.want || ch.Certain != c.certain {
			t.Errorf("%g (%g to %g), p %g: %s, certain %v; want %s, %v", c.delta, c.low, c.high, c.p, ch.Verdict, ch.Certain, c.want, c.certain)
		}
	}
}

// What runs differ by is known once, by the side that tells more: two runs beside one have one degree of freedom.
func TestSpreadOfFewRuns(t *testing.T) {
	of := func(values ...float64) (m measured) {
		for _, x := range values {
			m = append(m, figure{Estimate: stats.Estimate{Value: x, Freedom: math.Inf(1)}})
		}
		return m
	}
	c := &comparer{Options: Options{RunSpread: DefaultRunSpread}}
	for _, test := range []struct {
		before, after     measured
		variance, freedom float64
	}{
		{of(1), of(2), 2 * 0.01, math.Inf(1)},
		{of(1), of(2, 3), 0.5 * 1.5, 1},
		{of(1, 2, 3), of(2), 1 * (1 + 1./3), 2},
		{of(1), of(2, 2.01), 0.01 * 1.5, math.Inf(1)}, // the floor
	} {
		d := c.contrast(&Change{Unit: UnitMS}, test.before, test.after)
		if !sampletest.Near(d.Below, test.variance, 1e-9) || d.Above != d.Below || d.Freedom != test.freedom {
			t.Errorf("%d and %d runs: %+v; want variance %g, %g degrees of freedom", len(test.before), len(test.after), d, test.variance, test.freedom)
		}
	}
}

// Beginning and end together are no more than a quarter of the samples: rows are compared whole otherwise, while the
// report said that they were not.
func TestBothEndsAreNotLeftOut(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	row := &rowSeries{windows: make([]seriesWindow, 100), last: 9_950}
	for i := range row.windows {
		w := &row.windows[i]
		w.samples = 100 + random.Int64N(10)
		if i >= 80 {
			w.samples -= 40
		}
		w.sum = w.samples * (20_000 + random.Int64N(500))
		if i < 15 {
			w.sum *= 4
		}
	}
	s := &Series{step: 100, windows: 100, rows: map[rowKey]*rowSeries{{total: true}: row}, Results: &report.Results{}}
	e := s.steady(WarmUp{})
	if within, all := row.within(e); e.from == 0 || tooMuch(within, all) {
		t.Errorf("%d of %d samples are compared, from window %d to %d", within, all, e.from, e.to)
	}
}

// What was 0 and is 0 has not risen beyond all bounds.
func TestNothingRemainsNothing(t *testing.T) {
	var samples []*loadgen.Sample
	for i := range int64(500) {
		samples = append(samples, &loadgen.Sample{Start: i * 9_000, Label: "x"})
	}
	r := compared(t, []*Series{folded(samples)}, []*Series{folded(samples)}, usual(t, "p95 > 5%"))
	if c := r.Conditions[0]; c.Met || strings.Contains(c.Actual, "noise") {
		t.Errorf("%+v", c)
	}
}

// Within the margin there are two verdicts: the whole interval, or only the estimate, of a change that is none of
// chance.
func TestWithinTheMargin(t *testing.T) {
	o := usual(t)
	o.RunSpread = 0
	before := made(load{dur: 60, sigma: 0.2}, 1, 1)
	if ch := find(compared(t, before, made(load{dur: 60, sigma: 0.2}, 1, 2), o).Total.Changes, "p95"); ch.Verdict != Same {
		t.Errorf("alike: %s, %v to %v", ch.Verdict, *ch.Low, *ch.High)
	}
	o.Margin.Relative = 0.03
	ch := find(compared(t, before, made(load{dur: 60, sigma: 0.2, scale: 1.026}, 1, 2), o).Total.Changes, "average")
	if ch.Verdict != ChangedWithin {
		t.Errorf("2.6 %% slower: %s, %v (%v to %v), margin %v", ch.Verdict, *ch.Delta, *ch.Low, *ch.High, ch.Margin)
	}
}

// A gate never passes because its metric vanished.
func TestWhatASideHasNothingForIsNotJudged(t *testing.T) {
	named, unnamed := made(load{dur: 3, move: 0.001}, 1, 1), made(load{dur: 3}, 1, 2)
	r := compared(t, named, unnamed, usual(t))
	if c := r.Conditions[2]; !r.Regression || !c.NotJudged || c.Met || c.Actual != "not judged: there is none after" {
		t.Errorf("%+v", c)
	}
	if r := compared(t, unnamed, unnamed, usual(t)); r.Regression {
		t.Errorf("affinity is on neither side, and nobody asked: %+v", r.Conditions)
	}
	if r := compared(t, unnamed, unnamed, usual(t, "affinity worse")); !r.Regression {
		t.Errorf("affinity was asked for: %+v", r.Conditions)
	}
	other := folded(samplesOf(load{dur: 3}, 2, func(s *loadgen.Sample) { s.Label = "GET /other" }))
	if r := compared(t, unnamed, []*Series{other}, usual(t, `p95("GET /") > 5%`)); !r.Regression || !r.Conditions[0].NotJudged {
		t.Errorf("the label is gone: %+v", r.Conditions)
	}
}

// Runs of a quarter of a second tell nothing, however they differ; samples, for which there is no least number,
// may.
func TestRunsWithoutTime(t *testing.T) {
	short := func(scale float64, seed uint64) []*Series {
		return made(load{dur: 0.24, median: 0.002, sigma: 0.2, scale: scale}, 1, seed)
	}
	r := compared(t, short(1, 1), short(1.6, 2), usual(t))
	if r.Verdict != CannotTell || r.Regression {
		t.Errorf("%s", r.Verdict)
	}
	if ch := find(r.Total.Changes, "p95"); !strings.Contains(ch.Reason, "it takes 2.00 s") {
		t.Errorf("%s", ch.Reason)
	}
	hung := func(scale float64, seed uint64) []*Series {
		return made(load{dur: 0.24, median: 0.002, sigma: 0.2, scale: scale, straggler: true}, 1, seed)
	}
	if r := compared(t, hung(1, 1), hung(9, 2), usual(t)); find(r.Total.Changes, "p95").Verdict != CannotTell {
		t.Error("a response of 30 s makes a long run of a quarter of a second")
	}
	few := load{dur: 60, users: 1, most: 20, median: 1}
	slow := few
	slow.scale, slow.dur = 30, 600
	if ch := find(compared(t, made(few, 1, 1), made(slow, 1, 2), usual(t)).Total.Changes, "average"); ch.Verdict != Worse {
		t.Errorf("20 samples, thirty times slower: %s, %v", ch.Verdict, ch.Reason)
	}
}

// Runs that are alike to the millisecond still do not know their figures without error.
func TestNoIntervalIsWithoutWidth(t *testing.T) {
	for runs := 1; runs <= 10; runs += 3 {
		constant := func() (list []*Series) {
			for range runs {
				var samples []*loadgen.Sample
				for i := range int64(300) {
					samples = append(samples, &loadgen.Sample{Start: i * 10_000, Elapsed: 5 * time.Millisecond, Label: "x"})
				}
				list = append(list, folded(samples))
			}
			return list
		}
		o := usual(t)
		o.RunSpread = 0
		r := compared(t, constant(), constant(), o)
		for _, ch := range r.Total.Changes {
			if ch.Low != nil && ch.High != nil && !(*ch.Low <= 0 && *ch.High > 0) {
				t.Errorf("%d runs, %s: %v to %v", runs, ch.Metric, *ch.Low, *ch.High)
			}
		}
	}
}

// Samples of 0 ms have the throughput that the report has.
func TestThroughputIsThatOfTheReport(t *testing.T) {
	for _, elapsed := range []time.Duration{0, 7 * time.Millisecond} {
		var samples []*loadgen.Sample
		for i := range int64(500) {
			samples = append(samples, &loadgen.Sample{Start: i * 9_000, Elapsed: elapsed, Label: "x"})
		}
		s := folded(samples)
		r := compared(t, []*Series{s}, []*Series{s}, usual(t))
		for _, row := range []Row{r.Total, r.Labels[0]} {
			sampletest.Roughly(t, "throughput", *find(row.Changes, "throughput").Before, s.Results.Total.Throughput, 1e-9)
		}
	}
}

// Before anything runs it is known what so many runs can tell.
func TestDesign(t *testing.T) {
	o := usual(t)
	for runs, want := range map[int]string{
		1:  "1 run a side tell changes of times and throughput from 42.4% on, if runs differ by 10.0% (--run-spread); the margin of 5.0% takes --repeat",
		5:  "5 runs a side tell changes of times and throughput from 22.5% on",
		60: "60 runs a side tell changes of times and throughput from 4.7% on, if runs differ by 10.0% (--run-spread)",
	} {
		if said := o.DesignText(runs); !strings.HasPrefix(said, want) {
			t.Errorf("%s\nwant %s", said, want)
		}
	}
	for text, want := range map[string]float64{"10%": 0.1, "0": 0, "2.5%": 0.025} {
		if got, err := ParseRunSpread(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "-1%", "5ms", "5%,1ms"} {
		if _, err := ParseRunSpread(text); err == nil {
			t.Errorf("%q is no spread", text)
		}
	}
}
