package probe

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// Lines that Go's own parser drops or changes are read as browsers read them.
func TestSetCookieAsBrowsersReadIt(t *testing.T) {
	for _, test := range []struct {
		line, name, value, path string
		deletes                 bool
	}{
		{line: "SERVERID=s1; path=/", name: "SERVERID", value: "s1", path: "/"},
		{line: "a=b c,d", name: "a", value: "b c,d"},
		{line: ` a = "q" ;PATH=/x;MAX-AGE=60`, name: "a", value: `"q"`, path: "/x"},
		{line: "SERVERID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/", name: "SERVERID", path: "/", deletes: true},
		{line: "a=1; expires=Thu, 26-Nov-26 11:59:59 GMT", name: "a", value: "1", deletes: true},
		{line: "a=1; expires=Thursday, 26-Nov-26 12:59:59 GMT", name: "a", value: "1"},
		{line: "a=1; expires=Thu, 26 Nov 2020 11:59:59 GMT; max-age=5", name: "a", value: "1"},
		{line: "a=1; max-age=0", name: "a", value: "1", deletes: true},
		{line: "a=1; expires=soon", name: "a", value: "1"},
		{line: "a=1; path=relative", name: "a", value: "1"},
		{line: "a=b=c", name: "a", value: "b=c"},
	} {
		c, ok := parseSetCookie(test.line)
		if !ok || c.Name != test.name || c.Value != test.value || c.Path != test.path || c.deletes(noon) != test.deletes {
			t.Errorf("%s: %+v, deletes %v, ok %v", test.line, c, c.deletes(noon), ok)
		}
	}
	for _, line := range []string{"", "no sign", "=value", " ; path=/"} {
		if c, ok := parseSetCookie(line); ok {
			t.Errorf("%q: %+v, want none", line, c)
		}
	}
}

func TestCookiesThatBrowsersRefuse(t *testing.T) {
	for _, test := range []struct {
		line    string
		https   bool
		refused bool
	}{
		{"a=1; Secure", false, true},
		{"a=1; Secure", true, false},
		{"a=1; SameSite=None", true, true},
		{"a=1; SameSite=None; Secure", true, false},
		{"a=1; Domain=example.org", true, false},
		{"a=1; Domain=.shop.example.org", true, false},
		{"a=1; Domain=op.example.org", true, true},
		{"a=1; Domain=example.com", true, true},
		{"__Host-a=1; Secure; Path=/", true, false},
		{"__Host-a=1; Secure; Path=/x", true, true},
		{"__Secure-a=1", true, true},
	} {
		c, _ := parseSetCookie(test.line)
		if why := c.refusal("shop.example.org", test.https); (why != "") != test.refused {
			t.Errorf("%s, https %v: refused %q", test.line, test.https, why)
		}
	}
}

func TestJar(t *testing.T) {
	var j jar
	take := func(path string, lines ...string) {
		e := &Exchange{Path: path}
		for _, line := range lines {
			e.Header = append(e.Header, Pair{"set-cookie", line})
		}
		j.take(e, "h", false, noon)
	}
	take("/shop/cart?x=/y", "own=1", "all=1; Path=/", "secure=1; Secure", "deep=1; Path=/shop/cart")
	take("/shop/cart", "all=2; Path=/")
	for _, test := range []struct {
		path string
		want []Pair
	}{
		{"/", []Pair{{"all", "2"}}},
		{"/shop", []Pair{{"own", "1"}, {"all", "2"}}},
		{"/shop/cart/3?y", []Pair{{"deep", "1"}, {"own", "1"}, {"all", "2"}}},
		{"/shopping", []Pair{{"all", "2"}}},
	} {
		if d := cmp.Diff(test.want, j.cookies(test.path)); d != "" {
			t.Errorf("%s (-want +got)\n%s", test.path, d)
		}
	}
	take("/", "all=; Max-Age=0; Path=/")
	if got := j.cookies("/"); len(got) > 0 {
		t.Errorf("deleted, and yet %v", got)
	}
}

// The vendors' own examples.
func TestAddressesThatCookiesGiveAway(t *testing.T) {
	for value, want := range map[string]string{
		"1677787402.36895.0000":                        "10.1.1.100:8080",
		"rd5o00000000000000000000ffffc0000201o80":      "192.0.2.1:80",
		"vi20010112000000000000000000000030.20480":     "[2001:112::30]:80",
		"MS4yLjMuNDo4MA==":                             "1.2.3.4:80",
		"http://10.0.0.7:8080":                         "10.0.0.7:8080",
		"ffffffff09081e1945525d5f4f58455e445a4a423660": "10.0.0.8:80",
		"s1": "", "1677787402.36895.1": "", "rd5o00o80": "", "vi12.x": "", "ffffffff": "", "": "",
	} {
		got, ok := decodeAddress(value)
		if ok != (want != "") || ok && got != netip.MustParseAddrPort(want) {
			t.Errorf("%q: %v %v, want %q", value, got, ok, want)
		}
	}
}

func FuzzSetCookie(f *testing.F) {
	f.Add("SERVERID=s1; path=/; expires=Thu, 26-Nov-26 11:59:59 GMT; secure")
	f.Fuzz(func(t *testing.T, line string) {
		e := &Exchange{Path: "/a/b", Header: []Pair{{"Set-Cookie", line}}}
		var j jar
		j.take(e, "h", true, noon)
		c, ok := parseSetCookie(line)
		if len(j.cookies("/a/b")) > 0 && (!ok || c.Name == "") {
			t.Errorf("%q: kept, but not read", line)
		}
	})
}
