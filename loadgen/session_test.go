package loadgen

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// one is a plan of one user who goes through the steps so many times.
func one(target string, iterations int, session Session, steps ...Step) *Plan {
	return &Plan{Target: target, Session: session, Groups: []Group{{Name: "g", Users: 1, Iterations: iterations, Steps: steps}}}
}

func onlyGood(t *testing.T, samples []Sample) {
	t.Helper()
	for i, s := range samples {
		if s.Failed() {
			t.Errorf("%d: %s: %s %s", i, s.Label, s.Kind, s.Failure)
		}
	}
}

// A Location that shares the response's buffer turns into the next response's bytes, and with it the host that
// cookies are kept for: every session behind a login that redirects absolutely was lost.
func TestCookiesOutliveAnAbsoluteRedirect(t *testing.T) {
	var authority, cookies string
	o := served(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			cookies += req.URL.Path + " " + req.Header.Get("Cookie") + "|"
			if req.URL.Path == "/login" {
				fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: http://%s/home/of/somebody\r\nX: %s\r\nContent-Length: 0\r\n\r\n", authority, strings.Repeat("y", 300))
				continue
			}
			// the field lies over where the Location was, in a head no larger
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nX: %s\r\nSet-Cookie: SID=1; Path=/\r\nContent-Length: 0\r\n\r\n", strings.Repeat("x", 100))
		}
	})
	authority = o
	samples, account := runPlan(t, one("http://"+authority, 2, Session{}, get(t, "/login"), get(t, "/home")))
	onlyGood(t, samples)
	want := "/login |/home/of/somebody |/home SID=1|/login SID=1|/home/of/somebody SID=1|/home SID=1|"
	if cookies != want || account.Connections != 1 {
		t.Errorf("the server saw %s on %d connections, want %s on one", cookies, account.Connections, want)
	}
	if s := samples[0]; s.URL != "http://"+authority+"/home/of/somebody" {
		t.Errorf("the sample's URL is %q", s.URL)
	}
}

// A redirect that counts a view is a step of the session: without it, the page behind each redirect looked
// like a lost or jumped counter.
func TestRedirectsAreResponsesOfTheSession(t *testing.T) {
	views := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		views++
		w.Header().Set("X-Views", fmt.Sprint(views))
		if r.URL.Path == "/a" || r.URL.Path == "/b" {
			http.Redirect(w, r, map[string]string{"/a": "/b", "/b": "/c"}[r.URL.Path], http.StatusFound)
		}
	}))
	defer srv.Close()
	words := Session{Counter: extractor(t, "header:X-Views")}
	samples, _ := runPlan(t, one(srv.URL, 2, words, get(t, "/a", "increments()", "previous.counter == counter - 1"), get(t, "/c", "increments()")))
	onlyGood(t, samples)
	if samples[0].Hops != 2 || samples[1].Hops != 0 || samples[0].Counter != 3 || samples[1].Counter != 4 {
		t.Errorf("%d hops and counter %d, then %d and %d", samples[0].Hops, samples[0].Counter, samples[1].Hops, samples[1].Counter)
	}
}

// A static file names its node and has no counter. It made the next page fail, "counter 2 after a response
// without one", though the session went on.
func TestResponsesWithoutACounterKeepTheLast(t *testing.T) {
	app := &application{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/style.css" {
			io.WriteString(w, `{"tag": "s1"}`)
			return
		}
		app.ServeHTTP(w, r)
	}))
	defer srv.Close()
	page := get(t, "/", "increments()")
	samples, _ := runPlan(t, one(srv.URL, 3, sessionWords(t), page, get(t, "/style.css"), page))
	onlyGood(t, samples)
	if s := samples[1]; s.HasCounter || s.Session != "" || s.Node != "s1" {
		t.Errorf("the file's own sample says more than the file did: %+v", s)
	}
}

// A visitor begins without the response of the one before: a step for those who are logged in was done by
// somebody who was not.
func TestNewVisitorsSeeNoFormerResponse(t *testing.T) {
	srv := httptest.NewServer(&application{})
	defer srv.Close()
	var steps []Step
	for _, when := range []string{`status == 200`, `counter == 1`, `json("tag") == "s1"`, `len(body) > 0`, `header("Content-Type") != ""`, `cookie("SID") != ""`} {
		steps = append(steps, Step{Mark: when, When: condition(t, when)})
	}
	p := one(srv.URL, 3, sessionWords(t), append(steps, get(t, "/"))...)
	p.Groups[0].Cookies = ClearCookies
	samples, _ := runPlan(t, p)
	for _, s := range samples {
		if s.Mark {
			t.Errorf("iteration %d began with %s", s.Iteration, s.Label)
		}
	}
}

