package events

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

func TestRun(t *testing.T) {
	for _, tc := range []struct {
		name    string
		noLab   bool
		events  []plans.Event
		prepare func(*fakeAPI, *fakeNodes) // at the start
		during  func(*fakeAPI)             // in a goroutine of its own, from 100 ms on
		counted func(time.Duration) (iterations, samples int64)
		want    []string
	}{
		{
			name: "commands in the order of their times",
			events: []plans.Event{
				{At: 2 * time.Second, HAProxy: "set server nodes/s1 state ready"},
				{At: time.Second, HAProxy: "set server nodes/s1 state drain"},
				{At: time.Second, HAProxy: "set weight nodes/s2 300%"},
				{At: 2 * time.Second, Node: "s2", Weight: ptr(0)},
				{At: 2 * time.Second, HAProxy: "show info"},
			},
			want: []string{
				"1s set server nodes/s1 state drain [s1 drain] phase",
				"1s set weight nodes/s2 300% [s2] [s1:1 s2:3] phase",
				"2s set server nodes/s1 state ready [s1 ready] phase",
				"2s node s2: weight 0 [s2 drain] [s1:1 s2:0] phase",
				"2s show info",
			},
		},
		{
			name:   "a command that is answered late was done at some moment before",
			events: []plans.Event{{At: time.Second, Node: "s1", State: "maint"}},
			prepare: func(f *fakeAPI, _ *fakeNodes) {
				f.onSend = func(string) { time.Sleep(900 * time.Millisecond) }
			},
			want: []string{"1s…1.9s node s1: maint [s1 maint] phase"},
		},
		{
			name: "after iterations and samples",
			events: []plans.Event{
				{AfterSamples: 200, Node: "s1", State: "maint"},
				{AfterIterations: 50, Node: "s2", State: "drain"},
			},
			counted: func(now time.Duration) (int64, int64) {
				return int64(now / (20 * time.Millisecond)), int64(now / (10 * time.Millisecond))
			},
			want: []string{
				"1s node s2: drain [s2 drain] phase",
				"2s node s1: maint [s1 maint] phase",
			},
		},
		{
			name: "ready from maint is up when a check has said so",
			events: []plans.Event{
				{At: time.Second, HAProxy: "disable server nodes/s1"},
				{At: 2 * time.Second, HAProxy: "enable server nodes/s1"},
			},
			during: func(f *fakeAPI) {
				time.Sleep(1500 * time.Millisecond)
				f.with(func() { f.status["s1"] = "UP 1/3" })
				time.Sleep(1600 * time.Millisecond) // 3.2 s
				f.with(func() { f.status["s1"] = "" })
			},
			want: []string{
				"1s disable server nodes/s1 [s1 maint] phase",
				"2s enable server nodes/s1 [s1 ready] phase",
				"3s…3.5s s1 UP [s1 up]",
			},
		},
		{
			name:   "health, with the reason",
			events: []plans.Event{{At: 1400 * time.Millisecond, HAProxy: "show info"}},
			during: func(f *fakeAPI) {
				f.with(func() { f.reason["s1"] = "L7TOUT" })
				time.Sleep(time.Second) // 1.1 s: before the event, and told before it
				f.change("s1", func(s *haproxy.ServerState) { s.Op = haproxy.OpStopped })
				time.Sleep(2 * time.Second)
				f.with(func() { f.reason["s1"] = "L7OK" })
				f.change("s1", func(s *haproxy.ServerState) { s.Op = haproxy.OpRunning })
			},
			want: []string{
				"1s…1.4s s1 DOWN: L7TOUT [s1 down]",
				"1.4s show info",
				"2.9s…3.4s s1 UP: L7OK [s1 up]",
			},
		},
		{
			name: "somebody else at the balancer",
			during: func(f *fakeAPI) {
				f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetState, Value: haproxy.Drain})
				f.set(haproxy.Setting{Backend: "nodes", Server: "s2", What: haproxy.SetWeight, Value: "0"})
				time.Sleep(time.Second)
				f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetState, Value: haproxy.Ready})
				f.set(haproxy.Setting{Backend: "nodes", Server: "s2", What: haproxy.SetWeight, Value: "7"})
			},
			want: []string{
				"0s…500ms s1 drain [s1 drain]",
				"0s…500ms s2 drain, weight 0 [s2 drain] [s1:1 s2:0]",
				"1s…1.5s s1 ready [s1 ready]",
				"1s…1.5s s2 ready, weight 7 [s2 ready] [s1:1 s2:7]",
			},
		},
		{
			name:   "a server that comes and goes",
			events: []plans.Event{{At: time.Hour, HAProxy: "show info"}},
			during: func(f *fakeAPI) {
				f.with(func() {
					f.servers = append(f.servers, haproxy.ServerState{Backend: "nodes", Name: "s3", Op: haproxy.OpRunning, Weight: 2})
				})
				time.Sleep(time.Second)
				f.with(func() { f.servers = f.servers[1:] })
			},
			want: []string{
				"0s…500ms s3 is a new server: ready [s3 ready] [s1:1 s2:1 s3:2]",
				"1s…1.5s s1 is not a server any more [s1 down] [s2:1 s3:2]",
			},
		},
		{
			name:  "a delay counts from its response and holds up only its node",
			noLab: true,
			events: []plans.Event{
				{At: time.Second, Node: "s1", Delay: ptr(2500 * time.Millisecond)},
				{At: 1100 * time.Millisecond, Node: "s1", Delay: ptr(time.Duration(0))},
				{At: 1200 * time.Millisecond, Node: "s2", Delay: ptr(250 * time.Millisecond)},
				{At: 1300 * time.Millisecond, Node: "s2", State: "drain"},
			},
			prepare: func(_ *fakeAPI, n *fakeNodes) {
				n.slow = map[string]time.Duration{"s1": 900 * time.Millisecond}
			},
			want: []string{
				"1.2s node s2: delay 250ms [s2] phase",
				"1.3s node s2: drain [s2 drain] phase",
				"1.9s node s1: delay 2.5s [s1] phase",
				"2.8s node s1: delay 0s [s1] phase",
			},
		},
		{
			// A request would wait behind those of users: a delay set at 30 s took effect at 54 s.
			name:   "a node of the laboratory takes its delay at once",
			events: []plans.Event{{At: time.Second, Node: "s1", Delay: ptr(time.Second)}},
			prepare: func(_ *fakeAPI, n *fakeNodes) {
				n.slow = map[string]time.Duration{"s1": time.Minute}
			},
			want: []string{"1s node s1: delay 1s [s1] phase"},
		},
		{
			name:   "a request counts from its sending, and the end of the run cuts it",
			events: []plans.Event{{At: 1100 * time.Millisecond, HTTP: &plans.EventRequest{Method: "POST", URL: "http://slow/"}}, {At: 3 * time.Second, HTTP: &plans.EventRequest{Method: "GET", URL: "http://slow/"}}},
			prepare: func(_ *fakeAPI, n *fakeNodes) {
				n.slow = map[string]time.Duration{"slow": 1500 * time.Millisecond}
			},
			want: []string{
				"1.1s POST http://slow/ phase",
				"3s GET http://slow/ FAILED: cut by the end of the run: it may have been done",
			},
		},
		{
			name: "refused, and may be",
			events: []plans.Event{
				{At: time.Second, HAProxy: "set server nodes/s1 state drain", MayFail: true},
				{At: time.Second, HTTP: &plans.EventRequest{Method: "PUT", URL: "http://s1/x"}, MayFail: true},
			},
			prepare: func(f *fakeAPI, n *fakeNodes) {
				f.refuse["set server nodes/s1 state drain"] = errNo
				n.status = http.StatusTeapot
			},
			want: []string{
				"1s set server nodes/s1 state drain FAILED: No.",
				"1s PUT http://s1/x FAILED: PUT http://s1/x: 418 I'm a teapot said",
			},
		},
		{
			name: "nodes of the laboratory",
			events: []plans.Event{
				{At: time.Second, Node: "s1", Stopped: ptr(true)},
				{At: 2 * time.Second, Node: "s1", Stopped: ptr(false)}, // before a check has seen it
				{At: 2 * time.Second, HAProxy: "set server nodes/s2 health down"},
				{At: 2 * time.Second, Node: "s2", Stopped: ptr(false)},
				{At: 3 * time.Second, HAProxy: "set server nodes/s2 health up"},
			},
			want: []string{
				"1s node s1: stopped [s1 down] phase",
				"2s node s1: started [s1 up] phase",
				"2s set server nodes/s2 health down [s2 down] phase",
				"2s node s2: started [s2] phase",
				"3s set server nodes/s2 health up [s2 up] phase",
			},
		},
		{
			name: "a lost Runtime API is told once",
			during: func(f *fakeAPI) {
				time.Sleep(800 * time.Millisecond)
				f.with(func() { f.down = &haproxy.CommandError{Kind: haproxy.ErrUnreachable, Text: "connection refused"} })
				f.change("s1", func(s *haproxy.ServerState) { s.Op = haproxy.OpStopped })
				time.Sleep(2300 * time.Millisecond) // 3.2 s; down since 0.9 s
				f.with(func() { f.down = nil })
			},
			want: []string{
				`500ms…1s the Runtime API does not respond: changes of the servers are not seen FAILED: : "": connection refused (is HAProxy running, with this address on a ` + "`stats socket`" + ` line of its configuration?)`,
				"500ms…1.5s s1 DOWN [s1 down]",
				"3.5s the Runtime API responds again",
			},
		},
		{
			name:   "a Runtime API that hangs holds up no event",
			events: []plans.Event{{At: 1700 * time.Millisecond, Node: "s1", Delay: ptr(time.Duration(0))}, {At: 2 * time.Second, Node: "s1", Delay: ptr(time.Second)}},
			during: func(f *fakeAPI) {
				time.Sleep(time.Second)
				f.with(func() { f.hang = time.Hour })
			},
			want: []string{
				"1.8s node s1: delay 0s [s1] phase",
				"2.1s node s1: delay 1s [s1] phase",
				`2.1s…4.7s the Runtime API does not respond: changes of the servers are not seen FAILED: : "": interrupted`,
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, nodes := newFake("s1", "s2"), &fakeNodes{}
				target := Target{NodeURL: nodeURL, Lab: &fakeLab{}, Client: &http.Client{Transport: nodes}}
				if tc.noLab {
					target.Lab = nil
				}
				d := drive(t, target, f, tc.events...)
				if tc.prepare != nil {
					tc.prepare(f, nodes)
				}
				start := time.Now()
				progress := func() (int64, int64) { return tc.counted(time.Since(start)) }
				if tc.counted == nil {
					progress = nil
				}
				if tc.during != nil {
					go func() { time.Sleep(100 * time.Millisecond); tc.during(f) }()
				}
				got, err := record(t, d, 4200*time.Millisecond, progress)
				if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
					t.Errorf("error %v; (-want +got)\n%s", err, diff)
				}
				if f.most > 1 {
					t.Errorf("%d commands at the same time", f.most)
				}
				if f.polls < 4 || f.polls > 40 {
					t.Errorf("%d polls in 4.2 s", f.polls)
				}
			})
		})
	}
}

