package loadgen

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestRoutes(t *testing.T) {
	var seen sync.Map
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		seen.Store(client, r.Host)
	}))
	defer srv.Close()
	address := strings.TrimPrefix(srv.URL, "http://")
	_, port, _ := net.SplitHostPort(address)
	sources := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
	for name, tt := range map[string]struct {
		target  string
		route   Route
		clients map[string]string // Host by address
	}{
		"connect to": {"http://app.example:81", Route{ConnectTo: address}, map[string]string{"127.0.0.1": "app.example:81"}},
		"resolve":    {"http://app.example:" + port, Route{Resolve: map[string]string{"app.example:" + port: address}}, map[string]string{"127.0.0.1": "app.example:" + port}},
		"sources":    {srv.URL, Route{Sources: sources}, map[string]string{"127.0.0.1": address, "127.0.0.2": address}},
	} {
		t.Run(name, func(t *testing.T) {
			if len(tt.route.Sources) > 0 && !canListen("127.0.0.2") {
				t.Skip("127.0.0.2 is no address here")
			}
			seen.Clear()
			_, account := runPlan(t, &Plan{Target: tt.target, Route: tt.route, Groups: []Group{{Name: "g", Users: 4, Iterations: 1, Steps: []Step{get(t, "/")}}}})
			if account.OK != 4 {
				t.Errorf("%+v", account)
			}
			clients := map[string]string{}
			seen.Range(func(client, host any) bool { clients[client.(string)] = host.(string); return true })
			if fmt.Sprint(clients) != fmt.Sprint(tt.clients) {
				t.Errorf("the server saw %v, want %v", clients, tt.clients)
			}
		})
	}
}

func canListen(host string) bool {
	l, err := net.Listen("tcp", host+":0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

// proxy is an HTTP proxy that wants a password.
func proxy(t *testing.T, seen *sync.Map) *url.URL {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Method+" "+r.RequestURI, true)
		if r.Header.Get("Proxy-Authorization") != "Basic dTpw" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			io.WriteString(w, "from the proxy")
			return
		}
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, _ := http.NewResponseController(w).Hijack()
		io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(there, here); there.Close() }()
		io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(srv.Close)
	u, err := ParseProxy(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("u", "p")
	return u
}

func TestProxy(t *testing.T) {
	var seen sync.Map
	u := proxy(t, &seen)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's password went through the tunnel")
		}
	}))
	defer srv.Close()
	insecure := &tls.Config{InsecureSkipVerify: true}
	run := func(target string, u *url.URL) ([]Sample, Account) {
		return runPlan(t, &Plan{Target: target, TLS: insecure, Route: Route{Proxy: u}, Groups: []Group{{
			Name: "g", Users: 1, Iterations: 2, Steps: []Step{get(t, "/x?y=1")}}}})
	}
	if _, a := run("http://app.example", u); a.OK != 2 || a.Connections != 1 {
		t.Errorf("http: %+v", a)
	}
	if s, a := run(srv.URL, u); a.OK != 2 || a.Connections != 1 {
		t.Errorf("https: %+v, %s", a, s[0].Failure)
	}
	for _, want := range []string{"GET http://app.example/x?y=1", "CONNECT " + strings.TrimPrefix(srv.URL, "https://")} {
		if _, ok := seen.Load(want); !ok {
			t.Errorf("the proxy did not see %s", want)
		}
	}
	stranger := *u
	stranger.User = nil
	if s, _ := run(srv.URL, &stranger); s[0].Kind != KindConnect || !strings.HasSuffix(s[0].Failure, "407 Proxy Authentication Required") {
		t.Errorf("without the password: %q %s", s[0].Kind, s[0].Failure)
	}
	if s, _ := run("https://127.0.0.1:1", u); s[0].Kind != KindConnect {
		t.Errorf("to nowhere: %q %s", s[0].Kind, s[0].Failure)
	}
}

func TestRouteWords(t *testing.T) {
	for in, want := range map[string]string{
		"Example.com:443:127.0.0.1": "example.com:443 127.0.0.1:443", "münchen.test:80:127.0.0.1": "xn--mnchen-3ya.test:80 127.0.0.1:80", "[::1]:80:[::2]": "[::1]:80 [::2]:80", "a:80:::2": "a:80 [::2]:80",
		"a:80": "", "a:b:127.0.0.1": "", "a:80:b": "", ":80:127.0.0.1": "", "": "", "a:0:127.0.0.1": "",
	} {
		from, to, err := ParseResolve(in)
		if got := strings.TrimSpace(from + " " + to); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, ok := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "host": false, "host:": false, ":80": false, "host:x": false} {
		if _, err := ParseConnectTo(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
	for in, ok := range map[string]bool{"http://a:3128": true, "http://u:p@a": true, "https://a": false, "a:3128": false, "socks5://a": false, "http://a/x": false, "http://": false} {
		if _, err := ParseProxy(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestCheckLimits(t *testing.T) {
	check := func(users int, sources ...string) string {
		plan := &Plan{Target: "http://127.0.0.1:1", Groups: []Group{{Name: "g", Users: users, Iterations: 1, Steps: []Step{get(t, "/")}}}}
		for _, s := range sources {
			plan.Route.Sources = append(plan.Route.Sources, netip.MustParseAddr(s))
		}
		r, err := New(plan, Sinks{})
		if err != nil {
			t.Fatal(err)
		}
		if err = r.CheckLimits(); err != nil {
			return err.Error()
		}
		return ""
	}
	if got := check(100); got != "" {
		t.Error(got)
	}
	if got := check(1, "192.0.2.1"); got != "192.0.2.1 is not an address of this machine" {
		t.Error(got)
	}
	files, ports := openFiles(), localPorts()
	if files == 0 || files > 200_000 {
		t.Skipf("%d files may be open", files)
	}
	if got := check(int(files)); !strings.Contains(got, fmt.Sprintf("may have %d files open: raise the limit with ulimit -n %d", files, files+spareFiles)) {
		t.Error(got)
	}
	if ports > 0 && uint64(ports+1+spareFiles) < files {
		if got := check(ports + 1); !strings.Contains(got, "--source") {
			t.Error(got)
		}
	}
}

// FuzzRoute: what is taken for an address is one, and reads as the same again.
func FuzzRoute(f *testing.F) {
	for _, s := range []string{"example.com:443:127.0.0.1", "[::1]:80:[::2]", "münchen.test:80:::1", "127.0.0.1:80", "http://u:p@h:1/", "http://u%40:p%3a%2f@[::1]", "http://münchen.test:065"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if from, to, err := ParseResolve(s); err == nil {
			for _, address := range []string{from, to} {
				if again, err := ParseConnectTo(address); err != nil || again != address {
					t.Errorf("%q: %q reads as %q, %v", s, address, again, err)
				}
			}
		}
		if to, err := ParseConnectTo(s); err == nil {
			if _, port, err := net.SplitHostPort(to); err != nil || !validPort(port) {
				t.Errorf("%q: %q", s, to)
			}
		}
		if u, err := ParseProxy(s); err == nil {
			again, err := ParseProxy(u.String())
			if u.Scheme != "http" || u.Hostname() == "" || u.Port() != "" && !validPort(u.Port()) || err != nil || again.String() != u.String() {
				t.Errorf("%q: %v reads as %v, %v", s, u, again, err)
			}
		}
	})
}
