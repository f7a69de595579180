//go:build linux

package probe_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stickbench/internal/probe"
)

var runs = flag.Int("runs", 1, "probe each set-up so many times")

// setup is a balancer in front of nodes, and what may be said of it.
type setup struct {
	name     string
	balancer string
	config   string
	workers  int // of nginx
	nodes    []*site
	probe    probe.Options // paths
	path     string        // of the URL, behind the host's /
	https    bool
	traffic  bool // other clients come in between
	want     verdicts
}

// verdicts are what a probe may say: "by mode" of what sticks, "algorithm verdict" of placement, with the
// words that a truthful "cannot tell" has instead.
type verdicts struct {
	sticky    []string
	placement []string
	store     []string // nil for any
	lost      bool     // sessions get lost
	weights   map[string]int
	or        []string // alternatives that must be named
	finding   string   // a part of a finding that must be there
	node      string   // Node.From; "" for any
}

const haproxy = "frontend f\n\tbind {{.Listen}}\n\tdefault_backend b\nbackend b\n"

func servers(n int, each string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\tserver s%d {{index .S %d}} %s\n", i+1, i, strings.ReplaceAll(each, "N", fmt.Sprint(i+1)))
	}
	return b.String()
}

const nginxServer = "\n\tserver { listen {{.Listen}}; location / { proxy_pass http://nodes; } }\n"

