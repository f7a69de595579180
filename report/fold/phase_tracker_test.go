package fold

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/assert"
	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

// requests makes a course of requests, such as "1@1200:s1 2.3@1250+500:s2 1@1300:-": user 1 begins a request 1200 ms after
// the start of the run, and s1 answers; user 2, in the third life of its jar, one that takes 500 ms
// instead of 1; and one that fails. "1@1200:?" is a response that says nothing. Nodes have sessions of their own,
// which a user loses by a move.
func requests(t *testing.T, script string) (samples []*loadgen.Sample) {
	t.Helper()
	counters := map[string]int64{}
	at := map[string]string{}
	for _, word := range strings.Fields(script) {
		who, rest, _ := strings.Cut(word, "@")
		when, node, _ := strings.Cut(rest, ":")
		start, took, long := strings.Cut(when, "+")
		user, life, lives := strings.Cut(who, ".")
		if !long {
			took = "1"
		}
		if !lives {
			life = "1"
		}
		s := &loadgen.Sample{
			User: number(t, user), Life: number(t, life), Label: "GET /", Status: 200, Fine: true,
			Start: sampletest.Epoch + 1000*int64(number(t, start)), Elapsed: time.Duration(number(t, took)) * time.Millisecond,
		}
		switch node {
		case "-":
			s.Status, s.Kind = 503, loadgen.KindStatus
		case "?":
		default:
			if at[who] != node {
				at[who] = node
				counters[who] = 0
			}
			counters[who]++
			s.Node, s.Session = node, who+node+fmt.Sprint(len(samples)*int(1/counters[who]))
			if counters[who] > 1 {
				s.Session = lastSession(samples, s.User)
			}
			s.Counter, s.HasCounter = counters[who], true
		}
		samples = append(samples, s)
	}
	return samples
}

// lastSession is the session that the user's last response named.
func lastSession(samples []*loadgen.Sample, user int) string {
	for i := len(samples) - 1; i >= 0; i-- {
		if samples[i].User == user && samples[i].Session != "" {
			return samples[i].Session
		}
	}
	return ""
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// happened makes events of lines such as "1000 s1 drain", "1000..1500 s1 down" (observed),
// "1000 weights s1=2 s2=1" and "1000 phase slow"; those of the first two kinds begin phases, unless observed.
func happened(t *testing.T, script string) (events []report.Event) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		from, until, observed := strings.Cut(f[0], "..")
		e := report.Event{AtMS: int64(number(t, from)), OK: true, Observed: observed, Phase: !observed, Text: strings.Join(f[1:], " ")}
		if observed {
			e.LatestMS = int64(number(t, until))
		}
		switch f[1] {
		case "phase":
			e.Name = f[2]
		case "weights":
			e.Weights = map[string]int{}
			for _, w := range f[2:] {
				node, weight, _ := strings.Cut(w, "=")
				e.Weights[node] = number(t, weight)
			}
			e.Name = "weights"
		default:
			e.Node, e.State, e.Name = f[1], f[2], f[2]+" "+f[1]
		}
		events = append(events, e)
	}
	return events
}

// during folds samples with events told beforehand.
func during(samples []*loadgen.Sample, events []report.Event, run report.Run) *report.Results {
	b := NewBuilder()
	b.Begin(time.UnixMicro(sampletest.Epoch))
	for _, e := range events {
		b.Event(e)
	}
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(run)
}

// truth is a truth as a text.
func truth(r assert.Figures, name, node string) string {
	holds, seen, err := r.Truth(name, node)
	switch {
	case err != nil:
		return err.Error()
	case holds:
		return "yes"
	}
	return seen
}

