package loadgen

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// Kept connections hide a node that came back, and new ones cost a handshake: the plan says which it is.
func TestConnectionPolicies(t *testing.T) {
	for policy, want := range map[ConnectionPolicy]int64{KeepConnections: 1, PerIteration: 5, PerRequest: 5 * 3} {
		var closing atomic.Int64
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			if r.Close {
				closing.Add(1)
			}
		})
		mux.Handle("/from", http.RedirectHandler("/to", http.StatusFound))
		srv := httptest.NewServer(mux)
		_, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
			Name: "g", Users: 1, Iterations: 5, Connections: policy, Steps: []Step{get(t, "/"), get(t, "/from")},
		}}})
		srv.Close()
		if account.OK != 10 || account.Connections != want {
			t.Errorf("policy %d: %+v, want %d connections", policy, account, want)
		}
		if said := closing.Load() == 10; said != (policy == PerRequest) {
			t.Errorf("policy %d: %d requests said that they close", policy, closing.Load())
		}
	}
}