var setups = []setup{
	{name: "HAProxy, round robin, nothing sticks", balancer: "haproxy", config: haproxy + "\tbalance roundrobin\n" + servers(2, ""),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, store: []string{"local"}, lost: true, or: []string{"leastconn"}}},
	{name: "HAProxy, round robin, three nodes that share sessions", balancer: "haproxy", config: haproxy + "\tbalance roundrobin\n" + servers(3, ""), nodes: shared(3),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, store: []string{"shared"}}},
	{name: "HAProxy, cookie insert", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"),
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
	{name: "HAProxy, cookie insert, shared sessions", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"), nodes: shared(2),
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"shared"}}},
	{name: "HAProxy, cookie insert with dates", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache maxidle 30m maxlife 8h\n" + servers(3, "cookie cN"),
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
	{name: "HAProxy, cookie prefix", balancer: "haproxy", config: haproxy + "\tcookie NODESESSID prefix nocache\n" + servers(2, "cookie cN"),
		want: verdicts{sticky: []string{"cookie NODESESSID prefix balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
	{name: "HAProxy, cookie rewrite", balancer: "haproxy", config: haproxy + "\tcookie NODESESSID rewrite nocache\n" + servers(2, "cookie cN"),
		want: verdicts{sticky: []string{"cookie NODESESSID rewrite balancer"}, placement: []string{"roundrobin exact"}, lost: true, finding: "although every request comes to its node"}},
	{name: "HAProxy, dynamic cookie", balancer: "haproxy", config: haproxy + "\tdynamic-cookie-key secret\n\tcookie SRV insert dynamic\n" + servers(3, ""),
		want: verdicts{sticky: []string{"cookie SRV insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
	{name: "HAProxy, insert under the application's name", balancer: "haproxy", config: haproxy + "\tcookie NODESESSID insert indirect nocache\n" + servers(2, "cookie cN"),
		want: verdicts{sticky: []string{"cookie NODESESSID insert balancer"}, placement: []string{"roundrobin exact"}, lost: true, finding: "although every request comes to its node"}},
	{name: "HAProxy, the application overwrites the cookie", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache preserve\n" + servers(2, "cookie cN"), nodes: overwriting(2, "SERVERID=mine; Path=/"),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true, finding: "SERVERID does not pin"}},
	{name: "HAProxy, Secure cookie over plain http", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache secure\n" + servers(2, "cookie cN"),
		want: verdicts{sticky: []string{"none SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, lost: true, finding: "browsers drop the cookie SERVERID"}},
	{name: "HAProxy, stick-table on the source", balancer: "haproxy", config: haproxy + "\tbalance roundrobin\n\tstick-table type ip size 1k expire 1m\n\tstick on src\n" + servers(2, ""),
		want: verdicts{sticky: []string{"source table"}, placement: []string{"roundrobin exact"}, store: []string{"local"}}},
	{name: "HAProxy, stick-table on the session cookie", balancer: "haproxy", config: haproxy + "\tbalance roundrobin\n\tstick-table type string len 64 size 1k expire 1m\n\tstick store-response res.cook(NODESESSID)\n\tstick match req.cook(NODESESSID)\n" + servers(2, ""),
		want: verdicts{sticky: []string{"cookie NODESESSID table application"}, placement: []string{"roundrobin exact"}}},
	{name: "HAProxy, balance source", balancer: "haproxy", config: haproxy + "\tbalance source\n" + servers(3, ""),
		want: verdicts{sticky: []string{"source unknown"}, placement: []string{"source hash"}, store: []string{"local"}}},
	{name: "HAProxy, balance uri", balancer: "haproxy", config: haproxy + "\tbalance uri\n" + servers(3, ""),
		want: verdicts{sticky: []string{"url"}, placement: []string{"uri hash"}}},
	{name: "HAProxy, balance uri whole", balancer: "haproxy", config: haproxy + "\tbalance uri whole\n" + servers(3, ""),
		want: verdicts{sticky: []string{"url"}, placement: []string{"uri whole hash"}}},
	{name: "HAProxy, balance random", balancer: "haproxy", config: haproxy + "\tbalance random\n" + servers(2, ""),
		want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, store: []string{"local"}, lost: true, or: []string{"random"}}},
	{name: "HAProxy, leastconn at rest", balancer: "haproxy", config: haproxy + "\tbalance leastconn\n" + servers(3, ""),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact", "roundrobin exact on one connection"}, lost: true, or: []string{"leastconn"}}},
	{name: "HAProxy, leastconn with a slow page", balancer: "haproxy", config: haproxy + "\tbalance leastconn\n" + servers(3, ""), probe: probe.Options{SlowPath: "/slow"},
		want: verdicts{sticky: []string{"none"}, placement: []string{"leastconn exact", "leastconn exact on one connection"}, lost: true}},
	{name: "HAProxy, round robin with a slow page", balancer: "haproxy", config: haproxy + "\tbalance roundrobin\n" + servers(3, ""), probe: probe.Options{SlowPath: "/slow"},
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "HAProxy, weights 3:1", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n\tserver s1 {{index .S 0}} cookie c1 weight 3\n\tserver s2 {{index .S 1}} cookie c2 weight 1\n",
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, weights: map[string]int{"s1": 3, "s2": 1}}},
	{name: "HAProxy, round robin and other clients", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"), traffic: true,
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact", "roundrobin disturbed", "roundrobin exact on one connection", "unknown no visible order"}, store: []string{"local"}}},
	{name: "HAProxy, first", balancer: "haproxy", config: haproxy + "\tbalance first\n" + servers(2, ""),
		want: verdicts{sticky: []string{"unknown"}, placement: []string{"unknown one node"}, finding: "all came to one node"}},
	{name: "HAProxy, TCP: by connection only", balancer: "haproxy", config: "defaults\n\tmode tcp\n\ttimeout connect 5s\n\ttimeout client 20s\n\ttimeout server 20s\n" + haproxy + "\tbalance roundrobin\n" + servers(2, ""),
		want: verdicts{sticky: []string{"connection"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "HAProxy, one node of three broken", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(3, "cookie cN"), nodes: broken(3),
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, finding: "s3 responds with errors"}},
	{name: "HAProxy, one node of three dead, without a health check", balancer: "haproxy", config: haproxy + "\tretries 0\n\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN") + "\tserver s3 127.0.63.99:1 cookie c3\n",
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}, finding: "a node in the turn is dead: new sessions get status 503"}},
	{name: "HAProxy, the URL redirects", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"), path: "moved",
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}, finding: "sessions that begin with a redirect stay on their node"}},
	{name: "HAProxy, one node alone", balancer: "haproxy", config: haproxy + servers(1, ""), nodes: sites(1),
		want: verdicts{sticky: []string{"unknown"}, placement: []string{"unknown one node"}, finding: "all came to one node"}},
	{name: "HAProxy, nodes named by HTML pages", balancer: "haproxy", config: haproxy + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"), nodes: pages(2),
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}, node: `regex:<p>Served by ([A-Za-z0-9][A-Za-z0-9._-]*)`}},
	{name: "HAProxy, https and HTTP/2", balancer: "haproxy", https: true, config: strings.Replace(haproxy, "{{.Listen}}", "{{.Listen}} ssl crt {{.Certificate}} alpn h2,http/1.1", 1) + "\tcookie SERVERID insert indirect nocache\n" + servers(2, "cookie cN"), probe: probe.Options{Insecure: true},
		want: verdicts{sticky: []string{"cookie SERVERID insert balancer"}, placement: []string{"roundrobin exact"}, store: []string{"local"}, finding: "requests over HTTP/2 stay on their node"}},
	{name: "nginx, round robin with zone", balancer: "nginx", workers: 4, config: "upstream nodes { zone z 64k; server {{index .S 0}}; server {{index .S 1}}; server {{index .S 2}}; }" + nginxServer,
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true, or: []string{"leastconn"}}},
	{name: "nginx, round robin without zone, four workers", balancer: "nginx", workers: 4, config: "upstream nodes { server {{index .S 0}}; server {{index .S 1}}; server {{index .S 2}}; }" + nginxServer,
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact on one connection", "roundrobin exact"}, lost: true}},
	{name: "nginx, weights 3:1", balancer: "nginx", config: "upstream nodes { server {{index .S 0}} weight=3; server {{index .S 1}}; }" + nginxServer,
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true, weights: map[string]int{"s1": 3, "s2": 1}}},
	{name: "nginx, least_conn at rest", balancer: "nginx", config: "upstream nodes { zone z 64k; least_conn; server {{index .S 0}}; server {{index .S 1}}; server {{index .S 2}}; }" + nginxServer,
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true, or: []string{"leastconn"}}},
	{name: "nginx, ip_hash", balancer: "nginx", config: "upstream nodes { ip_hash; server {{index .S 0}}; server {{index .S 1}}; }" + nginxServer,
		want: verdicts{sticky: []string{"source unknown"}, placement: []string{"source hash"}, store: []string{"local"}}},
	{name: "nginx, hash of a cookie of its own", balancer: "nginx", config: "map $cookie_user $user { default $cookie_user; \"\" $request_id; }\nupstream nodes { hash $user consistent; server {{index .S 0}}; server {{index .S 1}}; }" +
		"\n\tserver { listen {{.Listen}}; location / { proxy_pass http://nodes; add_header Set-Cookie \"user=$user; path=/\"; } }\n",
		want: verdicts{sticky: []string{"cookie user hash balancer"}, placement: []string{"hash hash"}}},
	{name: "nginx, hash of the session cookie", balancer: "nginx", config: "upstream nodes { hash $cookie_NODESESSID consistent; server {{index .S 0}}; server {{index .S 1}}; }" + nginxServer,
		want: verdicts{sticky: []string{"cookie NODESESSID hash application"}, placement: nil, finding: "NODESESSID"}},
	{name: "nginx, hash of the whole URI", balancer: "nginx", config: "upstream nodes { hash $request_uri; server {{index .S 0}}; server {{index .S 1}}; server {{index .S 2}}; }" + nginxServer,
		want: verdicts{sticky: []string{"url"}, placement: []string{"uri whole hash"}}},
	{name: "nginx, random two least_conn", balancer: "nginx", config: "upstream nodes { zone z 64k; random two least_conn; server {{index .S 0}}; server {{index .S 1}}; server {{index .S 2}}; }" + nginxServer,
		want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true, or: []string{"random"}}},
	{name: "Apache, ROUTEID", balancer: "apache2", config: apacheBalancer + "Header add Set-Cookie \"ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/\" env=BALANCER_ROUTE_CHANGED\n",
		want: verdicts{sticky: []string{"cookie ROUTEID insert balancer"}, placement: nil, store: []string{"local"}}},
	{name: "Apache, nothing sticks", balancer: "apache2", config: strings.Replace(apacheBalancer, "ProxySet stickysession=ROUTEID", "", 1),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "Caddy, cookie lb", balancer: "caddy", config: caddy("lb_policy cookie lb secret"),
		want: verdicts{sticky: []string{"cookie lb insert balancer"}, placement: []string{"unknown no visible order"}, store: []string{"local"}, or: []string{"random"}}},
	{name: "Caddy, random", balancer: "caddy", config: caddy("lb_policy random"),
		want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true, or: []string{"random"}}},
	{name: "Caddy, least connections at rest", balancer: "caddy", config: caddy("lb_policy least_conn"),
		want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true, or: []string{"leastconn"}}},
	{name: "Caddy, random with a slow page", balancer: "caddy", config: caddy("lb_policy random"), probe: probe.Options{SlowPath: "/slow"},
		want: verdicts{sticky: []string{"none"}, placement: []string{"unknown no visible order"}, lost: true, or: []string{"random"}}},
	{name: "Caddy, round robin", balancer: "caddy", config: caddy("lb_policy round_robin"),
		want: verdicts{sticky: []string{"none"}, placement: []string{"roundrobin exact"}, lost: true}},
	{name: "Caddy, ip_hash", balancer: "caddy", config: caddy("lb_policy ip_hash"),
		want: verdicts{sticky: []string{"source unknown"}, placement: []string{"source hash"}, store: []string{"local"}}},
}

