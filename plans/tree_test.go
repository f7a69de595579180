package plans

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

// tree is a plan with every kind of block and every key of one.
const tree = `
serial = true
[target]
url = "http://${host}:8080"
timeout = "${seconds}s"
[vars]
host = "shop.example"
seconds = 5
base = "/${host}/v1"
each = "${uuid()}"
[defaults]
url = "http://${host}"
think = "1s"
redirects = 3
on_error = "stop-user"
basic_auth = { user = "ada", password = "secret" }
assert = ['status == 200', { that = 'elapsed < 1000', message = "too slow" }]
[steps.login]
request = "POST ${base}/login"
body = "${each}"
extract = { token = { regex = "csrf=(.+?)&", match = "last", default = "" }, ids = { json = "$..id", match = "all" } }
[[steps.browse.step]]
request = "GET /a"
[[steps.browse.step]]
think = "1s"

[[group]]
name = "before"
phase = "setup"
[[group.step]]
use = "login"

[[group]]
name = "main"
users = 10
preset_cookies = { consent = "yes", user = "${user}" }
defaults = { timeout = "3s", headers = { Authorization = "Bearer ${token}" } }
[[group.step]]
set = { total = "${int(iteration) + 1}", plain = 3 }
[[group.step]]
counter = { name = "n", start = 10, step = -1, end = 0, format = "id-000", per = "group" }
[[group.step]]
repeat = 3
index = "i"
name = "thrice"
  [[group.step.step]]
  request = "GET /${i}/${token}"
  [[group.step.step]]
  break = true
  when = 'i == "2"'
  [[group.step.step]]
  next = true
[[group.step]]
while = 'status == 200'
  [[group.step.step]]
  request = "GET /while"
  [[group.step.step]]
  next = "iteration"
[[group.step]]
for = "10s"
when = 'node == "s1"'
  [[group.step.step]]
  use = "browse"
  when = 'status == 200'
[[group.step]]
foreach = { name = "item", in = ["a", 2, "${n}"] }
  [[group.step.step]]
  request = "GET /${item}"
[[group.step]]
once = true
  [[group.step.step]]
  use = "browse"
[[group.step]]
transaction = "checkout"
only = true
include_think = true
  [[group.step.step]]
  pick = [70, 30]
    [[group.step.step.step]]
    request = "GET /70"
    [[group.step.step.step]]
    name = "a block"
      [[group.step.step.step.step]]
      request = "GET /30"
[[group.step]]
share = "30%"
  [[group.step.step]]
  pick = "shuffle"
    [[group.step.step.step]]
    request = "GET /s1"
    [[group.step.step.step]]
    request = "GET /s2"
[[group.step]]
together = { users = 10, timeout = "30s" }
[[group.step]]
together = 0
[[group.step]]
pace = { rate = "60/min", per = "all", spread = "poisson" }
[[group.step]]
pace = "2/s"
  [[group.step.step]]
  request = "GET /paced"
[[group.step]]
request = "POST /upload/${iteration}"
name = "upload ${iteration}"
multipart = { title = "a cat", photo = { value = "${token}", type = "image/png" } }
[[group.step]]
request = "POST /one"
body = ["a", "b"]
pick = "order"
[[group.step]]
parallel = 6
  [[group.step.step]]
  request = "GET /p1"
  [[group.step.step]]
  request = "GET /p2"
[[group.step]]
request = "GET /page"
resources = { match = '\.css$', except = 'x', parallel = 2 }
[[group.step]]
foreach = { name = "id", in = "ids", from = 1, to = 3 }
  [[group.step.step]]
  request = "GET /${id}"
[[group.step]]
stop = "user"

[[group]]
name = "after"
phase = "teardown"
[[group.step]]
request = "GET /bye"
[session]
node = "header:X-Node"
`

func TestExplainTree(t *testing.T) {
	var got strings.Builder
	read(t, tree, Override{}).Explain(&got)
	golden(t, "tree.txt", got.String())
}

// ran runs a plan against a server that answers every request with the JSON object of its query, and returns what
// was requested, in order, and the samples.
func ran(t *testing.T, source string, o Override) ([]string, []loadgen.Sample, loadgen.Account) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		line := r.Method + " " + r.URL.RequestURI()
		if r.Method == "GET" {
			line = r.URL.RequestURI()
		}
		if len(body) > 0 {
			line += " " + string(body)
		}
		seen = append(seen, line)
		n := len(seen)
		mu.Unlock()
		if r.URL.Path == "/bad" {
			w.WriteHeader(500)
		}
		fmt.Fprintf(w, `{"n": %d, "path": %q, "ids": ["a", "b", "c"]}`, n, r.URL.Path)
	}))
	defer server.Close()
	p, err := Read(filepath.Join(t.TempDir(), "p.toml"), []byte(source+"\n[target]\nurl = \""+server.URL+"\"\n"), o)
	if err != nil {
		t.Fatal(err)
	}
	kept := &keep{}
	r, err := loadgen.New(&p.Load, kept)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	account, err := r.Run(ctx, ctx)
	if err != nil {
		t.Fatal(err)
	}
	return seen, kept.samples, account
}

type keep struct{ samples []loadgen.Sample }

func (k *keep) Record(s *loadgen.Sample) error { k.samples = append(k.samples, *s); return nil }
func (k *keep) Flush() error                   { return nil }
func (k *keep) Close() error                   { return nil }