func TestExcuses(t *testing.T) {
	for _, test := range []struct {
		name, events, requests         string
		moves, excused, lost, lostLeft int64
	}{
		{"no event", "", "1@100:s1 1@200:s2", 1, 0, 1, 1},
		{"maint", "1000 s1 maint", "1@900:s1 1@1100:s2 1@1200:s2", 1, 1, 1, 0},
		{"drain excuses nothing", "1000 s1 drain", "1@900:s1 1@1100:s2", 1, 0, 1, 1},
		{"before maint", "1000 s1 maint", "1@900:s1 1@950:s2", 1, 0, 1, 1},
		{"on its way when maint came", "1000 s1 maint", "1@900:s1 1@950+200:s2", 1, 1, 1, 0},
		{"away from the other node", "1000 s2 maint", "1@900:s1 1@1100:s2", 1, 0, 1, 1},
		{"just after it came back", "1000 s1 maint\n2000 s1 ready", "1@900:s1 1@2249:s2", 1, 1, 1, 0},
		{"later than that, and it had answered", "1000 s1 maint\n2000 s1 ready", "1@900:s1 1@2251:s1 1@2300:s2", 1, 0, 1, 1},
		{"seen only when it was back", "1000 s1 maint\n2000 s1 ready", "1@900:s1 1@1500:? 1@9000:s2", 1, 1, 1, 0},
		{"seen only when it was back, and idle meanwhile", "1000 s1 maint\n2000 s1 ready", "1@900:s1 1@9000:s2", 1, 1, 1, 0},
		{"away only while it answered", "1000 s1 maint\n1100 s1 ready", "1@900+500:s1 1@1500:s2", 1, 0, 1, 1},
		{"back at some moment that is not known", "1000 s1 maint\n2000..2900 s1 ready", "1@900:s1 1@2050:s1 1@3100:s2", 1, 1, 1, 0},
		{"back again", "1000 s1 maint\n2000 s1 ready", "1@900:s1 1@1100:s2 1@3000:s1", 2, 1, 2, 1},
		{"down, noticed late", "5000..5600 s1 down", "1@900:s1 1@3100:s2", 1, 1, 1, 0},
		{"long before it was down", "5000..5600 s1 down", "1@900:s1 1@2900:s2", 1, 0, 1, 1},
		{"maint after down", "1000..1400 s1 down\n2000 s1 maint\n3000 s1 drain\n4000 s1 maint", "1@900:s1 1@2500:s2 2@900:s1 2@3300:s1 2@3500:s2 3@900:s1 3@4100:s2", 3, 2, 3, 1},
		{"refused", "", "1@900:s1 1@1100:s2", 1, 0, 1, 1},
		{"restarted between two responses", "1000 s1 down\n2000 s1 up", "1@900:s1 1@2500:s1", 0, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := during(requests(t, test.requests), happened(t, test.events), report.Run{}).Affinity
			got := []int64{a.Moves, a.Excused, a.Unexcused, a.Lost, a.LostUnexcused}
			if diff := cmp.Diff([]int64{test.moves, test.excused, test.moves - test.excused, test.lost, test.lostLeft}, got); diff != "" {
				t.Errorf("moves, excused, unexcused, lost, lost without excuse (-want +got):\n%s", diff)
			}
		})
	}
}

// A past defect: a session that was placed before the drain, by a response that named no node, counted as a decision of
// the drain.
func TestPlacedBeforeItIsNamed(t *testing.T) {
	r := during(requests(t, "1@900:? 1@1500:s1"), happened(t, "1000 s1 drain"), report.Run{})
	for phase, want := range map[string]float64{"start": 1, "drain s1": 0} {
		p, err := r.During(phase)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := p.NodeFigure("decisions", "s1"); err != nil || n != want {
			t.Errorf("%s: %g decisions (%v), want %g", phase, n, err, want)
		}
	}
}

// A node that was restarted has forgotten its sessions; maintenance does not make it forget.
func TestExcusedReset(t *testing.T) {
	for state, want := range map[string]int64{"down": 0, "maint": 1, "drain": 1} {
		samples := requests(t, "1@900:s1 1@2500:s1 1@2600:s1")
		for _, s := range samples[1:] {
			s.Session, s.Counter = "another", s.Counter-1
		}
		a := during(samples, happened(t, "1000 s1 "+state+"\n2000 s1 up"), report.Run{}).Affinity
		if a.Lost != 1 || a.LostUnexcused != want || a.Moves != 0 {
			t.Errorf("%s: %+v", state, a)
		}
	}
}