const apacheBalancer = `<Proxy balancer://nodes>
	BalancerMember http://{{index .S 0}} route=s1
	BalancerMember http://{{index .S 1}} route=s2
	ProxySet stickysession=ROUTEID
</Proxy>
ProxyPass / balancer://nodes/
`

func caddy(policy string) string {
	return "http://{{.Listen}} {\n\tbind {{.Host}}\n\treverse_proxy {{index .S 0}} {{index .S 1}} {\n\t\t" + policy + "\n\t}\n}\n"
}

func shared(n int) []*site {
	all := sites(n)
	for _, s := range all {
		s.store = all[0].store
	}
	return all
}

func overwriting(n int, cookie string) []*site {
	all := sites(n)
	for _, s := range all {
		s.cookie = cookie
	}
	return all
}

func broken(n int) []*site {
	all := sites(n)
	all[n-1].broken = true
	return all
}

func pages(n int) []*site {
	all := sites(n)
	for _, s := range all {
		s.text, s.unnamed = true, true
	}
	return all
}

// Every set-up is named right, or it is said that it cannot be told. `-runs 10` is the table of ten runs.
func TestSetups(t *testing.T) {
	for i, s := range setups {
		if i%everySetup != 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.nodes == nil {
				s.nodes = sites(3)
			}
			o := s.probe
			o.Duration = 2 * time.Minute // the machine may be busy with other tests
			o.URL = map[bool]string{true: "https://", false: "http://"}[s.https] + start(t, &s, serve(t, s.nodes)) + "/" + s.path
			if s.traffic {
				traffic(t, o.URL)
			}
			for range *runs {
				o.Seed = rand.Uint64()
				record, err := probe.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				r := probe.Judge(again(t, record))
				if live := probe.Judge(record); !reflect.DeepEqual(r, live) {
					t.Errorf("judged again: %+v\nwant %+v", r, live)
				}
				for _, wrong := range s.want.differ(r) {
					t.Errorf("seed %d: %s", o.Seed, wrong)
				}
				t.Logf("%d requests: %s", r.Requests, strings.Join(r.Verdict, " "))
			}
		})
	}
}

