package steer

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestEventTextAndName(t *testing.T) {
	for _, tc := range []struct {
		event      Event
		text, name string
	}{
		{Event{Command: "set server nodes/s1 state drain"}, "set server nodes/s1 state drain", "drain s1"},
		{Event{Command: "set weight nodes/s1 50%"}, "set weight nodes/s1 50%", "weight s1 50%"},
		{Event{Command: "set server nodes/s1 health down"}, "set server nodes/s1 health down", "health s1 down"},
		{Event{Command: "clear counters"}, "clear counters", "clear counters"},
		{Event{Command: "clear counters", Name: "phase two"}, "clear counters", "phase two"},
		{Event{Node: "s1", State: StateMaint}, "node s1: maint", "maint s1"},
		{Event{Node: "s1", Weight: ptr(2)}, "node s1: weight 2", "weight s1 2"},
		{Event{Node: "s1", Delay: ptr(250 * time.Millisecond)}, "node s1: delay 250ms", "delay s1 250ms"},
		{Event{Node: "s1", Stopped: ptr(true)}, "node s1: stopped", "stop s1"},
		{Event{Node: "s1", Stopped: ptr(false)}, "node s1: started", "start s1"},
		{Event{HTTP: &Request{Method: "POST", URL: "http://x/y"}}, "POST http://x/y", "POST http://x/y"},
	} {
		if text, name := tc.event.Text(), tc.event.name(); text != tc.text || name != tc.name {
			t.Errorf("%+v: text %q, name %q; want %q, %q", tc.event, text, name, tc.text, tc.name)
		}
	}
}

func TestEventShapeProblems(t *testing.T) {
	for _, tc := range []struct {
		event Event
		want  string // in one of the problems; "" for none
	}{
		{Event{Command: "show info"}, ""},
		{Event{}, "exactly one of a command, a node"},
		{Event{Command: "show info", Node: "s1", State: StateDrain}, "exactly one of a command, a node"},
		{Event{Command: "show info", State: StateDrain}, "exactly one thing to a node"},
		{Event{Node: "s1"}, "exactly one thing to a node"},
		{Event{Node: "s1", State: StateDrain, Weight: ptr(1)}, "exactly one thing to a node"},
		{Event{At: 1, AfterSamples: 1, Command: "show info"}, "more than one of a time"},
		{Event{AfterIterations: 1, AfterSamples: 1, Command: "show info"}, "more than one of a time"},
		{Event{At: -1, Command: "show info"}, "before the run"},
		{Event{Node: "s1", Weight: ptr(257)}, "0 to 256"},
		{Event{Node: "s1", Weight: ptr(-1)}, "0 to 256"},
		{Event{Node: "s1", Weight: ptr(0)}, ""},
		{Event{Node: "s1", State: StateDown}, "ready, drain and maint"},
		{Event{Node: "s1", Delay: ptr(1500 * time.Microsecond)}, "whole milliseconds"},
		{Event{Node: "s1", Delay: ptr(-time.Second)}, "whole milliseconds"},
		{Event{HTTP: &Request{Method: "GET", URL: "/delay"}}, "no whole http"},
		{Event{HTTP: &Request{Method: "GET", URL: "ftp://x/"}}, "no whole http"},
		{Event{HTTP: &Request{Method: "G T", URL: "http://x/"}}, "invalid method"},
		{Event{HTTP: &Request{Method: "GET", URL: "https://x/"}}, ""},
	} {
		got := strings.Join(tc.event.shapeProblems(), "; ")
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%+v: %q, want %q", tc.event, got, tc.want)
		}
	}
}

func TestEventBeginsAPhase(t *testing.T) {
	for _, tc := range []struct {
		event Event
		want  bool
	}{
		{Event{Command: "set server nodes/s1 state drain"}, true},
		{Event{Command: "clear table st"}, true},
		{Event{Command: "show stat"}, false},
		{Event{Command: "show stat", Name: "half time"}, true},
		{Event{Node: "s1", Weight: ptr(1)}, true},
		{Event{HTTP: &Request{Method: http.MethodPost}}, true},
		{Event{HTTP: &Request{Method: http.MethodGet}}, false},
	} {
		if got := tc.event.changesSomething(); got != tc.want {
			t.Errorf("%+v: %v", tc.event, got)
		}
	}
}
