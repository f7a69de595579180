package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretPlan has a secret wherever a plan can have one; each begins with SECRET. So do those of the responses.
const secretPlan = `name = "secrets"
[target]
url = "http://ada:SECRETpassword@HOST"
headers = { Authorization = "Bearer SECRETbearer" }
[session]
node = "json:tag"
counter = "json:views"
id = "json:id"
[[group]]
iterations = 2
[[group.step]]
request = "GET /page?api_key=SECRETkey&page=2"
headers = { X-Auth-Token = "SECRETtoken" }
extract = { token = "json:csrf" }
assert = ['session == "x"']
[[group.step]]
request = "POST /login/${token}?t=${token}"
form = { user = "SECRETuser", password = "SECRETform" }
assert = ['header("X") == "${token}"', 'cookie("SESSION") == "x"']
[[group.step]]
request = "GET /redirect"
assert = ['token == "x"']
[[group.step]]
request = "GET http://eve:SECRETother@HOST/whole"
[[event]]
at = "0s"
may_fail = true
http = { method = "POST", url = "http://eve:SECRETevent@HOST/event?token=SECRETquery", body = '{"token": "SECRETbody"}' }
`

// A report is sent around: of all that a run leaves behind and prints, only plan.toml holds secrets, and it is
// its user's alone.
func TestSecretsStayInThePlan(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "SESSION", Value: "0123456SECRETcookie"})
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/landing;jsessionid=SECRETsession?code=SECRETcode", http.StatusFound)
			return
		}
		if r.URL.Path == "/event" {
			http.Error(w, `{"password":"SECRETanswer"}`, http.StatusTeapot)
			return
		}
		fmt.Fprint(w, `{"tag":"s1","views":1,"id":"SECRETid","csrf":"SECRETextracted"}`)
	}))
	defer server.Close()
	dir, host := t.TempDir(), strings.TrimPrefix(server.URL, "http://")
	plan := strings.ReplaceAll(secretPlan, "HOST", host)
	out := filepath.Join(dir, "out")
	for _, args := range [][]string{
		{"check", "plan.toml"},
		{"run", "plan.toml", "--out", out, "--target", "http://bob:SECREToption@" + host, "--progress", "json"},
		{"trace", "plan.toml", "--format", "text"},
		{"report", out}, {"report", out, "--format", "html"}, {"report", out, "--format", "json"}, {"report", out, "--format", "junit"},
		{"report", out, "--format", "prometheus"}, {"report", out, "--format", "csv"}, {"compare", out, out},
		{"run", "plan.toml", "--no-out", "--target", "http://bob:SECREToption@127.0.0.1:1"},
		{"run", "plan.toml", "--no-out", "--target", "ht!tp://bob:SECREToption@ %zz"},
		{"run", "plan.toml", "--no-out", "--proxy", "https://bob:SECREToption@127.0.0.1"},
		{"run", "http://bob:SECREToption@" + host + "/?token=SECRETquery", "-n", "1", "--out", filepath.Join(dir, "url")},
		{"probe", "http://bob:SECREToption@" + host + "/?token=SECRETquery"},
		{"run", "plan.toml", "--no-out", "--agents", "1", "--nats", "nats://bob:SECREToption@127.0.0.1:1"},
		{"agent", "nats://bob:SECREToption@127.0.0.1:%zz"},
	} {
		r := runCommand(t, dir, plan, args...)
		if strings.Contains(r.stdout+r.stderr, "SECRET") {
			t.Errorf("%q prints\n%s%s", args, r.stdout, r.stderr)
		}
	}
	files := map[string]fs.FileMode{"": fs.ModeDir | 0o700, "plan.toml": 0o600, "run.json": 0, "samples.jtl": 0, "report.html": 0,
		"../url/run.json": 0, "../url/samples.jtl": 0, "../url/report.html": 0}
	for name, mode := range files {
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode != 0 && info.Mode() != mode {
			t.Errorf("%q is %v, want %v", name, info.Mode(), mode)
		}
		if name == "" || name == "plan.toml" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(content), "SECRET"); i >= 0 {
			t.Errorf("%s: …%s…", name, content[max(0, i-100):min(len(content), i+100)])
		}
	}
}

// environmentTold is what must stand in no file of TestEnvironmentStaysOutOfFiles.
var environmentTold = regexp.MustCompile(`(?i)SECRETenv|SECRETlogin|\bzq7\b`)

// Values of the environment are resolved into requests, and into no file: not even into plan.toml, which holds what
// was written.
func TestEnvironmentStaysOutOfFiles(t *testing.T) {
	got := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprint(r.Host, r.URL, r.Header, string(body))
		fmt.Fprint(w, `{"tag":"s1"}`)
		if strings.HasPrefix(r.URL.Path, "/event") { // what an event got is recorded
			fmt.Fprint(w, r.URL, r.Header["X-Key"], string(body))
		}
	}))
	defer server.Close()
	t.Setenv("STICKBENCH_SECRET", "SECRETenv")
	t.Setenv("STICKBENCH_LOGIN", "eve:SECRETlogin")
	t.Setenv("STICKBENCH_PIN", "zq7")
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	plan := strings.ReplaceAll(`expect = ['samples > 99']
[vars]
token = "${env:STICKBENCH_SECRET}"
pin = "${env:STICKBENCH_PIN}"
[target]
url = "http://${env:STICKBENCH_LOGIN}@HOST"
[session]
node = "json:tag"
[defaults]
headers = { X-Key = "${env:STICKBENCH_SECRET}" }
[[group]]
[[group.step]]
request = "GET /path/${env:STICKBENCH_SECRET}?key=${token}"
assert = ['body contains "${env:STICKBENCH_SECRET}"', 'token == ""']
[[group.step]]
request = "GET /pin/${pin}"
assert = ['pin == ""']
[[group.step]]
request = "POST /form"
name = "named ${token}"
form = { password = "${token}" }
basic_auth = { user = "ada", password = "${env:STICKBENCH_SECRET}" }
[[group.step]]
request = "GET /digest"
digest_auth = { user = "${env:STICKBENCH_SECRET}", password = "${env:STICKBENCH_SECRET}" }
[[group.step]]
set = { copy = "${upper(token)}" }
[[group.step]]
mark = "mark ${copy}"
[[group.step]]
request = "POST /json"
json = { copy = "${copy} ${token}" }
[[event]]
at = "0s"
http = { method = "POST", url = "/event/${token}?x=${pin}", headers = { X-Key = "${env:STICKBENCH_SECRET}" }, json = { pin = ["${pin}"] } }
[[event]]
at = "0s"
http = { method = "POST", url = "/event", body = "${token}" }
`, "HOST", strings.TrimPrefix(server.URL, "http://"))
	for _, args := range [][]string{{"check", "plan.toml"}, {"run", "plan.toml", "--out", out}, {"report", out}, {"trace", "plan.toml"}} {
		if r := runCommand(t, dir, plan, args...); r.code > 1 || environmentTold.MatchString(r.stdout+r.stderr) {
			t.Errorf("%q prints\n%s%s", args, r.stdout, r.stderr)
		}
	}
	files, err := os.ReadDir(out)
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(out, f.Name()))
		if at := environmentTold.FindIndex(content); err != nil || at != nil {
			t.Errorf("%s: %v …%s…", f.Name(), err, content[max(0, at[0]-200):min(len(content), at[1]+50)])
		}
	}
	server.Close()
	close(got)
	sent := ""
	for text := range got {
		sent += text
	}
	if strings.Count(sent, "SECRETenv") < 9 || strings.Count(sent, "zq7") < 3 {
		t.Errorf("the values were not sent: %s", sent)
	}
}