// steps is a group of one user and one iteration with those steps, each line a table of a step: its depth in
// dashes, then its keys.
func steps(lines string) string { return group("", lines) }

func group(keys, lines string) string {
	b := "[[group]]\n" + keys + "\n"
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		line = strings.TrimSpace(line)
		keys := strings.TrimLeft(line, "-")
		depth := len(line) - len(keys)
		b += "[[group.step" + strings.Repeat(".step", depth) + "]]\n" + strings.ReplaceAll(strings.TrimSpace(keys), "; ", "\n") + "\n"
	}
	return b
}

func TestBlocks(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"repeat", steps(`
			repeat = 3; index = "i"
			- request = "GET /${i}"
			request = "GET /end"`), "/1 /2 /3 /end"},
		{"repeat a variable", "[vars]\nn = 2\n" + steps(`
			set = { m = "${int(n) * 2}" }
			repeat = "${n}"
			- request = "GET /n"
			repeat = "${m}"
			- request = "GET /m"`), "/n /n /m /m /m /m"},
		{"think for a while that the user knows", steps(`
			set = { n = "2" }
			request = "GET /a"
			think = "uniform ${n}ms ${n}ms"
			think = "${int(n) * 2}ms"
			request = "GET /b"`), "/a /b"},
		{"repeat not at all", steps(`
			repeat = 0
			- request = "GET /never"
			request = "GET /end"`), "/end"},
		{"nested", steps(`
			repeat = 2; index = "i"
			- repeat = 2; index = "j"
			-- request = "GET /${i}${j}"
			- request = "GET /${i}"`), "/11 /12 /1 /21 /22 /2"},
		{"break and next", steps(`
			repeat = 5; index = "i"
			- next = true; when = 'i == "2"'
			- break = true; when = 'i == "4"'
			- request = "GET /${i}"
			request = "GET /end"`), "/1 /3 /end"},
		{"break leaves one loop", steps(`
			repeat = 2; index = "i"
			- repeat = 9; index = "j"
			-- break = true; when = 'j == "2"'
			-- request = "GET /${i}${j}"`), "/11 /21"},
		{"next iteration", group("iterations = 2", `
			request = "GET /${iteration}"
			next = "iteration"; when = 'iteration == "1"'
			request = "GET /later"`), "/1 /2 /later"},
		{"next without a loop", group("iterations = 2", `
			request = "GET /${iteration}"
			next = true
			request = "GET /never"`), "/1 /2"},
		{"stop", group("iterations = 9", `
			request = "GET /${iteration}"
			stop = "user"; when = 'iteration == "2"'`), "/1 /2"},
		{"stop the run", group("iterations = 9", `
			request = "GET /${iteration}"
			stop = "run"; when = 'iteration == "3"'`), "/1 /2 /3"},
		{"while", steps(`
			while = 'status == 0 or json("n") < 3'
			- request = "GET /w"`), "/w /w /w"},
		{"while a counter", steps(`
			counter = { name = "n", start = 5 }
			while = 'int(n) < 8'
			- counter = { name = "n", start = 6 }
			- request = "GET /${n}"`), "/6 /7 /8"},
		{"counter of an iteration", group("iterations = 2", `
			repeat = 2
			- counter = { name = "n", per = "iteration" }
			- counter = { name = "m" }
			- request = "GET /${n}${m}"`), "/11 /22 /13 /24"},
		{"foreach of a list", steps(`
			foreach = { name = "x", in = ["a", "b", 3] }; index = "i"
			- request = "GET /${i}${x}"`), "/1a /2b /33"},
		{"once", group("iterations = 3", `
			once = true
			- request = "GET /first"
			request = "GET /${iteration}"`), "/first /1 /2 /3"},
		{"if", group("iterations = 2", `
			when = 'iteration == "2"'
			- request = "GET /a"
			- request = "GET /b"
			request = "GET /${iteration}"`), "/1 /a /b /2"},
		{"in order", group("iterations = 4", `
			pick = "order"
			- request = "GET /a"
			- name = "two"
			-- request = "GET /b1"
			-- request = "GET /b2"
			- request = "GET /c"`), "/a /b1 /b2 /c /a"},
		{"a share", group("iterations = 10", `
			share = "30%"
			- request = "GET /x"
			request = "GET /${iteration}"`), "/1 /2 /3 /x /4 /5 /6 /x /7 /8 /9 /x /10"},
		{"a share of 0 and of all", group("iterations = 2", `
			share = "0%"
			- request = "GET /never"
			share = "100%"
			- request = "GET /${iteration}"`), "/1 /2"},
		{"use", "[steps.a]\nrequest = 'GET /a'\n[[steps.b.step]]\nuse = 'a'\n[[steps.b.step]]\nrequest = 'GET /b'\n" + steps(`
			use = "b"
			use = "a"; when = 'status == 404'
			use = "a"; when = 'status == 200'`), "/a /b /a"},
		{"counter", group("iterations = 4", `
			counter = { name = "n", start = 8, step = 2, end = 12, format = "x000y" }
			request = "GET /${n}"`), "/x008y /x010y /x012y /x008y"},
		{"values", "[vars]\nhost = 'h'\nname = '${host}-${user}'\n" + steps(`
			request = "GET /${name}?${upper(host)}=${urlencode('a b')}"; extract = { n = "json:n" }
			set = { twice = "${int(n) * 2}", both = "${n}/${host}" }
			request = "GET /${twice}/${both}/${json('n')}"`), "/h-1?H=a+b /2/1/h/1"},
		{"on error", group("iterations = 2\non_error = 'next-iteration'", `
			repeat = 3
			- request = "GET /bad"
			request = "GET /never"`), "/bad /bad"},
		{"setup and teardown", group("name = 'last'\nphase = 'teardown'", `
			request = "GET /last/${n}"`) + group("", `
			request = "GET /main/${n}"`) + group("name = 'first'\nphase = 'setup'", `
			request = "GET /first"; extract = { n = "json:path" }`), "/first /main//first /last//first"},
		{"serial", "serial = true\n" + group("name = 'a'\niterations = 2", `
			request = "GET /a"`) + group("name = 'b'", `
			request = "GET /b"`), "/a /a /b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, _, account := ran(t, tt.source, Override{})
			if got := strings.Join(seen, " "); got != tt.want {
				t.Errorf("requests %s\n    want %s", got, tt.want)
			}
			if len(account.Warnings) > 0 {
				t.Errorf("warnings %q", account.Warnings)
			}
		})
	}
}

