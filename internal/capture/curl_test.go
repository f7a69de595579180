package capture

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/plans"
)

func TestCommands(t *testing.T) {
	for source, want := range map[string][][]string{
		`curl 'it'\''s' "a \"b\" \c \$" x\ y`:                {{"curl", "it's", `a "b" \c $`, "x y"}},
		"$ curl \\\n  -H 'a: ü' \\\n  http://x # no more\n":  {{"curl", "-H", "a: ü", "http://x"}},
		`curl $'a\'b\n\x41\u00fc\ud83d\ude00\z' ''`:          {{"curl", "a'b\nAü😀\\z", ""}},
		"curl a ;\ncurl b &\ncurl c 2>/dev/null >out | jq .": {{"curl", "a"}, {"curl", "b"}, {"curl", "c"}, {"jq", "."}},
		"curl ^\"http://x/?a=1^&b=2^\" ^\r\n  -H ^\"a: ^\\^\"q^\\^\" 100^%^\" ^\r\n  --data-raw ^\"l1^\r\n\r\nl2 ü^\" &\r\ncurl ^\"y^\"": {
			{"curl", "http://x/?a=1&b=2", "-H", `a: "q" 100%`, "--data-raw", "l1\nl2 ü"}, {"curl", "y"}},
		"curl \"http://x/?a=1&b=2\" ^\n  -H \"a: \"\"q\"\"\"": {{"curl", "http://x/?a=1&b=2", "-H", `a: "q"`}},
	} {
		all, err := commands(source)
		var got [][]string
		for _, words := range all {
			var texts []string
			for _, w := range words {
				texts = append(texts, w.text)
			}
			got = append(got, texts)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", source, err, diff)
		}
	}
}

// chrome is what Chrome copies as cURL (bash).
const chrome = `curl 'http://127.0.0.1:8080/cart?item=7' \
  -X 'PUT' \
  -H 'Accept: application/json' \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \
  -H 'Accept-Language: de' \
  -H 'Connection: keep-alive' \
  -H 'Content-Type: application/json' \
  -b 'SERVERID=s1; NODESESSID=secret' \
  -H 'Sec-Fetch-Mode: cors' \
  -H 'X-Requested-With: XMLHttpRequest' \
  --data-raw $'{"a":"${b} it\'s"}' \
  --compressed \
  --insecure ;
curl 'https://127.0.0.1:8443/login' -H 'Accept-Language: de' -d 'user=ada&password=a%20b' -L --max-redirs 5 -m 2.5 -u a:b`

func TestCurl(t *testing.T) {
	p, err := Curl(chrome, Options{File: "curl"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Imported from curl. One user makes the requests once: raise users, and set iterations or duration.
name = "127.0.0.1:8080"

[target]
url = "http://127.0.0.1:8080"
insecure = true
headers = { Accept-Language = "de" }

[[group]]
users = 1
iterations = 1

[[group.step]]
request = "PUT /cart?item=7"
headers = { Accept = "application/json", Accept-Encoding = "gzip, deflate, br, zstd", Content-Type = "application/json", X-Requested-With = "XMLHttpRequest" }
body = '''{"a":"$${b} it's"}'''
redirects = false

[[group.step]]
request = "POST https://127.0.0.1:8443/login"
headers = { Authorization = "Basic YTpi", Content-Type = "application/x-www-form-urlencoded" }
body = "user=ada&password=a%20b"
redirects = 5
timeout = "2.5s"
`
	if diff := cmp.Diff(want, p.TOML); diff != "" {
		t.Error(diff)
	}
	if _, err := plans.Read("curl", []byte(p.TOML), plans.Override{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{
		"cookies are left out, so that each user gets its own; --cookies keeps them, and all users share the session that was captured",
	}, p.Notes); diff != "" {
		t.Error(diff)
	}
	if p, err = Curl(chrome, Options{Cookies: true}); err != nil || !strings.Contains(p.TOML, `Cookie = "SERVERID=s1; NODESESSID=secret"`) {
		t.Error(err, p)
	}
}

func TestCurlOptions(t *testing.T) {
	for source, want := range map[string][]string{
		`curl --digest -u 'ada:${b}:c' http://h`:                  {`digest_auth = { user = "ada", password = "$${b}:c" }`},
		`curl -u ada:b --digest -d x=1 http://h/a http://h/b`:     {"request = \"POST /a\"\ndigest_auth = { user = \"ada\", password = \"b\" }\nform = ", "request = \"POST /b\"\ndigest_auth = "},
		`curl http://ada:b@h/a`:                                   {"request = \"GET /a\"\nheaders = { Authorization = \"Basic YWRhOmI=\" }"},
		`curl -G -d a=1 --data-urlencode 'b=ü &' 127.0.0.1/x?y=2`: {`request = "GET /x?y=2&a=1&b=%C3%BC+%26"`},
		`curl -I http://h`:                                        {`request = "HEAD /"`},
		`curl --json '{"a": 1}' http://h`:                         {`request = "POST /"`, `Content-Type = "application/json"`, `body = '{"a": 1}'`},
		`curl -d a=1 -d b=%C3%BC http://h`:                        {`form = { a = "1", b = "ü" }`},
		`curl -d a=1 -d a=2 http://h`:                             {`body = "a=1&a=2"`},
		`curl -XPOST -HX-A:1 --http2 http://h`:                    {`request = "POST /"`, `X-A = "1"`, `http = "2"`},
		`curl -kL http://h/a http://h/b`:                          {`insecure = true`, `request = "GET /a"`, `request = "GET /b"`},
		`curl http://h/a --next -d x=1 http://h/b`:                {`request = "GET /a"`, `request = "POST /b"`},
		`curl --compressed http://h`:                              {`headers = { Accept-Encoding = "deflate, gzip, br, zstd" }`},
		`curl --compressed -H 'accept-encoding: br' http://h`:     {`headers = { accept-encoding = "br" }`},
		`curl -H 'Accept:' -H 'X-Empty;' http://h`:                {`headers = { X-Empty = "" }`},
		`/usr/bin/curl.exe -A me -e http://r/ h.example`:          {`User-Agent = "me"`, `Referer = "http://r/"`, `url = "http://h.example"`},
	} {
		imports(t, source, want...)
	}
}

// imports checks that a command becomes a plan with those lines, which can be read.
func imports(t *testing.T, source string, want ...string) {
	t.Helper()
	p, err := Curl(source, Options{})
	if err != nil {
		t.Errorf("%s: %v", source, err)
		return
	}
	for _, line := range want {
		if !strings.Contains(p.TOML, line) {
			t.Errorf("%s: no %s in\n%s", source, line, p.TOML)
		}
	}
	if _, err := plans.Read("curl.toml", []byte(p.TOML), plans.Override{}); err != nil {
		t.Errorf("%s: %v", source, err)
	}
}

// Files stay where they are: the plan names them.
func TestCurlFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"cat.png", "dog.png"} {
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for source, want := range map[string][]string{
		`curl -F title='a cat' -F 'photo=@cat.png;type=image/png' -F 'photo=@dog.png;filename=rex' --form-string a=@b http://h`: {
			`request = "POST /"`, `multipart = { title = "a cat", photo = [{ file = "cat.png", type = "image/png" }, { file = "dog.png", name = "rex" }], a = "@b" }`},
		`curl --data-binary @cat.png http://h`: {`request = "POST /"`, `body = { file = "cat.png" }`, `Content-Type = "application/x-www-form-urlencoded"`},
		`curl --json @cat.png http://h`:        {`body = { file = "cat.png" }`, `Content-Type = "application/json"`},
		`curl -T cat.png http://h/photos/`:     {`request = "PUT /photos/cat.png"`, `body = { file = "cat.png" }`},
	} {
		imports(t, source, want...)
	}
}