// A request without a response is followed by conditions about its response: they must not find the one before,
// nor the redirect that led to it, as "status == 200" would then hold after a failure.
func TestFailuresLeaveNoResponse(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/dies", http.StatusFound)
		case "/dies":
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, `{"tag": "s1"}`)
	}))
	defer srv.Close()
	for _, path := range []string{"/${nothing}", "/moved", "/dies"} {
		seen := Step{Mark: "seen", When: condition(t, `status != 0 || json("tag") == "s1" || len(body) > 0 || header("Content-Type") != ""`)}
		samples, _ := runPlan(t, one(srv.URL, 1, Session{}, get(t, "/"), get(t, path), seen))
		if len(samples) != 2 || !samples[1].Failed() {
			t.Errorf("%s: %+v", path, samples)
		}
	}
}

// Behind Basic authentication, a server that redirects with its full address answered 401 from then on.
func TestPasswordOfTheTargetSurvivesRedirects(t *testing.T) {
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "u" || password != "p" {
			w.WriteHeader(http.StatusUnauthorized)
		} else if r.URL.Path == "/" {
			http.Redirect(w, r, srv.URL+"/x", http.StatusFound)
		} else if r.URL.Path == "/x" {
			http.Redirect(w, r, "/y", http.StatusFound)
		}
	}))
	defer srv.Close()
	samples, _ := runPlan(t, one(strings.Replace(srv.URL, "//", "//u:p@", 1), 1, Session{}, get(t, "/")))
	onlyGood(t, samples)
	if s := samples[0]; s.URL != srv.URL+"/y" {
		t.Errorf("the sample shows %q", s.URL)
	}
}

// A blank or a letter beyond ASCII in a request line ends it: the server answered 400 where browsers go on.
func TestLocationsAreEncoded(t *testing.T) {
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.RequestURI)
		if r.URL.Path == "/" {
			w.Header()["Location"] = []string{"/größe 1?q=ä b&r=%20\"<x>"}
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer srv.Close()
	samples, _ := runPlan(t, one(srv.URL, 1, Session{}, get(t, "/")))
	onlyGood(t, samples)
	if want := "/ /gr%C3%B6%C3%9Fe%201?q=%C3%A4%20b&r=%20%22%3Cx%3E"; strings.Join(got, " ") != want {
		t.Errorf("the server saw %q, want %q", got, want)
	}
}

// Recordings are passed on: a session id in a URL lets whoever reads one go on with the session.
func TestURLsShowNoSessionIDs(t *testing.T) {
	for in, want := range map[string]string{
		"http://h/a;jsessionid=secret?x=1":        "http://h/a;jsessionid=***?x=1",
		"http://h/a;v=secret/b;w;sid=secret/c?;y": "http://h/a;v=***/b;w;sid=***/c?;y",
		"http://h/?a=1;b=2":                       "http://h/?a=1;b=2",
	} {
		if got, err := parseTarget(in); err != nil || got.shown != want {
			t.Errorf("%s is shown as %q, want %q (%v)", in, got.shown, want, err)
		}
	}
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		w.Header().Set("X-Token", "secret")
	}))
	defer srv.Close()
	first := get(t, "/first/${iteration}")
	first.Request.Extract = []Extract{{Name: "token", From: extractor(t, "header:X-Token")}}
	target := strings.Replace(srv.URL, "//", "//u:secret@", 1) + "/base/"
	samples, _ := runPlan(t, one(target, 1, Session{}, first, get(t, "/x/${token}?t=${token}&u=${user}#f"), get(t, srv.URL+"/y/${token}")))
	onlyGood(t, samples)
	want := []string{"/base/first/1", "/base/x/${token}?t=${token}&u=${user}", "/y/${token}"}
	for i, s := range samples {
		if s.URL != srv.URL+want[i] {
			t.Errorf("shown as %q, want %q behind the server", s.URL, want[i])
		}
	}
	samples, _ = runPlan(t, one(target, 1, Session{}, first, get(t, "gopher://${token}/")))
	if s := samples[1]; s.Kind != KindVariable || !strings.Contains(s.Failure, "${token}") || strings.Contains(s.Failure, "secret") {
		t.Errorf("a URL that is none: %+v", s)
	}
	if got := strings.Join(asked, " "); got != "/base/first/1 /base/x/secret?t=secret&u=1 /y/secret /base/first/1" {
		t.Errorf("the server saw %s", got)
	}
}

