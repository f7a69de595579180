package plans

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stickbench/assert"
	"stickbench/internal/lab"
	"stickbench/loadgen"
)

// everything is a plan with every key there is.
const everything = `
name = "everything"
description = "All keys."
expect = ['errors == 0', 'p95("login") < 100']
seed = 42
apdex = { satisfied = "300ms", tolerated = "1s" }
keep_trying = true
preconnect = true

[target]
url = "https://example.com:8443/app"
timeout = "5s"
http = "2"
insecure = true
server_name = "internal.example"
headers = { Accept = "text/html", X-User = "${user}" }
weights = { s1 = 2, "s 2" = 1.5 }
algorithm = "static-rr"

[session]
node = "header:X-Node"
counter = "json:n"
id = "cookie:SID"

[haproxy]
api = "unix:///var/run/haproxy.sock"
backend = "app"
nodes = { s1 = "http://127.0.0.1:4000" }
names = { s1 = "web-1" }

[[group]]
name = "browsers"
users = 3
ramp_up = "1.5s"
start_delay = "1s"
iterations = 10
duration = "1m"
cookies = "clear"
connections = "request"
on_error = "next-iteration"

[[group.step]]
name = "login"
request = "POST /login"
headers = { accept = "application/json" }
form = { name = "Ada Lovelace", tag = ["a&b", 2, true] }
extract = { token = "json:csrf", id = "header:X-Id" }
assert = ['status == 200', 'increments()']
timeout = "2s"
redirects = false

[[group.step]]
think = "uniform 50ms 150ms"

[[group.step]]
request = "PUT https://other.example/${id}?x=1"
query = { q = "${token} ü", page = 2 }
json = { b = "say \"${token}\"", a = [1, 2.5, true, { d = 1979-05-27T07:32:00Z }] }
redirects = 3
redirect_headers = ["X-Api-Key", "*"]
when = 'node != ""'

[[group.step]]
mark = "S1 reached"
when = 'node == "s1"'

[[group]]
name = "others"
[[group.step]]
request = "GET /"
body = "text"

[[group]]
name = "visitors"
arrivals = [ { rate = "50/s", for = "10s" }, { to = "200/s", for = "30s" } ]
spread = "poisson"
[[group.step]]
request = "GET /"

[[stop]]
when = 'for("10s", error_rate > 50%)'

[[event]]
at = "10s"
haproxy = "set server app/s1 state drain"
may_fail = true

[[event]]
name = "slow"
after_iterations = 20
node = "s1"
delay = "250ms"

[[event]]
after_samples = 30
http = { method = "POST", url = "/delay", body = "{}" }
`

// visible compares plans by what a user can see of them.
var visible = cmp.Options{
	cmp.Comparer(func(a, b *loadgen.Template) bool { return sameText(a, b) }),
	cmp.Comparer(func(a, b *loadgen.Extractor) bool { return sameText(a, b) }),
	cmp.Comparer(func(a, b *loadgen.Think) bool { return sameText(a, b) }),
	cmp.Comparer(func(a, b *assert.Condition) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Source() == b.Source())
	}),
	cmp.Comparer(func(a, b *assert.Expectation) bool { return a.Source() == b.Source() }),
	cmpopts.IgnoreUnexported(Plan{}, tls.Config{}),
	cmpopts.IgnoreFields(Plan{}, "Source", "Path"),
}

func sameText[T interface {
	comparable
	String() string
}](a, b T) bool {
	var none T
	return (a == none) == (b == none) && (a == none || a.String() == b.String())
}