// An event that is refused ends the run at once: the figures would be those of another experiment.
func TestRunRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, nodes := newFake("s1"), &fakeNodes{slow: map[string]time.Duration{"s1": time.Minute}}
		f.refuse["set server nodes/s1 weight 2"] = errNo
		d := drive(t, Target{NodeURL: nodeURL, Client: &http.Client{Transport: nodes}}, f,
			plans.Event{Node: "s1", Delay: ptr(time.Second)},
			plans.Event{At: time.Second, Node: "s1", Weight: ptr(2)},
			plans.Event{At: 2 * time.Second, Node: "s1", State: "drain"})
		got, err := record(t, d, time.Minute, nil)
		want := []string{
			"1s node s1: weight 2 [s1] FAILED: No.",
			"1s node s1: delay 1s [s1] FAILED: cut by the end of the run: it may have been done",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Event.Node != "s1" || !errors.Is(err, haproxy.ErrRefused) {
			t.Fatalf("%#v", err)
		}
		if want := `event weight s1 2 (node s1: weight 2), at 1s: tcp://x: "c": No`; err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
		if left := d.Undone(); len(left) != 1 || left[0].State != "drain" {
			t.Errorf("undone: %+v", left)
		}
	})
}

// A poll that hangs is not queued, and a cancelled run does not wait for it.
func TestRunEndsWhileTheAPIHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("s1")
		d := drive(t, Target{}, f, plans.Event{At: time.Second, HAProxy: "set server nodes/s1 state drain"})
		f.hang = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		var got []string
		if err := d.Run(ctx, start, nil, func(h report.Event) { got = append(got, line(h)) }); err != nil {
			t.Error(err)
		}
		want := []string{
			"1.1s…1.5s set server nodes/s1 state drain FAILED: cut by the end of the run: it may have been done",
			`1.1s…2s the Runtime API does not respond: changes of the servers are not seen FAILED: : "": interrupted`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if took := time.Since(start); took > 1500*time.Millisecond+pollAtEnd {
			t.Errorf("returned after %s", took)
		}
	})
}

func TestRunWithoutRuntimeAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := &fakeLab{}
		d := drive(t, Target{Lab: lab}, nil,
			plans.Event{At: time.Second, Node: "s1", Delay: ptr(time.Second)},
			plans.Event{At: time.Second, Node: "s1", Stopped: ptr(false), Name: "again"})
		got, err := record(t, d, 2*time.Hour, nil)
		want := []string{"1s node s1: delay 1s [s1] phase", "1s node s1: started [s1 up] phase"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v\n%s", err, diff)
		}
		if diff := cmp.Diff([]string{"delay s1 1s", "start s1"}, lab.did); diff != "" {
			t.Error(diff)
		}
		if s := d.Snapshot(); s.Servers != nil || s.Algorithm != "" {
			t.Errorf("%+v", s)
		}
	})
}

// A run that was over before the first poll had a response counted from there on, so that nothing was known of what
// the algorithm had placed.
func TestPlacedAllInARunShorterThanAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("s1", "s2")
		f.served = 1000 // in days before
		d, err := newDriver(Target{Backend: "nodes"}, f, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.with(func() { f.hang, f.served = 100*time.Millisecond, 1050 })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := d.Run(ctx, time.Now(), nil, nil); err != nil || !d.PlacedAll() {
			t.Errorf("%v, placed all: %v", err, d.PlacedAll())
		}
	})
}
