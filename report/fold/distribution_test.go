package fold

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"stickbench/internal/sampletest"
	"stickbench/internal/stats"
	"stickbench/loadgen"
	"stickbench/report"
)

// decided are samples of so many decisions per word: "s1*20" are twenty sessions that begin on s1, 10 ms
// after each other from the last one on; "@3000" goes on at that time; "-" names no node.
func decided(t *testing.T, script string) (samples []*loadgen.Sample) {
	t.Helper()
	at := 0
	for _, word := range strings.Fields(script) {
		if when, ok := strings.CutPrefix(word, "@"); ok {
			at = number(t, when)
			continue
		}
		nodes, times, _ := strings.Cut(word, "*")
		for range number(t, times) {
			for node := range strings.SplitSeq(nodes, ",") {
				s := &loadgen.Sample{
					User: len(samples) + 1, Life: 1, Label: "GET /", Status: 200, Fine: true, Node: node, ActiveAll: 1,
					Start: sampletest.Epoch + 1000*int64(at), Elapsed: time.Millisecond,
				}
				if node == "-" {
					s.Node, s.Kind = "", loadgen.KindStatus
				}
				samples = append(samples, s)
				at += 10
			}
		}
	}
	return samples
}

func TestDistribution(t *testing.T) {
	weights := func(w ...float64) map[string]float64 {
		m := map[string]float64{}
		for i, x := range w {
			m[fmt.Sprintf("s%d", i+1)] = x
		}
		return m
	}
	robin := func(w ...float64) report.Run { return report.Run{Algorithm: "roundrobin", Weights: weights(w...)} }
	random := func(w ...float64) report.Run {
		return report.Run{Algorithm: "random(1)", Weights: weights(w...), ExpectedShares: proportional}
	}
	ring := random(1, 1)
	ring.ExpectedShares = func(w map[string]float64) map[string]float64 {
		if w["s2"] == 0 {
			return map[string]float64{"s1": 1}
		}
		return map[string]float64{"s1": 0.431, "s2": 0.569}
	}
	out := robin(1, 1)
	out.States = map[string]string{"s2": "drain"}
	cut := robin(1, 1)
	cut.Requests = &report.Requests{Started: 105, OK: 100, Cut: 5}
	for _, test := range []struct {
		name, requests, events string
		run                    report.Run
		verdict                string
		ok                     string // "", "yes" or "no"
		explains               string
	}{
		{"exact", "s1,s1,s2*100", "", robin(2, 1), report.Exact, "yes",
			"300 decisions, exact: s1 200, s2 100, as roundrobin by weights 2:1 gives"},
		{"exact within one", "s1,s1,s2*100 s1*1", "", robin(20, 10), report.Exact, "yes", "as roundrobin by weights 2:1 gives"},
		{"off by 3", "s1,s1,s2*100 s1*9", "", robin(2, 1), "off by 3", "no",
			"309 decisions, off by 3: s1 209, s2 100, where roundrobin by weights 2:1 gives s1 206.0, s2 103.0; has somebody else been using the balancer?"},
		{"off, but some answered no node", "s1,s1,s2*100 s1*9 -*2", "", robin(2, 1), "off by 3", "yes", "may have moved 2 decisions"},
		// As many requests of s1 ran out of time as s2 answered: what those may have moved is as much as there is to see.
		{"off, and as many answered no node", "s2*100 -*100", "", robin(1, 1), report.TooFew, "", "100 decisions: too few to judge the shares, since requests that named no node, or were under way when something changed, may have moved 100 decisions"},
		{"off, but some were cut", "s1*52 s2*48", "", cut, "off by 2", "yes", "may have moved 5 decisions"},
		{"static", "s1,s2*50", "", report.Run{Algorithm: "static-rr", Weights: weights(1, 1)}, report.Exact, "yes", "as static-rr by weights 1:1"},
		{"three nodes", "s1,s2,s3*50 s1,s2*1", "", robin(1, 1, 1), report.Exact, "yes", "weights 1:1:1"},
		{"all on one", "s1*100", "", robin(1, 1), "off by 50", "no", ""},
		{"too few", "s1*1 s2*1", "", robin(1, 1), report.TooFew, "", "2 decisions: too few to judge the shares, 103 tell 1:1 from 2:1 (13 in roundrobin)"},
		{"enough to go round", "s1,s2*7", "", robin(1, 1), report.Exact, "yes", ""},
		{"too few to draw", "s1,s2*7", "", random(1, 1), report.TooFew, "", "14 decisions: too few to judge the shares, 103 tell 1:1 from 2:1"},
		{"too few for 3:2", "s1,s2*90", "", random(3, 2), report.TooFew, "", "180 decisions: too few to judge the shares, 290 tell 3:2 from 1:1"},
		{"drawn", "s1*110 s2*90", "", random(1, 1), report.AsExpected, "yes",
			"200 decisions, as expected: s1 110, s2 90 where s1 100.0, s2 100.0 are expected; by chance alone they are so far off with p = 0.18"},
		{"drawn otherwise", "s1*130 s2*70", "", random(1, 1), report.Differs, "no", "s1 has 65.0% where 50.0% is expected; by chance alone they are so far off with p = <0.0001"},
		// The balancer drew as it should, and s1 answered nothing: that is no fault of the shares.
		{"drawn, and one node named nothing", "s2*120 -*120", "", random(1, 1), report.TooFew, "", "120 decisions: too few to judge the shares, since 120 requests that named no node may be what is missing: s1 0, s2 120 where s1 60.0, s2 60.0 are expected"},
		{"drawn otherwise, whatever named nothing", "s1*130 s2*70 -*5", "", random(1, 1), report.Differs, "no", "s1 has 65.0%"},
		{"drawn, and some named nothing", "s1*110 s2*90 -*20", "", random(1, 1), report.AsExpected, "yes", ""},
		{"by the ring", "s1*431 s2*569", "", ring, report.AsExpected, "yes", ""},
		{"by the weights, not the ring", "s1*500 s2*500", "", ring, report.Differs, "no", "s1 has 50.0% where 43.1% is expected"},
		{"unknown algorithm", "s1*110 s2*90", "", report.Run{Weights: weights(1, 1)}, report.AsExpected, "yes", "if each is drawn by itself, the algorithm being unknown"},
		{"leastconn", "s1*90 s2*10", "", report.Run{Algorithm: "leastconn", Weights: weights(1, 1)}, report.NotJudged, "", "leastconn follows load, not weights: shares are not judged"},
		{"unknown", "s1*90 s2*10", "", report.Run{Algorithm: report.UnknownAlgorithm, Weights: weights(1, 1)}, report.NotJudged, "", `HAProxy does not name its algorithm`},
		{"random whose ring is not known", "s1*90 s2*10", "", report.Run{Algorithm: "random", Weights: weights(1, 1)}, report.NotJudged, "", "random follows load"},
		{"random by load", "s1*90 s2*10", "", report.Run{Algorithm: "random(2)", Weights: weights(1, 1)}, report.NotJudged, "", "random follows load"},
		{"source", "s1*2", "", report.Run{Algorithm: "source", Weights: weights(1, 1)}, report.NotJudged, "", "source follows the users' addresses"},
		{"hash", "s1*100", "", report.Run{Algorithm: "hash req.cook(x)", Weights: weights(1, 1)}, report.NotJudged, "", "hash follows"},
		{"no weights", "s1*180 s2*20", "", report.Run{Algorithm: "roundrobin"}, report.NotJudged, "", report.WeightsUnknown},
		{"no weights, few", "s1*9", "", report.Run{}, report.TooFew, "", "9 decisions: too few to judge the shares, 103 tell 1:1 from 2:1"},
		{"weights of other names", "s1*180 s2*20", "", report.Run{Weights: map[string]float64{"web1": 1, "web2": 1}}, report.NotJudged, "", "the weights are of web1, web2, and responses named s1, s2: shares are not judged"},
		{"one node", "s1*100", "", robin(1), report.NotJudged, "", "100 decisions: only s1 could be chosen, so shares are not judged"},
		{"the other in drain from the start", "s1*100", "", out, report.NotJudged, "", "only s1 could be chosen"},
		{"too few had a choice", "s1,s2*2 @2000 s2*50", "1500 s1 drain", robin(1, 1), report.TooFew, "", "of 54 decisions, 4 had a choice: too few to judge the shares, 103 tell"},
		{"drain, then ready", "s1,s2*50 @2000 s2*50 @4000 s1,s2*50", "1500 s1 drain\n3500 s1 ready", robin(1, 1), report.Exact, "yes", "200 decisions, exact: s1 100, s2 100"},
		{"ready, and then seen to be up", "s1,s2*50", "10 s1 ready\n500..700 s1 up", robin(1, 1), report.Exact, "yes", "left out: 25 decisions too soon"},
		{"seen to be up at once", "s1,s2*50", "10 s1 ready\n100..150 s1 up", robin(1, 1), report.Exact, "yes", "left out: 25 decisions too soon"},
		{"went on in drain", "s1,s2*50 @2000 s1,s2*50", "1500 s1 drain", robin(1, 1), report.Exact, "yes", "100 decisions, exact"},
		{"weights changed", "s1,s2*50 @2000 s1,s1,s2*50", "1500 weights s1=2 s2=1", robin(1, 1), report.Exact, "yes",
			"247 decisions, exact: s1 148, s2 99, as roundrobin by weights 1:1, then 2:1 gives; left out: 3 decisions too soon after a change"},
		{"weights changed, drawn", "s1,s2*100 @3000 s1,s1,s2*100", "2500 weights s1=2 s2=1", random(1, 1), report.AsExpected, "yes", ""},
		{"weights changed, still as before", "s1,s2*100 @3000 s1,s2*200", "2500 weights s1=2 s2=1", random(1, 1), report.Differs, "no", ""},
		{"weights come with an event", "s1*1 @2000 s1,s1,s2*50", "1500 weights s1=2 s2=1", report.Run{Algorithm: "roundrobin"}, report.Exact, "yes", ""},
		{"too soon after a change", "s1,s2*50 @1510 s1*20 @2000 s1,s1,s2*50", "1500 weights s1=2 s2=1", robin(1, 1), report.Exact, "yes", "left out: 23 decisions too soon"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := during(decided(t, test.requests), happened(t, test.events), test.run).Distribution
			ok := ""
			if d.OK != nil {
				ok = map[bool]string{true: "yes", false: "no"}[*d.OK]
			}
			if d.Verdict != test.verdict || ok != test.ok || !strings.Contains(d.Explanation, test.explains) {
				t.Errorf("%q, ok %q: %s\nwant %q, ok %q: %s", d.Verdict, ok, d.Explanation, test.verdict, test.ok, test.explains)
			}
		})
	}
}

