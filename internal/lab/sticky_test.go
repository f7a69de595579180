package lab

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What HAProxy 2.6.12 made of these cookies, its spelling included. The node sets SERVERID=own,
// NODESESSID=app and x=1 each time.
func TestCookies(t *testing.T) {
	const app = "NODESESSID=app%3A1; Path=/; HttpOnly"
	for _, test := range []struct {
		directive, cookie    string
		wanted, toNode, user string // user: without x=1, " | " between cookies
	}{
		{"insert indirect nocache", "", "", "", app + " | SERVERID=s1; path=/ | private"},
		{"insert indirect nocache", "a=b; SERVERID=s1; c=d", "s1", "a=b; c=d", app},
		{"insert indirect nocache", "SERVERID=s1", "s1", "", app},
		{"insert indirect nocache", "SERVERID=zz; e=f", "zz", "e=f", app + " | SERVERID=s1; path=/ | private"},
		{"insert indirect", "SERVERID=s1; SERVERID=zz", "s1", "", app},
		{"insert", "SERVERID=s1; a=b", "s1", "SERVERID=s1; a=b", app},
		{"insert", "SERVERID=zz", "zz", "SERVERID=zz", app + " | SERVERID=s1; path=/"},
		{"insert httponly secure", "", "", "", app + " | SERVERID=s1; path=/; HttpOnly; Secure"},
		{"insert indirect nocache preserve", "", "", "", "SERVERID=own; path=/ | " + app},
		{"insert postonly", "", "", "", app},
		{"prefix nocache", "NODESESSID=s1~v1; g=h", "s1", "NODESESSID=v1; g=h", "SERVERID=own; path=/ | NODESESSID=s1~app%3A1; Path=/; HttpOnly"},
		{"prefix", "g=h; NODESESSID=zz~v1", "zz", "g=h; NODESESSID=v1", "SERVERID=own; path=/ | NODESESSID=s1~app%3A1; Path=/; HttpOnly"},
		{"prefix", "NODESESSID=plain", "", "NODESESSID=plain", "SERVERID=own; path=/ | NODESESSID=s1~app%3A1; Path=/; HttpOnly"},
		{"rewrite", "NODESESSID=s1", "s1", "NODESESSID=s1", "SERVERID=own; path=/ | NODESESSID=s1; Path=/; HttpOnly"},
		{"rewrite", "", "", "", "SERVERID=own; path=/ | NODESESSID=s1; Path=/; HttpOnly"},
	} {
		name := "SERVERID"
		if !strings.HasPrefix(test.directive, "insert") {
			name = "NODESESSID"
		}
		t.Run(test.directive+"/"+test.cookie, func(t *testing.T) {
			s, problems := parseSticky("cookie "+name+" "+test.directive, true)
			if problems != nil {
				t.Fatal(problems)
			}
			request := http.Header{}
			if test.cookie != "" {
				request.Set("Cookie", test.cookie)
			}
			if wanted := s.fromUser(request); wanted != test.wanted {
				t.Errorf("names server %q, want %q", wanted, test.wanted)
			}
			if toNode := strings.Join(request["Cookie"], "|"); toNode != test.toNode {
				t.Errorf("the node gets %q, want %q", toNode, test.toNode)
			}
			response := http.Header{"Set-Cookie": {"SERVERID=own; path=/", app, "x=1"}, "Etag": {"x"}}
			s.toUser(responseTo(http.MethodGet, http.StatusOK, response), "s1", test.wanted == "s1")
			got := strings.Join(append(response["Set-Cookie"], response["Cache-Control"]...), " | ")
			if got = strings.Replace(got, " | x=1", "", 1); got != test.user {
				t.Errorf("the user gets\n\t%s, want\n\t%s", got, test.user)
			}
		})
	}
}

func TestPostOnlyInsertsIntoResponsesToPost(t *testing.T) {
	s, _ := parseSticky("cookie SERVERID insert postonly", true)
	h := http.Header{}
	s.toUser(responseTo(http.MethodPost, http.StatusOK, h), "s1", false)
	if got := h.Get("Set-Cookie"); got != "SERVERID=s1; path=/" {
		t.Error(got)
	}
}

func responseTo(method string, status int, h http.Header) *http.Response {
	return &http.Response{StatusCode: status, Header: h, Request: &http.Request{Method: method}}
}

// Of a response that no cache keeps, nocache tells the caches nothing.
func TestNocacheOnlyMarksWhatCouldBeCached(t *testing.T) {
	for _, test := range []struct {
		method string
		status int
		field  string
		value  string
		want   string
	}{
		{"GET", 200, "Etag", "x", "private"},
		{"HEAD", 200, "Etag", "x", "private"},
		{"OPTIONS", 200, "Etag", "x", "private"},
		{"POST", 200, "Etag", "x", ""},
		{"PUT", 200, "Etag", "x", ""},
		{"GET", 404, "Last-Modified", "x", "private"},
		{"GET", 200, "Expires", "x", "private"},
		{"GET", 302, "Etag", "x", ""},
		{"GET", 500, "Etag", "x", ""},
		{"GET", 200, "X-Other", "x", ""},
		{"GET", 200, "Cache-Control", "max-age=3", "max-age=3 private"},
		{"GET", 200, "Cache-Control", "public", "public"},
	} {
		s, _ := parseSticky("cookie SERVERID insert nocache", true)
		h := http.Header{test.field: {test.value}}
		s.toUser(responseTo(test.method, test.status, h), "s1", false)
		if got := strings.Join(h["Cache-Control"], " "); got != test.want || h.Get("Set-Cookie") == "" {
			t.Errorf("%s %d with %s: %s: %q, want %q", test.method, test.status, test.field, test.value, got, test.want)
		}
	}
}