// A clock set forward within a run put samples an hour behind the events of the run, which go by the
// monotonic clock.
func TestSettingTheClockMovesNoSample(t *testing.T) {
	start := time.Now()
	set := start.Add(time.Second)
	*(*uint64)(unsafe.Pointer(&set)) += 3600 << 30 // the wall clock's seconds, beside the monotonic reading
	if set.Sub(start) != time.Second || set.Unix()-start.Unix() < 3600 {
		t.Skip("time.Time is not made like that here")
	}
	r := &Runner{start: start}
	if got := r.at(set).Sub(start.Round(0)); got != time.Second {
		t.Errorf("a sample one second after the start is %v after it", got)
	}
}

// The hundred and first warning was dropped in silence, as if nothing else had been wrong.
func TestWarningsBeyondTheLimitAreCounted(t *testing.T) {
	r := &Runner{warnings: map[string]int{}}
	for i := range 103 {
		r.warn(fmt.Sprintf("w%03d", i))
	}
	r.warn("w000")
	all := r.warned()
	if len(all) != 101 || all[0] != "w000 (2 times)" || all[100] != "and 3 further warnings" {
		t.Errorf("%d: %q … %q", len(all), all[0], all[len(all)-1])
	}
}

// A run that ended early on its own looked like one that somebody interrupted.
func TestStoppedSaysWhy(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	for action, want := range map[ErrorAction]string{StopRun: "GET /x failed and on_error is stop", StopUser: ""} {
		p := one(srv.URL, 5, Session{}, get(t, "/x"))
		p.Groups[0].OnError, p.Groups[0].Users = action, 3
		if _, account := runPlan(t, p); account.Stopped != want {
			t.Errorf("on_error %d: stopped by %q, want %q", action, account.Stopped, want)
		}
	}
}

// A request for which a variable had no value was counted as unsent, thus failed, and as cut: the target
// then seemed to have seen fewer requests than it did.
func TestUnsentIsNotCut(t *testing.T) {
	u := readyUser(t, labPlan(t, labServer(t), 1))
	hard, cut := context.WithCancel(context.Background())
	cut()
	u.hard, u.account = hard, Account{}
	r := *u.script.code[0].request
	r.fixed, r.Request = nil, get(t, "/${nothing}").Request
	u.request(&r, time.Now())
	if a := u.account; a.Unsent != 1 || a.Failed != 1 || a.Cut != 0 || a.Started != 1 {
		t.Errorf("%+v", a)
	}
}

// A run did not begin because a single step's other origin was down, which that step's samples would say.
func TestProbeAsksForTheTarget(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	const down = "http://127.0.0.1:1"
	for _, tt := range []struct {
		target string
		steps  []Step
		good   bool
	}{
		{srv.URL, []Step{get(t, "/"), get(t, down+"/x")}, true},
		{srv.URL, []Step{get(t, "/${user}"), get(t, down+"/x")}, true},
		{srv.URL, []Step{get(t, down+"/x")}, false},
		{down, []Step{get(t, "/${user}"), get(t, srv.URL)}, false},
		{down, []Step{get(t, srv.URL)}, true},
	} {
		p := one(tt.target, 1, Session{}, tt.steps...)
		p.Timeout = 5 * time.Second
		r, err := New(p, &memory{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Probe(context.Background()); (err == nil) != tt.good {
			t.Errorf("%s, %s: %v", tt.target, tt.steps[0].Request.Label, err)
		}
	}
}

// A probe from another address than the users' says nothing of whether they can connect.
func TestProbeConnectsFromTheSource(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	p := one(srv.URL, 1, Session{}, get(t, "/"))
	p.Timeout, p.Route.Sources = 5*time.Second, []netip.Addr{netip.MustParseAddr("192.0.2.1")} // nobody's (RFC 5737)
	r, err := New(p, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Probe(context.Background()); err == nil {
		t.Error("connected from an address that is not ours")
	}
}
