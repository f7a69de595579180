package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stickbench/assert"
	"stickbench/internal/conntest"
)

// memory is a sink that keeps everything.
type memory struct {
	samples []Sample
	fail    error // of every Record from the hundredth on
}

func (m *memory) Record(s *Sample) error {
	m.samples = append(m.samples, *s)
	if len(m.samples) >= 100 {
		return m.fail
	}
	return nil
}
func (m *memory) Flush() error { return nil }
func (m *memory) Close() error { return nil }

// application counts views per session, in a cookie of its own.
type application struct {
	mu    sync.Mutex
	views map[string]int
	seen  atomic.Int64
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.seen.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.views == nil {
		a.views = map[string]int{}
	}
	id := ""
	if c, err := r.Cookie("SID"); err == nil {
		id = c.Value
	}
	if a.views[id] == 0 {
		id = fmt.Sprintf("session-%d", len(a.views)+1)
		http.SetCookie(w, &http.Cookie{Name: "SID", Value: id, Path: "/"})
	}
	a.views[id]++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"tag":"s1","sessionViews":%d,"id":%q}`, a.views[id], id)
}

func extractor(t testing.TB, s string) *Extractor {
	t.Helper()
	x, err := ParseExtractor(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func template(t testing.TB, s string) *Template {
	t.Helper()
	x, err := ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func condition(t testing.TB, s string, variables ...string) *assert.Condition {
	t.Helper()
	c, err := assert.Scope{Variables: variables}.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(t testing.TB, path string, asserts ...string) Step {
	r := &Request{Label: "GET " + path, Method: "GET", URL: template(t, path), Redirects: 20}
	for _, a := range asserts {
		r.Assert = append(r.Assert, condition(t, a))
	}
	return Step{Request: r}
}

// lab's session words.
func sessionWords(t testing.TB) Session {
	return Session{Node: extractor(t, "json:tag"), Counter: extractor(t, "json:sessionViews"), ID: extractor(t, "json:id")}
}

func runPlan(t *testing.T, p *Plan) ([]Sample, Account) {
	t.Helper()
	m := &memory{}
	account, err := runWith(t, p, m, context.Background(), context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m.samples, account
}

func runWith(t *testing.T, p *Plan, sink Sink, graceful, hard context.Context) (Account, error) {
	t.Helper()
	if p.Timeout == 0 {
		p.Timeout = 10 * time.Second
	}
	r, err := New(p, sink)
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Run(graceful, hard)
	if a.Started != a.OK+a.Failed+a.Cut {
		t.Errorf("not accounted for: %+v", a)
	}
	return a, err
}

func TestSessionsGoOn(t *testing.T) {
	app := &application{}
	srv := httptest.NewServer(app)
	defer srv.Close()
	samples, account := runPlan(t, &Plan{Target: srv.URL, Session: sessionWords(t), Groups: []Group{{
		Name: "g", Users: 3, Iterations: 50, Steps: []Step{get(t, "/", "status == 200", "increments()")},
	}}})
	if account.OK != 150 || account.Connections != 3 || app.seen.Load() != 150 {
		t.Errorf("account %+v, server saw %d", account, app.seen.Load())
	}
	counters := map[int]int64{}
	digests := map[int]string{}
	for _, s := range samples {
		counters[s.User]++
		if s.Kind != OK || s.Counter != counters[s.User] || s.Iteration != int(s.Counter) || s.Life != 1 || s.Node != "s1" {
			t.Fatalf("user %d: %+v", s.User, s)
		}
		if d := digests[s.User]; d != "" && d != s.Session {
			t.Fatalf("user %d: session %s, then %s", s.User, d, s.Session)
		}
		digests[s.User] = s.Session
		if strings.Contains(fmt.Sprintf("%+v", s), "session-") {
			t.Fatalf("a session id is in a sample: %+v", s)
		}
	}
	if len(digests) != 3 || digests[1] == digests[2] {
		t.Errorf("digests %v", digests)
	}
}

func TestClearedCookiesMakeNewSessions(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	samples, account := runPlan(t, &Plan{Target: srv.URL, Session: sessionWords(t), Groups: []Group{{
		Name: "g", Users: 1, Iterations: 10, Cookies: ClearCookies,
		Steps: []Step{get(t, "/", "counter == 1", "previous.node == ''", "increments()"), get(t, "/", "counter == 2", "previous.counter == 1")},
	}}})
	if account.Failed != 0 || account.Connections != 1 {
		t.Errorf("account %+v: clearing cookies must not close the connection", account)
	}
	for i, s := range samples {
		if s.Life != i/2+1 {
			t.Errorf("sample %d: life %d: %s", i, s.Life, s.Failure)
		}
	}
}

func TestRedirects(t *testing.T) {
	var got []string
	mux := http.NewServeMux()
	note := func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %q %s", r.Method, r.URL, body, r.Header.Get("Cookie")))
	}
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.SetCookie(w, &http.Cookie{Name: "in", Value: "1"})
		http.Redirect(w, r, "/home", http.StatusFound)
	})
	mux.HandleFunc("/keep", func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, "/home?x=1", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/home", func(w http.ResponseWriter, r *http.Request) { note(r); io.WriteString(w, "home") })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	post := func(path string) Step {
		s := get(t, path)
		s.Request.Method, s.Request.Body = "POST", template(t, "a=1")
		s.Request.Header = []Field{{"Content-Type", template(t, "application/x-www-form-urlencoded")}}
		return s
	}
	stay := get(t, "/login")
	stay.Request.Redirects = 0
	samples, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
		Name: "g", Users: 1, Iterations: 1,
		Steps: []Step{post("/login"), post("/keep"), get(t, "/round"), stay},
	}}})
	want := []string{
		`POST /login "a=1" `, `GET /home "" in=1`, // a 302 makes a GET of a POST, with the cookie just set
		`POST /keep "a=1" in=1`, `POST /home?x=1 "a=1" in=1`, // a 308 repeats it
		`GET /login "" in=1`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the server saw\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if account.Redirects != 1+1+20 || account.OK != 3 || account.Failed != 1 {
		t.Errorf("account %+v", account)
	}
	if s := samples[0]; s.URL != srv.URL+"/home" || s.Status != 200 || s.Latency > s.Elapsed {
		t.Errorf("followed: %+v", s)
	}
	if s := samples[2]; s.Kind != KindRedirect || s.Failure != "more than 20 redirects" {
		t.Errorf("round and round: %+v", s)
	}
	if s := samples[3]; s.Status != 302 || s.Kind != OK {
		t.Errorf("not followed: %+v", s)
	}
}

// What the plan sends is for its own origin: a redirect to another one takes no credentials along, and no form, but
// where the plan says so. Back at the first origin all is sent again.
func TestRedirectToAnotherOrigin(t *testing.T) {
	var seen []string
	note := func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, fmt.Sprintf("%s auth=%s own=%s key=%s lang=%s type=%s body=%s", r.Method, r.Header.Get("Authorization"),
			r.Header.Get("Cookie"), r.Header.Get("X-Api-Key"), r.Header.Get("Accept-Language"), r.Header.Get("Content-Type"), body))
	}
	var back string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r)
		if r.URL.Path == "/back" {
			http.Redirect(w, r, back, http.StatusTemporaryRedirect)
		}
	}))
	defer other.Close()
	mux := http.NewServeMux()
	mux.Handle("/found", http.RedirectHandler(other.URL+"/x", http.StatusFound))
	mux.Handle("/temporary", http.RedirectHandler(other.URL+"/x", http.StatusTemporaryRedirect))
	mux.Handle("/round", http.RedirectHandler(other.URL+"/back", http.StatusTemporaryRedirect))
	mux.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) { note(r) })
	first := httptest.NewServer(mux)
	defer first.Close()
	back = first.URL + "/end"
	for _, tt := range []struct {
		path    string
		allowed []string
		want    []string
	}{
		{"/found", nil, []string{"GET auth= own= key= lang=de type= body="}},
		{"/temporary", nil, []string{"POST auth= own= key= lang=de type= body="}},
		{"/temporary", []string{"x-api-KEY"}, []string{"POST auth= own= key=k lang=de type= body="}},
		{"/temporary", []string{"Content-Type"}, []string{"POST auth= own= key= lang=de type=text/plain body=form"}},
		{"/temporary", []string{"*"}, []string{"POST auth=Bearer x own=own=1 key=k lang=de type=text/plain body=form"}},
		{"/found", []string{"Cookie"}, []string{"GET auth= own=own=1 key= lang=de type= body="}},
		{"/round", nil, []string{"POST auth= own= key= lang=de type= body=", "POST auth=Bearer x own=own=1 key=k lang=de type= body="}},
	} {
		seen = nil
		step := get(t, tt.path)
		step.Request.Method, step.Request.Body, step.Request.RedirectHeaders = "POST", template(t, "form"), tt.allowed
		step.Request.Header = []Field{{"Authorization", template(t, "Bearer x")}, {"Cookie", template(t, "own=1")},
			{"X-Api-Key", template(t, "k")}, {"Accept-Language", template(t, "de")}, {"Content-Type", template(t, "text/plain")}}
		_, account := runPlan(t, one(first.URL, 1, Session{}, step))
		if account.OK != 1 || strings.Join(seen, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s, %v: the servers saw\n%s\nwant\n%s", tt.path, tt.allowed, strings.Join(seen, "\n"), strings.Join(tt.want, "\n"))
		}
		if told := strings.Contains(strings.Join(account.Warnings, ""), "Authorization"); told != (len(tt.allowed) == 0 || tt.allowed[0] != "*") {
			t.Errorf("%s, %v: warnings %q", tt.path, tt.allowed, account.Warnings)
		}
	}
}

// What a page embeds from another origin is asked for without what is meant for the page's own, as redirects are.
func TestResourceOfAnotherOrigin(t *testing.T) {
	seen := map[string]string{}
	var mu sync.Mutex
	note := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path] = r.Header.Get("Authorization") + r.Header.Get("X-Api-Key") + r.Header.Get("Accept-Language")
	})
	other := httptest.NewServer(note)
	defer other.Close()
	mux := http.NewServeMux()
	mux.Handle("/", note)
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<img src="/own"><img src="%s/strange">`, other.URL)
	})
	first := httptest.NewServer(mux)
	defer first.Close()
	for _, tt := range []struct {
		allowed []string
		strange string
	}{{nil, "de"}, {[]string{"X-Api-Key"}, "kde"}, {[]string{"*"}, "akde"}} {
		step := get(t, "/page")
		step.Request.Header = []Field{{"Authorization", template(t, "a")}, {"X-Api-Key", template(t, "k")}, {"Accept-Language", template(t, "de")}}
		step.Request.RedirectHeaders, step.Request.Resources = tt.allowed, &Resources{Parallel: 2}
		_, account := runPlan(t, one(first.URL, 1, Session{}, step))
		if account.OK != 3 || seen["/own"] != "akde" || seen["/strange"] != tt.strange {
			t.Errorf("%v: %d responses, seen %q", tt.allowed, account.OK, seen)
		}
		if told := strings.Contains(strings.Join(account.Warnings, ""), "asked of "+other.URL+" without Authorization"); told != (tt.strange != "akde") {
			t.Errorf("%v: warnings %q", tt.allowed, account.Warnings)
		}
	}
}

