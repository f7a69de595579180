package loadgen

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"
)

// Users are numbered through all groups, also through one without any.
func TestGroupOf(t *testing.T) {
	p := &Plan{Groups: []Group{{Users: 2}, {}, {Users: 3}}}
	for user, want := range []int{0, 0, 0, 2, 2, 2, 2} {
		if got := p.GroupOf(user); got != want {
			t.Errorf("user %d: group %d, want %d", user, got, want)
		}
	}
}

func TestStartOffsets(t *testing.T) {
	ms := time.Millisecond
	for _, tt := range []struct {
		g    Group
		want []time.Duration
	}{
		{Group{Users: 5, RampUp: 2000 * ms}, []time.Duration{0, 400 * ms, 800 * ms, 1200 * ms, 1600 * ms}},
		{Group{Users: 2, RampUp: time.Second}, []time.Duration{0, 500 * ms}},
		{Group{Users: 3}, []time.Duration{0, 0, 0}},
		{Group{Users: 2, RampUp: 100 * ms, StartDelay: time.Second}, []time.Duration{1000 * ms, 1050 * ms}},
	} {
		var got []time.Duration
		for i := range tt.g.Users {
			got = append(got, tt.g.StartOffset(i))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.g, got, tt.want)
		}
	}
}

// A pause that was cut short must leave nothing of its timer to the next one.
func TestSleeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sleeper
		cut, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for _, tt := range []struct {
			ctx     context.Context
			d, took time.Duration
			ok      bool
		}{
			{context.Background(), 3 * time.Second, 3 * time.Second, true},
			{cut, time.Minute, 0, false}, // as cut is over
			{context.Background(), 0, 0, true},
			{context.Background(), 2 * time.Second, 2 * time.Second, true},
			{cut, 0, 0, false},
		} {
			began := time.Now()
			if ok := s.pause(tt.ctx, tt.d); ok != tt.ok || time.Since(began) != tt.took {
				t.Errorf("%v after %v, want %v after %v", ok, time.Since(began), tt.ok, tt.took)
			}
		}
	})
	var s sleeper
	s.pause(context.Background(), 1)
	if n := testing.AllocsPerRun(10, func() { s.pause(context.Background(), 1) }); n != 0 {
		t.Errorf("%v allocations per pause", n)
	}
}

