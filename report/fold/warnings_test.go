package fold

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stickbench/assert"
	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
)

func TestWarnings(t *testing.T) {
	long := func(samples []*loadgen.Sample) []*loadgen.Sample { // spread over ten seconds
		for i, s := range samples {
			s.Start = int64(i) * 10_000_000 / int64(len(samples))
			s.Elapsed = 200_000_000
		}
		return samples
	}
	crowd := func(users int, script string) (all []*loadgen.Sample) {
		for i := range users {
			all = append(all, sampletest.Responses(i+1, script)...)
		}
		return long(all)
	}
	threads := crowd(2, "s1:1:a s1:2:a")
	for i, s := range threads {
		s.User, s.Thread = 0, fmt.Sprintf("Thread Group 1-%d", i/2+1)
	}
	anonymous := func(samples []*loadgen.Sample, each int) []*loadgen.Sample {
		for i, s := range samples {
			if i%each == 0 {
				s.Node = ""
			}
		}
		return samples
	}
	for _, test := range []struct {
		name    string
		samples []*loadgen.Sample
		run     report.Run
		want    []string // one phrase of each warning
	}{
		{"nothing", nil, report.Run{NodeSource: "json:tag"}, nil},
		{"all well", crowd(2, "s1:1:a s1:2:a s1:3:a"), report.Run{NodeSource: "json:tag"}, nil},
		{"of the caller", crowd(2, "s1:1:a s1:2:a s1:3:a"), report.Run{Warnings: []string{"the clock jumped"}}, []string{"the clock jumped"}},
		{"short", sampletest.Responses(1, "s1:1:a s1:2:a"), report.Run{}, []string{"All samples lie within 0 ms"}},
		{"the clock was set back", []*loadgen.Sample{{Elapsed: -5 * time.Millisecond}}, report.Run{}, []string{"The end of 1 sample lies before its start", "All samples lie within 0 ms"}},
		{"no node at all", anonymous(crowd(1, "s1 s1 s1"), 1), report.Run{NodeSource: "json:tag"}, []string{"None of 3 responses named its node"}},
		{"no node, none wanted", anonymous(crowd(1, "s1 s1 s1"), 1), report.Run{}, nil},
		{"some without node", anonymous(crowd(1, "s1 s1 s1 s1"), 2), report.Run{}, []string{"50.0% of the responses (2 of 4) did not name"}},
		{"failures need no node", crowd(1, "s1 - - s1"), report.Run{}, nil},
		{"a crowd on one node", crowd(8, "s1:1:a s1:2:a"), report.Run{}, []string{"All 8 sessions met s1: if there are more nodes"}},
		{"a crowd on one of two", crowd(8, "s1:1:a s1:2:a"), report.Run{Weights: map[string]float64{"s1": 1, "s2": 1}}, []string{"All 8 sessions met s1 although s1, s2 are expected"}},
		{"the other has weight 0", crowd(8, "s1:1:a s1:2:a"), report.Run{Weights: map[string]float64{"s1": 1, "s2": 0}}, nil},
		{"two users may meet on one node", crowd(2, "s1:1:a s1:2:a"), report.Run{Weights: map[string]float64{"s1": 1, "s2": 1}}, nil},
		{"jumps", crowd(2, "s1:1:a s1:3:a"), report.Run{}, []string{"went up by more than one in 2 transitions"}},
		{"threads", threads, report.Run{}, []string{"does not tell users and cookie jars apart"}},
		{"recording cut short", crowd(1, "s1:1:a s1:2:a"), report.Run{Requests: &report.Requests{Started: 5, OK: 5}}, []string{"finished 5 requests, but only 2"}},
		{"cut", crowd(1, "s1:1:a s1:2:a"), report.Run{Requests: &report.Requests{Started: 3, OK: 2, Cut: 1}}, []string{"cut with 1 request in flight"}},
		{"unaccounted", crowd(1, "s1:1:a s1:2:a"), report.Run{Requests: &report.Requests{Started: 4, OK: 2, Cut: 1}}, []string{"but 3 were accounted for"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := fold(test.samples, test.run).Warnings
			if len(got) != len(test.want) {
				t.Fatalf("warnings %q, want %q", got, test.want)
			}
			for i, phrase := range test.want {
				if !strings.Contains(got[i], phrase) {
					t.Errorf("%q does not say %q", got[i], phrase)
				}
			}
		})
	}
}