func TestBadCurl(t *testing.T) {
	for source, want := range map[string]string{
		"curl":                        "line 1: the curl command has no URL",
		"curl http://h\nwget http://": "line 2: wget is no curl command",
		"curl -ss":                    "line 1: -s cannot be carried over: it changes nothing of the request: leave it out\nline 1: the curl command has no URL",
		"\n\ncurl 'http://h":          "line 3: the quote ' is not closed",
		"curl \\\n  --frob http://h":  "line 2: unknown option --frob of curl",
		"curl -F a http://h":          "line 1: -F: want name=value or name=@FILE",
		"curl -F a=@b -d c http://h":  "line 1: a request has one body: data, a file, or parts",
		"curl -sy http://h":           "line 1: -s cannot be carried over: it changes nothing of the request: leave it out\nline 1: unknown option -y of curl",
		"curl -x http://p http://h":   "line 1: -x cannot be carried over: a plan does not say how to get to its target: give it to `stickbench run` with --proxy",
		"curl -b jar.txt http://h":    "line 1: -b: a file of cookies is not read: each user has a jar of its own",
		"curl -d @f http://h":         "line 1: -d: the file f is not read, as curl leaves out its line ends: give it with --data-binary",
		"curl -sS \\\n -x p \\\n -o f -L http://h --frob": "line 1: -s cannot be carried over: it changes nothing of the request: leave it out\n" +
			"line 1: -S cannot be carried over: it changes nothing of the request: leave it out\n" +
			"line 2: -x cannot be carried over: a plan does not say how to get to its target: give it to `stickbench run` with --proxy\n" +
			"line 3: -o cannot be carried over: it changes nothing of the request: leave it out\n" +
			"line 3: unknown option --frob of curl",
		"curl --ntlm http://h": "line 1: --ntlm cannot be carried over: there is only basic and digest authentication: give an Authorization header",
		"curl ftp://h":         "line 1: invalid URL ftp://h: want http:// or https://",
		"curl http://h -m":     "line 1: -m needs a value",
		"curl -H foo http://h": "line 1: -H: invalid header \"foo\": want \"Name: value\"",
		"# nothing":            "no curl command",
	} {
		if _, err := Curl(source, Options{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

func TestIsCurl(t *testing.T) {
	for source, want := range map[string]bool{"curl x": true, "\n# c\n$ curl x": true, "C:\\bin\\curl.EXE x": true, "curly x": false, "{": false, "": false} {
		if IsCurl(source) != want {
			t.Errorf("%q: %v", source, !want)
		}
	}
}

// Whatever is pasted, the plan is one that can be read, or the error says why there is none.
func FuzzCurl(f *testing.F) {
	f.Add(chrome)
	f.Add("curl ^\"http://x^\" ^\n -d ^\"a^\n\nb^\"")
	f.Add("curl -00sS")
	f.Add(`curl -d 'a=1' --data-urlencode "b=c d" http://h/x?y -H 'X: ${z}' $'\ud800'`)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Curl(source, Options{File: "f"})
		if err != nil {
			if err.Error() == "" || strings.Count(err.Error(), "\n") > len(source) {
				t.Errorf("%q", err)
			}
			return
		}
		if _, err := plans.Read("f", []byte(p.TOML), plans.Override{}); err != nil {
			// What no plan may say is said of the plan; but it is TOML, and not of another shape.
			for line := range strings.Lines(err.Error()) {
				if slices.ContainsFunc([]string{"not TOML", "unknown key", "unknown variable"}, func(s string) bool { return strings.Contains(line, s) }) {
					t.Fatalf("%s\n%s", line, p.TOML)
				}
			}
		}
	})
}
