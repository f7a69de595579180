package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func at(t testing.TB, url string) *target {
	t.Helper()
	to, err := parseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// sentTo is what goes to "to" after the lines were set from "from".
func sentTo(t *testing.T, from, to string, lines ...string) string {
	t.Helper()
	var j jar
	for _, line := range lines {
		if err := j.set(at(t, from), line); err != nil {
			return err.Error()
		}
	}
	return j.at(at(t, to)).field
}

// What servers set and net/http refuses: browsers and curl send it all back (RFC 6265bis §5.6), and without it the
// sessions behind it are lost.
func TestCookiesOfOddNamesAndValues(t *testing.T) {
	for line, want := range map[string]string{
		"ns:sid=1; Path=/": "ns:sid=1", "cart[id]=2": "cart[id]=2", `prefs={"a":1}`: `prefs={"a":1}`, "city=Zürich": "city=Zürich",
		`path=a\b`: `path=a\b`, "a b = c d ;x": "a b=c d", "nameless": "nameless", "=nameless": "nameless", "a=b=c": "a=b=c",
		"a=1;;; ;Path": "a=1", "a=\"x;y\"": "a=\"x", "a=1\tx": "a=1\tx", "a=" + strings.Repeat("x", 4095): "a=" + strings.Repeat("x", 4095),
		"a=1; Max-Age=x; Expires=soon; Domain=; SameSite=Odd": "a=1", "a=1; domain=LOCALHOST": "a=1",
	} {
		if got := sentTo(t, "http://localhost/", "http://localhost/", line); got != want {
			t.Errorf("%q: %q is sent, want %q", line, got, want)
		}
	}
}

func TestCookiesRefused(t *testing.T) {
	for _, tt := range []struct{ from, line, want string }{
		{"http://a.example.com/", "a=secret; Domain=other.example.org", `cookie "a" was not kept: its domain "other.example.org" is not one that a.example.com may set`},
		{"http://a.example.com/", "a=secret; Domain=com", `cookie "a" was not kept: its domain "com" is a public suffix`},
		{"http://a.example.com/", "a=secret; Secure", `cookie "a" was not kept: it is marked Secure and came over http`},
		{"http://a.example.com/", "a=sec\x01ret", `cookie "a" was not kept: a control character is in it`},
		{"http://a.example.com/", "a=" + strings.Repeat("secret", 1000), `cookie "a" was not kept: it has more than 4096 bytes`},
		{"http://a.example.com/", "secret; Domain=x.org", `a cookie without a name was not kept: its domain "x.org" is not one that a.example.com may set`},
		{"http://a.example.com/", " ; Path=/", "an empty cookie was not kept"},
		{"http://a.example.com/", "__Secure-a=secret", `cookie "__Secure-a" was not kept: its name is for cookies marked Secure`},
		{"https://a.example.com/x/", "__Host-a=secret; Secure", `cookie "__Host-a" was not kept: its name is for cookies of one host, with Path=/ and without Domain`},
		{"https://a.example.com/", "__host-secret; Secure", "a cookie without a name was not kept: it has no name, and its value begins as names of secure cookies do"},
		{"https://a.example.com/", "__Host-a=secret; Secure", `cookie "__Host-a" was not kept: its name is for cookies of one host, with Path=/ and without Domain`},
		{"http://127.0.0.1/", "a=secret; SameSite=None", `cookie "a" was not kept: SameSite=None is for cookies marked Secure`},
		{"https://a.example.com/", "a=secret; Partitioned", `cookie "a" was not kept: Partitioned is for cookies marked Secure`},
		{"http://a.example.com/", "a=secret; Domain=example.com:80", `cookie "a" was not kept: its domain "example.com:80" is not one that a.example.com may set`},
		{"http://127.0.0.1/", "a=secret; Domain=0.0.1", `cookie "a" was not kept: its domain "0.0.1" is not one that 127.0.0.1 may set`},
	} {
		if got := sentTo(t, tt.from, tt.from, tt.line); got != tt.want || strings.Contains(got, "ecret;") {
			t.Errorf("%q: %s, want %s", tt.line[:min(40, len(tt.line))], got, tt.want)
		}
	}
}

func TestWhereCookiesGo(t *testing.T) {
	for _, tt := range []struct{ from, line, to, want string }{
		{"http://a.example.com/", "a=1; Domain=.Example.COM", "http://b.example.com/", "a=1"},
		{"http://a.example.com/", "a=1", "http://b.a.example.com/", ""},
		{"http://a.example.com/", "a=1; Domain=a.example.com", "http://b.a.example.com/", "a=1"},
		{"http://xample.com/", "a=1; Domain=xample.com", "http://example.com/", ""},
		{"http://com/", "a=1; Domain=com", "http://x.com/", ""},
		{"http://com/", "a=1; Domain=com", "http://com/", "a=1"},
		{"http://127.0.0.1/", "a=1; Domain=127.0.0.1", "http://127.0.0.1/", "a=1"},
		{"http://münchen.test/", "a=1; Domain=MÜNCHEN.test", "http://xn--mnchen-3ya.test/", "a=1"},
		{"http://h/a/b", "a=1", "http://h/a/c", "a=1"},
		{"http://h/a/b", "a=1", "http://h/ab", ""},
		{"http://h/a/b", "a=1; Path=/a/b", "http://h/a/b", "a=1"},
		{"http://h/a/b", "a=1; Path=/a/b", "http://h/a/bc", ""},
		{"http://h/", "a=1; Path=/a/", "http://h/a", ""},
		{"http://h/", "a=1; Path=a", "http://h/", "a=1"},
		{"https://h/", "a=1; Secure", "http://h/", ""},
		{"http://127.0.0.2/", "a=1; Secure", "http://127.0.0.2/", "a=1"},
		{"http://h:81/", "a=1", "https://h:444/", "a=1"},
	} {
		if got := sentTo(t, tt.from, tt.to, tt.line); got != tt.want {
			t.Errorf("%q from %s: %q goes to %s, want %q", tt.line, tt.from, got, tt.to, tt.want)
		}
	}
}

// A cookie that is refused deletes nothing: a host's session ended by one for another domain.
func TestRefusedCookiesDeleteNothing(t *testing.T) {
	for _, line := range []string{"sid=; Domain=other.org; Max-Age=0", "sid=; Domain=com; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid=; Secure; Max-Age=0"} {
		if got := sentTo(t, "http://a.example.com/", "http://a.example.com/", "sid=1", line); got != "sid=1" {
			t.Errorf("%s: %q is sent", line, got)
		}
	}
}

// http may not take the place of what https set.
func TestSecureCookiesAreLeftAlone(t *testing.T) {
	var j jar
	secure, plain := at(t, "https://h.example.com/x"), at(t, "http://h.example.com/x")
	if err := j.set(secure, "a=1; Secure; Path=/"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"a=2", "a=2; Domain=example.com; Path=/x"} {
		if err := j.set(plain, line); err == nil || !strings.Contains(err.Error(), "Secure") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if got := j.at(secure).field; got != "a=1" {
		t.Errorf("%q is sent", got)
	}
}

// A date that is not understood leaves a session open that has logged out.
func TestCookieDates(t *testing.T) {
	for date, want := range map[string]int64{
		"Thu, 01-Jan-70 00:00:00 GMT": 0, "Sunday, 06-Nov-94 08:49:37 GMT": 784111777, "Thu Jan  1 00:00:00 1970": 0,
		"Thu, 1 Jan 1970 00:00:00 GMT": 0, "Thu Jan 01 1970 00:00:00 GMT+0000 (UTC)": 0, "thu, 01 jan 1970 00:00:00 gmt": 0,
		`"Thu, 01 Jan 1970 00:00:00 GMT"`: 0, "1 January 2000 0:0:1": 946684801, "00:00:00 1970 1 jan": 0, "01-01-1970": -1,
		"31 Feb 2020 00:00:00": -1, "1 Jan 1600 00:00:00": -1, "1 Jan 1970 24:00:00": -1, "1 Jan 1970 00:60:00": -1, "1 Jan 1970": -1,
		"1 Jan 69 00:00:00": 3124224000, "1 Jan 1970 00:00:00x": 0, "": -1, "1 J 1970 00:00:00": -1, "1 Jan 19700 00:00:00": -1,
	} {
		got, ok := cookieDate(date)
		if ok != (want >= 0) || ok && got.Unix() != want {
			t.Errorf("%q: %v (%d), %v; want %d", date, got, got.Unix(), ok, want)
		}
		if want == 0 {
			if sent := sentTo(t, "http://h/", "http://h/", "sid=in", "sid=out; Expires="+date); sent != "" {
				t.Errorf("%q: %q is sent after it was deleted", date, sent)
			}
		}
	}
}

func TestMaxAge(t *testing.T) {
	for age, want := range map[string]string{
		"31536000000": "a=1", "9999999999": "a=1", "9223372037": "a=1", "9223372036": "a=1", strings.Repeat("9", 30): "a=1", "0060": "a=1",
		"0": "", "-1": "", "-" + strings.Repeat("9", 30): "", "-": "a=1", "1x": "a=1", "": "a=1", "+1": "a=1",
	} {
		if got := sentTo(t, "http://h/", "http://h/", "a=1; Max-Age="+age); got != want {
			t.Errorf("%s: %q is sent, want %q", age, got, want)
		}
	}
}

// A server that sets cookies without end took time that grew with their square.
func TestManyCookies(t *testing.T) {
	var j jar
	to := at(t, "http://127.0.0.1/")
	began, told := time.Now(), ""
	for i := range 20_000 {
		if err := j.set(to, fmt.Sprintf("c%d=%d; Max-Age=1000", i, i)); err != nil {
			told = err.Error()
		}
	}
	if n := len(j.cookies); n < keptOfDomain || n > mostOfDomain || !strings.Contains(j.at(to).field, "c19999=") {
		t.Errorf("%d cookies are kept", n)
	}
	if told != "127.0.0.1 set more than 180 cookies: the oldest were dropped, as browsers do" || time.Since(began) > 10*time.Second {
		t.Errorf("%s, after %v", told, time.Since(began))
	}
}

// FuzzCookie: whatever a server sets, what goes back is one line, and nothing of it goes elsewhere.
func FuzzCookie(f *testing.F) {
	for _, line := range []string{"a=1", "a=1; Path=/x; Domain=example.com; Secure; Max-Age=5; Expires=Thu, 01-Jan-70 00:00:00 GMT", "=;=", "\xff=\xff", "a=\x00"} {
		f.Add(line)
	}
	from, other := at(f, "https://a.example.com/x/y"), at(f, "https://other.example.org/x/y")
	f.Fuzz(func(t *testing.T, line string) {
		var j jar
		if err := j.set(from, line); err != nil && len(j.cookies) > 0 {
			t.Errorf("kept in spite of %v", err)
		}
		if field := j.at(from).field; strings.ContainsAny(field, "\r\n\x00;") {
			t.Errorf("%q is sent", field)
		}
		if field := j.at(other).field; field != "" {
			t.Errorf("%q goes to another site", field)
		}
		if d, ok := cookieDate(line); ok && (d.Year() < 1601 || d.Year() > 9999) {
			t.Errorf("the date is %v", d)
		}
	})
}

// FuzzURL: a URL is read the same again, and the short way is that of the standard.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://münchen.test/", "/a?b=%zz", "//x", "\\\\x", "/%2e%2e/x", "/?", "http://a@b:c@d:1/", "/a'b^c|d", "//\u0130!"} {
		f.Add(s)
	}
	base := at(f, "http://a.example.com:81/x/y")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := base.follow(s)
		if err != nil {
			return
		}
		again, err := parseTarget(n.base() + n.path)
		if err != nil && strings.Contains(n.authority, "xn--") {
			return // a name of letters and signs, which is taken as it was written but not in Punycode: no server has it
		}
		if err != nil || again.origin != n.origin || again.path != n.path {
			t.Errorf("%q is read as %q, and that as %+v, %v", s, n.base()+n.path, again, err)
		}
		if strings.ContainsAny(n.path+n.authority, " \r\n\x00") || n.path[0] != '/' {
			t.Errorf("%q is asked for", n.path)
		}
		if u, err := urls.ParseRef(base.base()+base.path, s); err != nil || requestTarget(u) != n.path {
			t.Errorf("%q: %q the short way, %v the standard's", s, n.path, u)
		}
	})
}
