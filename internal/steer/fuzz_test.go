package steer

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stickbench/loadgen"
	"stickbench/report"
)

// steered is a Control over a run that takes everything, and checks what it is given.
func steered(t testing.TB) *Control {
	plan := &loadgen.Plan{Groups: []loadgen.Group{
		{Name: "closed", Users: 3}, {Name: "", Users: 9, Arrivals: &loadgen.Arrivals{Stages: []loadgen.Stage{{From: 1, To: 20, For: time.Minute}}}},
	}}
	c := &Control{}
	c.Begin(Run{Plan: plan, Began: time.Now(),
		Progress: func(time.Time) []loadgen.Progress { return make([]loadgen.Progress, 2) },
		Stop:     func() {},
		Steer: func(all []loadgen.Steering) error {
			if s := all[len(all)-1]; !(s.Users[0] >= -1 && s.Users[0] <= 3 && s.Rates[1] >= -1 && s.Rates[1] <= 20) {
				t.Errorf("steered to %+v", s)
			}
			return nil
		},
		Happened: func(e report.Event) {
			if e.Text == "" || len(e.By) > mostBy || len(e.Text) > longestNote+100 {
				t.Errorf("event %+v", e)
			}
		}})
	return c
}

// FuzzOrder: whatever is sent to a run's socket is refused in words, or steers it within its plan.
func FuzzOrder(f *testing.F) {
	for _, s := range []string{`{"words":["users","+1","closed"],"by":"me"}`, `{"words":["rate","1e1/s"]}`, `{"words":["rate","0x1p-1074",""]}`, `{"words":["users","plan"]}`,
		`{"words":["note","a","\u001b"]}`, `{"words":["pause"]}{"words":["stop"]}`, `{"words":["drain","s1"],"sure":true}`, `{"words":[]}`, `{"words":["stop"],"by":"` + strings.Repeat("b", 200) + `"}`, `null`, `[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, order []byte) {
		w := httptest.NewRecorder()
		steered(t).Handler(func(said string) string { return said }).ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(order)))
		var r Reply
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || (r.Said == "") == (r.Error == "") {
			t.Errorf("%q: %s", order, w.Body)
		}
	})
}

// FuzzKeys: no sequence of keys is too much, and what is typed has an end.
func FuzzKeys(f *testing.F) {
	f.Add("p+-np\x7fnote\r?")
	f.Add("nab\x7f\x7f\x7f\n\x1be1d1y\x1bsn")
	f.Fuzz(func(t *testing.T, keys string) {
		k := &Keys{Control: steered(t), Say: func(string) {}}
		for _, key := range keys {
			k.Press(key)
		}
		if line := k.Line(); len(line) > longestNote+20 || strings.ContainsAny(line, "\x1b\n\r") {
			t.Errorf("%q", line)
		}
	})
}