// Who picks at random picks the same with the same seed, and by the weights.
func TestPicks(t *testing.T) {
	source := "seed = 7\n" + group("iterations = 200", `
		pick = [1, 0, 3]
		- request = "GET /a"
		- request = "GET /never"
		- request = "GET /c"
		pick = "random"
		- request = "GET /x"
		- request = "GET /y"
		pick = "shuffle"
		- request = "GET /1"
		- request = "GET /2"
		- request = "GET /3"`)
	first, _, _ := ran(t, source, Override{})
	second, _, _ := ran(t, source, Override{})
	if !slices.Equal(first, second) {
		t.Error("the same seed picked otherwise")
	}
	counts := map[string]int{}
	orders := map[string]bool{}
	for i := 0; i < len(first); i += 5 {
		counts[first[i]]++
		counts[first[i+1]]++
		orders[strings.Join(first[i+2:i+5], "")] = true
		sorted := slices.Sorted(slices.Values(first[i+2 : i+5]))
		if !slices.Equal(sorted, []string{"/1", "/2", "/3"}) {
			t.Fatalf("shuffled: %v", first[i+2:i+5])
		}
	}
	// Bounds of four standard deviations: binomial of 200.
	if a := counts["/a"]; counts["/never"] > 0 || a < 25 || a > 75 || counts["/x"] < 70 || counts["/x"] > 130 || len(orders) != 6 {
		t.Errorf("%v, %d orders", counts, len(orders))
	}
}

// Shared numbers are dealt out once each, whoever is faster.
func TestSharedCounter(t *testing.T) {
	seen, _, _ := ran(t, group("users = 3\niterations = 4", `
		counter = { name = "n", per = "group" }
		repeat = 2
		- counter = { name = "m", start = 100, per = "all" }
		- request = "GET /${n}/${m}"`), Override{})
	numbers := map[string]bool{}
	for _, path := range seen {
		n, m, _ := strings.Cut(path[1:], "/")
		numbers[n], numbers[m] = true, true
	}
	for i := range 12 {
		if !numbers[fmt.Sprint(i+1)] || !numbers[fmt.Sprint(100+i)] || !numbers[fmt.Sprint(112+i)] {
			t.Errorf("number %d is missing in %v", i, numbers)
		}
	}
}