// A redirect that leads nowhere is a response like any other: its status, node and body are judged.
func TestRedirectToNowhere(t *testing.T) {
	for _, location := range []string{"", "mailto:a@b", "http://a b/", "http://h:99999/", "app://callback?code=1"} {
		o := served(t, func(c net.Conn) {
			taken(c)
			fmt.Fprintf(c, "HTTP/1.1 303 See Other\r\nX-Node: s1\r\nLocation: %s\r\nContent-Length: 9\r\n\r\n{\"id\": 7}", location)
		})
		samples, account := runPlan(t, one("http://"+o, 1, Session{Node: extractor(t, "header:X-Node")}, get(t, "/x", "status == 303", `json("id") == 7`)))
		if s := samples[0]; s.Kind != OK || s.Status != 303 || s.Node != "s1" || len(account.Warnings) != 1 {
			t.Errorf("%q: %q %s, status %d, node %q, warnings %q", location, s.Kind, s.Failure, s.Status, s.Node, account.Warnings)
		}
	}
}

// Connection: close in the plan closes the connection, whatever the server does (RFC 9112 §9.6).
func TestConnectionClose(t *testing.T) {
	for value, want := range map[string]int64{"close": 4, "TE, Close": 4, "${how}": 4, "keep-alive": 1} {
		o := served(t, func(c net.Conn) {
			for taken(c) {
				io.WriteString(c, okay)
			}
		})
		step := get(t, "/")
		step.Request.Header = []Field{{"Connection", template(t, value)}}
		plan := one("http://"+o, 4, Session{}, Step{Set: []Assignment{{"how", template(t, "close")}}}, step)
		if _, account := runPlan(t, plan); account.Connections != want || account.OK != 4 {
			t.Errorf("%s: %+v", value, account)
		}
	}
}