func read(t *testing.T, source string, o Override) *Plan {
	t.Helper()
	p, err := Read("dir/some plan.toml", []byte(source), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// must is the value of a parser of text that is right.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func tmpl(s string) *loadgen.Template { return must(loadgen.ParseTemplate(s)) }

func from(s string) *loadgen.Extractor { return must(loadgen.ParseExtractor(s)) }

func condition(s string) *assert.Condition {
	return must(assert.Scope{}.Compile(s))
}

func expectation(s string) *assert.Expectation {
	return must(assert.Known{}.CompileExpectation(s))
}

func TestRead(t *testing.T) {
	delay := 250 * time.Millisecond
	want := &Plan{
		Description: "All keys.",
		Apdex:       &Apdex{300 * time.Millisecond, time.Second},
		Expect:      []*assert.Expectation{expectation("errors == 0"), expectation(`p95("login") < 100`)},
		Stops:       []*assert.Expectation{expectation(`for("10s", error_rate > 50%)`)},
		HAProxy:     &HAProxy{API: "unix:///var/run/haproxy.sock", Backend: "app", Names: map[string]string{"s1": "web-1"}},
		NodeNames:   []string{"s 2", "s1", "web-1"},
		Nodes:       map[string]string{"s1": "http://127.0.0.1:4000"},
		Weights:     map[string]float64{"s1": 2, "s 2": 1.5}, Algorithm: "static-rr",
		Events: []Event{
			{At: 10 * time.Second, HAProxy: "set server app/s1 state drain", MayFail: true},
			{Name: "slow", AfterIterations: 20, Node: "s1", Delay: &delay},
			{AfterSamples: 30, HTTP: &EventRequest{Method: "POST", URL: "/delay", Body: "{}"}},
		},
		Load: loadgen.Plan{
			KeepTrying: true,
			Preconnect: true,
			Name:       "everything",
			Target:     "https://example.com:8443/app",
			Timeout:    5 * time.Second,
			HTTP2:      true,
			TLS:        &tls.Config{InsecureSkipVerify: true, ServerName: "internal.example"},
			Session:    loadgen.Session{Node: from("header:X-Node"), Counter: from("json:n"), ID: from("cookie:SID")},
			Seed:       42,
			Groups: []loadgen.Group{
				{
					Name: "browsers", Users: 3, RampUp: 1500 * time.Millisecond, StartDelay: time.Second,
					Iterations: 10, Duration: time.Minute, Cookies: loadgen.ClearCookies, Connections: loadgen.PerRequest, OnError: loadgen.NextIteration,
					Steps: []loadgen.Step{
						{Request: &loadgen.Request{
							Label: "login", Method: "POST", URL: tmpl("/login"), Timeout: 2 * time.Second,
							Header: []loadgen.Field{
								{Name: "X-User", Value: tmpl("${user}")}, {Name: "accept", Value: tmpl("application/json")},
								{Name: "Content-Type", Value: tmpl("application/x-www-form-urlencoded")},
							},
							Body:    tmpl("name=Ada+Lovelace&tag=a%26b&tag=2&tag=true"),
							Extract: []loadgen.Extract{{Name: "token", From: from("json:csrf")}, {Name: "id", From: from("header:X-Id")}},
							Assert:  []*assert.Condition{condition("status == 200"), condition("increments()")},
						}},
						{Think: must(loadgen.ParseThink("uniform 50ms 150ms"))},
						{When: condition(`node != ""`), Request: &loadgen.Request{
							Label: "PUT https://other.example/${id}?x=1", Method: "PUT", Redirects: 3, RedirectHeaders: []string{"X-Api-Key", "*"},
							URL: tmpl("https://other.example/${id}?x=1&q=${token}%20%C3%BC&page=2"),
							Header: []loadgen.Field{
								{Name: "Accept", Value: tmpl("text/html")}, {Name: "X-User", Value: tmpl("${user}")},
								{Name: "Content-Type", Value: tmpl("application/json")},
							},
							Body: tmpl(`{"b":"say \"${token}\"","a":[1,2.5,true,{"d":"1979-05-27T07:32:00Z"}]}`),
						}},
						{When: condition(`node == "s1"`), Mark: "S1 reached"},
					},
				},
				{
					Name: "others", Users: 1, Iterations: 1,
					Steps: []loadgen.Step{{Request: &loadgen.Request{
						Label: "GET /", Method: "GET", URL: tmpl("/"), Redirects: DefaultRedirects, Body: tmpl("text"),
						Header: []loadgen.Field{{Name: "Accept", Value: tmpl("text/html")}, {Name: "X-User", Value: tmpl("${user}")}},
					}}},
				},
				{
					Name: "visitors", Users: defaultCap, Cookies: loadgen.ClearCookies,
					Arrivals: &loadgen.Arrivals{Spread: loadgen.Poisson, Stages: []loadgen.Stage{
						{From: 50, To: 50, For: 10 * time.Second}, {From: 50, To: 200, For: 30 * time.Second}}},
					Steps: []loadgen.Step{{Request: &loadgen.Request{
						Label: "GET /", Method: "GET", URL: tmpl("/"), Redirects: DefaultRedirects,
						Header: []loadgen.Field{{Name: "Accept", Value: tmpl("text/html")}, {Name: "X-User", Value: tmpl("${user}")}},
					}}},
				},
			},
		},
	}
	if diff := cmp.Diff(want, read(t, everything, Override{}), visible); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestReadLab(t *testing.T) {
	two := 2
	p := read(t, `
[lab]
balancer = "haproxy"
algorithm = "leastconn"
sticky = "cookie  SERVERID insert"
node = [ { tag = "a", weight = 2, delay = "10ms" }, { tag = "b", stopped = true } ]
[haproxy]
api = "tcp://127.0.0.1:9999"
[[group]]
step = [ { request = "GET /" } ]
[[event]]
at = "0s"
node = "b"
stopped = false
`, Override{})
	want := &lab.Config{Balancer: "haproxy", Algorithm: "leastconn", Sticky: "cookie SERVERID insert", Nodes: []lab.Node{
		{Tag: "a", Weight: &two, Delay: 10 * time.Millisecond}, {Tag: "b", Stopped: true}}}
	if diff := cmp.Diff(want, p.Lab); diff != "" {
		t.Errorf("lab (-want +got):\n%s", diff)
	}
	if p.HAProxy != nil || p.Load.Target != "" {
		t.Errorf("with a lab: HAProxy %v, target %q; want the lab's own", p.HAProxy, p.Load.Target)
	}
	if p.Load.Name != "some plan" || p.Load.Timeout != DefaultTimeout {
		t.Errorf("name %q, timeout %s", p.Load.Name, p.Load.Timeout)
	}
	bare := read(t, "\ufeff"+laboratory, Override{})
	want = &lab.Config{Balancer: "embedded", Algorithm: "roundrobin", Nodes: []lab.Node{{Tag: "s1"}, {Tag: "s2"}}}
	if diff := cmp.Diff(want, bare.Lab); diff != "" {
		t.Errorf("lab of nothing (-want +got):\n%s", diff)
	}
	s := bare.Load.Session
	if s.Node.String() != "json:tag" || s.Counter.String() != "json:sessionViews" || s.ID.String() != "json:id" {
		t.Errorf("session of a lab: %v", s)
	}
	if s := read(t, runs, Override{}).Load.Session; s.ID != nil {
		t.Errorf("session of a target reads id from %v", s.ID)
	}
}

func TestOverrides(t *testing.T) {
	const limited = "[lab]\n[[group]]\nusers = 4\niterations = 5\nduration = '6s'\nramp_up = '7s'\n[[group.step]]\nrequest = 'GET /'\n"
	users, iterations, seed := 40, 50, uint64(60)
	duration, rampUp := 70*time.Second, 80*time.Second
	target, haproxy := "http://example.com", "haproxy"
	group := func(users, iterations int, duration, rampUp time.Duration) loadgen.Group {
		return loadgen.Group{Name: "group 1", Users: users, Iterations: iterations, Duration: duration, RampUp: rampUp}
	}
	for _, tt := range []struct {
		name string
		o    Override
		want loadgen.Group
	}{
		{"none", Override{}, group(4, 5, 6*time.Second, 7*time.Second)},
		{"users", Override{Users: &users}, group(40, 5, 6*time.Second, 7*time.Second)},
		{"iterations", Override{Iterations: &iterations}, group(4, 50, 0, 7*time.Second)},
		{"duration", Override{Duration: &duration}, group(4, 0, 70*time.Second, 7*time.Second)},
		{"both", Override{Iterations: &iterations, Duration: &duration}, group(4, 50, 70*time.Second, 7*time.Second)},
		{"ramp-up", Override{RampUp: &rampUp}, group(4, 5, 6*time.Second, 80*time.Second)},
	} {
		got := read(t, limited, tt.o).Load.Groups[0]
		got.Steps = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}

	p := read(t, limited+"[haproxy]\napi = 'tcp://h:1'\n", Override{Target: &target, Seed: &seed, Insecure: true})
	if p.Lab != nil || p.Load.Target != target || p.Load.Seed != seed || !p.Load.TLS.InsecureSkipVerify || p.HAProxy == nil {
		t.Errorf("--target over a lab: %+v", p)
	}
	// The same plan against the laboratory that already runs: what its answers mean stays.
	if p.Load.Session.Node == nil {
		t.Error("--target over a lab forgets how to read its sessions")
	}
	p = read(t, strings.Replace(runs, "[session]", "timeout = '3s'\n[session]", 1), Override{Target: &target})
	if p.Load.Target != target || p.Load.Timeout != 3*time.Second {
		t.Errorf("--target over a target: %s, timeout %s", p.Load.Target, p.Load.Timeout)
	}
	if p = read(t, limited, Override{Balancer: &haproxy}); p.Lab.Balancer != haproxy {
		t.Errorf("--balancer: %+v", p.Lab)
	}
}

func TestProblemOfAnotherPackage(t *testing.T) {
	p := read(t, laboratory[:5]+"\nalgorithm = 'first'"+laboratory[5:], Override{})
	if got, want := p.Problem("lab.algorithm", "too slow").Error(), p.Path+":2:13: lab.algorithm: too slow"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := p.Problem("lab.node", "none").Error(), p.Path+": lab.node: none"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