func TestDistributionFigures(t *testing.T) {
	d := during(decided(t, "s1*120 s2*80"), nil, report.Run{Weights: map[string]float64{"s1": 1, "s2": 1}}).Distribution
	if *d.TotalVariation != 0.09999999999999998 && !sampletest.Near(*d.TotalVariation, 0.1, 1e-12) || !sampletest.Near(*d.MaxDeviation, 10, 1e-9) || !sampletest.Near(*d.PValue, 0.0057, 1e-4) {
		t.Errorf("%g, %g points, p = %g", *d.TotalVariation, *d.MaxDeviation, *d.PValue)
	}
	if n := d.Nodes[0]; n.Node != "s1" || n.Decisions != 120 || n.Share != 0.6 || n.Expected != 0.5 || !sampletest.Near(n.Low, 0.5308, 5e-4) || !sampletest.Near(n.High, 0.6654, 5e-4) {
		t.Errorf("%+v", n)
	}
}

// One in a hundred fair draws is called different, not one in twenty.
func TestDrawsAreSeldomCalledDifferent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	different := 0
	const runs = 400
	for range runs {
		counts := []int64{0, 0, 0}
		for range 200 {
			counts[[]int{0, 0, 1, 2}[random.IntN(4)]]++
		}
		if stats.PValue(counts, []float64{0.5, 0.25, 0.25}) < stats.Alpha01 {
			different++
		}
	}
	if different > runs*2/100 {
		t.Errorf("%d of %d", different, runs)
	}
}