// What HAProxy refuses is refused here, in words of our own.
func TestStickyProblems(t *testing.T) {
	for _, test := range []struct {
		directive string
		embedded  bool
		want      string
	}{
		{"", true, "[]"},
		{"cookie SERVERID insert indirect nocache", true, "[]"},
		{"cookie SERVERID insert maxidle 30m domain .example.org attr SameSite=Lax", false, "[]"},
		{"cookie SERVERID", false, "[]"},
		{"cookie SERVERID", true, "[needs one of insert, prefix and rewrite: without them nothing sticks]"},
		{"stick on src", true, `[invalid directive "stick": want HAProxy's cookie directive, such as "cookie SERVERID insert indirect nocache"]`},
		{"cookie", true, `[the cookie has no name: want a directive such as "cookie SERVERID insert indirect nocache"]`},
		{"cookie A;B insert", true, `[invalid cookie name "A;B": want letters, digits and signs without blanks, as in RFC 6265]`},
		{"cookie A insrt", true, `[invalid option "insrt": did you mean "insert"? needs one of insert, prefix and rewrite: without them nothing sticks]`},
		{"cookie A insert prefix", false, "[insert and prefix exclude each other]"},
		{"cookie A rewrite indirect preserve", false, "[rewrite and indirect exclude each other]"},
		{"cookie A rewrite preserve", false, "[preserve needs insert or indirect]"},
		{"cookie A prefix indirect", true, "[prefix and indirect exclude each other: the node would not see its session]"},
		{"cookie A insert maxidle abc", false, `[maxidle: invalid time "abc": want a whole number with a unit, such as "30m"]`},
		{"cookie A insert maxlife 1.5h", false, `[maxlife: invalid time "1.5h": want a whole number with a unit, such as "30m"]`},
		{"cookie A insert maxidle 100000d", false, `[maxidle: invalid time "100000d": want at most 2147483647 s]`},
		{"cookie A insert maxidle 0 maxlife 10us", false, "[]"},
		{"cookie A insert attr a;b", false, `[attr: invalid attribute "a;b": want one without ";", such as "SameSite=Lax"]`},
		{"cookie insert", true, `[the cookie has no name: want a directive such as "cookie SERVERID insert indirect nocache"]`},
		{"cookie A insert\nserver x", false, `[invalid directive "cookie A insert\nserver x": want one line, such as "cookie SERVERID insert indirect nocache"]`},
		{"cookie A insert maxidle", false, "[maxidle needs a value]"},
		{"cookie A insert maxidle 30m", true, `[the embedded balancer does not do maxidle: balancer = "haproxy" does]`},
	} {
		_, problems := parseSticky(test.directive, test.embedded)
		if got := fmt.Sprint(problems); got != test.want {
			t.Errorf("%q\ngot  %s\nwant %s", test.directive, got, test.want)
		}
	}
}

// An edit of what users send must not fall over anything they may send.
func FuzzCookieHeader(f *testing.F) {
	for _, seed := range []string{"SERVERID=s1; a=b", "SERVERID", ";;=;", "NODESESSID=s1~v", ` SERVERID="s1~" `} {
		f.Add(seed)
	}
	modes := []string{"insert indirect", "insert", "prefix", "rewrite"}
	f.Fuzz(func(t *testing.T, cookie string) {
		for _, mode := range modes {
			s, _ := parseSticky("cookie SERVERID "+mode, true)
			h := http.Header{"Cookie": {cookie}}
			s.fromUser(h)
			if _, still := cookieNamed(h["Cookie"], "SERVERID"); still && s.indirect {
				t.Errorf("the node sees %q of %q", h["Cookie"], cookie)
			}
		}
	})
}

// A directive is refused or is one line of HAProxy's configuration, and names the cookie that it is about.
func FuzzSticky(f *testing.F) {
	for _, seed := range []string{
		"cookie SERVERID insert indirect nocache", "cookie A insert maxidle 30m maxlife 9999999999d", "cookie A rewrite attr a;b", "cookie insert",
		"cookie A insert domain .a.b attr SameSite=Lax", "cookie A insert\nserver x", "  cookie\tA   prefix ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, directive string) {
		for _, embedded := range []bool{true, false} {
			s, problems := parseSticky(directive, embedded)
			if len(problems) > 0 || strings.TrimSpace(directive) == "" {
				continue
			}
			if s.name == "" || embedded && s.mode == notSticky {
				t.Errorf("%q: %+v", directive, s)
			}
			var config strings.Builder
			err := WriteConfig(&config, Config{Sticky: directive, Nodes: []Node{{Tag: "s1"}}})
			if lines := strings.Count(config.String(), "\n"); err != nil || !embedded && lines != strings.Count(configOf(t), "\n") {
				t.Errorf("%q: %v, %d lines of configuration", directive, err, lines)
			}
		}
	})
}

// configOf is the configuration with a directive that is one line.
func configOf(t *testing.T) string {
	var config strings.Builder
	if err := WriteConfig(&config, Config{Sticky: "cookie A insert", Nodes: []Node{{Tag: "s1"}}}); err != nil {
		t.Fatal(err)
	}
	return config.String()
}
