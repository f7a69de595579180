package events

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/haproxy"
	"stickbench/plans"
	"stickbench/report"
)

// untimed are events as lines, without their times.
func untimed(happened []report.Event) []string {
	var lines []string
	for _, h := range happened {
		_, text, _ := strings.Cut(line(h), " ")
		lines = append(lines, text)
	}
	return lines
}

func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, lab, nodes := newFake("s1", "s2", "s3"), &fakeLab{}, &fakeNodes{}
		f.set(haproxy.Setting{Backend: "nodes", Server: "s3", What: haproxy.SetState, Value: haproxy.Drain})
		f.set(haproxy.Setting{Backend: "nodes", Server: "s2", What: haproxy.SetWeight, Value: "5"})
		f.servers = append(f.servers, haproxy.ServerState{Backend: "other", Name: "a", Op: haproxy.OpRunning, Weight: 1, InitialWeight: 1})
		target := Target{NodeURL: nodeURL, Lab: lab, Client: &http.Client{Transport: nodes}, Borrowed: true,
			Delays: map[string]time.Duration{"s2": 250 * time.Millisecond}}
		d := drive(t, target, f,
			plans.Event{Node: "s1", State: haproxy.Maint},
			plans.Event{Node: "s2", Weight: ptr(0)},
			plans.Event{HAProxy: "set server nodes/s3 health down"},
			plans.Event{HAProxy: "enable server nodes/s3"},
			plans.Event{HAProxy: "set weight other/a 9"},
			plans.Event{Node: "s1", Stopped: ptr(true)},
			plans.Event{Node: "s2", Stopped: ptr(false)},
			plans.Event{Node: "s3", Stopped: ptr(true)},
			plans.Event{Node: "s3", Stopped: ptr(false)},
			plans.Event{Node: "s2", Delay: ptr(2 * time.Second)},
			plans.Event{Node: "s3", Delay: ptr(time.Second)},
			plans.Event{At: time.Millisecond, Node: "s1", Delay: ptr(time.Duration(0))}, // nothing to put back
			plans.Event{At: time.Second, HAProxy: "set maxconn server nodes/s1 7"},
			plans.Event{At: time.Second, HAProxy: "shutdown sessions server nodes/s1"},
		)
		if _, err := record(t, d, 2*time.Second, nil); err != nil {
			t.Fatal(err)
		}
		// Somebody else's doing stays.
		f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetWeight, Value: "8"})
		lab.did, nodes.did, f.sent = nil, nil, nil

		done, err := d.Restore(t.Context())
		want := []string{
			"node s1: started [s1]",
			"node s2: stopped [s2 down]",
			"set server nodes/s1 state ready [s1 ready]",
			"set server nodes/s2 weight 5 [s2 ready] [s1:8 s2:5 s3:1]",
			"set server nodes/s3 state drain [s3 down]",
			"set server nodes/s3 health up [s3 drain]",
			"set server other/a weight 1",
			"node s2: delay 250ms [s2]",
			"node s3: delay 0s [s3]",
		}
		if diff := cmp.Diff(want, untimed(done)); diff != "" {
			t.Error(diff)
		}
		if err == nil || err.Error() != `what "set maxconn server nodes/s1 7" has changed is not put back: do it by hand` {
			t.Errorf("%v", err)
		}
		slices.Sort(lab.did)
		if diff := cmp.Diff([]string{"delay s2 250ms", "delay s3 0s", "start s1", "stop s2"}, lab.did); diff != "" || nodes.did != nil {
			t.Errorf("%s, requests %q", diff, nodes.did)
		}
		if again, err := d.Restore(t.Context()); again != nil || err != nil {
			t.Errorf("a second time: %+v, %v", again, err)
		}
	})
}

func TestRestoreOfItsOwnBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("s1")
		d := drive(t, Target{}, f, plans.Event{Node: "s1", State: haproxy.Maint})
		if _, err := record(t, d, time.Second, nil); err != nil {
			t.Fatal(err)
		}
		if done, err := d.Restore(t.Context()); done != nil || err != nil || len(f.sent) != 1 {
			t.Errorf("%+v, %v, sent %q", done, err, f.sent)
		}
	})
}