// Requests of sticky sessions are no decisions, but an excused move is one: the balancer placed it.
func TestDecisionsOfMoves(t *testing.T) {
	r := during(requests(t, "1@100:s1 2@200:s2 3@300:s3 1@1500:s2 1@1600:s2 2@1700:s2"), happened(t, "1000 s1 maint"), report.Run{})
	for i, want := range []int64{1, 2, 1} {
		if r.Nodes[i].Decisions != want {
			t.Errorf("%s has %d decisions, want %d", r.Nodes[i].Node, r.Nodes[i].Decisions, want)
		}
	}
}

func TestExpectedShares(t *testing.T) {
	run := report.Run{Algorithm: "roundrobin", Weights: map[string]float64{"s1": 1, "s2": 1}}
	r := during(decided(t, "s1,s2*50 @2000 s2*100"), happened(t, "1500 s1 drain"), run)
	if got := *r.Nodes[0].ExpectedShare; !sampletest.Near(got, 0.25, 1e-12) {
		t.Errorf("s1 in the run: %g", got)
	}
	if got := *r.Phases[1].Nodes[0].ExpectedShare; got != 0 {
		t.Errorf("s1 in drain: %g", got)
	}
	run.Algorithm = "leastconn"
	if r = during(decided(t, "s1,s2*50"), nil, run); r.Nodes[0].ExpectedShare != nil {
		t.Error("leastconn has expected shares")
	}
}
