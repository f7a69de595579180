package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"stickbench/internal/lab"
	"stickbench/report"
)

// Behind a balancer without a Runtime API nodes can still be made slow: by an HTTP event that has the headers
// and the JSON that the node wants, and by a delay, which goes to the node itself.
func TestEventsOnNodesWithoutARuntimeAPI(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Config{Nodes: []lab.Node{{Tag: "s1"}, {Tag: "s2"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	plan := fmt.Sprintf(`expect = ['during("slow").max("GET /") >= 30', 'during("delay s1 0s").samples > 0']
[target]
url = %q
nodes = { s1 = %[2]q }
[session]
node = "json:tag"
[[group]]
iterations = 40
[[group.step]]
request = "GET /"
[[group.step]]
think = "20ms"
[[event]]
at = "0s"
name = "slow"
http = { method = "POST", url = "%[2]s/delay", json = { delay = 30 } }
[[event]]
after_samples = 20
node = "s1"
delay = "0ms"
`, l.NodeURL("s1"), l.NodeURL("s1"))
	r := runCommand(t, t.TempDir(), plan, "run", "plan.toml", "--no-out", "--quiet", "--json")
	var got report.Results
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	if len(got.Events) < 2 || !got.Events[0].OK || got.Events[0].PlannedMS == nil || *got.Events[0].PlannedMS != 0 || !got.Events[1].OK || got.Events[1].PlannedMS != nil {
		t.Errorf("%+v", got.Events)
	}
	if r.code != 0 {
		t.Errorf("exit code %d: %+v\n%s", r.code, got.Expectations, r.stderr)
	}
}

// What an HTTP event sends is what the plan says, and nothing that it does not.
func TestHTTPEventSendsItsHeaders(t *testing.T) {
	var mu sync.Mutex
	var got http.Header
	told := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/event" {
			mu.Lock()
			got = r.Header.Clone()
			mu.Unlock()
			close(told)
		} else if r.Header.Get("Authorization") != "" { // a user's; the run lasts until the event has come
			<-told
		}
	}))
	defer server.Close()
	r := runCommand(t, t.TempDir(), fmt.Sprintf(`[target]
url = %q
headers = { Authorization = "Basic dXNlcjpwdw==" }
[[group]]
iterations = 2
[[group.step]]
request = "GET /"
[[event]]
at = "0s"
http = { method = "PUT", url = "/event", headers = { x-admin = "yes", Content-Type = "text/plain" }, body = "on" }
`, server.URL), "run", "plan.toml", "--no-out", "--quiet")
	mu.Lock()
	defer mu.Unlock()
	if got.Get("X-Admin") != "yes" || got.Get("Content-Type") != "text/plain" || got.Get("Authorization") != "" {
		t.Errorf("exit code %d, headers %v\n%s", r.code, got, r.stderr)
	}
}