// An unknown command's work is found by looking, and put back.
func TestRestoreAfterACommandByIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("s1", "s2")
		d := drive(t, Target{Borrowed: true}, f, plans.Event{At: time.Second, HAProxy: "set server #4/#1 state drain"})
		f.onSend = func(string) {
			f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetState, Value: haproxy.Drain})
		}
		got, err := record(t, d, 2*time.Second, nil)
		want := []string{"1s set server #4/#1 state drain phase", "1s s1 drain [s1 drain]"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		f.onSend = nil
		done, err := d.Restore(t.Context())
		if diff := cmp.Diff([]string{"set server nodes/s1 state ready [s1 ready]"}, untimed(done)); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// The run ends while nobody knows what the command has done.
func TestRestoreAfterACutCommandByIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("s1", "s2")
		d := drive(t, Target{Borrowed: true}, f, plans.Event{At: 900 * time.Millisecond, HAProxy: "set server #4/#1 weight 3"})
		f.onSend = func(string) {
			f.set(haproxy.Setting{Backend: "nodes", Server: "s1", What: haproxy.SetWeight, Value: "3"})
			f.with(func() { f.hang = time.Hour }) // it is done, and then nothing responds
		}
		if _, err := record(t, d, time.Second, nil); err != nil {
			t.Fatal(err)
		}
		f.onSend, f.hang = nil, 0
		done, err := d.Restore(t.Context())
		if diff := cmp.Diff([]string{"set server nodes/s1 weight 1 [s1] [s1:1 s2:1]"}, untimed(done)); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// Each thing that could not be put back says how to do it by hand.
func TestRestoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, lab, nodes := newFake("s1"), &fakeLab{}, &fakeNodes{}
		d := drive(t, Target{NodeURL: nodeURL, Lab: lab, Client: &http.Client{Transport: nodes}, Borrowed: true}, f,
			plans.Event{Node: "s1", State: haproxy.Maint}, plans.Event{Node: "s1", Weight: ptr(2)},
			plans.Event{Node: "s1", Delay: ptr(time.Second)}, plans.Event{Node: "s1", Stopped: ptr(true)})
		if _, err := record(t, d, time.Second, nil); err != nil {
			t.Fatal(err)
		}
		f.down, lab.refuse, nodes.status = errNo, errNo, http.StatusInternalServerError
		done, err := d.Restore(t.Context())
		if len(done) > 0 || err == nil {
			t.Fatalf("%+v, %v", done, err)
		}
		for _, want := range []string{
			"node s1: started was not put back",
			"the servers could not be read",
			`by hand: echo "set server nodes/s1 weight 1" | socat stdio tcp-connect:127.0.0.1:9999`,
			`by hand: echo "set server nodes/s1 state ready" | socat stdio tcp-connect:127.0.0.1:9999`,
			"delay of node s1 not put back to 0s",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("no %q in\n%v", want, err)
			}
		}
		// What failed is tried again by another call.
		f.down, lab.refuse, nodes.status = nil, nil, 0
		if done, err := d.Restore(t.Context()); len(done) != 4 || err != nil {
			t.Errorf("%q, %v", untimed(done), err)
		}
	})
}

// A delay that was cut may have been taken by the node all the same.
func TestRestoreAfterACutDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := &fakeNodes{slow: map[string]time.Duration{"s1": time.Minute}}
		d := drive(t, Target{NodeURL: nodeURL, Client: &http.Client{Transport: nodes}, Borrowed: true}, nil,
			plans.Event{Node: "s1", Delay: ptr(time.Duration(0))})
		if _, err := record(t, d, time.Second, nil); err != nil {
			t.Fatal(err)
		}
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if done, err := d.Restore(limited); done != nil || err == nil || !strings.Contains(err.Error(), "deadline exceeded") ||
			!strings.Contains(err.Error(), `by hand: curl -H 'Content-Type: application/json' -d '{"delay": 0}' http://s1/delay`) {
			t.Errorf("%v, %v", done, err)
		}
		nodes.slow = nil
		if done, err := d.Restore(t.Context()); len(done) != 1 || err != nil {
			t.Errorf("%v, %v", done, err)
		}
	})
}