// The plan's own cookie takes the place of the jar's of that name: servers read the first, or the last.
func TestOwnCookieBesideTheJars(t *testing.T) {
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Cookie"))
		w.Header().Add("Set-Cookie", "a=jar")
		w.Header().Add("Set-Cookie", "b=jar")
	}))
	defer srv.Close()
	step := get(t, "/")
	step.Request.Header = []Field{{"Cookie", template(t, "a=own; c=own")}}
	runPlan(t, one(srv.URL, 2, Session{}, step))
	if got := strings.Join(seen, "|"); got != "a=own; c=own|a=own; c=own; b=jar" {
		t.Errorf("the server saw %s", got)
	}
}

func TestVariables(t *testing.T) {
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s", r.URL, r.Header.Get("X-T"), body))
		w.Header().Set("X-Next", "line\tone")
		io.WriteString(w, `{"csrf":"a b"}`)
	}))
	defer srv.Close()
	first := get(t, "/u${user}/i${iteration}")
	first.Request.Extract = []Extract{{Name: "token", From: extractor(t, "json:csrf")}, {Name: "next", From: extractor(t, "header:x-next")}}
	second := get(t, "/second")
	second.Request.Method = "POST"
	second.Request.Header = []Field{{"X-T", template(t, "${next}")}}
	second.Request.Body = template(t, `{"t":"${token}"}`)
	second.When = condition(t, `token == "a b"`, "token")
	skipped := get(t, "/never")
	skipped.When = condition(t, `token == ""`, "token")
	missing := get(t, "/gone")
	missing.Request.Extract = []Extract{{Name: "token", From: extractor(t, "json:none")}}
	unsent := get(t, "/${token}")
	samples, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
		Name: "g", Users: 1, Iterations: 1, Steps: []Step{first, second, skipped, missing, unsent},
	}}})
	want := "/u1/i1  \n/second line\tone {\"t\":\"a b\"}\n/gone  "
	if strings.Join(got, "\n") != want {
		t.Errorf("the server saw %q, want %q", got, want)
	}
	if len(samples) != 4 || samples[2].Kind != KindExtraction || samples[3].Kind != KindVariable || account.Unsent != 1 {
		t.Fatalf("%+v\n%+v", samples, account)
	}
	if got := samples[3].Failure; got != "${token} has no value: nothing was sent" {
		t.Errorf("failure %q", got)
	}
}

