package live

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
	"stickbench/report"
)

var runBegan = time.UnixMicro(1_700_000_000_123_456)

// answered is a sample of the user that ended so long after the run began.
func answered(user int, node string, end, elapsed time.Duration, kind loadgen.Kind) *loadgen.Sample {
	return &loadgen.Sample{
		Start: runBegan.Add(end - elapsed).UnixMicro(), Elapsed: elapsed, User: user, Node: node, Kind: kind,
	}
}

// newTestModel is the model of a run of groups of one user each.
// Nodes come in the order of the report.
func TestNodesInNaturalOrder(t *testing.T) {
	m := newTestModel("g")
	for _, node := range []string{"10.0.0.10:80", "", "s10-b", "10.0.0.2:80", "s2-a"} {
		m.Record(answered(1, node, time.Second, time.Millisecond, loadgen.OK))
	}
	var names []string
	nodes, _ := m.nodesNow(runBegan.Add(3*time.Second), 8)
	for _, n := range nodes {
		names = append(names, n.name)
	}
	if want := []string{"10.0.0.2:80", "10.0.0.10:80", "s2-a", "s10-b", ""}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func newTestModel(groups ...string) *Model {
	p := &loadgen.Plan{}
	for _, name := range groups {
		p.Groups = append(p.Groups, loadgen.Group{Name: name, Users: 1})
	}
	m := NewModel(p)
	m.Begin(runBegan)
	return m
}

// Three seconds on two nodes, the second one with twice the requests, then one second on the second one
// alone, with failures that named no node.
func TestNodesNow(t *testing.T) {
	m := newTestModel("g", "h")
	for ms := 0; ms < 4000; ms += 10 {
		at := time.Duration(ms) * time.Millisecond
		if ms < 3000 {
			m.Record(answered(1, "s1", at, 4*time.Millisecond, loadgen.OK))
		} else {
			m.Record(answered(1, "", at, time.Millisecond, loadgen.KindRefused))
		}
		m.Record(answered(1, "s2", at, 6*time.Millisecond, loadgen.OK))
		m.Record(answered(2, "s2", at+5*time.Millisecond, 8*time.Millisecond, loadgen.OK))
	}
	m.Record(&loadgen.Sample{User: 1, Mark: true})
	got, until := m.nodesNow(runBegan.Add(4100*time.Millisecond), 8)
	want := []nodeNow{
		{name: "s1", nodes: 1, requests: 300, perSecond: 50, now: 100.0 / 500, soFar: 300.0 / 1100, p95: 4031, history: []int64{50, 50, 50, 50, 50, 50, 0, 0}},
		{name: "s2", nodes: 1, requests: 800, perSecond: 200, now: 400.0 / 500, soFar: 800.0 / 1100, p95: 8063, history: slices.Repeat([]int64{100}, 8)},
		{name: "", nodes: 1, requests: 100, errors: 100, perSecond: 50, now: -1, soFar: -1, p95: 1007, history: []int64{0, 0, 0, 0, 0, 0, 50, 50}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(nodeNow{})); diff != "" || until != 4*time.Second {
		t.Errorf("until %v (-want +got):\n%s", until, diff)
	}
	requests, errors, shares := m.group(0)
	if want := []share{{"s1", 300.0 / 700}, {"s2", 400.0 / 700}}; requests != 800 || errors != 100 || !slices.Equal(shares, want) {
		t.Errorf("%d requests, %d errors, %v", requests, errors, shares)
	}
	if m.Requests() != 1200 {
		t.Errorf("total %d", m.Requests())
	}
}

// Before the first slot is complete there are counts, and nothing that is per second.
func TestNodesNowAtFirst(t *testing.T) {
	m := newTestModel("g", "h")
	m.Record(answered(1, "s1", 10*time.Millisecond, time.Millisecond, loadgen.OK))
	got, _ := m.nodesNow(runBegan.Add(20*time.Millisecond), 8)
	want := []nodeNow{{name: "s1", nodes: 1, requests: 1, now: -1, soFar: 1, p95: -1, history: []int64{}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(nodeNow{})); diff != "" {
		t.Error(diff)
	}
}

// Only the last minute is kept, whatever came before; a clock that was set back costs one slot.
func TestHistoryIsBounded(t *testing.T) {
	m := newTestModel("g", "h")
	for s := range 600 {
		m.Record(answered(1, "s1", time.Duration(s)*time.Second, time.Millisecond, loadgen.OK))
	}
	m.Record(answered(1, "s1", -time.Hour, time.Millisecond, loadgen.OK))
	now, _ := m.nodesNow(runBegan.Add(600*time.Second+lateness), 8)
	n := now[0]
	if len(n.history) != 120 || sum(n.history) != 59 || n.requests != 601 || n.perSecond != 1 {
		t.Errorf("%d slots, %d in them of %d, %v/s", len(n.history), sum(n.history), n.requests, n.perSecond)
	}
}

func TestRowsOfManyNodes(t *testing.T) {
	for nodes, want := range map[int][]string{2: {"s1", "s2"}, 9: {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"}, 12: {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9+4"}} {
		m := newTestModel("g", "h")
		for i := nodes; i > 0; i-- {
			m.Record(answered(1, fmt.Sprintf("s%d", i), time.Second, time.Millisecond, loadgen.OK))
		}
		m.Record(answered(1, "", time.Second, time.Millisecond, loadgen.KindRefused))
		now, _ := m.nodesNow(runBegan.Add(2*time.Second), 8)
		var got []string
		for _, n := range now {
			if n.nodes > 1 {
				n.name += fmt.Sprintf("+%d", n.nodes)
			}
			got = append(got, n.name)
		}
		if want := append(want, ""); !slices.Equal(got, want) {
			t.Errorf("%d nodes: %q, want %q", nodes, got, want)
		}
	}
}

// A plan that reads a session id where it means the node must not fill the memory.
func TestNodesAreBounded(t *testing.T) {
	m := newTestModel("g", "h")
	for i := range 1000 {
		m.Record(answered(1, fmt.Sprint("n", i), time.Second, time.Millisecond, loadgen.OK))
	}
	now, _ := m.nodesNow(runBegan, 1000)
	if last := now[len(now)-1]; len(now) != maxNodes+1 || last.name != otherNodes || last.requests != 900 {
		t.Errorf("%d rows, the last one %q with %d", len(now), last.name, last.requests)
	}
}

// The live 95th percentile is at most 1/32 above the exact one, and never below it.
func TestLatencies(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var h latencies
		var all []int64
		scale := int64(1) << random.IntN(32)
		for range 1 + random.IntN(300) {
			v := random.Int64N(scale)
			h.add(v)
			all = append(all, v)
		}
		slices.Sort(all)
		exact := all[max(1, int(float64(len(all))*0.95+0.5))-1]
		if got := h.p95(); got < exact || float64(got) > float64(exact)*(1+1.0/32) {
			t.Fatalf("p95 %d of exactly %d", got, exact)
		}
	}
	for _, v := range []int64{-1, 0, 1 << 32, 1 << 62} {
		new(latencies).add(v) // must not panic
	}
}

func TestPastEventsAreBounded(t *testing.T) {
	m := newTestModel("g", "h")
	for i := range 100 {
		m.Event(report.Event{AtMS: int64(i)})
	}
	if past, first := m.past(); len(past) != maxEvents || past[maxEvents-1].AtMS != 99 || first != 36 {
		t.Errorf("%d events", len(past))
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	m, meter := newTestModel("g", "h"), NewMeter()
	s := answered(1, "s1", time.Second, 1234*time.Microsecond, loadgen.OK)
	sinks := loadgen.Sinks{m, meter}
	sinks.Record(s)
	if n := testing.AllocsPerRun(1000, func() { sinks.Record(s); sinks.Flush() }); n != 0 {
		t.Errorf("%v allocations per sample", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	m := newTestModel("g", "h")
	samples := []*loadgen.Sample{
		answered(1, "s1", time.Second, 1234*time.Microsecond, loadgen.OK),
		answered(1, "s2", time.Second, 234*time.Microsecond, loadgen.OK),
	}
	for i := 0; b.Loop(); i++ {
		m.Record(samples[i&1])
	}
}

func BenchmarkNodesNow(b *testing.B) {
	m := newTestModel("g", "h")
	for i := range 100 {
		m.Record(answered(1, fmt.Sprint("n", i), time.Second, time.Millisecond, loadgen.OK))
	}
	for b.Loop() {
		m.nodesNow(runBegan.Add(time.Minute), 8)
	}
}
