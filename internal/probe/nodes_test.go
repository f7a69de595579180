package probe

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// What names the node, and the traps: fields that have a few values too.
func TestNodeField(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	header := func(name, format string, args ...any) Pair { return Pair{name, fmt.Sprintf(format, args...)} }
	for _, test := range []struct {
		name  string
		nodes int
		head  func(i, node int) []Pair
		body  func(i, node int) string
		want  string
	}{
		{name: "a field", nodes: 2, want: "header:x-backend", head: func(i, node int) []Pair { return []Pair{header("X-Backend", "s%d", node)} }},
		{name: "the better name of two that agree", nodes: 3, want: "json:tag",
			head: func(i, node int) []Pair { return []Pair{header("x-backend-ip", "10.0.0.%d", node)} },
			body: func(i, node int) string {
				return fmt.Sprintf(`{"tag":"s%d","id":"%x","host":"web"}`, node, random.Uint64())
			}},
		{name: "a member below others", nodes: 2, want: "json:server.info.host", body: func(i, node int) string {
			return fmt.Sprintf(`{"server":{"info":{"host":"h%d"}},"time":%d}`, node, i)
		}},
		{name: "nothing but ids of requests", nodes: 3, want: "", head: func(i, node int) []Pair {
			return []Pair{header("X-Request-Id", "%x", random.Uint64()), header("X-Trace", "%x", random.Uint64())}
		}},
		{name: "a worker is no node", nodes: 2, want: "header:x-served-by", head: func(i, node int) []Pair {
			return []Pair{header("X-Pid", "%d", node*10+random.IntN(4)), header("X-Served-By", "web%d", node)}
		}},
		{name: "a cache is no node", nodes: 2, want: "json:pod", head: func(i, node int) []Pair {
			return []Pair{header("X-Served-By", "cache-fra%d-FRA", random.IntN(2))}
		}, body: func(i, node int) string { return fmt.Sprintf(`{"pod":"p-%d"}`, node) }},
		{name: "a counter of each node is no node", nodes: 3, want: "", body: func(i, node int) string { return fmt.Sprintf(`{"served-total":%d}`, i/3) }},
		{name: "a release that rolls out is no node", nodes: 2, want: "header:x-node", head: func(i, node int) []Pair {
			return []Pair{header("X-Version", "v%d", i/40), header("X-Node", "n%d", node)}
		}},
		{name: "a word of a page", nodes: 2, want: `regex:<td>Served by ([A-Za-z0-9][A-Za-z0-9._-]*)`, body: func(i, node int) string {
			return fmt.Sprintf("<html>\n<td>Served by web-%d.</td>\n<td>%x</td>\n", node, random.Uint64())
		}},
		{name: "a cookie where nothing else does", nodes: 2, want: "cookie:SRV", head: func(i, node int) []Pair {
			return []Pair{header("Set-Cookie", "SRV=s%d|%x; path=/", node, i), header("Set-Cookie", "sid=%x", random.Uint64())}
		}},
		{name: "the end of a cookie", nodes: 2, want: "cookie:JSESSIONID suffix", head: func(i, node int) []Pair {
			return []Pair{header("Set-Cookie", "JSESSIONID=%x.node%d; Path=/", random.Uint64(), node)}
		}},
		{name: "nodes that are not alike", nodes: 2, want: "header:server", head: func(i, node int) []Pair { return []Pair{header("Server", "nginx/1.%d", node)} }},
		{name: "the server after a retry", nodes: 2, want: "header:x-upstream", head: func(i, node int) []Pair {
			return []Pair{header("X-Upstream", "%s10.0.0.%d:80", strings.Repeat("10.0.0.9:80, ", i%2), node)}
		}},
		{name: "one node, by its name", nodes: 1, want: "header:x-backend", head: func(i, node int) []Pair { return []Pair{header("X-Backend", "s1")} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &Record{URL: "http://h/"}
			for i := range orderRequests + connRequests {
				e := Exchange{N: i + 1, Phase: PhaseOrder, Method: "GET", Path: "/", Status: 200}
				node := random.IntN(test.nodes) + 1
				if test.head != nil {
					e.Header = test.head(i, node)
				}
				if test.body != nil {
					e.Body = test.body(i, node)
				}
				r.Exchanges = append(r.Exchanges, e)
			}
			if report := Judge(r); report.Node.From != test.want || test.want != "" && len(report.Nodes) != test.nodes {
				t.Errorf("%s: %d nodes, want %q: %d", report.Node.From, len(report.Nodes), test.want, test.nodes)
			}
		})
	}
}

// A response from a cache repeats the node that made it: it is no decision.
func TestCachedResponsesAreNoDecisions(t *testing.T) {
	r := &Record{URL: "http://h/"}
	for i := range 60 {
		e := Exchange{N: i + 1, Phase: PhaseOrder, Status: 200, Header: []Pair{{"X-Node", fmt.Sprint("s", i%2)}}}
		if i%3 == 0 {
			e.Header = []Pair{{"X-Node", "s0"}, {"Age", "12"}}
		}
		r.Exchanges = append(r.Exchanges, e)
	}
	report := Judge(r)
	decisions := 0
	for _, n := range report.Nodes {
		decisions += n.Decisions
	}
	if decisions != 40 || !strings.Contains(fmt.Sprint(report.Findings), "a cache gave responses") {
		t.Errorf("%d decisions, want 40; %v", decisions, report.Findings)
	}
}
