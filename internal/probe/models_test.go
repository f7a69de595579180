//go:build linux

package probe_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stickbench/internal/probe"
)

// model is a balancer in a few lines, of which thousands of probes can be made.
type model struct {
	name   string
	nodes  int
	place  func(n int64, r *http.Request) int // of a request that nothing binds; a number that is taken modulo nodes
	key    bool                               // what the session cookie hashes to binds it
	insert bool                               // a cookie of the balancer binds it
	want   verdicts
}

func inTurn(n int64, _ *http.Request) int     { return int(n) }
func atRandom(int64, *http.Request) int       { return rand.IntN(1 << 20) }
func threeToOne(n int64, _ *http.Request) int { return []int{0, 0, 1, 0}[n%4] }

// nineToOne is at random, with one node that gets few.
func nineToOne(int64, *http.Request) int { return max(0, rand.IntN(10)-8) }

var models = []model{
	{name: "in turn", nodes: 2, place: inTurn, want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "in turn, five nodes", nodes: 5, place: inTurn, want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "weights", nodes: 2, place: threeToOne, want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true, weights: map[string]int{"s1": 3, "s2": 1}}},
	{name: "at random", nodes: 2, place: atRandom, want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true}},
	{name: "at random, three nodes", nodes: 3, place: atRandom, want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true}},
	{name: "hash of the session", nodes: 2, place: inTurn, key: true, want: verdicts{sticky: []string{"cookie NODESESSID hash application"}}},
	{name: "hash of the session, three nodes", nodes: 3, place: inTurn, key: true, want: verdicts{sticky: []string{"cookie NODESESSID hash application"}}},
	{name: "insert, at random", nodes: 2, place: atRandom, insert: true, want: verdicts{sticky: []string{"cookie SRV insert balancer"}, placement: []string{"unknown no visible order"}, store: []string{"local"}}},
	{name: "insert, one node rarely", nodes: 2, place: nineToOne, insert: true, want: verdicts{sticky: []string{"cookie SRV insert balancer"}, placement: []string{"unknown no visible order"}, store: []string{"local", "unknown"}}},
	{name: "insert, in turn", nodes: 3, place: inTurn, insert: true, want: verdicts{sticky: []string{"cookie SRV insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
}

// serve is the balancer in front of its sites.
func (m *model) serve() http.Handler {
	var requests atomic.Int64
	nodes := sites(m.nodes)
	for _, s := range nodes {
		s.pages = new(atomic.Int64)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := -1
		if c, err := r.Cookie("NODESESSID"); err == nil && m.key {
			h := fnv.New32a()
			h.Write([]byte(c.Value))
			at = int(h.Sum32()>>8) % m.nodes
		}
		if c, err := r.Cookie("SRV"); err == nil && m.insert {
			fmt.Sscanf(c.Value, "c%d", &at)
		}
		if at < 0 || at >= m.nodes {
			at = m.place(requests.Add(1), r) % m.nodes
			if m.insert {
				w.Header().Add("Set-Cookie", fmt.Sprintf("SRV=c%d; Path=/", at))
			}
		}
		nodes[at].ServeHTTP(w, r)
	})
}

// What is said is wrong, or cannot be told although it could, less often than once in 5000 probes:
// `go test ./internal/probe -run Models -runs 5000` says how often.
func TestModels(t *testing.T) {
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			free := make(chan struct{}, 16)
			for range *runs {
				free <- struct{}{}
				all.Go(func() {
					defer func() { <-free }()
					// Each probe has a balancer of its own, so that none comes between another's decisions.
					server := httptest.NewServer(m.serve())
					defer server.Close()
					seed := rand.Uint64()
					record, err := probe.Run(t.Context(), probe.Options{URL: server.URL, Seed: seed, Duration: time.Minute})
					if err != nil {
						t.Error(err)
						return
					}
					r := probe.Judge(record)
					for _, wrong := range m.want.differ(r) {
						t.Errorf("seed %d: %s", seed, wrong)
					}
				})
			}
			all.Wait()
		})
	}
}