func TestConduct(t *testing.T) {
	const drain, maint = "1000 s1 drain", "1000 s1 maint\n3000 s1 ready"
	for _, test := range []struct {
		name, events, requests string
		drained, left          string
		returned               float64
	}{
		{"no event", "", "1@100:s1", "s1 never was in drain", "s1 never was in maint or down", 0},
		{"drained", drain, "1@900:s1 1@1500:s1 2@1500:s2 1@1600:s1", "yes", "s1 never was in maint or down", 0},
		{"a session left", drain, "1@900:s1 1@1500:s2", "1 session moved away", "s1 never was in maint or down", 0},
		{"a session came", drain, "1@900:s1 2@1500:s1 3@1600:s1", "2 sessions came to it", "s1 never was in maint or down", 0},
		{"one came as the command was under way", drain, "1@900:s1 2@1200:s1", "yes", "s1 never was in maint or down", 0},
		{"one that had come named it later", drain, "1@900:s1 2@950:? 2@1500:s1", "yes", "s1 never was in maint or down", 0},
		{"one came whose first request had failed", drain, "1@900:s1 2@950:- 2@1500:s1", "1 session came to it", "s1 never was in maint or down", 0},
		{"one moved to it", drain, "1@900:s2 1@1500:s1", "1 session came to it", "s1 never was in maint or down", 0},
		{"after the drain all may go", drain + "\n2000 s1 maint", "1@900:s1 1@1500:s1 1@2500:s2", "yes", "yes", 0},
		{"left", maint, "1@900:s1 1@1500:s2 1@1600:s2 1@3500:s2", "s1 never was in drain", "yes", 0},
		{"finished what was on its way", maint, "1@900+800:s1 1@1800:s2", "s1 never was in drain", "yes", 0},
		{"went on answering", maint, "1@900:s1 1@1500:s1 1@1600:s1", "s1 never was in drain", "2 requests were answered by it", 0},
		{"moved twice", maint, "1@900:s1 1@1500:s2 1@1600:s3", "s1 never was in drain", "1 session moved more than once", 0},
		{"excused twice", maint + "\n1550 s2 maint", "1@900:s1 1@1500:s2 1@1600:s3", "s1 never was in drain", "yes", 0},
		{"moved back when it was ready", maint, "1@900:s1 1@1500:s2 1@3500:s1", "s1 never was in drain", "yes", 1},
		{"another session came when it was ready", maint, "1@900:s1 1@1500:s2 2@3500:s1", "s1 never was in drain", "yes", 0},
		{"down: answered until it was seen", "1000..2000 s1 down", "1@900:s1 1@1900:s1 1@2200:s1 1@2300:s2", "s1 never was in drain", "yes", 0},
		{"down: answered afterwards", "1000..2000 s1 down", "1@900:s1 1@2300:s1", "s1 never was in drain", "1 request was answered by it", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := during(requests(t, test.requests), happened(t, test.events), report.Run{})
			returned, err := r.NodeFigure("returned", "s1")
			if err != nil {
				t.Fatal(err)
			}
			if drained, left := truth(r, "drained", "s1"), truth(r, "left", "s1"); drained != test.drained || left != test.left || returned != test.returned {
				t.Errorf("drained: %s, left: %s, returned: %g; want %s, %s, %g", drained, left, returned, test.drained, test.left, test.returned)
			}
		})
	}
}

// What was refused changes nothing.
func TestRefusedEvent(t *testing.T) {
	r := during(requests(t, "1@900:s1 1@1100:s2"), []report.Event{{AtMS: 1000, Text: "x", Phase: true, Node: "s1", State: "maint"}}, report.Run{})
	if len(r.Phases) != 0 || r.Affinity.Excused != 0 || len(r.States) != 0 || len(r.Events) != 1 {
		t.Errorf("%+v", r)
	}
}

// Events that come after many samples count from the first one that was not folded, and a recording with
// them says the same.
func TestLateEvent(t *testing.T) {
	var script strings.Builder
	for i := range 100 {
		fmt.Fprintf(&script, "1@%d:s1 ", i*100)
	}
	samples := requests(t, script.String())
	b := NewBuilder()
	b.phases.most = 10
	b.Begin(time.UnixMicro(sampletest.Epoch))
	for _, s := range samples {
		b.Add(s)
	}
	slow := b.Event(report.Event{AtMS: 5000, OK: true, Name: "slow", Phase: true})
	if slow.FromMS != 8902 {
		t.Errorf("counts from %d", slow.FromMS)
	}
	down := b.Event(report.Event{AtMS: 9950, OK: true, Name: "s1 down", Observed: true, Node: "s1", State: "down"})
	if down.FromMS != 10902 {
		t.Errorf("counts from %d", down.FromMS)
	}
	got := b.Freeze(report.Run{})
	if got.Phases[1].Requests != 10 || got.Phases[1].FromMS != 8902 {
		t.Errorf("%+v", got.Phases)
	}
	if diff := cmp.Diff(during(samples, []report.Event{slow, down}, report.Run{}), got); diff != "" {
		t.Errorf("(-replayed +live):\n%s", diff)
	}
}

func TestManyTurns(t *testing.T) {
	var events []report.Event
	for i := range maxTurns + 10 {
		events = append(events, report.Event{AtMS: int64(i), OK: true, Observed: true, Node: "s1", State: []string{"down", "up"}[i%2], Text: "x"})
	}
	r := during(requests(t, "1@900:s1 1@1100:s1"), events, report.Run{})
	if len(r.States) != maxTurns || len(r.Events) != maxTurns+10 {
		t.Errorf("%d states, %d events", len(r.States), len(r.Events))
	}
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "divides nothing") {
		t.Errorf("%q", r.Warnings)
	}
}