func TestTransactions(t *testing.T) {
	_, samples, account := ran(t, group("iterations = 2", `
		transaction = "outer"; include_think = true
		- request = "GET /a"
		- think = "20ms"
		- transaction = "inner"
		-- request = "GET /bad"
		-- think = "1s"
		- transaction = "empty"; when = 'iteration == "1"'
		-- mark = "nothing"
		- next = "iteration"; when = 'iteration == "2"'
		- request = "GET /b"`), Override{})
	var got []string
	for _, s := range samples {
		line := s.Label
		if s.Transaction {
			line += fmt.Sprintf(" (%s: %s)", s.Kind, s.Reason)
			long := s.Elapsed >= time.Second
			if long != (s.Label == "outer") {
				t.Errorf("%s took %v", s.Label, s.Elapsed)
			}
			if s.Received == 0 || s.Sent == 0 || s.URL != "" {
				t.Errorf("%s: %+v", s.Label, s)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"GET /a", "GET /bad", "inner (transaction: Number of samples in transaction : 1, number of failing samples : 1)", "nothing", "GET /b",
		"outer (transaction: Number of samples in transaction : 3, number of failing samples : 1)",
		"GET /a", "GET /bad", "inner (transaction: Number of samples in transaction : 1, number of failing samples : 1)",
		"outer (transaction: Number of samples in transaction : 2, number of failing samples : 1)",
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if account.Started != 5 || account.Failed != 2 {
		t.Errorf("%+v", account)
	}
}

// A mark whose condition does not hold fails as a request does: its transaction fails with it, and on_error counts.
func TestMarksThatFail(t *testing.T) {
	_, samples, account := ran(t, "[defaults]\nassert = ['status == 200']\n"+group("iterations = 2\non_error = 'next-iteration'", `
		request = "GET /a"
		transaction = "both"
		- mark = "never"; assert = [{ that = 'iteration == "1"', message = "second" }, 'status == 200']
		- mark = "always"; when = 'not failed()'
		mark = "last"; assert = ['iteration == "0"']
		mark = "left out"`), Override{})
	var got []string
	for _, s := range samples {
		got = append(got, fmt.Sprintf("%s %s %s", s.Label, s.Kind, s.Failure))
	}
	want := []string{
		"GET /a  ", "never  ", "always  ", `last mark iteration == "0": iteration "1"`,
		"GET /a  ", "never mark second", "both transaction 1 failed, with 1 of marks",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if account.Started != 2 || account.OK != 2 {
		t.Errorf("%+v", account)
	}
}

// A transaction that stands for what is in it has the only row, whatever way it is left, and whoever sends its requests.
func TestTransactionsAlone(t *testing.T) {
	_, samples, account := ran(t, group("iterations = 2", `
		transaction = "page"; only = true
		- parallel = 2
		-- request = "GET /a"
		-- request = "GET /b"
		- transaction = "inner"
		-- request = "GET /c"
		- next = "iteration"; when = 'iteration == "2"'
		- mark = "seen"
		request = "GET /after"`), Override{})
	outer := map[string]int{}
	inner := map[string]int{}
	for _, s := range samples {
		if s.Inner {
			inner[s.Label]++
		} else {
			outer[s.Label]++
		}
	}
	if diff := cmp.Diff(map[string]int{"page": 2, "GET /after": 1}, outer); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"GET /a": 2, "GET /b": 2, "GET /c": 2, "inner": 2, "seen": 1}, inner); diff != "" {
		t.Errorf("within (-want +got):\n%s", diff)
	}
	if account.Started != 7 {
		t.Errorf("%+v", account)
	}
}

// A loop that nobody leaves ends the run with a word why.
func TestEndlessLoop(t *testing.T) {
	seen, _, account := ran(t, steps(`
		request = "GET /"
		while = 'status == 200'
		- request = "GET /never"; when = 'status == 404'`), Override{})
	if len(seen) != 1 || account.Stopped != "a loop of group 1 went round 1000000 times without a request or a pause" {
		t.Errorf("%v, %q", seen, account.Stopped)
	}
}

func TestData(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("users.csv", "login,pw\nada,\"a,b\"\nbob,2\ncarol,3\n")
	write("plain.txt", "x;\"1\"\ny;2\n\n")
	write("latin.csv", "n\xe4me;a\n\xe9;b\n")
	file := func(keys string) string {
		return "[[data]]\n" + strings.ReplaceAll(keys, "FILE/", dir+"/") + "\n"
	}
	for _, tt := range []struct{ name, source, want string }{
		{"header", file("file = 'FILE/users.csv'") + group("iterations = 4", `request = "GET /${login}/${pw}"`), "/ada/a,b /bob/2 /carol/3 /ada/a,b"},
		{"stop", file("file = 'FILE/users.csv'\nat_end = 'stop'") + group("iterations = 9", `request = "GET /${login}"`), "/ada /bob /carol"},
		{"for life", file("file = 'FILE/users.csv'\nevery = 'user'") + group("users = 2\niterations = 2", `request = "GET /${login}/${iteration}"`), "/ada/1 /ada/2 /bob/1 /bob/2"},
		{"shared by all", file("file = 'FILE/users.csv'\nat_end = 'stop'") + group("users = 2\niterations = 9", `request = "GET /${login}"`), "/ada /bob /carol"},
		{"per group", file("file = 'FILE/users.csv'\nper = 'group'") + group("", `request = "GET /a/${login}"`) + group("name = 'b'", `request = "GET /b/${login}"`), "/a/ada /b/ada"},
		{"per run", file("file = 'FILE/users.csv'") + group("", `request = "GET /a/${login}"`) + group("name = 'b'", `request = "GET /b/${login}"`), "/a/ada /b/bob"},
		{"by some groups", file("file = 'FILE/users.csv'") + group("users = 5", `request = "GET /a"`) + group("name = 'b'\niterations = 2", `request = "GET /b/${login}"`), "/a /a /a /a /a /b/ada /b/bob"},
		{"per user", file("file = 'FILE/users.csv'\nper = 'user'") + group("users = 2\niterations = 2", `request = "GET /${user}/${login}"`), "/1/ada /1/bob /2/ada /2/bob"},
		{"named, not quoted", file("file = 'FILE/plain.txt'\nnames = ['a', 'b']\ndelimiter = ';'\nquoted = false") + group("iterations = 2", `request = "GET /${a}/${urlencode(b)}"`), "/x/%221%22 /y/2"},
		{"without its first line", file("file = 'FILE/users.csv'\nnames = ['a', 'b']\nskip_first = true") + steps(`request = "GET /${a}"`), "/ada"},
		{"encoding", file("file = 'FILE/latin.csv'\nnames = ['a', 'b']\ndelimiter = ';'\nencoding = 'latin1'\nskip_first = true") + steps(`request = "GET /${a}${b}"`), "/%C3%A9b"},
		{"lines in turn", group("users = 2\niterations = 2", fmt.Sprintf(`request = "GET /${line('%s/plain.txt')[:1]}"`, dir)), "/x /x /y /y"},
		{"arrivals", file("file = 'FILE/users.csv'\nat_end = 'stop'") + group("users = 2\narrivals = '1000/s'\niterations = 9", `request = "GET /${login}"`), "/ada /bob /carol"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, _, _ := ran(t, tt.source, Override{})
			slices.SortStableFunc(seen, strings.Compare)
			want := strings.Split(tt.want, " /")
			for i := range want[1:] {
				want[i+1] = "/" + want[i+1]
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
	shuffled := file("file = 'FILE/users.csv'\norder = 'shuffle'") + group("users = 3", `request = "GET /${login}"`)
	seen, _, _ := ran(t, shuffled, Override{})
	if slices.Sort(seen); !slices.Equal(seen, []string{"/ada", "/bob", "/carol"}) {
		t.Errorf("shuffled: %v", seen)
	}
}

func TestProblemsOfBlocks(t *testing.T) {
	const plan = "[lab]\n[vars]\nhost = 'h'\n[steps.a]\nuse = 'b'\n[steps.b]\nuse = 'a'\n[[group]]\n[[group.step]]\nrequest = 'GET /'\nextract = { id = 'json:id' }\n[[group.step]]\n"
	below := "\n[[group.step.step]]\nrequest = 'GET /'"
	problemsOf(t, plan, "group[0].step[1]", []struct{ name, lines, want string }{
		{"block of two kinds", "repeat = 3\nonce = true" + below, "2:1: once: a step is only one thing, this one is repeat and once: make steps of them"},
		{"repeat without steps", "repeat = 3", "1:1: repeat: needs steps below it: add a [[group.step.step]], such as request = \"GET /\""},
		{"request with steps", "request = 'GET /'" + below, "2:14: step: request has no steps below it: put them beside it"},
		{"block without steps", "name = 'x'\nstep = []", "2:1: step: a block needs at least one step"},
		{"key of another kind", "repeat = 3\nassert = ['status == 200']" + below, "2:1: assert: belongs to a request: a step with repeat has only repeat, index, name, defaults and when"},
		{"key of a transaction", "once = true\ninclude_think = true" + below, "2:1: include_think: belongs to transaction: a step with once has only once, name, defaults and when"},
		{"plain block's key", "index = 'i'" + below, "1:1: index: belongs to repeat, while, for or foreach: a block without a kind has only name, defaults, when and its steps"},
		{"repeat", "repeat = -1" + below, "1:10: repeat: must be from 0 to 1000000000, not -1"},
		{"think an unknown", "think = '${m}ms'", `1:10: think: unknown variable "m": nothing before sets it; known are group, host, id, iteration, user`},
		{"repeat in words", "repeat = 'three'" + below, "1:10: repeat: expected a whole number, not the text \"three\""},
		{"repeat an unknown", "repeat = '${m}'" + below, `1:11: repeat: unknown variable "m": nothing before sets it; known are group, host, id, iteration, user`},
		{"repeat a text", "repeat = '${host}'" + below, `1:10: repeat: expected a whole number, not the text "h"`},
		{"index", "repeat = 3\nindex = 'a-b'" + below, "2:9: index: not a variable's name: letters, digits and _, a letter first"},
		{"while", "while = 'stats == 1'" + below, "1:10: while: unknown `stats`: did you mean `status`?"},
		{"endless while", "while = 'id == \"\"'\n[[group.step.step]]\nset = { other = 1 }", "1:1: while: goes round without end: nothing in it requests, waits, changes what it asks for, or leaves it"},
		{"while that ends", "while = 'id == \"\"'\n[[group.step.step]]\nset = { id = 1 }", ""},
		{"while that is left", "while = 'true'\n[[group.step.step]]\nbreak = true", ""},
		{"for", "for = '0s'" + below, "1:7: for: must be longer than 0s"},
		{"endless for", "for = '1s'\n[[group.step.step]]\nmark = 'm'", "1:1: for: goes round without end: nothing in it requests, waits, changes what it asks for, or leaves it"},
		{"foreach of nothing", "foreach = { name = 'x' }" + below, `1:1: foreach: needs a list, such as in = "ids" or in = ["a", "b"]`},
		{"foreach without a name", "foreach = { in = ['a'] }" + below, `1:1: foreach: needs the name of its variable, such as name = "item"`},
		{"foreach of one value", "foreach = { name = 'x', in = 'id' }" + below, `1:30: foreach.in: "id" has one value: extract it with match = "all"`},
		{"foreach of no list", "foreach = { name = 'x', in = 'ids' }" + below, `1:30: foreach.in: no list "ids": extract it before, with match = "all"`},
		{"foreach of a number", "foreach = { name = 'x', in = 3 }" + below, `1:30: foreach.in: expected the name of a list, or a list, not the number 3`},
		{"once", "once = false" + below, "1:8: once: is true or not there"},
		{"transaction", "transaction = 'TOTAL'" + below, "1:15: transaction: TOTAL is the report's last row: choose another name"},
		{"pick", "pick = 'randon'" + below, `1:8: pick: "randon": did you mean "random"?`},
		{"pick by too few", "pick = [1, 2]" + below, "1:8: pick: 2 weights for 1 step: give one for each"},
		{"pick by none", "pick = [0]" + below, "1:8: pick: one of the weights must be above 0"},
		{"pick by words", "pick = ['a']" + below, "1:9: pick[0]: expected a weight, a number from 0 to 1000000, not the text \"a\""},
		{"pick by a number", "pick = 3" + below, `1:8: pick: expected "random", "order", "shuffle" or weights such as [70, 30], not the number 3`},
		{"share", "share = 30" + below, `1:9: share: expected a share such as "30%", not the number 30: write "30%"`},
		{"share as a part", "share = 0.3" + below, `1:9: share: expected a share such as "30%", not the number 0.3: write "30%"`},
		{"share of too much", "share = '130%'" + below, `1:9: share: must be from 0% to 100%, not 130%`},
		{"break", "break = true", "1:1: break: leaves the nearest loop, and there is none around it: repeat, while, for or foreach"},
		{"next", "next = 'loop'", `1:8: next: "loop": want "iteration"`},
		{"next what", "next = 3", `1:8: next: expected true or "iteration", not the number 3`},
		{"stop", "stop = true", `1:8: stop: expected text, not true: write "true", with quotes`},
		{"set", "set = { status = 1, a = [] , b = '${c}' }", "1:9: set.status: a word of the conditions: choose another name\n1:25: set.a: expected text, a number, true or false, or a list of them, not a list\n" +
			`1:35: set.b: unknown variable "c": nothing before sets it; known are a, group, host, id, iteration, user`},
		{"counter", "counter = { start = 1, step = 0, format = 'x' }", `1:1: counter: needs the name of its variable, such as name = "n"` + "\n1:31: counter.step: must not be 0: the counter would stand still\n" +
			`1:43: counter.format: needs zeros where the number stands, as many as it has digits at least, such as "id-0000"`},
		{"counter that never ends", "counter = { name = 'n', start = 5, end = 1 }", "1:42: counter.end: is never reached from 5 in steps of 1"},
		{"together", "together = -1", "1:12: together: must be from 0 to 100000, not -1"},
		{"pace", "pace = 60", `1:8: pace: expected a rate such as "200/s", "30/min" or "1000/h", not the number 60: write "60/s"`},
		{"pace of nothing", "pace = { per = 'user' }", `1:1: pace: needs a rate, such as rate = "60/min"`},
		{"pace of nobody", "pace = '0/s'", `1:8: pace: nobody ever goes on: the rate must be more than 0`},
		{"use nothing", "use = 'c'", `1:7: use: there is no [steps.c]: want "a" or "b"`},
		{"use what needs more", "use = 'a'\nname = 'x'", "-5:7: steps.b.use: steps.a would be used within itself: a → b → a\n2:1: name: belongs to a request: a step with use has only use and when"},
	})
}

func TestProblemsOfVars(t *testing.T) {
	for _, tt := range []struct {
		name, source, want string
		set                map[string]string
	}{
		{"in a circle", "[vars]\na = '${b}'\nb = '${a}'\n" + laboratory, "2:1: vars.a: its value is made of itself", nil},
		{"unknown", "[vars]\na = '${c}'\n" + laboratory, `2:6: vars.a: unknown variable "c": [vars] has a`, nil},
		{"of the environment", "[vars]\na = 'x ${env:STICKBENCH_UNSET}'\n" + laboratory, "2:8: vars.a: the environment has no STICKBENCH_UNSET: set it before the run, as in STICKBENCH_UNSET=… stickbench run …", nil},
		{"list", "[vars]\na = []\n" + laboratory, "2:5: vars.a: expected text, a number, true or false, not a list", nil},
		{"reserved", "[vars]\nstatus = 'a'\n" + laboratory, "2:1: vars.status: a word of the conditions: choose another name", nil},
		{"asked for", "[vars]\nn = { ask = 'number of users' }\n" + laboratory, "--set n: the plan asks for it (number of users): add --set n=…", nil},
		{"asked for and given", "[vars]\nn = { ask = 'number of users' }\n" + laboratory, "", map[string]string{"n": "3"}},
		{"given without need", "[vars]\nhost = 'h'\n" + laboratory, `--set hots: the plan has no variable of that name in [vars]: did you mean "host"?`, map[string]string{"hots": "x"}},
		{"not a number", "[vars]\nn = 'x'\n" + strings.Replace(laboratory, "[[group]]\n", "[[group]]\nusers = '${n}'\n", 1), `5:9: users: expected a whole number, not the text "x"`, nil},
		{"not known before", "[vars]\nn = '${user}'\n" + strings.Replace(laboratory, "[[group]]\n", "[[group]]\nusers = '${n}'\n", 1), `5:10: users: the value of "n" is not known before the run, as this must be`, nil},
		{"too many", "[vars]\nn = 3\n" + strings.Replace(laboratory, "[[group]]\n", "[[group]]\nusers = '${n}'\n", 1), `5:9: users: must be from 1 to 100000, not 0`, map[string]string{"n": "0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.ReplaceAll(complaints(t, tt.source, Override{Set: tt.set}), "group[0].", "")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsOfData(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"empty.csv": "", "head.csv": "a,b\n", "short.csv": "a,b\n1,2\n3\n", "quote.csv": "a,b\n1,2\"3\n", "blank.csv": "a b,c\n1,2\n", "latin.csv": "a\n\xe9\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ lines, want string }{
		{"", "0:3: needs a file, such as file = \"users.csv\""},
		{"file = 'none.csv'", "1:8: file: no file none.csv: it is looked for beside the plan"},
		{"file = '.'", "1:8: file: . is no file"},
		{"file = 'empty.csv'", "1:8: file: empty.csv is empty"},
		{"file = 'head.csv'", "1:8: file: head.csv has no line behind the first, which names the columns"},
		{"file = 'short.csv'", "1:8: file: short.csv:3: 1 column, want 2: a, b"},
		{"file = 'quote.csv'", "1:8: file: quote.csv:2:4: bare \" in non-quoted-field: with quoted = false quotes are characters as others"},
		{"file = 'quote.csv'\nquoted = false", ""},
		{"file = 'blank.csv'", "1:8: file: blank.csv:1: the first line names the columns, and \"a b\" is not a variable's name: letters, digits and _, a letter first; or name them with names = [ … ]"},
		{"file = 'latin.csv'", "1:8: file: latin.csv is not UTF-8: say how it is written, such as encoding = \"latin1\""},
		{"file = 'latin.csv'\nencoding = 'latin-7x'", "2:12: encoding: unknown encoding \"latin-7x\": want one such as \"utf-8\", \"latin1\" or \"gb2312\""},
		{"file = 'short.csv'\ndelimiter = ', '", "2:13: delimiter: expected one character, such as \";\" or \"\\t\", not \", \""},
		{"file = 'head.csv'\nnames = ['a', 'a', 'b c']", "2:15: names[1]: is there twice\n2:20: names[2]: not a variable's name: letters, digits and _, a letter first"},
		{"file = 'head.csv'\nnames = ['a', 'b']\nat_end = 'stop'\norder = 'random'", "3:1: at_end: lines in random order have no end"},
		{"file = 'short.csv'\nskip_first = true", "2:1: skip_first: is for files whose columns have names = [ … ]: without them the first line names the columns, and is left out anyway"},
		{"file = 'head.csv'\nnames = ['a', 'b']\nper = 'users'\nevery = 'request'", "3:7: per: \"users\": did you mean \"user\"?\n4:9: every: \"request\": want \"iteration\" or \"user\""},
	} {
		problemsOf(t, laboratory+"[[data]]\n", "data[0]", []struct{ name, lines, want string }{{tt.lines, tt.lines, tt.want}})
	}
}

func TestRequestsOfTrees(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "order.json"), []byte(`{"user": ${user}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, source, want string }{
		{"foreach of matches", steps(`
			request = "GET /"; extract = { ids = { json = "ids", match = "all" } }
			foreach = { name = "id", in = "ids" }
			- request = "GET /${id}/${len(ids)}/${ids[0]}"`), "/ /a/3/a /b/3/a /c/3/a"},
		{"foreach of some", steps(`
			request = "GET /"; extract = { ids = { json = "$.ids[*]", match = "all" } }
			foreach = { name = "id", in = "ids", from = 1, to = 2 }
			- request = "GET /${id}"`), "/ /b"},
		{"matches", steps(`
			request = "GET /"; extract = { second = { regex = '"(.)"', match = 4 }, last = { regex = '"(.)"', match = "last" }, both = { regex = '"(n)": (\d)', template = "$2-$1" }, none = { regex = 'x(.)y', default = "d" }, at = { boundary = ["path\": \"", "\""] } }
			request = "GET /${second}/${last}/${both}/${none}/${urlencode(at)}"`), "/ /b/c/1-n/d/%2F"},
		{"parts", steps(`
			request = "GET /here"; extract = { status_ = { regex = '(\d+)', from = "status" }, kind = { regex = 'Content-Type: (\w+)', from = "headers" }, where = { regex = '/(\w+)$', from = "url" }, ok = { regex = '(\w+)', from = "reason" } }
			set = { page = "<a id='x'>t</a>" }
			request = "GET /${status_}/${kind}/${where}/${ok}"; extract = { t = { css = "#x", from = "${page}" } }
			request = "GET /${t}"`), "/here /200/text/here/OK /t"},
		{"what was sent", steps(`
			request = "POST /a"; headers = { X = "v" }; body = "b=${iteration}"; assert = ['sent() contains "X: v"', 'sent_body() == "b=1"', 'not is_xml(body)', 'is_xml("<a/>")']; extract = { x = { regex = '(?m)^X: (.*?)\r?$', from = "sent" } }
			request = "GET /${x}"`), "POST /a b=1 /v"},
		{"optional", steps(`
			set = { x = "old" }
			request = "GET /"; extract = { x = { json = "nothing", optional = true } }
			request = "GET /${x}"`), "/ /old"},
		{"bodies in turn", group("iterations = 3", `request = "POST /"; body = ["a", "b${iteration}"]; pick = "order"`), "POST / a POST / b2 POST / a"},
		{"body of a file", steps(fmt.Sprintf(`
			request = "POST /"; body = { file = "%s/order.json" }
			request = "POST /"; body = { file = "%[1]s/order.json", variables = true }`, dir)), `POST / {"user": ${user}} POST / {"user": 1}`},
		{"cookies off", group("cookies = 'off'\niterations = 2", `request = "GET /${iteration}"`), "/1 /2"},
		{"share of times", group("iterations = 4", `
			share = { times = 2 }
			- request = "GET /x"
			request = "GET /${iteration}"`), "/x /1 /x /2 /3 /4"},
		{"defaults", "[vars]\nbase = '/api'\n" + group("defaults = { redirects = 0 }", `
			defaults = { headers = { X = "1" } }; name = "block"
			- request = "GET /${base}"
			request = "POST /"; multipart = { a = "1" }`), "//api POST / --stickbench-9c5d1e3a7f4b8260\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--stickbench-9c5d1e3a7f4b8260--\r\n"},
		{"stop now", group("iterations = 9", `
			request = "GET /${iteration}"
			stop = "now"`), "/1"},
		{"error of one", group("iterations = 2", `
			request = "GET /bad"; on_error = "next-iteration"
			request = "GET /never"`), "/bad /bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, _, account := ran(t, tt.source, Override{})
			if got := strings.Join(seen, " "); got != tt.want {
				t.Errorf("requests %s\n    want %s", got, tt.want)
			}
			if len(account.Warnings) > 0 {
				t.Errorf("warnings %q", account.Warnings)
			}
		})
	}
}

// What a request brings besides its body.
func TestHeadersOfTrees(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, fmt.Sprintf("%s %s %q %q %q", r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X"), r.Header.Get("Content-Type")))
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"})
		fmt.Fprint(w, "token=abc;")
	}))
	defer server.Close()
	source := `
[target]
url = "` + server.URL + `"
headers = { X = "target" }
[defaults]
headers = { X = "all", Authorization = "Bearer ${token}" }
[[group]]
iterations = 2
cookies = "clear"
preset_cookies = [ { name = "consent", value = "yes ${iteration}", domain = "127.0.0.1" } ]
[[group.step]]
request = "GET /login"
basic_auth = { user = "ada", password = "${'p' + 'w'}" }
extract = { token = "boundary:token=…;" }
[[group.step]]
defaults = { headers = { X = "block" } }
  [[group.step.step]]
  request = "POST /in"
  multipart = { a = "1" }
  [[group.step.step]]
  request = "GET /own"
  headers = { X = "own" }
`
	p, err := Read("p.toml", []byte(source), Override{})
	if err != nil {
		t.Fatal(err)
	}
	kept := &keep{}
	r, err := loadgen.New(&p.Load, kept)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`/login Basic YWRhOnB3 "consent=yes 1" "all" ""`,
		`/in Bearer abc "consent=yes 1; sid=1" "block" "multipart/form-data; boundary=stickbench-9c5d1e3a7f4b8260"`,
		`/own Bearer abc "consent=yes 1; sid=1" "own" ""`,
		`/login Basic YWRhOnB3 "consent=yes 2" "all" ""`,
		`/in Bearer abc "consent=yes 2; sid=1" "block" "multipart/form-data; boundary=stickbench-9c5d1e3a7f4b8260"`,
		`/own Bearer abc "consent=yes 2; sid=1" "own" ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Requests of a parallel block, and what a page embeds, are under way at the same time, with the user's cookies and
// variables, over connections of their own.
func TestAtTheSameTime(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	together := make(chan struct{})
	waiting := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Cookie"))
		if len(r.URL.Path) == 3 {
			if waiting++; waiting == 3 {
				close(together)
			}
		}
		mu.Unlock()
		switch {
		case len(r.URL.Path) == 3:
			<-together // all three, or never
			fmt.Fprintf(w, `{"id": %q}`, r.URL.Path)
		case r.URL.Path == "/page/":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1", Path: "/"})
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<html><head><link rel="stylesheet" href="a.css"><link rel="next" href="/never"><script src="/b.js?v=1"></script></head>
				<body><img src="a.css"><img src="/c.png"><img src="data:image/png;base64,x"><a href="/never"></a><input type="text" src="/never"><iframe src="/skip.html"></iframe></body></html>`)
		case r.URL.Path == "/c.png":
			w.WriteHeader(404)
		}
	}))
	defer server.Close()
	p, err := Read("p.toml", []byte("[target]\nurl = \""+server.URL+"\"\n"+group("iterations = 1", `
		parallel = 3
		- request = "GET /p1"; extract = { one = "json:id" }
		- request = "GET /p2"; extract = { two = "json:id" }
		- request = "GET /p3"
		request = "GET ${one}${two}"
		transaction = "page"
		- request = "GET /page/"; resources = { except = 'skip', parallel = 2 }; assert = ['status == 200']
		mark = "still the page"; when = 'body contains "<iframe"'`)), Override{})
	if err != nil {
		t.Fatal(err)
	}
	kept := &keep{}
	r, err := loadgen.New(&p.Load, kept)
	if err != nil {
		t.Fatal(err)
	}
	account, err := r.Run(t.Context(), t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(seen)
	if diff := cmp.Diff([]string{"/b.js sid=1", "/c.png sid=1", "/p1 ", "/p1/p2 ", "/p2 ", "/p3 ", "/page/ ", "/page/a.css sid=1"}, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	var labels []string
	for _, s := range kept.samples {
		labels = append(labels, fmt.Sprintf("%s %s", s.Label, s.Kind))
		if s.Transaction && (s.Received == 0 || !strings.Contains(s.Reason, ": 4,")) {
			t.Errorf("transaction %+v", s)
		}
	}
	slices.Sort(labels)
	if diff := cmp.Diff([]string{"GET ${one}${two} ", "GET /p1 ", "GET /p2 ", "GET /p3 ", "GET /page/ ", "GET /page/ › /b.js ", "GET /page/ › /c.png status", "GET /page/ › /page/a.css ", "page transaction", "still the page "}, labels); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if account.Started != 8 || account.OK != 7 || account.Failed != 1 || account.Connections < 4 {
		t.Errorf("%+v", account)
	}
}
