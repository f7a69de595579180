package redact

import (
	"strings"
	"testing"
)

func TestURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://h/":                                "http://h/",
		"http://ada:pw@h:80/a?b=1#c":               "http://h:80/a?b=1#c",
		"http://ada@h":                             "http://h",
		"http://ada:p@w@h/x@y":                     "http://h/x@y",
		"http://ada:p/w@h/":                        "http://h/",
		"ht!tp://x:pw@ %zz":                        "ht!tp:// %zz",
		"x:pw@h":                                   "h",
		"/path?token=abc&page=2&API-Key=d#f":       "/path?token=***&page=2&API-Key=***#f",
		"/path?key=1&code=200":                     "/path?key=1&code=200",
		"/path?key=0123456789&code=abcdefghij":     "/path?key=***&code=***",
		"/path?access%5Ftoken=abc":                 "/path?access%5Ftoken=***",
		"/path?token=${token}&secret=":             "/path?token=${token}&secret=",
		"/mail/ada@shop.example?to=eve@shop.examp": "/mail/ada@shop.example?to=eve@shop.examp",
		"tcp://127.0.0.1:9999":                     "tcp://127.0.0.1:9999",
		"":                                         "",
	} {
		if got := URL(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestAllValues(t *testing.T) {
	if got := AllValues("http://h/cb?code=4/0AX&state=&x#f"); got != "http://h/cb?code=***&state=&x#f" {
		t.Error(got)
	}
	if got := AllValues("http://h/cb"); got != "http://h/cb" {
		t.Error(got)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		`url = "http://ada:pw@h/"`:                           `url = "http://h/"`,
		`GET http://u:pw@h/a?token=x failed`:                 `GET http://h/a?token=*** failed`,
		`headers = { Authorization = "Bearer abc.def-ghi" }`: `headers = { Authorization = "***" }`,
		`X-Other: Bearer abc.def-ghi`:                        `X-Other: Bearer ***`,
		`json = '{"user": "ada", "password": "a\"b"}'`:       `json = '{"user": "ada", "password": "***"}'`,
		`body = "user=ada&password=pw&x=1"`:                  `body = "user=ada&password=***&x=1"`,
		`password = 'pw' # the old one`:                      `password = '***' # the old one`,
		`token = "${env:TOKEN}"`:                             `token = "${env:TOKEN}"`,
		`assert = ['status == 200', 'node in ["s1"]']`:       `assert = ['status == 200', 'node in ["s1"]']`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
	}
}

// Whatever the text, a password in a URL does not come out, and redacting again changes nothing.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"http://ada:hunter2x@h/", `a="b"`, "x?token=1&y", "Bearer xxxxxxxx", "://@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Text(s)
		if again := Text(once); again != once && !strings.Contains(s, "@") {
			t.Errorf("%q, then %q, then %q", s, once, again)
		}
		if got := Text("http://ada:hunter2x@h/" + s); strings.Contains(got, "hunter2x") && !strings.Contains(s, "hunter2x") {
			t.Errorf("%q", got)
		}
	})
}

// Values of less than four bytes were shown wherever they stood.
func TestValues(t *testing.T) {
	v := NewValues([]string{"hunter2", "q1", "", "a/b c"})
	for in, want := range map[string]string{
		"GET /Hunter2x": "GET /***x", "GET /q1": "GET /***", "GET /q10?b=q1&c=aq1": "GET /q10?b=***&c=aq1",
		"a/b c a%2Fb+c a%2Fb%20c": "*** *** ***", "GET /": "GET /",
	} {
		if got := v.Hide(in); got != want || v.In(in) != (got != in) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if v := NewValues([]string{""}); v.In("x") || v.Hide("x") != "x" {
		t.Error("no values hide something")
	}
	if v := NewValues([]string{"é+"}); v.Hide("/é+/é+1/x") != "/***/***1/x" {
		t.Error(v.Hide("/é+/é+1/x"))
	}
}