func TestMarksAndOnError(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(500)
		}
	}))
	defer srv.Close()
	for action, want := range map[ErrorAction]string{
		Continue:      "GET /bad,seen,GET /bad,seen",
		NextIteration: "GET /bad,GET /bad",
		StopUser:      "GET /bad",
		StopRun:       "GET /bad",
	} {
		samples, _ := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{
			Name: "g", Users: 1, Iterations: 2, OnError: action,
			Steps: []Step{get(t, "/bad"), {Mark: "seen", When: condition(t, "status == 500")}, {Mark: "never", When: condition(t, "status == 200")}},
		}}})
		var labels []string
		for _, s := range samples {
			labels = append(labels, s.Label)
		}
		if got := strings.Join(labels, ","); got != want {
			t.Errorf("action %d: %s, want %s", action, got, want)
		}
		if s := samples[0]; s.Kind != KindStatus || s.Failure != "500 Internal Server Error" {
			t.Errorf("a status 500: %+v", s)
		}
	}
	samples, _ := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: []Step{get(t, "/bad", "status == 500")}}}})
	if samples[0].Kind != OK {
		t.Errorf("a condition on the status must replace the default rule: %+v", samples[0])
	}
}

// A server that goes away between two responses: net/http's client would send the request again in silence.
func TestNothingIsSentTwice(t *testing.T) {
	var requests atomic.Int64
	address := conntest.Serve(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		for i := range 3 {
			if _, err := c.Read(buf); err != nil {
				return
			}
			requests.Add(1)
			if i < 2 {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
		}
	})
	samples, account := runPlan(t, &Plan{Target: "http://" + address.String(), Groups: []Group{{Name: "g", Users: 1, Iterations: 9, Steps: []Step{get(t, "/")}}}})
	if requests.Load() != 9 || account.Failed != 3 || account.Connections != 3 {
		t.Errorf("the server read %d requests; account %+v", requests.Load(), account)
	}
	for i, s := range samples {
		if want := map[bool]Kind{true: KindClosed, false: OK}[i%3 == 2]; s.Kind != want {
			t.Errorf("sample %d: %q, %s", i, s.Kind, s.Failure)
		}
	}
}

