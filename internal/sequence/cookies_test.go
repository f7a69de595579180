package sequence

import (
	"slices"
	"testing"
)

func TestShort(t *testing.T) {
	c := newCredentials([]string{"s1", "server-01"})
	for _, x := range []struct{ value, want string }{
		{"s1", "s1"},
		{"abcdef", "abcdef"},
		{"abcdefg", "abcdef…"},
		{"abcdefh", "abcdef…(2)"},
		{"abcdefg", "abcdef…"},
		{"abcdefi", "abcdef…(3)"},
		{"server-01", "server-01"},
		{"server-02", "server…"},
		{anna, "annaXX…"},
		{"s1~" + anna, "s1~annaXX…"},
		{"s1|awOau|awOau", "s1|awOau|…"},
		{"unknown~" + anna, "unknow…"},
		{`"quoted value"`, "quoted…"},
		{"", ""},
	} {
		if got := c.short(x.value); got != x.want {
			t.Errorf("short(%q) = %q, want %q", x.value, got, x.want)
		}
	}
}

// Ids also travel in URLs and stand in the messages of assertions.
func TestIDsOutsideOfCookies(t *testing.T) {
	c := newCredentials(nil)
	id := c.short(anna)
	if got := c.redact("session is annaXXXXXXXXXXXXXXXXXXXXXXXXXXXX!"); got != "session is "+id+"!" {
		t.Errorf("%q", got)
	}
	for path, want := range map[string]string{
		"/":                                     "/",
		"/a/b?q=shoes&size=40":                  "/a/b?q=shoes&size=40",
		"/a;jsessionid=0123456789ABCDEF0123":    "/a;jsessionid=012345…",
		"/?token=abcdefghijklmnopqrst&x=1":      "/?token=abcdef…&x=1",
		"/;jsessionid=0123456789ABCDEF0123?a=1": "/;jsessionid=012345…?a=1",
	} {
		if got := c.path(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// What the balancer did to cookies, by HAProxy's modes (configuration manual, keyword cookie).
func TestMarks(t *testing.T) {
	for _, x := range []struct {
		name           string
		sent, received string   // Cookie fields
		node, browser  []string // Set-Cookie lines
		request, reply []string // what is drawn
	}{
		{name: "nothing"},
		{
			name: "insert indirect, first request",
			node: []string{"N=" + anna}, browser: []string{"N=" + anna, "SERVERID=s1; path=/"},
			reply: []string{"Set-Cookie N=annaXX…", "inserted SERVERID=s1"},
		},
		{
			name: "insert indirect, later",
			sent: "N=" + anna + "; SERVERID=s1", received: "N=" + anna,
			request: []string{"Cookie N=annaXX…", "removed SERVERID=s1"},
		},
		{
			name: "insert without indirect",
			sent: "N=" + anna + "; SERVERID=s1", received: "N=" + anna + "; SERVERID=s1",
			request: []string{"Cookie N=annaXX…; SERVERID=s1"},
		},
		{
			name: "prefix", sent: "N=s1~" + anna, received: "N=" + anna,
			node: []string{"N=" + bert}, browser: []string{"N=s1~" + bert},
			request: []string{"Cookie N=annaXX…", "stripped s1~ from N"},
			reply:   []string{"prefixed N=s1~bertYY…"},
		},
		{
			name: "rewrite", sent: "N=s1", received: "N=s1",
			node: []string{"N=" + anna}, browser: []string{"N=s1"},
			request: []string{"Cookie N=s1"}, reply: []string{"rewrote N=s1, was annaXX…"},
		},
		{
			name: "a part of a value that is no node's name is not shown", sent: "N=secretsecret" + anna, received: "N=" + anna,
			request: []string{"Cookie N=annaXX…", "rewrote N=annaXX…, was secret…"},
		},
		{
			name: "cookies that came from nowhere, went, and were taken back", sent: "A=1", received: "B=2",
			node: []string{"C=3"}, browser: []string{"D=; Expires=Thu, 01-Jan-1970 00:00:01 GMT"},
			request: []string{"Cookie B=2", "added B", "removed A=1"},
			reply:   []string{"inserted D, expired", "removed C=3"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newCredentials([]string{"s1"})
			if got := c.forwarded(pairs(x.sent), pairs(x.received)); !slices.Equal(got, x.request) {
				t.Errorf("request %q, want %q", got, x.request)
			}
			got := c.returned(settings(x.node, start(0)), settings(x.browser, start(0)))
			if !slices.Equal(got, x.reply) {
				t.Errorf("reply %q, want %q", got, x.reply)
			}
		})
	}
}

func TestJar(t *testing.T) {
	for _, x := range []struct {
		name, sent string
		came       []string
		held       string
		want       []string
	}{
		{"nothing came", "A=1", nil, "A=1", nil},
		{"new ones", "", []string{"A=1; Path=/", "B=2"}, "A=1; B=2", []string{"keeps A=1; B=2"}},
		{"the same again", "A=1", []string{"A=1"}, "A=1", []string{"keeps A=1"}},
		{"another value", "A=1", []string{"A=2"}, "A=2", []string{"replaced A=1 by 2"}},
		{"expired", "A=1", []string{"A=; Max-Age=0"}, "", []string{"deleted A"}},
		{"expired, and never there", "", []string{"A=; Max-Age=0"}, "", nil},
		{"twice", "", []string{"A=1", "A=2"}, "A=2", []string{"keeps A=2"}},
		{"of another path", "", []string{"A=1; Path=/admin"}, "", []string{"does not send A here (Path=/admin)"}},
		{"of another domain", "", []string{"A=1; Domain=example.org"}, "", []string{"refused A"}},
	} {
		got := newCredentials(nil).kept(pairs(x.sent), settings(x.came, start(0)), pairs(x.held))
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}