// An event shows when it was planned, and one that was late says so: its phase is not the one that was meant.
func TestLateEvents(t *testing.T) {
	planned := []int64{1000, 0, 2000}
	events := []report.Event{
		{AtMS: 1250, PlannedMS: &planned[0], Name: "in time", OK: true},
		{AtMS: 1251, PlannedMS: &planned[1], Name: "drain s1", Text: "set server nodes/s1 state drain", OK: true},
		{AtMS: 2500, PlannedMS: &planned[2], Text: "show info"},
		{AtMS: 9000, Name: "after samples", OK: true},
	}
	got := report.EventWarnings(&report.Results{Events: events}, report.Run{})
	if want := "Events took effect more than 250 ms later than planned: drain s1 (planned at 0 ms, at 1.25 s), show info (planned at 2.00 s, at 2.50 s)."; len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEventWarnings(t *testing.T) {
	var script strings.Builder
	for i := range 300 {
		fmt.Fprintf(&script, "%d@%d:s%d ", i%2+1, i*10, i%2+1)
	}
	samples := requests(t, script.String())
	weights := map[string]float64{"s1": 1, "s2": 1, "s3": 1}
	for _, test := range []struct {
		name, events string
		want         []string
	}{
		{"nothing happened", "", nil},
		{"two long phases", "1500 phase slow", nil},
		{"a short one", "2900 phase slow", []string{"A phase had fewer than 20 requests, so that its p95 is the slowest of them: slow (10 requests)."}},
		{"one long enough", "2800 phase slow", nil},
		{"one without any", "1501 phase slow\n1505 phase slower", nil},
		{"many short ones", "100 phase a\n200 phase b\n300 phase c\n400 phase d", []string{"slowest of them: start (10 requests), a (10 requests), b (10 requests), and 1 more."}},
		{"down by itself", "1400..1500 s1 down: refused\n1600..1700 s1 up\n1800..1900 s1 down", []string{"s1 went down by itself at 1.40 s: s1 down: refused, and 1 time more after that."}},
		{"a stranger", "1500 s9 drain", []string{"s9, which events are about, never answered: if responses call it otherwise (s1, s2 answered)"}},
		{"known and out", "1500 s3 drain", nil},
		{"known and ready, but silent", "1500 s3 ready", []string{"s3, which events are about, never answered"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			events := happened(t, test.events)
			for i := range events {
				events[i].State = strings.TrimSuffix(events[i].State, ":")
			}
			got := during(samples, events, report.Run{Weights: weights}).Warnings
			if len(got) != len(test.want) {
				t.Fatalf("warnings %q, want %q", got, test.want)
			}
			for i, phrase := range test.want {
				if !strings.Contains(got[i], phrase) {
					t.Errorf("%q does not say %q", got[i], phrase)
				}
			}
		})
	}
}

// A run that met the limits of its own machine says nothing of its target, whatever the expectations say.
func TestOwnLimits(t *testing.T) {
	e, err := assert.Known{}.CompileExpectation("samples > 0")
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[loadgen.Kind]string{loadgen.KindLocal: report.NotTrustworthy, loadgen.KindRefused: "pass"} {
		b := NewBuilder()
		b.Add(&loadgen.Sample{Label: "GET /", Thread: "g 1-1", User: 1, Kind: kind, Failure: "too many open files"})
		r := b.Freeze(report.Run{Expectations: []*assert.Expectation{e}})
		told := strings.Contains(strings.Join(r.Warnings, "\n"), "1 request failed at limits of this machine")
		if r.Verdict != want || told != (want == report.NotTrustworthy) || !r.Expectations[0].OK {
			t.Errorf("%s: %s, warnings %q", kind, r.Verdict, r.Warnings)
		}
	}
}