func TestTwoStops(t *testing.T) {
	arrived := make(chan bool, 10)
	release := make(chan bool)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	plan := func() *Plan {
		return &Plan{Target: srv.URL, Groups: []Group{{Name: "g", Users: 1, Iterations: 100, Steps: []Step{get(t, "/")}}}}
	}
	graceful, stop := context.WithCancel(context.Background())
	go func() { <-arrived; stop(); release <- true }()
	if a, err := runWith(t, plan(), &memory{}, graceful, context.Background()); err != nil || a.OK != 1 || a.Started != 1 {
		t.Errorf("first stop: %+v, %v: what was in flight must end, and nothing new start", a, err)
	}
	hard, cut := context.WithCancel(context.Background())
	go func() { <-arrived; cut() }()
	m := &memory{}
	if a, err := runWith(t, plan(), m, context.Background(), hard); err != nil || a.Cut != 1 || a.Started != 1 || len(m.samples) != 0 {
		t.Errorf("second stop: %+v, %v, %d samples", a, err, len(m.samples))
	}
}

func TestDurationEndsAGroup(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	think, _ := ParseThink("1h")
	began := time.Now()
	_, account := runPlan(t, &Plan{Target: srv.URL, Groups: []Group{
		{Name: "busy", Users: 2, Duration: 100 * time.Millisecond, Steps: []Step{get(t, "/")}},
		{Name: "pausing", Users: 1, Duration: 100 * time.Millisecond, Steps: []Step{get(t, "/"), {Think: think}}},
		{Name: "late", Users: 1, RampUp: time.Hour, StartDelay: time.Hour, Duration: time.Millisecond, Iterations: 1, Steps: []Step{get(t, "/")}},
	}[:2]})
	if account.OK < 3 || time.Since(began) > 5*time.Second {
		t.Errorf("%+v after %v", account, time.Since(began))
	}
}

// A full disk must stop the load, not the report.
func TestSinkThatFails(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	full := errors.New("no space left")
	m := &memory{fail: full}
	account, err := runWith(t, &Plan{Target: srv.URL, Groups: []Group{{Name: "g", Users: 2, Iterations: 1e6, Steps: []Step{get(t, "/")}}}},
		m, context.Background(), context.Background())
	if !errors.Is(err, full) || account.OK != int64(len(m.samples)) || len(m.samples) < 100 {
		t.Errorf("%v; account %+v, %d samples", err, account, len(m.samples))
	}
}

func TestProbe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(&Plan{Target: "http://" + l.Addr().String(), Timeout: time.Second, Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: []Step{get(t, "/")}}}}, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Probe(context.Background()); err != nil {
		t.Error(err)
	}
	l.Close()
	if err := r.Probe(context.Background()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("%v", err)
	}
	both := both(t, http.NotFoundHandler(), false)
	if r, err = New(&Plan{Target: both.URL, HTTP2: true, Timeout: time.Second, Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: []Step{get(t, "/")}}}}, &memory{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Probe(context.Background()); err != nil {
		t.Errorf("HTTP/2: %v", err)
	}
}

// Connecting has a bound of its own, which does not bound the response.
func TestConnectTimeout(t *testing.T) {
	silent := served(t, func(c net.Conn) { taken(c); <-t.Context().Done() })
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { time.Sleep(60 * time.Millisecond) }))
	defer slow.Close()
	handshake, response := get(t, "https://"+silent), get(t, slow.URL)
	for _, s := range []Step{handshake, response} {
		s.Request.ConnectTimeout = 40 * time.Millisecond
	}
	samples, _ := runPlan(t, &Plan{Target: slow.URL, Timeout: 10 * time.Second, Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: []Step{handshake, response}}}})
	if s := samples[0]; s.Kind != KindConnTime || !strings.HasSuffix(s.Failure, " within 40ms") || s.Elapsed > 5*time.Second {
		t.Errorf("%s, %s after %v", s.Kind, s.Failure, s.Elapsed)
	}
	if s := samples[1]; s.Failed() {
		t.Errorf("%s, %s after %v", s.Kind, s.Failure, s.Elapsed)
	}
}
