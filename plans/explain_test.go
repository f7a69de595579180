package plans

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

// sketchy is a plan about which there is something to note.
const sketchy = `
name = "sketchy"
[target]
url = "http://admin:secret@example.com"
[[group]]
name = "slow start"
users = 10
ramp_up = "1m"
start_delay = "5s"
duration = "30s"
on_error = "stop-user"
[[group.step]]
request = "GET /"
redirects = 1
[[group]]
name = "sometimes"
users = 2
iterations = 10
[[group.step]]
request = "GET /"
name = "home"
timeout = "1s"
extract = { id = "json:id" }
[[group.step]]
request = "GET /item/${id}"
when = 'status == 200'
assert = ['''
status == 200
and bytes > 100''']
`

func TestExplain(t *testing.T) {
	twoUsers, _ := inCatalogue("two-users")
	for name, source := range map[string]string{
		"two-users": string(twoUsers), "everything": everything, "sketchy": sketchy,
		"lab": "[lab]\nnode = [ { tag = 's1', weight = 2, delay = '250ms' }, { tag = 's2', stopped = true } ]\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n[[event]]\nat = '1s'\nnode = 's2'\nstopped = false\n",
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			read(t, source, Override{}).Explain(&got)
			golden(t, name+".txt", got.String())
		})
	}
}

// TestNotes checks the notes that depend on numbers.
func TestNotes(t *testing.T) {
	const sticky = "sticky = 'cookie S insert'\n"
	group := func(lines string) string {
		return "[[group]]\n" + lines + "\n[[group.step]]\nrequest = 'GET /'\nassert = ['status == 200']\n"
	}
	event := "[[event]]\nafter_iterations = 21\nnode = 's1'\nweight = 2\n"
	for _, tt := range []struct{ source, want string }{
		{sticky + group("users = 11"), "shares of the nodes: only 11 decisions, one per session, say little about weights"},
		{sticky + group("users = 12"), ""},
		{sticky + group("users = 3\niterations = 4\ncookies = 'clear'"), ""},
		{sticky + group("duration = '1s'\ncookies = 'clear'"), ""},
		{sticky + "algorithm = 'random(3)'\n" + group("users = 68"), "shares of the nodes: only 68 decisions, one per session, say little about weights"},
		{sticky + "algorithm = 'leastconn'\n" + group("users = 2"), ""},
		{group("users = 3\niterations = 7") + event, ""},
		{group("users = 2\niterations = 10") + group("duration = '1s'") + event, ""},
	} {
		notes := read(t, "expect = ['errors == 0']\n[lab]\n"+tt.source, Override{}).notes()
		if got := strings.Join(notes, "\n"); got != tt.want {
			t.Errorf("%s\nnotes %q, want %q", tt.source, got, tt.want)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", name, diff)
	}
}

func TestRequests(t *testing.T) {
	group := func(lines string) string {
		return "[lab]\n[[group]]\n" + lines + "\n[[group.step]]\nrequest = 'GET /'\n"
	}
	for _, tt := range []struct{ source, want string }{
		{group("users = 2\niterations = 1000"), "2000"},
		{group("users = 2\niterations = 1000") + "[[group.step]]\nmark = 'm'\n[[group.step]]\nrequest = 'GET /b'\n", "4000"},
		{group("users = 2\niterations = 1000") + "when = 'status == 0'\n", "at most 2000"},
		{group("users = 2\niterations = 1000\nduration = '30s'"), "at most 2000"},
		{group("users = 2\niterations = 1000\non_error = 'stop'"), "at most 2000"},
		{group("users = 2\nduration = '30s'"), "as many as the time allows"},
		{group("users = 100000\niterations = 1000000000") + "[[group]]\n[[group.step]]\nrequest = 'GET /'\n", "100000000000001"},
	} {
		if got := read(t, tt.source, Override{}).Requests().String(); got != tt.want {
			t.Errorf("%s\nrequests: %s, want %s", tt.source, got, tt.want)
		}
	}
}