// again is the record once it was in a file.
func again(t *testing.T, r *probe.Record) *probe.Record {
	var file bytes.Buffer
	w := probe.NewWriter(&file, r)
	for i := range r.Exchanges {
		w.Exchange(&r.Exchanges[i])
	}
	if err := w.Close(r.Stopped); err != nil {
		t.Fatal(err)
	}
	read, err := probe.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// differ says what of a report is wrong.
func (w *verdicts) differ(r *probe.Report) (wrong []string) {
	expect := func(ok bool, what string, got any, want any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: %v, want %v", what, got, want))
		}
	}
	sticky := strings.Join(strings.Fields(r.Sticky.By+" "+r.Sticky.Name+" "+r.Sticky.Mode+" "+r.Sticky.SetBy), " ")
	expect(slices.Contains(w.sticky, sticky), "sticky", sticky, w.sticky)
	place := r.Place.Algorithm + " " + r.Place.Verdict
	told := slices.Contains(w.placement, place)
	for _, other := range r.Place.Alternatives { // what it truly cannot tell from that
		told = told || slices.Contains(w.placement, other+" "+r.Place.Verdict)
	}
	expect(w.placement == nil || told, "placement", place, w.placement)
	expect(w.store == nil || slices.Contains(w.store, r.Sessions.Store), "store", r.Sessions.Store, w.store)
	expect(w.lost == (r.Sessions.Lost > 0) || w.placement == nil, "lost", r.Sessions.Lost, w.lost)
	for node, weight := range w.weights {
		expect(r.Place.Weights[node] == weight, "weight of "+node, r.Place.Weights[node], weight)
	}
	for _, or := range w.or {
		expect(slices.Contains(r.Place.Alternatives, or), "alternatives", r.Place.Alternatives, or)
	}
	expect(w.finding == "" || slices.ContainsFunc(r.Findings, func(f probe.Finding) bool { return strings.Contains(f.What, w.finding) }), "findings", whats(r), w.finding)
	expect(w.node == "" || r.Node.From == w.node, "node", r.Node.From, w.node)
	return wrong
}

func whats(r *probe.Report) (all []string) {
	for _, f := range r.Findings {
		all = append(all, f.What)
	}
	return all
}

// traffic lets another client make requests until the test ends, each a decision.
func traffic(t *testing.T, url string) {
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { end(); <-done })
	go func() {
		defer close(done)
		for tick := time.NewTicker(15 * time.Millisecond); ctx.Err() == nil; {
			select {
			case <-tick.C:
				if res, err := http.Get(url); err == nil {
					res.Body.Close()
				}
			case <-ctx.Done():
			}
		}
	}()
}