func TestThink(t *testing.T) {
	ms := time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct {
		in          string
		least, most time.Duration
		mean        time.Duration
	}{
		{"100ms", 100 * ms, 100 * ms, 100 * ms},
		{"0s", 0, 0, 0},
		{"uniform 50ms 150ms", 50 * ms, 150 * ms, 100 * ms},
		{"gaussian 100ms 20ms", 0, 300 * ms, 100 * ms},
		{"poisson 100ms 1s", 1040 * ms, 1170 * ms, 1100 * ms},
		{"poisson 900ms 0s", 750 * ms, 1050 * ms, 900 * ms},
		{"poisson 0s 5ms", 5 * ms, 5 * ms, 5 * ms},
	} {
		think, err := ParseThink(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		var sum time.Duration
		const draws = 2000
		for range draws {
			d := think.draw(rng)
			sum += d
			if d < tt.least || d > tt.most {
				t.Fatalf("%q drew %v", tt.in, d)
			}
		}
		if mean := sum / draws; mean < tt.mean-3*ms || mean > tt.mean+3*ms {
			t.Errorf("%q: mean %v", tt.in, mean)
		}
	}
	for _, bad := range []string{"", "5", "fast", "-1s", "2000000h", "uniform 0s 2562047h47m16s", "gaussian 1s 2562047h", "uniform 1s", "uniform 2s 1s", "gaussian 1s", "poisson 1s", "1s 2s"} {
		if _, err := ParseThink(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// fakeResponse is a response to extract from.
type fakeResponse struct {
	body            string
	header, cookies map[string]string
}

func (f fakeResponse) bodyText() string                                 { return f.body }
func (f fakeResponse) jsonField(name string) (value string, known bool) { return "", false }
func (f fakeResponse) headerValue(name string) (string, bool) {
	v, ok := f.header[name]
	return v, ok
}
func (f fakeResponse) headerValues(name string) []string {
	if v, ok := f.header[name]; ok {
		return []string{v}
	}
	return nil
}
func (f fakeResponse) page() *html.Node { return pageOf(nil, f.body) }
func (f fakeResponse) xml() bool        { return strings.HasPrefix(f.body, "<?xml") }
func (f fakeResponse) cookieValue(name string) (string, bool) {
	v, ok := f.cookies[name]
	return v, ok
}

func TestExtractor(t *testing.T) {
	in := fakeResponse{
		body:   `{"tag":"s1","views":12,"null":null,"deep":{"list":[{"id":"x"}]},"tagged":"\u0041\n"}`,
		header: map[string]string{"X-Node": "s2"}, cookies: map[string]string{"SERVERID": "s1|awOau"},
	}
	for _, tt := range []struct {
		in, want string
		ok       bool
	}{
		{"json:tag", "s1", true},
		{"json:views", "12", true},
		{"json:deep.list.0.id", "x", true},
		{"json:tagged", "A\n", true},
		{"json:none", "", false},
		{"json:null", "", false},
		{"regex:\"tag\":\"(.+?)\"", "s1", true},
		{"regex:nothing(.)", "", false},
		{"header:X-Node", "s2", true},
		{"header:X-None", "", false},
		{"cookie:SERVERID", "s1|awOau", true},
		{"cookie:NONE", "", false},
	} {
		x, err := ParseExtractor(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if got, ok := x.find(in); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q, %v", tt.in, got, ok)
		}
	}
	for _, bad := range []string{"", "tag", "json:", "yaml:x", "xpath:[", "css:[", "boundary:x", "json:$[", "regex:(", "regex:no group", "regex:(a)(b)"} {
		if _, err := ParseExtractor(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for value, node := range map[string]string{
		"s1": "s1", "s1~s%3Aabc": "s1", "s1|awOau|awOau": "s1", "s1|awO+/": "s1", "eu|a": "eu|a", "eu|a-b-c": "eu|a-b-c", ".s1": "s1", "web.s1": "web.s1", "": "",
	} {
		if got := cookieNode(value); got != node {
			t.Errorf("cookie %q: node %q, want %q", value, got, node)
		}
	}
}

// Each script is a list of what is set from where, at which second; then what is sent there.
func TestJar(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  []string // "URL line"
		to   string
		want string
	}{
		{"byte for byte", []string{"http://127.0.0.1/ NODESESSID=s%3Aab.c%2B; Path=/; HttpOnly"}, "http://127.0.0.1/", "NODESESSID=s%3Aab.c%2B"},
		{"two cookies", []string{"http://127.0.0.1/ a=1", "http://127.0.0.1/ b=2"}, "http://127.0.0.1/", "a=1; b=2"},
		{"replaced", []string{"http://127.0.0.1/ a=1", "http://127.0.0.1/ a=2"}, "http://127.0.0.1/", "a=2"},
		{"deleted by Max-Age", []string{"http://127.0.0.1/ a=1", "http://127.0.0.1/ a=; Max-Age=0"}, "http://127.0.0.1/", ""},
		{"deleted as HAProxy does", []string{"http://127.0.0.1/ a=1; path=/", "http://127.0.0.1/ a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/"}, "http://127.0.0.1/", ""},
		{"the port plays no part", []string{"http://127.0.0.1:4000/ a=1"}, "http://127.0.0.1:80/", "a=1"},
		{"other path", []string{"http://127.0.0.1/app/x a=1"}, "http://127.0.0.1/", ""},
		{"longer path first", []string{"http://127.0.0.1/ a=1; Path=/", "http://127.0.0.1/ b=2; Path=/app"}, "http://127.0.0.1/app/", "b=2; a=1"},
		{"quoted value", []string{`http://127.0.0.1/ a="x y"`}, "http://127.0.0.1/", `a="x y"`},
		{"other host", []string{"http://127.0.0.1/ a=1"}, "http://127.0.0.2/", ""},
	} {
		var j jar
		j.clear()
		for _, s := range tt.set {
			url, line, _ := strings.Cut(s, " ")
			from, err := parseTarget(url)
			if err != nil {
				t.Fatal(err)
			}
			j.at(from) // so that what was given before is there to be forgotten
			if err := j.set(from, line); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		to, err := parseTarget(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := j.at(to).field; got != tt.want {
			t.Errorf("%s: sent %q, want %q", tt.name, got, tt.want)
		}
		j.clear()
		if got := j.at(to).field; got != "" {
			t.Errorf("%s: sent %q after clear", tt.name, got)
		}
	}
}

// A value given before must not outlive the cookie: JMeter sends expired cookies for ever.
func TestJarForgetsExpiredCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j jar
		j.clear()
		to, _ := parseTarget("http://127.0.0.1/")
		date := time.Now().Add(100 * time.Second).UTC().Format(http.TimeFormat)
		for _, line := range []string{"keep=1", "short=1; Max-Age=10", "dated=1; Expires=" + date, "long=1; Max-Age=1000"} {
			if err := j.set(to, line); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Microsecond)
		}
		for _, tt := range []struct {
			after time.Duration
			want  string
		}{
			{0, "keep=1; short=1; dated=1; long=1"},
			{10*time.Second - 5*time.Microsecond, "keep=1; short=1; dated=1; long=1"},
			{5 * time.Microsecond, "keep=1; dated=1; long=1"}, // at once, and not before others ask
			{89 * time.Second, "keep=1; dated=1; long=1"},
			{2 * time.Second, "keep=1; long=1"},
			{time.Hour, "keep=1"},
		} {
			time.Sleep(tt.after)
			if got := j.at(to).field; got != tt.want {
				t.Errorf("%v later: %q, want %q", tt.after, got, tt.want)
			}
		}
		if len(j.cookies) != 1 || !j.next.IsZero() {
			t.Errorf("in the end: %v, next %v", j.cookies, j.next)
		}
	})
}

// The jar's last response is for its target alone, and until something changes.
func TestJarRemembersItsLastResponse(t *testing.T) {
	var j jar
	j.clear()
	a, _ := parseTarget("http://127.0.0.1/a/x")
	b, _ := parseTarget("http://127.0.0.1/b/x")
	again, _ := parseTarget("http://127.0.0.1/a/x")
	want := func(to *target, field string) {
		t.Helper()
		if got := j.at(to).field; got != field {
			t.Errorf("%s: %q, want %q", to.path, got, field)
		}
	}
	want(a, "")
	j.set(a, "n=1")
	want(a, "n=1")
	want(b, "")
	want(a, "n=1")
	want(again, "n=1")
	j.set(b, "m=1; Path=/")
	want(again, "n=1; m=1")
	want(b, "m=1")
	j.set(a, "n=; Max-Age=0")
	want(b, "m=1")
	want(a, "m=1")
	j.clear()
	want(a, "")
	j.set(a, "x=1; Domain=example.org") // which is refused
	want(a, "")
}

// Cookies that the jar refuses lose sessions in silence elsewhere: they must be told, without their values.
func TestJarTellsWhatItRefuses(t *testing.T) {
	to, _ := parseTarget("http://app.example.com/")
	for _, line := range []string{
		"a=secret; Domain=other.example.org", "a=secret; Domain=com", "a=secret; Secure",
	} {
		var j jar
		j.clear()
		err := j.set(to, line)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", line, err)
		}
	}
	var j jar
	j.clear()
	for _, line := range []string{"a=1; Domain=example.com", "b=1; Path=/app", "c=; Max-Age=0; Domain=other.org"} {
		if err := j.set(to, line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestTarget(t *testing.T) {
	for _, tt := range []struct{ in, path, shown, address string }{
		{"http://127.0.0.1", "/", "http://127.0.0.1/", "127.0.0.1:80"},
		// As browsers read them (WHATWG URL Standard).
		{"http://münchen.test:18080/ä?ä", "/%C3%A4?%C3%A4", "http://xn--mnchen-3ya.test:18080/%C3%A4?%C3%A4", "xn--mnchen-3ya.test:18080"},
		{"HTTP://EXAMPLE.com:080/a/../b", "/b", "http://example.com/b", "example.com:80"},
		{"http://127.1/", "/", "http://127.0.0.1/", "127.0.0.1:80"},
		{"http://0x7f000001/", "/", "http://127.0.0.1/", "127.0.0.1:80"},
		{"http://[0:0::1]/", "/", "http://[::1]/", "[::1]:80"},
		{"http://a/sale-50%-off?q=100%", "/sale-50%-off?q=100%", "http://a/sale-50%-off?q=100%", "a:80"},
		{`http:\\a\b c`, "/b%20c", "http://a/b%20c", "a:80"},
		{"http://a/%2e%2E/x;id=1?'", "/x;id=1?%27", "http://a/x;id=***?%27", "a:80"},
		{"https://u:p@[::1]:8443/a%20b?x=1#f", "/a%20b?x=1", "https://[::1]:8443/a%20b?x=1", "[::1]:8443"},
		{"https://example.com/", "/", "https://example.com/", "example.com:443"},
	} {
		got, err := parseTarget(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if got.path != tt.path || got.shown != tt.shown || got.origin.Address() != tt.address {
			t.Errorf("%q: %q %q %q", tt.in, got.path, got.shown, got.origin.Address())
		}
	}
	for _, bad := range []string{"", "/x", "ftp://x/", "http://", "127.0.0.1:80", "http://x:y/", "http://x:99999/", "http://a b/", "http://1.2.3.4.5/", "http://xn--a/"} {
		if _, err := parseTarget(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// Cookies of one name that differ only in the path or host they came from are different cookies: taken for
// one, deleting the second let the first be sent for ever.
func TestJarTellsExpiriesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, other := range []string{"http://127.0.0.1/b/x", "http://127.0.0.2/a/x"} {
			var j jar
			j.clear()
			first, _ := parseTarget("http://127.0.0.1/a/x")
			second, _ := parseTarget(other)
			for _, set := range []struct {
				to   *target
				line string
			}{{first, "n=1; Max-Age=10"}, {second, "n=2; Max-Age=20"}, {second, "n=; Max-Age=0"}} {
				if err := j.set(set.to, set.line); err != nil {
					t.Fatal(err)
				}
			}
			if !j.next.Equal(time.Now().Add(10 * time.Second)) {
				t.Errorf("%s: the first ends at %v", other, j.next)
			}
		}
	})
	var j jar
	j.clear()
	to, _ := parseTarget("http://127.0.0.1/")
	for i := range 1000 { // renewed with every response, as sessions are
		j.set(to, fmt.Sprintf("n=1; Max-Age=%d; Path=/", 1000+i))
	}
	if len(j.cookies) != 1 {
		t.Errorf("%d cookies are kept of one", len(j.cookies))
	}
}

// FuzzThink: a pause that is taken is one, however often it is drawn. One of 292 years panicked.
func FuzzThink(f *testing.F) {
	for _, s := range []string{"100ms", "uniform 0s 87600h", "gaussian 87600h 87600h", "uniform 1ns 1ns", "0"} {
		f.Add(s, uint64(1))
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		think, err := ParseThink(s)
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for range 20 {
			if d := think.draw(rng); d < 0 || d > Longest {
				t.Fatalf("%q: a pause of %v", s, d)
			}
		}
	})
}
